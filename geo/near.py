"""Which cells are near a point, and how near, told from the edges that the raster lists around it."""

from collections.abc import Callable

import numpy as np

from geo.cell_table import CellTable
from geo.rings import Floats, Ints

ToPlane = Callable[[Floats], Floats]


def near_cells(
    table: CellTable, x: float, y: float, *, within_m: float, reach: tuple[float, float], to_plane: ToPlane
) -> list[tuple[int, float]]:
    """Find the cells whose border comes near a point.

    Parameters
    ----------
    table : CellTable
    x, y : float
        In the coordinates of the table.
    within_m : float
        How near, in metres.
    reach : tuple of float
        At least as far in x and in y, in the coordinates of the table.
    to_plane : callable
        From coordinates of the table, shape (n, 2), to metres.

    Returns
    -------
    list of (int, float)
        Cell and distance from its border in metres, the nearest first. A cell that holds
        the point stands here too, with the distance from its border.
    """
    edges = _edges_around(table, x, y, reach)
    if not len(edges):
        return []
    ends = to_plane(table.edges.ends[edges].reshape(-1, 2)).reshape(-1, 2, 2)
    distance = _from_edges(to_plane(np.array([[x, y]]))[0], ends[:, 0], ends[:, 1])
    labels, distances = table.edges.sides[edges].reshape(-1), np.repeat(distance, 2)
    wanted = (labels > 0) & (distances <= within_m)
    order = np.lexsort((labels[wanted], distances[wanted]))
    labels, distances = labels[wanted][order], distances[wanted][order]
    _, first = np.unique(labels, return_index=True)
    first.sort()
    return list(zip((labels[first] - 1).tolist(), distances[first].tolist(), strict=True))


def _edges_around(table: CellTable, x: float, y: float, reach: tuple[float, float]) -> Ints:
    lattice = table.lattice
    columns = np.clip(lattice.column(np.array([x - reach[0], x + reach[0]])), 0, lattice.columns - 1)
    rows = np.clip(lattice.row(np.array([y - reach[1], y + reach[1]])), 0, lattice.rows - 1)
    squares = table.answer.reshape(lattice.rows, lattice.columns)
    window = squares[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1]
    square = (-1 - window[window < 0]).astype(np.int64)
    first = table.border[square, 1].astype(np.int64)
    counts = table.border[square + 1, 1] - first
    begins = np.cumsum(counts) - counts
    places = np.arange(counts.sum()) + np.repeat(first - begins, counts)
    return np.unique(table.listed[places])


def _from_edges(point: Floats, start: Floats, end: Floats) -> Floats:
    """Distance of a point from each edge."""
    along = end - start
    length2 = np.maximum((along**2).sum(axis=1), np.finfo(float).tiny)
    share = np.clip(((point - start) * along).sum(axis=1) / length2, 0.0, 1.0)
    return np.asarray(np.hypot(*(start + share[:, None] * along - point).T))
