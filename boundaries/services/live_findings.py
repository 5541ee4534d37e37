"""Findings in the neighbourhood of an edit, with every edit; the check of a whole draft is `checks.run`."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import shapely
from shapely import STRtree

from boundaries.checks import run
from boundaries.findings import Finding
from boundaries.model import MicroGrid
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.segments import as_shapes

# What an edit of borders can break, beside the coverage; people and whole levels of areas are for the full check.
_OF_PREMISES = ("compounds", "buildings", "dedicated", "mixed", "band")


def findings_near(plan: Snapshot, touched: Collection[int], rules: Rules) -> tuple[Finding, ...]:
    """What is wrong where an edit has touched a plan.

    Parameters
    ----------
    plan : Snapshot
        After the edit: the areas concerned with all of their grids, and the premises round
        what was touched.
    touched : collection of int
        Numbers of the grids that are others now.
    rules : Rules

    Returns
    -------
    tuple of Finding
        Those that concern a touched grid or meet its ground, and those of their areas'
        coverage there.
    """
    changed = [grid for grid in plan.grids if grid.id in touched]
    if not changed:
        return ()
    areas = {grid.area for grid in changed}
    coverage = run(_of_areas(plan, areas), rules, only=("shapes", "codes", "tiles", "overlays"))
    local = _round(plan, changed)
    found = (*coverage, *run(local, rules, only=_OF_PREMISES))
    return tuple(finding for finding in found if _is_near(finding, changed))


def _of_areas(plan: Snapshot, areas: Collection[str]) -> Snapshot:
    """The grids of some areas, and what fills them beside; no premises."""
    wanted = {upper.code for code in areas for upper in plan.ancestors(code)}
    inner = {area.code for area in plan.areas if any(upper.code in areas for upper in plan.ancestors(area.code))}
    grids = tuple(grid for grid in plan.grids if grid.area in inner or grid.area in areas)
    shown = tuple(area for area in plan.areas if area.code in wanted | inner)
    hidden = {area.parent for area in plan.areas if area.parent and area.code not in wanted | inner}
    return replace(
        plan,
        areas=shown,
        grids=grids,
        partly_here=plan.partly_here | (hidden & {area.code for area in shown}),
        buildings=(),
        compounds=(),
        shops=(),
        assignments=(),
    )


def _round(plan: Snapshot, changed: Collection[MicroGrid]) -> Snapshot:
    """The premises that meet changed grids, and every grid that these meet."""
    ground = as_shapes(grid.polygon for grid in changed)
    tree = STRtree(ground)

    def met(shapes: np.ndarray) -> np.ndarray:
        return np.unique(tree.query(shapes, predicate="intersects")[0]) if len(shapes) else np.empty(0, dtype=int)

    houses, estates = as_shapes(one.shape for one in plan.buildings), as_shapes(one.polygon for one in plan.compounds)
    doors = as_shapes(one.door for one in plan.shops)
    at_house, at_estate, at_door = met(houses), met(estates), met(doors)
    grids = as_shapes(grid.polygon for grid in plan.grids)
    things = np.concatenate([ground, houses[at_house], estates[at_estate]])
    near = np.unique(STRtree(grids).query(things, predicate="intersects")[1])
    return replace(
        plan,
        grids=tuple(plan.grids[index] for index in near.tolist()),
        buildings=tuple(plan.buildings[index] for index in at_house.tolist()),
        compounds=tuple(plan.compounds[index] for index in at_estate.tolist()),
        shops=tuple(plan.shops[index] for index in at_door.tolist()),
    )


def _is_near(finding: Finding, changed: Collection[MicroGrid]) -> bool:
    """Whether a finding concerns a changed grid; one that names no grid, whether it lies at one."""
    codes = {grid.code for grid in changed} | {part.code for grid in changed for part in grid.parts}
    if finding.grids:
        return not codes.isdisjoint(finding.grids)
    if finding.geometry is None:
        return True
    return bool(shapely.intersects(finding.geometry, as_shapes(grid.polygon for grid in changed)).any())
