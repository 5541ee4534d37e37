import numpy as np
import shapely
from shapely import box

from maps.display import Rect, rings_of
from maps.obstacles import CELL_MM, Taken, Window, quad, summed, window_sums


def test_cells_are_filled_where_their_centres_lie_inside():
    window = Window.around((0, 0, 12, 9))
    shape = shapely.orient_polygons(shapely.Polygon([(1, 1), (11, 2), (6, 8)]))
    filled = window.filled(rings_of(shape))
    ys, xs = np.mgrid[0 : window.rows, 0 : window.columns]
    inside = shapely.contains_xy(shape, (xs + 0.5) * CELL_MM, (ys + 0.5) * CELL_MM)
    assert np.array_equal(filled, inside)


def test_holes_stay_empty_and_overlapping_shapes_stay_full():
    window = Window.around((0, 0, 9, 9))
    ring = shapely.orient_polygons(shapely.Polygon(box(0, 0, 9, 9).exterior, [box(3, 3, 6, 6).exterior]))
    assert not window.filled(rings_of(ring))[15, 15]
    both = [*rings_of(shapely.orient_polygons(box(0, 0, 6, 6))), *rings_of(shapely.orient_polygons(box(3, 3, 9, 9)))]
    assert window.filled(both)[15, 15]


def test_window_sums_count_what_a_window_covers():
    mask = np.random.default_rng(5).random((20, 30)) < 0.3
    sums = window_sums(summed(mask), 4, 7)
    assert sums.shape == (17, 24)
    assert sums[6, 9] == mask[6:10, 9:16].sum()
    assert window_sums(summed(mask), 21, 3).size == 0


def test_a_turned_box_keeps_its_size():
    corners = quad(10, 20, 8, 2, angle_deg=30)
    shape = shapely.Polygon(corners)
    assert abs(shape.area - 16) < 1e-9
    assert np.allclose(shape.centroid.coords[0], (10, 20))
    assert corners[1][1] > corners[0][1]  # clockwise on a page whose y grows downwards


def test_taken_ground_is_not_free():
    taken = Taken(Window.around((0, 0, 60, 40)))
    assert taken.is_free(Rect(10, 10, 5, 5))
    taken.add(quad(12, 12, 6, 1.5, angle_deg=40))
    assert not taken.is_free(Rect(10, 10, 5, 5))
    assert not taken.is_quad_free(quad(12, 12, 3, 3, angle_deg=20))
    assert taken.is_quad_free(quad(40, 20, 3, 3, angle_deg=20))
    assert len(taken.near((11, 11, 13, 13))) == 1
    assert taken.near((40, 30, 50, 35)) == []


def test_nothing_off_the_page_is_free():
    taken = Taken(Window.around((0, 0, 60, 40)))
    assert not taken.is_free(Rect(-1, 5, 4, 4))
    assert not taken.is_free(Rect(58, 5, 4, 4))
    assert not taken.is_quad_free(quad(0.5, 5, 4, 4, angle_deg=10))
    assert not taken.is_quad_free(quad(59.5, 5, 4, 4, angle_deg=10))
