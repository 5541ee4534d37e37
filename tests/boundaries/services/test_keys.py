"""A key is shown once and opens only what it says, until its day or its revocation."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from boundaries.errors import BadInput, NotFound
from boundaries.services import journal, keys
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import NOW


def _make(session, **changed):
    wanted = {"name": "地图大屏", "scopes": ["locate", "grids:read"], "tier": "internal", "actor": "陈晨", "now": NOW}
    return keys.create_key(session, **{**wanted, **changed})


def test_a_key_opens_until_its_day(database):
    with writing(database) as session:
        key, shown = _make(session, expires=NOW + timedelta(days=1))
    assert shown.startswith(f"mg_{key.id}_")
    with reading(database) as session:
        assert keys.verify_key(session, f" {shown}\n", NOW) == key
        assert keys.verify_key(session, shown, NOW + timedelta(days=1)) is None
        assert keys.list_keys(session) == (key,)
    assert (key.scopes, key.tier, key.created_by) == (("grids:read", "locate"), "internal", "陈晨")


def test_a_revoked_key_opens_nothing(database):
    with writing(database) as session:
        key, shown = _make(session)
        keys.revoke_key(session, key.id, actor="周平", now=NOW)
        assert keys.verify_key(session, shown, NOW) is None
        assert keys.list_keys(session)[0].revoked_at == NOW
        with pytest.raises(NotFound):
            keys.revoke_key(session, key.id, actor="周平", now=NOW)
        assert [entry.action for entry in journal.entries(session)] == ["key.revoke", "key.create"]


def test_other_texts_open_nothing(database):
    with writing(database) as session:
        key, shown = _make(session)
        _, other = _make(session)
        wrong = [
            "",
            "x",
            shown[:-1],
            shown + "a",
            shown.upper(),
            f"mg_{key.id + 7}_{shown.split('_')[2]}",
            f"mg_{key.id}_{other.split('_')[2]}",
            f"mg_{'9' * 30}_{shown.split('_')[2]}",
        ]
        assert [keys.verify_key(session, one, NOW) for one in wrong] == [None] * len(wrong)


def test_the_secret_is_kept_nowhere(database):
    with writing(database) as session:
        _, shown = _make(session)
    secret = shown.split("_")[2]
    with database.connect() as connection:
        rows = connection.execute(
            text("SELECT k::text FROM microgrid.api_key k UNION ALL SELECT a::text FROM microgrid.audit a")
        )
        assert not [row for row in rows.scalars() if secret in row]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"tier": "secret"},
        {"expires": NOW},
    ],
)
def test_keys_that_make_no_sense_are_refused(database, wrong):
    with pytest.raises(BadInput), writing(database) as session:
        _make(session, **wrong)
    with reading(database) as session:
        assert keys.list_keys(session) == ()


def test_scopes_are_those_of_the_table(database):
    with writing(database) as session:
        key, _ = _make(session, scopes=keys.SCOPES)
    assert key.scopes == tuple(sorted(keys.SCOPES))
