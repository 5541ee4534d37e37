"""Which codes follow the old ones, by the ground that each takes."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, STRtree

from boundaries.model import MicroGrid, Part
from geo.crs import STORAGE_STEP
from geo.measure import mean_width
from geo.metric import Metric
from geo.rings import Shapes
from geo.segments import as_shapes

# Thinner than this is what rounding leaves: nobody's ground.
_DUST_DEGREES = 2 * STORAGE_STEP
_POLYGON = 3
# In square degrees, some 1e-6 m²: less is no ground that pieces leave over.
_NOTHING = 1e-16

Indices = NDArray[np.int64]


class Share(NamedTuple):
    """Ground of an old code and the code that answers there now; None where none of its layer does."""

    code: str | None
    area_m2: float


def follow(old: Sequence[MicroGrid], new: Sequence[MicroGrid], metric: Metric) -> dict[str, tuple[Share, ...]]:
    """Find the codes that answer now on the ground of old ones.

    Parameters
    ----------
    old, new : sequence of MicroGrid
        In stored coordinates (EPSG:4490), matched by their permanent number. Grids that are the
        same in both may be left out, but for the tile grids below an overlay that differs.
    metric : Metric
        Measures stored shapes in square metres.

    Returns
    -------
    dict
        Old code of a grid or a part -> shares of its ground, the largest first; only codes that
        no longer answer for all of it.
    """
    taken, now = heirs(old, new), {grid.id: index for index, grid in enumerate(new)}
    takers: list[set[int]] = [set() for _ in old]
    for subject, taker in zip(taken.old.tolist(), taken.new.tolist(), strict=True):
        takers[subject].add(taker)
    is_told = np.zeros(len(old), dtype=bool)
    stays: list[tuple[MicroGrid | None, bool]] = []
    for index, grid in enumerate(old):
        place = now.get(grid.id)
        own = None if place is None else new[place]
        is_whole = own is not None and takers[index] <= {place}
        is_same = own is not None and own.code == grid.code and parts_of(own) == parts_of(grid)
        stays.append((own, is_whole))
        is_told[index] = not (is_whole and is_same)
    shares = _measured(taken, is_told, metric)
    found = dict[str, tuple[Share, ...]]()
    for index in np.flatnonzero(is_told).tolist():
        grid, (own, is_whole) = old[index], stays[index]
        taking = [(None if taker < 0 else new[taker], area_m2) for taker, area_m2 in shares.get(index, ())]
        same = own if own is not None and parts_of(own) == parts_of(grid) else None
        told = tuple(_told(taking, plain=same))
        if [share.code for share in told] != [grid.code]:
            found[grid.code] = told
        stay = parts_of(own) if own is not None and is_whole else frozenset()
        gone = [part.code for part in grid.parts if _part(part) not in stay]
        found |= dict.fromkeys(gone, tuple(_told(taking, plain=None)))
    return found


def parts_of(grid: MicroGrid) -> frozenset[Hashable]:
    """What of the parts of a grid decides an answer: names and households do not."""
    return frozenset(_part(part) for part in grid.parts)


def polygons(shape: Any, *, with_dust: bool = False) -> list[Polygon]:
    """The polygons in a shape, those of dust only where asked for."""
    pieces = shapely.get_parts(shapely.get_parts(shape))
    pieces = pieces[(shapely.get_type_id(pieces) == _POLYGON) & ~shapely.is_empty(pieces)]
    return list(pieces if with_dust else pieces[mean_width(pieces) >= _DUST_DEGREES])


def solid(shapes: Shapes) -> Shapes:
    """Each shape without what is no ground: its lines, its points and its dust; empty where nothing is left."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    pieces, part = shapely.get_parts(parts, return_index=True)
    kept = (shapely.get_type_id(pieces) == _POLYGON) & ~shapely.is_empty(pieces)
    kept[kept] = mean_width(pieces[kept]) >= _DUST_DEGREES
    found = np.full(len(shapes), MultiPolygon(), dtype=object)
    if kept.any():
        shapely.multipolygons(pieces[kept], indices=owner[part][kept], out=found)
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """Pieces of the ground of old grids, and who answers there now.

    Attributes
    ----------
    old, new : ndarray of int, shape (n,)
        Positions of the old grid and of the new one; -1 where none of its layer answers there.
    ground : ndarray of shapely geometry, shape (n,)
    """

    old: Indices
    new: Indices
    ground: Shapes

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(
            np.concatenate([self.old, other.old]),
            np.concatenate([self.new, other.new]),
            np.concatenate([self.ground, other.ground]),
        )


def heirs(old: Sequence[MicroGrid], new: Sequence[MicroGrid]) -> Taken:
    """Who answers now on the ground of old grids, piece by piece.

    Parameters
    ----------
    old, new : sequence of MicroGrid
        As for :func:`follow`.

    Returns
    -------
    Taken
        A tile grid's ground goes to tiles, and once more to overlays that newly lie on it; that of an
        overlay to overlays and, where none of its kind holds it any more, to the tiles below.
    """
    was, now = as_shapes(grid.polygon for grid in old), as_shapes(grid.polygon for grid in new)
    is_over, over_now = (np.array([grid.layer == "overlay" for grid in side], dtype=bool) for side in (old, new))
    own = _own(old, new)
    is_kept = own >= 0
    is_kept[is_kept] = shapely.equals_exact(was[is_kept], now[own[is_kept]], 0.0)
    whole, asking = np.flatnonzero(is_kept), np.flatnonzero(~is_kept)
    taken, left = Taken(whole, own[whole], was[whole]), was.copy()
    # What is its own still is nobody else's, so that only what it lost is asked for.
    moved = asking[(own[asking] >= 0) & ~is_over[asking]]
    taken += _some(moved, own[moved], shapely.intersection(was[moved], now[own[moved]]))
    left[moved] = shapely.difference(was[moved], now[own[moved]])
    above = asking[is_over[asking]]
    over = _on(was, above, now, np.flatnonzero(over_now))
    # An overlay of another kind need not hold what this one held: the tiles below it may.
    left[above] = _less(was, above, over, _alike(over, old, new))
    below = _on(left, asking, now, np.flatnonzero(~over_now))
    rest = _rest(left, asking, below)
    bare = ~shapely.is_empty(rest)
    left_over = Taken(asking[bare], np.full(int(bare.sum()), -1), rest[bare])
    return taken + over + below + _fresh(old, new, was, now) + left_over


def _part(part: Part) -> Hashable:
    """What of a part decides an answer."""
    return part.code, part.units, part.floors


def _own(old: Sequence[MicroGrid], new: Sequence[MicroGrid]) -> Indices:
    """Position among the new grids of the same one, where it holds what the old one held; else -1."""
    places = {grid.id: index for index, grid in enumerate(new)}
    own = np.full(len(old), -1, dtype=np.int64)
    for index, grid in enumerate(old):
        place = places.get(grid.id, -1)
        is_tile = grid.layer == "tile"
        if place >= 0 and new[place].layer == grid.layer and (is_tile or new[place].kind == grid.kind):
            own[index] = place
    return own


def _fresh(old: Sequence[MicroGrid], new: Sequence[MicroGrid], was: Shapes, now: Shapes) -> Taken:
    """Ground of old tiles that had no overlay of a kind and has one now: what was stored there is the tile's code."""
    tiles, before, after = (
        np.array([index for index, grid in enumerate(side) if grid.layer == layer], dtype=np.int64)
        for side, layer in ((old, "tile"), (old, "overlay"), (new, "overlay"))
    )
    had = _on(now, after, was, before)
    came = now.copy()
    came[after] = _less(now, after, had, _alike(had, new, old))
    return _on(was, tiles, came, after)


def _alike(taken: Taken, grids: Sequence[MicroGrid], takers: Sequence[MicroGrid]) -> NDArray[np.bool_]:
    """Whether who takes a piece is of the kind of whom it is taken from."""
    pairs = zip(taken.old.tolist(), taken.new.tolist(), strict=True)
    return np.array([grids[one].kind == takers[other].kind for one, other in pairs], dtype=bool)


def _on(grounds: Shapes, asking: Indices, takers: Shapes, among: Indices) -> Taken:
    """Which of some shapes take some of the ground of others, each with its pieces."""
    if not len(asking) or not len(among):
        return Taken(asking[:0], among[:0], grounds[:0])
    subject, taker = STRtree(takers[among]).query(grounds[asking], predicate="intersects")
    order = np.lexsort((taker, subject))
    subject, taker = asking[subject[order]], among[taker[order]]
    return _some(subject, taker, shapely.intersection(takers[taker], grounds[subject]))


def _some(subject: Indices, taker: Indices, shapes: Shapes) -> Taken:
    """Those of some pieces that are ground."""
    pieces = solid(shapes)
    some = ~shapely.is_empty(pieces)
    return Taken(subject[some], taker[some], pieces[some])


def _less(grounds: Shapes, asking: Indices, taken: Taken, counts: NDArray[np.bool_]) -> Shapes:
    """The ground of those who ask without the pieces that count."""
    left = grounds[asking].copy()
    for place, held in enumerate(_by_asking(taken, asking)):
        pieces = taken.ground[held][counts[held]]
        if len(pieces):
            left[place] = left[place].difference(shapely.union_all(pieces))
    return left


def _rest(grounds: Shapes, asking: Indices, taken: Taken) -> Shapes:
    """What of the ground of those who ask nobody takes; empty where somebody takes every bit."""
    areas = np.bincount(taken.old, shapely.area(taken.ground), minlength=len(grounds))[asking]
    rest, held = np.full(len(asking), MultiPolygon(), dtype=object), _by_asking(taken, asking)
    # Where pieces overlap, more than all is held, and something may be left over all the same.
    for place in np.flatnonzero(np.abs(shapely.area(grounds[asking]) - areas) > _NOTHING).tolist():
        rest[place] = grounds[asking[place]].difference(shapely.union_all(taken.ground[held[place]]))
    return solid(rest)


def _by_asking(taken: Taken, asking: Indices) -> list[slice]:
    """Where the pieces of each that asks stand; they stand in its order."""
    begin, end = (np.searchsorted(taken.old, asking, side=side) for side in ("left", "right"))
    return [slice(*ends) for ends in zip(begin.tolist(), end.tolist(), strict=True)]


def _measured(taken: Taken, wanted: NDArray[np.bool_], metric: Metric) -> dict[int, list[tuple[int, float]]]:
    """Takers of each old grid that is wanted with their square metres, the largest first."""
    chosen = np.flatnonzero(wanted[taken.old])
    areas = np.asarray(metric.area_m2(taken.ground[chosen]), dtype=float)
    order = np.lexsort((-areas, taken.old[chosen]))
    found = dict[int, list[tuple[int, float]]]()
    for place in order.tolist():
        index = chosen[place]
        found.setdefault(int(taken.old[index]), []).append((int(taken.new[index]), float(areas[place])))
    return found


def _told(shares: Iterable[tuple[MicroGrid | None, float]], *, plain: MicroGrid | None) -> Iterable[Share]:
    """Shares of grids and, but for the plain one, of their parts: each may be the one to store."""
    for taker, area_m2 in shares:
        yield Share(taker.code if taker else None, area_m2)
        if taker is not None and taker is not plain:
            yield from (Share(part.code, area_m2) for part in taker.parts)
