"""Repair of a plan: each area's tile grids are mended until they fill it, every face on record.

Nothing is read or written here: what comes in is a Snapshot, what goes out is another one
with a log. Whoever writes it proves it again on what was written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from boundaries.filling import Filling
from boundaries.ground import Ground
from boundaries.model import Area, MicroGrid
from boundaries.repairing.decisions import matched
from boundaries.repairing.log import MendedFace, faces_of, units_m
from boundaries.repairing.order import Decision, RepairOrder, require_known
from boundaries.repairing.vertices import new_vertices, with_vertices
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_DECIMALS
from geo.repair import Repair, repair
from geo.segments import as_shapes

__all__ = ["Decision", "Mended", "MendedFace", "RepairOrder", "mend"]

# Places are written to the nearest millimetre, or to 1e-7 degree.
_REACH_M, _REACH_DEGREES = 5e-3, 2e-7
_MERGES = 2
# Borders of stored areas have a vertex at least every two metres, so nothing has further to go than one.
_MAX_SHIFT_M = 1.5


@dataclass(frozen=True)
class Mended:
    """A plan after a repair.

    Attributes
    ----------
    snapshot : Snapshot
        Grids in their order, new ones behind them; areas with the vertices they had to take in.
    log : tuple of MendedFace
    changed : tuple of int
        Positions of the grids that differ, without the new ones.
    new : tuple of MicroGrid
    refined : tuple of str
        Codes of the areas that took in vertices.
    bare : tuple of str
        Codes of the areas without any grid, which were left alone.
    not_proved : tuple of str
        Codes of the areas whose grids still do not fill them.
    tolerance : float
        The largest that was used, in the unit of the coordinates; 0 where nothing was to do.
    shifted : int
        Ends of borders that turned to a vertex of their area's border, which gets none.
    max_shift_m : float
        The furthest of them.
    cut : tuple of str
        Codes of the buildings that this would cut; with any, nothing is to be written.
    broken : tuple of str
        Codes of the grids that are too thin somewhere to be mended; the same holds.
    """

    snapshot: Snapshot
    log: tuple[MendedFace, ...]
    changed: tuple[int, ...]
    new: tuple[MicroGrid, ...]
    refined: tuple[str, ...]
    bare: tuple[str, ...]
    not_proved: tuple[str, ...]
    tolerance: float
    shifted: int = 0
    max_shift_m: float = 0.0
    cut: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[MendedFace, ...]:
        """Faces that a person has to decide on."""
        return tuple(face for face in self.log if face.is_open)


def mend(
    snapshot: Snapshot,
    order: RepairOrder,
    *,
    name_new: Callable[[int], str],
    advance: Callable[[int], None] = lambda _: None,
) -> Mended:
    """Repair the tile grids of every area that has any.

    Parameters
    ----------
    snapshot : Snapshot
        Stored ones keep the borders of their areas; in files these may have to take in vertices.
    order : RepairOrder
    name_new : callable
        From 1, 2 … to the provisional code of a grid that is made.
    advance : callable
        Told of each area that is done.

    Returns
    -------
    Mended

    Raises
    ------
    BadInput
        If an option or a decision names what there is not.
    GeometryProblem
        If a shape cannot be used, or edges cannot be noded.
    """
    require_known(order, snapshot)
    ground = Ground(snapshot, Rules())
    position = {grid.id: index for index, grid in enumerate(snapshot.grids)}
    shapes: dict[int, Any] = {}
    log: list[MendedFace] = []
    new: list[MicroGrid] = []
    borders: dict[str, Polygon | MultiPolygon] = {}
    points: list[np.ndarray] = []
    tolerance = 0.0
    shifts: list[Any] = []
    cut: set[str] = set()
    broken: set[str] = set()
    for filling, own in ground.judged:
        if not filling.tiles:
            continue
        standing = _beside(ground, own)
        result = _repaired(ground, filling, own, order, standing, first=len(log) + 1)
        shifts += result.shifts
        cut |= {snapshot.buildings[standing[building]].code for building in result.cut}
        broken |= {filling.tiles[cell].code for cell in result.broken}
        made = [
            _made(snapshot, filling.area.code, name_new(len(new) + number + 1), shape, len(new) + number)
            for number, shape in enumerate(result.cells[len(filling.tiles) :])
        ]
        codes = [grid.code for grid in (*filling.tiles, *made)]
        log += faces_of(snapshot, filling, result.log, codes, first=len(log) + 1)
        shapes |= {
            position[filling.tiles[cell].id]: result.cells[cell] for cell in result.changed if cell < len(filling.tiles)
        }
        new += made
        if not filling.inner:
            borders[filling.area.code] = result.parent
        points.append(new_vertices(filling.area.polygon, result.parent))
        tolerance = max(tolerance, result.tolerance)
        advance(1)
    after = _with_shapes(snapshot, shapes, new)
    if not snapshot.is_stored and not any(face.is_open for face in log):
        # What lies as near as vertices are merged is one vertex, on whatever border.
        reach = max(tolerance, ground.rules.tolerances(snapshot.crs)[0])
        areas = _agreed(snapshot, borders, np.concatenate([np.empty((0, 2)), *points]), reach)
        more = _refilled(replace(after, areas=areas), reach)
        after, shapes = _with_shapes(replace(after, areas=areas), more, []), shapes | more
    mended = _mended(snapshot, after, log, shapes, tolerance)
    ways_m = snapshot.metric.length_m(as_shapes(shifts)) if shifts else np.zeros(1)
    return replace(
        mended,
        shifted=len(shifts),
        max_shift_m=float(ways_m.max()),
        cut=tuple(sorted(cut)),
        broken=tuple(sorted(broken)),
    )


def _mended(
    before: Snapshot, after: Snapshot, log: list[MendedFace], shapes: dict[int, Any], tolerance: float
) -> Mended:
    fillings = Ground(after, Rules()).fillings
    pairs = zip(before.areas, after.areas, strict=True)
    return Mended(
        snapshot=after,
        log=tuple(log),
        changed=tuple(sorted(index for index in shapes if index < len(before.grids))),
        new=after.grids[len(before.grids) :],
        refined=tuple(now.code for was, now in pairs if now.polygon is not was.polygon),
        bare=tuple(filling.area.code for filling in fillings if not filling.tiles),
        not_proved=tuple(filling.area.code for filling in fillings if filling.tiles and not filling.is_proved()),
        tolerance=tolerance,
    )


def _beside(ground: Ground, own: Polygon | MultiPolygon) -> list[int]:
    """Positions of the buildings that stand in an area or reach into it."""
    found = shapely.STRtree(ground.building_shapes).query(own, predicate="intersects")
    return [int(building) for building in np.unique(found)]


def _repaired(
    ground: Ground,
    filling: Filling,
    own: Polygon | MultiPolygon,
    order: RepairOrder,
    standing: Sequence[int],
    *,
    first: int,
) -> Repair:
    snapshot = ground.snapshot
    near = ground.building_shapes[list(standing)]
    units_per_m2 = own.area / float(snapshot.metric.area_m2(own))
    x_m, y_m = units_m(snapshot.metric, own)

    every = ground.rules.tolerances(snapshot.crs)

    def run(decisions: dict[int, int], tolerances: Sequence[float] = every) -> Repair:
        return repair(
            [grid.polygon for grid in filling.tiles],
            own,
            tolerances=tolerances,
            rules=order.rules(filling, units_per_m2, decisions),
            buildings=near,
            decimals=STORAGE_DECIMALS if snapshot.is_stored else None,
            is_parent_fixed=snapshot.is_stored,
            max_shift=_MAX_SHIFT_M / y_m,
            aspect=x_m / y_m,
        )

    result = run({})
    said = [decision for decision in order.decisions if decision.parent == filling.area.code]
    if said:
        crs = snapshot.crs
        reach = _REACH_DEGREES if crs.is_geographic else _REACH_M / crs.metres_per_unit
        decisions = matched(said, filling, result.log, first=first, reach=reach)
        # Faces are numbered anew with every tolerance, so what was decided holds for that one alone.
        result = run(decisions, (result.tolerance,)) if decisions else result
    return result


def _made(snapshot: Snapshot, area: str, code: str, shape: Any, number: int) -> MicroGrid:
    """A grid that did not exist before; its code and name are for people to replace."""
    last = max((grid.rank for grid in snapshot.grids), default=0)
    highest = max((grid.id for grid in snapshot.grids), default=0)
    return MicroGrid(highest + number + 1, last + number + 1, code, code, area, shape)


def _with_shapes(snapshot: Snapshot, shapes: dict[int, Any], new: list[MicroGrid]) -> Snapshot:
    grids = [
        replace(grid, polygon=shapes[index]) if index in shapes else grid for index, grid in enumerate(snapshot.grids)
    ]
    return replace(snapshot, grids=(*grids, *new))


def _agreed(
    snapshot: Snapshot, borders: Mapping[str, Polygon | MultiPolygon], points: np.ndarray, reach: float
) -> tuple[Area, ...]:
    """The areas with the borders that the repair gave some of them, and its vertices in all others."""
    areas = [replace(area, polygon=borders[area.code]) if area.code in borders else area for area in snapshot.areas]
    if len(points):
        invalid = Ground(snapshot, Rules()).invalid_areas
        usable = [index for index, area in enumerate(areas) if area.code not in invalid]
        shapes = as_shapes(areas[index].polygon for index in usable)
        # A vertex can have been merged into one that was merged in its turn.
        for index, shape in with_vertices(shapes, points, tolerance=_MERGES * reach).items():
            areas[usable[index]] = replace(areas[usable[index]], polygon=shape)
    return tuple(areas)


def _refilled(snapshot: Snapshot, tolerance: float) -> dict[int, Any]:
    """New shapes of the grids that lack vertices of their area's border, by position."""
    position = {grid.id: index for index, grid in enumerate(snapshot.grids)}
    shapes: dict[int, Any] = {}
    for filling, own in Ground(snapshot, Rules()).judged:
        if not filling.tiles or filling.is_proved():
            continue
        # The border has every vertex that it needs; only those of the grids are missing.
        result = repair([grid.polygon for grid in filling.tiles], own, tolerances=(tolerance,), is_parent_fixed=True)
        if result.is_proved:
            shapes |= {position[filling.tiles[cell].id]: result.cells[cell] for cell in result.changed}
    return shapes
