"""The building that a point is in, or the nearest one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import STRtree

from boundaries.lookup.answer import NearBuilding
from boundaries.model import Building
from geo.crs import Metric

# Farther away, a building no longer says where somebody stands.
_WITHIN_M = 100.0


@dataclass(frozen=True)
class NearBuildings:
    """Buildings in a tree, in metres.

    Attributes
    ----------
    buildings : tuple of Building
        Without their shapes, which the tree holds.
    tree : STRtree
    metric : Metric
    """

    buildings: tuple[Building, ...]
    tree: STRtree
    metric: Metric

    @classmethod
    def of(cls, buildings: Sequence[Building], metric: Metric) -> "NearBuildings":
        """Put buildings into a tree, in the plane of ``metric``."""
        shapes = metric.to_plane(np.array([building.shape for building in buildings], dtype=object))
        return cls(tuple(buildings), STRtree(shapes), metric)

    def nearest(self, x: float, y: float) -> NearBuilding | None:
        """The building whose outline is nearest, where one is near.

        Parameters
        ----------
        x, y : float
            In the coordinates of the plan.

        Returns
        -------
        NearBuilding or None
            None where none is within 100 m.
        """
        if not self.buildings:
            return None
        point = shapely.Point(self.metric.point_in_plane(x, y))
        found, distance = self.tree.query_nearest(
            point, max_distance=_WITHIN_M, return_distance=True, all_matches=False
        )
        if not len(found):
            return None
        return NearBuilding(self.buildings[int(found[0])], float(distance[0]))
