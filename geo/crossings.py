"""Noding: edges are split where they meet, until they meet in common vertices only.

A vertex that lies within a tolerance of an edge is put into it, in every copy of the
edge, whoever owns it; two edges that cross get a new vertex where they do. No vertex
moves but those that lie closer together than the tolerance, which become one.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.errors import GeometryProblem
from geo.net import Net, assembled
from geo.rings import Floats, Ints, Shapes

Flags = NDArray[np.bool_]

# What a new vertex bends may meet more: a second round settles nearly all.
_MAX_ROUNDS = 20
# Bent by less than this share of the tolerance, an edge meets nothing that it did not meet before.
_STIFF = 0.01
_NO_INTS: Ints = np.empty(0, dtype=np.int64)
_PAIRS_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class _Hits:
    """Vertices to be put into edges, with how far along each they lie, and whether the pieces may meet more."""

    edge: Ints
    vertex: Ints
    along: Floats
    is_fresh: Flags


def node(net: Net, *, tolerance: float, decimals: int | None = None, fresh: Flags | None = None) -> Net:
    """Split edges until they meet in common vertices only.

    Parameters
    ----------
    net : Net
    tolerance : float
        A vertex closer than this to an edge is part of it; in the unit of the
        coordinates, well above their last bit.
    decimals : int, optional
        New vertices are rounded to so many decimals.
    fresh : ndarray of bool, optional
        Edges to be compared with all; the others are noded among themselves already.
        By default all are fresh.

    Returns
    -------
    Net
        The vertices of ``net`` under their numbers, new ones behind them.

    Raises
    ------
    GeometryProblem
        If the edges do not come to rest.
    """
    fresh = np.ones(len(net.low), dtype=bool) if fresh is None else fresh
    for _ in range(_MAX_ROUNDS):
        net, hits = _meetings(net, fresh, tolerance, decimals)
        if not len(hits.edge):
            return net
        net, fresh = _split(net, hits)
    raise GeometryProblem(
        "线段求交未能收敛:图形中有大量几乎重合的边。请先简化图形。",
        "Noding did not come to rest: the shapes have many edges that nearly coincide. Simplify them first.",
    )


def _meetings(net: Net, fresh: Flags, tolerance: float, decimals: int | None) -> tuple[Net, _Hits]:
    """Everywhere that a fresh edge meets another one elsewhere than in a common vertex."""
    boxes = _boxes(net, tolerance)
    tree = shapely.STRtree(boxes)
    first, second = _near_pairs(tree, boxes, fresh)
    found: list[_Hits] = []
    crossing: list[tuple[Ints, Ints, Floats]] = []
    for begin in range(0, len(first), _PAIRS_AT_ONCE):
        block = slice(begin, begin + _PAIRS_AT_ONCE)
        hits, crossed = _compare(net, first[block], second[block], tolerance)
        found += hits
        crossing.append(crossed)
    if crossing:
        one, other = np.concatenate([part[0] for part in crossing]), np.concatenate([part[1] for part in crossing])
        if len(one):
            before = len(net.xy)
            net, made = _with_vertices(net, np.concatenate([part[2] for part in crossing]), tolerance, decimals)
            found += [_placed(net, edges, made, _STIFF * tolerance) for edges in (one, other)]
            found.append(_beside(net, tree, np.arange(before, len(net.xy)), tolerance))
    found.append(_Hits(_NO_INTS, _NO_INTS, np.empty(0), np.empty(0, dtype=bool)))
    edge, vertex, along, is_fresh = (
        np.concatenate([getattr(hits, name) for hits in found]) for name in ("edge", "vertex", "along", "is_fresh")
    )
    inner = (net.low[edge] != vertex) & (net.high[edge] != vertex)
    return net, _Hits(edge[inner], vertex[inner], along[inner], is_fresh[inner])


def _boxes(net: Net, tolerance: float) -> Shapes:
    """For each edge a line that spans its box and the tolerance: only the box of a line matters in an index."""
    low, high = net.xy[net.low], net.xy[net.high]
    corners = np.stack([np.minimum(low, high) - tolerance, np.maximum(low, high) + tolerance], axis=1)
    return np.asarray(shapely.linestrings(corners), dtype=object)


def _beside(net: Net, tree: shapely.STRtree, new: Ints, tolerance: float) -> _Hits:
    """New vertices on edges that do not cross there."""
    place, edge = tree.query(np.asarray(shapely.points(net.xy[new]), dtype=object))
    vertex, start = new[place], net.xy[net.low[edge]]
    axis, offset = net.xy[net.high[edge]] - start, net.xy[vertex] - start
    side = _cross(axis, offset)
    lies, along = _lies_on(axis, offset, side, tolerance)
    is_bent = np.abs(side) > _STIFF * tolerance * np.hypot(axis[:, 0], axis[:, 1])
    return _Hits(edge[lies], vertex[lies], along[lies], is_bent[lies])


def _near_pairs(tree: shapely.STRtree, boxes: Shapes, fresh: Flags) -> tuple[Ints, Ints]:
    """Pairs of edges whose boxes meet, one of them fresh."""
    asked = np.flatnonzero(fresh)
    one, other = tree.query(boxes[asked])
    one = asked[one]
    once = (one < other) | ~fresh[other]
    return one[once], other[once]


def _compare(net: Net, one: Ints, other: Ints, tolerance: float) -> tuple[list[_Hits], tuple[Ints, Ints, Floats]]:
    """Vertices of each edge of a pair that lie on the other, and where two edges cross."""
    a, b, c, d = net.low[one], net.high[one], net.low[other], net.high[other]
    origin = net.xy[a]
    r, s, ac = net.xy[b] - origin, net.xy[d] - net.xy[c], net.xy[c] - origin
    ad = net.xy[d] - origin
    apart = (a != c) & (a != d) & (b != c) & (b != d)
    hits: list[_Hits] = []
    is_hit = np.zeros(len(one), dtype=bool)
    side_c, side_d = _cross(r, ac), _cross(r, ad)
    side_a, side_b = _cross(s, -ac), _cross(s, r - ac)
    for edge, vertex, axis, offset, side in (
        (one, c, r, ac, side_c),
        (one, d, r, ad, side_d),
        (other, a, s, -ac, side_a),
        (other, b, s, r - ac, side_b),
    ):
        lies, along = _lies_on(axis, offset, side, tolerance)
        lies &= (net.low[edge] != vertex) & (net.high[edge] != vertex)
        is_hit |= lies
        # Such a pair may cross besides, which is not looked at before the edge is split.
        hits.append(_Hits(edge[lies], vertex[lies], along[lies], np.ones(int(lies.sum()), dtype=bool)))
    # Signs are compared, not multiplied: products of very small sides would vanish.
    crosses = apart & ~is_hit & ((side_c > 0) != (side_d > 0)) & ((side_a > 0) != (side_b > 0))
    crosses &= (side_c != 0) & (side_d != 0) & (side_a != 0) & (side_b != 0)
    turn = _cross(r, s)[crosses]
    share = _cross(ac, s)[crosses] / turn
    point = origin[crosses] + r[crosses] * share[:, None]
    return hits, (one[crosses], other[crosses], point)


def _cross(one: Floats, other: Floats) -> Floats:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])


def _lies_on(axis: Floats, offset: Floats, side: Floats, tolerance: float) -> tuple[Flags, Floats]:
    """Whether points lie on edges, given relative to their starts, and how far along they are."""
    length = np.hypot(axis[:, 0], axis[:, 1])
    aside = np.abs(side) / length
    along = (axis * offset).sum(axis=1) / length
    # Beside an end rather than on the edge: putting it in would make a jag.
    return (aside <= tolerance) & (np.minimum(along, length - along) > aside), along


def _placed(net: Net, edge: Ints, vertex: Ints, stiff: float) -> _Hits:
    axis = net.xy[net.high[edge]] - net.xy[net.low[edge]]
    offset = net.xy[vertex] - net.xy[net.low[edge]]
    length = np.hypot(axis[:, 0], axis[:, 1])
    is_bent = np.abs(_cross(axis, offset)) > stiff * length
    return _Hits(edge, vertex, (axis * offset).sum(axis=1) / length, is_bent)


def _with_vertices(net: Net, points: Floats, tolerance: float, decimals: int | None) -> tuple[Net, Ints]:
    """Add vertices where there are none near, and tell the number of each point's vertex."""
    if decimals is not None:
        points = np.round(points, decimals)
    origin = points.min(axis=0)
    # A vertex that has become another one is still in the table, but not in use.
    used = np.unique(np.concatenate([net.low, net.high]))
    distance, nearest = cKDTree(net.xy[used] - origin).query(points - origin, distance_upper_bound=tolerance)
    is_new = np.isinf(distance)
    new = points[is_new]
    # Several edges that cross in one place meet there in one vertex.
    leader = np.arange(len(new))
    for low, high in sorted(cKDTree(new - origin).query_pairs(tolerance)) if len(new) else ():
        if leader[low] == low and leader[high] == high:
            leader[high] = low
    leads = leader == np.arange(len(new))
    number = len(net.xy) + np.cumsum(leads) - 1
    made = used[nearest.clip(max=len(used) - 1)]
    made[is_new] = number[leader]
    return replace(net, xy=np.vstack([net.xy, new[leads] + 0.0])), made


def _split(net: Net, hits: _Hits) -> tuple[Net, Flags]:
    """Put vertices into every copy of their edges, and tell the pieces that may meet more."""
    _, once = np.unique(hits.edge * len(net.xy) + hits.vertex, return_index=True)
    order = once[np.lexsort((hits.along[once], hits.edge[once]))]
    edge, vertex = hits.edge[order], hits.vertex[order]
    counts = np.bincount(edge, minlength=len(net.low))
    begins = np.concatenate([[0], np.cumsum(counts + 2)])
    row = np.empty(begins[-1], dtype=np.int64)
    row[begins[:-1]], row[begins[1:] - 1] = net.low, net.high
    inner = np.ones(len(row), dtype=bool)
    inner[begins[:-1]] = inner[begins[1:] - 1] = False
    row[inner] = vertex
    # Each copy runs through the pieces of its edge; their order does not matter.
    pieces = counts[net.edge] + 1
    copy = np.repeat(np.arange(len(net.edge)), pieces)
    step = np.arange(len(copy)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    place = begins[net.edge[copy]] + step
    runs_on = net.sign[copy] > 0
    start, end = np.where(runs_on, row[place], row[place + 1]), np.where(runs_on, row[place + 1], row[place])
    stands = start != end
    split = assembled(net.xy, start[stands], end[stands], net.owner[copy][stands])
    is_fresh = np.zeros(len(net.low), dtype=bool)
    is_fresh[hits.edge[hits.is_fresh]] = True
    fresh = np.zeros(len(split.low), dtype=bool)
    fresh[split.edge[is_fresh[net.edge[copy]][stands]]] = True
    return split, fresh
