"""The check of a coverage; what it must answer to the hard cases stands in test_hard_cases.py."""

import numpy as np
import pytest
import shapely
from shapely import Polygon, affinity, box

from geo.coverage import CoverageReport, Face, check_coverage, find_duplicates, find_overlaps, find_overshoots
from geo.errors import GeometryProblem
from geo.segments import as_shapes
from geo.validity import find_invalid

PARENT = box(0, 0, 20, 10)
A, B = box(0, 0, 10, 10), box(10, 0, 20, 10)
NODED = Polygon([(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)])
DUST = 1e-6


TOLERANCE = 1e-7
THIN = (Polygon([(0, 0), (10, 0), (10 - 1e-6, 5), (10, 10), (0, 10)]), B)


def test_a_gap_below_the_tolerance_is_dust_and_a_mismatch() -> None:
    cells = [Polygon([(0, 0), (10, 0), (10 - 1e-9, 5), (10, 10), (0, 10)]), B]
    report = check_coverage(cells, NODED, tolerance=TOLERANCE, dust_area=DUST)
    assert [face.geometry.area for face in report.dust] == pytest.approx([5e-9], rel=1e-3)
    assert [mismatch.owners for mismatch in report.mismatches] == [(0, 1)]
    assert (report.is_exact, report.is_proved) == (True, False)


def test_dust_by_width_where_areas_say_nothing() -> None:
    assert check_coverage(THIN, PARENT, tolerance=TOLERANCE, dust_width=2e-6).is_exact
    assert not check_coverage(THIN, PARENT, tolerance=TOLERANCE, dust_width=1e-7).is_exact


def test_a_self_crossing_cell_leaves_no_verdict() -> None:
    bowtie = Polygon([(0, 0), (10, 0), (0, 10), (10, 10)])
    assert check_coverage([B, bowtie], PARENT, tolerance=TOLERANCE) == CoverageReport(
        invalid=(1,), is_exact=False, is_proved=False
    )


@pytest.mark.parametrize("missing", [None, Polygon()])
def test_a_cell_without_shape_leaves_no_verdict(missing: Polygon | None) -> None:
    assert check_coverage([A, missing, B], PARENT, tolerance=TOLERANCE).invalid == (1,)  # type: ignore[list-item]


@pytest.mark.parametrize("parent", [Polygon(), Polygon([(0, 0), (10, 0), (0, 10), (10, 10)]), None])
def test_a_broken_parent_is_refused(parent: Polygon | None) -> None:
    with pytest.raises(GeometryProblem, match="not valid"):
        check_coverage([A], parent, tolerance=TOLERANCE)  # type: ignore[arg-type]
    with pytest.raises(GeometryProblem, match="not valid"):
        find_overshoots([A], parent)  # type: ignore[arg-type]


def test_thousands_of_micro_faces_stay_in_dust() -> None:
    rng = np.random.default_rng(7)
    y = np.linspace(0, 10, 500)
    left = 10 + rng.uniform(-1e-10, 1e-10, y.size)
    right = 10 + rng.uniform(-1e-10, 1e-10, y.size)
    a = Polygon([(0, 0), *zip(left, y, strict=True), (0, 10)])
    b = Polygon([(20, 10), *zip(right[::-1], y[::-1], strict=True), (20, 0)])
    report = check_coverage([a, b], PARENT, tolerance=1e-12, dust_area=DUST)
    assert report.is_exact
    assert len(report.dust) > 100


def test_overlaps_across_groups_only() -> None:
    cells = [box(0, 0, 6, 10), box(5, 0, 11, 10), box(10, 0, 20, 10)]
    faces, dust = find_overlaps(cells, tolerance=TOLERANCE, groups=[1, 1, 2])
    assert [(face.geometry.area, face.owners) for face in faces] == [(10.0, (1, 2))]
    assert dust == ()
    assert len(find_overlaps(cells, tolerance=TOLERANCE)[0]) == 2
    assert find_overlaps([], tolerance=TOLERANCE) == ((), ())


def test_order_of_cells_changes_numbers_only() -> None:
    cells = [box(0, 0, 12, 10), box(8, 0, 20, 10), box(9, 4, 11, 6)]
    forth, back = (
        check_coverage(cells, PARENT, tolerance=TOLERANCE),
        check_coverage(cells[::-1], PARENT, tolerance=TOLERANCE),
    )
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
    report = check_coverage(cells, parent, tolerance=TOLERANCE, dust_area=1e-9)
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
    report = check_coverage(cells, parent, tolerance=2e-9, dust_width=2e-9)
    assert report.is_exact
    assert max((face.geometry.area for face in report.dust), default=0.0) < 1e-12
    assert report.mismatches


def test_a_cell_of_a_hundred_thousand_vertices() -> None:
    y = np.linspace(0, 10, 100_000)
    x = 10 + 0.5 * np.sin(y * 40)
    a = Polygon([(0, 0), *zip(x, y, strict=True), (0, 10)])
    b = Polygon([(20, 10), *zip(x[::-1], y[::-1], strict=True), (20, 0)])
    parent = Polygon([(0, 0), (10, 0), (20, 0), (20, 10), (x[-1], 10), (0, 10)])
    assert check_coverage([a, b], parent, tolerance=TOLERANCE, dust_area=DUST) == CoverageReport()
