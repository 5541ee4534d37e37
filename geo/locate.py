"""Point to cell: which cell answers for each of many points.

A point belongs to the touching cell with the lowest index; borders belong to the
cells on both sides of them. The predicates are those of GEOS and exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, STRtree

from geo.rings import Shapes
from geo.segments import as_shapes

NOWHERE = -1
# Points per round: pairs of points and candidate cells are held in memory.
_CHUNK = 200_000

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answers:
    """Where points lie.

    Attributes
    ----------
    cell : ndarray of int64, shape (n,)
        Index of the lowest touching cell, or ``NOWHERE``.
    on_border : ndarray of bool, shape (n,)
        Whether a point lies on the border of a cell that it touches.
    """

    cell: Index
    on_border: Flags


class CellIndex:
    """An index over cells that answers for points.

    Parameters
    ----------
    cells : iterable of Polygon or MultiPolygon
        In the order of their rank.
    """

    def __init__(self, cells: Iterable[Polygon | MultiPolygon]) -> None:
        self._cells: Shapes = as_shapes(cells)
        shapely.prepare(self._cells)
        self._tree = STRtree(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def locate(self, x: Numbers, y: Numbers) -> Answers:
        """Find the cell of each point.

        Parameters
        ----------
        x, y : ndarray of float64, shape (n,)
            In the coordinates of the cells; what is not finite lies nowhere.

        Returns
        -------
        Answers
        """
        cell = np.full(len(x), NOWHERE, dtype=np.int64)
        on_border = np.zeros(len(x), dtype=bool)
        for start in range(0, len(x), _CHUNK):
            part = slice(start, start + _CHUNK)
            cell[part], on_border[part] = self._locate(x[part], y[part])
        return Answers(cell, on_border)

    def _locate(self, x: Numbers, y: Numbers) -> tuple[Index, Flags]:
        usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        point, candidate = self._tree.query(shapely.points(x[usable], y[usable]))
        # Pairs in the order of their cell: a prepared cell stays in the processor's cache.
        order = np.argsort(candidate, kind="stable")
        point, candidate = usable[point[order]], candidate[order]
        touching = shapely.intersects_xy(self._cells[candidate], x[point], y[point])
        point, candidate = point[touching], candidate[touching]
        inside = shapely.contains_xy(self._cells[candidate], x[point], y[point])
        lowest = np.full(len(x), len(self._cells), dtype=np.int64)
        np.minimum.at(lowest, point, candidate)
        on_border = np.zeros(len(x), dtype=bool)
        on_border[point[~inside]] = True
        return np.where(lowest == len(self._cells), NOWHERE, lowest), on_border
