"""The border of a parent as a chain of vertices that edits may end on but never change."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.errors import GeometryProblem
from geo.rings import Floats, Shapes
from geo.segments import Keys, as_shapes, segments_of

_ONE = np.uint64(1)


class CannotReshape(GeometryProblem):
    """An edit that cannot be done exactly.

    Attributes
    ----------
    nearest : tuple of float or None
        The nearest place, x before y, where it could be done.
    """

    def __init__(self, zh: str, en: str, nearest: tuple[float, float] | None = None) -> None:
        super().__init__(zh, en)
        self.nearest = nearest

    def __reduce__(self) -> tuple[type["CannotReshape"], tuple[str, str, tuple[float, float] | None]]:  # type: ignore[override]
        # The place belongs to the refusal; the base class would replay the two texts only.
        return type(self), (self.zh, self.en, self.nearest)


@dataclass(frozen=True, slots=True)
class Precision:
    """How fine coordinates are.

    Attributes
    ----------
    tolerance : float
        What lies closer together than this is one; in the unit of the coordinates.
    decimals : int or None
        New vertices are rounded to so many, as stored coordinates are.
    scale : tuple of float
        Metres per unit in x and in y.
    """

    tolerance: float
    decimals: int | None
    scale: tuple[float, float]

    def rounded(self, xy: Floats) -> Floats:
        """Coordinates as vertices are kept."""
        return xy + 0.0 if self.decimals is None else np.round(xy, self.decimals) + 0.0

    def metres(self, xy: Floats) -> Floats:
        """Coordinates in a plane of metres, for distances only."""
        return np.asarray(xy * np.array(self.scale))


@dataclass(frozen=True, slots=True)
class Chain:
    """Edges and vertices of parents' borders, near the place of an edit.

    Attributes
    ----------
    xy : ndarray of float, shape (v, 2)
    keys : ndarray of uint64
        Of its edges, without direction.
    edges : ndarray of LineString
        In the coordinates of the parents.
    """

    xy: Floats
    keys: Keys
    edges: Shapes
    precision: Precision
    _vertices: Any
    _lines: Any

    @classmethod
    def of(cls, parents: Iterable[Any], box: Floats, precision: Precision) -> "Chain":
        """The borders of parents that reach into a box (x_min, y_min, x_max, y_max)."""
        shapes = as_shapes(parents)
        border = segments_of(shapes, np.arange(len(shapes)))
        low, high = np.minimum(border.start, border.end), np.maximum(border.start, border.end)
        near = (low <= box[2:]).all(axis=1) & (high >= box[:2]).all(axis=1)
        ends = np.stack([border.start[near], border.end[near]], axis=1)
        xy = np.unique(ends.reshape(-1, 2), axis=0)
        lines = np.asarray(shapely.linestrings(precision.metres(ends)), dtype=object)
        return cls(
            xy,
            np.unique(border.key[near] & ~_ONE),
            np.asarray(shapely.linestrings(ends), dtype=object),
            precision,
            cKDTree(precision.metres(xy)) if len(xy) else None,
            shapely.STRtree(lines),
        )

    def holds(self, keys: Keys) -> NDArray[np.bool_]:
        """Whether edges are of the chain."""
        return np.isin(keys & ~_ONE, self.keys)

    def distance_m(self, xy: Floats) -> Floats:
        """How far points lie from the chain; infinity where there is none."""
        distances = np.full(len(xy), np.inf)
        if len(self.xy) and len(xy):
            points = np.asarray(shapely.points(self.precision.metres(xy)), dtype=object)
            (point, _), found = self._lines.query_nearest(points, return_distance=True, all_matches=False)
            distances[point] = found
        return distances

    def nearest(self, xy: Floats) -> tuple[Floats, Floats]:
        """For each point the nearest vertex of the chain and how many metres it is away."""
        if not len(self.xy):
            return np.full_like(xy, np.nan), np.full(len(xy), np.inf)
        way, vertex = self._vertices.query(self.precision.metres(xy))
        return self.xy[vertex], way
