"""A small town as the service stores it: communities with a chain of vertices, and grids that fill them."""

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.laying import lay
from geo.chain import Precision
from geo.crs import STORAGE_CRS, STORAGE_DECIMALS, SourceCrs, parse_crs
from geo.mesh import scale_of
from geo.reshaped import Division
from tests.synthetic.sample import METRIC_CRS, make_town

TOLERANCE = 2e-9


@dataclass(frozen=True)
class LaidTown:
    """Communities and their grids, in stored degrees.

    Attributes
    ----------
    areas : ndarray of Polygon
    grids : ndarray of Polygon
    home : ndarray of int
        For each grid the position of its community.
    """

    areas: NDArray[np.object_]
    grids: NDArray[np.object_]
    home: NDArray[np.int64]

    @property
    def precision(self) -> Precision:
        """Of stored degrees here."""
        scale = scale_of(SourceCrs(STORAGE_CRS, STORAGE_CRS), self.areas)
        return Precision(TOLERANCE, STORAGE_DECIMALS, (float(scale[0]), float(scale[1])))

    def division(self, area: int = 0) -> Division:
        """The grids of one community."""
        return Division(self.grids[self.home == area], self.areas[area], self.precision)


@lru_cache
def laid_town(*, columns: int = 3, cells: int = 100, seed: int = 0) -> LaidTown:
    """Communities in a row, as they are after loading."""
    samples = list(make_town("clean", columns=columns, rows=1, cells=cells, seed=seed))
    source = parse_crs(METRIC_CRS)
    areas = lay(np.array([one.parent for one in samples], dtype=object), source, stored=_none(), is_chain=True).shapes
    drawn = np.concatenate([one.cells for one in samples])
    laid = lay(drawn, source, stored=areas, is_chain=False)
    areas = areas.copy()
    for index, shape in laid.refined.items():
        areas[index] = shape
    home = np.repeat(np.arange(columns), [len(one.cells) for one in samples])
    return LaidTown(areas, laid.shapes, home)


def _none() -> NDArray[np.object_]:
    return np.empty(0, dtype=object)


def square_division(*, step_m: float = 2.0) -> Division:
    """Nine squares of 100 m in a community whose border has a vertex every two metres; metres all over."""
    parent = shapely.transform(shapely.segmentize(shapely.box(0, 0, 300, 300), step_m), lambda xy: np.round(xy, 9))
    cells = [shapely.box(x, y, x + 100, y + 100) for y in (0, 100, 200) for x in (0, 100, 200)]
    along = [_along_parent(cell, parent) for cell in cells]
    return Division(np.array(along, dtype=object), parent, Precision(1e-7, 9, (1.0, 1.0)))


def _along_parent(cell: shapely.Polygon, parent: shapely.Polygon) -> shapely.Polygon:
    """A square with the vertices of its parent along the common border."""
    corners = shapely.get_coordinates(cell)
    chain = shapely.get_coordinates(parent)
    rows = []
    for start, end in itertools.pairwise(corners):
        way = end - start
        length = np.hypot(*way)
        off = chain - start
        aside = np.abs(off[:, 0] * way[1] - off[:, 1] * way[0]) / length
        along = off @ way / length
        inner = chain[(aside < 1e-9) & (along > 1e-9) & (along < length - 1e-9)]
        inner = np.unique(inner, axis=0)
        order = np.argsort((inner - start) @ way)
        rows += [start.reshape(1, 2), inner[order]]
    return shapely.Polygon(np.vstack(rows))
