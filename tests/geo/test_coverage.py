"""The hard cases: rectangle 20 x 10 as parent, A its left half, B its right half unless said."""

from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, affinity, box

from geo.coverage import (
    CoverageReport,
    Face,
    as_shapes,
    check_coverage,
    find_duplicates,
    find_invalid,
    find_overlaps,
    find_overshoots,
)
from geo.errors import GeometryProblem

PARENT = box(0, 0, 20, 10)
A, B = box(0, 0, 10, 10), box(10, 0, 20, 10)
DUST = 1e-6


@dataclass(frozen=True)
class Case:
    cells: tuple[Polygon | MultiPolygon, ...]
    gaps: tuple[float, ...] = ()
    overlaps: tuple[tuple[float, tuple[int, ...]], ...] = ()
    overshoots: tuple[tuple[float, tuple[int, ...]], ...] = ()
    parent: Polygon = PARENT


def _zigzag(x: float = 0, y: float = 0) -> Polygon:
    return affinity.translate(Polygon([(0, 0), (10, 0), (11, 2.5), (9, 7.5), (10, 10), (0, 10)]), x, y)


KITE, WEDGE = Polygon([(6, 4), (8, 6), (10, 5), (8, 3.9)]), Polygon([(10, 5), (12, 7), (13, 4)])
HOLE = box(5, 3, 8, 6)
TURNED = [affinity.rotate(shape, 33.3, origin=(0, 0)) for shape in (box(0, 0, 20, 5), box(0, 5, 20, 10), PARENT)]

CASES = {
    "valid_pair": Case((A, B)),
    "tjunction_exact": Case((A, Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 5)]))),
    "tjunction_rounded": Case(
        (
            Polygon([(0, 0), (10, 0), (11, 10), (0, 10)]),
            Polygon([(10, 0), (20, 0), (20, 10), (11, 10), (10 + 1 / 3, 10 / 3)]),
        )
    ),
    "sliver_gap_1e-6": Case((Polygon([(0, 0), (10, 0), (10 - 1e-6, 5), (10, 10), (0, 10)]), B), gaps=(5e-6,)),
    "sliver_gap_1e-9": Case((Polygon([(0, 0), (10, 0), (10 - 1e-9, 5), (10, 10), (0, 10)]), B)),
    "zigzag": Case((_zigzag(), B), gaps=(2.5,), overlaps=((2.5, (0, 1)),)),
    "triple_overlap": Case(
        (box(0, 0, 12, 10), box(8, 0, 20, 10), box(9, 4, 11, 6)), overlaps=((36, (0, 1)), (4, (0, 1, 2)))
    ),
    "enclave_covered": Case((PARENT, HOLE), overlaps=((9, (0, 1)),)),
    "enclave_valid": Case((PARENT.difference(HOLE), HOLE)),
    "hole_gap": Case((PARENT.difference(HOLE),), gaps=(9,)),
    "duplicate": Case((A, A, B), overlaps=((100, (0, 1)),)),
    "three_times": Case((A, A, A, B), overlaps=((100, (0, 1, 2)),)),
    "open_gap": Case((box(0, 0, 9, 10), B), gaps=(10,)),
    "edge_notch": Case((A.difference(box(4, 7, 6, 10)), B), gaps=(6,)),
    "outside": Case((A, box(10, -1, 20, 10)), overshoots=((10, (1,)),)),
    "outside_twice": Case(
        (box(0, -2, 10, 10), box(8, -2, 20, 10)),
        overlaps=((24, (0, 1)),),
        overshoots=((16, (0,)), (4, (0, 1)), (20, (1,))),
    ),
    "missing_between": Case((box(0, 0, 5, 10), box(15, 0, 20, 10)), gaps=(100,)),
    "two_gaps_one_point": Case((PARENT.difference(KITE).difference(WEDGE),), gaps=(KITE.area, WEDGE.area)),
    "island_component": Case((box(0, 0, 5, 10), box(8, 3, 10, 5)), gaps=(146,)),
    "multipart": Case(
        (MultiPolygon([box(0, 0, 5, 10), box(15, 0, 20, 10)]), box(5, 0, 10, 10), box(10, 0, 14.5, 10)), gaps=(5,)
    ),
    "overlap_across_matched_edge": Case((A, B, box(8, 4, 12, 6)), overlaps=((4, (0, 2)), (4, (1, 2)))),
    "reverse_rings": Case((A.reverse(), B)),
    "negative_zero": Case((Polygon([(-0.0, -0.0), (10, -0.0), (10, 10), (-0.0, 10)]), B)),
    "repeated_points": Case((Polygon([(0, 0), (0, 0), (10, 0), (10, 10), (10, 10), (0, 10)]), B)),
    "geos1525": Case(
        (Polygon([(1, 0), (1, 1), (1, 3), (4, 0)]), Polygon([(0, 4), (1, 3), (1, 0)])),
        parent=Polygon([(1, 0), (4, 0), (1, 3), (0, 4)]),
    ),
    "utm_offset_zigzag": Case(
        (_zigzag(500_000, 4_400_000), affinity.translate(B, 500_000, 4_400_000)),
        gaps=(2.5,),
        overlaps=((2.5, (0, 1)),),
        parent=affinity.translate(PARENT, 500_000, 4_400_000),
    ),
    "rotated_sub_ulp": Case((TURNED[0], TURNED[1]), parent=TURNED[2]),
    "parent_with_hole": Case((A.difference(box(2, 2, 4, 4)), B), parent=PARENT.difference(box(2, 2, 4, 4))),
    "lawful_hole_filled": Case((A, B), overshoots=((4, (0,)),), parent=PARENT.difference(box(2, 2, 4, 4))),
    "no_cells": Case((), gaps=(200,)),
}


def _areas(faces: tuple[Face, ...]) -> list[float]:
    return sorted(face.geometry.area for face in faces)


def _owned(faces: tuple[Face, ...]) -> list[tuple[float, tuple[int, ...]]]:
    return sorted((round(face.geometry.area, 6), face.owners) for face in faces)


@pytest.mark.parametrize("name", CASES)
def test_hard_case(name: str) -> None:
    case = CASES[name]
    report = check_coverage(case.cells, case.parent, dust_area=DUST)
    assert _areas(report.gaps) == pytest.approx(sorted(case.gaps), abs=1e-7)
    assert _owned(report.overlaps) == sorted(case.overlaps)
    assert _owned(report.overshoots) == sorted(case.overshoots)
    assert report.invalid == ()
    assert report.is_exact is not bool(case.gaps or case.overlaps or case.overshoots)


def test_a_gap_below_the_limit_is_dust_and_does_not_count() -> None:
    report = check_coverage(CASES["sliver_gap_1e-9"].cells, PARENT, dust_area=DUST)
    assert [face.geometry.area for face in report.dust] == pytest.approx([5e-9], rel=1e-3)
    assert report.is_exact


def test_dust_by_width_where_areas_say_nothing() -> None:
    cells = CASES["sliver_gap_1e-6"].cells
    assert check_coverage(cells, PARENT, dust_width=2e-6).is_exact
    assert not check_coverage(cells, PARENT, dust_width=1e-7).is_exact


def test_a_self_crossing_cell_leaves_no_verdict() -> None:
    bowtie = Polygon([(0, 0), (10, 0), (0, 10), (10, 10)])
    assert check_coverage([B, bowtie], PARENT) == CoverageReport(invalid=(1,), is_exact=False)


@pytest.mark.parametrize("missing", [None, Polygon()])
def test_a_cell_without_shape_leaves_no_verdict(missing: Polygon | None) -> None:
    assert check_coverage([A, missing, B], PARENT).invalid == (1,)  # type: ignore[list-item]


@pytest.mark.parametrize("parent", [Polygon(), Polygon([(0, 0), (10, 0), (0, 10), (10, 10)]), None])
def test_a_broken_parent_is_refused(parent: Polygon | None) -> None:
    with pytest.raises(GeometryProblem, match="not valid"):
        check_coverage([A], parent)  # type: ignore[arg-type]
    with pytest.raises(GeometryProblem, match="not valid"):
        find_overshoots([A], parent)  # type: ignore[arg-type]


def test_thousands_of_micro_faces_stay_in_dust() -> None:
    rng = np.random.default_rng(7)
    y = np.linspace(0, 10, 500)
    left = 10 + rng.uniform(-1e-10, 1e-10, y.size)
    right = 10 + rng.uniform(-1e-10, 1e-10, y.size)
    a = Polygon([(0, 0), *zip(left, y, strict=True), (0, 10)])
    b = Polygon([(20, 10), *zip(right[::-1], y[::-1], strict=True), (20, 0)])
    report = check_coverage([a, b], PARENT, dust_area=DUST)
    assert report.is_exact
    assert len(report.dust) > 100


def test_overlaps_across_groups_only() -> None:
    cells = [box(0, 0, 6, 10), box(5, 0, 11, 10), box(10, 0, 20, 10)]
    faces, dust = find_overlaps(cells, groups=[1, 1, 2])
    assert [(face.geometry.area, face.owners) for face in faces] == [(10.0, (1, 2))]
    assert dust == ()
    assert len(find_overlaps(cells)[0]) == 2
    assert find_overlaps([]) == ((), ())


def test_order_of_cells_changes_numbers_only() -> None:
    cells = [box(0, 0, 12, 10), box(8, 0, 20, 10), box(9, 4, 11, 6)]
    forth, back = check_coverage(cells, PARENT), check_coverage(cells[::-1], PARENT)
    assert {tuple(sorted(2 - owner for owner in face.owners)) for face in back.overlaps} == {
        face.owners for face in forth.overlaps
    }


def test_duplicates_are_found_whatever_their_vertices() -> None:
    more_vertices = Polygon([(10, 10), (10, 5), (10, 0), (0, 0), (0, 10)])
    inside = box(0, 0, 10, 10).difference(box(1, 1, 2, 2))
    assert find_duplicates(as_shapes([A, B, more_vertices, A.reverse(), inside])) == ((0, 2, 3),)
    assert find_duplicates(as_shapes([])) == ()


def test_invalid_shapes_by_index() -> None:
    assert find_invalid(as_shapes([A, None, shapely.from_wkt("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))")])) == (1, 2)


@pytest.mark.parametrize("seed", range(8))
def test_areas_add_up_whatever_the_damage(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = [box(x, y, x + 10, y + 10) for x in range(0, 60, 10) for y in range(0, 40, 10)]
    for index in rng.choice(len(cells), 6, replace=False):
        shift = rng.uniform(-6, 6, 2)
        cells[index] = affinity.rotate(affinity.translate(cells[index], *shift), rng.uniform(-20, 20))
    cells.pop(int(rng.integers(len(cells))))
    parent = box(0, 0, 60, 40)
    report = check_coverage(cells, parent, dust_area=1e-9)
    union = shapely.union_all(cells)

    def area(faces: tuple[Face, ...]) -> float:
        return sum(face.geometry.area for face in faces)

    assert area(report.gaps) == pytest.approx(parent.difference(union).area, abs=1e-6)
    assert area(report.overshoots) == pytest.approx(union.difference(parent).area, abs=1e-6)
    twice = sum((len(face.owners) - 1) * face.geometry.area for face in report.overlaps)
    assert sum(cell.area for cell in cells) == pytest.approx(union.area + twice, abs=1e-6)
    for face in (*report.overlaps, *report.overshoots):
        point = face.geometry.point_on_surface()
        over = tuple(index for index, cell in enumerate(cells) if cell.contains(point))
        assert face.owners == over


def test_degrees_with_seven_decimals_and_a_parent_with_other_vertices() -> None:
    west, middle, east = 119.1800001, 119.1810003, 119.1820007
    cells = [
        Polygon([(west, 32.27), (middle, 32.2700001), (middle, 32.2710002), (west, 32.2710001)]),
        Polygon([(middle, 32.2700001), (east, 32.27), (east, 32.2710003), (middle, 32.2710002)]),
    ]
    outline = shapely.union_all(cells).exterior
    # The parent has vertices of its own along the same border, rounded like everything else.
    parent = Polygon(np.round(shapely.get_coordinates(outline.segmentize(0.0001)), 9))
    report = check_coverage(cells, parent, dust_width=2e-9)
    assert report.is_exact
    assert max(face.geometry.area for face in report.dust) < 1e-12


def test_a_cell_of_a_hundred_thousand_vertices() -> None:
    y = np.linspace(0, 10, 100_000)
    x = 10 + 0.5 * np.sin(y * 40)
    a = Polygon([(0, 0), *zip(x, y, strict=True), (0, 10)])
    b = Polygon([(20, 10), *zip(x[::-1], y[::-1], strict=True), (20, 0)])
    assert check_coverage([a, b], PARENT, dust_area=DUST) == CoverageReport()
