"""The plan of ``plans`` with borders as loading makes them: a vertex every few metres, on which new lines may end."""

from dataclasses import replace

import numpy as np
import shapely
from shapely import Polygon
from sqlalchemy import Engine

from boundaries.services import publishing
from boundaries.store import states
from boundaries.store.engine import writing
from geo.crs import round_to_storage
from tests.boundaries.plans import AREAS, GRIDS, NOW, STEP, TODAY, open_draft

# Vertices of each side of a square.
PARTS_OF_SIDE = 20


def fine(polygon: Polygon) -> Polygon:
    """A polygon with vertices put into its sides."""
    dense = shapely.segmentize(polygon, STEP / PARTS_OF_SIDE * (1 + 1e-9))
    return shapely.transform(dense, lambda xy: round_to_storage(np.asarray(xy)))


FINE_AREAS = tuple(replace(area, polygon=fine(area.polygon)) for area in AREAS)
FINE_GRIDS = tuple(replace(grid, polygon=fine(grid.polygon)) for grid in GRIDS)


def refine(engine: Engine) -> None:
    """Publish the plan anew with fine borders, as generation 2."""
    draft = open_draft(engine, "加密")
    with writing(engine) as session:
        states.put_areas(session, draft.id, FINE_AREAS, source_id=None)
        states.put_grids(session, draft.id, FINE_GRIDS, source_id=None)
    publishing.publish(engine, draft.id, check=lambda _: (), actor="王宁", four_eyes=False, now=NOW, today=TODAY)
