"""Shapes drawn apart share every vertex of their borders afterwards."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from geo.crs import parse_crs
from geo.mesh import mesh_of, shapes_of
from geo.noding import densify, node, same_outline
from tests.boundaries.drawn import directed_segments_cancel

METRES = parse_crs("EPSG:4549")
X, Y = 422_000.0, 3_572_000.0


def array(*shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def at(*points):
    return Polygon([(X + x, Y + y) for x, y in points])


def turn(shape, angle):
    return shapely.affinity.translate(shapely.affinity.rotate(shape, angle, (0, 0), use_radians=True), X, Y)


def noded(*shapes, fixed=(), tolerance_m=1e-3):
    mesh = mesh_of(array(*shapes), frame=METRES, fixed=array(*fixed), fixed_exact=array(*fixed))
    mesh = node(mesh, tolerance_m=tolerance_m)
    return list(shapes_of(mesh, mesh.points))


def test_a_vertex_on_a_neighbours_edge_is_put_into_it():
    """::

    +-----+--+
    |  A  |B |
    |     +--+
    |     |C |
    +-----+--+
    """
    a, b, c = box(X, Y, X + 10, Y + 10), box(X + 10, Y + 4, X + 15, Y + 10), box(X + 10, Y, X + 15, Y + 4)
    first, second, third = noded(a, b, c)
    assert shapely.get_num_coordinates(first) == 6
    assert directed_segments_cancel(
        [first, second, third], [at((0, 0), (10, 0), (15, 0), (15, 4), (15, 10), (10, 10), (0, 10))]
    )


def test_vertices_nearer_than_the_tolerance_become_one():
    a = box(X, Y, X + 10, Y + 10)
    b = at((10.0004, -0.0003), (20, 0), (20, 10), (9.9997, 10.0004))
    first, second = noded(a, b)
    assert shapely.hausdorff_distance(first, a) <= 1e-3
    assert shapely.hausdorff_distance(second, b) <= 1e-3
    shared = {tuple(p) for p in shapely.get_coordinates(first)} & {tuple(p) for p in shapely.get_coordinates(second)}
    assert len(shared) == 2
    assert shapely.intersection(first, second).area == 0


def test_a_hair_beyond_the_tolerance_is_left_for_the_checks():
    a, b = box(X, Y, X + 10, Y + 10), box(X + 10.002, Y, X + 20, Y + 10)
    assert noded(a, b) == [a, b]


def test_fixed_shapes_gain_vertices_but_never_move_one():
    fixed = box(X, Y, X + 10, Y + 10)
    new = at((10.0003, 3), (20, 3), (20, 10), (10.0002, 10))
    stands, drawn = noded(new, fixed=[fixed])
    before = {tuple(point) for point in shapely.get_coordinates(fixed)}
    after = {tuple(point) for point in shapely.get_coordinates(stands)}
    assert before < after
    assert len(after) == 5
    assert (X + 10, Y + 10) in {tuple(point) for point in shapely.get_coordinates(drawn)}


def test_a_row_of_near_vertices_is_not_pulled_together_from_afar():
    # Each is nearer than the tolerance to the next, the ends are not.
    steps = [(0, 0), *((10 + i * 0.0007, i * 0.0001) for i in range(6)), (20, 10), (0, 10)]
    (drawn,) = noded(at(*steps))
    moved = shapely.hausdorff_distance(drawn, at(*steps))
    assert 0 < moved <= 1e-3


def test_what_is_thinner_than_the_tolerance_is_cut_off():
    spiked = at((0, 0), (10, 0), (10, 5), (30, 5.0003), (10, 5.0006), (10, 10), (0, 10))
    (drawn,) = noded(spiked)
    assert drawn.is_valid
    assert drawn.bounds[2] == X + 10


def test_long_edges_are_split_evenly_and_alike_from_both_sides():
    a, b = box(X, Y, X + 10, Y + 7), box(X + 10, Y, X + 20, Y + 7)
    mesh = node(mesh_of(array(a, b), frame=METRES), tolerance_m=1e-3)
    mesh = densify(mesh, np.array([True, False]), max_m=2.0)
    first, second = shapes_of(mesh, mesh.points)
    # 10 m in five pieces twice, 7 m in four twice; of B only the edge that A shares.
    assert shapely.get_num_coordinates(first) == 5 + 4 + 4 + 3 + 3
    assert shapely.get_num_coordinates(second) == 5 + 3
    shared = {tuple(p) for p in shapely.get_coordinates(first)} & {tuple(p) for p in shapely.get_coordinates(second)}
    assert len(shared) == 5


def test_stored_edges_a_hair_too_long_in_another_plane_stay():
    fixed = box(X, Y, X + 2.01, Y + 2.01)
    mesh = mesh_of(array(), frame=METRES, fixed=array(fixed), fixed_exact=array(fixed))
    assert densify(mesh, np.array([True]), max_m=2.0).vertex_counts().tolist() == [4]
    assert densify(mesh, np.array([True]), max_m=1.9).vertex_counts().tolist() == [8]


@given(
    cuts=st.lists(st.integers(1, 99), min_size=1, max_size=6, unique=True),
    offset=st.integers(0, 3),
    angle=st.floats(0.01, 1.5),
)
def test_any_stack_of_cells_beside_one_long_cell_is_exact(cuts, offset, angle):
    """One long cell, and beside it cells of any heights: every corner lies on the long edge."""
    heights = [0, *sorted(cuts), 100]
    cells = [box(0, 0, 50, 100)]
    cells += [box(50, low, 80 + offset, high) for low, high in pairwise(heights)]
    turned = [turn(cell, angle) for cell in cells]
    outline = turn(box(0, 0, 80 + offset, 100), angle)
    *done, parent = noded(*turned, outline)
    assert directed_segments_cancel(done, [parent])
    assert sum(cell.area for cell in done) == pytest.approx(parent.area, abs=1e-6)


def test_outlines_that_run_along_each_other_are_the_same():
    a = box(X, Y, X + 10, Y + 10)
    dense = shapely.segmentize(a, 1.0)
    moved = at((0, 0), (10, 0), (10, 10.002), (0, 10))
    found = same_outline(array(a, a), array(dense, moved), scale=np.ones(2), tolerance_m=1e-3)
    assert found.tolist() == [True, False]
