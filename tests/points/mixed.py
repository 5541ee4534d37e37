"""A mixture of points as services ask for them, and as only tests do."""

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

Points = NDArray[np.float64]

_NEAR, _ON_CORNERS, _ON_EDGES, _OUTSIDE = 0.10, 0.01, 0.01, 0.10


def mixed_points(cells: NDArray[np.object_], rng: Generator, *, count: int, near: float = 5.0) -> Points:
    """Draw points: a tenth near borders, a hundredth on vertices and on edges each, a tenth outside.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
    rng : Generator
    count : int
    near : float
        How far from a border is near, in the unit of the cells.

    Returns
    -------
    ndarray of float, shape (count, 2)
        In an order without structure.
    """
    corners = shapely.get_coordinates(cells)
    low, high = shapely.total_bounds(cells).reshape(2, 2)

    def some(share: float) -> Points:
        return np.asarray(corners[rng.integers(len(corners) - 1, size=int(count * share))])

    start = rng.integers(len(corners) - 1, size=int(count * _ON_EDGES))
    beside = some(_NEAR)
    outside = rng.uniform(low, high, (int(count * _OUTSIDE), 2))
    outside[:, 0] += np.where(rng.random(len(outside)) < 0.5, 1.0, -1.0) * (high[0] - low[0])
    special = [beside + rng.uniform(-near, near, beside.shape), some(_ON_CORNERS), outside]
    special.append((corners[start] + corners[start + 1]) / 2)
    rest = count - sum(map(len, special))
    return np.asarray(rng.permutation(np.concatenate([*special, rng.uniform(low, high, (rest, 2))])))
