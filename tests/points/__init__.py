"""Points that are hard to place: on borders, one bit beside them, level with corners, on the lines of a raster."""

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geo.cell_table import Lattice

Points = NDArray[np.float64]
Cells = NDArray[np.object_]

# GEOS takes a point for one on the border where a product falls below the smallest double.
SMALLEST = 1e-300


def hard_points(cells: Cells, lattice: Lattice, rng: Generator, *, count: int) -> Points:
    """Draw points of all kinds of :func:`kinds_of_points`.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
    lattice : Lattice
    rng : Generator
    count : int
        Of each kind.

    Returns
    -------
    ndarray of float, shape (n, 2)
        In an order without structure.
    """
    return np.asarray(rng.permutation(np.concatenate(list(kinds_of_points(cells, lattice, rng, count=count).values()))))


def kinds_of_points(cells: Cells, lattice: Lattice, rng: Generator, *, count: int) -> dict[str, Points]:
    """Draw hard points, kind by kind.

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
    dict of str to ndarray of float, shape (count, 2)
        Kinds that these cells do not have, for want of level edges or of holes, are missing.
        No coordinate is nearer to 0 than ``SMALLEST``, but for 0 itself.
    """
    drawn = {**_at_edges(cells, rng, count), **_in_line(cells, rng, count), **_at_squares(cells, lattice, rng, count)}
    drawn["in holes and gaps"] = _in_holes(cells, rng, count)
    drawn["anywhere"] = _anywhere(cells, rng, count)
    return {kind: np.where(np.abs(xy) < SMALLEST, 0.0, xy) for kind, xy in drawn.items() if len(xy)}


def one_bit_beside(points: Points, rng: Generator) -> Points:
    """Neighbours of points, or those themselves, in each of nine directions."""
    way = rng.integers(-1, 2, points.shape)
    return np.where(way == 0, points, np.nextafter(points, np.where(way > 0, np.inf, -np.inf)))


def _at_edges(cells: Cells, rng: Generator, count: int) -> dict[str, Points]:
    start, end = _some(_edges(cells), rng, count).swapaxes(0, 1)
    corner = _some(shapely.get_coordinates(cells), rng, count)
    middle, anywhere = (start + end) / 2, start + (end - start) * rng.random((count, 1))
    return {
        "vertices": corner,
        "one bit beside vertices": one_bit_beside(corner, rng),
        "middles of edges": middle,
        "one bit beside middles": one_bit_beside(middle, rng),
        "on edges": anywhere,
        "one bit beside edges": one_bit_beside(anywhere, rng),
        # The next vertices may lie there too.
        "on lines of edges, beyond their ends": end + (end - start) * _near_and_far(rng, count),
    }


def _in_line(cells: Cells, rng: Generator, count: int) -> dict[str, Points]:
    """Points that share x or y with vertices, or with edges along it, and lie elsewhere on that line."""
    anywhere, (one, other) = (
        _anywhere(cells, rng, count),
        _some(shapely.get_coordinates(cells), rng, 2 * count).reshape(2, count, 2),
    )
    edges = _edges(cells)
    drawn = {
        "level with vertices": np.column_stack([anywhere[:, 0], one[:, 1]]),
        "above and below vertices": np.column_stack([one[:, 0], anywhere[:, 1]]),
        "x of one vertex, y of another": np.column_stack([one[:, 0], other[:, 1]]),
    }
    for name, along in (("level", 0), ("upright", 1)):
        flat = edges[edges[:, 0, 1 - along] == edges[:, 1, 1 - along]]
        if len(flat):
            beyond = _some(flat, rng, count)[np.arange(count), rng.integers(0, 2, count)]
            beyond[:, along] += (_near_and_far(rng, count) * np.ptp(anywhere[:, along]) * _signs(rng, count))[:, 0]
            drawn[f"in line with {name} edges, beyond their ends"] = beyond
    return drawn


def _at_squares(cells: Cells, lattice: Lattice, rng: Generator, count: int) -> dict[str, Points]:
    corners = shapely.get_coordinates(cells)
    one, other = _some(corners, rng, count), _some(corners, rng, count)
    column, row = rng.integers(0, lattice.columns, count), rng.integers(0, lattice.rows, count)
    centre = np.column_stack([lattice.centre_x(column), lattice.centre_y(row)])
    corner = np.column_stack([lattice.x0 + column * lattice.size, lattice.y0 + row * lattice.size])
    return {
        "corners of squares": corner,
        "one bit beside corners of squares": one_bit_beside(corner, rng),
        "centres of squares": centre,
        "one bit beside centres of squares": one_bit_beside(centre, rng),
        "on centre lines, level with vertices": np.column_stack([centre[:, 0], one[:, 1]]),
        "on centre lines, above and below vertices": np.column_stack([other[:, 0], centre[:, 1]]),
        "one bit beside centre lines": one_bit_beside(np.column_stack([other[:, 0], centre[:, 1]]), rng),
    }


def _in_holes(cells: Cells, rng: Generator, count: int) -> Points:
    """Points within the bounds of holes and of gaps that cells surround."""
    parts = shapely.get_parts(np.append(cells, shapely.coverage_union_all(cells)))
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = rings[np.append(False, part[1:] == part[:-1])]
    if not len(inner):
        return np.empty((0, 2))
    bounds = _some(shapely.bounds(inner), rng, count)
    return np.asarray(bounds[:, :2] + (bounds[:, 2:] - bounds[:, :2]) * rng.random((count, 2)))


def _anywhere(cells: Cells, rng: Generator, count: int) -> Points:
    low, high = shapely.total_bounds(cells).reshape(2, 2)
    margin = 0.1 * (high - low)
    return np.asarray(rng.uniform(low - margin, high + margin, (count, 2)))


def _edges(cells: Cells) -> NDArray[np.float64]:
    rings = shapely.get_rings(shapely.get_parts(cells))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return np.stack([xy[:-1][same], xy[1:][same]], axis=1)


def _some(values: NDArray[np.float64], rng: Generator, count: int) -> NDArray[np.float64]:
    return np.asarray(values[rng.integers(len(values), size=count)])


def _near_and_far(rng: Generator, count: int) -> NDArray[np.float64]:
    """From the last bit to the whole, every power as often."""
    return np.asarray(10.0 ** rng.uniform(-16, 0, (count, 1)))


def _signs(rng: Generator, count: int) -> NDArray[np.float64]:
    return np.where(rng.random((count, 1)) < 0.5, -1.0, 1.0)
