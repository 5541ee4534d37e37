"""The trail tells who did what, whatever a detail holds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boundaries.services import journal, sealing
from boundaries.services.trail_check import verify_trail
from boundaries.store.engine import reading, writing
from boundaries.store.trail import Sought
from tests.boundaries.plans import NOW


def _add(session, **changed):
    entry = {"actor": "陈晨", "action": "draft.open", "subject": "draft:1", "detail": {"面积": 1e16, "x": [1.0, None]}}
    journal.record(session, **{**entry, "now": NOW, **changed})


def test_entries_are_read_newest_first(database):
    with writing(database) as session:
        for number in range(5):
            _add(session, subject=f"draft:{number}")
    with reading(database) as session:
        assert [entry.subject for entry in journal.entries(session, limit=2)] == ["draft:4", "draft:3"]
        assert [entry.number for entry in journal.entries(session, before=3)] == [2, 1]
        assert [entry.number for entry in journal.every_entry(session)] == [1, 2, 3, 4, 5]
        entry = journal.entries(session)[0]
    assert (entry.actor, entry.at, entry.detail) == ("陈晨", NOW, {"面积": 1e16, "x": [1.0, None]})


@pytest.mark.parametrize(
    ("sought", "numbers"),
    [
        (Sought(), [4, 3, 2, 1]),
        (Sought(actor="李强"), [2]),
        (Sought(action="draft"), [3, 2, 1]),
        (Sought(action="draft.submit"), [3]),
        (Sought(subject="shop:1"), [4]),
        (Sought(since=NOW + timedelta(hours=1)), [4, 3]),
        (Sought(until=NOW + timedelta(hours=1)), [2, 1]),
        (Sought(actor="陈晨", action="draft", since=NOW + timedelta(hours=1)), [3]),
    ],
)
def test_entries_are_sought(database, sought, numbers):
    with writing(database) as session:
        _add(session)
        _add(session, actor="李强")
        _add(session, action="draft.submit", now=NOW + timedelta(hours=1))
        _add(session, action="shop.load", subject="shop:1", now=NOW + timedelta(hours=2))
    with reading(database) as session:
        assert [entry.number for entry in journal.entries(session, sought=sought)] == numbers
        assert [entry.number for entry in journal.every_entry(session, sought=sought)] == numbers[::-1]


def test_without_an_instant_the_database_gives_it(database):
    with writing(database) as session:
        _add(session, now=None)
    with reading(database) as session:
        (entry,) = journal.entries(session)
    assert abs(datetime.now(UTC) - entry.at) < timedelta(minutes=5)


def test_what_only_few_may_see_is_on_record_when_it_is_given(database):
    with writing(database) as session:
        journal.record_read(
            session, actor="key:平台", way="read", subject="layer:shops", detail={"contact": 3}, now=NOW
        )
    with reading(database) as session:
        (entry,) = journal.entries(session)
    assert (entry.action, entry.subject, entry.detail) == ("read.restricted", "layer:shops", {"contact": 3})


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
        sealing.seal(session)
    with reading(database) as session:
        assert verify_trail(session).is_whole
