"""The building that a point is in, or the nearest one.

The plane is laid out in squares. The first point in a square asks a tree which buildings
can be nearest to anything in it; those behind it measure these few alone, and of them only
as many as may still be nearer.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import STRtree

from boundaries.lookup.answer import NearBuilding
from boundaries.model import Building
from geo.metric import Metric
from geo.rings import Shapes

# Farther away, a building no longer says where somebody stands.
_WITHIN_M = 100.0
_SQUARE_M = 8.0
_HALF_DIAGONAL_M = _SQUARE_M * math.sqrt(0.5)
_MOST_SQUARES = 200_000

# Start, vector and one over its squared length of each edge.
Outline = tuple[tuple[float, float, float, float, float], ...]

# How far from the middle of the square, which building, and its edges.
Candidate = tuple[float, int, Outline]


@dataclass(frozen=True)
class NearBuildings:
    """Buildings in a tree, in metres.

    Attributes
    ----------
    buildings : tuple of Building
    labels : tuple of str
        What people call each.
    shapes : ndarray of shapely geometry
        In the plane of ``metric``.
    tree : STRtree
    metric : Metric
    """

    buildings: tuple[Building, ...]
    labels: tuple[str, ...]
    shapes: Shapes
    tree: STRtree
    metric: Metric
    _outlines: dict[int, Outline] = field(default_factory=dict, repr=False)
    _squares: dict[tuple[int, int], tuple[Candidate, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, buildings: Sequence[Building], labels: Mapping[str, str], metric: Metric) -> "NearBuildings":
        """Put buildings into a tree.

        Parameters
        ----------
        buildings : sequence of Building
        labels : mapping of str to str
            What people call each, by code.
        metric : Metric
            The plane to measure in.
        """
        shapes = np.array([building.shape for building in buildings], dtype=object)
        shapes = np.asarray(metric.to_plane(shapes), dtype=object)
        called = tuple(labels.get(building.code, building.number) for building in buildings)
        return cls(tuple(buildings), called, shapes, STRtree(shapes), metric)

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
        px, py = self.metric.point_in_plane(x, y)
        square = (int(px // _SQUARE_M), int(py // _SQUARE_M))
        candidates = self._squares.get(square)
        if candidates is None:
            candidates = self._look_around(square)
        aside = math.hypot(px - (square[0] + 0.5) * _SQUARE_M, py - (square[1] + 0.5) * _SQUARE_M)
        nearest, least = -1, _WITHIN_M
        for from_middle, number, outline in candidates:
            if from_middle - aside > least:
                break
            distance = math.sqrt(_distance2(px, py, outline))
            if distance < least:
                nearest, least = number, distance
        if nearest < 0:
            return None
        return NearBuilding(self.buildings[nearest], self.labels[nearest], least)

    def _look_around(self, square: tuple[int, int]) -> tuple[Candidate, ...]:
        """All buildings that may be nearest to a point of a square, the nearest to its middle first.

        From its middle none of them is farther than the nearest one and the way to a corner and back.
        """
        middle = shapely.Point((square[0] + 0.5) * _SQUARE_M, (square[1] + 0.5) * _SQUARE_M)
        found, distance = self.tree.query_nearest(
            middle, max_distance=_WITHIN_M + _HALF_DIAGONAL_M, return_distance=True, all_matches=False
        )
        candidates: list[Candidate] = []
        if len(found):
            reach = float(distance[0]) + 2 * _HALF_DIAGONAL_M
            numbers = self.tree.query(middle, predicate="dwithin", distance=reach)
            away = shapely.distance(self.shapes[numbers], middle).tolist()
            ordered = sorted(zip(away, numbers.tolist(), strict=True))
            candidates = [(far, number, self._outline_of(number)) for far, number in ordered]
        if len(self._squares) >= _MOST_SQUARES:
            self._squares.clear()
        self._squares[square] = tuple(candidates)
        return tuple(candidates)

    def _outline_of(self, number: int) -> Outline:
        """The edges of a building, made once for all squares that it is near to."""
        outline = self._outlines.get(number)
        if outline is None:
            outline = self._outlines[number] = _outline(self.shapes[number])
        return outline


def _outline(shape: shapely.Geometry) -> Outline:
    """The edges of a shape; those of a point are one of no length."""
    if isinstance(shape, shapely.Point):
        return ((shape.x, shape.y, 0.0, 0.0, 0.0),)
    rings = shapely.get_rings(shapely.get_parts(shape))
    edges = []
    for ring in rings:
        ends = shapely.get_coordinates(ring)
        for (x1, y1), (x2, y2) in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            length2 = (x2 - x1) ** 2 + (y2 - y1) ** 2
            if length2 > 0:
                edges.append((x1, y1, x2 - x1, y2 - y1, 1.0 / length2))
    return tuple(edges)


def _distance2(px: float, py: float, outline: Outline) -> float:
    """Squared distance from an outline, 0 within it."""
    least, is_inside = math.inf, False
    for x1, y1, dx, dy, per_length2 in outline:
        ax, ay = px - x1, py - y1
        share = (ax * dx + ay * dy) * per_length2
        share = 0.0 if share < 0.0 else min(share, 1.0)
        ex, ey = ax - share * dx, ay - share * dy
        distance2 = ex * ex + ey * ey
        least = min(least, distance2)
        if (ay < 0.0) != (ay < dy) and ax < ay * dx / dy:
            is_inside = not is_inside
    return 0.0 if is_inside else least
