"""Which codes follow the old ones, by the ground that each takes."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
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
    heirs, found = _Heirs.of(old, new), dict[str, tuple[Share, ...]]()
    for grid in old:
        taking, own = heirs.on(grid), heirs.now.get(grid.id)
        is_whole = own is not None and all(taker is own for taker, _ in taking)
        same = own if own is not None and parts_of(own) == parts_of(grid) else None
        if is_whole and same is not None and same.code == grid.code:
            continue
        areas = metric.area_m2(as_shapes(ground for _, ground in taking)).tolist()
        shares = sorted(
            ((taker, area) for (taker, _), area in zip(taking, areas, strict=True)), key=lambda one: -one[1]
        )
        told = tuple(_told(shares, plain=same))
        if [share.code for share in told] != [grid.code]:
            found[grid.code] = told
        stay = parts_of(own) if own is not None and is_whole else frozenset()
        gone = [part.code for part in grid.parts if _part(part) not in stay]
        found |= dict.fromkeys(gone, tuple(_told(shares, plain=None)))
    return found


def parts_of(grid: MicroGrid) -> frozenset[Hashable]:
    """What of the parts of a grid decides an answer: names and households do not."""
    return frozenset(_part(part) for part in grid.parts)


def polygons(shape: Any, *, with_dust: bool = False) -> list[Polygon]:
    """The polygons in a shape, those of dust only where asked for."""
    pieces = shapely.get_parts(shapely.get_parts(shape))
    pieces = pieces[(shapely.get_type_id(pieces) == _POLYGON) & ~shapely.is_empty(pieces)]
    return list(pieces if with_dust else pieces[mean_width(pieces) >= _DUST_DEGREES])


def _part(part: Part) -> Hashable:
    """What of a part decides an answer."""
    return part.code, part.units, part.floors


@dataclass(frozen=True)
class _Takers:
    """Grids of one layer that may take ground, found by place."""

    grids: Sequence[MicroGrid]
    shapes: Shapes
    tree: STRtree

    @classmethod
    def of(cls, grids: Sequence[MicroGrid], shapes: Iterable[Any] | None = None) -> "_Takers":
        grounds = as_shapes((grid.polygon for grid in grids) if shapes is None else shapes)
        return cls(grids, grounds, STRtree(grounds))

    def on(self, ground: Any) -> list[tuple[MicroGrid, Any]]:
        """Those that take some of a ground, each with its pieces."""
        touching = np.sort(self.tree.query(ground, predicate="intersects"))
        pieces = shapely.intersection(self.shapes[touching], ground)
        taken = ((self.grids[index], polygons(piece)) for index, piece in zip(touching, pieces, strict=True))
        return [(grid, MultiPolygon(some)) for grid, some in taken if some]


@dataclass(frozen=True)
class _Heirs:
    """Who answers now on the ground of old grids."""

    now: Mapping[int, MicroGrid]
    tiles: _Takers
    overlays: _Takers
    fresh: _Takers

    @classmethod
    def of(cls, old: Sequence[MicroGrid], new: Sequence[MicroGrid]) -> "_Heirs":
        overlays = [grid for grid in new if grid.layer == "overlay"]
        before = _Takers.of([grid for grid in old if grid.layer == "overlay"])
        # Ground that had no overlay of this kind: what was stored there is the code of the tile.
        fresh = [
            _less(grid.polygon, [was for was, _ in before.on(grid.polygon) if was.kind == grid.kind])
            for grid in overlays
        ]
        return cls(
            {grid.id: grid for grid in new},
            _Takers.of([grid for grid in new if grid.layer == "tile"]),
            _Takers.of(overlays),
            _Takers.of(overlays, fresh),
        )

    def on(self, grid: MicroGrid) -> list[tuple[MicroGrid | None, Any]]:
        """The grids that answer on the ground of an old one, each with its pieces; None where none of them does."""
        fresh = self.fresh.on(grid.polygon) if grid.layer == "tile" else []
        own = self.now.get(grid.id)
        is_alike = own is not None and own.layer == grid.layer and (own.layer == "tile" or own.kind == grid.kind)
        if own is not None and is_alike and own.polygon.equals_exact(grid.polygon, 0):
            return [(own, grid.polygon), *fresh]
        above = self.overlays.on(grid.polygon) if grid.layer == "overlay" else []
        # An overlay of another kind need not hold what this one held: the tiles below it may.
        left = _less(grid.polygon, [taker for taker, _ in above if taker.kind == grid.kind])
        below = self.tiles.on(left)
        rest = polygons(_less(left, [taker for taker, _ in below]))
        return [*above, *below, *fresh, *([(None, MultiPolygon(rest))] if rest else [])]


def _less(ground: Any, takers: Sequence[MicroGrid]) -> Any:
    return ground.difference(shapely.union_all([taker.polygon for taker in takers])) if takers else ground


def _told(shares: Iterable[tuple[MicroGrid | None, float]], *, plain: MicroGrid | None) -> Iterable[Share]:
    """Shares of grids and, but for the plain one, of their parts: each may be the one to store."""
    for taker, area_m2 in shares:
        yield Share(taker.code if taker else None, area_m2)
        if taker is not None and taker is not plain:
            yield from (Share(part.code, area_m2) for part in taker.parts)
