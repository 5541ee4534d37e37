"""What is left when boundaries cancel: the proof of a coverage, and the clue to its faults.

The directed boundaries of all cells and the reversed border of their parent are added
up. Segments that run in opposite directions between the same two vertices cancel. If
nothing is left, the cells fill the parent exactly, every point once, edge for edge: the
sum of their winding numbers is that of the parent, and valid cells have no other
winding numbers than 0 and 1. No predicate and no tolerance takes part.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.errors import GeometryProblem
from geo.rings import Ints, Shapes
from geo.segments import Keys, Segments, as_shapes, joined, segment_keys, segments_of
from geo.validity import find_invalid

_ONE = np.uint64(1)
# Some segments to a bucket: the table stays in the cache, and few innocent ones share theirs with a guilty one.
_BUCKET_LOAD_BITS = 3
_MIN_BUCKET_BITS, _MAX_BUCKET_BITS = 8, 20
_KEYS_AT_ONCE = 1 << 16
# Odd numbers without structure.
_OFFSET, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether cells fill their parent exactly, from their coordinates alone.

    Attributes
    ----------
    is_exact : bool
        Nothing is left: every point of the parent is in one cell, and neighbours
        share their borders vertex by vertex.
    cells : int
    segments : int
        Directed boundary segments of the cells; those of length zero do not count.
    unmatched : int
        Segments of the cells and of the parent that did not cancel.
    """

    is_exact: bool
    cells: int
    segments: int
    unmatched: int


def prove(cells: Iterable[Polygon | MultiPolygon], parent: Polygon | MultiPolygon, *, is_strict: bool = False) -> Proof:
    """Decide whether cells fill a parent exactly and share their borders vertex by vertex.

    Parameters
    ----------
    cells : iterable of Polygon or MultiPolygon
    parent : Polygon or MultiPolygon
        In the coordinates of the cells; its holes are lawful.
    is_strict : bool
        Compare the coordinates of both ends of every segment instead of 64-bit numbers
        made of them, which different segments share about once in 10**19 pairs.

    Returns
    -------
    Proof

    Raises
    ------
    GeometryProblem
        If a cell or the parent is missing, empty, not valid or no polygon: its winding
        numbers are not 0 and 1, and nothing follows from the sum.
    """
    shapes = as_shapes(cells)
    require_valid(shapes, parent)
    border = as_shapes([parent])
    if is_strict:
        own = segments_of(shapes, np.arange(len(shapes)))
        segments = len(own.key)
        unmatched = _count_unmatched(joined([own, segments_of(border, np.zeros(1, dtype=np.int64), is_reversed=True)]))
    else:
        keys, _ = segment_keys(shapes)
        segments = len(keys)
        unmatched = len(left_over(np.concatenate([keys, segment_keys(border, is_reversed=True)[0]]))[1])
    return Proof(unmatched == 0, len(shapes), segments, unmatched)


def residual(shapes: Shapes, parent: BaseGeometry | None) -> Segments:
    """The segments whose sum is not zero, in every copy.

    Parameters
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        Valid ones.
    parent : Polygon, MultiPolygon or None
        None adds nothing: the outer border of the cells is then left over too.

    Returns
    -------
    Segments
        Owned by cells, or by the parent under the number ``len(shapes)``; the parent's
        are reversed.
    """
    keys, counts = segment_keys(shapes)
    border = as_shapes([] if parent is None else [parent])
    border_keys, border_count = segment_keys(border, is_reversed=True)
    left, positions = left_over(np.concatenate([keys, border_keys]))
    ends = np.cumsum(np.concatenate([counts, border_count]))
    owners = np.unique(np.searchsorted(ends, positions, side="right"))
    guilty = owners[owners < len(shapes)]
    everything = segments_of(shapes[guilty], guilty)
    if parent is not None:
        of_parent = segments_of(border, np.array([len(shapes)]), is_reversed=True)
        everything = joined([everything, of_parent])
    # Cells with nothing left over are not read again, so the keys are looked up, not cancelled anew.
    return everything.chosen(np.isin(everything.key & ~_ONE, left))


def left_over(keys: Keys) -> tuple[Keys, Ints]:
    """Cancel opposite keys and tell which do not.

    Parameters
    ----------
    keys : ndarray of uint64
        The lowest bit is the direction.

    Returns
    -------
    left : ndarray of uint64
        Keys without direction whose directed sum is not zero, ascending.
    positions : ndarray of int
        Where they stand in ``keys``, ascending; every copy, also those of a key
        that cancel each other.
    """
    suspects = _suspects(keys)
    if not len(suspects):
        return np.empty(0, dtype=np.uint64), suspects
    undirected, inverse = np.unique(keys[suspects] >> _ONE, return_inverse=True)
    sums = np.bincount(inverse, np.where(keys[suspects] & _ONE, -1, 1))
    return undirected[sums != 0] << _ONE, suspects[sums[inverse] != 0]


def _suspects(keys: Keys) -> Ints:
    """Positions of keys in buckets whose directed sum is not zero."""
    bits = int(np.clip(len(keys).bit_length() - _BUCKET_LOAD_BITS, _MIN_BUCKET_BITS, _MAX_BUCKET_BITS))
    shift = np.uint64(64 - bits)
    # Keys of one direction are added, of the other subtracted, modulo 2**64. They are mixed first: those of a
    # triangle are x, y and x ^ y, and where x and y have no bit in common x + y - (x ^ y) is nothing.
    table = np.zeros(1 << bits, dtype=np.uint64)
    for first in range(0, len(keys), _KEYS_AT_ONCE):
        block = keys[first : first + _KEYS_AT_ONCE]
        back = block & _ONE
        mixed = ((block >> _ONE) + _OFFSET) * _MIX
        mixed ^= mixed >> _HALF
        np.add.at(table, (block >> shift).view(np.int64), (mixed ^ (np.uint64(0) - back)) + back)
    uneven = table != 0
    return np.flatnonzero(uneven[(keys >> shift).view(np.int64)]) if uneven.any() else np.empty(0, dtype=np.int64)


def _count_unmatched(segments: Segments) -> int:
    """Segments that do not cancel when coordinates are compared, not keys."""
    if not len(segments.key):
        return 0
    start, end = segments.start, segments.end
    falls = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(falls[:, None], end, start), np.where(falls[:, None], start, end)
    both = np.hstack([low, high])
    order = np.lexsort(both.T)
    begins = np.flatnonzero(np.append(True, (both[order[1:]] != both[order[:-1]]).any(axis=1)))
    sums = np.add.reduceat(np.where(falls[order], -1, 1), begins)
    copies = np.diff(np.append(begins, len(order)))
    return int(copies[sums != 0].sum())


def require_valid(shapes: Shapes, parent: BaseGeometry | None) -> None:
    """Refuse cells and parents that have no inside.

    Raises
    ------
    GeometryProblem
        Naming the cells by number, or the parent.
    """
    invalid = find_invalid(shapes, is_polygonal=True)
    if invalid:
        named = ", ".join(f"{index} ({_reason(shapes[index])})" for index in invalid[:_NAMED])
        more = f" … {len(invalid)}" if len(invalid) > _NAMED else ""
        raise GeometryProblem(
            f"有 {len(invalid)} 个图形无效:第 {named}{more} 个。请先修正图形,再核对或修补。",
            f"{len(invalid)} shapes are not valid: number {named}{more}. Correct them before checking or repairing.",
        )
    require_valid_parent(parent)


def require_valid_parent(parent: BaseGeometry | None) -> None:
    """Refuse a parent that has no inside.

    Raises
    ------
    GeometryProblem
        With the reason.
    """
    if find_invalid(as_shapes([parent]), is_polygonal=True):
        reason = _reason(parent)
        raise GeometryProblem(
            f"区域边界图形无效({reason}),无法核对全覆盖。请先修正区域边界。",
            f"The border of the area is not valid ({reason}), so nothing can be checked against it. Correct it first.",
        )


def _reason(shape: BaseGeometry | None) -> str:
    if shape is None:
        return "missing"
    if shape.is_empty:
        return "empty"
    if shape.geom_type not in {"Polygon", "MultiPolygon"}:
        return str(shape.geom_type)
    return str(shapely.is_valid_reason(shape))
