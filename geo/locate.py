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
from geo.sides import Signs, corner_signs, side_signs

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
    # What is as far away as the largest numbers lies outside, like everything that is not within.
    with np.errstate(over="ignore"):
        across, up = lattice.across(x), lattice.up(y)
    within = (across >= 0) & (across < lattice.columns) & (up >= 0) & (up < lattice.rows)
    # The first square is outside, and what is not a number is not within either.
    column, row = np.where(within, across, 0.0).astype(np.int64), np.where(within, up, 0.0).astype(np.int64)
    label = table.answer.take(row * lattice.columns + column)
    on_border = np.zeros(len(x), dtype=bool)
    near = np.flatnonzero(label < 0)
    if len(near):
        border = -1 - label[near]
        centre = table.parted[border]
        parted, other = np.flatnonzero(centre), np.flatnonzero(centre == 0)
        crossed, walked = near[parted], near[other]
        label[crossed], on_border[crossed] = _beside(table, border[parted], centre[parted], x[crossed], y[crossed])
        if len(walked):
            points = np.stack([x[walked], y[walked], lattice.centre_x(column[walked]), lattice.centre_y(row[walked])])
            label[walked], on_border[walked] = _walked(table, border[other], points)
    return label, on_border


def _beside(table: CellTable, square: Labels, centre: Signs, x: Floats, y: Floats) -> tuple[Labels, Flags]:
    """Labels of points in squares that one edge parts: that of the centre, or of the other side."""
    label, first = table.border.take(square, axis=0).T
    edge = table.listed.take(first)
    signs = side_signs(table.edges.ends.take(edge, axis=0).T.copy(), x, y)
    sides = table.edges.sides.take(edge, axis=0)
    label = np.where(signs == centre, label, label ^ sides[:, 0] ^ sides[:, 1])
    on_border = signs == 0
    on = np.flatnonzero(on_border)
    label[on] = np.where(sides[on, 0] > 0, sides[on, 0], sides[on, 1])
    return label, on_border


def _walked(table: CellTable, square: Labels, points: Floats) -> tuple[Labels, Flags]:
    """Labels of points in border squares, from those of their centres and the edges crossed on the way there.

    Points come in four rows: theirs, and that of their centre.
    """
    label, first = table.border.take(square, axis=0).T
    counts = table.border[square + 1, 1] - first
    begins = np.cumsum(counts) - counts
    edge = table.listed.take(np.arange(counts.sum()) + np.repeat(first - begins, counts))
    x1, y1, x2, y2 = ends = table.edges.ends.take(edge, axis=0).T.copy()
    px, py, cx, cy = (np.repeat(values, counts) for values in points)
    is_level = y1 == y2
    signs, *others = corner_signs(ends, px, py, cx, cy)
    # A level edge has the ways a little to its left where they run along it.
    at_point, at_turn, at_end = ((sign > 0) | ((sign == 0) & is_level) for sign in (signs, *others))
    crossed = (y1 <= py) & (py < y2) & (at_point != at_turn)
    # An edge that both ways cross is crossed by neither.
    crossed ^= ((x1 <= cx) != (x2 <= cx)) & (at_turn != at_end)
    sides = table.edges.sides.take(edge, axis=0)
    change = np.where(crossed, sides[:, 0] ^ sides[:, 1], 0)
    label = label ^ np.bitwise_xor.reduceat(change, begins)
    on = np.flatnonzero((signs == 0) & (y1 <= py) & (py <= y2))
    on = on[(np.minimum(x1[on], x2[on]) <= px[on]) & (px[on] <= np.maximum(x1[on], x2[on]))]
    return _on_edges(label, np.searchsorted(begins, on, side="right") - 1, sides[on])


def _on_edges(label: Labels, point: Ints, sides: Labels) -> tuple[Labels, Flags]:
    """The lowest cell of all edges that a point lies on goes before the walk."""
    lowest = np.full(len(label), _BIG, dtype=np.int32)
    np.minimum.at(lowest, point, np.where(sides[:, 0] > 0, sides[:, 0], sides[:, 1]))
    on_border = lowest < _BIG
    return np.where(on_border, lowest, label), on_border
