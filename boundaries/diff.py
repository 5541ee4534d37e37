"""What differs between two states of the plan, for those who keep its codes.

An *answer* here is what a look-up gives to be stored: the code of the tile grid, of the
grids of a dedicated kind and of the parts there, their kinds and layers, and the codes of
the areas above. Names are no part of it: they are listed, and change no ground.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely import GeometryCollection, MultiPolygon, Polygon

from boundaries.model import Area, MicroGrid
from boundaries.succession import Share, follow, parts_of, polygons, solid
from geo.crs import STORAGE_STEP
from geo.metric import Metric
from geo.rings import Shapes
from geo.segments import as_shapes

# About 1 cm: what rounding moves, and points on a border, lie well inside.
_MARGIN_DEGREES = 1e-7

# In square degrees, far below any ground that overlaps.
_NOTHING = 1e-16

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
        on it are the same ground. Points on a border, which the lowest rank answers for, may
        change without their code being here; they lie in ``ground``.
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
            parts_changed=grids.listed(parts_of),
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
        codes=follow(old.grids, new.grids, metric),
        ground=_widened([*grids.ground(was_answer, is_answer), *areas.ground(was_answer, is_answer)]),
    )


def _answer(side: Side) -> Content:
    """What an area or a grid of one side answers, all over its ground."""

    def of(thing: Area | MicroGrid) -> Hashable:
        if isinstance(thing, Area):
            return side.chain(thing.code)
        return thing.code, thing.kind, thing.layer, side.chain(thing.area), parts_of(thing)

    return of


@dataclass(frozen=True)
class _Matched:
    """Areas or grids of two states, matched by permanent number."""

    added: tuple[Any, ...]  # Any: areas or grids, as in all that follows
    retired: tuple[Any, ...]
    pairs: tuple[tuple[Any, Any], ...]
    lost: Shapes
    gained: Shapes

    @classmethod
    def of(cls, old: Sequence[Any], new: Sequence[Any]) -> "_Matched":
        was, now = ({thing.id: thing for thing in things} for things in (old, new))
        pairs = tuple((was[thing.id], thing) for thing in new if thing.id in was)
        first, second = (as_shapes(pair[side].polygon for pair in pairs) for side in (0, 1))
        lost, gained = (np.full(len(pairs), Polygon(), dtype=object) for _ in range(2))
        moved = ~shapely.equals_exact(first, second, 0.0)
        lost[moved] = shapely.difference(first[moved], second[moved])
        gained[moved] = shapely.difference(second[moved], first[moved])
        return cls(
            tuple(thing for thing in new if thing.id not in was),
            tuple(thing for thing in old if thing.id not in now),
            pairs,
            lost,
            gained,
        )

    def listed(self, before: Content, after: Content | None = None) -> tuple[str, ...]:
        return tuple(now.code for was, now in self.pairs if before(was) != (after or before)(now))

    def reshaped(self) -> tuple[str, ...]:
        is_moved = ~shapely.is_empty(solid(self.lost)) | ~shapely.is_empty(solid(self.gained))
        return tuple(now.code for (_, now), moved in zip(self.pairs, is_moved.tolist(), strict=True) if moved)

    def ground(self, before: Content, after: Content) -> Iterable[Any]:
        """Shapes outside which none of these answers otherwise: dust too, since a point may lie in it."""
        yield from (thing.polygon for thing in self.retired)
        yield from self.lost
        yield from self._newly_held()
        yield _joined(as_shapes(now.polygon for was, now in self.pairs if before(was) != after(now)))

    def _newly_held(self) -> Iterable[Any]:
        """What somebody gained that nobody lost; where that cannot be told at once, all that was gained."""
        yield from (thing.polygon for thing in self.added if not _is_tile(thing))
        yield from (ground for (_, now), ground in zip(self.pairs, self.gained, strict=True) if not _is_tile(now))
        is_moved = ~(shapely.is_empty(self.lost) & shapely.is_empty(self.gained))
        moved = [self.pairs[index] for index in np.flatnonzero(is_moved).tolist()]
        olds, news = (*(was for was, _ in moved), *self.retired), (*(now for _, now in moved), *self.added)
        was, now = (_joined(as_shapes(one.polygon for one in side if _is_tile(one))) for side in (olds, news))
        if not isinstance(was, GeometryCollection) and not isinstance(now, GeometryCollection):
            yield now.difference(was)
            return
        yield from (thing.polygon for thing in self.added if _is_tile(thing))
        yield from (ground for (_, now), ground in zip(self.pairs, self.gained, strict=True) if _is_tile(now))


def _is_tile(thing: Any) -> bool:  # Any: an area or a grid
    return getattr(thing, "layer", "tile") == "tile"


def _joined(shapes: Shapes) -> Any:
    """Shapes as one where they do not overlap and share their vertices, else all of them side by side."""
    try:
        whole = shapely.coverage_union_all(shapes) if len(shapes) else MultiPolygon()
    except shapely.GEOSException:  # they overlap
        return GeometryCollection(list(shapes))
    is_coverage = shapely.is_valid(whole) and abs(float(shapely.area(shapes).sum()) - whole.area) < _NOTHING
    return whole if is_coverage else GeometryCollection(list(shapes))


def _widened(shapes: Sequence[Any]) -> Polygon | MultiPolygon:
    pieces = polygons(GeometryCollection(polygons(as_shapes(shapes), with_dust=True)), with_dust=True)
    if not pieces:
        return MultiPolygon()
    wide = shapely.union_all(shapely.buffer(pieces, _MARGIN_DEGREES, join_style="mitre"))
    # Short coordinates, and still valid where two borders nearly meet.
    found: Polygon | MultiPolygon = shapely.set_precision(wide, STORAGE_STEP)  # type: ignore[assignment]
    return found
