"""Which shapes can be used at all."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.rings import Rings, Shapes, rings_in_blocks

_POLYGON, _MULTIPOLYGON = 3, 6
# GEOS is as fast on small shapes.
_MANY_VERTICES = 40
# Products of differences of doubles are right to a few units of 1e-16 of their size.
_SURE = 1e-14


def find_invalid(shapes: Shapes, *, is_polygonal: bool = False) -> tuple[int, ...]:
    """Find shapes that are missing, empty, without finite coordinates or not valid.

    Most cells are seen whole from their middle, which proves them valid in a few
    sums; only the others are given to GEOS.

    Parameters
    ----------
    shapes : ndarray of shapely geometry
    is_polygonal : bool
        Take everything but polygons and multipolygons for invalid too.

    Returns
    -------
    tuple of int
        Positions, ascending.
    """
    kind = shapely.get_type_id(shapes)
    unusable = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if is_polygonal:
        unusable |= (kind != _POLYGON) & (kind != _MULTIPOLYGON)
    plain = np.flatnonzero((kind == _POLYGON) & ~unusable & (shapely.get_num_coordinates(shapes) >= _MANY_VERTICES))
    doubtful = ~unusable
    for first, rings in rings_in_blocks(shapes[plain]):
        seen = _is_seen(rings)
        # Of a shape with holes the rings say nothing about each other.
        alone = np.bincount(rings.cell) == 1
        sure = rings.cell[seen & alone[rings.cell]]
        doubtful[plain[first + sure]] = False
    asked = np.flatnonzero(doubtful)
    unusable[asked] = ~shapely.is_valid(shapes[asked])
    return tuple(int(index) for index in np.flatnonzero(unusable))


def _is_seen(rings: Rings) -> NDArray[np.bool_]:
    """Whether the middle of each ring sees all of it: then no edge can cross another.

    Seen from the middle, every edge must run the same way round, and all of them
    together once round.
    """
    xy, starts = rings.xy, rings.starts
    counts = np.diff(starts)
    first = starts[:-1]
    middle_x, middle_y = np.add.reduceat(xy[:, 0], first) / counts, np.add.reduceat(xy[:, 1], first) / counts
    x = xy[:, 0] - np.repeat(middle_x, counts)
    y = xy[:, 1] - np.repeat(middle_y, counts)
    forth, back = x[:-1] * y[1:], x[1:] * y[:-1]
    turn = forth - back
    limit = _SURE * (np.abs(forth) + np.abs(back))
    above = y >= 0
    rises, falls = above[1:] & ~above[:-1], above[:-1] & ~above[1:]
    runs_left, runs_right = turn > limit, turn < -limit
    # The step from one ring to the next is no edge.
    joint = starts[1:-1] - 1
    runs_left[joint] = runs_right[joint] = True
    rises[joint] = falls[joint] = False
    every = np.logical_and.reduceat
    once = (np.add.reduceat(np.append(rises, False), first, dtype=np.int64) == 1) & (
        np.add.reduceat(np.append(falls, False), first, dtype=np.int64) == 1
    )
    same_way = every(np.append(runs_left, True), first) | every(np.append(runs_right, True), first)
    return np.asarray(once & same_way & np.isfinite(middle_x) & np.isfinite(middle_y))
