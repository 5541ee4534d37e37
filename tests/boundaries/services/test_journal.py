"""The trail shows when an entry was changed or taken out."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from boundaries.services import journal
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import NOW


def _add(session, **changed):
    entry = {"actor": "陈晨", "action": "draft.open", "subject": "draft:1", "detail": {"面积": 1e16, "x": [1.0, None]}}
    journal.record(session, **{**entry, **changed}, now=NOW)


def test_entries_are_read_newest_first(database):
    with writing(database) as session:
        for number in range(5):
            _add(session, subject=f"draft:{number}")
    with reading(database) as session:
        assert [entry.subject for entry in journal.entries(session, limit=2)] == ["draft:4", "draft:3"]
        assert [entry.number for entry in journal.entries(session, before=3)] == [2, 1]
        entry = journal.entries(session)[0]
        assert journal.verify_chain(session) == journal.ChainState(5, None)
    assert (entry.actor, entry.at, entry.detail) == ("陈晨", NOW, {"面积": 1e16, "x": [1.0, None]})


def test_an_empty_trail_is_whole(database):
    with reading(database) as session:
        assert journal.verify_chain(session) == journal.ChainState(0, None)


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE microgrid.audit SET actor = '别人' WHERE number = 2", 2),
        ("UPDATE microgrid.audit SET detail = '{}' WHERE number = 3", 3),
        ("UPDATE microgrid.audit SET at = at + interval '1 second' WHERE number = 1", 1),
        ("UPDATE microgrid.audit SET digest = sha256('x') WHERE number = 2", 2),
        (
            "ALTER TABLE microgrid.audit DROP CONSTRAINT fk_audit_previous; DELETE FROM microgrid.audit WHERE number=2",
            3,
        ),
    ],
)
def test_tampering_shows(database, tampering, broken_at):
    with writing(database) as session:
        for _ in range(4):
            _add(session)
    with database.begin() as connection:
        connection.execute(text(tampering))
    with reading(database) as session:
        state = journal.verify_chain(session)
    assert state.broken_at == broken_at
    assert not state.is_whole


def test_the_deed_and_its_entry_are_written_together_or_not_at_all(database):
    def deed_that_fails(session):
        _add(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), writing(database) as session:
        deed_that_fails(session)
    with reading(database) as session:
        assert journal.entries(session) == ()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    detail=st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
        st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.none(),
    ),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  bounds
)
def test_any_detail_keeps_its_digest(database, detail, at):
    with writing(database) as session:
        journal.record(session, actor="a", action="b", subject="c", detail=detail, now=at)
    with reading(database) as session:
        assert journal.verify_chain(session).is_whole
