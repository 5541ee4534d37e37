"""Commands that move borders, as a planner gives them, on a stored town."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from boundaries.edits import Edit, applied, apply
from boundaries.edits.commands import (
    Carve,
    CarveStrip,
    GiveBuilding,
    GiveCompound,
    GiveGap,
    GiveGround,
    Merge,
    MoveAreaBorder,
    MoveBorder,
    MoveVertex,
    NewGrid,
    Split,
)
from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.model import Assignment, Building, Compound, MicroGrid, Part, Shop, Wall
from boundaries.snapshot import Snapshot
from geo.chain import CannotReshape
from geo.residual import prove
from tests.boundaries.edits.judging import faults_after
from tests.boundaries.edits.town import town

TOWN = town(cells=36)
GRID = TOWN.grid_by_code["A0015"]
MIDDLE = shapely.get_coordinates(GRID.polygon.centroid)[0]
WIDE = 0.002
A0 = TOWN.area_by_code["A0"].polygon


def beside(grid: MicroGrid = GRID) -> list[str]:
    """Codes of the grids that share a border with one, the longest first."""
    found = [
        (shapely.length(shapely.intersection(grid.polygon, other.polygon)), other.code)
        for other in TOWN.grids
        if other.area == grid.area and other.code != grid.code
    ]
    return [code for length, code in sorted(found, reverse=True) if length > 0]


def across(degrees: float = WIDE) -> LineString:
    return LineString([MIDDLE - np.array([degrees, 0]), MIDDLE, MIDDLE + np.array([degrees, 1e-5])])


def row(edit: Edit, code: str) -> MicroGrid:
    return next(grid for grid in edit.grids if grid.code == code)


def test_a_split_makes_a_grid_with_the_next_code() -> None:
    edit = apply(TOWN, Split("A0015", across()))
    new = row(edit, "A0037")
    assert (new.id, new.version, new.area, new.kind, new.name) == (0, None, "A0", "residential", f"{GRID.name}-2")
    assert new.rank == max(grid.rank for grid in TOWN.grids) + 1
    assert row(edit, "A0015").polygon.area >= new.polygon.area
    assert len(edit.refined) == 2
    assert faults_after(TOWN, edit) == []


def test_a_new_grid_is_called_as_the_planner_says() -> None:
    named = (NewGrid("A0900", "锦绣花园北", "market"),)
    edit = apply(TOWN, Split("A0015", across(), named))
    new = row(edit, "A0900")
    assert (new.name, new.kind) == ("锦绣花园北", "market")
    with pytest.raises(Conflict):
        apply(TOWN, Split("A0015", across(), (NewGrid("A0900"),)), used=["A0900"])
    with pytest.raises(Conflict):
        apply(TOWN, Split("A0015", across(), (NewGrid("A0016"),)))
    with pytest.raises(BadInput, match="no kind"):
        apply(TOWN, Split("A0015", across(), (NewGrid(kind="palace"),)))


def test_a_code_that_was_used_is_not_given_again() -> None:
    edit = apply(TOWN, Split("A0015", across()), used=["A0041", "A0122"])
    assert [grid.code for grid in edit.grids if not grid.id] == ["A0123"]


def test_a_merge_keeps_the_code_with_most_households_and_assignments_follow() -> None:
    one, other = "A0015", beside()[0]
    edit = apply(TOWN, Merge((one, other)))
    before = {code: counts[0] for code, counts in edit.households.items()}
    kept = max(before, key=lambda code: (before[code] or 0, -TOWN.grid_by_code[code].rank))
    gone = other if kept == one else one
    assert edit.retired == (gone,)
    assert [(item.premises, item.grid, item.method) for item in edit.assignments] == [(f"B{gone}-0", kept, "edit")]
    assert edit.households[kept][1] == sum(count or 0 for count in before.values())
    named = apply(TOWN, Merge((one, other), keep=gone))
    assert named.retired == (kept,)
    with pytest.raises(BadInput, match="not one to merge"):
        apply(TOWN, Merge((one, other), keep="A0001"))


def test_grids_of_two_areas_are_not_mixed() -> None:
    with pytest.raises(BadInput, match="move the border of the areas"):
        apply(TOWN, Merge(("A0015", "A1015")))
    with pytest.raises(BadInput, match="move the border of the areas"):
        apply(TOWN, MoveBorder("A0015", "A1015", across()))


def test_a_grid_with_parts_is_not_split_and_not_given_up() -> None:
    parts = (Part(1, "A0015a", "一段", ("1",), None, 20), Part(2, "A0015b", "二段", ("2",), None, 30))
    tower = replace(GRID, parts=parts)
    snapshot = replace(TOWN, grids=tuple(tower if grid is GRID else grid for grid in TOWN.grids))
    with pytest.raises(BadInput, match="parts"):
        apply(snapshot, Split("A0015", across()))
    with pytest.raises(BadInput, match="parts"):
        apply(snapshot, Merge(("A0015", beside()[0]), keep=beside()[0]))
    moved = apply(snapshot, Merge(("A0015", beside()[0]), keep="A0015"))
    assert moved.households["A0015"] == (50, 50)


def test_a_carved_strip_takes_ground_and_says_what_is_left() -> None:
    edit = apply(TOWN, CarveStrip("A0", across(0.006), 10, 12, NewGrid(street_group="长江路")))
    new = row(edit, "A0037")
    assert (new.kind, new.street_group, new.layer) == ("street_front", "长江路", "tile")
    assert edit.remainders
    for piece in edit.remainders:
        assert not piece.is_decided
        assert shapely.covers(row(edit, piece.taker).polygon.buffer(1e-9), piece.shape)
    assert faults_after(TOWN, edit) == []


def test_a_named_taker_gets_what_is_left() -> None:
    free = apply(TOWN, CarveStrip("A0", across(0.006), 10, 12))
    piece = free.remainders[0]
    assert piece.alternatives[-1] == "A0037"
    point = shapely.point_on_surface(piece.shape)
    for taker in piece.alternatives:
        named = CarveStrip("A0", across(0.006), 10, 12, NewGrid("A0037"), takers=((point, taker),))
        edit = apply(TOWN, named)
        decided = [one for one in edit.remainders if one.is_decided]
        assert [(one.grid, one.taker) for one in decided] == [(piece.grid, taker)]
        assert faults_after(TOWN, edit) == []


def test_an_overlay_lies_on_top_and_leaves_the_tiles_alone() -> None:
    edit = apply(TOWN, CarveStrip("A0", across(0.006), 10, 12, layer="overlay"))
    assert [(grid.layer, grid.kind) for grid in edit.grids] == [("overlay", "street_front")]
    assert edit.refined == ()
    snapshot = applied(TOWN, edit)
    more = apply(snapshot, Carve("A0", box(*(MIDDLE - 5e-4), *(MIDDLE + 5e-4)), layer="overlay"))
    after = applied(snapshot, more)
    overlays = [grid.polygon for grid in after.grids if grid.layer == "overlay"]
    assert shapely.coverage_is_valid(overlays)
    assert shapely.area(shapely.intersection(*overlays[:2])) == 0
    with pytest.raises(BadInput, match="residential"):
        apply(TOWN, Carve("A0", box(*(MIDDLE - 5e-4), *(MIDDLE + 5e-4)), NewGrid(kind="residential"), "overlay"))


def test_an_overlay_is_split_merged_and_given_ground() -> None:
    snapshot = applied(TOWN, apply(TOWN, CarveStrip("A0", across(0.006), 10, 12, layer="overlay")))
    upright = LineString([MIDDLE - np.array([0, WIDE]), MIDDLE + np.array([0, WIDE])])
    edit = apply(snapshot, Split("A0037", upright))
    assert [grid.code for grid in edit.grids] == ["A0037", "A0038"]
    parted = applied(snapshot, edit)
    merged = apply(parted, Merge(("A0037", "A0038"), keep="A0038"))
    assert merged.retired == ("A0037",)
    grown = apply(snapshot, GiveGround("A0037", box(*(MIDDLE - 4e-4), *(MIDDLE + 4e-4))))
    assert row(grown, "A0037").polygon.area > snapshot.grid_by_code["A0037"].polygon.area
    with pytest.raises(BadInput, match="overlay"):
        apply(snapshot, GiveGap("A0037", Point(MIDDLE)))


def test_shops_go_with_the_ground_of_their_grid() -> None:
    door = Point(MIDDLE)
    snapshot = replace(
        TOWN,
        shops=(Shop(1, "S1", "面馆", door),),
        assignments=(Assignment("shop", "S1", "A0015", "containment", "", "", accepted_by="plan"),),
    )
    edit = apply(snapshot, CarveStrip("A0", across(0.006), 10, 12))
    assert [(item.premises_kind, item.premises, item.grid) for item in edit.assignments] == [("shop", "S1", "A0037")]


def test_a_building_goes_with_its_ground_and_no_other_is_cut() -> None:
    done = 0
    for building in TOWN.buildings[:60]:
        for grid in TOWN.grids[:36]:
            if not 0 < shapely.distance(grid.polygon, building.shape) < 4e-4 or not shapely.covers(A0, building.shape):
                continue
            try:
                edit = apply(TOWN, GiveBuilding(grid.code, building.code))
            except CannotReshape:
                continue
            got = row(edit, grid.code).polygon
            assert shapely.covers(got, building.shape)
            before = grid.polygon
            for other in TOWN.buildings:
                was, share = (
                    shapely.area(shapely.intersection(ground, other.shape)) / other.shape.area
                    for ground in (before, got)
                )
                assert share < 0.01 or share > 0.99 or 0.01 < was < 0.99
            assert faults_after(TOWN, edit) == []
            done += 1
    assert done > 20


def test_the_border_about_a_building_follows_a_wall() -> None:
    grid = TOWN.grid_by_code[beside()[0]]
    common = shapely.line_merge(shapely.intersection(GRID.polygon, grid.polygon))
    near = shapely.get_coordinates(shapely.line_interpolate_point(common, 0.5, normalized=True))[0]
    way = (MIDDLE - near) / np.hypot(*(MIDDLE - near))
    at = near + way * 4e-4
    house = Building(9001, "H", "9幢", box(*(at - 5e-5), *(at + 5e-5)), households=20)
    side = np.array([-way[1], way[0]])
    line = LineString([near + way * 6e-4 - side * 0.01, near + way * 6e-4 + side * 0.01])
    snapshot = replace(TOWN, buildings=(house,), walls=(Wall(1, "W", line),), assignments=())
    edit = apply(snapshot, GiveBuilding(grid.code, "H"))
    border = shapely.intersection(row(edit, grid.code).polygon, row(edit, "A0015").polygon)
    assert shapely.length(shapely.intersection(border, shapely.buffer(line, 2e-9))) > 0.8 * shapely.length(border)
    assert edit.households == {grid.code: (None, 20), "A0015": (20, None)}
    with pytest.raises(BadInput, match="already"):
        apply(applied(snapshot, edit), GiveBuilding(grid.code, "H"))


def test_a_compound_goes_as_a_whole() -> None:
    code = beside()[0]
    grid = TOWN.grid_by_code[code]
    common = shapely.line_merge(shapely.intersection(GRID.polygon, grid.polygon))
    near = shapely.get_coordinates(shapely.line_interpolate_point(common, 0.5, normalized=True))[0]
    compound = Compound(1, "C", "锦绣花园", box(*(near - 4e-4), *(near + 4e-4)))
    edit = apply(replace(TOWN, compounds=(compound,)), GiveCompound(code, "C"))
    assert shapely.area(shapely.difference(compound.polygon, row(edit, code).polygon)) < 1e-12
    assert faults_after(TOWN, edit) == []
    with pytest.raises(NotFound):
        apply(TOWN, GiveCompound(code, "C"))


def test_a_gap_goes_to_a_neighbour() -> None:
    code = beside()[0]
    holed = replace(TOWN, grids=tuple(grid for grid in TOWN.grids if grid is not GRID))
    edit = apply(holed, GiveGap(code, Point(MIDDLE)))
    assert [grid.code for grid in edit.grids] == [code]
    assert faults_after(holed, edit, gap=True) == []


def test_a_vertex_moves_where_a_planner_takes_hold_of_it() -> None:
    at = shapely.get_coordinates(GRID.polygon)[5]
    edit = apply(TOWN, MoveVertex(Point(at + 1e-8), Point(at + 4e-5)))
    assert "A0015" in [grid.code for grid in edit.grids]
    assert faults_after(TOWN, edit) == []
    with pytest.raises(CannotReshape, match="no grid near"):
        apply(TOWN, MoveVertex(Point(at + 1), Point(at)))


def test_communities_and_their_grids_follow_a_moved_border() -> None:
    one, other = (TOWN.area_by_code[code].polygon for code in ("A0", "A1"))
    xy = shapely.get_coordinates(shapely.line_merge(shapely.intersection(one, other)))
    line = LineString([xy[30], (xy[30] + xy[-30]) / 2 - np.array([4e-3, 0]), xy[-30]])
    edit = apply(TOWN, MoveAreaBorder("A0", "A1", line))
    assert {area.code for area in edit.areas} == {"A0", "A1"}
    over = [grid for grid in edit.grids if grid.area != TOWN.grid_by_code[grid.code].area]
    assert over
    assert faults_after(TOWN, edit) == []
    after = applied(TOWN, edit)
    communities = [area.polygon for area in after.areas if area.level == "community"]
    assert prove(communities, after.area_by_code["T"].polygon).is_exact
    with pytest.raises(BadInput, match="one lies in the other"):
        apply(TOWN, MoveAreaBorder("A0", "T", line))


@pytest.mark.parametrize(
    "command",
    [
        Split("nowhere", across()),
        Carve("nowhere", box(0, 0, 1, 1)),
        GiveBuilding("A0015", "nowhere"),
        MoveAreaBorder("A0", "nowhere", across()),
    ],
)
def test_what_there_is_not_is_not_found(command: object) -> None:
    with pytest.raises(NotFound):
        apply(TOWN, command)  # type: ignore[arg-type]


def test_the_snapshot_stays_as_it_was() -> None:
    before: Snapshot = TOWN
    grids, areas = before.grids, before.areas
    apply(TOWN, Split("A0015", across()))
    assert before.grids is grids
    assert before.areas is areas
