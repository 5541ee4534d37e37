"""Accepted proposals are assignments of the draft, and stand in the audit trail."""

import pytest
from sqlalchemy import Engine

from boundaries.assignment import propose
from boundaries.errors import BadInput, Conflict
from boundaries.model import Assignment, Compound
from boundaries.rules import Rules
from boundaries.services import journal, reviewing
from boundaries.services.proposing import accept
from boundaries.services.reading import snapshot
from boundaries.store import states
from boundaries.store.engine import reading, writing
from tests.boundaries import plans


def _grown(engine: Engine) -> int:
    draft = plans.open_draft(engine)
    with writing(engine) as session:
        new = Compound(0, "K2", "临江苑", plans.square(2.1, 0.1, 0.5, 0.5))
        states.put_compounds(session, draft.id, [new], source_id=None)
    return draft.id


def test_proposals_become_assignments_once(planned: Engine) -> None:
    number = _grown(planned)
    with reading(planned) as session:
        proposals = propose(snapshot(session, today=plans.TODAY, draft=number), Rules())
    assert [(one.premises, one.grid, one.method) for one in proposals] == [("K2", "G3", "containment")]
    with writing(planned) as session:
        assert accept(session, number, proposals, actor="李安", now=plans.NOW) == 1
    with reading(planned) as session:
        plan = snapshot(session, today=plans.TODAY, draft=number)
        (entry,) = journal.entries(session, limit=1)
    kept = {one.premises: one for one in plan.assignments}
    assert (kept["K2"].grid, kept["K2"].method, kept["K2"].accepted_by) == ("G3", "containment", "李安")
    assert kept["K2"].reason_zh == proposals[0].reason_zh
    assert propose(plan, Rules()) == ()
    assert (entry.action, entry.subject, entry.detail) == ("draft.assign", f"draft:{number}", {"accepted": 1})


def test_what_has_no_grid_is_left_out(planned: Engine) -> None:
    number = _grown(planned)
    open_one = Assignment("compound", "K2", None, "none", "无", "none")
    with writing(planned) as session:
        assert accept(session, number, [open_one], actor="李安") == 0


def test_an_unknown_grid_is_refused_and_nothing_is_kept(planned: Engine) -> None:
    number = _grown(planned)
    wrong = Assignment("compound", "K2", "G99", "containment", "", "")
    with pytest.raises(BadInput, match="G99"), writing(planned) as session:
        accept(session, number, [wrong], actor="李安")
    with reading(planned) as session:
        assert {one.premises for one in snapshot(session, today=plans.TODAY, draft=number).assignments} == {"K1", "S1"}


def test_a_submitted_draft_takes_nothing(planned: Engine) -> None:
    number = _grown(planned)
    with writing(planned) as session:
        reviewing.submit(session, number, actor="李安")
    with pytest.raises(Conflict), writing(planned) as session:
        accept(session, number, [Assignment("compound", "K2", "G3", "containment", "", "")], actor="李安")
