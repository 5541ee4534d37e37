"""A raster of answers over cells: what lies at a point without looking at any edge, or which edges to look at.

The raster is laid over the cells; where no edge comes, a square holds its answer. Where
edges come, it holds the answer at its centre and the edges, from which the way to the
centre is walked (:mod:`geo.locate`).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeometryProblem
from geo.rings import Floats, Ints
from geo.sides import Signs, side_signs

Labels = NDArray[np.int32]

# Squares to the diameter of a middling cell, and at most.
_TO_A_CELL = 30
_MOST_SQUARES = 12_000_000
# The raster begins at odd fractions of a square before the cells, so that round coordinates miss its lines.
_BEFORE = (1.381966, 1.414214)
_SHIFT = (0.0618034, 0.0754878)
_BEHIND = 2
# Edges are put into more squares than they touch by so much, and centres keep off them by so much, in squares.
_WIDER = 1e-6
_CLOSE = 1e-9
# What ends farther than this outside a square, in squares, does not end in it.
_CLEAR = 1e-3
_MOST_SHIFTS = 20
_EDGES_AT_ONCE = 1 << 17
# Edges are kept by bands of eight rows.
_BAND_BITS = 3


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of cells, each once, with the labels of both sides.

    Attributes
    ----------
    ends : ndarray of float, shape (m, 4)
        Lower end and higher end, x before y; of level edges the left one comes first.
    sides : ndarray of int32, shape (m, 2)
        Labels of both sides, the smaller first; 0 is no cell.
    """

    # One row lies in one line of the processor's cache.
    ends: Floats
    sides: Labels


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the squares of a raster lie.

    Attributes
    ----------
    x0, y0 : float
        Its lower left corner.
    size : float
        Side of a square.
    columns, rows : int
    """

    x0: float
    y0: float
    size: float
    columns: int
    rows: int

    def across(self, x: Floats) -> Floats:
        """How many squares each x lies from the left; one formula for edges and points, so rounding is the same."""
        return np.asarray((x - self.x0) * (1.0 / self.size))

    def up(self, y: Floats) -> Floats:
        """How many squares each y lies from below."""
        return np.asarray((y - self.y0) * (1.0 / self.size))

    def column(self, x: Floats) -> Ints:
        """Column of each x, not clipped."""
        return self.across(x).astype(np.int64)

    def row(self, y: Floats) -> Ints:
        """Row of each y, not clipped."""
        return self.up(y).astype(np.int64)

    def centre_x(self, column: Ints) -> Floats:
        """Middle of each column."""
        return np.asarray(self.x0 + (column + 0.5) * self.size)

    def centre_y(self, row: Ints) -> Floats:
        """Middle of each row."""
        return np.asarray(self.y0 + (row + 0.5) * self.size)


@dataclass(frozen=True, slots=True)
class CellTable:
    """The raster.

    Attributes
    ----------
    lattice : Lattice
    edges : Edges
    answer : ndarray of int32, shape (rows * columns,)
        Label of the square, or -(number of a border square) - 1.
    border : ndarray of int32, shape (b + 1, 2)
        Of each border square the label at its centre, and where its edges begin in ``listed``.
    listed : ndarray of int32
        Numbers of edges.
    parted : ndarray of int8, shape (b,)
        Of each border square that a single edge parts in two, on which side of the edge its
        centre lies; 0 of others.
    """

    lattice: Lattice
    edges: Edges
    answer: Labels
    border: Labels
    listed: Labels
    parted: Signs


def table_of(edges: Edges, *, cells: int, middling: float) -> CellTable:
    """Lay a raster over edges.

    Parameters
    ----------
    edges : Edges
        Of cells that do not overlap.
    cells : int
        How many labels there are besides 0.
    middling : float
        Diameter of a middling cell, in the unit of the coordinates.

    Returns
    -------
    CellTable

    Raises
    ------
    GeometryProblem
        If the labels do not add up: the edges are not those of such cells.
    """
    lattice = _lattice(edges, middling)
    for _ in range(_MOST_SHIFTS):
        labels = _centres(edges, lattice)
        if labels is not None:
            break
        # A crossing too close to a centre to tell its side by: the next raster has other centres.
        lattice = replace(lattice, x0=lattice.x0 - _SHIFT[0] * lattice.size, y0=lattice.y0 - _SHIFT[1] * lattice.size)
    if labels is None or labels.min() < 0 or labels.max() > cells:
        raise GeometryProblem(
            "网格边界不能闭合,无法建立查询索引。请先运行 check。",
            "The borders of the cells do not close, so no index can be built. Run a check first.",
        )
    edges = _in_order(edges, lattice)
    square, edge = _touched(edges, lattice)
    order = np.argsort(square, kind="stable")
    bordering, first = np.unique(square[order], return_index=True)
    centre = labels[bordering]
    labels[bordering] = -1 - np.arange(len(bordering), dtype=np.int32)
    border = np.column_stack([np.append(centre, 0), np.append(first, len(order))]).astype(np.int32)
    listed = edge[order].astype(np.int32)
    return CellTable(lattice, edges, labels, border, listed, _parted(edges, lattice, bordering, border[:, 1], listed))


def _lattice(edges: Edges, middling: float) -> Lattice:
    (left, low), (right, high) = edges.ends.reshape(-1, 2).min(axis=0), edges.ends.reshape(-1, 2).max(axis=0)
    width, height = max(right - left, middling), max(high - low, middling)
    size = float(max(middling / _TO_A_CELL, np.sqrt(width * height / _MOST_SQUARES)))
    return Lattice(
        float(left - _BEFORE[0] * size),
        float(low - _BEFORE[1] * size),
        size,
        int((right - left) / size) + 2 * _BEHIND + 1,
        int((high - low) / size) + 2 * _BEHIND + 1,
    )


def _centres(edges: Edges, lattice: Lattice) -> Labels | None:
    """Label at the centre of each square, or None where a crossing comes too close to one to tell."""
    labels = np.zeros(lattice.rows * lattice.columns, dtype=np.int32)
    change = edges.sides[:, 0] ^ edges.sides[:, 1]
    for begin in range(0, len(change), _EDGES_AT_ONCE):
        x1, y1, x2, y2 = edges.ends[begin : begin + _EDGES_AT_ONCE].T.copy()
        edge, row = _expanded(lattice.row(y1) - 1, lattice.row(y2) + 1)
        y = lattice.centre_y(row)
        # Half open, so that of two edges that meet on a centre line one counts.
        crossed = (y1[edge] <= y) & (y < y2[edge])
        edge, row, y = edge[crossed], row[crossed], y[crossed]
        share = (y - y1[edge]) / (y2[edge] - y1[edge])
        place = (x1[edge] + share * (x2[edge] - x1[edge]) - lattice.x0) / lattice.size - 0.5
        column = np.ceil(place)
        if (np.abs(place - np.round(place)) < _CLOSE).any():
            return None
        square = row * lattice.columns + column.astype(np.int64)
        np.bitwise_xor.at(labels, square, change[edge + begin])
    table = labels.reshape(lattice.rows, lattice.columns)
    np.bitwise_xor.accumulate(table, axis=1, out=table)
    return labels


def _in_order(edges: Edges, lattice: Lattice) -> Edges:
    """Edges that lie near each other stand near each other."""
    band, column = lattice.row(edges.ends[:, 1]) >> _BAND_BITS, lattice.column(edges.ends[:, 0])
    order = np.argsort(band * lattice.columns + column, kind="stable")
    return Edges(edges.ends[order], edges.sides[order])


def _touched(edges: Edges, lattice: Lattice) -> tuple[Ints, Ints]:
    """Squares that each edge comes into, or so near that rounding might take it there; pairs of square and edge."""
    squares, numbers = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    wider = _WIDER * lattice.size
    for begin in range(0, len(edges.ends), _EDGES_AT_ONCE):
        x1, y1, x2, y2 = edges.ends[begin : begin + _EDGES_AT_ONCE].T.copy()
        edge, row = _expanded(lattice.row(y1 - wider), lattice.row(y2 + wider))
        below = lattice.y0 + row * lattice.size - wider
        rise = np.where(y2 > y1, y2 - y1, 1.0)[edge]
        enters = np.where(y2[edge] > y1[edge], np.clip((below - y1[edge]) / rise, 0.0, 1.0), 0.0)
        leaves = np.clip((below + lattice.size + 2 * wider - y1[edge]) / rise, 0.0, 1.0)
        leaves = np.where(y2[edge] > y1[edge], leaves, 1.0)
        run = (x2 - x1)[edge]
        one, other = x1[edge] + enters * run, x1[edge] + leaves * run
        west, east = np.minimum(x1, x2)[edge], np.maximum(x1, x2)[edge]
        start = np.clip(np.minimum(one, other) - wider, west, east)
        end = np.clip(np.maximum(one, other) + wider, west, east)
        pair, column = _expanded(lattice.column(start), lattice.column(end))
        squares.append(row[pair] * lattice.columns + column)
        numbers.append(edge[pair] + begin)
    return np.concatenate(squares), np.concatenate(numbers)


def _parted(edges: Edges, lattice: Lattice, square: Ints, first: Labels, listed: Labels) -> Signs:
    """On which side of its one edge the centre of each border square lies; 0 where more is to be looked at.

    An edge that comes into a square, and begins and ends well outside it, parts it along a line.
    """
    parted = np.zeros(len(square), dtype=np.int8)
    single = np.flatnonzero(np.diff(first) == 1)
    row, column = np.divmod(square[single], lattice.columns)
    centre = np.column_stack([lattice.centre_x(column), lattice.centre_y(row)])
    ends = edges.ends[listed[first[single]]]
    away = np.abs(ends.reshape(-1, 2, 2) - centre[:, None]).max(axis=2).min(axis=1)
    crosses = away > (0.5 + _CLEAR) * lattice.size
    parted[single] = np.where(crosses, side_signs(ends.T, centre[:, 0], centre[:, 1]), 0)
    return parted


def _expanded(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Every whole number from first to last, with the position of the pair it comes from."""
    counts = last - first + 1
    source = np.repeat(np.arange(len(first)), counts)
    step = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    return source, first[source] + step
