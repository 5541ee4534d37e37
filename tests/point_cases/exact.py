"""Which cells a point touches, by whole numbers and fractions alone: slow, short, and sure.

It shares nothing with the index, with GEOS or with any other library. Doubles are compared
as they are, which is exact; where arithmetic is needed they become fractions first.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

Ring = Sequence[Sequence[float]]
# Polygons of a cell, each a shell and its holes: the coordinates of a GeoJSON MultiPolygon.
Cell = Sequence[Sequence[Ring]]
Edge = tuple[float, float, float, float]


def touching(cells: Sequence[Cell], x: float, y: float) -> tuple[list[int], bool]:
    """Find all cells that a point touches.

    Parameters
    ----------
    cells : sequence of cells
        Valid polygons.
    x, y : float
        Finite.

    Returns
    -------
    list of int, bool
        Positions of the cells, ascending, and whether the point lies on the border of one.
    """
    found, on_border = [], False
    for position, cell in enumerate(cells):
        is_inside, is_on = _meets(edges_of(cell), x, y)
        on_border |= is_on
        if is_inside or is_on:
            found.append(position)
    return found, on_border


def edges_of(cell: Cell) -> Iterator[Edge]:
    """Edges of all rings."""
    for polygon in cell:
        for ring in polygon:
            for (x1, y1), (x2, y2) in pairwise(ring):
                yield x1, y1, x2, y2


def _meets(edges: Iterable[Edge], x: float, y: float) -> tuple[bool, bool]:
    """Whether a ray to the right crosses the border an odd number of times, and whether the point is on it."""
    is_inside = False
    for edge in edges:
        x1, y1, x2, y2 = edge
        if not min(y1, y2) <= y <= max(y1, y2):
            continue
        side = _side(edge, x, y)
        if side == 0 and min(x1, x2) <= x <= max(x1, x2):
            return False, True
        # Half open: of two edges that meet at this height one counts.
        if (y1 > y) != (y2 > y):
            is_inside ^= (side > 0) == (y2 > y1)
    return is_inside, False


def _side(edge: Edge, x: float, y: float) -> int:
    """1 to the left of the line through an edge, -1 to its right, 0 on it."""
    x1, y1, x2, y2 = map(Fraction, edge)
    product = (x2 - x1) * (Fraction(y) - y1) - (y2 - y1) * (Fraction(x) - x1)
    return (product > 0) - (product < 0)
