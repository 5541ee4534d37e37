"""Nets: undirected edges between numbered vertices, and the directed boundaries that run along them."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geo.rings import Floats, Ints
from geo.segments import Keys, Segments, vertex_hash

_NO_KEYS: Keys = np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Net:
    """Undirected edges between numbered vertices, and the directed copies that run along them.

    Attributes
    ----------
    xy : ndarray of float, shape (v, 2)
        Vertices, in the unit of the cells; not all need to be in use.
    low, high : ndarray of int, shape (e,)
        Vertices of each edge, the lower number first; no edge stands twice.
    edge, sign, owner : ndarray of int, shape (c,)
        Of each copy: its edge, 1 where it runs from low to high and -1 where it runs
        back, and the cell whose inside lies to its left.
    """

    xy: Floats
    low: Ints
    high: Ints
    edge: Ints
    sign: Ints
    owner: Ints

    @property
    def sums(self) -> Ints:
        """Directed sum of the copies of each edge; crossing it to its left adds so much."""
        return np.bincount(self.edge, self.sign, minlength=len(self.low)).astype(np.int64)

    @property
    def starts(self) -> Ints:
        """Vertex that each copy starts from."""
        return np.where(self.sign > 0, self.low[self.edge], self.high[self.edge])

    @property
    def ends(self) -> Ints:
        """Vertex that each copy ends at."""
        return np.where(self.sign > 0, self.high[self.edge], self.low[self.edge])


def net_of(segments: Segments) -> Net:
    """Directed segments as copies along edges, in their order."""
    xy = np.concatenate([segments.start, segments.end])
    _, first, vertex = np.unique(vertex_hash(xy), return_index=True, return_inverse=True)
    count = len(segments.key)
    return assembled(xy[first], vertex[:count], vertex[count:], segments.owner)


def with_segments(net: Net, segments: Segments) -> Net:
    """A net with more segments in it, not noded; its vertices and copies keep their places.

    Parameters
    ----------
    net : Net
    segments : Segments

    Returns
    -------
    Net
    """
    more = net_of(segments)
    known = vertex_hash(net.xy)
    order = np.argsort(known)
    asked = vertex_hash(more.xy)
    place = np.searchsorted(known[order], asked).clip(max=len(known) - 1)
    is_new = known[order][place] != asked
    number = np.where(is_new, len(known) + np.cumsum(is_new) - 1, order[place])
    return assembled(
        np.vstack([net.xy, more.xy[is_new]]),
        np.concatenate([net.starts, number[more.starts]]),
        np.concatenate([net.ends, number[more.ends]]),
        np.concatenate([net.owner, more.owner]),
    )


def assembled(xy: Floats, start: Ints, end: Ints, owner: Ints) -> Net:
    """A net from directed copies.

    Parameters
    ----------
    xy : ndarray of float, shape (v, 2)
    start, end : ndarray of int, shape (c,)
        Vertices of each copy, never the same.
    owner : ndarray of int, shape (c,)

    Returns
    -------
    Net
        Copies in the order given.
    """
    low, high = np.minimum(start, end), np.maximum(start, end)
    _, first, edge = np.unique(low * len(xy) + high, return_index=True, return_inverse=True)
    return Net(xy, low[first], high[first], edge, np.where(start < end, 1, -1), owner)


def merge_vertices(net: Net, *, tolerance: float, anchor: int, fixed: Keys = _NO_KEYS) -> tuple[Net, Ints]:
    """Make vertices one that lie closer together than a tolerance.

    Parameters
    ----------
    net : Net
    tolerance : float
        In the unit of the coordinates; no vertex moves further.
    anchor : int
        The owner whose vertices stay where they are: the parent.
    fixed : ndarray of uint64, optional
        :func:`geo.segments.vertex_hash` of vertices that stay too, whoever's they are in the net.

    Returns
    -------
    merged : Net
        Copies that became points are gone, the others keep their order.
    became : ndarray of int
        For each vertex the one it has become: of two the more used one stays.
    """
    became = np.arange(len(net.xy))
    if not len(net.xy):
        return net, became
    pairs = cKDTree(net.xy - net.xy.min(axis=0)).query_pairs(tolerance, output_type="ndarray")
    if not len(pairs):
        return net, became
    ends = np.concatenate([net.starts, net.ends])
    uses = np.bincount(ends, minlength=len(net.xy))
    stands = np.isin(vertex_hash(net.xy), fixed)
    stands[ends[np.tile(net.owner == anchor, 2)]] = True
    leads: set[int] = set()
    gone: set[int] = set()
    # Those of the anchor come first, so that all others near one come to it.
    anchored = stands[pairs].any(axis=1)
    for one, other in pairs[np.lexsort((pairs.max(axis=1), pairs.min(axis=1), ~anchored))].tolist():
        stays, goes = (one, other) if (stands[one], uses[one]) >= (stands[other], uses[other]) else (other, one)
        # Who has led or gone stays so: nothing moves twice, however long a row of near vertices is.
        if goes in leads and not stands[stays]:
            stays, goes = goes, stays
        if not stands[goes] and stays not in gone and goes not in gone and goes not in leads:
            leads.add(stays)
            gone.add(goes)
            became[goes] = stays
    return _mapped(net, became), became


def _mapped(net: Net, became: Ints) -> Net:
    start, end = became[net.starts], became[net.ends]
    stands = start != end
    return assembled(net.xy, start[stands], end[stands], net.owner[stands])
