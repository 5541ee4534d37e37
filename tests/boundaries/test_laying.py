"""Drawings laid onto what is stored: exact, whatever comes first."""

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from boundaries.laying import CHAIN_STEP_M, lay, unchanged
from geo.crs import parse_crs, project, round_to_storage
from tests.boundaries.drawn import directed_segments_cancel

METRES = parse_crs("EPSG:4549")
X, Y = 422_000.0, 3_572_000.0


def array(*shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def turned(*shapes):
    """A plan that does not run with the axes, so that nothing is exact by luck."""
    moved = [
        shapely.affinity.rotate(shapely.affinity.translate(s, X, Y), 0.35, (X, Y), use_radians=True) for s in shapes
    ]
    return array(*moved)


AREAS = turned(box(0, 0, 300, 200), box(300, 0, 500, 200))
GRIDS = turned(
    box(0, 0, 130, 200),
    box(130, 0, 300, 90),
    box(130, 90, 300, 200),
    box(300, 0, 500, 133.7),
    box(300, 133.7, 500, 200),
)


def is_exact(areas, grids):
    return directed_segments_cancel(grids[:3], [areas[0]]) and directed_segments_cancel(grids[3:], [areas[1]])


def test_the_border_becomes_a_chain_of_short_edges_that_both_sides_share():
    laid = lay(AREAS, METRES, stored=array(), is_chain=True)
    laid_xy = shapely.get_coordinates(laid.shapes)
    assert np.array_equal(laid_xy, round_to_storage(laid_xy))
    for shape in laid.shapes:
        xy = project(shapely.get_coordinates(shape), parse_crs("EPSG:4490"), "EPSG:4549")
        assert np.hypot(*np.diff(xy, axis=0).T).max() <= CHAIN_STEP_M + 1e-3
    first, second = ({tuple(point) for point in shapely.get_coordinates(shape)} for shape in laid.shapes)
    assert len(first & second) == 101


def test_areas_then_grids_are_exact_and_refine_both_sides():
    areas = lay(AREAS, METRES, stored=array(), is_chain=True).shapes
    laid = lay(GRIDS, METRES, stored=areas, is_chain=False)
    # 133.7 m is no vertex of the chain of 2 m: both areas gain it.
    assert sorted(laid.refined) == [0, 1]
    areas = array(*(laid.refined[index] for index in (0, 1)))
    assert is_exact(areas, laid.shapes)


def test_grids_then_areas_are_exact_and_refine_the_grids():
    grids = lay(GRIDS, METRES, stored=array(), is_chain=False).shapes
    laid = lay(AREAS, METRES, stored=grids, is_chain=True)
    for index, shape in laid.refined.items():
        grids[index] = shape
    assert len(laid.refined) == 5
    assert is_exact(laid.shapes, grids)


def test_one_community_at_a_time_is_exact_too():
    areas = lay(AREAS, METRES, stored=array(), is_chain=True).shapes
    stored = areas
    for part in (GRIDS[3:], GRIDS[:3]):
        laid = lay(part, METRES, stored=stored, is_chain=False)
        for index, shape in laid.refined.items():
            stored[index] = shape
        stored = np.concatenate([stored, laid.shapes])
    assert is_exact(stored[:2], np.concatenate([stored[4:], stored[2:4]]))


def test_a_level_below_hangs_on_the_chain_of_the_level_above():
    town = turned(box(0, 0, 500, 200))
    stored = lay(town, METRES, stored=array(), is_chain=True).shapes
    laid = lay(AREAS, METRES, stored=stored, is_chain=True)
    for index, shape in laid.refined.items():
        stored[index] = shape
    assert directed_segments_cancel(laid.shapes, stored)


def test_the_same_drawing_again_is_unchanged_and_a_moved_one_is_not():
    areas = lay(AREAS, METRES, stored=array(), is_chain=True).shapes
    assert unchanged(AREAS, METRES, areas).tolist() == [True, True]
    moved = turned(box(0, 0, 300, 200), box(300, 0, 500, 200.5))
    assert unchanged(moved, METRES, areas).tolist() == [True, False]
    assert unchanged(array(), METRES, array()).tolist() == []


def test_feet_and_degrees_are_laid_as_well():
    for crs, shapes in (
        (
            "EPSG:2232",
            [box(3_100_000, 1_690_000, 3_101_000, 1_690_777), box(3_101_000, 1_690_000, 3_102_000, 1_690_333)],
        ),
        ("GCJ-02", [box(119.18, 32.27, 119.181, 32.271), box(119.181, 32.27, 119.182, 32.2705)]),
    ):
        laid = lay(array(*shapes), parse_crs(crs), stored=array(), is_chain=True)
        assert shapely.is_valid(laid.shapes).all()
        shared = shapely.intersection(*laid.shapes)
        assert shapely.area(shared) == 0
        assert shapely.length(shared) > 0


def test_a_shape_thinner_than_the_tolerance_falls_away():
    sliver = Polygon([(X, Y), (X + 50, Y), (X + 50, Y + 0.0004)])
    (shape,) = lay(array(sliver), METRES, stored=array(), is_chain=False).shapes
    assert shape.is_empty
    assert shape.area == pytest.approx(0)
