"""Every change of a draft is undone and redone, row by row and bit for bit."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from boundaries.errors import Conflict
from boundaries.repairing import RepairOrder
from boundaries.services import drafting, editing, journal, proposing
from boundaries.services.draft_repair import repair_draft
from boundaries.store import states
from boundaries.store.engine import reading, writing
from boundaries.store.overlay import THINGS
from tests.boundaries.plans import AREAS, ASSIGNMENTS, BUILDINGS, GRIDS, NOW, PARTS, TODAY, open_draft, square


def rows(engine, draft_id):
    """Every row of a draft, whole, shapes with every bit."""
    found = {}
    with engine.connect() as connection:
        for thing in THINGS:
            whole = f"SELECT s::text FROM microgrid.{thing.state.name} s"  # noqa: S608  names of our own tables
            query = text(f"{whole} WHERE draft_id = :draft ORDER BY id")
            found[thing.name] = connection.execute(query, {"draft": draft_id}).scalars().all()
    return found


def edits():
    """Changes of every kind of thing, as functions of a session and a draft."""
    return (
        lambda s, d: states.put_grids(s, d, [replace(GRIDS[0], name="甲")], source_id=None),
        lambda s, d: states.put_grids(s, d, [replace(GRIDS[0], code="G9", name="新")], source_id=None),
        lambda s, d: states.put_areas(s, d, [replace(AREAS[1], name="改名")], source_id=None),
        lambda s, d: states.put_parts(s, d, [("G2", replace(PARTS[1][1], floors=(9, 20)))], source_id=None),
        lambda s, d: states.put_assignments(s, d, [replace(ASSIGNMENTS[0], grid="G3")], actor="陈晨"),
        lambda s, d: states.retire(s, d, "grids", ["G2"]),
        lambda s, d: states.put_buildings(s, d, [replace(BUILDINGS[0], number="甲1")], source_id=None),
        lambda s, d: states.put_grids(s, d, [GRIDS[0]], source_id=None),
        lambda s, d: states.retire(s, d, "grids", ["G9"]),
        lambda s, d: states.put_grids(s, d, [replace(GRIDS[1], polygon=square(1, 0, 1, 0.5))], source_id=None),
    )


def test_undo_and_redo_give_every_row_back(planned):
    draft = open_draft(planned).id
    states_seen = [rows(planned, draft)]
    for number, edit in enumerate(edits(), start=1):
        with writing(planned) as session, editing.changing(session, draft, actor="陈晨", kind="edit", now=NOW):
            edit(session, draft)
        states_seen.append(rows(planned, draft))
        assert states_seen[-1] != states_seen[-2], number
    for wanted in reversed(states_seen[:-1]):
        with writing(planned) as session:
            editing.undo(session, draft, actor="王宁", now=NOW)
        assert rows(planned, draft) == wanted
    for wanted in states_seen[1:]:
        with writing(planned) as session:
            editing.redo(session, draft, actor="王宁", now=NOW)
        assert rows(planned, draft) == wanted
    with reading(planned) as session:
        assert drafting.get_draft(session, draft).revision == 3 * len(edits())
        told = [entry.action for entry in journal.entries(session)]
        assert told.count("draft.undo") == told.count("draft.redo") == len(edits())


def test_a_change_after_an_undo_supersedes_it_and_counts_versions_on(planned):
    draft = open_draft(planned).id
    versions = []
    for name in ("甲", "乙"):
        with writing(planned) as session, editing.changing(session, draft, actor="陈晨", kind="edit", now=NOW):
            states.put_grids(session, draft, [replace(GRIDS[0], name=name)], source_id=None)
        with planned.connect() as connection:
            query = text("SELECT version FROM microgrid.micro_grid_state WHERE draft_id = :draft")
            versions.append(connection.execute(query, {"draft": draft}).scalar_one())
        if name == "甲":
            with writing(planned) as session:
                turned = editing.undo(session, draft, actor="陈晨", now=NOW)
            assert turned.touched == {"micro_grid": ("G1",)}
    assert versions == [2, 3]
    with writing(planned) as session, pytest.raises(Conflict, match="nothing to redo"):
        editing.redo(session, draft, actor="陈晨", now=NOW)
    with reading(planned) as session:
        found = editing.history(session, draft)
    assert [(one.number, one.status, one.actor) for one in found] == [(2, "done", "陈晨"), (1, "superseded", "陈晨")]


def test_a_change_of_nothing_leaves_no_trace_and_keeps_what_can_be_redone(planned):
    draft = open_draft(planned).id
    with writing(planned) as session, editing.changing(session, draft, actor="陈晨", kind="edit", now=NOW):
        states.put_grids(session, draft, [replace(GRIDS[0], name="甲")], source_id=None)
    with writing(planned) as session:
        editing.undo(session, draft, actor="陈晨", now=NOW)
    with writing(planned) as session, editing.changing(session, draft, actor="陈晨", kind="load", now=NOW):
        states.put_grids(session, draft, GRIDS, source_id=None)
    with writing(planned) as session:
        assert editing.redo(session, draft, actor="陈晨", now=NOW).change.number == 1


def test_several_writes_are_one_change(planned):
    draft = open_draft(planned).id
    before = rows(planned, draft)
    with writing(planned) as session, editing.changing(session, draft, actor="陈晨", kind="edit", now=NOW):
        states.put_grids(session, draft, [replace(GRIDS[0], name="甲")], source_id=None)
        with editing.changing(session, draft, actor="别人", kind="load", now=NOW):
            states.retire(session, draft, "grids", ["G2"])
        states.put_grids(session, draft, [replace(GRIDS[0], name="乙")], source_id=None)
    with writing(planned) as session:
        turned = editing.undo(session, draft, actor="陈晨", now=NOW)
    assert (turned.change.kind, turned.change.actor, turned.draft.revision) == ("edit", "陈晨", 2)
    assert rows(planned, draft) == before
    with writing(planned) as session, pytest.raises(Conflict, match="nothing to undo"):
        editing.undo(session, draft, actor="陈晨", now=NOW)


def test_an_undo_of_what_was_edited_meanwhile_is_refused(planned):
    draft = open_draft(planned).id
    for name in ("甲", "乙"):
        with writing(planned) as session, editing.changing(session, draft, actor="陈晨", kind="edit", now=NOW):
            states.put_grids(session, draft, [replace(GRIDS[0], name=name)], source_id=None)
    with writing(planned) as session, pytest.raises(Conflict, match="revision 2; you saw 1"):
        editing.undo(session, draft, actor="陈晨", revision=1, now=NOW)


def test_loads_repairs_and_proposals_are_undone_like_any_edit(planned):
    draft = open_draft(planned).id
    before = rows(planned, draft)
    with writing(planned) as session:
        states.retire(session, draft, "grids", ["G4"])
        states.put_grids(session, draft, [replace(GRIDS[2], polygon=square(2, 0, 1.9))], source_id=None)
    torn = rows(planned, draft)
    with writing(planned) as session:
        outcome = repair_draft(
            session, draft, lambda _: RepairOrder(max_auto_area_m2=50_000), actor="王宁", today=TODAY, now=NOW
        )
    assert outcome.is_written, outcome.problem
    with writing(planned) as session:
        proposing.accept(session, draft, [replace(ASSIGNMENTS[0], grid="G2")], actor="李安", now=NOW)
    with reading(planned) as session:
        found = editing.history(session, draft)
    assert [(one.kind, one.actor) for one in found] == [("assign", "李安"), ("repair", "王宁"), ("write", "陈晨")]
    for _ in ("assign", "repair"):
        with writing(planned) as session:
            editing.undo(session, draft, actor="陈晨", now=NOW)
    assert rows(planned, draft) == torn
    with writing(planned) as session:
        editing.undo(session, draft, actor="陈晨", now=NOW)
    assert rows(planned, draft) == before


def test_what_is_submitted_is_not_undone(planned):
    from boundaries.services import reviewing  # noqa: PLC0415

    draft = open_draft(planned).id
    with writing(planned) as session, editing.changing(session, draft, actor="陈晨", kind="edit", now=NOW):
        states.put_grids(session, draft, [replace(GRIDS[0], name="甲")], source_id=None)
    with writing(planned) as session:
        reviewing.submit(session, draft, actor="陈晨", now=NOW)
    with writing(planned) as session, pytest.raises(Conflict, match="submitted"):
        editing.undo(session, draft, actor="陈晨", now=NOW)
