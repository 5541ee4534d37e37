"""One point to one cell: the walk of :mod:`geo.locate` in plain Python, ten times faster than arrays of one."""

import math
from collections.abc import Callable, Sequence

from geo.cell_table import CellTable
from geo.sides import exact_side

# Rounding moves a side by less than this share of both products.
_UNSURE = 4e-16


def locator(table: CellTable) -> Callable[[float, float], tuple[int, bool]]:
    """Make the function that answers for one point.

    Parameters
    ----------
    table : CellTable

    Returns
    -------
    callable
        From x and y to the cell, or -1, and whether the point lies on a border. It gives
        what :meth:`geo.locate.CellIndex.locate` gives, for every double.
    """
    lattice = table.lattice
    x0, y0, columns, rows = lattice.x0, lattice.y0, lattice.columns, lattice.rows
    size, per_unit = lattice.size, 1.0 / lattice.size
    # A view of the memory is read faster than an array, and takes none.
    answer, listed, border, ends, sides, parted = (
        values.reshape(-1).data
        for values in (table.answer, table.listed, table.border, table.edges.ends, table.edges.sides, table.parted)
    )

    def beside(place: int, centre: int, x: float, y: float) -> tuple[int, bool]:
        edge = listed[border[place + 1]]
        side = _side(ends[4 * edge : 4 * edge + 4].tolist(), x, y)
        if side == 0:
            return (sides[2 * edge] or sides[2 * edge + 1]) - 1, True
        label: int = border[place]
        return (label if (side > 0) == (centre > 0) else label ^ sides[2 * edge] ^ sides[2 * edge + 1]) - 1, False

    def locate(x: float, y: float) -> tuple[int, bool]:
        # What is not a number, or infinite, is within nothing.
        if not (x0 <= x < x0 + columns * size and y0 <= y < y0 + rows * size):
            return -1, False
        column, row = min(int((x - x0) * per_unit), columns - 1), min(int((y - y0) * per_unit), rows - 1)
        label = answer[row * columns + column]
        if label >= 0:
            return label - 1, False
        place = -2 * (label + 1)
        centre = parted[-label - 1]
        if centre:
            return beside(place, centre, x, y)
        label = border[place]
        cx, cy = x0 + (column + 0.5) * size, y0 + (row + 0.5) * size
        lowest = 0
        for number in range(border[place + 1], border[place + 3]):
            edge = listed[number]
            x1, y1, x2, y2 = line = ends[4 * edge : 4 * edge + 4].tolist()
            is_upright = (x1 <= cx) != (x2 <= cx)
            if not (y1 <= y <= y2 or is_upright):
                continue
            at_turn = _is_left(line, cx, y)
            crossed = is_upright and at_turn != _is_left(line, cx, cy)
            if y1 <= y <= y2:
                side = _side(line, x, y)
                if side == 0 and (x1 <= x <= x2 or x2 <= x <= x1):
                    touching = sides[2 * edge] or sides[2 * edge + 1]
                    lowest = min(lowest, touching) if lowest else touching
                crossed ^= y < y2 and (side > 0) != at_turn
            if crossed:
                label ^= sides[2 * edge] ^ sides[2 * edge + 1]
        return (lowest or label) - 1, lowest > 0

    return locate


def touching_cells(table: CellTable, x: float, y: float) -> tuple[int, ...]:
    """All cells whose border a point lies on, lowest first.

    Parameters
    ----------
    table : CellTable
    x, y : float

    Returns
    -------
    tuple of int
        Empty inside a cell and outside all.
    """
    lattice = table.lattice
    x0, y0, size = lattice.x0, lattice.y0, lattice.size
    if not (x0 <= x < x0 + lattice.columns * size and y0 <= y < y0 + lattice.rows * size):
        return ()
    column = min(int((x - x0) * (1.0 / size)), lattice.columns - 1)
    row = min(int((y - y0) * (1.0 / size)), lattice.rows - 1)
    square = -1 - int(table.answer[row * lattice.columns + column])
    if square < 0:
        return ()
    first, last = int(table.border[square, 1]), int(table.border[square + 1, 1])
    found: set[int] = set()
    for edge in table.listed[first:last].tolist():
        x1, y1, x2, y2 = line = table.edges.ends[edge].tolist()
        if y1 <= y <= y2 and min(x1, x2) <= x <= max(x1, x2) and _side(line, x, y) == 0:
            found.update(table.edges.sides[edge].tolist())
    return tuple(label - 1 for label in sorted(found) if label)


def _side(edge: Sequence[float], x: float, y: float) -> float:
    x1, y1, x2, y2 = edge
    one, other = (x2 - x1) * (y - y1), (y2 - y1) * (x - x1)
    side = one - other
    if abs(side) <= _UNSURE * (abs(one) + abs(other)) + 2.3e-308 or math.isnan(side):
        return exact_side(edge, x, y)
    return side


def _is_left(edge: Sequence[float], x: float, y: float) -> bool:
    """Whether a place on the way lies left of an edge; a level edge has the way a little to its left."""
    side = _side(edge, x, y)
    return side > 0 or (side == 0 and edge[1] == edge[3])
