"""Which shapes can be used at all."""

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

_POLYGON, _MULTIPOLYGON = 3, 6
_AT_ONCE = 2000
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
    is_plain = (kind == _POLYGON) & ~unusable & (shapely.get_num_coordinates(shapes) >= _MANY_VERTICES)
    plain = np.flatnonzero(is_plain & (shapely.get_num_interior_rings(shapes) == 0))
    doubtful = ~unusable
    for first in range(0, len(plain), _AT_ONCE):
        block = plain[first : first + _AT_ONCE]
        doubtful[block] = ~_sees_its_ring(shapes[block])
    doubtful = np.flatnonzero(doubtful)
    unusable[doubtful] = ~shapely.is_valid(shapes[doubtful])
    return tuple(int(index) for index in np.flatnonzero(unusable))


def _sees_its_ring(polygons: Shapes) -> NDArray[np.bool_]:
    """Whether the middle of each shell sees all of it: then no edge can cross another.

    Seen from the middle, every edge must run the same way round, and all of them
    together once round.
    """
    _, xy, offsets = shapely.to_ragged_array(polygons, include_z=False)
    starts = offsets[0].astype(np.int64)
    counts = np.diff(starts)
    middle = np.add.reduceat(xy, starts[:-1], axis=0) / counts[:, None]
    x = xy[:, 0] - np.repeat(middle[:, 0], counts)
    y = xy[:, 1] - np.repeat(middle[:, 1], counts)
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
    first = starts[:-1]
    once = (np.add.reduceat(np.append(rises, False), first, dtype=np.int64) == 1) & (
        np.add.reduceat(np.append(falls, False), first, dtype=np.int64) == 1
    )
    same_way = every(np.append(runs_left, True), first) | every(np.append(runs_right, True), first)
    return np.asarray(once & same_way & np.isfinite(middle).all(axis=1))
