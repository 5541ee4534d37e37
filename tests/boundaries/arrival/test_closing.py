"""Drawn grids are closed onto standing ones: whose border stays, and what is left to a person."""

from collections.abc import Sequence
from dataclasses import replace

import shapely
from shapely import Polygon

from boundaries.arrival.closing import Closed, close_tiles, neighbourhood, to_stored
from boundaries.filling import Filling
from boundaries.ground import Ground
from boundaries.model import Area, Building, MicroGrid
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP
from tests.boundaries.plans import AREAS, at
from tests.boundaries.services.test_draft_repair import square

# A thousandth of a square is about a tenth of a metre.
COMMUNITIES = (
    Area(1, AREAS[1].code, "东社区", "community", None, square(0, 0, 2)),
    Area(2, AREAS[2].code, "西社区", "community", None, square(2, 0, 2)),
)
GRIDS = tuple(
    MicroGrid(n, n, f"G{n}", f"第{n}", AREAS[1 if n <= 2 else 2].code, square(n - 1, 0)) for n in (1, 2, 3, 4)
)
PLAN = Snapshot(Snapshot.stored_crs(), step=STORAGE_STEP, areas=COMMUNITIES, grids=GRIDS)


def closed(
    drawn: dict[str, Polygon], *, buildings: Sequence[Building] = (), tolerance_m: float = 0.5
) -> tuple[Closed, Snapshot]:
    before = neighbourhood(replace(PLAN, buildings=tuple(buildings)), {AREAS[1].code})
    grids = tuple(replace(grid, polygon=drawn.get(grid.code, grid.polygon)) for grid in before.grids)
    return close_tiles(replace(before, grids=grids), before, drawn.keys(), tolerance_m=tolerance_m), before


def is_filled(plan: Snapshot) -> bool:
    fillings: Sequence[Filling] = Ground(plan, Rules()).fillings
    return all(one.is_proved() for one in fillings)


def test_only_the_areas_concerned_are_looked_at() -> None:
    part = neighbourhood(PLAN, {AREAS[1].code})
    assert [grid.code for grid in part.grids] == ["G1", "G2"]
    assert [area.code for area in part.areas] == [AREAS[1].code]


def test_the_border_that_nobody_drew_stays() -> None:
    for width in (0.997, 1.003):
        result, before = closed({"G1": square(0, 0, width)})
        assert result.obstacles == ()
        assert is_filled(result.snapshot)
        assert result.snapshot.grid_by_code["G1"].polygon.equals(square(0, 0))
        assert shapely.equals_exact(
            result.snapshot.grid_by_code["G2"].polygon, before.grid_by_code["G2"].polygon, 0.0, normalize=True
        )


def test_of_two_drawn_borders_that_of_the_first_registered_stays() -> None:
    for width in (0.598, 0.602):
        result, _ = closed({"G1": square(0, 0, 0.6), "G2": square(width, 0, 2 - width)})
        assert result.obstacles == ()
        assert is_filled(result.snapshot)
        assert result.snapshot.grid_by_code["G1"].polygon.equals(square(0, 0, 0.6))
        assert {face.rule for face in result.log} == {"standing_border"}


def test_a_wide_gap_an_overlap_and_an_overshoot_are_left_to_a_person() -> None:
    for shape, kind in (
        (square(0, 0, 0.9), "gap"),
        (square(0, 0, 1.1), "overlap"),
        (square(0, 0, 1, 1.1), "overshoot"),
    ):
        result, _ = closed({"G1": shape})
        assert [one.finding.kind for one in result.obstacles] == [kind]
        assert "容差 0.5 m" in result.obstacles[0].zh
        assert [face.rule for face in result.log] == ["person"]


def test_a_border_beyond_the_area_by_a_hair_is_taken_off() -> None:
    result, _ = closed({"G1": square(0, -0.002, 1, 1.002)})
    assert result.obstacles == ()
    assert is_filled(result.snapshot)
    assert result.snapshot.grid_by_code["G1"].polygon.equals(square(0, 0))


def test_a_fault_that_was_there_before_is_not_blamed_on_the_pen() -> None:
    torn = replace(PLAN, grids=(GRIDS[0], replace(GRIDS[1], polygon=square(1.002, 0, 0.998)), *GRIDS[2:]))
    part = neighbourhood(torn, {AREAS[1].code})
    result = close_tiles(part, part, (), tolerance_m=0.5)
    assert ["原来就有" in one.zh for one in result.obstacles] == [True]


def test_no_building_is_cut_where_borders_are_matched() -> None:
    # G1 was drawn beside the building, G2 a little into it: the first border would do, the second cuts.
    home = Building(1, "B1", "1幢", Polygon([at(0.601, 0.4), at(0.7, 0.4), at(0.7, 0.6), at(0.601, 0.6)]))
    result, _ = closed({"G1": square(0, 0, 0.603), "G2": square(0.6, 0, 1.4)}, buildings=[home])
    assert result.obstacles == ()
    assert is_filled(result.snapshot)
    assert result.snapshot.grid_by_code["G2"].polygon.covers(home.shape)


def test_a_building_under_both_borders_is_named() -> None:
    home = Building(1, "B1", "1幢", Polygon([at(0.55, 0.4), at(0.7, 0.4), at(0.7, 0.6), at(0.55, 0.6)]))
    result, _ = closed({"G1": square(0, 0, 0.603), "G2": square(0.6, 0, 1.4)}, buildings=[home])
    assert [(one.finding.kind, one.finding.premises) for one in result.obstacles] == [
        ("building_cut", ("building:B1",))
    ]


def test_rounded_vertices_come_back_to_where_they_were() -> None:
    shape = shapely.transform(GRIDS[0].polygon, lambda xy: xy + 3e-8)
    (stored,) = to_stored([shape], PLAN.crs, [grid.polygon for grid in GRIDS], noise_m=0.0084)
    assert shapely.equals_exact(stored, GRIDS[0].polygon, 0.0)
