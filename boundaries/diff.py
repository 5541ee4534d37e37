"""What differs between two states of the plan, for those who keep its codes.

An *answer* here is what a look-up gives to be stored: the code of the tile grid, of the
grids of a dedicated kind and of the parts there, their kinds and layers, and the codes of
the areas above. Names are no part of it: they are listed, and change no ground.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, STRtree

from boundaries.model import Area, MicroGrid, Part
from geo.crs import STORAGE_STEP, Metric
from geo.measure import mean_width
from geo.segments import as_shapes

# Thinner than this is what rounding leaves: nobody's ground.
_DUST_DEGREES = 2 * STORAGE_STEP
# About 1 cm: what rounding moves, and points on a border, lie well inside.
_MARGIN_DEGREES = 1e-7
_POLYGON = 3

Shapes = NDArray[np.object_]
Content = Callable[[Any], Hashable]  # Any: an area or a micro-grid


@dataclass(frozen=True, slots=True)
class Side:
    """What of one state is compared; what is the same in both may be left out.

    Attributes
    ----------
    grids : sequence of MicroGrid
        In stored coordinates (EPSG:4490). Where an overlay differs, with the tile grids below it.
    areas : sequence of Area
        In stored coordinates, those whose border, name, level or chain may differ.
    chains : mapping
        Code of an area -> codes of it and of all above it; an area that is not here stands alone.
    """

    grids: Sequence[MicroGrid] = ()
    areas: Sequence[Area] = ()
    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def chain(self, code: str) -> tuple[str, ...]:
        """Codes of an area and of all above it."""
        return self.chains.get(code, (code,))


@dataclass(frozen=True, slots=True)
class GridChanges:
    """Codes of micro-grids by what changed, lowest rank first.

    The codes are those of the newer state, of retired grids those of the older one;
    ``recoded`` has both. ``area_changed``: it fills another area, or its area stands below
    another one. A grid that only received vertices on its border is in none.
    """

    added: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    reshaped: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    recoded: tuple[tuple[str, str], ...] = ()
    kind_changed: tuple[str, ...] = ()
    layer_changed: tuple[str, ...] = ()
    area_changed: tuple[str, ...] = ()
    parts_changed: tuple[str, ...] = ()
    street_changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AreaChanges:
    """Codes of areas by what changed; ``reparented``: it, or an area above it, stands below another one."""

    added: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    reshaped: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    relevelled: tuple[str, ...] = ()
    reparented: tuple[str, ...] = ()


class Share(NamedTuple):
    """Ground of an old code and the code that answers there now; None where none of its layer does."""

    code: str | None
    area_m2: float


@dataclass(frozen=True, slots=True)
class Delta:
    """What differs between two states.

    Attributes
    ----------
    grids : GridChanges
    areas : AreaChanges
    codes : mapping
        Old code of a grid or a part -> the codes that answer on its ground now, most ground
        first. Only codes that no longer answer for all of it. Where one code follows, it
        replaces the old one everywhere; where several do, or None is among them, addresses
        must be asked again. Shares of a grid, of its parts and of the overlays that newly lie
        on it are the same ground.
    ground : Polygon or MultiPolygon
        In stored degrees (EPSG:4490). Outside it no answer changed; empty where none did.
    """

    grids: GridChanges
    areas: AreaChanges
    codes: Mapping[str, tuple[Share, ...]]
    ground: Polygon | MultiPolygon


def compare(old: Side, new: Side, *, metric: Metric) -> Delta:
    """Say what differs between two states.

    Parameters
    ----------
    old, new : Side
        Things are matched by their permanent number.
    metric : Metric
        Measures stored shapes in square metres.

    Returns
    -------
    Delta
    """
    grids, areas = _Matched.of(old.grids, new.grids), _Matched.of(old.areas, new.areas)
    was_answer, is_answer = _answer(old), _answer(new)
    return Delta(
        grids=GridChanges(
            added=tuple(grid.code for grid in grids.added),
            retired=tuple(grid.code for grid in grids.retired),
            reshaped=grids.reshaped(),
            renamed=grids.listed(lambda grid: (grid.name, grid.honorary_name)),
            recoded=tuple((was.code, now.code) for was, now in grids.pairs if was.code != now.code),
            kind_changed=grids.listed(lambda grid: grid.kind),
            layer_changed=grids.listed(lambda grid: grid.layer),
            area_changed=grids.listed(lambda grid: old.chain(grid.area), lambda grid: new.chain(grid.area)),
            parts_changed=grids.listed(_parts),
            street_changed=grids.listed(lambda grid: grid.street_group),
        ),
        areas=AreaChanges(
            added=tuple(area.code for area in areas.added),
            retired=tuple(area.code for area in areas.retired),
            reshaped=areas.reshaped(),
            renamed=areas.listed(lambda area: area.name),
            relevelled=areas.listed(lambda area: area.level),
            reparented=areas.listed(was_answer, is_answer),
        ),
        codes=_codes(old.grids, new.grids, metric),
        ground=_widened([*grids.ground(was_answer, is_answer), *areas.ground(was_answer, is_answer)]),
    )


def _answer(side: Side) -> Content:
    """What an area or a grid of one side answers, all over its ground."""

    def of(thing: Area | MicroGrid) -> Hashable:
        if isinstance(thing, Area):
            return side.chain(thing.code)
        return thing.code, thing.kind, thing.layer, side.chain(thing.area), _parts(thing)

    return of


@dataclass(frozen=True)
class _Matched:
    """Areas or grids of two states, matched by permanent number."""

    added: tuple[Any, ...]  # Any: areas or grids, as in all that follows
    retired: tuple[Any, ...]
    pairs: tuple[tuple[Any, Any], ...]
    between: Shapes

    @classmethod
    def of(cls, old: Sequence[Any], new: Sequence[Any]) -> "_Matched":
        was, now = ({thing.id: thing for thing in things} for things in (old, new))
        pairs = tuple((was[thing.id], thing) for thing in new if thing.id in was)
        first, second = (as_shapes(pair[side].polygon for pair in pairs) for side in (0, 1))
        between = as_shapes(Polygon() for _ in pairs)
        moved = ~shapely.equals_exact(first, second, 0.0)
        between[moved] = shapely.symmetric_difference(first[moved], second[moved])
        return cls(
            tuple(thing for thing in new if thing.id not in was),
            tuple(thing for thing in old if thing.id not in now),
            pairs,
            between,
        )

    def listed(self, before: Content, after: Content | None = None) -> tuple[str, ...]:
        return tuple(now.code for was, now in self.pairs if before(was) != (after or before)(now))

    def reshaped(self) -> tuple[str, ...]:
        return tuple(now.code for (_, now), ground in zip(self.pairs, self.between, strict=True) if _polygons(ground))

    def ground(self, before: Content, after: Content) -> Iterable[Any]:
        """Shapes outside which none of these answers otherwise: dust too, since a point may lie in it."""
        yield from (thing.polygon for thing in (*self.added, *self.retired))
        for (was, now), between in zip(self.pairs, self.between, strict=True):
            yield from (between,) if before(was) == after(now) else (was.polygon, now.polygon)


def _part(part: Part) -> Hashable:
    """What of a part decides an answer."""
    return part.code, part.units, part.floors


def _parts(grid: MicroGrid) -> frozenset[Hashable]:
    return frozenset(map(_part, grid.parts))


def _polygons(shape: Any, *, with_dust: bool = False) -> list[Polygon]:
    """The polygons in a shape, those of dust only where asked for."""
    pieces = shapely.get_parts(shapely.get_parts(shape))
    pieces = pieces[(shapely.get_type_id(pieces) == _POLYGON) & ~shapely.is_empty(pieces)]
    return list(pieces if with_dust else pieces[mean_width(pieces) >= _DUST_DEGREES])


def _widened(shapes: Sequence[Any]) -> Polygon | MultiPolygon:
    pieces = _polygons(shapely.GeometryCollection(_polygons(as_shapes(shapes), with_dust=True)), with_dust=True)
    if not pieces:
        return MultiPolygon()
    wide = shapely.buffer(shapely.union_all(pieces), _MARGIN_DEGREES, join_style="mitre")
    # Short coordinates, and still valid where two borders nearly meet.
    return shapely.set_precision(wide, STORAGE_STEP)


@dataclass(frozen=True)
class _Takers:
    """Grids of one layer that may take ground, found by place."""

    grids: Sequence[MicroGrid]
    shapes: Shapes
    tree: STRtree

    @classmethod
    def of(cls, grids: Sequence[MicroGrid], shapes: Iterable[Any]) -> "_Takers":
        grounds = as_shapes(shapes)
        return cls(grids, grounds, STRtree(grounds))

    def on(self, ground: Any) -> list[tuple[MicroGrid | None, Any]]:
        """Those that take some of a ground, each with its pieces."""
        touching = np.sort(self.tree.query(ground, predicate="intersects"))
        pieces = shapely.intersection(self.shapes[touching], ground)
        taken = ((self.grids[index], _polygons(piece)) for index, piece in zip(touching, pieces, strict=True))
        return [(grid, MultiPolygon(polygons)) for grid, polygons in taken if polygons]


@dataclass(frozen=True)
class _Heirs:
    """Who answers now on the ground of old grids."""

    now: Mapping[int, MicroGrid]
    tiles: _Takers
    overlays: _Takers
    fresh: _Takers

    @classmethod
    def of(cls, old: Sequence[MicroGrid], new: Sequence[MicroGrid]) -> "_Heirs":
        tiles = [grid for grid in new if grid.layer == "tile"]
        overlays = [grid for grid in new if grid.layer == "overlay"]
        before = _Takers.of(*_with_shapes([grid for grid in old if grid.layer == "overlay"]))
        # Ground that had no overlay of this kind: what was stored there is the code of the tile.
        fresh = [
            _less(grid.polygon, [was for was, _ in before.on(grid.polygon) if was and was.kind == grid.kind])
            for grid in overlays
        ]
        return cls(
            {grid.id: grid for grid in new},
            _Takers.of(*_with_shapes(tiles)),
            _Takers.of(*_with_shapes(overlays)),
            _Takers.of(overlays, fresh),
        )

    def on(self, grid: MicroGrid) -> list[tuple[MicroGrid | None, Any]]:
        """The grids that answer on the ground of an old one, each with its pieces; None where none of them does."""
        fresh = self.fresh.on(grid.polygon) if grid.layer == "tile" else []
        own = self.now.get(grid.id)
        if own and (own.layer, own.kind) == (grid.layer, grid.kind) and own.polygon.equals_exact(grid.polygon, 0):
            return [(own, grid.polygon), *fresh]
        above = self.overlays.on(grid.polygon) if grid.layer == "overlay" else []
        # An overlay of another kind need not hold what this one held: the tiles below it may.
        left = _less(grid.polygon, [taker for taker, _ in above if taker and taker.kind == grid.kind])
        below = self.tiles.on(left)
        rest = _polygons(_less(left, [taker for taker, _ in below if taker]))
        return [*above, *below, *fresh, *([(None, MultiPolygon(rest))] if rest else [])]


def _with_shapes(grids: Sequence[MicroGrid]) -> tuple[Sequence[MicroGrid], list[Polygon]]:
    return grids, [grid.polygon for grid in grids]


def _less(ground: Any, takers: Sequence[MicroGrid]) -> Any:
    return ground.difference(shapely.union_all([taker.polygon for taker in takers])) if takers else ground


def _codes(old: Sequence[MicroGrid], new: Sequence[MicroGrid], metric: Metric) -> dict[str, tuple[Share, ...]]:
    heirs = _Heirs.of(old, new)
    takings = [heirs.on(grid) for grid in old]
    areas = iter(metric.area_m2(as_shapes(ground for taking in takings for _, ground in taking)).tolist())
    found: dict[str, tuple[Share, ...]] = {}
    for grid, taking in zip(old, takings, strict=True):
        own = heirs.now.get(grid.id)
        shares = sorted(((taker, next(areas)) for taker, _ in taking), key=lambda share: -share[1])
        same = own if own is not None and _parts(own) == _parts(grid) else None
        told = tuple(_told(shares, plain=same))
        if [share.code for share in told] != [grid.code]:
            found[grid.code] = told
        stay = _parts(own) if own is not None and all(taker is own for taker, _ in shares) else frozenset()
        gone = [part.code for part in grid.parts if _part(part) not in stay]
        found |= dict.fromkeys(gone, tuple(_told(shares, plain=None)))
    return found


def _told(shares: Iterable[tuple[MicroGrid | None, float]], *, plain: MicroGrid | None) -> Iterable[Share]:
    """Shares of grids and, but for the plain one, of their parts: each may be the one to store."""
    for taker, area_m2 in shares:
        yield Share(taker.code if taker else None, area_m2)
        if taker is not None and taker is not plain:
            yield from (Share(part.code, area_m2) for part in taker.parts)
