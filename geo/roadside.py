"""Positions along a line and sides of it, as people use a street.

Everything here is in metres in a plane. Left and right are seen when walking
along the line; :func:`merge_lines` gives the pieces of one street a common
direction, so that the sides of its pieces agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.segments import as_shapes

Side = Literal["left", "right"]
Numbers = NDArray[np.float64]

_SIGNS: dict[Side, int] = {"left": 1, "right": -1}
_SAMPLE_M = 2.0
_SAMPLES = 300
_TANGENT_M = 0.5


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a shape reaches along a line on one side.

    Attributes
    ----------
    start_m, end_m : float
        Positions along the line.
    """

    start_m: float
    end_m: float

    def distance_m(self, position_m: float) -> float:
        """Metres along the line from a position to the reach; 0 inside it."""
        return max(self.start_m - position_m, position_m - self.end_m, 0.0)


def merge_lines(lines: Iterable[LineString | MultiLineString]) -> tuple[LineString, ...]:
    """Join the lines of one street into as few as possible with a common direction.

    Parameters
    ----------
    lines : iterable of LineString or MultiLineString

    Returns
    -------
    tuple of LineString
        In order along the street's main direction, which runs east, or north
        where the street is steeper than that.
    """
    pieces = [part for line in lines for part in shapely.get_parts(line) if part.length > 0]
    if not pieces:
        return ()
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(pieces)))
    heading = _heading(merged)
    oriented = [line if _advance(line, heading) >= 0 else line.reverse() for line in merged]
    return tuple(sorted(oriented, key=lambda line: (float(np.dot(line.coords[0], heading)), line.wkb)))


def _heading(lines: NDArray[np.object_]) -> Numbers:
    xy = shapely.get_coordinates(lines)
    _, vectors = np.linalg.eigh(np.cov(xy - xy.mean(axis=0), rowvar=False))
    main = vectors[:, 1]
    return np.asarray(main if main[np.argmax(np.abs(main))] > 0 else -main, dtype=float)


def _advance(line: LineString, heading: Numbers) -> float:
    xy = shapely.get_coordinates(line)
    return float(np.dot(xy[-1] - xy[0], heading))


def positions_m(line: LineString, points: NDArray[np.object_]) -> Numbers:
    """Metres along the line of the place nearest to each point."""
    return np.asarray(shapely.line_locate_point(line, points), dtype=float)


def sides(line: LineString, points: NDArray[np.object_]) -> NDArray[np.int8]:
    """Side of the line that each point is on: 1 left, -1 right, 0 on it."""
    along = positions_m(line, points)
    before = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(along - _TANGENT_M, 0.0)))
    after = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(along + _TANGENT_M, line.length)))
    foot = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    tangent, offset = after - before, shapely.get_coordinates(points) - foot
    return np.sign(tangent[:, 0] * offset[:, 1] - tangent[:, 1] * offset[:, 0]).astype(np.int8)


def reaches(line: LineString, shape: Polygon | MultiPolygon, *, depth_m: float) -> dict[Side, Reach]:
    """Where a shape lies along a line, on each side.

    Parameters
    ----------
    line : LineString
    shape : Polygon or MultiPolygon
    depth_m : float
        Ground farther from the line than this does not count.

    Returns
    -------
    dict of side to Reach
        Sides of which the shape holds only a strip along the line itself are left out.
    """
    near = shapely.intersection(shape, line.buffer(depth_m, cap_style="flat"))
    points = _sample(near)
    if not len(points):
        return {}
    corners = np.asarray(shapely.points(shapely.get_coordinates(near)), dtype=object)
    side, along = sides(line, points), positions_m(line, points)
    corner_side, corner_along = sides(line, corners), positions_m(line, corners)
    found: dict[Side, Reach] = {}
    for name, sign in _SIGNS.items():
        inner = along[side == sign]
        # Strips drawn to the middle of the road stray over it here and there.
        if len(inner) * 6 > len(points):
            ends = np.concatenate([inner, corner_along[corner_side == sign]])
            found[name] = Reach(float(ends.min()), float(ends.max()))
    return found


def _sample(shape: BaseGeometry) -> NDArray[np.object_]:
    if shape.is_empty or shape.area == 0:
        return as_shapes([])
    x_min, y_min, x_max, y_max = shape.bounds
    step = max(_SAMPLE_M, float(np.sqrt(shape.area / _SAMPLES)))
    x, y = np.meshgrid(np.arange(x_min + step / 2, x_max, step), np.arange(y_min + step / 2, y_max, step))
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, x.ravel(), y.ravel())
    points = shapely.points(x.ravel()[inside], y.ravel()[inside])
    return points if len(points) else as_shapes([shapely.point_on_surface(shape)])
