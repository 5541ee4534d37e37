"""Vertices put into borders: rings begin where they began and run as they ran."""

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, box

from geo.inserted import Inserted, keys_between
from geo.residual import prove
from geo.segments import as_shapes, segments_of

START, END = np.array([[10.0, 0.0]]), np.array([[10.0, 10.0]])
NODES = Inserted(START, END, keys_between(START, END), (np.array([[10.0, 3.0], [10.0, 7.0]]),))


def ring(polygon: Polygon) -> list[list[float]]:
    return shapely.get_coordinates(polygon.exterior).tolist()


def test_both_sides_get_them_in_their_own_direction() -> None:
    west = Polygon([(0, 10), (0, 0), (10, 0), (10, 10)])
    east = Polygon([(20, 0), (10, 0), (10, 10), (20, 10)])
    assert ring(NODES.into(west)) == [[0, 10], [0, 0], [10, 0], [10, 3], [10, 7], [10, 10], [0, 10]]
    assert ring(NODES.into(east)) == [[20, 0], [10, 0], [10, 3], [10, 7], [10, 10], [20, 10], [20, 0]]
    back = Polygon([(20, 0), (20, 10), (10, 10), (10, 0)])
    assert ring(NODES.into(back)) == [[20, 0], [20, 10], [10, 10], [10, 7], [10, 3], [10, 0], [20, 0]]


def test_what_has_none_of_the_edges_is_the_same_object() -> None:
    other = box(0, 0, 10, 5)
    assert NODES.into(other) is other


def test_holes_and_parts_get_them_too() -> None:
    holed = Polygon([(-5, -5), (30, -5), (30, 20), (-5, 20)], [[(10, 0), (10, 10), (5, 5)]])
    grown = NODES.into(holed)
    assert shapely.get_num_coordinates(grown) == shapely.get_num_coordinates(holed) + 2
    assert ring(grown) == ring(holed)
    both = NODES.into(MultiPolygon([box(0, 0, 10, 10), box(50, 0, 60, 10)]))
    assert shapely.get_num_coordinates(both) == 12


def test_an_edge_at_the_end_of_a_ring_is_found() -> None:
    last = Polygon([(10, 10), (0, 10), (0, 0), (10, 0)])
    assert ring(NODES.into(last))[-3:] == [[10, 3], [10, 7], [10, 10]]


def test_expanded_segments_cancel_with_the_grown_neighbour() -> None:
    west, east = box(0, 0, 10, 10), box(10, 0, 20, 10)
    grown = [NODES.into(west), NODES.into(east)]
    assert prove(grown, box(0, 0, 20, 10)).unmatched == prove([west, east], box(0, 0, 20, 10)).unmatched
    expanded = NODES.expanded(segments_of(as_shapes([west]), np.zeros(1, dtype=np.int64)))
    assert np.array_equal(np.sort(expanded.key), np.sort(segments_of(as_shapes(grown[:1]), np.zeros(1, int)).key))
