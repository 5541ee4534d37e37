"""Reviews one after another, each by somebody else and by the office that is asked; an edit voids them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from boundaries.errors import BadInput, Conflict, Forbidden
from boundaries.services import drafting, journal, publishing, reviewing
from boundaries.services import reading as plan
from boundaries.store import states
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import GRIDS, NOW, TODAY, gaps, open_draft

LEVELS = ("town", "city")


@pytest.fixture
def handed_in(planned):
    """A draft that waits for its first review."""
    draft = open_draft(planned)
    with writing(planned) as session:
        states.put_grids(session, draft.id, [replace(GRIDS[0], name="改名")], source_id=None)
        reviewing.submit(session, draft.id, actor="陈晨", now=NOW)
    return draft.id


def approve(engine, draft, actor, **options):
    with writing(engine) as session:
        return reviewing.approve(
            session, draft, actor=actor, four_eyes=True, levels=LEVELS, apart=True, now=NOW, today=TODAY, **options
        )


def publish(engine, draft, actor, **options):
    return publishing.publish(
        engine, draft, check=gaps, actor=actor, four_eyes=True, now=NOW, today=TODAY, apart=True, **options
    )


def test_each_level_reviews_in_its_turn_and_nobody_twice(planned, handed_in):
    with pytest.raises(Forbidden, match="four eyes"):
        approve(planned, handed_in, "陈晨")
    assert approve(planned, handed_in, "周平", note="可以").status == "submitted"
    with pytest.raises(Forbidden, match="has reviewed"):
        approve(planned, handed_in, "周平")
    approved = approve(planned, handed_in, "孙亮")
    assert (approved.status, approved.approved_by) == ("approved", "孙亮")
    with reading(planned) as session:
        assert [
            (one.step, one.level, one.actor, one.decision, one.note) for one in reviewing.reviews_of(session, handed_in)
        ] == [
            (1, "town", "周平", "approve", "可以"),
            (2, "city", "孙亮", "approve", ""),
        ]
        assert journal.entries(session)[0].detail["level"] == "city"
    with pytest.raises(Forbidden, match="has reviewed"):
        publish(planned, handed_in, "周平")
    assert publish(planned, handed_in, "钱进").number == 2


def test_what_is_given_back_begins_again(planned, handed_in):
    approve(planned, handed_in, "周平")
    with writing(planned) as session:
        assert reviewing.return_draft(session, handed_in, actor="孙亮", note="缺一幢楼", now=NOW).status == "open"
        states.put_grids(session, handed_in, [replace(GRIDS[1], name="又改")], source_id=None)
        reviewing.submit(session, handed_in, actor="陈晨", now=NOW)
    # The first review is the first again, and may be taken by the same person.
    assert approve(planned, handed_in, "周平").status == "submitted"
    with reading(planned) as session:
        assert [one.step for one in reviewing.reviews_of(session, handed_in)] == [1, 2, 1]


def test_a_day_is_kept_until_the_draft_is_given_back(planned, handed_in):
    with pytest.raises(BadInput, match="is over"):
        approve(planned, handed_in, "周平", on=TODAY - timedelta(days=1))
    approve(planned, handed_in, "周平")
    day = TODAY + timedelta(days=30)
    assert approve(planned, handed_in, "孙亮", on=day).publish_on == day
    with writing(planned) as session:
        assert reviewing.return_draft(session, handed_in, actor="孙亮", now=NOW).publish_on is None


def test_a_small_office_needs_one_colleague(planned, handed_in):
    with writing(planned) as session:
        for _ in LEVELS:
            draft = reviewing.approve(session, handed_in, actor="周平", four_eyes=True, levels=LEVELS, now=NOW)
    assert draft.status == "approved"


def test_what_comes_next_names_who_is_missing(planned, handed_in):
    with reading(planned) as session:
        draft = drafting.get_draft(session, handed_in)
        told = reviewing.what_comes_next(session, draft, four_eyes=True, levels=LEVELS)
        alone = reviewing.what_comes_next(
            session, draft, four_eyes=True, levels=LEVELS, may_anybody=lambda _scope, _level: False
        )
    assert "level town approves it" in told[1]
    assert "No account may review it for the level town" in alone[1]
    assert "user add" in alone[0]
    approve(planned, handed_in, "周平")
    draft = approve(planned, handed_in, "孙亮", on=TODAY)
    with reading(planned) as session:
        told = reviewing.what_comes_next(session, draft, four_eyes=True, levels=LEVELS)
        alone = reviewing.what_comes_next(
            session, draft, four_eyes=True, may_anybody=lambda scope, _: scope == "review"
        )
    assert f"The worker publishes it on {TODAY}" in told[1]
    assert "No account may publish it" in alone[1]


def test_an_office_reviews_for_its_level_and_those_below(planned):
    with reading(planned) as session:
        assert reviewing.stands_at(session, ["320000000000"], "town")
        assert reviewing.stands_at(session, ["320000000000"], "community")
        assert not reviewing.stands_at(session, ["320000000001"], "town")


def test_only_what_was_reviewed_is_published(planned, handed_in):
    approve(planned, handed_in, "周平")
    approve(planned, handed_in, "孙亮")
    with writing(planned) as session, pytest.raises(Conflict, match="approved"):
        states.put_grids(session, handed_in, [replace(GRIDS[1], name="趁机")], source_id=None)
    with reading(planned) as session:
        assert plan.current_generation(session) == 1
