"""Boundaries as integers, what is left of them when they cancel, and digests of both.

One step is 1e-9 degree, so nothing here rounds and any language gets the same numbers.
A table of segments has the columns owner, x1, y1, x2, y2.
"""

import hashlib
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import STORAGE_DECIMALS
from geo.rings import Shapes
from geo.segments import segments_of

Ints = NDArray[np.int64]

_TURNED = [0, 3, 4, 1, 2]
# So many at a time are sorted inside the processor's cache.
_OWNERS_AT_ONCE = 1000


def directed(shapes: Shapes, *, is_reversed: bool = False) -> Ints:
    """Boundary segments with the inside to the left, those of length zero left out.

    Parameters
    ----------
    shapes : ndarray of Polygon, MultiPolygon or None
        Degrees on the storage grid.
    is_reversed : bool
        The inside to the right instead.

    Returns
    -------
    ndarray of int, shape (n, 5)
        The owner is the position in ``shapes``.
    """
    present = np.flatnonzero(~shapely.is_missing(shapes))
    found = segments_of(shapes[present], present, is_reversed=is_reversed)
    ends = np.rint(np.hstack([found.start, found.end]) * 10**STORAGE_DECIMALS)
    return np.column_stack([found.owner, ends.astype(np.int64)])


def together(*tables: Ints) -> Ints:
    """The segments of all tables as those of one owner."""
    whole = np.concatenate(tables)
    whole[:, 0] = 0
    return whole


def cancelled(table: Ints) -> Ints:
    """What is left when opposite segments of one owner take each other away, one for one.

    Parameters
    ----------
    table : ndarray of int, shape (n, 5)

    Returns
    -------
    ndarray of int, shape (m, 5)
        Ascending by owner, x1, y1, x2, y2.
    """
    if not len(table):
        return table
    _, x1, y1, x2, y2 = table.T
    falls = (x1 > x2) | ((x1 == x2) & (y1 > y2))
    rising = np.where(falls[:, None], table[:, _TURNED], table)
    order = np.lexsort(rising.T[::-1])
    rising, sign = rising[order], np.where(falls[order], -1, 1)
    begins = np.flatnonzero(np.append(True, (rising[1:] != rising[:-1]).any(axis=1)))
    sums = np.add.reduceat(sign, begins)
    copies = np.abs(sums)
    left, turned = rising[np.repeat(begins, copies)], np.repeat(sums < 0, copies)
    left[turned] = left[turned][:, _TURNED]
    return left[np.lexsort(left.T[::-1])]


def digest_of_segments(table: Ints) -> str:
    """SHA-256 of x1, y1, x2, y2 of each segment as 64-bit little-endian integers, in hexadecimal."""
    return hashlib.sha256(table[:, 1:].astype("<i8").tobytes()).hexdigest()


def digests_by_owner(table: Ints, owners: int) -> list[str]:
    """Digest of what is left of each owner's segments.

    The same for every way to draw the same polygon: ring starts, ring order, direction
    and repeated points do not matter, the vertices do.

    Parameters
    ----------
    table : ndarray of int, shape (n, 5)
        Ascending by owner.
    owners : int
        How many: 0, 1 and so on.

    Returns
    -------
    list of str
    """
    digests: list[str] = []
    for first in range(0, owners, _OWNERS_AT_ONCE):
        block = np.arange(first, min(first + _OWNERS_AT_ONCE, owners) + 1)
        begin, end = np.searchsorted(table[:, 0], block[[0, -1]])
        left = cancelled(table[begin:end])
        ends = np.searchsorted(left[:, 0], block)
        digests += [digest_of_segments(left[one:other]) for one, other in pairwise(ends)]
    return digests


def digest_of_lines(lines: Iterable[str]) -> str:
    """SHA-256 of lines in UTF-8, sorted as bytes, in hexadecimal."""
    return hashlib.sha256(b"".join(sorted(f"{line}\n".encode() for line in lines))).hexdigest()
