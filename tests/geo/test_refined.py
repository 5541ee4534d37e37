"""Vertices that one hand puts into a border are found, and put into what another hand drew."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from geo.crs import round_to_storage
from geo.refined import added_vertices, together, with_vertices

TOLERANCE = 1.5e-9
SQUARE = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(0.4, 0.4), (0.4, 0.6), (0.6, 0.6), (0.6, 0.4)]])


def refined(shape, edge, *shares):
    """The shape with vertices at these shares of the edge, rounded to the storage grid."""
    (x, y), (end_x, end_y) = edge
    xy = round_to_storage([[x + share * (end_x - x), y + share * (end_y - y)] for share in shares])
    return with_vertices(shape, {edge: tuple(map(tuple, xy.tolist()))}, tolerance=TOLERANCE)


def test_equal_shapes_received_nothing():
    assert added_vertices(SQUARE, SQUARE, tolerance=TOLERANCE) == {}
    assert with_vertices(SQUARE, {}, tolerance=TOLERANCE) is SQUARE


def test_what_was_put_in_is_found_on_every_ring_and_over_the_ring_s_start():
    more = Polygon(
        [(0, 0), (0.3, 0), (1, 0), (1, 1), (0, 1), (0, 0.5)],
        [[(0.4, 0.4), (0.4, 0.5), (0.4, 0.6), (0.6, 0.6), (0.6, 0.4)]],
    )
    found = added_vertices(SQUARE, more, tolerance=TOLERANCE)
    assert found == {
        ((0.0, 0.0), (1.0, 0.0)): ((0.3, 0.0),),
        ((0.0, 0.0), (0.0, 1.0)): ((0.0, 0.5),),
        ((0.4, 0.4), (0.4, 0.6)): ((0.4, 0.5),),
    }
    assert with_vertices(SQUARE, found, tolerance=TOLERANCE).equals_exact(more, 0)
    assert with_vertices(more, found, tolerance=TOLERANCE) is more


def test_what_is_drawn_otherwise_is_no_refinement():
    moved = Polygon([(0, 0), (1, 0), (1, 1.1), (0, 1)], [list(SQUARE.interiors[0].coords)])
    bent = Polygon([(0, 0), (0.5, 1e-8), (1, 0), (1, 1), (0, 1)], [list(SQUARE.interiors[0].coords)])
    for other in (moved, bent, Polygon(SQUARE.exterior), MultiPolygon([SQUARE, SQUARE])):
        assert added_vertices(SQUARE, other, tolerance=TOLERANCE) is None


def test_it_goes_into_what_another_hand_drew_where_the_border_still_runs():
    edge = ((0.0, 0.0), (1.0, 0.0))
    mine = Polygon([(0, 0), (0.25, 0), (1, 0), (0.9, 1), (0, 1)])
    found = with_vertices(mine, {edge: ((0.5, 0.0),)}, tolerance=TOLERANCE)
    assert list(found.exterior.coords)[:4] == [(0, 0), (0.25, 0), (0.5, 0), (1, 0)]
    gone = Polygon([(0, 0), (0.5, -0.1), (1, 0), (0.9, 1), (0, 1)])
    assert with_vertices(gone, {edge: ((0.5, 0.0),)}, tolerance=TOLERANCE) is gone


def test_an_edge_that_was_parted_takes_in_each_piece_what_lies_on_it():
    added = {((0.0, 0.0), (0.0, 1.0)): ((0.0, 0.25), (0.0, 0.75))}
    lower, upper = Polygon([(0, 0), (1, 0), (0, 0.5)]), Polygon([(0, 0.5), (1, 0), (1, 1), (0, 1)])
    found = [with_vertices(one, added, tolerance=TOLERANCE).exterior.coords for one in (lower, upper)]
    assert (0, 0.25) in found[0]
    assert (0, 0.75) not in found[0]
    assert (0, 0.75) in found[1]
    assert (0, 0.25) not in found[1]


def test_a_ring_that_begins_on_the_edge():
    mine = Polygon([(0.25, 0), (1, 0), (1, 1), (0, 1), (0, 0)])
    found = with_vertices(mine, {((0.0, 0.0), (1.0, 0.0)): ((0.1, 0.0), (0.5, 0.0))}, tolerance=TOLERANCE)
    assert found.is_valid
    assert found.equals(mine)
    assert {(0.1, 0.0), (0.25, 0.0), (0.5, 0.0)} <= set(found.exterior.coords)
    assert len(found.exterior.coords) == len(mine.exterior.coords) + 2


def test_parts_of_a_multipolygon_gain_on_their_own():
    two = MultiPolygon([SQUARE, shapely.transform(SQUARE, lambda xy: xy + np.array([5, 0]))])
    found = with_vertices(two, {((5.0, 0.0), (6.0, 0.0)): ((5.5, 0.0),)}, tolerance=TOLERANCE)
    assert found.geoms[0].equals_exact(SQUARE, 0)
    assert (5.5, 0.0) in found.geoms[1].exterior.coords


_ENDS = st.tuples(*[st.integers(-(10**6), 10**6)] * 4)


@settings(deadline=None, max_examples=200)
@given(_ENDS, st.lists(st.floats(0.05, 0.95), min_size=1, max_size=3), st.lists(st.floats(0.05, 0.95), max_size=3))
def test_both_sides_of_a_border_take_the_same_vertices_from_both_hands(ends, ours, theirs):
    """Two cells share an edge; each hand refines it; both cells end with the same run of vertices."""
    a, b = sorted([(119 + ends[0] * 1e-9, 32 + ends[1] * 1e-9), (119 + ends[2] * 1e-9, 32 + ends[3] * 1e-9)])
    (a, b) = (tuple(one) for one in round_to_storage([a, b]).tolist())
    if abs(a[0] - b[0]) + abs(a[1] - b[1]) < 1e-6:
        return
    middle, across = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), ((a[1] - b[1]) * 1e3, (b[0] - a[0]) * 1e3)
    north, south = ((middle[0] + sign * across[0], middle[1] + sign * across[1]) for sign in (1, -1))
    upper, lower = Polygon([a, b, north]), Polygon([b, a, south])
    edge = (a, b)
    mine = added_vertices(upper, refined(upper, edge, *ours), tolerance=TOLERANCE)
    other = added_vertices(lower, refined(lower, edge, *theirs), tolerance=TOLERANCE) if theirs else {}
    assert mine is not None
    assert other is not None
    one = with_vertices(refined(upper, edge, *ours), other, tolerance=TOLERANCE)
    two = with_vertices(refined(lower, edge, *theirs) if theirs else lower, mine, tolerance=TOLERANCE)
    both = set(together([mine, other], tolerance=TOLERANCE).get(edge, ()))
    runs = [[v for v in cell.exterior.coords[:-1] if v in {a, b, *both}] for cell in (one, two)]
    assert runs[0] == sorted(runs[0])
    assert runs[1] == runs[0][::-1]
    assert set(runs[0]) == {a, b, *both}
