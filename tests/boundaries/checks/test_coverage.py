from dataclasses import replace

import pytest
import shapely
from shapely import Polygon, box
from shapely.geometry.base import BaseGeometry

from boundaries.checks import run
from boundaries.findings import Finding
from boundaries.model import Area, MicroGrid
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs
from tests.boundaries.boxes import (
    AREAS,
    GRIDS,
    RULES,
    X,
    Y,
    building,
    compound,
    grid,
    plan,
    point,
    shop,
    square,
    with_grid,
)

BOWTIE = Polygon([(X, Y), (X + 50, Y + 50), (X + 50, Y), (X, Y + 50)])


def tiles(**changes: object) -> list[Finding]:
    return list(run(plan(**{"buildings": (), **changes}), RULES, only=["tiles"]))


def test_a_gap_names_its_neighbours_of_the_same_area_premises_and_households() -> None:
    findings = tiles(
        grids=(GRIDS[0], GRIDS[2], GRIDS[3]),
        buildings=(
            building("in", square(120, 20, 40, 12), 60),
            building("mostly", square(90, 60, 30, 10), 36),
            building("out", square(50, 20, 40, 12), 99),
            building("point", point(150, 60), None),
        ),
        compounds=(compound("K", square(110, 10, 80, 80)), compound("L", square(0, 0, 150, 20))),
        shops=(shop("S", 150, 1), shop("far", 50, 1)),
    )
    (gap,) = findings
    assert (gap.kind, gap.severity, gap.grids, gap.parent) == ("gap", "blocking", ("G1",), "C1")
    assert gap.premises == ("building:in", "building:mostly", "building:point", "compound:K", "shop:S")
    assert gap.households == 96
    assert (gap.area_m2, gap.width_m) == (pytest.approx(10_000), pytest.approx(100))
    assert (gap.value, gap.limit) == (0.0, 1.0)


def test_a_thin_gap_is_a_sliver() -> None:
    (sliver,) = tiles(grids=with_grid(0, polygon=square(0, 0, 99.8)))
    assert (sliver.kind, sliver.grids) == ("sliver", ("G1", "G2"))
    assert (sliver.area_m2, sliver.width_m, sliver.value) == (pytest.approx(20), pytest.approx(0.2), 0.0)


def test_what_counts_as_a_sliver_is_a_rule() -> None:
    thin = plan(grids=with_grid(0, polygon=square(0, 0, 99.8)))
    assert [f.kind for f in run(thin, Rules(sliver_width_m=0.1), only=["tiles"])] == ["gap"]


def test_an_overlap_and_the_gap_beside_it() -> None:
    findings = tiles(grids=with_grid(0, polygon=square(1, 0)))
    assert [(f.kind, f.grids, f.area_m2, f.value) for f in findings] == [
        ("gap", ("G1",), pytest.approx(100), 0.0),
        ("overlap", ("G1", "G2"), pytest.approx(100), 2.0),
    ]


def test_a_grid_across_the_border_overshoots_and_overlaps() -> None:
    findings = tiles(grids=with_grid(1, polygon=square(100, 0, 105)))
    assert [(f.kind, f.grids, f.parent, f.area_m2, f.value) for f in findings] == [
        ("overshoot", ("G2",), "C1", pytest.approx(500), 1.0),
        ("overlap", ("G2", "G3"), "C2", pytest.approx(500), 2.0),
    ]


def test_an_area_without_any_grid_is_a_gap() -> None:
    (gap,) = tiles(grids=GRIDS[:2])
    assert (gap.kind, gap.parent, gap.grids, gap.area_m2) == ("gap", "C2", (), pytest.approx(20_000))


def test_areas_inside_a_divided_area_ask_for_nothing() -> None:
    inner = Area(9, "Z", "composite", "composite", "C1", square(0, 0, 100, 100))
    assert tiles(areas=(*AREAS, inner)) == []


def test_an_area_fills_what_the_areas_inside_it_leave() -> None:
    park = Area(9, "P", "park", "dedicated", "C1", square(0, 0, 50, 100))
    grids = (grid("P1", square(0, 0, 50), area="P", kind="park", rank=9), *with_grid(0, polygon=square(50, 0, 50)))
    # The park's corners are vertices of the community's border, as loading makes them.
    west = Polygon(
        [(X + x, Y + y) for x, y in [(0, 0), (50, 0), (100, 0), (200, 0), (200, 100), (100, 100), (50, 100), (0, 100)]]
    )
    areas = (AREAS[0], replace(AREAS[1], polygon=west), AREAS[2], park)
    assert tiles(areas=areas, grids=grids) == []
    (gap,) = tiles(areas=areas, grids=grids[1:])
    assert (gap.kind, gap.parent, gap.area_m2) == ("gap", "C1", pytest.approx(5_000))
    mismatches = tiles(areas=(*AREAS, park), grids=grids)
    assert {(f.kind, f.parent) for f in mismatches} == {("edge_mismatch", "C1")}
    assert {f.premises for f in mismatches} == {("area:P",)}


def test_a_corner_alone_names_a_neighbour_only_where_nothing_else_does() -> None:
    corner = grid("G1", square(0, 0, 50, 50), rank=1)
    (gap,) = tiles(areas=(Area(2, "C1", "c", "community", None, square(0, 0, 100, 100)),), grids=(corner,))
    assert gap.grids == ("G1",)
    lone = (grid("G1", square(0, 0, 50, 50), rank=1), grid("G2", square(50, 50, 50, 50), rank=2))
    gaps = tiles(areas=(Area(2, "C1", "c", "community", None, square(0, 0, 100, 100)),), grids=lone)
    assert [gap.grids for gap in gaps] == [("G1", "G2"), ("G1", "G2")]


def test_dust_is_advisory_and_apart() -> None:
    findings = tiles(grids=with_grid(0, polygon=square(0, 0, 100 - 5e-9)))
    assert {(f.kind, f.severity) for f in findings} == {("dust", "advisory"), ("edge_mismatch", "advisory")}


def test_degrees_are_measured_in_metres_and_dust_by_width() -> None:
    degrees = parse_crs("EPSG:4490")
    area = Area(1, "A", "a", "community", None, box(119.18, 32.27, 119.182, 32.271))

    def findings(width: float) -> list[Finding]:
        grids = (
            MicroGrid(1, 1, "G1", "g", "A", box(119.18, 32.27, 119.181 - width, 32.271)),
            MicroGrid(2, 2, "G2", "g", "A", box(119.181, 32.27, 119.182, 32.271)),
        )
        return list(run(Snapshot(degrees, areas=(area,), grids=grids), RULES, only=["tiles"]))

    (gap,) = findings(1e-5)
    assert gap.kind == "gap"
    assert gap.width_m == pytest.approx(0.9423, abs=2e-3)
    assert gap.area_m2 == pytest.approx(0.9423 * 110.9, rel=2e-3)
    assert [f.kind for f in findings(3e-9)] == ["sliver"]
    assert [f.kind for f in findings(1.5e-9)] == ["dust", "edge_mismatch"]


def test_feet_are_measured_in_metres() -> None:
    feet = parse_crs("EPSG:2232")
    area = Area(1, "A", "a", "community", None, box(3_140_000, 1_690_000, 3_140_200, 1_690_100))
    grids = (MicroGrid(1, 1, "G1", "g", "A", box(3_140_000, 1_690_000, 3_140_100, 1_690_100)),)
    (gap,) = run(Snapshot(feet, areas=(area,), grids=grids), RULES, only=["tiles"])
    assert gap.area_m2 == pytest.approx(10_000 * (1200 / 3937) ** 2)


def test_overlays_may_lie_on_tiles_but_not_on_each_other_nor_outside() -> None:
    front = {"layer": "overlay", "kind": "street_front"}
    good = (
        *GRIDS,
        grid("S1", square(0, 0, 60, 10), rank=5, **front),
        grid("S2", square(60, 0, 60, 10), rank=6, **front),
    )
    assert run(plan(grids=good), RULES) == ()
    bad = (
        *GRIDS,
        grid("S1", square(0, -5, 70, 15), rank=5, **front),
        grid("S2", square(60, 0, 60, 10), rank=6, **front),
    )
    findings = run(plan(grids=bad), RULES)
    assert [(f.kind, f.grids, f.area_m2) for f in findings] == [
        ("overlap", ("S1", "S2"), pytest.approx(100)),
        ("overshoot", ("S1",), pytest.approx(350)),
    ]


def test_largest_first() -> None:
    notched = square(0, 0).difference(shapely.union_all([square(10, 90, 5, 10), square(30, 90, 20, 10)]))
    areas = [f.area_m2 for f in tiles(grids=with_grid(0, polygon=notched))]
    assert areas == pytest.approx([200, 50])


def test_a_hole_in_the_area_is_lawful() -> None:
    lake = square(20, 20, 10, 10)
    areas = (AREAS[0], replace(AREAS[1], polygon=AREAS[1].polygon.difference(lake)), AREAS[2])
    assert tiles(areas=areas, grids=with_grid(0, polygon=square(0, 0).difference(lake))) == []


def bent(*more: tuple[float, float]) -> Polygon:
    """The first grid with more vertices on its border to the second."""
    corners = [(0, 0), (100, 0), *more, (100, 100), (0, 100)]
    return Polygon([(X + x, Y + y) for x, y in corners])


def test_edges_that_do_not_match_are_told_with_their_length() -> None:
    findings = tiles(grids=with_grid(0, polygon=bent((100, 30), (100, 60))))
    assert [(f.kind, f.severity, f.grids, f.parent, f.area_m2, f.limit) for f in findings] == [
        ("edge_mismatch", "advisory", ("G1", "G2"), "C1", None, None)
    ]
    assert findings[0].value == pytest.approx(100)
    assert findings[0].geometry is not None
    assert findings[0].geometry.length == pytest.approx(100)


def test_edges_that_lead_to_a_gap_are_part_of_it() -> None:
    findings = tiles(grids=with_grid(0, polygon=bent((90, 30), (90, 60), (100, 70))))
    assert [f.kind for f in findings] == ["gap"]


def test_a_mismatch_in_degrees_is_measured_in_metres() -> None:
    degrees = parse_crs("EPSG:4490")
    area = Area(1, "A", "a", "community", None, box(119.18, 32.27, 119.182, 32.271))
    grids = (MicroGrid(1, 1, "G1", "g", "A", area.polygon.segmentize(0.0005)),)
    found = run(Snapshot(degrees, areas=(area,), grids=grids), RULES, only=["tiles"])
    lengths_m = [f.value or 0.0 for f in found if f.kind == "edge_mismatch"]
    assert sum(lengths_m) == pytest.approx(2 * 110.9 + 2 * 188.5, rel=2e-3)


def test_a_grid_deep_in_another_area_names_both() -> None:
    findings = tiles(grids=with_grid(1, polygon=square(100, 0, 250)))
    assert [(f.kind, f.grids, f.premises, f.parent, f.area_m2) for f in findings] == [
        ("overshoot", ("G2",), (), "C1", pytest.approx(15_000)),
        ("overlap", ("G2", "G3"), ("area:C1", "area:C2"), "C2", pytest.approx(10_000)),
        ("overlap", ("G2", "G4"), ("area:C1", "area:C2"), "C2", pytest.approx(5_000)),
    ]


def test_a_row_that_stands_in_two_areas_names_both() -> None:
    findings = run(plan(grids=(*GRIDS, replace(GRIDS[1], area="C2")), buildings=()), RULES)
    kinds = {f.kind: (f.grids, f.premises, f.parent) for f in findings}
    assert kinds["duplicate_code"] == kinds["duplicate_shape"] == (("G2",), ("area:C1", "area:C2"), "T")
    assert kinds["overlap"] == (("G2",), ("area:C1", "area:C2"), "C1")


def test_grids_of_an_area_without_verdict_are_still_compared_across() -> None:
    areas = (AREAS[0], replace(AREAS[1], polygon=Polygon()), AREAS[2])
    findings = tiles(areas=areas, grids=with_grid(1, polygon=square(100, 0, 105)))
    assert [(f.kind, f.grids, f.parent) for f in findings] == [("overlap", ("G2", "G3"), "C2")]


@pytest.mark.parametrize(
    "shape", [None, Polygon(), shapely.GeometryCollection([square(0, 0), point(0, 0)]), point(0, 0)]
)
def test_what_is_no_polygon_blocks_its_area_and_no_other(shape: BaseGeometry | None) -> None:
    odd = run(plan(grids=with_grid(0, polygon=shape), buildings=()), RULES)
    assert [(f.kind, f.grids, f.parent) for f in odd] == [("invalid_shape", ("G1",), "C1")]
    areas = (AREAS[0], replace(AREAS[1], polygon=shape), AREAS[2])
    broken = run(plan(areas=areas, grids=with_grid(3, polygon=square(300, 0, 90)), buildings=()), RULES)
    assert [(f.kind, f.parent) for f in broken] == [("invalid_shape", "C1"), ("gap", "C2")]


def test_an_area_that_holds_a_broken_one_gets_no_verdict() -> None:
    park = Area(9, "P", "park", "dedicated", "C1", BOWTIE)
    grids = (grid("P1", square(0, 0, 50), area="P", kind="park", rank=9), *with_grid(0, polygon=square(50, 0, 50)))
    assert tiles(areas=(*AREAS, park), grids=grids) == []


def test_ten_thousand_copies_are_one_finding_of_each_kind() -> None:
    copies = tuple(grid(f"D{number}", square(0, 0), rank=number) for number in range(10_000))
    findings = run(plan(grids=(*GRIDS, *copies)), RULES)
    assert [(f.kind, len(f.grids)) for f in findings] == [
        ("duplicate_shape", 10_001),
        ("overlap", 10_001),
        ("building_doubled", 10_001),
    ]
