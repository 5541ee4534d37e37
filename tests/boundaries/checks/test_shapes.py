from dataclasses import replace

import pytest
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon

from boundaries.checks import run
from tests.boundaries.boxes import (
    AREAS,
    GRIDS,
    RULES,
    X,
    Y,
    building,
    compound,
    grid,
    part,
    plan,
    point,
    square,
    with_grid,
)

BOWTIE = Polygon([(X, Y), (X + 100, Y), (X, Y + 100), (X + 100, Y + 100)])


def test_a_self_crossing_grid_is_named_and_its_area_gets_no_verdict() -> None:
    findings = run(plan(grids=with_grid(0, polygon=BOWTIE), buildings=()), RULES)
    assert [(finding.kind, finding.grids, finding.parent) for finding in findings] == [("invalid_shape", ("G1",), "C1")]
    assert findings[0].geometry is not None
    assert findings[0].geometry.geom_type == "MultiLineString"


def test_a_missing_shape_is_invalid_too() -> None:
    findings = run(plan(grids=with_grid(0, polygon=None), buildings=()), RULES)
    assert [(finding.kind, finding.geometry) for finding in findings] == [("invalid_shape", None)]


def test_a_broken_area_is_named() -> None:
    areas = (AREAS[0], replace(AREAS[1], polygon=BOWTIE), AREAS[2])
    findings = run(plan(areas=areas, buildings=()), RULES)
    assert [(f.kind, f.grids, f.premises, f.parent) for f in findings] == [("invalid_shape", (), ("area:C1",), "C1")]


@pytest.mark.parametrize("shape", [point(10, 10), LineString([(X, Y), (X + 9, Y + 9)])])
def test_what_is_no_polygon_is_drawn_as_it_is(shape: Point | LineString) -> None:
    findings = run(plan(grids=with_grid(0, polygon=shape), buildings=()), RULES)
    assert [(finding.kind, finding.grids, finding.geometry) for finding in findings] == [
        ("invalid_shape", ("G1",), shape)
    ]


def test_the_polygons_of_a_collection_are_drawn() -> None:
    for inner in (square(0, 0), MultiPolygon([square(0, 0)])):
        mixed = GeometryCollection([point(0, 0), inner])
        (finding,) = run(plan(grids=with_grid(0, polygon=mixed), buildings=()), RULES)
        assert finding.geometry is not None
        assert finding.geometry.length == 400
        assert finding.geometry.geom_type == "MultiLineString"
    mixed = GeometryCollection([point(0, 0), point(1, 1), LineString([(X, Y), (X + 9, Y + 9)])])
    (finding,) = run(plan(grids=with_grid(0, polygon=mixed), buildings=()), RULES)
    assert finding.geometry == mixed


def test_broken_premises_are_named_and_still_placed() -> None:
    findings = run(plan(buildings=(building("B", BOWTIE),), compounds=(compound("K", BOWTIE),)), RULES)
    assert [(finding.kind, finding.premises) for finding in findings] == [
        ("invalid_shape", ("building:B",)),
        ("invalid_shape", ("compound:K",)),
    ]


def test_a_grid_in_two_pieces() -> None:
    two = MultiPolygon([square(0, 0, 100, 40), square(0, 60, 100, 40)])
    more = grid("G5", square(0, 40, 100, 20), rank=5)
    findings = run(plan(grids=(*with_grid(0, polygon=two), more), buildings=()), RULES, only=["shapes"])
    assert [(f.kind, f.grids, f.area_m2, f.value, f.limit) for f in findings] == [
        ("multi_part", ("G1",), pytest.approx(8000), 2.0, 1.0)
    ]


def test_a_multipolygon_of_one_piece_is_whole() -> None:
    assert run(plan(grids=with_grid(0, polygon=MultiPolygon([square(0, 0)]))), RULES) == ()


def test_a_code_that_stands_twice() -> None:
    findings = run(plan(grids=with_grid(2, code="G1")), RULES)
    assert [(f.kind, f.grids, f.value, f.parent) for f in findings] == [("duplicate_code", ("G1",), 2.0, "T")]


def test_codes_of_parts_are_codes_too() -> None:
    grids = with_grid(0, parts=(part("G1", 50), part("G2", 50)))
    assert [(f.kind, f.grids) for f in run(plan(grids=grids), RULES)] == [("duplicate_code", ("G2",))]


def test_the_same_shape_twice_is_a_duplicate_and_an_overlap() -> None:
    twin = grid("G9", square(100, 0), rank=9)
    findings = run(plan(grids=(*GRIDS, twin), buildings=()), RULES)
    assert [(f.kind, f.grids, f.area_m2, f.value) for f in findings] == [
        ("duplicate_shape", ("G2", "G9"), pytest.approx(10_000), 2.0),
        ("overlap", ("G2", "G9"), pytest.approx(10_000), 2.0),
    ]


def test_grids_of_a_missing_area_are_one_finding() -> None:
    grids = (*GRIDS[:2], *(replace(each, area="C9") for each in GRIDS[2:]))
    findings = run(plan(grids=grids), RULES)
    assert ("parent_missing", ("G3", "G4"), "C9", 2.0) in [(f.kind, f.grids, f.parent, f.value) for f in findings]
    # The area that they should have filled is empty.
    assert [(f.kind, f.parent, f.area_m2) for f in findings if f.kind == "gap"] == [
        ("gap", "C2", pytest.approx(20_000))
    ]
