"""Boundaries as directed edges between numbered vertices: their sums, the parent's border, the ground inside.

The step between faces that change hands (:mod:`geo.rebuild`) and the shapes that come of it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from geo.faces import faces_of
from geo.net import assembled
from geo.rings import Floats, Ints, Shapes
from geo.segments import Keys, as_shapes, vertex_hash

# Two areas that differ by less than this share are the same.
_SAME_AREA = 1e-9
# So much of the shift of a border's end, and at most so much of its last edge, turns aside with it.
_STUB = 0.25
_MOST_OF_AN_EDGE = 1 / 3


@dataclass(frozen=True, slots=True)
class Lines:
    """Directed boundary edges of cells.

    Attributes
    ----------
    xy : ndarray of float, shape (v, 2)
    start, end : ndarray of int, shape (n,)
    owner : ndarray of int, shape (n,)
        The parent goes by the number of cells, new cells by the numbers behind it.
    """

    xy: Floats
    start: Ints
    end: Ints
    owner: Ints

    def with_more(self, start: Ints, end: Ints, owner: Ints) -> "Lines":
        """The same and more edges."""
        return Lines(
            self.xy,
            np.concatenate([self.start, start]),
            np.concatenate([self.end, end]),
            np.concatenate([self.owner, owner]),
        )

    def summed(self) -> "Lines":
        """What is left when opposite edges of one owner cancel."""
        low, high = np.minimum(self.start, self.end), np.maximum(self.start, self.end)
        _, edge = np.unique(low * len(self.xy) + high, return_inverse=True)
        count = int(edge.max(initial=0)) + 1
        _, first, group = np.unique(self.owner * count + edge, return_index=True, return_inverse=True)
        sums = np.bincount(group, np.where(self.start < self.end, 1, -1))
        kept = first[(sums != 0) & (low[first] != high[first])]
        forth = sums[group[kept]] > 0
        return Lines(
            self.xy,
            np.where(forth, low[kept], high[kept]),
            np.where(forth, high[kept], low[kept]),
            self.owner[kept],
        )


@dataclass(frozen=True, slots=True)
class Shifts:
    """Ends of borders that go to another vertex of the parent.

    Attributes
    ----------
    start, end : ndarray of float, shape (n, 2)
        Where they ended, and where they end now.
    far : ndarray of float, shape (m, 2)
        Ends that stay: the nearest vertex of the parent is too far off.
    """

    start: Floats
    end: Floats
    far: Floats


NO_SHIFTS = Shifts(np.empty((0, 2)), np.empty((0, 2)), np.empty((0, 2)))


def _extra(lines: Lines, parent: Polygon | MultiPolygon, count: int) -> Ints:
    """Vertices on the parent's edges that it had not."""
    start = lines.start[lines.owner == count]
    own = vertex_hash(shapely.get_coordinates(parent) + 0.0)
    return np.asarray(start[~np.isin(vertex_hash(lines.xy[start]), own)])


def _leaves_border(lines: Lines, count: int) -> NDArray[np.bool_]:
    """Whether each edge runs off the parent's border."""
    low, high = np.minimum(lines.start, lines.end), np.maximum(lines.start, lines.end)
    edge = low * len(lines.xy) + high
    return np.isin(edge, edge[lines.owner == count], invert=True)


def without_needless(lines: Lines, parent: Polygon | MultiPolygon, count: int) -> Lines:
    """Take vertices off the parent's edges where nobody's boundary leaves them."""
    extra = _extra(lines, parent, count)
    if not len(extra):
        return lines
    leaves = _leaves_border(lines, count)
    needed = np.union1d(lines.start[leaves], lines.end[leaves])
    return _without(lines, np.setdiff1d(extra, needed), count)


def on_chain(
    lines: Lines, parent: Polygon | MultiPolygon, count: int, *, stays: Ints, max_shift: float, decimals: int | None
) -> tuple[Lines, Shifts]:
    """Let borders end on vertices that the parent has, but for some that stay where they are.

    Only the last bit of a border turns aside, if it is the only one to go there: the rest keeps its place.
    """
    extra = np.setdiff1d(_extra(lines, parent, count), stays)
    became = _nearest_kept(lines, extra, count)
    way = np.hypot(*(lines.xy[became[extra]] - lines.xy[extra]).T)
    near, far = extra[way <= max_shift], extra[way > max_shift]
    shifts = Shifts(lines.xy[near], lines.xy[became[near]], lines.xy[far])
    if not len(near):
        return lines, shifts
    became[far] = far
    # Several that end on one vertex would meet where they turn aside: their last edges move as they are.
    alone = near[np.bincount(became[near], minlength=len(lines.xy))[became[near]] == 1]
    stub = np.zeros(len(lines.xy))
    stub[near] = _STUB * way[way <= max_shift]
    return _bent(lines, alone, became, count, stub=stub, decimals=decimals), shifts


def _bent(lines: Lines, turning: Ints, became: Ints, count: int, *, stub: Floats, decimals: int | None) -> Lines:
    """Edges to where their ends have gone, from some of these by way of a new vertex near by."""
    vertex, other = np.concatenate([lines.start, lines.end]), np.concatenate([lines.end, lines.start])
    turns = np.flatnonzero(np.isin(vertex, turning) & np.tile(_leaves_border(lines, count), 2))
    _, first, number = np.unique(vertex[turns] * len(lines.xy) + other[turns], return_index=True, return_inverse=True)
    start, way = lines.xy[vertex[turns[first]]], lines.xy[other[turns[first]]] - lines.xy[vertex[turns[first]]]
    share = np.minimum(stub[vertex[turns[first]]] / np.hypot(*way.T), _MOST_OF_AN_EDGE)
    points = start + way * share[:, None]
    xy = np.vstack([lines.xy, points if decimals is None else np.round(points, decimals) + 0.0])
    through = np.full(len(vertex), -1, dtype=np.int64)
    through[turns] = len(lines.xy) + number
    leave, arrive = through[: len(lines.start)], through[len(lines.start) :]
    begin, end = became[lines.start], became[lines.end]
    starts = [begin[leave >= 0], np.where(leave >= 0, leave, begin), arrive[arrive >= 0]]
    ends = [leave[leave >= 0], np.where(arrive >= 0, arrive, end), end[arrive >= 0]]
    owners = [lines.owner[leave >= 0], lines.owner, lines.owner[arrive >= 0]]
    return Lines(xy, *(np.concatenate(parts) for parts in (starts, ends, owners))).summed()


def _without(lines: Lines, extra: Ints, count: int) -> Lines:
    """Let vertices on the parent's edges go to the nearer of the two that stay."""
    if not len(extra):
        return lines
    became = _nearest_kept(lines, extra, count)
    return Lines(lines.xy, became[lines.start], became[lines.end], lines.owner).summed()


def _nearest_kept(lines: Lines, extra: Ints, count: int) -> Ints:
    """For each vertex itself, for those that go the nearer of the two that stay, along the border."""
    border = lines.owner == count
    start, end = lines.start[border], lines.end[border]
    # The parent may come twice through a vertex that it had, but not through one that it had not.
    leaves, comes = np.isin(start, extra), np.isin(end, extra)
    following = dict(zip(start[leaves].tolist(), end[leaves].tolist(), strict=True))
    before = dict(zip(end[comes].tolist(), start[comes].tolist(), strict=True))
    became = np.arange(len(lines.xy))
    for vertex in extra.tolist():
        one, other = before[vertex], following[vertex]
        while one in before and one != vertex:
            one = before[one]
        while other in following and other != vertex:
            other = following[other]
        near = np.hypot(*(lines.xy[one] - lines.xy[vertex])) <= np.hypot(*(lines.xy[other] - lines.xy[vertex]))
        became[vertex] = one if near else other
    return became


def marks_of(owner: Ints, start: Floats, end: Floats, count: int) -> Keys:
    """For each owner the sum of a number for each of its directed edges."""
    one, other = vertex_hash(start), vertex_hash(end)
    marks = np.zeros(count, dtype=np.uint64)
    np.add.at(marks, owner, one * np.uint64(3) ^ (other + (one >> np.uint64(7))))
    return marks


def areas_of(lines: Lines, owners: Ints) -> Shapes:
    """The ground inside the edges of each owner."""
    shapes = as_shapes([Polygon()] * len(owners))
    place = np.full(int(max(lines.owner.max(initial=0), owners.max(initial=0))) + 1, -1, dtype=np.int64)
    place[owners] = np.arange(len(owners))
    chosen = np.flatnonzero(place[lines.owner] >= 0)
    chosen = chosen[np.argsort(place[lines.owner[chosen]], kind="stable")]
    if not len(chosen):
        return shapes
    drawn, first, group = np.unique(place[lines.owner[chosen]], return_index=True, return_inverse=True)
    start, end = lines.xy[lines.start[chosen]], lines.xy[lines.end[chosen]]
    segments = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    shapes[drawn] = shapely.build_area(shapely.multilinestrings(segments, indices=group))
    # Parts that touch can close ground between them: the sum of the edges tells the true area.
    one, other = start - start[first][group], end - start[first][group]
    area = np.abs(np.bincount(group, one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])) / 2
    for index in np.flatnonzero(np.abs(shapely.area(shapes[drawn]) - area) > _SAME_AREA * area):
        mine = chosen[group == index]
        shapes[drawn[index]] = _inside_left(lines, mine)
    return shapes


def _inside_left(lines: Lines, edges: Ints) -> Any:
    """Ground to the left of the edges of one owner, or, for a parent's, to their right."""
    net = assembled(lines.xy, lines.start[edges], lines.end[edges], np.zeros(len(edges), dtype=np.int64))
    faces = faces_of(net)
    parts = shapely.get_parts(faces.polygons(np.flatnonzero(faces.winding != 0), net.xy))
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts) if len(parts) else Polygon()
