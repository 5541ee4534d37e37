"""Layers of cells that do not overlap, of every shape that an index has to stand."""

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, box

from tests.synthetic import make

Cells = NDArray[np.object_]


def _array(cells: list[Polygon | MultiPolygon]) -> Cells:
    made = np.empty(len(cells), dtype=object)
    made[:] = cells
    return made


def lattice_of_boxes(steps: NDArray[np.float64]) -> Cells:
    """Boxes between the same steps in x and y."""
    count = len(steps) - 1
    return _array([box(steps[i], steps[j], steps[i + 1], steps[j + 1]) for i in range(count) for j in range(count)])


def _irregular() -> Cells:
    return np.asarray(make("clean", cells=144, seed=2).cells, dtype=object)


def _in_degrees() -> Cells:
    cells = _irregular()
    corner = shapely.total_bounds(cells)[:2]
    return np.asarray(shapely.transform(cells, lambda xy: np.round((xy - corner) * 1e-5 + (119.18, 32.27), 9)))


def _round_the_origin() -> Cells:
    cells = _irregular()
    middle = shapely.total_bounds(cells).reshape(2, 2).mean(axis=0)
    return np.asarray(shapely.transform(cells, lambda xy: xy - middle))


def _holed() -> Cells:
    outer = lattice_of_boxes(np.arange(0.0, 20.0, 4.0))
    holes = [box(x + 1, y + 1, x + 2, y + 3).exterior.coords for x, y, *_ in shapely.bounds(outer)]
    return _array([Polygon(cell.exterior, [hole]) for cell, hole in zip(outer, holes, strict=True)])


def _in_parts() -> Cells:
    return _array(
        [*(MultiPolygon([box(i, 0, i + 1, 1), box(i, 2, i + 1, 3)]) for i in range(8)), box(0, 1, 8, 2).segmentize(1.0)]
    )


def _sparse() -> Cells:
    cells = lattice_of_boxes(np.arange(13) / 4)
    return np.asarray(cells[np.random.default_rng(1).random(len(cells)) < 0.6])


def _discs() -> Cells:
    return _array([shapely.Point(3 * i, 3 * j).buffer(1.2) for i in range(6) for j in range(6)])


LAYERS: dict[str, Callable[[], Cells]] = {
    "irregular": _irregular,
    "degrees": _in_degrees,
    "round the origin": _round_the_origin,
    "boxes on powers of two": lambda: lattice_of_boxes(np.arange(13) / 4),
    "boxes on decimals": lambda: lattice_of_boxes(np.round(np.arange(13) * 0.1, 10)),
    "boxes with gaps": _sparse,
    "holes": _holed,
    "parts": _in_parts,
    "discs": _discs,
}
