"""A division to certify: a community of two grids, and one with a park inside that answers for itself.

::

    +--------+--------+--------+--------+
    |        |        |  G3            |
    |   G1   |   G2   |     +----+     |      G3 has a hole, which the park P fills with G4
    |        |        |     | G4 |     |
    +--------+--------+-----+----+-----+
"""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.certificate import Certificate, prove_areas
from boundaries.model import Area, MicroGrid
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP
from tests.boundaries.plans import AREAS, GRIDS, square

PARK = square(2.25, 0.25, 0.5, 0.5)
AROUND = shapely.Polygon(square(2, 0, 2).exterior, [PARK.exterior])
PLAN = Snapshot(
    crs=Snapshot.stored_crs(),
    label="plan",
    step=STORAGE_STEP,
    generation=3,
    areas=(*AREAS, Area(0, "P", "公园", "dedicated", AREAS[2].code, PARK)),
    grids=(
        *GRIDS[:2],
        MicroGrid(0, 3, "G3", "第3网格", AREAS[2].code, AROUND),
        MicroGrid(0, 4, "G4", "第4网格", "P", PARK),
        # Lies on top and fills nothing.
        MicroGrid(0, 5, "G5", "底商", AREAS[1].code, square(0, 0, 0.5, 0.5), kind="street_front", layer="overlay"),
    ),
)


def with_shape(code: str, shape: BaseGeometry, plan: Snapshot = PLAN) -> Snapshot:
    """The plan with one grid of another shape."""
    grids = tuple(replace(grid, polygon=shape) if grid.code == code else grid for grid in plan.grids)
    return replace(plan, grids=grids)


def nudged(shape: BaseGeometry, vertex: int = 1, step: float = STORAGE_STEP) -> BaseGeometry:
    """The shape with one vertex of its shell a step to the east."""
    xy = shapely.get_coordinates(shape.exterior)
    xy[vertex, 0] = np.round(xy[vertex, 0] + step, 9)
    if vertex in (0, len(xy) - 1):
        xy[0] = xy[-1] = xy[vertex]
    return shapely.Polygon(xy, [shapely.get_coordinates(hole) for hole in shape.interiors])


def certificate(plan: Snapshot = PLAN) -> Certificate:
    """Its certificate."""
    return Certificate("microgrid test", plan.generation or 1, datetime(2026, 3, 1, 2, tzinfo=UTC), prove_areas(plan))
