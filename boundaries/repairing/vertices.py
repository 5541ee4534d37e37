"""Vertices that one border had to take in, put into every other border that runs there."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]


def new_vertices(before: BaseGeometry, after: BaseGeometry) -> Floats:
    """Vertices of a shape that another one lacks, shape (n, 2)."""
    known = {tuple(xy) for xy in (shapely.get_coordinates(before) + 0.0).tolist()}
    fresh = {tuple(xy) for xy in (shapely.get_coordinates(after) + 0.0).tolist()} - known
    return np.array(sorted(fresh), dtype=np.float64).reshape(-1, 2)


def with_vertices(shapes: Shapes, points: Floats, *, tolerance: float) -> dict[int, Polygon | MultiPolygon]:
    """Put points into the borders they lie on.

    Parameters
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        Valid ones.
    points : ndarray of float, shape (n, 2)
    tolerance : float
        How far a point may lie off an edge, in the unit of the coordinates. A vertex that
        lies as near to a point becomes that point.

    Returns
    -------
    dict
        Position -> shape with its new vertices, of those that changed.
    """
    tree = shapely.STRtree(np.asarray(shapely.points(points), dtype=object))
    shape, point = tree.query(shapely.boundary(shapes), predicate="dwithin", distance=tolerance)
    changed: dict[int, Polygon | MultiPolygon] = {}
    for index in np.unique(shape).tolist():
        near = points[point[shape == index]]
        polygons = [
            Polygon(
                _drawn_through(part.exterior, near, tolerance),
                [_drawn_through(ring, near, tolerance) for ring in part.interiors],
            )
            for part in shapely.get_parts(shapes[index])
        ]
        whole = polygons[0] if shapes[index].geom_type == "Polygon" else MultiPolygon(polygons)
        if not shapely.equals_exact(whole, shapes[index], tolerance=0.0):
            changed[index] = whole
    return changed


def _drawn_through(ring: BaseGeometry, points: Floats, tolerance: float) -> Floats:
    """The vertices of a ring with the points that lie on it."""
    xy = shapely.get_coordinates(ring)
    edges = np.asarray(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)), dtype=object)
    point, edge = shapely.STRtree(edges).query(shapely.points(points), predicate="dwithin", distance=tolerance)
    place = points[point]
    to_start, to_end = (np.hypot(*(xy[vertex] - place).T) for vertex in (edge, edge + 1))
    xy[edge[to_start <= tolerance]] = place[to_start <= tolerance]
    xy[edge[to_end <= tolerance] + 1] = place[to_end <= tolerance]
    at_vertex = np.isin(point, point[np.minimum(to_start, to_end) <= tolerance])
    _, first = np.unique(point[~at_vertex], return_index=True)
    chosen = np.flatnonzero(~at_vertex)[first]
    order = chosen[np.lexsort((to_start[chosen], edge[chosen]))]
    return np.insert(xy, edge[order] + 1, place[order], axis=0)
