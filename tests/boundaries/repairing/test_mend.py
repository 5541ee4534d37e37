import re
from dataclasses import replace

import pytest
import shapely
from shapely import Polygon, box

from boundaries.checks import run
from boundaries.errors import BadInput
from boundaries.model import Area, MicroGrid
from boundaries.repairing import Decision, Mended, RepairOrder, mend
from boundaries.services.auditing import is_proved
from boundaries.services.repairing import refused
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP, parse_crs
from tests.boundaries.boxes import AREAS, GRIDS, PLAN, RULES, X, Y, building, grid, plan, square, with_grid

ALL = ("shapes", "parents", "tiles")


def bare(x: float, y: float, width: float = 100, height: float = 100) -> Polygon:
    """A rectangle with its four corners and no vertex for its neighbours."""
    return box(X + x, Y + y, X + x + width, Y + y + height)


def mended(snapshot: Snapshot, **order: object) -> Mended:
    return mend(snapshot, RepairOrder(**order), name_new=lambda number: f"新增-{number}")  # type: ignore[arg-type]


def proved(snapshot: Snapshot) -> bool:
    return is_proved(snapshot, run(snapshot, RULES, only=ALL))


def shape(result: Mended, code: str) -> Polygon:
    return result.snapshot.grid_by_code[code].polygon


def test_a_plan_in_order_comes_back_as_it_is() -> None:
    result = mended(PLAN)
    assert (result.log, result.changed, result.new, result.refined, result.not_proved) == ((), (), (), (), ())
    assert all(now is was for now, was in zip(result.snapshot.grids, PLAN.grids, strict=True))
    assert result.tolerance == 0


def test_a_gap_is_told_with_metres_codes_and_buildings() -> None:
    broken = plan(
        grids=with_grid(0, polygon=square(0, 0, 90)), buildings=(building("B", square(92, 20, 6, 20)),), areas=AREAS[1:]
    )
    result = mended(broken)
    (face,) = result.log
    assert (face.number, face.parent, face.kind, face.rule, face.winner) == (1, "C1", "gap", "longest_border", "G1")
    assert (face.area_m2, face.width_m) == (pytest.approx(1000), pytest.approx(10))
    assert dict(face.candidates) == {"G1": pytest.approx(100), "G2": pytest.approx(100)}
    assert (face.layers, face.owners, face.buildings) == (0, (), ("B",))
    assert (face.why("zh"), face.is_open) == ("归共边最长的网格", False)
    assert result.changed == (0,)
    assert shape(result, "G1").equals(square(0, 0))
    assert proved(result.snapshot)


@pytest.mark.parametrize(
    ("order", "winner", "rule"),
    [
        ({}, "G1", "rank"),
        ({"overlap_rule": "share"}, "G2", "share"),
        ({"keep": ("G2", "G1")}, "G2", "named"),
    ],
)
def test_who_keeps_an_overlap_is_a_rule(order: dict[str, object], winner: str, rule: str) -> None:
    grids = (GRIDS[0], replace(GRIDS[1], polygon=square(90, 0, 40)), grid("G5", square(130, 0, 70), rank=9))
    result = mended(plan(areas=AREAS[1:2], grids=grids), **order)
    assert [(face.kind, face.rule, face.winner, face.layers) for face in result.log] == [("overlap", rule, winner, 2)]
    assert proved(result.snapshot)


def test_rank_is_the_order_of_registration_not_of_rows() -> None:
    grids = (replace(GRIDS[0], rank=7, polygon=square(0, 0, 110)), GRIDS[1])
    assert [face.winner for face in mended(plan(areas=AREAS[1:2], grids=grids)).log] == ["G2"]


def test_a_gap_to_a_named_grid_and_to_a_new_one() -> None:
    broken = plan(areas=AREAS[1:2], grids=(replace(GRIDS[0], polygon=square(0, 0, 60)), GRIDS[1]))
    named = mended(broken, gap_to="G2")
    assert shape(named, "G2").equals(square(60, 0, 140))
    made = mended(broken, new_cell_min_area_m2=4000.0)
    assert [(one.code, one.area, one.rank) for one in made.new] == [("新增-1", "C1", 3)]
    assert shape(made, "新增-1").equals(square(60, 0, 40))
    assert made.changed == ()
    assert proved(made.snapshot)
    assert mended(broken, new_cell_min_area_m2=4001.0).new == ()


def test_new_grids_of_several_areas_are_counted_through() -> None:
    broken = plan(grids=(replace(GRIDS[0], polygon=square(0, 0, 60)), GRIDS[1], GRIDS[2]))
    made = mended(broken, new_cell_min_area_m2=100.0).new
    assert [(one.code, one.area) for one in made] == [("新增-1", "C1"), ("新增-2", "C2")]
    assert len({one.id for one in (*made, *broken.grids)}) == 5


def test_large_faces_are_left_to_a_person() -> None:
    broken = plan(areas=AREAS[1:2], grids=GRIDS[:1])
    result = mended(broken, max_auto_area_m2=9999.0)
    assert [(face.reason, face.is_open, face.winner) for face in result.left] == [("too_large", True, None)]
    assert result.not_proved == ("C1",)
    assert "--max-auto-area" in result.left[0].why("zh")
    assert not mended(broken, max_auto_area_m2=10_001.0).left


def test_duplicates_are_never_decided_by_rule() -> None:
    result = mended(plan(grids=(*GRIDS, grid("D", square(0, 0), rank=9))))
    assert [face.reason for face in result.left] == ["duplicate"]
    assert all(now is was for now, was in zip(result.snapshot.grids[:4], GRIDS, strict=True))


def test_only_areas_at_fault_are_touched_and_those_without_grids_are_named() -> None:
    result = mended(plan(grids=with_grid(0, polygon=square(0, 0, 90))))
    assert result.changed == (0,)
    half = mended(plan(grids=GRIDS[:2]))
    assert (half.bare, half.log, half.not_proved) == (("C2",), (), ())


def test_vertices_that_one_area_takes_in_go_to_every_border_that_runs_there() -> None:
    # C1 is divided across, C2 is whole beside it, and no border has a vertex for another's.
    areas = (
        Area(1, "T", "t", "town", None, bare(0, 0, 400)),
        Area(2, "C1", "c1", "community", "T", bare(0, 0, 200)),
        Area(3, "C2", "c2", "community", "T", bare(200, 0, 200)),
    )
    grids = (
        grid("G1", bare(0, 0, 200, 40), rank=1),
        grid("G2", bare(0, 40, 200, 60), rank=2),
        grid("G3", bare(200, 0, 200), area="C2", rank=3),
    )
    result = mended(plan(areas=areas, grids=grids, buildings=()))
    assert result.log == ()
    assert set(result.refined) == {"T", "C1", "C2"}
    assert proved(result.snapshot)
    assert (X + 200, Y + 40) in shape(result, "G3").exterior.coords
    assert all(now.polygon.equals(was.polygon) for now, was in zip(result.snapshot.areas, areas, strict=True))


def test_an_area_inside_another_is_filled_apart() -> None:
    park = Area(9, "P", "park", "dedicated", "C1", bare(0, 0, 50))
    grids = (grid("P1", bare(0, 0, 50), area="P", rank=9), *with_grid(0, polygon=bare(50, 0, 48)))
    result = mended(plan(areas=(*AREAS, park), grids=grids))
    assert [(face.parent, face.kind, face.winner) for face in result.log] == [("C1", "gap", "G1")]
    assert set(result.refined) >= {"C1"}
    assert proved(result.snapshot)


def test_a_building_is_not_cut() -> None:
    # Either rule for the overlap alone would give it to the first; the building stands in the second.
    grids = (replace(GRIDS[0], polygon=square(0, 0, 110)), GRIDS[1])
    home = building("B", square(105, 40, 20, 20))
    free = mended(plan(areas=AREAS[1:2], grids=grids, buildings=()))
    bound = mended(plan(areas=AREAS[1:2], grids=grids, buildings=(home,)))
    assert [face.winner for face in free.log] == ["G1"]
    assert [face.winner for face in bound.log] == ["G2"]
    assert proved(bound.snapshot)


def test_degrees_are_measured_in_metres() -> None:
    degrees = parse_crs("EPSG:4490")
    area = Area(1, "A", "a", "community", None, box(119.18, 32.27, 119.182, 32.271))
    grids = (
        MicroGrid(1, 1, "G1", "g", "A", box(119.18, 32.27, 119.1809, 32.271)),
        MicroGrid(2, 2, "G2", "g", "A", box(119.181, 32.27, 119.182, 32.271)),
    )
    snapshot = Snapshot(degrees, areas=(area,), grids=grids)
    (face,) = mended(snapshot).log
    assert face.area_m2 == pytest.approx(9.423 * 110.9, rel=2e-3)
    assert [length for _, length in face.candidates] == pytest.approx([110.9, 110.9], rel=1e-3)
    assert mended(snapshot, max_auto_area_m2=1000.0).left
    assert not mended(snapshot, max_auto_area_m2=1100.0).left


def test_feet_are_measured_in_metres() -> None:
    feet = parse_crs("EPSG:2232")
    area = Area(1, "A", "a", "community", None, box(3_140_000, 1_690_000, 3_140_200, 1_690_100))
    grids = (
        MicroGrid(1, 1, "G1", "g", "A", box(3_140_000, 1_690_000, 3_140_090, 1_690_100)),
        MicroGrid(2, 2, "G2", "g", "A", box(3_140_100, 1_690_000, 3_140_200, 1_690_100)),
    )
    (face,) = mended(Snapshot(feet, areas=(area,), grids=grids)).log
    assert face.area_m2 == pytest.approx(1000 * (1200 / 3937) ** 2)
    assert [length for _, length in face.candidates] == pytest.approx([100 * 1200 / 3937] * 2)


def test_a_decision_is_found_by_its_place() -> None:
    broken = plan(areas=AREAS[1:2], grids=(GRIDS[0],), buildings=())
    (left,) = mended(broken, max_auto_area_m2=1.0).left
    assert "裁去" not in left.why("zh")
    word = Decision("C1", X + 150, Y + 50, "G1", row="log.csv:2")
    result = mended(broken, max_auto_area_m2=1.0, decisions=(word,))
    assert [(face.rule, face.winner, face.why("zh")) for face in result.log] == [("decision", "G1", "人工决定")]
    assert proved(result.snapshot)
    assert left.number == 1


def test_a_decision_overrules_a_rule_and_what_the_rules_say_too_changes_nothing() -> None:
    broken = plan(areas=AREAS[1:2], grids=(replace(GRIDS[0], polygon=square(0, 0, 90)), GRIDS[1]))
    other = mended(broken, decisions=(Decision("C1", X + 95, Y + 50, "G2"),))
    assert [(face.rule, face.winner) for face in other.log] == [("decision", "G2")]
    same = mended(broken, decisions=(Decision("C1", X + 95, Y + 50, "G1"),))
    assert [(face.rule, face.winner) for face in same.log] == [("longest_border", "G1")]


@pytest.mark.parametrize("word", ["裁去", "off"])
def test_much_ground_outside_is_taken_off_when_a_person_says_so(word: str) -> None:
    broken = plan(areas=AREAS[1:2], grids=(replace(GRIDS[0], polygon=square(-30, 0, 130)), GRIDS[1]), buildings=())
    (left,) = mended(broken, max_auto_area_m2=100.0).left
    assert (left.kind, left.reason) == ("overshoot", "too_large")
    assert "“裁去”" in left.why("zh")
    with pytest.raises(BadInput, match="Write OFF"):
        mended(broken, max_auto_area_m2=100.0, decisions=(Decision("C1", X - 15, Y + 50, "G1", row="r"),))
    result = mended(broken, max_auto_area_m2=100.0, decisions=(Decision("C1", X - 15, Y + 50, word, row="r"),))
    assert [(face.rule, face.winner) for face in result.log] == [("decision", None)]
    assert proved(result.snapshot)


def test_a_second_choice_says_what_was_wrong_with_the_first() -> None:
    # By rank G1 would keep the overlap; the house in it stands whole in G2.
    house = building("B", square(104, 20, 16, 20))
    broken = plan(areas=AREAS[1:2], grids=(replace(GRIDS[0], polygon=square(0, 0, 110)), GRIDS[1]), buildings=(house,))
    (face,) = mended(broken).log
    assert (face.rule, face.winner, face.reason) == ("next_best", "G2", "would_cut_building")
    assert face.why("zh") == "首选网格不宜,归次选网格(会切开楼栋)"


def stored(west: float, house: Polygon) -> Snapshot:
    """Two grids whose border ends between two vertices of a stored area's border."""
    chain = box(119.18, 32.27, 119.181, 32.271).segmentize(2e-5)
    area = Area(1, "A", "a", "community", None, shapely.transform(chain, lambda xy: xy.round(9)))
    x0, y0, x1, y1 = area.polygon.bounds
    grids = (
        MicroGrid(1, 1, "G1", "g", "A", box(x0, y0, west, y1)),
        MicroGrid(2, 2, "G2", "g", "A", box(west, y0, x1, y1)),
    )
    return Snapshot(
        parse_crs("EPSG:4490"), areas=(area,), grids=grids, buildings=(building("B", house),), step=STORAGE_STEP
    )


def test_in_a_draft_borders_turn_to_the_vertices_of_their_area_and_this_is_told() -> None:
    west = 119.180511
    result = mended(stored(west, box(west - 5e-5, 32.2704, west - 1e-7, 32.2706)))
    assert (result.shifted, result.cut, result.refined, result.log) == (2, (), (), ())
    assert 0.5 < result.max_shift_m < 1.0
    assert result.snapshot.areas[0].polygon is not None
    assert proved(result.snapshot)


def test_a_house_at_the_very_end_of_such_a_border_is_not_cut() -> None:
    west = 119.180511
    result = mended(stored(west, box(west, 32.27, west + 1e-5, 32.27001)))
    assert result.cut == ("B",)


def test_of_two_near_faces_the_number_tells() -> None:
    thin = shapely.union_all([square(0, 0), square(90, 0, 10.001)])
    broken = plan(areas=AREAS[1:2], grids=(replace(GRIDS[0], polygon=thin), GRIDS[1]), buildings=())
    (face,) = mended(broken).log
    result = mended(broken, decisions=(Decision("C1", X + 100.003, Y + 50, "G2", face=face.number),))
    assert [(one.rule, one.winner) for one in result.log] == [("decision", "G2")]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (Decision("C1", X + 20, Y + 50, "G1", row="log.csv:3"), "log.csv:3.*没有要修补的地方"),
        (Decision("C1", X + 95, Y + 50, "G3", row="log.csv:4"), "log.csv:4.*“G3”不能得到这块地。可选:G1、G2"),
    ],
)
def test_a_decision_that_fits_nothing_is_refused(word: Decision, message: str) -> None:
    broken = plan(grids=with_grid(0, polygon=square(0, 0, 90)))
    with pytest.raises(BadInput) as refusal:
        mended(broken, decisions=(word,))
    assert re.search(message, refusal.value.zh)


def test_options_that_name_no_grid_are_refused() -> None:
    with pytest.raises(BadInput, match="--keep G9"):
        mended(PLAN, keep=("G1", "G9"))
    with pytest.raises(BadInput, match="--gap-to G9"):
        mended(PLAN, gap_to="G9")


def test_ten_thousand_copies_are_one_face_with_few_names() -> None:
    copies = tuple(grid(f"D{number}", square(0, 0), rank=number + 9) for number in range(10_000))
    numbered = tuple(replace(one, id=number) for number, one in enumerate((*GRIDS, *copies)))
    (face,) = mended(plan(grids=numbered, buildings=())).left
    assert (face.layers, len(face.owners), len(face.candidates), face.reason) == (10_001, 20, 20, "crowded")


def test_a_border_that_lies_a_hair_off_is_made_one_on_all_sides() -> None:
    hair = 4e-8
    areas = (
        Area(2, "C1", "c1", "community", None, bare(0, 0, 200)),
        Area(3, "C2", "c2", "community", None, bare(200 + hair, 0, 200 - hair)),
    )
    grids = (
        grid("G1", bare(0, 0, 200 - hair, 40), rank=1),
        grid("G2", bare(0, 40, 200 + hair, 60), rank=2),
        grid("G3", bare(200, 0, 200), area="C2", rank=3),
    )
    result = mended(plan(areas=areas, grids=grids, buildings=()))
    assert not result.left
    assert proved(result.snapshot)
    found = run(result.snapshot, RULES)
    assert {finding.kind for finding in found} <= {"outside_band"}


def test_overlays_and_what_they_lie_on_are_left_alone() -> None:
    front = grid("S1", square(0, 0, 60, 10), rank=5, layer="overlay", kind="street_front")
    result = mended(plan(grids=(front, *with_grid(0, polygon=square(0, 0, 90)))))
    assert result.snapshot.grids[0] is front
    assert result.changed == (1,)


def test_a_grid_too_thin_to_be_mended_is_named() -> None:
    # Its halves hang by a strip of fifty nanometres.
    neck = Y + 50 + 5e-8
    ring = [(0, 0), (40, 0), (40, 50), (60, 50), (60, 0), (100, 0), (100, 100), (60, 100)]
    halves = [(X + x, Y + y) for x, y in ring] + [(X + 60, neck), (X + 40, neck), (X + 40, Y + 100), (X, Y + 100)]
    grids = (
        replace(GRIDS[0], polygon=Polygon(halves)),
        GRIDS[1],
        grid("G8", bare(40, 0, 20, 50), rank=8),
        grid("G9", bare(40, 50, 20, 50), rank=9),
    )
    result = mended(plan(areas=AREAS[1:2], grids=grids, buildings=()))
    assert (result.broken, result.left) == (("G1",), ())
    problem = refused(result)
    assert problem is not None
    assert "网格 G1 有极窄处" in problem[0]
