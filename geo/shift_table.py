"""The shift of a map datum read from a lattice, the same to the last bit however a point is asked for.

Nodes lie every 1/1024 degree, so that the place of a point between them is exact in doubles.
A shift is bilinear between the four nodes around it, by the same operations in the same order
for one point and for many. Tiles of nodes are kept once they are worth it; a point whose
tile is not kept has its four nodes worked out on the spot, with the same numbers.
"""

import math
from collections.abc import Sequence
from itertools import product
from threading import Lock
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Degrees = NDArray[np.float64]
Number = TypeVar("Number", float, Degrees)
Cells = NDArray[np.intp]
Pair = tuple[Number, Number]

_PER_DEGREE = 1024
_TILE_BITS = 6
_TILE_CELLS = 1 << _TILE_BITS
_TILES_PER_DEGREE = _PER_DEGREE // _TILE_CELLS
_ROW = _TILE_CELLS + 1
_TILE_NODES = _ROW * _ROW
_CORNERS = (0, 1, _ROW, _ROW + 1)
# Four nodes for each of so many points are as much work as the nodes of a tile.
_BUSY_POINTS = _TILE_NODES // 4
_SAMPLE = 1 << 13


class Shift(Protocol):
    """From longitude and latitude to the shift there, degrees, for floats and for arrays."""

    def __call__(self, lon: Number, lat: Number, /) -> Pair[Number]:
        """Give the shift."""
        ...


class ShiftTable:
    """Shifts inside a rectangle, from tiles that are kept between calls.

    Any number of threads may read while others prepare: a tile is told to readers when it
    is complete, and never changes or goes.

    Parameters
    ----------
    exact : Shift
        Its bits may not depend on how points are grouped.
    bounds : sequence of float
        Smallest longitude and latitude, then the largest, degrees and above 0. Only
        points inside may be asked for.
    rough : sequence of float
        From which longitude to below which the shift is not smooth enough to be read from
        nodes; multiples of 1/1024 degree.
    tiles : int
        How many are kept at most; 68 kB each, taken from the system when they are filled.
    """

    def __init__(
        self,
        exact: Shift,
        bounds: Sequence[float],
        *,
        rough: Sequence[float],
        tiles: int = 600,
    ) -> None:
        self._exact = exact
        x_min, y_min, x_max, y_max = (math.floor(bound * _TILES_PER_DEGREE) for bound in bounds)
        self._limits = x_min, y_min, x_max + 1, y_max + 1
        self._columns = x_max + 1 - x_min
        self._first = y_min * self._columns + x_min
        self._rough_from, self._rough_to = (round(bound * _PER_DEGREE) for bound in rough)
        # Slot 0 stands for every tile that is not kept.
        self._slot_of = np.zeros((y_max - y_min + 1) * self._columns, np.intp)
        self._nodes = np.zeros(((tiles + 1) * _TILE_NODES, 2))
        self._kept, self._limit = 0, tiles
        self._lock = Lock()
        # A view of the memory is read faster than an array, and takes none.
        self._slot_view, self._node_view = self._slot_of.data, self._nodes.reshape(-1).data

    def prepare(self, bounds: Sequence[float]) -> int:
        """Keep the tiles of a rectangle.

        Parameters
        ----------
        bounds : sequence of float
            Smallest longitude and latitude, then the largest, degrees.

        Returns
        -------
        int
            Tiles that could not be kept because the table is full.
        """
        x_min, y_min, x_max, y_max = (math.floor(bound * _TILES_PER_DEGREE) for bound in bounds)
        columns = range(max(x_min, self._limits[0]), min(x_max + 1, self._limits[2]))
        rows = range(max(y_min, self._limits[1]), min(y_max + 1, self._limits[3]))
        return sum(not self._keep(row * self._columns + column - self._first) for row in rows for column in columns)

    def prepare_busy(self, lon: Degrees, lat: Degrees) -> None:
        """Keep the tiles in which so many of these points lie that this is the cheaper way.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            Degrees; points outside the table, or not finite, are passed over.
        """
        if len(lon) <= _BUSY_POINTS:
            return
        # A sample does: it decides what is kept, never what is answered.
        step = max(1, len(lon) // _SAMPLE)
        x, y = lon[::step], lat[::step]
        x_min, y_min, x_max, y_max = (limit / _TILES_PER_DEGREE for limit in self._limits)
        inside = (x >= x_min) & (x < x_max) & (y >= y_min) & (y < y_max)
        number = self._number(_cells(x[inside])[0], _cells(y[inside])[0])
        tiles, points = np.unique(number[self._slot_of.take(number) == 0], return_counts=True)
        for tile in tiles[points * step > _BUSY_POINTS].tolist():
            self._keep(tile)

    def shift(self, lon: Degrees, lat: Degrees) -> Pair[Degrees]:
        """Read the shift at many points.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            Degrees, inside the table's bounds; some 16,000 at once are fastest.

        Returns
        -------
        lon, lat : ndarray of float64, shape (n,)
            Degrees.
        """
        (x, x_part), (y, y_part) = _cells(lon), _cells(lat)
        slot = self._slot_of.take(self._number(x, y))
        rough = (x >= self._rough_from) & (x < self._rough_to)
        read = (slot > 0) & ~rough
        if read.all():
            return _between(self._kept_corners(slot, x, y), x_part, y_part)
        shift = np.empty((2, len(lon)))
        shift[:, read] = _between(self._kept_corners(slot[read], x[read], y[read]), x_part[read], y_part[read])
        if rough.any():
            shift[:, rough] = self._exact(lon[rough], lat[rough])
        new = ~(read | rough)
        if new.any():
            corners = self._new_corners(x[new].astype(float), y[new].astype(float))
            shift[:, new] = _between(corners, x_part[new], y_part[new])
        return shift[0], shift[1]

    def shift_one(self, lon: float, lat: float) -> Pair[float]:
        """Read the shift at one point: what :meth:`shift` gives, in a hundredth of an array's time.

        Parameters
        ----------
        lon, lat : float
            Degrees, inside the table's bounds.

        Returns
        -------
        lon, lat : float
            Degrees.
        """
        x_place, y_place = lon * _PER_DEGREE, lat * _PER_DEGREE
        x, y = int(x_place), int(y_place)
        if self._rough_from <= x < self._rough_to:
            return self._exact(lon, lat)
        slot = self._slot_view[(y >> _TILE_BITS) * self._columns + (x >> _TILE_BITS) - self._first]
        if not slot:
            return _between(self._new_corners(float(x), float(y)), x_place - x, y_place - y)
        at = 2 * (slot * _TILE_NODES + (y & _TILE_CELLS - 1) * _ROW + (x & _TILE_CELLS - 1))
        nodes = self._node_view[at : at + 4].tolist() + self._node_view[at + 2 * _ROW : at + 2 * _ROW + 4].tolist()
        return _between((nodes[::2], nodes[1::2]), x_place - x, y_place - y)

    def _keep(self, tile: int) -> bool:
        """Whether a tile is kept now."""
        with self._lock:
            if self._slot_of[tile] == 0 and self._kept < self._limit:
                row, column = divmod(tile + self._first - self._limits[0], self._columns)
                column += self._limits[0]
                y, x = np.mgrid[:_ROW, :_ROW].reshape(2, -1) / _PER_DEGREE
                x, y = column / _TILES_PER_DEGREE + x, row / _TILES_PER_DEGREE + y
                slot = self._kept + 1
                self._nodes[slot * _TILE_NODES : (slot + 1) * _TILE_NODES] = np.column_stack(self._exact(x, y))
                self._slot_of[tile] = self._kept = slot
            return bool(self._slot_of[tile])

    def _number(self, x: Cells, y: Cells) -> Cells:
        """Which tile each cell lies in."""
        tile = y >> _TILE_BITS
        tile *= self._columns
        tile += x >> _TILE_BITS
        tile -= self._first
        return tile

    def _kept_corners(self, slot: Cells, x: Cells, y: Cells) -> tuple[list[Degrees], list[Degrees]]:
        at = slot * _TILE_NODES
        at += (y & _TILE_CELLS - 1) * _ROW
        at += x & _TILE_CELLS - 1
        nodes = [self._nodes.take(at + corner, axis=0) for corner in _CORNERS]
        return [node[:, 0] for node in nodes], [node[:, 1] for node in nodes]

    def _new_corners(self, x: Number, y: Number) -> tuple[list[Number], list[Number]]:
        nodes = [self._exact((x + i) / _PER_DEGREE, (y + j) / _PER_DEGREE) for j, i in product((0, 1), (0, 1))]
        return [node[0] for node in nodes], [node[1] for node in nodes]


def _cells(degrees: Degrees) -> tuple[Cells, Degrees]:
    """The lattice cell that a coordinate lies in, and which part of it lies below."""
    place = degrees * _PER_DEGREE
    cell = np.floor(place)
    place -= cell
    return cell.astype(np.intp), place


def _between(corners: tuple[Sequence[Number], Sequence[Number]], x_part: Number, y_part: Number) -> Pair[Number]:
    east, north = corners
    return _bilinear(east, x_part, y_part), _bilinear(north, x_part, y_part)


def _bilinear(corners: Sequence[Number], x_part: Number, y_part: Number) -> Number:
    low_left, low_right, high_left, high_right = corners
    low = low_right - low_left
    low *= x_part
    low += low_left
    high = high_right - high_left
    high *= x_part
    high += high_left
    high -= low
    high *= y_part
    high += low
    return high
