"""One planar arrangement of every border, so that neighbours share coordinates.

All border lines of the town are noded together and cut the sheet into faces;
grids, composite grids, communities and the town are unions of the same faces.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from boundaries.demo.division import Cell
from boundaries.demo.ground import Bend, Block, Ground, Line, Values, level

_STEP_M = 12.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Faces:
    """Faces of the arrangement: on the map, their inner points on the sheet, their cell."""

    polygons: NDArray[np.object_]
    inner: Values
    cell: NDArray[np.int64]

    def within(self, region: Polygon) -> Mask:
        """Which faces lie in a region of the sheet whose rim was arranged too."""
        return np.asarray(shapely.contains_xy(region, self.inner[:, 0], self.inner[:, 1]))

    def union(self, chosen: Mask) -> Polygon:
        """The chosen faces as one polygon, keeping every vertex of its rim.

        Raises
        ------
        ValueError
            If the faces do not make up one polygon.
        """
        pieces = shapely.get_parts(shapely.coverage_union_all(self.polygons[chosen]))
        if len(pieces) != 1:
            raise ValueError(f"faces make up {len(pieces)} polygons, not one")
        normal: Polygon = shapely.normalize(pieces[0])
        return normal


def cell_ring(ground: Ground, cell: Cell, block: Block, samples: Values) -> Polygon:
    """The cell's ground on the sheet."""
    lower: Line = ground.lines[block.south] if cell.low is None else level(cell.low)
    upper: Line = ground.lines[block.north] if cell.high is None else level(cell.high)
    return ground.band(cell.west, cell.east, lower, upper, samples)


def arrange(bend: Bend, cells: Sequence[Polygon], others: Sequence[Polygon]) -> Faces:
    """Node all rims together and bend the faces into the map.

    Parameters
    ----------
    bend : Bend
    cells : sequence of Polygon
        Tile cells on the sheet; every face belongs to one.
    others : sequence of Polygon
        Further regions whose rims cut faces: strips, defects.

    Returns
    -------
    Faces
    """
    rims = shapely.boundary(np.array([*cells, *others], dtype=object))
    noded = shapely.segmentize(shapely.get_parts(shapely.unary_union(rims)), _STEP_M)
    faces = shapely.get_parts(shapely.polygonize(noded))
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    tree = shapely.STRtree(cells)
    point, cell = tree.query(shapely.points(inner), predicate="within")
    owner = np.full(len(faces), -1, dtype=np.int64)
    owner[point] = cell
    inside = owner >= 0
    faces, inner, owner = faces[inside], inner[inside], owner[inside]
    # Each place is bent once: the same sum in another lane of the processor may differ in its last bit.
    places, back = np.unique(shapely.get_coordinates(faces), axis=0, return_inverse=True)
    mapped = shapely.set_coordinates(faces.copy(), bend(places)[back.reshape(-1)])
    return Faces(mapped, inner, owner)
