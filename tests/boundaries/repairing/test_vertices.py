import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, box

from boundaries.repairing.vertices import new_vertices, with_vertices
from geo.segments import as_shapes

SQUARE = box(0, 0, 10, 10)


def put(shape: Polygon | MultiPolygon, *points: tuple[float, float], tolerance: float = 1e-7) -> object:
    return with_vertices(as_shapes([shape]), np.array(points, dtype=float), tolerance=tolerance).get(0)


def test_vertices_that_one_shape_lacks() -> None:
    after = Polygon([(0, 0), (10, 0), (10, 10), (4, 10), (0, 10)])
    assert new_vertices(SQUARE, after).tolist() == [[4, 10]]
    assert new_vertices(after, SQUARE).shape == (0, 2)


def test_points_go_into_the_edge_they_lie_on_in_its_order() -> None:
    found = put(SQUARE, (7, 0), (3, 0), (10, 5), (50, 50), (5, 5))
    assert isinstance(found, Polygon)
    assert found.equals(SQUARE)
    assert len(found.exterior.coords) == 5 + 3
    xy = shapely.get_coordinates(found)
    assert {(7.0, 0.0), (3.0, 0.0), (10.0, 5.0)} <= set(map(tuple, xy.tolist()))
    assert found.is_valid


def test_a_shape_that_needs_none_is_not_among_the_changed() -> None:
    assert put(SQUARE, (0, 0), (10, 10), (50, 50)) is None


def test_a_point_beside_an_edge_bends_it_and_one_beside_a_vertex_moves_that() -> None:
    bent = put(SQUARE, (5, 1e-8))
    assert isinstance(bent, Polygon)
    assert (5, 1e-8) in bent.exterior.coords
    moved = put(SQUARE, (1e-9, 1e-9), (10 - 1e-9, 0))
    assert isinstance(moved, Polygon)
    assert len(moved.exterior.coords) == 5
    assert {(1e-9, 1e-9), (10 - 1e-9, 0)} <= set(moved.exterior.coords)
    assert moved.exterior.is_ring
    assert put(SQUARE, (5, 1e-6)) is None


def test_holes_and_further_pieces_take_points_in_too() -> None:
    holed = SQUARE.difference(box(4, 4, 6, 6))
    found = put(MultiPolygon([holed, box(20, 0, 30, 10)]), (5, 4), (20, 5), (10, 5))
    assert isinstance(found, MultiPolygon)
    assert found.equals(MultiPolygon([holed, box(20, 0, 30, 10)]))
    assert shapely.get_num_coordinates(found) == 5 + 5 + 5 + 3
