"""Indexes with squares of a wanted size, and cells with edges or corners on the centre lines of these."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon, box

import geo.cell_table
from geo.cell_edges import edges_of
from geo.cell_table import CellTable, Lattice, table_of

Cells = NDArray[np.object_]


def table_with(cells: Cells, *, squares: int, tolerance: float) -> CellTable:
    """Lay a raster with so many squares to the diameter of a middling cell."""
    middling = float(np.sqrt(shapely.area(cells).mean())) * geo.cell_table._TO_A_CELL / squares
    return table_of(edges_of(cells, tolerance=tolerance), cells=len(cells), middling=middling)


def level_on_centre_lines(*, squares: int, count: int = 12) -> Cells:
    """Rows of slanted quadrangles that meet in the centre lines of a raster with ``squares`` squares to a cell."""
    nodes, lattice = _nodes(squares, count)
    nodes[1:-1, :, 0] += np.random.default_rng(squares).uniform(-0.3, 0.3, (count - 1, count + 1))
    nodes[:, 1:-1, 1] = lattice.centre_y(lattice.row(nodes[:, 1:-1, 1]))
    return _quadrangles(nodes)


def corners_on_centre_lines(*, squares: int, count: int = 12) -> Cells:
    """Slanted quadrangles, every other corner of which lies above the centres of a column of squares."""
    nodes, lattice = _nodes(squares, count)
    inner = nodes[1:-1, 1:-1]
    inner += np.random.default_rng(squares).uniform(-0.2, 0.2, inner.shape)
    # Were the next corner there too, an upright edge would run through the centres.
    chosen = np.indices(inner.shape[:2]).sum(axis=0) % 2 == 0
    inner[chosen, 0] = lattice.centre_x(lattice.column(inner[chosen, 0]))
    return _quadrangles(nodes)


def _nodes(squares: int, count: int) -> tuple[NDArray[np.float64], Lattice]:
    """Corners of unit boxes, and the raster that will lie over all cells of these bounds and this mean area."""
    steps = np.arange(count + 1.0)
    boxes = np.array([box(x, y, x + 1, y + 1) for x in steps[:-1] for y in steps[:-1]])
    lattice = table_with(boxes, squares=squares, tolerance=1e-9).lattice
    return np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=2), lattice


def _quadrangles(nodes: NDArray[np.float64]) -> Cells:
    corners = np.stack([nodes[:-1, :-1], nodes[1:, :-1], nodes[1:, 1:], nodes[:-1, 1:]], axis=2)
    return np.array([Polygon(ring) for ring in corners.reshape(-1, 4, 2)])
