"""Sessions write whole or not at all; what goes wrong is told as our own refusals."""

import pytest
from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from boundaries.errors import BadInput, Conflict, Unavailable
from boundaries.store import engine as engines
from boundaries.store.engine import connect, database_address, reading, require_postgis, writing
from boundaries.store.refusals import told
from tests.conftest import end_connections


def _add_area(session, code):
    session.execute(text("INSERT INTO microgrid.area (code) VALUES (:code)"), {"code": code})


def _count(engine):
    with reading(engine) as session:
        return session.execute(text("SELECT count(*) FROM microgrid.area")).scalar_one()


def test_a_writing_session_commits_at_its_end(database):
    with writing(database) as session:
        _add_area(session, "A")
        assert _count(database) == 0
    assert _count(database) == 1


def test_whatever_goes_wrong_nothing_is_written(database):
    def fails(session):
        _add_area(session, "A")
        raise KeyError

    with pytest.raises(KeyError), writing(database) as session:
        fails(session)
    assert _count(database) == 0


def test_a_reading_session_cannot_write_and_sees_one_state(database):
    with pytest.raises(DBAPIError, match="read-only"), reading(database) as session:
        _add_area(session, "A")
    query = text("SELECT count(*) FROM microgrid.area")
    with reading(database) as session:
        assert session.execute(query).scalar_one() == 0
        with writing(database) as other:
            _add_area(other, "A")
        assert session.execute(query).scalar_one() == 0
    assert _count(database) == 1


def test_writing_follows_reading_on_the_same_connection(database):
    for number in range(3):
        assert _count(database) == number
        with writing(database) as session:
            _add_area(session, f"A{number}")


def test_functions_of_postgis_are_found_in_whatever_schema(kept_plan):
    with reading(kept_plan) as session:
        assert session.execute(text("SELECT ST_SRID(ST_MakePoint(0, 0))")).scalar_one() == 0
        path = session.execute(text("SHOW search_path")).scalar_one()
        assert path.startswith("microgrid, public")
        assert session.execute(text("SHOW application_name")).scalar_one() == "microgrid"
        assert session.execute(text("SHOW statement_timeout")).scalar_one() == "2min"


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://"])
def test_other_addresses_are_refused(url):
    with pytest.raises(BadInput) as refusal:
        connect(url)
    assert "postgresql://" in refusal.value.zh


@pytest.mark.parametrize("url", ["postgresql://u:p@h:1/d", "postgres://u:p@h:1/d", "postgresql+psycopg2://u:p@h:1/d"])
def test_addresses_are_given_our_driver(url):
    address = database_address(url).render_as_string(hide_password=False)
    assert address == "postgresql+psycopg://u:p@h:1/d"


def test_a_database_that_is_not_there_is_unavailable_and_its_password_is_not_told():
    engine = connect("postgresql://someone:hidden@/nothing?host=/tmp/no-such-folder")
    with pytest.raises(Unavailable) as refusal, reading(engine) as session:
        session.execute(text("SELECT 1"))
    assert "hidden" not in refusal.value.zh + refusal.value.en
    assert "db status" in refusal.value.en
    with pytest.raises(Unavailable):
        require_postgis(engine)
    engine.dispose()


def test_a_statement_that_takes_too_long_is_stopped(database_url):
    engine = connect(database_url, statement_timeout_s=1)
    with pytest.raises(Unavailable, match="too long"), writing(engine) as session:
        session.execute(text("SELECT pg_sleep(5)"))
    engine.dispose()


def test_a_connection_that_broke_in_the_pool_is_replaced(database, admin):
    assert _count(database) == 0
    end_connections(admin, database.url.database)
    assert _count(database) == 0


def test_a_connection_that_breaks_before_the_commit_leaves_nothing(database, admin):
    def breaks(session):
        _add_area(session, "A")
        end_connections(admin, database.url.database)

    with pytest.raises(Unavailable), writing(database) as session:
        breaks(session)
    assert _count(database) == 0


def test_two_at_once_are_a_conflict(database):
    with writing(database) as session:
        _add_area(session, "A")
    with pytest.raises(Conflict) as refusal, writing(database) as session:
        _add_area(session, "A")
    assert "nothing was written" in refusal.value.en


def test_a_broken_rule_without_a_sentence_of_its_own_is_named(kept_plan):
    with pytest.raises(BadInput, match="fk_draft_area_id"), writing(kept_plan) as session:
        session.execute(text("INSERT INTO microgrid.draft (name, created_by, area_id) VALUES ('x', 'x', 99)"))


def test_a_mistake_of_ours_is_no_refusal(kept_plan):
    with pytest.raises(ProgrammingError), reading(kept_plan) as session:
        session.execute(text("SELECT nothing FROM nowhere"))


@pytest.mark.parametrize(
    ("raised", "refusal"),
    [
        (PoolTimeout(), Unavailable),
        (pg.DeadlockDetected(), Conflict),
        (pg.SerializationFailure(), Conflict),
        (pg.AdminShutdown(), Unavailable),
        (pg.NumericValueOutOfRange(), BadInput),
    ],
)
def test_what_the_driver_says_is_told(raised, refusal):
    with pytest.raises(refusal) as told_as, told():
        raise raised
    assert told_as.value.zh


def test_old_servers_are_refused(kept_plan, monkeypatch):
    require_postgis(kept_plan)
    monkeypatch.setattr(engines, "MINIMUM_POSTGRESQL", 99)
    with pytest.raises(Unavailable, match="too old; 99"):
        require_postgis(kept_plan)
    monkeypatch.setattr(engines, "MINIMUM_POSTGRESQL", 14)
    monkeypatch.setattr(engines, "MINIMUM_POSTGIS", (9, 0))
    with pytest.raises(Unavailable, match="ALTER EXTENSION postgis UPDATE"):
        require_postgis(kept_plan)
