"""Vertices that an edit puts into borders, and the neighbours that get them too."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LinearRing, Polygon

from geo.net import Net
from geo.rings import Floats, Ints
from geo.segments import Keys, Segments, vertex_hash

_ONE = np.uint64(1)


@dataclass(frozen=True, slots=True)
class Inserted:
    """Edges that got vertices; an edge that two cells share stands twice, once in each direction.

    Attributes
    ----------
    start, end : ndarray of float, shape (n, 2)
    keys : ndarray of uint64, shape (n,)
    inner : tuple of ndarray of float, each of shape (k, 2)
        What lies between start and end from now on, in order.
    """

    start: Floats
    end: Floats
    keys: Keys
    inner: tuple[Floats, ...]

    @classmethod
    def of(cls, segments: Segments, noded: Net) -> "Inserted":
        """Read off a noded net whose copies go by the numbers of the segments that they were."""
        count = len(segments.key)
        mine = np.flatnonzero(noded.owner < count)
        pieces = np.bincount(noded.owner[mine], minlength=count)
        parted = np.flatnonzero(pieces > 1)
        place = np.full(count, -1, dtype=np.int64)
        place[parted] = np.arange(len(parted))
        chosen = mine[place[noded.owner[mine]] >= 0]
        group, xy = place[noded.owner[chosen]], noded.xy[noded.starts[chosen]]
        start, end = segments.start[parted], segments.end[parted]
        along = ((xy - start[group]) * (end - start)[group]).sum(axis=1)
        is_start = (xy == start[group]).all(axis=1)
        order = np.lexsort((along, group))
        order = order[~is_start[order]]
        inner = np.split(xy[order], np.searchsorted(group[order], np.arange(1, len(parted))))
        return cls(start, end, segments.key[parted], tuple(inner[: len(parted)]))

    @property
    def middle(self) -> Floats:
        """The first new vertex of each edge."""
        return np.array([inner[0] for inner in self.inner]).reshape(-1, 2)

    @property
    def box(self) -> Floats:
        """What the edges span: x_min, y_min, x_max, y_max."""
        both = np.concatenate([self.start, self.end])
        return np.concatenate([both.min(axis=0), both.max(axis=0)])

    def into(self, shape: Any) -> Any:
        """The same shape with the vertices in its rings; each ring begins where it began and runs as it ran.

        Parameters
        ----------
        shape : Polygon or MultiPolygon

        Returns
        -------
        Polygon or MultiPolygon
            The same object where it has none of the edges.
        """
        polygons = [self._into_polygon(part) for part in shapely.get_parts(shape)]
        if all(new is None for new in polygons):
            return shape
        parts = [old if new is None else new for old, new in zip(shapely.get_parts(shape), polygons, strict=True)]
        return parts[0] if shapely.get_type_id(shape) == shapely.GeometryType.POLYGON else shapely.multipolygons(parts)

    def _into_polygon(self, polygon: Any) -> Any:
        """A polygon with the vertices, or None where it has none of the edges."""
        rings = shapely.get_rings(polygon)
        grown = [self._into_ring(shapely.get_coordinates(ring) + 0.0) for ring in rings]
        if all(xy is None for xy in grown):
            return None
        made = [ring if xy is None else LinearRing(xy) for ring, xy in zip(rings, grown, strict=True)]
        return Polygon(made[0], made[1:])

    def _into_ring(self, xy: Floats) -> Floats | None:
        place, edge, forth = self._places(vertex_hash(xy))
        if not len(place):
            return None
        rows = [np.empty((0, 2))]
        begin = 0
        for at, number, is_forth in zip(place.tolist(), edge.tolist(), forth.tolist(), strict=True):
            inner = self.inner[number]
            rows += [xy[begin : at + 1], inner if is_forth else inner[::-1]]
            begin = at + 1
        return np.concatenate([*rows, xy[begin:]])

    def _places(self, names: Keys) -> tuple[Ints, Ints, Ints]:
        """Where in a ring the edges are: position, number of the edge, whether it runs the same way."""
        starts, ends = vertex_hash(self.start), vertex_hash(self.end)
        near = np.flatnonzero(np.isin(names[:-1], np.concatenate([starts, ends])))
        if not len(near):
            none = np.empty(0, dtype=np.int64)
            return none, none, none
        one, other = names[near][:, None], names[near + 1][:, None]
        forth = (one == starts) & (other == ends)
        back = (one == ends) & (other == starts)
        row, edge = np.nonzero(forth | back)
        # An edge that two cells share stands in both directions: one of them is enough.
        _, once = np.unique(row, return_index=True)
        row, edge = row[once], edge[once]
        return near[row], edge, forth[row, edge]

    def expanded(self, segments: Segments) -> Segments:
        """The same segments, those that got vertices in their pieces."""
        order = np.argsort(self.keys & ~_ONE)
        known = (self.keys & ~_ONE)[order]
        asked = segments.key & ~_ONE
        place = np.searchsorted(known, asked).clip(max=max(len(known) - 1, 0))
        hit = known[place] == asked if len(known) else np.zeros(len(asked), dtype=bool)
        starts, ends, owners = [segments.start[~hit]], [segments.end[~hit]], [segments.owner[~hit]]
        for index in np.flatnonzero(hit).tolist():
            number = int(order[place[index]])
            inner = self.inner[number]
            is_forth = bool((segments.start[index] == self.start[number]).all())
            row = np.vstack([segments.start[index], inner if is_forth else inner[::-1], segments.end[index]])
            starts.append(row[:-1])
            ends.append(row[1:])
            owners.append(np.full(len(row) - 1, segments.owner[index]))
        start, end = np.concatenate(starts), np.concatenate(ends)
        return Segments(start, end, keys_between(start, end), np.concatenate(owners))


def keys_between(start: Floats, end: Floats) -> Keys:
    """Keys of segments, as :func:`geo.segments.segment_keys` makes them."""
    one, other = vertex_hash(start + 0.0), vertex_hash(end + 0.0)
    return ((one ^ other) & ~_ONE) | (one < other).astype(np.uint64)
