from dataclasses import replace

import pytest
from shapely import Polygon

from boundaries.checks import run
from boundaries.findings import Finding
from boundaries.model import Building, Compound
from boundaries.rules import Rules
from tests.boundaries.boxes import (
    GRIDS,
    RULES,
    building,
    compound,
    grid,
    plan,
    point,
    square,
    with_grid,
)

OVERLAPPING = with_grid(0, polygon=square(0, 0, 120))
WITHOUT_G2 = (GRIDS[0], GRIDS[2], GRIDS[3])


def buildings(*listed: Building, rules: Rules = RULES, **changes: object) -> list[tuple[str, tuple[str, ...]]]:
    findings = run(plan(buildings=listed, **changes), rules, only=["buildings"])
    assert all(finding.premises == (f"building:{listed[0].code}",) for finding in findings)
    return [(finding.kind, finding.grids) for finding in findings]


def compounds(*listed: Compound, **changes: object) -> list[Finding]:
    return list(run(plan(compounds=listed, **changes), RULES, only=["compounds"]))


def test_a_building_inside_a_grid_is_fine_even_along_its_border() -> None:
    assert buildings(building("B", square(60, 20, 40, 12))) == []


def test_a_building_cut_by_a_border_names_both_grids() -> None:
    (finding,) = run(plan(buildings=(building("B", square(90, 20, 40, 12), 66),)), RULES, only=["buildings"])
    assert (finding.kind, finding.grids, finding.parent) == ("building_cut", ("G1", "G2"), "C1")
    assert (finding.area_m2, finding.households) == (pytest.approx(480), 66)


def test_a_border_of_areas_cuts_as_well() -> None:
    assert buildings(building("B", square(190, 20, 40, 12))) == [("building_cut", ("G2", "G3"))]


def test_a_building_half_in_a_gap_is_cut_by_the_border_of_its_grid() -> None:
    assert buildings(building("B", square(70, 20, 40, 12)), grids=WITHOUT_G2) == [("building_cut", ("G1",))]


@pytest.mark.parametrize(("over_m", "kinds"), [(0.3, []), (0.5, [("building_cut", ("G1", "G2"))])])
def test_one_percent_of_the_outline_is_tolerance(over_m: float, kinds: list[object]) -> None:
    # 40 m long: 0.4 m is one percent; both are more than half a square metre.
    assert buildings(building("B", square(60 + over_m, 20, 40, 12))) == kinds


def test_half_a_square_metre_is_tolerance() -> None:
    kiosk = building("B", square(97.2, 20, 3, 2))
    assert buildings(kiosk) == []
    assert buildings(kiosk, rules=Rules(cut_area_m2=0.1)) == [("building_cut", ("G1", "G2"))]


def test_a_tiny_building_still_lies_somewhere() -> None:
    assert buildings(building("B", square(50, 20, 0.5, 0.5))) == []
    assert buildings(building("B", square(150, 20, 0.5, 0.5)), grids=WITHOUT_G2) == [("building_uncovered", ())]


def test_a_building_in_no_grid() -> None:
    assert buildings(building("B", square(120, 20, 40, 12)), grids=WITHOUT_G2) == [("building_uncovered", ())]


def test_a_building_far_outside_is_in_no_grid_and_no_area() -> None:
    (finding,) = run(plan(buildings=(building("B", square(900, 900, 40, 12)),)), RULES, only=["buildings"])
    assert (finding.kind, finding.parent) == ("building_uncovered", None)


def test_a_neighbours_building_that_touches_the_area_is_no_finding() -> None:
    assert buildings(building("B", square(50, 100, 40, 12))) == []


def test_a_building_in_an_overlap_is_doubled_not_cut() -> None:
    assert buildings(building("B", square(90, 20, 20, 12)), grids=OVERLAPPING) == [("building_doubled", ("G1", "G2"))]


def test_buildings_by_point() -> None:
    assert buildings(building("B", point(50, 50))) == []
    assert buildings(building("B", point(100, 50))) == []
    assert buildings(building("B", point(110, 50)), grids=OVERLAPPING) == [("building_doubled", ("G1", "G2"))]
    assert buildings(building("B", point(150, 50)), grids=WITHOUT_G2) == [("building_uncovered", ())]


def test_overlays_hold_no_buildings() -> None:
    overlay = grid("S", square(0, 0, 100, 50), rank=9, layer="overlay", kind="street_front")
    assert buildings(building("B", square(20, 40, 40, 20)), grids=(*GRIDS, overlay)) == []


def test_a_compound_in_no_grid_tells_its_households() -> None:
    members = (building("B1", square(120, 20, 20, 12), 30, compound="K"), building("B2", square(120, 40, 20, 12), 28))
    (finding,) = compounds(compound("K", square(110, 10, 60, 60)), buildings=members, grids=WITHOUT_G2)
    assert (finding.kind, finding.premises, finding.parent) == ("compound_uncovered", ("compound:K",), "C1")
    assert finding.households == 58


def test_a_compound_mostly_covered_is_not_uncovered() -> None:
    assert compounds(compound("K", square(40, 10, 70, 60)), grids=WITHOUT_G2) == []
    assert [f.kind for f in compounds(compound("K", square(80, 10, 70, 60)), grids=WITHOUT_G2)] == [
        "compound_uncovered"
    ]


def test_a_compound_in_an_overlap_is_doubled() -> None:
    (finding,) = compounds(compound("K", square(60, 10, 55, 60)), grids=OVERLAPPING)
    assert (finding.kind, finding.grids) == ("compound_doubled", ("G1", "G2"))


def test_a_small_compound_across_a_border_is_split() -> None:
    members = tuple(building(f"B{n}", square(70 + 30 * n, 20, 20, 12), 30) for n in range(2))
    (finding,) = compounds(compound("K", square(60, 10, 80, 60)), buildings=members)
    assert (finding.kind, finding.severity, finding.grids) == ("compound_split", "advisory", ("G1", "G2"))
    assert finding.households == 60


def test_a_compound_larger_than_one_grid_may_span_several() -> None:
    members = tuple(building(f"B{n}", square(70 + 30 * n, 20, 20, 12), 60) for n in range(2))
    assert compounds(compound("K", square(60, 10, 80, 60)), buildings=members) == []


def test_a_compound_without_counts_is_not_called_split() -> None:
    assert compounds(compound("K", square(60, 10, 80, 60)), buildings=()) == []


def test_a_border_of_areas_splits_a_compound_of_any_size() -> None:
    members = (building("B", square(170, 20, 20, 12), 500),)
    (finding,) = compounds(compound("K", square(160, 10, 80, 60)), buildings=members)
    assert (finding.kind, finding.grids) == ("compound_split", ("G2", "G3"))


def test_a_building_names_its_compound_by_code_or_name() -> None:
    far = (building("B1", square(20, 80, 20, 12), 7, compound="K"), building("B2", square(20, 80, 20, 12), 5))
    named = (far[0], replace(far[1], compound="compound K"), replace(far[1], code="B3", compound="another"))
    (finding,) = compounds(compound("K", square(110, 10, 60, 60)), buildings=named, grids=WITHOUT_G2)
    assert finding.households == 12


def test_a_compound_in_pieces_of_valid_shape_after_mending() -> None:
    bowtie = Polygon([(422_010, 3_572_010), (422_060, 3_572_010), (422_010, 3_572_060), (422_060, 3_572_060)])
    assert compounds(compound("K", bowtie)) == []
