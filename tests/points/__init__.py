"""Points that are hard to place: on borders, one bit beside them, level with corners, on the lines of a raster."""

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geo.cell_table import Lattice

Points = NDArray[np.float64]


def hard_points(cells: NDArray[np.object_], lattice: Lattice, rng: Generator, *, count: int) -> Points:
    """Draw points of twelve kinds.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
    lattice : Lattice
        Of the raster whose corners, centres and lines are drawn too.
    rng : Generator
    count : int
        Of each kind.

    Returns
    -------
    ndarray of float, shape (12 * count, 2)
        In an order without structure.
    """
    corners, edges = shapely.get_coordinates(cells), _edges(cells)
    low, high = shapely.total_bounds(cells).reshape(2, 2)
    margin = 0.1 * (high - low)

    def anywhere() -> Points:
        return rng.uniform(low - margin, high + margin, (count, 2))

    def on_edges(share: Points) -> Points:
        chosen = edges[rng.integers(len(edges), size=count)]
        return np.asarray(chosen[:, 0] + (chosen[:, 1] - chosen[:, 0]) * share)

    corner, level, upright = (corners[rng.integers(len(corners), size=count)] for _ in range(3))
    column, row = rng.integers(0, lattice.columns, count), rng.integers(0, lattice.rows, count)
    centre = np.column_stack([lattice.centre_x(column), lattice.centre_y(row)])
    middle = on_edges(np.full((count, 1), 0.5))
    drawn = np.concatenate(
        [
            corner,
            _one_bit_beside(corner, rng),
            middle,
            _one_bit_beside(middle, rng),
            on_edges(rng.random((count, 1))),
            np.column_stack([anywhere()[:, 0], level[:, 1]]),
            np.column_stack([upright[:, 0], anywhere()[:, 1]]),
            np.column_stack([lattice.x0 + column * lattice.size, lattice.y0 + row * lattice.size]),
            centre,
            np.column_stack([centre[:, 0], level[:, 1]]),
            np.column_stack([upright[:, 0], centre[:, 1]]),
            anywhere(),
        ]
    )
    # GEOS takes a point for one on the border where a product falls below the smallest double.
    drawn = np.where(np.abs(drawn) < np.finfo(float).tiny, 0.0, drawn)
    return np.asarray(rng.permutation(drawn))


def _edges(cells: NDArray[np.object_]) -> NDArray[np.float64]:
    rings = shapely.get_rings(shapely.get_parts(cells))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return np.stack([xy[:-1][same], xy[1:][same]], axis=1)


def _one_bit_beside(points: Points, rng: Generator) -> Points:
    way = rng.integers(-1, 2, points.shape)
    return np.where(way == 0, points, np.nextafter(points, np.where(way > 0, np.inf, -np.inf)))
