"""Areas and grids that arrive: their parents, and their borders laid onto what stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from boundaries.arrival.comparing import Comparison, carried, compared
from boundaries.arrival.places import require_together, require_touching, with_area_parents, with_grid_areas
from boundaries.arrival.rows import Arrival, refuse
from boundaries.exchange.shapes import shapes_of
from boundaries.laying import lay, unchanged
from boundaries.model import Area, MicroGrid
from boundaries.snapshot import Snapshot
from geo.crs import SourceCrs, to_storage
from geo.mesh import Shapes


@dataclass(frozen=True)
class LaidArrivals:
    """Rows with their shapes in storage, and the standing shapes that gained vertices."""

    arrivals: tuple[Arrival, ...]
    comparison: Comparison
    refined_areas: tuple[Area, ...]
    refined_grids: tuple[MicroGrid, ...]


def lay_areas(
    arrivals: Sequence[Arrival], source: SourceCrs, standing: Snapshot, *, given: Collection[str] = ()
) -> LaidArrivals:
    """Set areas in their place; their borders become the chain that all grids hang on.

    Parameters
    ----------
    arrivals : sequence of Arrival
        Areas in the source's coordinates.
    source : SourceCrs
    standing : Snapshot
    given : collection of str
        Fields that an option says for the whole file.

    Returns
    -------
    LaidArrivals

    Raises
    ------
    RefusedRows
        If a parent does not exist, or an area does not touch it or lies far from all others.
    CrsProblem
        If a coordinate cannot be converted.
    """
    base = standing.area_by_code
    rows = with_area_parents(arrivals, standing)
    rows = [carried("areas", row, base.get(row.value.code), given=given) for row in rows]
    work = _Laying(rows, source, {code: area.polygon for code, area in base.items()})
    others = [area for area in standing.areas if area.code not in work.replaced]
    work.lay([*others, *standing.grids], is_chain=True)
    rows = work.rows()
    shapes = shapes_of([row.value for row in rows])
    require_together(rows, shapes, standing)
    polygons = {area.code: area.polygon for area in standing.areas} | {
        row.value.code: row.value.polygon for row in rows
    }
    require_touching(rows, shapes, polygons, [row.value.parent for row in rows])
    families = {(row.value.level, row.value.parent) for row in rows}
    scope = {area.code for area in standing.areas if (area.level, area.parent) in families}
    done, comparison = compared("areas", rows, base, same_shape=work.same, scope=scope)
    return _finished(done, comparison, work)


def lay_grids(arrivals: Sequence[Arrival], source: SourceCrs, standing: Snapshot) -> LaidArrivals:
    """Set micro-grids in their place, noded against areas and each other, tiles and overlays together.

    An overlay lies on top of tiles, but its edges may run along a border of the areas,
    and there it must hold every vertex of the chain, and the chain every one of its own.

    Parameters
    ----------
    arrivals : sequence of Arrival
        Grids in the source's coordinates.
    source : SourceCrs
    standing : Snapshot

    Returns
    -------
    LaidArrivals

    Raises
    ------
    BadInput
        If there is no area yet.
    RefusedRows
        If a grid's area does not exist, it lies in none, or does not touch its own.
    CrsProblem
        If a coordinate cannot be converted.
    """
    base = {grid.code: grid for grid in standing.grids}
    rows = [_keeping_area(row, base.get(row.value.code)) for row in arrivals]
    rough = np.asarray(to_storage(shapes_of([row.value for row in rows]), source), dtype=object)
    rows = with_grid_areas(rows, rough, standing.areas)
    rows = [carried("grids", row, base.get(row.value.code), given=("parent",)) for row in rows]
    work = _Laying(rows, source, {code: grid.polygon for code, grid in base.items()})
    others = [grid for grid in standing.grids if grid.code not in work.replaced]
    work.lay([*standing.areas, *others], is_chain=False)
    rows = work.rows()
    shapes = shapes_of([row.value for row in rows])
    polygons = {area.code: area.polygon for area in standing.areas}
    require_touching(rows, shapes, polygons, [row.value.area for row in rows])
    families = {(row.value.area, row.value.layer) for row in rows}
    scope = {grid.code for grid in standing.grids if (grid.area, grid.layer) in families}
    done, comparison = compared("grids", rows, base, same_shape=work.same, scope=scope)
    return _finished(done, comparison, work)


def _keeping_area(row: Arrival, base: MicroGrid | None) -> Arrival:
    """A file that names no area leaves a known grid in the one it has."""
    if base is None or "parent" in row.fields:
        return row
    return row.but(area=base.area)


def _finished(rows: Sequence[Arrival], comparison: Comparison, work: "_Laying") -> LaidArrivals:
    latest = {row.value.code: row.value for row in rows}
    areas: list[Area] = []
    grids: list[MicroGrid] = []
    for thing, shape in work.refined:
        # What is written by this very load is written with its new vertices.
        value = replace(latest.get(thing.code, thing) if _is_of(latest, thing) else thing, polygon=shape)
        (areas if isinstance(value, Area) else grids).append(value)
    return LaidArrivals(tuple(rows), comparison, tuple(areas), tuple(grids))


def _is_of(latest: Mapping[str, Any], thing: Any) -> bool:
    return isinstance(latest.get(thing.code), type(thing))


class _Laying:
    """The shapes of rows on their way to storage: those unchanged stay, the others are laid."""

    def __init__(self, rows: Sequence[Arrival], source: SourceCrs, base: Mapping[str, Any]) -> None:
        self._rows = list(rows)
        self._source = source
        self._shapes = shapes_of([row.value for row in rows])
        known = [index for index, row in enumerate(rows) if row.value.code in base]
        stored = np.empty(len(known), dtype=object)
        stored[:] = [base[rows[index].value.code] for index in known]
        is_same = unchanged(self._shapes[known], source, stored)
        self.same: dict[str, bool] = {row.value.code: False for row in rows}
        self._done = np.zeros(len(rows), dtype=bool)
        for index, same, shape in zip(known, is_same, stored, strict=True):
            if same:
                self.same[rows[index].value.code] = True
                self._shapes[index] = shape
                self._done[index] = True
        self.replaced = {row.value.code for row, done in zip(rows, self._done, strict=True) if not done}
        self.refined: list[tuple[Any, Any]] = []

    def lay(self, standing: Sequence[Any], *, is_chain: bool) -> None:
        """Lay the rows that changed onto standing things, which may gain vertices."""
        chosen = np.flatnonzero(~self._done)
        if not len(chosen):
            return
        stored: Shapes = np.empty(len(standing), dtype=object)
        stored[:] = [thing.polygon for thing in standing]
        laid = lay(self._shapes[chosen], self._source, stored=stored, is_chain=is_chain)
        self._shapes[chosen] = laid.shapes
        self.refined = [(standing[index], shape) for index, shape in laid.refined.items()]

    def rows(self) -> list[Arrival]:
        """The rows with their stored shapes.

        Raises
        ------
        RefusedRows
            If a shape is thinner than the tolerance somewhere and fell apart.
        """
        broken = shapely.is_empty(self._shapes) | ~shapely.is_valid(self._shapes)
        refuse(
            [
                self._rows[index].refusal(
                    None,
                    self._rows[index].value.code,
                    f"有不到 1 毫米宽的地方,对齐边界后图形无效({shapely.is_valid_reason(self._shapes[index])})。请修正",
                    f"is under 1 mm wide somewhere and falls apart when borders are matched "
                    f"({shapely.is_valid_reason(self._shapes[index])}). Correct the shape",
                )
                for index in np.flatnonzero(broken).tolist()
            ]
        )
        return [row.but(polygon=shape) for row, shape in zip(self._rows, self._shapes, strict=True)]
