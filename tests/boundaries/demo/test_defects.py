"""The defective drawing holds exactly the promised defects, with their true sizes."""

from collections import Counter

import pytest
import shapely

from boundaries import checks
from boundaries.demo.defects import DEFECTS, MISSING_STREET
from boundaries.demo.town import Town
from boundaries.findings import KINDS, Finding
from boundaries.rules import Rules


@pytest.fixture(scope="module")
def findings(town: Town) -> tuple[Finding, ...]:
    return checks.run(town.defective, Rules())


def test_exactly_these_kinds_are_found(findings: tuple[Finding, ...]) -> None:
    told = {kind for defect in DEFECTS for kind in defect.kinds}
    assert told <= set(KINDS)
    assert {finding.kind for finding in findings} == told
    counts = Counter(finding.kind for finding in findings)
    assert (counts["gap"], counts["overlap"], counts["compound_uncovered"]) == (3, 1, 2)
    assert (counts["building_cut"], counts["nobody_in_charge"]) == (1, 1)


def test_gap_along_the_new_road_is_a_strip_of_eight_metres(findings: tuple[Finding, ...]) -> None:
    strip = min((finding for finding in findings if finding.kind == "gap"), key=lambda finding: finding.area_m2 or 0)
    assert strip.width_m == pytest.approx(8.0, abs=0.3)
    assert (strip.area_m2 or 0) / (strip.width_m or 1) > 200


def test_missing_grids_leave_their_whole_ground_open(town: Town, findings: tuple[Finding, ...]) -> None:
    present = {grid.code for grid in town.defective.grids}
    missing = [grid for grid in town.correct.grids if grid.code not in present]
    tiles = [grid for grid in missing if grid.layer == "tile"]
    assert len(tiles) == 2
    assert [grid.street_group for grid in missing if grid.layer == "overlay"] == [MISSING_STREET]
    gaps = [finding.geometry for finding in findings if finding.kind == "gap"]
    for grid in tiles:
        assert any(gap is not None and gap.equals(grid.polygon) for gap in gaps)


def test_overlap_is_as_large_as_what_both_claim(town: Town, findings: tuple[Finding, ...]) -> None:
    overlap = next(finding for finding in findings if finding.kind == "overlap")
    first, second = (town.defective.grid_by_code[code].polygon for code in overlap.grids)
    assert overlap.area_m2 == pytest.approx(first.intersection(second).area, rel=1e-9)
    assert 2.0 < (overlap.width_m or 0) < 6.0
    teeth = shapely.get_num_coordinates(overlap.geometry)
    assert teeth > 15


def test_street_without_a_dedicated_grid_leaves_its_shops_undedicated(
    town: Town, findings: tuple[Finding, ...]
) -> None:
    expected = {f"shop:{shop.code}" for shop in town.correct.shops if shop.street == MISSING_STREET}
    open_ = {f"shop:{shop.code}" for shop in town.correct.shops if shop.state == "open"}
    found = {code for finding in findings if finding.kind == "shop_undedicated" for code in finding.premises}
    assert found == expected & open_
    assert len(expected) == 44


def test_border_cuts_one_building_through_its_middle(town: Town, findings: tuple[Finding, ...]) -> None:
    cut = next(finding for finding in findings if finding.kind == "building_cut")
    code = cut.premises[0].removeprefix("building:")
    building = next(building for building in town.defective.buildings if building.code == code)
    shares = [
        town.defective.grid_by_code[grid].polygon.intersection(building.shape).area / building.shape.area
        for grid in cut.grids
    ]
    assert sum(shares) == pytest.approx(1.0)
    assert min(shares) > 0.3


def test_drawings_differ_only_where_the_defects_are(town: Town) -> None:
    old = {grid.code: grid for grid in town.defective.grids}
    changed = [
        grid.code
        for grid in town.correct.grids
        if grid.code in old and not old[grid.code].polygon.equals_exact(grid.polygon, 0)
    ]
    assert 5 <= len(changed) <= 8
    assert town.defective.buildings == town.correct.buildings
    assert town.defective.areas == town.correct.areas
