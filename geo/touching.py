"""Which of several cells a point touches first, whether the cells overlap or not.

Slower than the raster of :mod:`geo.locate`, and asks nothing of the cells: for areas of
several levels, and as the second opinion in tests. The predicates are those of GEOS.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import STRtree

from geo.locate import NOWHERE, Answers
from geo.rings import Floats, Shapes

# Points per round: pairs of points and candidate cells are held in memory.
_POINTS_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class TouchIndex:
    """Cells in a tree.

    Attributes
    ----------
    cells : ndarray of Polygon or MultiPolygon
        Valid ones, in the order of their rank.
    tree : STRtree
    """

    cells: Shapes
    tree: STRtree

    @classmethod
    def of(cls, cells: Shapes) -> "TouchIndex":
        """Put cells into a tree."""
        return cls(cells, STRtree(cells))

    def locate(self, x: Floats, y: Floats) -> Answers:
        """Find the first cell that each point touches.

        Parameters
        ----------
        x, y : ndarray of float64, shape (n,)
            In the coordinates of the cells; what is not finite lies nowhere.

        Returns
        -------
        Answers
        """
        lowest = np.full(len(x), len(self.cells), dtype=np.int64)
        on_border = np.zeros(len(x), dtype=bool)
        # Prepared cells come unprepared out of another process; those that are ready cost nothing.
        shapely.prepare(self.cells)
        usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        for begin in range(0, len(usable), _POINTS_AT_ONCE):
            asked = usable[begin : begin + _POINTS_AT_ONCE]
            point, cell = self.tree.query(shapely.points(x[asked], y[asked]))
            # Pairs in the order of their cell: a prepared cell stays in the processor's cache.
            order = np.argsort(cell, kind="stable")
            point, cell = asked[point[order]], cell[order]
            touching = shapely.intersects_xy(self.cells[cell], x[point], y[point])
            point, cell = point[touching], cell[touching]
            inside = shapely.contains_xy(self.cells[cell], x[point], y[point])
            np.minimum.at(lowest, point, cell)
            on_border[point[~inside]] = True
        return Answers(np.where(lowest == len(self.cells), NOWHERE, lowest), on_border)

    def lowest_at(self, x: float, y: float) -> int:
        """The first cell that one point touches, as :meth:`locate` finds it; -1 where there is none."""
        for cell in sorted(self.tree.query(shapely.Point(x, y)).tolist()):
            shapely.prepare(self.cells[cell])
            if shapely.intersects_xy(self.cells[cell], x, y):
                return int(cell)
        return NOWHERE


def lowest_touching(cells: Shapes, x: Floats, y: Floats) -> Answers:
    """Find the first cell that each point touches, with a tree made for this once.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
        Valid ones, in the order of their rank.
    x, y : ndarray of float64, shape (n,)
        See :meth:`TouchIndex.locate`.

    Returns
    -------
    Answers
    """
    return TouchIndex.of(cells).locate(x, y)
