"""Point to cell: which cell answers for each of many points, exactly for every double.

A point belongs to the touching cell with the lowest position; a point in no cell lies
nowhere. A raster answers most points at once; near edges the way from the point to the
centre of its square is walked, level and then upright, and every edge crossed changes the
answer (:mod:`geo.cell_table`, :mod:`geo.sides`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from geo.cell_edges import edges_of
from geo.cell_table import CellTable, Labels, table_of
from geo.rings import Floats, Ints
from geo.segments import as_shapes
from geo.sides import Signs, side_signs

NOWHERE = -1
# Points per round: what they need stays in the processor's cache.
_POINTS_AT_ONCE = 1 << 15
_BIG = np.iinfo(np.int32).max

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answers:
    """Where points lie.

    Attributes
    ----------
    cell : ndarray of int64, shape (n,)
        Lowest touching cell, or ``NOWHERE``.
    on_border : ndarray of bool, shape (n,)
        Whether a point lies on the border of a cell.
    """

    cell: Index
    on_border: Flags


@dataclass(frozen=True, slots=True)
class CellIndex:
    """An index over cells that do not overlap.

    Attributes
    ----------
    table : CellTable or None
        None where there are no cells.
    """

    table: CellTable | None

    @classmethod
    def of(cls, cells: Iterable[Polygon | MultiPolygon], *, tolerance: float) -> "CellIndex":
        """Build one.

        Parameters
        ----------
        cells : iterable of Polygon or MultiPolygon
            Valid ones, in the order of their rank.
        tolerance : float
            See :func:`geo.crossings.node`.

        Returns
        -------
        CellIndex

        Raises
        ------
        DoubtfulCells
            If cells overlap or common edges do not match; gaps are allowed.
        GeometryProblem
            If the edges cannot be noded.
        """
        shapes = as_shapes(cells)
        if not len(shapes):
            return cls(None)
        edges = edges_of(shapes, tolerance=tolerance)
        return cls(table_of(edges, cells=len(shapes), middling=float(np.sqrt(shapely.area(shapes).mean()))))

    def locate(self, x: Floats, y: Floats) -> Answers:
        """Find the cell of each point.

        Parameters
        ----------
        x, y : ndarray of float64, shape (n,)
            In the coordinates of the cells; what is not finite lies nowhere.

        Returns
        -------
        Answers
        """
        label = np.zeros(len(x), dtype=np.int32)
        on_border = np.zeros(len(x), dtype=bool)
        if self.table is not None:
            for begin in range(0, len(x), _POINTS_AT_ONCE):
                part = slice(begin, begin + _POINTS_AT_ONCE)
                label[part], on_border[part] = _located(self.table, x[part], y[part])
        return Answers(label.astype(np.int64) - 1, on_border)


def _located(table: CellTable, x: Floats, y: Floats) -> tuple[Labels, Flags]:
    lattice = table.lattice
    right, top = lattice.x0 + lattice.columns * lattice.size, lattice.y0 + lattice.rows * lattice.size
    # The first square is outside, and what is not a number is not within either.
    within = (x >= lattice.x0) & (x < right) & (y >= lattice.y0) & (y < top)
    column, row = lattice.column(np.where(within, x, lattice.x0)), lattice.row(np.where(within, y, lattice.y0))
    square = np.minimum(row, lattice.rows - 1) * lattice.columns + np.minimum(column, lattice.columns - 1)
    label = table.answer[square]
    on_border = np.zeros(len(x), dtype=bool)
    near = np.flatnonzero(label < 0)
    if len(near):
        points = np.stack([x[near], y[near], lattice.centre_x(column[near]), lattice.centre_y(row[near])])
        label[near], on_border[near] = _walked(table, -1 - label[near], points)
    return label, on_border


def _walked(table: CellTable, square: Ints, points: Floats) -> tuple[Labels, Flags]:
    """Labels of points in border squares, from those of their centres and the edges crossed on the way there.

    Points come in four rows: theirs, and that of their centre.
    """
    label, first = table.border[square].T
    counts = table.border[square + 1, 1] - first
    begins = np.cumsum(counts) - counts
    point = np.repeat(np.arange(len(square)), counts)
    edge = table.listed[np.arange(len(point)) + np.repeat(first - begins, counts)]
    x1, y1, x2, y2 = ends = table.edges.ends[edge].T.copy()
    px, py, cx, cy = points[:, point]

    def left(which: Ints, at_x: Floats, at_y: Floats) -> tuple[Flags, Signs]:
        signs = side_signs(ends[:, which], at_x[which], at_y[which])
        # A level edge has the ways a little to its left where they run along it.
        return (signs > 0) | ((signs == 0) & (y1[which] == y2[which])), signs

    is_level, is_upright = (y1 <= py) & (py < y2), (x1 <= cx) != (x2 <= cx)
    level, upright = np.flatnonzero(is_level), np.flatnonzero(is_upright)
    turned, beside = np.flatnonzero(is_level | is_upright), np.flatnonzero((y1 <= py) & (py <= y2))
    at_turn, at_point = np.zeros(len(edge), dtype=bool), np.zeros(len(edge), dtype=bool)
    at_turn[turned], _ = left(turned, cx, py)
    at_point[beside], signs = left(beside, px, py)
    crossed = np.zeros(len(edge), dtype=bool)
    crossed[level] = at_point[level] != at_turn[level]
    # An edge that both ways cross is crossed by neither.
    crossed[upright] ^= at_turn[upright] != left(upright, cx, cy)[0]
    changing = np.flatnonzero(crossed)
    change = table.edges.sides[edge[changing]]
    label = label.copy()
    np.bitwise_xor.at(label, point[changing], change[:, 0] ^ change[:, 1])
    on = beside[signs == 0]
    on = on[(np.minimum(x1[on], x2[on]) <= px[on]) & (px[on] <= np.maximum(x1[on], x2[on]))]
    return _on_edges(label, point[on], table.edges.sides[edge[on]])


def _on_edges(label: Labels, point: Ints, sides: Labels) -> tuple[Labels, Flags]:
    """The lowest cell of all edges that a point lies on goes before the walk."""
    lowest = np.full(len(label), _BIG, dtype=np.int32)
    np.minimum.at(lowest, point, np.where(sides[:, 0] > 0, sides[:, 0], sides[:, 1]))
    on_border = lowest < _BIG
    return np.where(on_border, lowest, label), on_border
