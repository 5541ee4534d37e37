"""Boundaries of cells as directed segments, and a number for each segment.

Every ring is read so that the inside lies to the left, whatever way it was drawn.
Two neighbours then run along their common border in opposite directions, and the
segments of both have the same *key*: a number made of the bits of both ends. The
lowest bit of a key tells the direction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.rings import Floats, Ints, Rings, Shapes, rings_in_blocks

Keys = NDArray[np.uint64]

# Odd numbers without structure; each step is one-to-one, so different x never meet before y comes in.
_MIX_X, _MIX_Y, _MIX_BOTH = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93)
_HALF, _THIRD = np.uint64(32), np.uint64(29)
_ONE = np.uint64(1)
# An area below this share of what was added up may owe its sign to rounding.
_UNSURE = 1e-13


@dataclass(frozen=True, slots=True)
class Segments:
    """Directed boundary segments; the inside of the owner lies to the left.

    Attributes
    ----------
    start, end : ndarray of float, shape (n, 2)
        In the unit of the cells; no segment has length zero.
    key : ndarray of uint64, shape (n,)
        Equal for equal segments but for the lowest bit, the direction.
    owner : ndarray of int, shape (n,)
        Number of the cell.
    """

    start: Floats
    end: Floats
    key: Keys
    owner: Ints

    def chosen(self, which: NDArray[Any]) -> "Segments":
        """Some of them, by position or by mask."""
        return Segments(self.start[which], self.end[which], self.key[which], self.owner[which])


def as_shapes(cells: Iterable[Any]) -> NDArray[np.object_]:
    """Shapes as one array of objects, whatever they came in."""
    listed = list(cells)
    shapes = np.empty(len(listed), dtype=object)
    shapes[:] = listed
    return shapes


def segment_keys(cells: Shapes, *, is_reversed: bool = False) -> tuple[Keys, Ints]:
    """Keys of all boundary segments, cell after cell.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
        Valid ones; see :func:`geo.validity.find_invalid`.
    is_reversed : bool
        Turn every segment round, as for the parent whose border is to cancel the cells'.

    Returns
    -------
    keys : ndarray of uint64
        Segments of length zero are left out.
    counts : ndarray of int
        How many each cell has.
    """
    keys, counts = [np.empty(0, dtype=np.uint64)], [np.empty(0, dtype=np.int64)]
    for _, rings in rings_in_blocks(cells):
        key, vertex = _keys(rings, is_reversed=is_reversed)
        keys.append(key)
        owner = _cell_of_vertices(rings, vertex)
        counts.append(np.bincount(owner, minlength=int(rings.cell[-1]) + 1))
    return np.concatenate(keys), np.concatenate(counts)


def segments_of(cells: Shapes, owners: Ints, *, is_reversed: bool = False) -> Segments:
    """All boundary segments with their coordinates.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
        Valid ones.
    owners : ndarray of int
        The number that each cell goes by.
    is_reversed : bool
        As in :func:`segment_keys`.

    Returns
    -------
    Segments
        In the order of :func:`segment_keys`.
    """
    parts = [_directed(rings, owners[first:], is_reversed=is_reversed) for first, rings in rings_in_blocks(cells)]
    if not parts:
        none = np.empty((0, 2))
        return Segments(none, none, np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64))
    return joined(parts)


def joined(parts: list[Segments]) -> Segments:
    """Several sets of segments as one, in their order."""
    return Segments(
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.owner for part in parts]),
    )


def vertex_hash(xy: Floats) -> Keys:
    """A number made of the bits of both coordinates.

    Parameters
    ----------
    xy : ndarray of float, shape (n, 2)
        Without negative zeros.

    Returns
    -------
    ndarray of uint64, shape (n,)
        Equal for equal vertices; different ones share a number once in 2**64.
    """
    bits = xy.view(np.uint64)
    mixed = bits[:, 0] * _MIX_X
    mixed ^= mixed >> _HALF
    mixed += bits[:, 1] * _MIX_Y
    mixed ^= mixed >> _THIRD
    mixed *= _MIX_BOTH
    mixed ^= mixed >> _HALF
    mixed *= _MIX_X
    mixed ^= mixed >> _THIRD
    return np.asarray(mixed)


def _is_turned(rings: Rings, *, is_reversed: bool) -> NDArray[np.bool_]:
    """Whether each ring, as drawn, has to be turned round to have the inside to its left."""
    return np.asarray((_is_anticlockwise(rings.xy, rings.starts) != rings.is_shell) != is_reversed)


def _is_anticlockwise(xy: Floats, starts: Ints) -> NDArray[np.bool_]:
    """Direction of each ring; what rounding could turn is asked of GEOS."""
    # Relative to one vertex of the block, or the large offsets of a projection eat the digits.
    dx = np.diff(xy[:, 0], append=xy[-1:, 0])
    twice_y = xy[:, 1] - xy[0, 1]
    twice_y[:-1] += twice_y[1:]
    term = dx * twice_y
    # The step from one ring to the next is no edge.
    term[starts[1:] - 1] = 0.0
    area = np.add.reduceat(term, starts[:-1])
    unsure = np.abs(area) <= _UNSURE * np.add.reduceat(np.abs(term), starts[:-1])
    result = area < 0
    for ring in np.flatnonzero(unsure):
        result[ring] = shapely.is_ccw(shapely.linearrings(xy[starts[ring] : starts[ring + 1]]))
    return np.asarray(result)


def _keys(rings: Rings, *, is_reversed: bool) -> tuple[Keys, Ints]:
    """Key of each segment and the position of the vertex it starts from, as drawn."""
    mixed = vertex_hash(rings.xy)
    key = mixed[:-1] ^ mixed[1:]
    rises = mixed[:-1] < mixed[1:]
    turned = np.repeat(_is_turned(rings, is_reversed=is_reversed), np.diff(rings.starts))[:-1]
    key &= ~_ONE
    key |= rises ^ turned
    is_edge = mixed[:-1] != mixed[1:]
    is_edge[rings.starts[1:-1] - 1] = False
    vertex = np.flatnonzero(is_edge)
    return key[vertex], vertex


def _cell_of_vertices(rings: Rings, vertex: Ints) -> Ints:
    return np.asarray(np.repeat(rings.cell, np.diff(rings.starts))[vertex])


def _directed(rings: Rings, owners: Ints, *, is_reversed: bool) -> Segments:
    key, vertex = _keys(rings, is_reversed=is_reversed)
    turned = np.repeat(_is_turned(rings, is_reversed=is_reversed), np.diff(rings.starts))[vertex]
    first, second = rings.xy[vertex], rings.xy[vertex + 1]
    start = np.where(turned[:, None], second, first)
    end = np.where(turned[:, None], first, second)
    return Segments(start, end, key, owners[_cell_of_vertices(rings, vertex)])
