"""Approved drafts are published on their day, or go back to their author with the reason."""

from dataclasses import replace
from datetime import timedelta

import pytest

from boundaries.errors import Unavailable
from boundaries.services import drafting, journal, publishing, reviewing
from boundaries.store import states
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import GRIDS, NOW, TODAY, gaps, open_draft, publish, square

DAY = TODAY + timedelta(days=10)


def approved(engine, name, *grids, on=DAY):
    draft = open_draft(engine, name)
    with writing(engine) as session:
        states.put_grids(session, draft.id, grids, source_id=None)
        reviewing.submit(session, draft.id, actor="陈晨", now=NOW)
        reviewing.approve(session, draft.id, actor="周平", four_eyes=True, on=on, today=TODAY, now=NOW)
    return draft.id


def run_due(engine, *, days=0, check=gaps):
    return publishing.publish_due(engine, check=check, four_eyes=True, now=NOW, today=DAY + timedelta(days=days))


def status(engine, draft):
    with reading(engine) as session:
        found = drafting.get_draft(session, draft)
        return found.status, found.publish_on, found.note


def test_a_draft_is_published_on_its_day_in_the_name_of_who_approved_it(planned):
    first = approved(planned, "先", replace(GRIDS[0], name="甲"), on=DAY - timedelta(days=1))
    second = approved(planned, "后", replace(GRIDS[1], name="乙", parts=()))
    by_hand = approved(planned, "手工", replace(GRIDS[3], name="丁"), on=None)
    assert run_due(planned, days=-2) == ()
    done = run_due(planned)
    assert [(one.draft, one.generation, one.refusal) for one in done] == [(first, 2, None), (second, 3, None)]
    with reading(planned) as session:
        entry = next(one for one in journal.entries(session) if one.action == "generation.publish")
        assert (entry.actor, entry.subject) == ("周平", "generation:3")
    assert status(planned, by_hand)[0] == "approved"
    assert run_due(planned) == ()


def test_one_that_does_not_hold_any_more_goes_back_with_the_reason(planned):
    late = approved(planned, "迟", replace(GRIDS[0], name="甲"))
    holed = approved(planned, "缺口", replace(GRIDS[3], polygon=square(3, 0, 0.5)))
    other = open_draft(planned, "抢先")
    with writing(planned) as session:
        states.put_grids(session, other.id, [replace(GRIDS[0], name="乙")], source_id=None)
    publish(planned, other)
    done = run_due(planned, days=3)
    assert [(one.draft, one.generation) for one in done] == [(late, None), (holed, None)]
    for draft, words in ((late, "G1"), (holed, "空白 1")):
        found = status(planned, draft)
        assert found[:2] == ("open", None)
        assert words in found[2]
    with reading(planned) as session:
        assert [one.action for one in journal.entries(session, limit=2)] == ["draft.return", "draft.rebase"]
        assert [one.decision for one in reviewing.reviews_of(session, late)] == ["approve", "return"]


def test_a_database_that_goes_away_leaves_it_due(planned):
    draft = approved(planned, "先", replace(GRIDS[0], name="甲"))

    def gone(_snapshot):
        raise Unavailable("数据库不可用", "the database is gone")

    with pytest.raises(Unavailable):
        run_due(planned, check=gone)
    assert status(planned, draft)[:2] == ("approved", DAY)
    assert [one.generation for one in run_due(planned)] == [2]
