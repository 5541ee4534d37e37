"""Rings of many cells as flat arrays, a few thousand cells at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

# So many cells at a time keep the work inside the processor's cache.
_CELLS_AT_ONCE = 2000
_POLYGON = 3


@dataclass(frozen=True, slots=True)
class Rings:
    """Vertices of all rings of some cells, one ring after another.

    Attributes
    ----------
    xy : ndarray of float, shape (n, 2)
        With the closing vertex of each ring, without negative zeros.
    starts : ndarray of int, shape (r + 1,)
        Where each ring starts in ``xy``, and their end.
    cell : ndarray of int, shape (r,)
        Position of the cell that each ring belongs to, ascending.
    is_shell : ndarray of bool, shape (r,)
    """

    xy: Floats
    starts: Ints
    cell: Ints
    is_shell: NDArray[np.bool_]


def rings_in_blocks(cells: Shapes) -> Iterator[tuple[int, Rings]]:
    """Read cells in blocks.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
        None missing, none empty.

    Yields
    ------
    first : int
        Position of the block's first cell.
    rings : Rings
        Cells are counted from that one.
    """
    for first in range(0, len(cells), _CELLS_AT_ONCE):
        yield first, _read(cells[first : first + _CELLS_AT_ONCE])


def _read(cells: Shapes) -> Rings:
    # Adding zero makes negative zeros positive.
    xy = shapely.get_coordinates(cells) + 0.0
    length = shapely.get_num_coordinates(cells).astype(np.int64)
    cell = np.arange(len(cells))
    is_shell = np.ones(len(cells), dtype=bool)
    has_more = (shapely.get_type_id(cells) != _POLYGON) | (shapely.get_num_interior_rings(cells) > 0)
    if has_more.any():
        # Only these few are taken apart; a stable sort puts their rings where they belong.
        more = np.flatnonzero(has_more)
        parts, part_cell = shapely.get_parts(cells[more], return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        shells = np.append(True, ring_part[1:] != ring_part[:-1])
        cell = np.concatenate([cell[~has_more], more[part_cell[ring_part]]])
        length = np.concatenate([length[~has_more], shapely.get_num_coordinates(rings)])
        is_shell = np.concatenate([is_shell[~has_more], shells])
        order = np.argsort(cell, kind="stable")
        cell, length, is_shell = cell[order], length[order], is_shell[order]
    return Rings(xy, np.concatenate([[0], np.cumsum(length)]), cell, is_shell)
