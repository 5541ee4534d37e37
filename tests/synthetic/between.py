"""The ground between two lines that have both ends in common, exactly and without an overlay.

Both lines run forward along their common chord, so each is a piecewise linear function
over it. The faces between them are the runs in which one function is above the other.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Rows of lines that are compared at a time; bounds the memory.
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Between:
    """Faces between old and new lines.

    Attributes
    ----------
    row : ndarray of int
        The pair of lines, ascending.
    is_left : ndarray of bool
        Whether the new line passes left of the old one.
    area : ndarray of float64
        By integration over the chord.
    shape : ndarray of Polygon
        Made of the vertices of both lines and the points where they cross.
    """

    row: NDArray[np.int64]
    is_left: NDArray[np.bool_]
    area: Floats
    shape: NDArray[np.object_]


def faces_between(old: Floats, new: Floats) -> Between:
    """Find the faces between old and new lines.

    Parameters
    ----------
    old : ndarray, shape (rows, m, 2)
    new : ndarray, shape (rows, n, 2)
        Begins and ends where the old line does.

    Returns
    -------
    Between

    Raises
    ------
    ValueError
        If lines do not share their ends or run backward along their chord.
    """
    if not (np.array_equal(old[:, 0], new[:, 0]) and np.array_equal(old[:, -1], new[:, -1])):
        raise ValueError("the lines must have both ends in common")
    parts = [_faces(old[at : at + _BATCH], new[at : at + _BATCH], at) for at in range(0, len(old), _BATCH)]
    return Between(
        row=np.concatenate([part.row for part in parts]),
        is_left=np.concatenate([part.is_left for part in parts]),
        area=np.concatenate([part.area for part in parts]),
        shape=np.concatenate([part.shape for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class _Merged:
    """Vertices of both lines in the order of their chord, row after row, and the points where the lines meet."""

    row: NDArray[np.int64]
    along: Floats
    across: Floats  # of the old line
    lead: Floats  # of the new line over the old one; 0 where they meet
    place: Floats
    is_new: NDArray[np.bool_]


def _faces(old: Floats, new: Floats, first_row: int) -> Between:
    merged = _with_crossings(_merge(old, new), old)
    edges = np.diff((merged.lead != 0).astype(np.int8))
    # A row begins and ends where its lines meet, so no run of one row reaches into the next.
    begin, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) + 1
    count = end - begin + 1
    start = np.cumsum(count) - count
    face = np.repeat(np.arange(len(begin)), count)
    nth = np.arange(count.sum()) - start[face]
    at = begin[face] + nth
    lead = np.abs(merged.lead[at])
    strips = np.append(np.diff(merged.along[at]) * (lead[1:] + lead[:-1]) / 2, 0.0)
    strips[start[1:] - 1] = 0.0
    # Out along the old line, back along the new one.
    turn = int(count.max(initial=0))
    key = np.where((nth > 0) & merged.is_new[at], 2 * turn - nth, nth)
    key[at == end[face]] = turn
    order = np.lexsort((key, face))
    if len(face) == 0:
        return Between(begin, np.zeros(0, dtype=bool), np.zeros(0), np.empty(0, dtype=object))
    return Between(
        row=merged.row[begin] + first_row,
        is_left=merged.lead[begin + 1] > 0,
        area=np.add.reduceat(strips, start),
        shape=np.asarray(shapely.polygons(shapely.linearrings(merged.place[at[order]], indices=face[order]))),
    )


def _frame(old: Floats) -> tuple[Floats, Floats]:
    """Common start and unit direction of the chord of each row."""
    origin = old[:, 0]
    chord = old[:, -1] - origin
    return origin, chord / np.sqrt(chord[:, :1] * chord[:, :1] + chord[:, 1:] * chord[:, 1:])


def _local(lines: Floats, origin: Floats, unit: Floats) -> tuple[Floats, Floats]:
    """Coordinates along and across the chord; differences to a near origin are exact."""
    offset = lines - origin[:, None, :]
    ux, uy = unit[:, :1], unit[:, 1:]
    return offset[..., 0] * ux + offset[..., 1] * uy, offset[..., 1] * ux - offset[..., 0] * uy


def _merge(old: Floats, new: Floats) -> _Merged:
    origin, unit = _frame(old)
    old_along, old_across = _local(old, origin, unit)
    new_along, new_across = _local(new, origin, unit)
    if (np.diff(old_along) <= 0).any() or (np.diff(new_along) <= 0).any():
        raise ValueError("a line runs backward along its chord")
    along = np.concatenate([old_along, new_along], axis=1)
    on_old = _interpolate(along, old_along, old_across)
    on_new = _interpolate(along, new_along, new_across)
    order = np.argsort(along, axis=1, kind="stable")
    rows = np.arange(len(old))[:, None]
    return _Merged(
        row=np.repeat(np.arange(len(old)), along.shape[1]),
        along=along[rows, order].ravel(),
        across=on_old[rows, order].ravel(),
        lead=(on_new - on_old)[rows, order].ravel(),
        place=np.concatenate([old, new], axis=1)[rows, order].reshape(-1, 2),
        is_new=(order >= old.shape[1]).ravel(),
    )


def _interpolate(at: Floats, along: Floats, across: Floats) -> Floats:
    """Value of each row's line; at a vertex, the very value of the vertex."""
    rows = np.arange(len(at))[:, None]
    index = (along[:, None, :] <= at[:, :, None]).sum(axis=2) - 1
    # The common end may fall a last bit short of, or beyond, the other line's end.
    index = np.clip(index, 0, along.shape[1] - 1)
    following = np.minimum(index + 1, along.shape[1] - 1)
    run = np.where(following > index, along[rows, following] - along[rows, index], 1.0)
    share = (at - along[rows, index]) / run
    return across[rows, index] + share * (across[rows, following] - across[rows, index])


def _with_crossings(merged: _Merged, old: Floats) -> _Merged:
    origin, unit = _frame(old)
    lead = merged.lead
    before = np.flatnonzero(lead[:-1] * lead[1:] < 0)
    share = np.abs(lead[before]) / (np.abs(lead[before]) + np.abs(lead[before + 1]))
    along = merged.along[before] + share * (merged.along[before + 1] - merged.along[before])
    across = merged.across[before] + share * (merged.across[before + 1] - merged.across[before])
    row = merged.row[before]
    normal = np.stack([-unit[row, 1], unit[row, 0]], axis=1)
    place = origin[row] + along[:, None] * unit[row] + across[:, None] * normal
    return _Merged(
        row=np.insert(merged.row, before + 1, row),
        along=np.insert(merged.along, before + 1, along),
        across=np.insert(merged.across, before + 1, across),
        lead=np.insert(lead, before + 1, 0.0),
        place=np.insert(merged.place, before + 1, place, axis=0),
        is_new=np.insert(merged.is_new, before + 1, False),
    )
