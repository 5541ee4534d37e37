"""A draft is carried over onto the newest generation; what collides is told with both shapes and waits for a choice."""

from dataclasses import replace
from itertools import pairwise

import pytest
from shapely import Polygon

from boundaries import checks
from boundaries.certificate import prove_areas
from boundaries.errors import BadInput, Conflict
from boundaries.merging import Collided
from boundaries.model import Assignment
from boundaries.rules import Rules
from boundaries.services import editing, journal, proposing, publishing, rebasing, reviewing
from boundaries.services import reading as plan
from boundaries.store import states
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import BUILDINGS, GRIDS, NOW, TODAY, at, open_draft, publish, square


def edit(engine, draft, *grids):
    with writing(engine) as session:
        states.put_grids(session, draft.id, grids, source_id=None)


def carry_over(engine, draft, **options):
    with writing(engine) as session:
        return rebasing.rebase(session, draft.id, actor="陈晨", **options)


def grid_of(engine, code, **moment):
    with reading(engine) as session:
        return plan.snapshot(session, today=TODAY, **moment).grid_by_code[code]


def with_node(polygon, x, y):
    """The polygon with one more vertex on its border."""
    node, ring = at(x, y), list(polygon.exterior.coords)
    for index, (a, b) in enumerate(pairwise(ring)):
        if min(a[0], b[0]) <= node[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= node[1] <= max(a[1], b[1]):
            return Polygon([*ring[: index + 1], node, *ring[index + 1 :]])
    raise AssertionError


def bent(x):
    """G1 and G2 with a border that leaves its straight line: its ends stay where they are."""
    west = Polygon([at(0, 0), at(1, 0), at(x, 0.5), at(1, 1), at(0, 1)])
    return west, Polygon([at(1, 0), at(2, 0), at(2, 1), at(1, 1), at(x, 0.5)])


def test_what_one_side_changed_is_taken_from_it(planned):
    mine, theirs = open_draft(planned, "我方"), open_draft(planned, "对方", actor="吴敏")
    edit(planned, mine, replace(GRIDS[0], name="新名"), replace(GRIDS[3], name="丁"))
    edit(planned, theirs, replace(GRIDS[0], honorary_name="红旗网格"))
    publish(planned, theirs)
    found = carry_over(planned, mine)
    assert (found.draft.base_generation, found.since, found.carried, found.collisions) == (2, 1, ("G1",), ())
    carried = grid_of(planned, "G1", draft=mine.id)
    assert (carried.name, carried.honorary_name) == ("新名", "红旗网格")
    assert publish(planned, mine).number == 3
    assert grid_of(planned, "G4").name == "丁"


def test_a_draft_on_the_newest_generation_stays(planned):
    draft = open_draft(planned)
    edit(planned, draft, replace(GRIDS[0], name="新名"))
    assert carry_over(planned, draft).since == 1
    with reading(planned) as session:
        assert journal.entries(session)[0].action != "draft.rebase"


def test_what_both_changed_is_told_with_both_shapes_and_kept(planned):
    mine, theirs = open_draft(planned, "我方"), open_draft(planned, "对方", actor="吴敏")
    west, east = bent(0.6)
    edit(planned, mine, replace(GRIDS[0], polygon=west), replace(GRIDS[1], polygon=east), replace(GRIDS[3], name="丁"))
    other = bent(1.5)
    edit(planned, theirs, *(replace(grid, polygon=shape) for grid, shape in zip(GRIDS, other, strict=False)))
    publish(planned, theirs)
    found = carry_over(planned, mine)
    assert [(one.thing, one.code, one.columns) for one in found.collisions] == [
        ("micro_grid", "G1", ("geom",)),
        ("micro_grid", "G2", ("geom",)),
    ]
    first = found.collisions[0]
    assert first.mine.equals_exact(west, 0)
    assert first.theirs.equals_exact(other[0], 0)
    assert (first.drawn_by, first.generation, first.published_by, first.their_authors) == (
        ("陈晨",),
        2,
        "周平",
        ("吴敏",),
    )
    with pytest.raises(Collided) as refusal:
        publish(planned, mine)
    assert [one.code for one in refusal.value.collisions] == ["G1", "G2"]
    assert grid_of(planned, "G1", draft=mine.id).polygon.equals_exact(west, 0)
    with pytest.raises(BadInput, match="Nothing named G4"):
        carry_over(planned, mine, keep={"G4": "mine"})
    assert carry_over(planned, mine, keep={"G1": "mine", "micro_grid:G2": "mine"}).collisions == ()
    assert publish(planned, mine).number == 3
    assert grid_of(planned, "G1").polygon.equals_exact(west, 0)


def test_taking_theirs_can_be_undone(planned):
    mine, theirs = open_draft(planned, "我方"), open_draft(planned, "对方", actor="吴敏")
    edit(planned, mine, replace(GRIDS[0], name="甲"))
    edit(planned, theirs, replace(GRIDS[0], name="乙"))
    publish(planned, theirs)
    carry_over(planned, mine, keep={"G1": "theirs"})
    assert grid_of(planned, "G1", draft=mine.id).name == "乙"
    with writing(planned) as session:
        editing.undo(session, mine.id, actor="陈晨")
    assert grid_of(planned, "G1", draft=mine.id).name == "甲"
    with pytest.raises(Collided):
        publish(planned, mine)


def test_vertices_that_one_side_received_go_into_what_the_other_drew(planned):
    mine, theirs = open_draft(planned, "我方"), open_draft(planned, "对方", actor="吴敏")
    # Both split a grid by a line that ends on the border between the two, each at a place of its own.
    edit(
        planned,
        mine,
        replace(GRIDS[0], polygon=Polygon([at(0, 0), at(1, 0), at(1, 0.5)])),
        replace(GRIDS[0], code="G5", polygon=Polygon([at(0, 0), at(1, 0.5), at(1, 1), at(0, 1)])),
        replace(GRIDS[1], polygon=with_node(GRIDS[1].polygon, 1, 0.5)),
    )
    edit(
        planned,
        theirs,
        replace(GRIDS[1], polygon=Polygon([at(1, 0), at(2, 0), at(2, 1), at(1, 0.25)])),
        replace(GRIDS[1], code="G6", polygon=Polygon([at(1, 0.25), at(2, 1), at(1, 1)])),
        replace(GRIDS[0], polygon=with_node(GRIDS[0].polygon, 1, 0.25)),
    )
    publish(planned, theirs)
    found = carry_over(planned, mine)
    assert found.collisions == ()
    # Of G2 nothing is left to do: the vertex that mine put into it lies on G6 now.
    assert (found.carried, found.needless, found.refined) == (("G1",), ("G2",), ("G6",))
    with reading(planned) as session:
        carried = plan.snapshot(session, today=TODAY, draft=mine.id)
    assert all(proof.is_exact for proof in prove_areas(carried))
    for code, node in (("G1", at(1, 0.25)), ("G6", at(1, 0.5))):
        assert node in carried.grid_by_code[code].polygon.exterior.coords
    assert publish(planned, mine).number == 3


def test_what_the_other_side_retired_or_made_collides(planned):
    names = ("改", "撤", "建甲", "建乙")
    changes, retires, makes, makes_too = (open_draft(planned, name) for name in names)
    with writing(planned) as session:
        states.put_buildings(session, changes.id, [replace(BUILDINGS[1], number="2A幢")], source_id=None)
        states.retire(session, retires.id, "buildings", ["B2"])
        for draft in (makes, makes_too):
            states.put_buildings(
                session, draft.id, [replace(BUILDINGS[1], code="B3", number=draft.name)], source_id=None
            )
    publish(planned, retires)
    publish(planned, makes)
    gone = carry_over(planned, changes).collisions
    assert [(one.code, one.theirs) for one in gone] == [("B2", None)]
    assert [one.code for one in carry_over(planned, makes_too).collisions] == ["B3"]
    # Kept, it is made anew.
    carry_over(planned, changes, keep={"building:B2": "mine"})
    assert publish(planned, changes).number == 4
    with reading(planned) as session:
        numbers = {one.code: one.number for one in plan.snapshot(session, today=TODAY).buildings}
    assert (numbers["B2"], numbers["B3"]) == ("2A幢", "建甲")


def test_an_assignment_is_taken_whole(planned):
    mine, theirs = open_draft(planned, "我方"), open_draft(planned, "对方", actor="吴敏")
    for draft, grid in ((mine, "G3"), (theirs, "G4")):
        with writing(planned) as session:
            moved = Assignment("shop", "S1", grid, "nearest", "最近", "nearest")
            proposing.accept(session, draft.id, [moved], actor=draft.created_by)
    publish(planned, theirs)
    assert [(one.thing, one.code) for one in carry_over(planned, mine).collisions] == [("assignment", "shop:S1")]
    carry_over(planned, mine, keep={"shop:S1": "theirs"})
    with pytest.raises(BadInput, match="nothing in draft"):
        publish(planned, mine)


def test_choosing_opens_a_draft_that_was_approved_and_counts_as_drawing(planned):
    mine, theirs = open_draft(planned, "我方"), open_draft(planned, "对方", actor="吴敏")
    edit(planned, mine, replace(GRIDS[0], name="甲"))
    edit(planned, theirs, replace(GRIDS[0], name="乙"))
    publish(planned, theirs)
    with writing(planned) as session:
        reviewing.submit(session, mine.id, actor="陈晨")
        assert reviewing.approve(session, mine.id, actor="周平", four_eyes=True).status == "approved"
        found = rebasing.rebase(session, mine.id, actor="孙亮", keep={"G1": "mine"})
    assert (found.draft.status, found.draft.revision) == ("open", mine.revision + 2)
    with writing(planned) as session:
        reviewing.submit(session, mine.id, actor="陈晨")
        with pytest.raises(Exception, match="four eyes"):
            reviewing.approve(session, mine.id, actor="孙亮", four_eyes=True)


def test_only_a_living_draft_is_carried_over(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        reviewing.abandon(session, draft.id, actor="陈晨")
    with pytest.raises(Conflict, match="cannot be rebased"):
        carry_over(planned, draft)


def test_after_a_rebase_what_is_touched_is_checked(planned):
    """Each is clean alone; together a building is cut, which the publication finds and tells as a conflict."""
    mine, theirs = open_draft(planned, "我方"), open_draft(planned, "对方", actor="吴敏")
    edit(
        planned,
        mine,
        *(replace(one, polygon=shape) for one, shape in zip(GRIDS, bent(0.6), strict=False)),
    )
    with writing(planned) as session:
        house = replace(BUILDINGS[1], code="B9", shape=square(0.5, 0.5, 0.2, 0.2))
        states.put_buildings(session, theirs.id, [house], source_id=None)

    def go(draft):
        return publishing.publish(
            planned,
            draft.id,
            check=lambda snapshot: checks.run(snapshot, Rules()),
            actor="周平",
            four_eyes=False,
            now=NOW,
            today=TODAY,
        )

    go(theirs)
    with pytest.raises(Conflict) as refusal:
        go(mine)
    assert "generation 2" in refusal.value.en
    assert "Building cut by a border" in refusal.value.en
