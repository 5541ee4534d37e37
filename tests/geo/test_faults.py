"""Faulty faces read off the residual, with agreed borders put in where they matter."""

from itertools import combinations

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from geo.faults import Faults, faults_of
from geo.net import Net
from geo.segments import as_shapes

TOLERANCE = 1e-7
Shape = Polygon | MultiPolygon


def faults(*shapes: Shape, parent: Shape | None) -> Faults:
    found = faults_of(as_shapes(shapes), parent, tolerance=TOLERANCE)
    assert found is not None
    assert_closed(found.net)
    return found


def assert_closed(net: Net) -> None:
    """All copies together come to each vertex as often as they leave it; parts of boundaries alone may end."""
    leaves, comes = (np.bincount(vertices, minlength=len(net.xy)) for vertices in (net.starts, net.ends))
    assert leaves.tolist() == comes.tolist()


def owned(found: Faults) -> list[tuple[tuple[int, ...], bool, float]]:
    rows = zip(found.owners, found.is_inside.tolist(), shapely.area(found.polygons).tolist(), strict=True)
    return sorted((owners, inside, round(area, 9)) for owners, inside, area in rows)


def test_a_proved_coverage_has_no_faults() -> None:
    parent = Polygon([(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)])
    assert faults_of(as_shapes([box(0, 0, 1, 1), box(1, 0, 2, 1)]), parent, tolerance=TOLERANCE) is None
    assert faults_of(as_shapes([]), None, tolerance=TOLERANCE) is None


def test_an_agreed_border_under_an_overlap_parts_it() -> None:
    left, right, over = box(0, 0, 10, 10), box(10, 0, 20, 10), box(8, 4, 12, 6)
    found = faults(left, right, over, parent=box(0, 0, 20, 10))
    assert owned(found) == [((0, 2), True, 4.0), ((1, 2), True, 4.0)]
    lines = shapely.linestrings(np.stack([found.net.xy[found.net.low], found.net.xy[found.net.high]], axis=1))
    on_border = shapely.covered_by(lines, shapely.linestrings([(10, 0), (10, 10)]))
    # The border comes in whole, in both copies, split where the overlap's edges cross it.
    assert shapely.length(lines[on_border]).sum() == 10
    assert found.net.sums[on_border].tolist() == [0] * on_border.sum()


def test_an_agreed_border_beside_an_overlap_stays_out() -> None:
    left, right, over = box(0, 0, 10, 10), box(10, 0, 20, 10), box(2, 4, 6, 6)
    parent = Polygon([(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)])
    found = faults(left, right, over, parent=parent)
    assert owned(found) == [((0, 2), True, 8.0)]
    assert len(found.net.low) == len(found.keys) == 4
    assert found.net.owner.tolist() == [2] * 4


def test_a_corner_of_an_overlap_on_an_agreed_border_parts_the_border_for_both() -> None:
    # The corner touches the border of 0 and 1 from above, and is no vertex of theirs.
    below, above, over = box(0, -10, 20, 0), box(0, 0, 20, 10), Polygon([(10, 0), (12, 5), (8, 5)])
    found = faults(below, above, over, parent=box(0, -10, 20, 10))
    net = found.net
    at = int(np.flatnonzero((net.xy == [10, 0]).all(axis=1))[0])
    assert {net.owner[copy] for copy in np.flatnonzero((net.starts == at) | (net.ends == at))} == {0, 1, 2}


def test_a_corner_within_the_tolerance_of_an_agreed_border_parts_it_for_both() -> None:
    # The overlap's box ends above the lower cell's, yet the corner belongs to the border of both.
    below, above, over = box(0, -10, 20, 0), box(0, 0, 20, 10), Polygon([(10, 5e-8), (12, 5), (8, 5)])
    found = faults(below, above, over, parent=box(0, -10, 20, 10))
    net = found.net
    at = int(np.flatnonzero((net.xy == [10, 5e-8]).all(axis=1))[0])
    assert {net.owner[copy] for copy in np.flatnonzero((net.starts == at) | (net.ends == at))} == {0, 1, 2}


def test_vertices_that_lay_too_close_are_told_with_where_they_went() -> None:
    left, right = box(0, 0, 10, 10), Polygon([(10 + 5e-8, 0), (20, 0), (20, 10), (10, 10)])
    found = faults(left, right, parent=box(0, 0, 20, 10))
    gone, to = found.moved
    assert (gone.tolist(), to.tolist()) in (
        ([[10 + 5e-8, 0.0]], [[10.0, 0.0]]),
        ([[10.0, 0.0]], [[10 + 5e-8, 0.0]]),
    )
    assert len(found.numbers) == 0


def test_edges_whose_copies_cancel_once_noded_are_told() -> None:
    left = box(0, 0, 10, 10)
    right = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 4)])
    parent = Polygon([(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)])
    found = faults(left, right, parent=parent)
    assert len(found.numbers) == 0
    assert sorted(found.matched.owner.tolist()) == [0, 0, 1, 1]
    assert found.raw.owner.tolist() == [0, 1, 1]
    assert found.became.tolist() == list(range(len(found.raw.xy)))


def test_without_a_parent_only_what_lies_twice_counts() -> None:
    found = faults(box(0, 0, 4, 4), box(3, 0, 7, 4), box(20, 0, 30, 4), parent=None)
    assert owned(found) == [((0, 1), True, 4.0)]


def test_a_parent_with_hole_and_island() -> None:
    parent = MultiPolygon([Polygon(box(0, 0, 10, 10).exterior, [box(4, 4, 6, 6).exterior.coords]), box(20, 0, 24, 4)])
    found = faults(box(0, 0, 10, 10), box(20, 0, 24, 3), parent=parent)
    assert owned(found) == [((), True, 4.0), ((0,), False, 4.0)]


def test_faces_end_at_the_border_of_the_parent() -> None:
    one, other = box(0, 0, 10, 12), box(8, 0, 20, 12)
    found = faults(one, other, parent=box(0, 0, 20, 10))
    assert owned(found) == [((0,), False, 16.0), ((0, 1), False, 4.0), ((0, 1), True, 20.0), ((1,), False, 20.0)]


@pytest.mark.parametrize("decimals", [9, None])
def test_new_vertices_of_stored_coordinates(decimals: int | None) -> None:
    x, y = 119.18, 32.27
    one = Polygon([(x, y), (x + 1e-3, y), (x + 1.1e-3, y + 1.03e-3), (x, y + 1e-3)])
    other = Polygon([(x + 0.97e-3, y), (x + 2e-3, y), (x + 2e-3, y + 1e-3), (x + 1.05e-3, y + 1e-3)])
    shapes = as_shapes([Polygon(np.round(shapely.get_coordinates(shape), 9)) for shape in (one, other)])
    parent = Polygon(np.round(shapely.get_coordinates(shapely.box(x, y, x + 2e-3, y + 1e-3)), 9))
    found = faults_of(shapes, parent, tolerance=2e-9, decimals=decimals)
    assert found is not None
    assert bool((np.round(found.net.xy, 9) == found.net.xy).all()) is (decimals is not None)


@pytest.mark.parametrize("seed", range(12))
def test_overlaps_of_random_boxes_on_a_grid_are_those_of_the_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = [box(x, y, x + 5, y + 5) for x in range(0, 20, 5) for y in range(0, 20, 5)]
    lids = [box(*low, *(low + rng.integers(1, 9, 2))) for low in rng.integers(0, 11, (3, 2)).tolist()]
    shapes = [*grid, *lids]
    found = faults(*shapes, parent=box(0, 0, 20, 20))
    pairs: dict[tuple[int, int], float] = {}
    for owners, area in zip(found.owners, shapely.area(found.polygons), strict=True):
        for pair in combinations(owners, 2):
            pairs[pair] = pairs.get(pair, 0.0) + float(area)
    for one, other in combinations(range(len(shapes)), 2):
        assert pairs.get((one, other), 0.0) == pytest.approx(shapes[one].intersection(shapes[other]).area, abs=1e-9)
