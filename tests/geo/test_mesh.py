"""Rings over one table of vertices, and back."""

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from geo.crs import parse_crs
from geo.mesh import frame_for, into_frame, mesh_of, scale_of, shapes_of, stored_coordinates

METRES = parse_crs("EPSG:4549")
DEGREES = parse_crs("EPSG:4490")


def array(*shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def test_shapes_come_back_with_their_holes_and_parts():
    ring = Polygon(box(0, 0, 10, 10).exterior, [box(2, 2, 4, 4).exterior])
    two = MultiPolygon([box(20, 0, 30, 10), box(40, 0, 50, 10)])
    mesh = mesh_of(array(ring, two), frame=METRES)
    assert mesh.vertex_counts().tolist() == [8, 8]
    back = shapes_of(mesh, mesh.points)
    assert shapely.equals(back, array(ring, two)).all()
    assert [shape.geom_type for shape in back] == ["Polygon", "MultiPolygon"]


def test_vertices_that_round_to_one_place_become_one():
    thin = Polygon([(0, 0), (10, 0), (10, 5), (10, 5.4), (0, 5)])
    mesh = mesh_of(array(thin), frame=METRES)
    (back,) = shapes_of(mesh, np.round(mesh.points))
    assert shapely.get_num_coordinates(back) == 5
    assert back.equals(box(0, 0, 10, 5))


def test_what_falls_to_nothing_is_an_empty_polygon():
    mesh = mesh_of(array(box(0, 0, 1, 1), box(20, 0, 30, 10)), frame=METRES)
    back = shapes_of(mesh, np.round(mesh.points / 10) * 10)
    assert back[0].is_empty
    assert back[1].equals(box(20, 0, 30, 10))


def test_fixed_vertices_keep_their_stored_coordinates():
    stored = box(119.18, 32.27, 119.181, 32.271)
    fixed = into_frame(array(stored), DEGREES, METRES)
    mesh = mesh_of(array(), frame=METRES, fixed=fixed, fixed_exact=array(stored))
    (back,) = shapes_of(mesh, stored_coordinates(mesh, METRES))
    assert shapely.equals_exact(back, stored, 0)


def test_projected_sources_are_noded_in_their_own_plane_and_degrees_in_stored_ones():
    assert frame_for(METRES) == METRES
    assert frame_for(parse_crs("GCJ-02")).base == "EPSG:4490"
    assert frame_for(parse_crs("EPSG:4269")).base == "EPSG:4490"


def test_shifted_degrees_are_unshifted_on_their_way_into_the_frame():
    gcj = parse_crs("GCJ-02")
    (moved,) = into_frame(array(box(119.18, 32.27, 119.181, 32.271)), gcj, frame_for(gcj))
    assert moved.bounds[0] == pytest.approx(119.1746, abs=2e-4)


def test_scale_is_metres_per_unit_and_never_too_small():
    feet = parse_crs("EPSG:2232")
    assert scale_of(feet, array(box(0, 0, 1, 1))).tolist() == pytest.approx([0.3048006096] * 2)
    x, y = scale_of(DEGREES, array(box(119, 30, 120, 32)))
    assert x == pytest.approx(111_321 * np.cos(np.radians(30)))
    assert y >= 110_900
    assert scale_of(DEGREES, array(box(0, -1, 1, 1)))[0] == pytest.approx(111_321)
