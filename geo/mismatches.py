"""Edges that two sides drew with different vertices, though no ground lies between them."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import MultiLineString, Polygon

from geo.faults import Faults
from geo.measure import mean_width
from geo.rings import Floats, Ints, Shapes
from geo.segments import as_shapes


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Edges that do not match vertex by vertex, though no ground lies between them.

    Attributes
    ----------
    geometry : MultiLineString
    owners : tuple of int
        Cells that meet there, ascending; one alone where the parent has other vertices.
    """

    geometry: MultiLineString
    owners: tuple[int, ...]


def find_mismatches(
    faults: Faults, count: int, *, tolerance: float
) -> tuple[tuple[Mismatch, ...], tuple[tuple[Polygon, tuple[int, ...]], ...]]:
    """Group the edges left over whose copies cancel once they are noded.

    Parameters
    ----------
    faults : Faults
    count : int
        How many cells there are.
    tolerance : float
        That of the noding.

    Returns
    -------
    mismatches : tuple of Mismatch
        One for edges that hang together.
    closed : tuple of (Polygon, tuple of int)
        Ground thinner than the tolerance that the noding closed, and the cells there.
    """
    net = faults.matched
    if not len(net.low):
        return (), ()
    links = coo_array((np.ones(len(net.low)), (net.low, net.high)), shape=(len(net.xy),) * 2)
    _, part = connected_components(links, directed=False)
    parts, group = np.unique(part[net.low], return_inverse=True)
    owners: list[set[int]] = [set() for _ in parts]
    for index, cell in zip(group[net.edge].tolist(), net.owner.tolist(), strict=True):
        if cell < count:
            owners[index].add(cell)
    named = [tuple(sorted(own)) for own in owners]
    lines = _grouped(net.xy, net.low, net.high, group)
    mismatches = tuple(
        Mismatch(MultiLineString(list(shapely.get_parts(line))), own) for line, own in zip(lines, named, strict=True)
    )
    return mismatches, _closed(faults, part, parts, named, tolerance)


def _closed(
    faults: Faults, part: Ints, parts: Ints, named: list[tuple[int, ...]], tolerance: float
) -> tuple[tuple[Polygon, tuple[int, ...]], ...]:
    """What lies between the same edges as they were drawn."""
    raw = faults.raw
    before = part[faults.became[raw.low]]
    mine = np.flatnonzero(np.isin(before, parts) & (before == part[faults.became[raw.high]]))
    places = np.searchsorted(parts, before[mine])
    drawn = _grouped(raw.xy, raw.low[mine], raw.high[mine], places)
    noded = np.asarray(shapely.union_all(drawn[:, None], axis=1), dtype=object)
    shapes = as_shapes(shapely.polygonize([line]) for line in noded)
    polygons, index = shapely.get_parts(shapes, return_index=True)
    thin = mean_width(polygons) < tolerance
    own = [named[place] for place in np.unique(places)[index[thin]].tolist()]
    return tuple(zip(polygons[thin].tolist(), own, strict=True))


def _grouped(xy: Floats, low: Ints, high: Ints, group: Ints) -> Shapes:
    """Edges as lines, those of a group in one shape, in the order of the groups."""
    _, group = np.unique(group, return_inverse=True)
    order = np.argsort(group, kind="stable")
    lines = np.asarray(shapely.linestrings(np.stack([xy[low], xy[high]], axis=1)[order]), dtype=object)
    shapes = shapely.line_merge(shapely.multilinestrings(lines, indices=group[order]))
    return np.asarray(shapes, dtype=object)
