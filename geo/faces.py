"""Faces of a noded net, and how many cells more than the parent lie over each.

Half-edges are joined to cycles by always turning right-most, which keeps the face to the
left. A cycle that runs anticlockwise bounds a face from outside; one that runs clockwise
goes round a connected part of the net from outside, and is a hole of whatever face
the part lies in. Crossing an edge from its right to its left adds the edge's directed
sum to the winding number; far outside it is zero.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components
from shapely.geometry.base import BaseGeometry

from geo.net import Net
from geo.rings import Floats, Ints, Shapes

Flags = NDArray[np.bool_]

_STEPS_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Faces:
    """Connected pieces of ground that no edge of a net crosses.

    Attributes
    ----------
    winding : ndarray of int, shape (f,)
        Cells over each face, less one where the parent is. Face 0 is all the ground
        outside.
    left, right : ndarray of int, shape (e,)
        Face on either side of each edge of the net, as seen from its lower vertex; both
        the same, or -1, where an edge bounds nothing.
    """

    winding: Ints
    left: Ints
    right: Ints
    _cycles: "_Cycles"
    _face_of_cycle: Ints

    def polygons(self, faces: Ints, xy: Floats) -> Shapes:
        """Shapes of some faces.

        Parameters
        ----------
        faces : ndarray of int
            Not face 0.
        xy : ndarray of float, shape (v, 2)
            Vertices of the net.

        Returns
        -------
        ndarray of Polygon
        """
        return _polygons(self, faces, xy)


@dataclass(frozen=True, slots=True)
class _Cycles:
    """Cycles of half-edges; half-edge 2k runs up edge k of ``edge``, 2k + 1 down."""

    tail: Ints  # vertex each half-edge starts from
    edge: Ints  # numbers, in the net, of the edges that bound something
    cycle: Ints  # of each half-edge
    order: Ints  # half-edges, cycle after cycle, each in its sequence
    starts: Ints  # of each cycle in order, and their end
    area: Floats  # twice the signed area of each
    component: Ints  # connected part of the net that each belongs to


def faces_of(net: Net) -> Faces:
    """Trace the faces of a noded net.

    Parameters
    ----------
    net : Net
        Edges meet in common vertices only; the copies form closed rings.

    Returns
    -------
    Faces
    """
    cycles = _traced(net)
    face_of_cycle, count = _joined(cycles, net.xy)
    left = np.full(len(net.low), -1, dtype=np.int64)
    right = left.copy()
    left[cycles.edge] = face_of_cycle[cycles.cycle[::2]]
    right[cycles.edge] = face_of_cycle[cycles.cycle[1::2]]
    winding = _windings(left[cycles.edge], right[cycles.edge], net.sums[cycles.edge], count)
    return Faces(winding, left, right, cycles, face_of_cycle)


def _traced(net: Net) -> _Cycles:
    edge = _without_dangles(net)
    while True:
        tail = np.column_stack([net.low[edge], net.high[edge]]).ravel()
        following = _following(net.xy, tail)
        order, starts, cycle = _walked(following)
        bridges = cycle[::2] == cycle[1::2]
        if not bridges.any():
            break
        # An edge with one face on both sides bounds nothing.
        edge = edge[~bridges]
    count = len(starts) - 1
    # Relative to one vertex, or the large offsets of a projection eat the digits.
    start = net.xy[tail] - net.xy[tail[:1]]
    end = start[following]
    area = np.bincount(cycle, start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0], minlength=count).astype(np.float64)
    vertices, local = np.unique(tail, return_inverse=True)
    pair = local.reshape(-1, 2)
    links = coo_array((np.ones(len(pair)), (pair[:, 0], pair[:, 1])), shape=(len(vertices),) * 2)
    _, part = connected_components(links, directed=False)
    component = np.empty(count, dtype=np.int64)
    component[cycle] = part[local]
    return _Cycles(tail, edge, cycle, order, starts, area, component)


def _without_dangles(net: Net) -> Ints:
    """Edges left when those that end nowhere are taken away, one after another."""
    edge = np.arange(len(net.low))
    while len(edge):
        degree = np.bincount(np.concatenate([net.low[edge], net.high[edge]]), minlength=len(net.xy))
        ends = (degree[net.low[edge]] == 1) | (degree[net.high[edge]] == 1)
        if not ends.any():
            break
        edge = edge[~ends]
    return edge


def _following(xy: Floats, tail: Ints) -> Ints:
    """The next half-edge along the face to the left of each."""
    count = len(tail)
    twin = np.arange(count) ^ 1
    way = xy[tail[twin]] - xy[tail]
    order = np.lexsort((np.arctan2(way[:, 1], way[:, 0]), tail))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    first = np.searchsorted(tail[order], tail)
    last = np.searchsorted(tail[order], tail, side="right") - 1
    # Arrived, look back, and take the first way to the right of it (clockwise).
    before = np.where(place > first, place - 1, last)
    return np.asarray(order[before[twin]])


def _walked(following: Ints) -> tuple[Ints, Ints, Ints]:
    """Half-edges cycle after cycle, where each cycle starts, and the cycle of each half-edge."""
    total = len(following)
    links = csr_array((np.ones(total, dtype=np.int8), following, np.arange(total + 1)), shape=(total, total))
    count, cycle = connected_components(links, directed=False)
    length = np.bincount(cycle, minlength=count)
    starts = np.concatenate([[0], np.cumsum(length)])
    order = np.empty(total, dtype=np.int64)
    at = np.unique(cycle, return_index=True)[1]
    running = np.arange(count)
    # Nearly all cycles are short: they advance together, and the few long ones go on alone.
    for step in range(_STEPS_TOGETHER):
        order[starts[running] + step] = at
        goes_on = length[running] > step + 1
        running, at = running[goes_on], following[at[goes_on]]
        if not len(running):
            break
    if len(running):
        after = following.tolist()
        for number, half in zip(running.tolist(), at.tolist(), strict=True):
            for place in range(int(starts[number]) + _STEPS_TOGETHER, int(starts[number + 1])):
                order[place] = half
                half = after[half]  # noqa: PLW2901  the walk itself
    return order, starts, cycle.astype(np.int64)


def _joined(cycles: _Cycles, xy: Floats) -> tuple[Ints, int]:
    """Number of the face that each cycle bounds, and how many faces there are."""
    count = len(cycles.area)
    face = np.zeros(count, dtype=np.int64)
    if not count:
        return face, 1
    # Each part of the net has one cycle round it: the one with the least area.
    by_area = np.lexsort((cycles.area, cycles.component))
    outer = by_area[np.unique(cycles.component[by_area], return_index=True)[1]]
    is_inner = np.ones(count, dtype=bool)
    is_inner[outer] = False
    inner = np.flatnonzero(is_inner)
    face[inner] = 1 + np.arange(len(inner))
    face[outer] = 0
    around = _around(cycles, outer, inner, xy)
    face[outer] = np.where(around >= 0, face[around], 0)
    return face, 1 + len(inner)


def _around(cycles: _Cycles, outer: Ints, inner: Ints, xy: Floats) -> Ints:
    """The smallest cycle of another part of the net round each part, or -1."""
    around = np.full(len(outer), -1, dtype=np.int64)
    if len(outer) < 2:
        return around
    vertices = xy[cycles.tail[cycles.order]]
    lows = np.minimum.reduceat(vertices, cycles.starts[:-1], axis=0)
    highs = np.maximum.reduceat(vertices, cycles.starts[:-1], axis=0)
    point = xy[cycles.tail[cycles.order[cycles.starts[outer]]]]
    boxes = np.asarray(shapely.linestrings(np.stack([lows[inner], highs[inner]], axis=1)), dtype=object)
    part, box = shapely.STRtree(boxes).query(shapely.points(point))
    foreign = cycles.component[inner[box]] != cycles.component[outer[part]]
    part, candidate = part[foreign], inner[box[foreign]]
    named, place = np.unique(candidate, return_inverse=True)
    rings = _shells(cycles, named, xy)
    shapely.prepare(rings)
    holds = shapely.contains_xy(rings[place], point[part, 0], point[part, 1])
    part, candidate = part[holds], candidate[holds]
    order = np.lexsort((-cycles.area[candidate], part))
    around[part[order]] = candidate[order]
    return around


def _shells(cycles: _Cycles, named: Ints, xy: Floats) -> Shapes:
    lengths = np.diff(cycles.starts)[named]
    ring = np.repeat(np.arange(len(named)), lengths)
    step = np.arange(len(ring)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    vertices = cycles.tail[cycles.order[np.repeat(cycles.starts[named], lengths) + step]]
    return np.asarray(shapely.polygons(shapely.linearrings(xy[vertices], indices=ring)), dtype=object)


def _windings(left: Ints, right: Ints, sums: Ints, count: int) -> Ints:
    """Winding number of each face, carried from face to face across the edges."""
    pair = np.concatenate([right * count + left, left * count + right])
    step = np.concatenate([sums, -sums])
    pair, first = np.unique(pair, return_index=True)
    step = step[first]
    links = coo_array((np.ones(len(pair)), (pair // count, pair % count)), shape=(count, count)).tocsr()
    order, before = breadth_first_order(links, 0, directed=True)
    winding = np.zeros(count, dtype=np.int64)
    reached = order[1:]
    before = np.where(before < 0, 0, before).astype(np.int64)
    winding[reached] = step[np.searchsorted(pair, before[reached] * count + reached)]
    # Each face knows the step from the face before; doubling the reach adds up all steps from outside.
    before[0] = 0
    while before.any():
        winding, before = winding + winding[before], before[before]
    return winding


def _polygons(faces: Faces, wanted: Ints, xy: Floats) -> Shapes:
    cycles = faces._cycles
    number = np.full(len(faces.winding), -1, dtype=np.int64)
    number[wanted] = np.arange(len(wanted))
    mine = number[faces._face_of_cycle]
    chosen = np.flatnonzero(mine >= 0)
    # A face's own cycle comes before its holes.
    chosen = chosen[np.lexsort((-cycles.area[chosen], mine[chosen]))]
    lengths = np.diff(cycles.starts)[chosen]
    ring = np.repeat(np.arange(len(chosen)), lengths)
    step = np.arange(len(ring)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    vertices = cycles.tail[cycles.order[np.repeat(cycles.starts[chosen], lengths) + step]]
    rings = shapely.linearrings(xy[vertices], indices=ring)
    shapes = np.asarray(shapely.polygons(rings, indices=mine[chosen]), dtype=object)
    # A cycle that comes through one vertex twice is no ring; there are few.
    twice = np.unique(mine[chosen][_pinched(ring, vertices, len(chosen))])
    if len(twice):
        shapes[twice] = [_assembled(shape) for shape in shapes[twice]]
    return shapes


def _pinched(ring: Ints, vertices: Ints, count: int) -> Flags:
    """Which rings come through one vertex twice."""
    pair = np.unique(ring * (int(vertices.max(initial=0)) + 1) + vertices)
    different = np.bincount(pair // (int(vertices.max(initial=0)) + 1), minlength=count)
    return np.asarray(different < np.bincount(ring, minlength=count))


def _assembled(shape: shapely.Polygon) -> BaseGeometry:
    """A polygon of the same edges whose rings are simple."""
    return shapely.build_area(shapely.node(shapely.boundary(shape)))
