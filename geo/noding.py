"""Node many shapes together, so that shared borders share every vertex.

Shapes drawn apart meet in T junctions, or a hair apart. Here near vertices become
one, a vertex that lies on another ring's edge is put into that edge, and borders
that others will hang on are densified. Fixed shapes never lose or move a vertex;
they only gain some.
"""

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.mesh import Floats, Ints, Mesh, Shapes, without_repeats, without_spikes

# Each round splits what the last one bent; real layers end after two or three.
_MAX_ROUNDS = 10
_STORED_SLACK = 1.01
_HAIR = 1e-6


def node(mesh: Mesh, *, tolerance_m: float) -> Mesh:
    """Make near vertices one, and put vertices into the edges they lie on.

    Parameters
    ----------
    mesh : Mesh
    tolerance_m : float
        What lies closer together than this is meant to be together.

    Returns
    -------
    Mesh
        In which no vertex lies within the tolerance of an edge that it does not end.
    """
    mesh = without_spikes(_snap(mesh, tolerance_m))
    done: Ints = np.empty(0, dtype=np.int64)
    for _ in range(_MAX_ROUNDS):
        segments, key, place_segment = _segments(mesh)
        fresh = np.flatnonzero(~np.isin(key, done))
        segment, vertex, along = _lying_on(mesh, segments[fresh], tolerance_m)
        if not len(segment):
            break
        done = key
        mesh = without_spikes(_insert(mesh, segments, place_segment, (fresh[segment], vertex, along)))
    return mesh


def _snap(mesh: Mesh, tolerance_m: float) -> Mesh:
    """Move new vertices onto a fixed one, or onto each other, within the tolerance."""
    metres, is_fixed = mesh.metres, mesh.is_fixed
    goes_to = np.arange(len(metres))
    fixed, new = np.flatnonzero(is_fixed), np.flatnonzero(~is_fixed)
    if len(fixed) and len(new):
        distance, nearest = cKDTree(metres[fixed]).query(metres[new], distance_upper_bound=tolerance_m)
        near = np.isfinite(distance)
        goes_to[new[near]] = fixed[nearest[near]]
        new = new[~near]
    if len(new):
        # Greedy, lowest first: nothing moves further than the tolerance, however long a row is.
        pairs = cKDTree(metres[new]).query_pairs(tolerance_m, output_type="ndarray")
        taken: set[int] = set()
        leads: set[int] = set()
        for low, high in sorted(map(tuple, np.sort(pairs, axis=1).tolist())):
            if low not in taken and high not in taken and high not in leads:
                leads.add(low)
                taken.add(high)
                goes_to[new[high]] = new[low]
    return without_repeats(replace(mesh, ids=goes_to[mesh.ids]))


def _segments(mesh: Mesh) -> tuple[Ints, Ints, Ints]:
    """Unique undirected segments, a key for each, and the segment at each place."""
    start, end = mesh.ids, mesh.following()
    low, high = np.minimum(start, end), np.maximum(start, end)
    key, first, inverse = np.unique(low * len(mesh.points) + high, return_index=True, return_inverse=True)
    return np.column_stack([low[first], high[first]]), key, inverse.reshape(-1)


def _lying_on(mesh: Mesh, segments: Ints, tolerance_m: float) -> tuple[Ints, Ints, Floats]:
    """Vertices that lie inside segments: segment, vertex and how far along (0 to 1)."""
    metres = mesh.metres
    used = np.unique(mesh.ids)
    if not len(segments):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    # Relative to a corner, so that metres of a far origin keep their digits.
    origin = metres[used].min(axis=0)
    local = metres - origin
    tree = shapely.STRtree(np.asarray(shapely.linestrings(local[segments]), dtype=object))
    point, segment = tree.query(shapely.points(local[used]), predicate="dwithin", distance=tolerance_m)
    vertex = used[point]
    start, end = segments[segment, 0], segments[segment, 1]
    inner = (vertex != start) & (vertex != end)
    segment, vertex, start, end = segment[inner], vertex[inner], start[inner], end[inner]
    edge = local[end] - local[start]
    length = np.hypot(edge[:, 0], edge[:, 1])
    offset = local[vertex] - local[start]
    along_m = (offset * edge).sum(axis=1) / length
    aside_m = np.abs(edge[:, 0] * offset[:, 1] - edge[:, 1] * offset[:, 0]) / length
    # Beside an end rather than on the edge: putting it in would make a jag.
    lies = np.minimum(along_m, length - along_m) > aside_m
    return segment[lies], vertex[lies], along_m[lies] / length[lies]


def _insert(mesh: Mesh, segments: Ints, place_segment: Ints, hits: tuple[Ints, Ints, Floats]) -> Mesh:
    """Put vertices into every copy of their segments, in order, whichever way it runs."""
    segment, vertex, along = hits
    order = np.lexsort((vertex, along, segment))
    segment, vertex = segment[order], vertex[order]
    counts = np.bincount(segment, minlength=len(segments))
    begins = np.concatenate([[0], np.cumsum(counts)])[:-1]
    added = counts[place_segment]
    before = np.concatenate([[0], np.cumsum(1 + added)])
    ids = np.empty(before[-1], dtype=np.int64)
    ids[before[:-1]] = mesh.ids
    places = np.repeat(np.arange(len(mesh.ids)), added)
    step = np.arange(len(places)) - np.repeat(np.cumsum(added) - added, added)
    runs_back = (mesh.ids > mesh.following())[places]
    own = place_segment[places]
    ids[before[places] + 1 + step] = vertex[begins[own] + np.where(runs_back, counts[own] - 1 - step, step)]
    return replace(mesh, ids=ids, ring_starts=before[mesh.ring_starts])


def densify(mesh: Mesh, shapes: NDArray[np.bool_], *, max_m: float) -> Mesh:
    """Split the long edges of some shapes evenly, the same way from both sides.

    Parameters
    ----------
    mesh : Mesh
        Noded.
    shapes : ndarray of bool
        The shapes whose edges are split, in every other shape's ring too.
    max_m : float
        Longest edge left, one per cent more between two fixed vertices.

    Returns
    -------
    Mesh
    """
    segments, _, place_segment = _segments(mesh)
    wanted = np.zeros(len(segments), dtype=bool)
    wanted[place_segment[shapes[mesh.shape_of_places()]]] = True
    ends = mesh.metres[segments]
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    # A stored chain measured in another plane may seem a hair too long: it was split before.
    wanted &= ~(mesh.is_fixed[segments].all(axis=1) & (length <= max_m * _STORED_SLACK))
    # A length that float arithmetic made a hair too long needs no piece of its own.
    pieces = np.where(wanted, np.ceil(length / max_m - _HAIR), 1).astype(np.int64)
    extra = np.maximum(pieces - 1, 0)
    segment = np.repeat(np.arange(len(segments)), extra)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(extra) - extra, extra) + 1
    share = step / pieces[segment]
    start, end = mesh.points[segments[segment, 0]], mesh.points[segments[segment, 1]]
    made = start + (end - start) * share[:, None]
    vertex = len(mesh.points) + np.arange(len(segment))
    grown = replace(
        mesh, points=np.vstack([mesh.points, made]), exact=np.vstack([mesh.exact, np.full_like(made, np.nan)])
    )
    return _insert(grown, segments, place_segment, (segment, vertex, share))


def same_outline(one: Shapes, other: Shapes, *, scale: Floats, tolerance_m: float) -> NDArray[np.bool_]:
    """Whether shapes run along each other everywhere, pair by pair.

    Parameters
    ----------
    one, other : ndarray of Polygon or MultiPolygon
        In one frame.
    scale : ndarray of float, shape (2,)
        Metres per unit of the frame.
    tolerance_m : float

    Returns
    -------
    ndarray of bool
        True where every vertex of each lies within the tolerance of the other's outline.
    """
    first = np.asarray(shapely.transform(one, lambda xy: xy * scale), dtype=object)
    second = np.asarray(shapely.transform(other, lambda xy: xy * scale), dtype=object)
    return _runs_along(first, second, tolerance_m) & _runs_along(second, first, tolerance_m)


def _runs_along(shapes: Shapes, others: Shapes, tolerance_m: float) -> NDArray[np.bool_]:
    outlines = np.asarray(shapely.boundary(others), dtype=object)
    shapely.prepare(outlines)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    near = shapely.dwithin(outlines[owner], shapely.points(xy), tolerance_m)
    result = np.ones(len(shapes), dtype=bool)
    result[owner[~near]] = False
    return result
