"""Commands on a draft in PostGIS: whole or not at all, on what was seen, answered once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import shapely
from shapely import LineString, Point
from sqlalchemy import text

from boundaries.edits.commands import Carve, Merge, MoveVertex, NewGrid, Rename, Renumber, Split
from boundaries.errors import BadInput, Conflict, EditConflict, Forbidden, KeyReused, NotFound
from boundaries.services import drafting, editing, journal
from boundaries.services import reading as plan
from boundaries.services.editing_batch import Batch, edit
from boundaries.store.engine import reading, writing
from geo.residual import prove
from tests.boundaries.fine_plans import fine, refine
from tests.boundaries.plans import AREAS, NOW, TODAY, at, open_draft, square
from tests.boundaries.services.test_editing import rows

SPLIT = Split("G1", LineString([at(0.5, -0.1), at(0.5, 1.1)]), (NewGrid(code="G1B", name="新格"),))


@pytest.fixture
def fine_plan(planned):
    """A database of this test's own whose generation 2 has fine borders."""
    refine(planned)
    return planned


def asked(*commands):
    """Commands as a history may hold them."""
    return tuple({"do": type(command).__name__} for command in commands)


def batch(*commands, **more):
    """A batch of commands."""
    return Batch(tuple(commands), asked(*commands), **more)


def do(engine, draft, *commands, actor="陈晨", **more):
    """Edit in a session of its own."""
    with writing(engine) as session:
        return edit(session, draft, batch(*commands, **more), actor=actor, today=TODAY, now=NOW)


def state(engine, draft):
    """The draft as a snapshot."""
    with reading(engine) as session:
        return plan.snapshot(session, draft=draft, today=TODAY)


def test_a_split_is_stored_proved_told_and_undone(fine_plan):
    draft = open_draft(fine_plan).id
    before, told = rows(fine_plan, draft), do(fine_plan, draft, SPLIT)
    now = state(fine_plan, draft)
    assert {grid["code"] for grid in told["grids"]} == {"G1", "G1B"}
    assert (told["revision"], told["change"], told["dry_run"], told["retired"]) == (1, 1, False, [])
    assert sum(counts["after"] or 0 for counts in told["households"].values()) == 36
    community = now.area_by_code[AREAS[1].code]
    assert prove([grid.polygon for grid in now.grids if grid.area == community.code], community.polygon).is_exact
    stored = now.grid_by_code["G1B"]
    assert (stored.name, stored.version) == ("新格", 1)
    given = next(grid for grid in told["grids"] if grid["code"] == "G1B")
    assert shapely.geometry.shape(given["geometry"]).equals_exact(stored.polygon)
    assert not [finding for finding in told["findings"] if finding["kind"] in ("gap", "overlap", "sliver")]
    with writing(fine_plan) as session:
        editing.undo(session, draft, actor="陈晨", now=NOW)
    assert rows(fine_plan, draft) == before
    with writing(fine_plan) as session:
        editing.redo(session, draft, actor="陈晨", now=NOW)
    assert state(fine_plan, draft).grid_by_code["G1B"] == stored


def test_a_batch_is_whole_or_not_at_all(fine_plan):
    draft = open_draft(fine_plan).id
    before = rows(fine_plan, draft)
    with pytest.raises(NotFound, match="Command 2"):
        do(fine_plan, draft, SPLIT, Rename("NONE", "甲"))
    assert rows(fine_plan, draft) == before
    told = do(fine_plan, draft, SPLIT, Rename("G1B", "又一格"), Merge(("G1", "G1B"), keep="G1"), Rename("G1", "甲"))
    assert (told["change"], [grid["code"] for grid in told["grids"]]) == (1, ["G1"])
    assert state(fine_plan, draft).grid_by_code["G1"].name == "甲"
    with pytest.raises(BadInput, match="1 to 200"):
        do(fine_plan, draft)


def test_merging_retires_and_what_hangs_on_it_follows(fine_plan):
    draft = open_draft(fine_plan).id
    before = rows(fine_plan, draft)
    told = do(fine_plan, draft, Merge(("G1", "G2"), keep="G2"))
    assert told["retired"] == ["G1"]
    now = state(fine_plan, draft)
    assert {one.premises: one.grid for one in now.assignments} == {"K1": "G2", "S1": "G2"}
    with writing(fine_plan) as session:
        turned = editing.undo(session, draft, actor="陈晨", now=NOW)
    assert turned.touched["micro_grid"] == ("G1", "G2")
    assert rows(fine_plan, draft) == before
    assert {one.premises: one.grid for one in state(fine_plan, draft).assignments} == {"K1": "G1", "S1": "G2"}


def test_a_renumbered_grid_keeps_its_identity(fine_plan):
    draft = open_draft(fine_plan).id
    was = state(fine_plan, draft).grid_by_code["G1"]
    do(fine_plan, draft, Renumber({"G1": "N1"}))
    now = state(fine_plan, draft)
    assert (now.grid_by_code["N1"].id, now.grid_by_code["N1"].rank, "G1" in now.grid_by_code) == (
        was.id,
        was.rank,
        False,
    )
    with pytest.raises(Conflict, match="used before"):
        do(fine_plan, draft, Renumber({"G2": "G1"}))
    with writing(fine_plan) as session:
        editing.undo(session, draft, actor="陈晨", now=NOW)
    assert state(fine_plan, draft).grid_by_code["G1"] == was


def test_a_dry_run_tells_the_same_and_writes_nothing(fine_plan):
    draft = open_draft(fine_plan).id
    before = rows(fine_plan, draft)
    tried = do(fine_plan, draft, SPLIT, dry_run=True, idempotency_key="a")
    assert rows(fine_plan, draft) == before
    with reading(fine_plan) as session:
        assert drafting.get_draft(session, draft).revision == 0
        assert not editing.history(session, draft)
    done = do(fine_plan, draft, SPLIT)
    assert (tried["dry_run"], tried["revision"], tried["change"]) == (True, 0, None)
    assert tried["grids"] == done["grids"]


def test_the_same_key_gives_the_same_answer_and_never_another(fine_plan):
    draft = open_draft(fine_plan).id
    first = do(fine_plan, draft, SPLIT, idempotency_key="k1")
    assert do(fine_plan, draft, SPLIT, idempotency_key="k1") == first
    with pytest.raises(KeyReused):
        do(fine_plan, draft, Rename("G1", "甲"), idempotency_key="k1")
    with reading(fine_plan) as session:
        assert len(editing.history(session, draft)) == 1
        assert [entry.action for entry in journal.entries(session)].count("draft.edit") == 1


def test_a_change_of_the_same_grid_is_a_conflict_with_both_shapes(fine_plan):
    draft = open_draft(fine_plan).id
    do(fine_plan, draft, Rename("G3", "远处"), actor="王宁")
    do(fine_plan, draft, SPLIT, actor="王宁", base_revision=0)
    theirs = state(fine_plan, draft).grid_by_code["G1"].polygon
    with pytest.raises(EditConflict) as refusal:
        do(fine_plan, draft, Split("G1", LineString([at(-0.1, 0.5), at(1.1, 0.5)])), base_revision=1)
    told = refusal.value
    assert told.revision == 2
    assert [(one.grid, one.by, one.change, one.kind, one.at) for one in told.conflicts] == [
        ("G1", "王宁", 2, "edit", NOW)
    ]
    assert told.conflicts[0].theirs.equals_exact(theirs)
    assert told.conflicts[0].yours.area == pytest.approx(square(0, 0, 1, 0.5).area, rel=1e-6)
    assert "王宁" in told.zh
    assert "王宁" in told.en
    # What does not collide is carried along.
    assert do(fine_plan, draft, Rename("G2", "不相干"), base_revision=0)["revision"] == 3
    with pytest.raises(BadInput, match="there is no 9"):
        do(fine_plan, draft, Rename("G2", "乙"), base_revision=9)


def test_what_was_undone_by_others_is_a_conflict_too(fine_plan):
    draft = open_draft(fine_plan).id
    do(fine_plan, draft, SPLIT)
    with writing(fine_plan) as session:
        editing.undo(session, draft, actor="王宁", now=NOW)
    with pytest.raises(EditConflict) as refusal:
        do(fine_plan, draft, Rename("G1B", "甲"), base_revision=1)
    assert (refusal.value.conflicts[0].grid, refusal.value.conflicts[0].by) == ("G1B", "王宁")
    assert refusal.value.conflicts[0].theirs is None


def test_versions_of_grids_are_the_law_too(fine_plan):
    draft = open_draft(fine_plan).id
    seen = state(fine_plan, draft).grid_by_code["G1"].version
    assert do(fine_plan, draft, Rename("G1", "甲"), versions={"G1": seen})["grids"][0]["version"] == seen + 1
    with pytest.raises(EditConflict) as refusal:
        do(fine_plan, draft, Rename("G1", "乙"), versions={"G1": seen})
    assert [(one.grid, one.version) for one in refusal.value.conflicts] == [("G1", seen + 1)]


def test_a_draft_on_an_area_takes_nothing_outside_it(fine_plan):
    with writing(fine_plan) as session:
        draft = drafting.open_draft(session, name="东", actor="陈晨", area=AREAS[1].code, now=NOW).id
    before = rows(fine_plan, draft)
    with pytest.raises(Forbidden, match=AREAS[2].code):
        do(fine_plan, draft, Rename("G3", "甲"))
    assert rows(fine_plan, draft) == before
    assert do(fine_plan, draft, Rename("G1", "甲"))["revision"] == 1


def test_who_may_not_change_the_areas_changes_nothing(fine_plan):
    draft = open_draft(fine_plan).id
    asked_for = []

    def allow(areas):
        asked_for.append(areas)
        raise Forbidden("不行", "no")

    with writing(fine_plan) as session, pytest.raises(Forbidden):
        edit(session, draft, batch(Rename("G3", "甲")), actor="陈晨", today=TODAY, allow=allow, now=NOW)
    assert asked_for == [frozenset({AREAS[2].code})]


def test_a_carved_strip_is_told_with_its_findings(fine_plan):
    draft = open_draft(fine_plan).id
    strip = fine(square(0, 0, 2, 0.3))
    told = do(fine_plan, draft, Carve(AREAS[1].code, strip, NewGrid(code="Z1", name="街", kind="street_front")))
    now = state(fine_plan, draft)
    community = now.area_by_code[AREAS[1].code]
    assert prove([grid.polygon for grid in now.grids if grid.area == community.code], community.polygon).is_exact
    assert now.grid_by_code["Z1"].kind == "street_front"
    kinds = {finding["kind"] for finding in told["findings"]}
    assert kinds & {"building_cut", "compound_split", "compound_doubled"}


def test_moving_a_vertex_finds_its_area_by_the_point(fine_plan):
    draft = open_draft(fine_plan).id
    do(fine_plan, draft, Split("G1", LineString([at(0, 0.5), at(0.5, 0.6), at(1, 0.5)]), (NewGrid(code="G1B"),)))
    told = do(fine_plan, draft, MoveVertex(Point(at(0.5, 0.6)), Point(at(0.5, 0.7))))
    assert {grid["code"] for grid in told["grids"]} == {"G1", "G1B"}


def test_two_planners_at_once_lose_nothing(fine_plan):
    draft = open_draft(fine_plan).id

    def work(actor, code):
        done, refused = 0, 0
        seen = 0
        for number in range(6):
            try:
                told = do(fine_plan, draft, Rename(code, f"{actor}{number}"), actor=actor, base_revision=seen)
                done, seen = done + 1, told["revision"]
            except EditConflict as conflict:
                refused, seen = refused + 1, conflict.revision
        return done, refused

    with ThreadPoolExecutor(3) as pool:
        apart = [pool.submit(work, actor, code) for actor, code in (("甲", "G1"), ("乙", "G2"), ("丙", "G2"))]
        counts = [one.result() for one in apart]
    assert counts[0] == (6, 0)
    assert all(sum(count) == 6 for count in counts)
    done = sum(count[0] for count in counts)
    with reading(fine_plan) as session:
        found = editing.history(session, draft)
        assert drafting.get_draft(session, draft).revision == done == len(found)
        assert {one.status for one in found} == {"done"}
        assert [entry.action for entry in journal.entries(session)].count("draft.edit") == done


def test_kept_answers_and_images_hold_no_resident(fine_plan):
    draft = open_draft(fine_plan).id
    do(fine_plan, draft, SPLIT, idempotency_key="k1")
    with fine_plan.connect() as connection:
        held = connection.execute(text("SELECT string_agg(answer::text, '') FROM microgrid.draft_answer")).scalar_one()
    assert "13800000001" not in held
    assert "李安" not in held


def test_two_drafts_at_once_are_given_different_codes(fine_plan):
    drafts = [open_draft(fine_plan, f"方案{number}").id for number in range(3)]

    def cut(draft):
        return do(fine_plan, draft, Split("G1", SPLIT.line))

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(cut, drafts))
    new = [grid["code"] for one in told for grid in one["grids"] if grid["code"] != "G1"]
    assert len(new) == len(set(new)) == len(drafts)
