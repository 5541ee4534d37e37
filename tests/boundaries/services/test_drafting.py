"""Drafts are opened, passed on, given back and given up, each with an entry in the trail."""

import pytest

from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.services import drafting, journal, reviewing
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import NOW, open_draft


def test_a_draft_branches_from_the_newest_generation(planned):
    with writing(planned) as session:
        draft = drafting.open_draft(session, name=" 东社区 ", actor="陈晨", area="320000000001", now=NOW)
    assert (draft.name, draft.area, draft.base_generation, draft.status) == ("东社区", "320000000001", 1, "open")
    assert (draft.revision, draft.created_by, draft.created_at) == (0, "陈晨", NOW)


def test_the_life_of_a_draft(database):
    draft = open_draft(database)
    with writing(database) as session:
        assert reviewing.submit(session, draft.id, actor="陈晨", now=NOW).submitted_by == "陈晨"
        assert reviewing.approve(session, draft.id, actor="周平", four_eyes=True, now=NOW).approved_by == "周平"
        returned = reviewing.return_draft(session, draft.id, actor="周平", note="缺一幢楼", now=NOW)
        assert (returned.status, returned.note) == ("open", "缺一幢楼")
        assert reviewing.abandon(session, draft.id, actor="陈晨", now=NOW).status == "abandoned"
    with reading(database) as session:
        actions = [entry.action for entry in journal.entries(session)]
    assert actions == ["draft.abandon", "draft.return", "draft.approve", "draft.submit", "draft.open"]


def test_drafts_are_listed_newest_first(database):
    first, second = open_draft(database, "一"), open_draft(database, "二")
    with writing(database) as session:
        reviewing.abandon(session, first.id, actor="陈晨")
    with reading(database) as session:
        assert [draft.name for draft in drafting.list_drafts(session)] == ["二", "一"]
        assert drafting.list_drafts(session, statuses=["open"]) == (second,)


def test_refusals(database):
    draft = open_draft(database)
    with writing(database) as session:
        with pytest.raises(BadInput):
            drafting.open_draft(session, name=" ", actor="陈晨")
        with pytest.raises(NotFound, match="nowhere"):
            drafting.open_draft(session, name="x", actor="陈晨", area="nowhere")
        with pytest.raises(NotFound):
            drafting.get_draft(session, 99)
        with pytest.raises(Conflict):
            reviewing.approve(session, draft.id, actor="周平", four_eyes=True)
