from dataclasses import replace

import pytest
from shapely import Polygon

from boundaries.checks import run
from boundaries.findings import Finding
from boundaries.model import Area
from boundaries.rules import Rules
from tests.boundaries.boxes import AREAS, GRIDS, RULES, building, compound, plan, point, shop, square, with_grid

TOWN, WEST, EAST = AREAS


def told(rules: Rules = RULES, **changes: object) -> list[Finding]:
    return list(run(plan(**{"buildings": (), **changes}), rules, only=["hierarchy"]))


def west(x: float, y: float, width: float, height: float = 100) -> tuple[Area, ...]:
    return (TOWN, replace(WEST, polygon=square(x, y, width, height)), EAST)


def east(x: float, width: float) -> tuple[Area, ...]:
    return (TOWN, WEST, replace(EAST, polygon=square(x, 0, width)))


def test_areas_that_tile_the_one_above_give_no_finding() -> None:
    assert told() == []
    assert told(areas=(TOWN,)) == []


def test_ground_between_two_communities_is_told_with_what_lies_in_it() -> None:
    (gap,) = told(
        areas=east(220, 180),
        buildings=(building("in", square(202, 10, 10, 10), 12), building("out", square(50, 50, 10, 10), 9)),
        compounds=(compound("K", square(201, 30, 18, 20)),),
        shops=(shop("S", 210, 80), shop("far", 50, 80)),
    )
    assert (gap.kind, gap.severity, gap.parent, gap.grids) == ("area_gap", "advisory", "T", ())
    assert gap.premises == ("area:C1", "area:C2", "building:in", "compound:K", "shop:S")
    assert (gap.households, gap.area_m2, gap.width_m) == (12, pytest.approx(2000), pytest.approx(20))
    assert (gap.value, gap.limit) == (0.0, 1.0)


def test_a_gap_open_to_the_border_of_the_town_is_told_too() -> None:
    (gap,) = told(areas=west(0, 0, 200, 90))
    assert (gap.kind, gap.premises, gap.area_m2) == ("area_gap", ("area:C1", "area:C2"), pytest.approx(2000))


def test_a_thin_gap_between_areas_stays_advice() -> None:
    (gap,) = told(areas=east(200.1, 199.9))
    assert (gap.kind, gap.severity, gap.width_m) == ("area_gap", "advisory", pytest.approx(0.1))


def test_a_thin_overlap_of_areas_blocks_as_a_sliver() -> None:
    (sliver,) = told(areas=west(0, 0, 200.1))
    assert (sliver.kind, sliver.severity, sliver.premises) == ("sliver", "blocking", ("area:C1", "area:C2"))
    (wide,) = told(areas=west(0, 0, 200.1), rules=Rules(sliver_width_m=0.05))
    assert wide.kind == "area_overlap"


def test_ground_that_two_communities_claim_blocks() -> None:
    (overlap,) = told(areas=west(0, 0, 205))
    assert (overlap.kind, overlap.severity, overlap.parent) == ("area_overlap", "blocking", "T")
    assert (overlap.premises, overlap.area_m2, overlap.value) == (("area:C1", "area:C2"), pytest.approx(500), 2.0)


def test_areas_of_two_towns_that_claim_the_same_ground_block_too() -> None:
    towns = (
        Area(1, "T1", "town 1", "town", None, square(0, 0, 200)),
        Area(4, "T2", "town 2", "town", None, square(200, 0, 200)),
    )
    areas = (*towns, replace(WEST, parent="T1", polygon=square(0, 0, 205)), replace(EAST, parent="T2"))
    assert [(f.kind, f.parent, f.premises) for f in told(areas=areas)] == [
        ("area_overlap", "C1", ("area:C1", "area:C2")),
        ("area_overshoot", "T1", ("area:C1",)),
    ]


def test_communities_without_the_town_are_compared_with_each_other_alone() -> None:
    bare = tuple(replace(area, parent=None) for area in west(0, 0, 205)[1:])
    assert [(f.kind, f.parent) for f in told(areas=bare)] == [("area_overlap", "C1")]
    assert told(areas=tuple(replace(area, parent=None) for area in east(205, 195)[1:])) == []


def test_an_area_outside_the_one_above_is_advice() -> None:
    (outside,) = told(areas=west(0, -5, 200, 105))
    assert (outside.kind, outside.severity, outside.parent) == ("area_overshoot", "advisory", "T")
    assert (outside.premises, outside.area_m2, outside.limit) == (("area:C1",), pytest.approx(1000), None)


def test_borders_of_areas_that_do_not_match_are_told() -> None:
    corners = [(0, 0), (100, 0), (200, 0), (200, 50), (200, 100), (100, 100), (0, 100)]
    origin = square(0, 0).bounds
    more = Polygon([(origin[0] + x, origin[1] + y) for x, y in corners])
    (mismatch,) = told(areas=(TOWN, replace(WEST, polygon=more), EAST))
    assert (mismatch.kind, mismatch.parent, mismatch.premises) == ("edge_mismatch", "T", ("area:C1", "area:C2"))
    assert mismatch.value == pytest.approx(100)


def test_the_areas_above_the_one_asked_for_are_not_judged() -> None:
    part = {"areas": AREAS[:2], "grids": GRIDS[:2]}
    assert [f.kind for f in told(**part)] == ["area_gap"]
    assert told(**part, scope="C1") == []
    assert [f.kind for f in told(**part, scope="T")] == ["area_gap"]


def test_a_broken_area_leaves_the_one_above_without_verdict() -> None:
    broken = replace(EAST, polygon=Polygon())
    assert told(areas=(TOWN, replace(WEST, polygon=square(0, 0, 150)), broken)) == []


def test_a_divided_area_need_not_be_filled_by_those_inside_it() -> None:
    park = Area(9, "P", "park", "dedicated", "C1", square(150, 0, 40))
    assert told(areas=(*AREAS, park)) == []
    beyond = replace(park, polygon=square(180, 0, 40))
    assert [(f.kind, f.parent, f.premises) for f in told(areas=(*AREAS, beyond))] == [
        ("area_overshoot", "C1", ("area:P",))
    ]


def test_areas_above_those_that_grids_fill_are_compared_too() -> None:
    towns = (
        Area(1, "A", "city", "city", None, square(0, 0, 400)),
        replace(TOWN, parent="A", polygon=square(0, 0, 250)),
        Area(8, "T2", "town 2", "town", "A", square(200, 0, 200)),
    )
    areas = (*towns, WEST, replace(EAST, parent="T2"))
    assert [(f.kind, f.parent, f.premises, f.area_m2) for f in told(areas=areas)] == [
        ("area_overlap", "A", ("area:T", "area:T2"), pytest.approx(5000)),
        ("area_gap", "T", ("area:C1",), pytest.approx(5000)),
    ]


def test_a_door_in_a_gap_between_areas_is_named_once() -> None:
    (gap,) = told(areas=east(220, 180), grids=with_grid(2, polygon=square(220, 0, 80)), shops=(shop("S", 210, 50),))
    assert gap.premises == ("area:C1", "area:C2", "shop:S")
    assert gap.geometry is not None
    assert gap.geometry.contains(point(210, 50))
