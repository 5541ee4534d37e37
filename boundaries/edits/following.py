"""Assignments that follow the ground when it goes to another grid."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from boundaries.model import Assignment, MicroGrid
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.segments import as_shapes


def following(snapshot: Snapshot, old: Sequence[MicroGrid], new: Sequence[MicroGrid]) -> tuple[Assignment, ...]:
    """Find the assignments that go over to another grid.

    Premises follow that stood in their grid and now stand as a whole in another one; those of
    a grid that is no more go to the one that holds most of them.

    Parameters
    ----------
    snapshot : Snapshot
    old : sequence of MicroGrid
        Grids as they were before they were changed or given up.
    new : sequence of MicroGrid
        Those that are changed or made, as they are now.

    Returns
    -------
    tuple of Assignment
        As they are from now on, by the method "edit".
    """
    was = {grid.code: grid for grid in old}
    now = {grid.code: grid for grid in new}
    concerned = [item for item in snapshot.assignments if item.grid in was]
    if not concerned or not new:
        return ()
    shapes = _shapes(snapshot, concerned)
    grids = sorted(new, key=lambda grid: grid.rank)
    moved: list[Assignment] = []
    for item in concerned:
        shape = shapes.get((item.premises_kind, item.premises))
        before = was[item.grid or ""]
        is_gone = before.code not in now
        if shape is None and is_gone:
            # Premises that the snapshot does not hold go with the ground.
            shape = before.polygon
        if shape is None:
            continue
        if not is_gone and not shapely.intersects(before.polygon, shapely.point_on_surface(shape)):
            continue
        taker = _taker(grids, before, shape, is_gone=is_gone)
        if taker is not None and taker.code != item.grid:
            moved.append(
                replace(
                    item,
                    grid=taker.code,
                    method="edit",
                    reason_zh=f"所在地面由网格 {item.grid} 划入网格 {taker.code}",
                    reason_en=f"its ground went from grid {item.grid} to grid {taker.code}",
                    alternatives=(),
                )
            )
    return tuple(moved)


def _taker(grids: Sequence[MicroGrid], before: MicroGrid, shape: Any, *, is_gone: bool) -> MicroGrid | None:
    """The grid that holds premises as a whole; for those whose grid is no more, most of them.

    Premises that stood outside a grid that is no more go where most of its ground went.
    """
    same_layer = [grid for grid in grids if grid.layer == before.layer]
    if not same_layer:
        return None
    polygons = as_shapes(grid.polygon for grid in same_layer)
    if is_gone and not shapely.intersects(polygons, shape).any():
        shape = before.polygon
    size = shapely.area(shape)
    if not size:
        held = np.flatnonzero(shapely.intersects(polygons, shape))
        return same_layer[held[0]] if len(held) else None
    share = shapely.area(shapely.intersection(polygons, shape)) / size
    best = int(np.argmax(share))
    least = 0.0 if is_gone else 1 - Rules().cut_share
    return same_layer[best] if share[best] > least else None


def _shapes(snapshot: Snapshot, items: Sequence[Assignment]) -> dict[tuple[str, str], Any]:
    """Shapes of the premises of assignments."""
    wanted: dict[str, set[str]] = {"building": set(), "compound": set(), "shop": set()}
    for item in items:
        wanted[item.premises_kind].add(item.premises)
    buildings, compounds, shops = wanted["building"], wanted["compound"], wanted["shop"]
    return {
        **{("building", one.code): one.shape for one in snapshot.buildings if one.code in buildings},
        **{("compound", one.code): one.polygon for one in snapshot.compounds if one.code in compounds},
        **{("shop", one.code): one.door for one in snapshot.shops if one.code in shops},
    }
