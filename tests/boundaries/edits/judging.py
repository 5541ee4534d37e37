"""What has to hold after every edit, looked at independently of how the edit was made."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import shapely

from boundaries.edits import Edit, applied, inverse
from boundaries.edits.counting import Homes, households_of
from boundaries.model import Assignment, Building, MicroGrid
from boundaries.snapshot import Snapshot
from geo.crs import round_to_storage
from geo.residual import prove


def faults_after(before: Snapshot, edit: Edit, *, gap: bool = False) -> list[str]:
    """Names of what does not hold: nothing, if the edit is right.

    Parameters
    ----------
    before : Snapshot
        As it was, filled exactly but for one gap where ``gap`` says so.
    edit : Edit
    gap : bool
        The edit fills a gap: households may be more than they were.
    """
    after = applied(before, edit)
    found: list[str] = []
    areas = {grid.area for grid in (*edit.grids, *edit.refined)} | {area.code for area in edit.areas}
    touched = [area for area in after.parents if area.code in areas]
    for area in touched:
        cells = [grid.polygon for grid in after.grids if grid.area == area.code and grid.layer == "tile"]
        if not prove(cells, area.polygon).is_exact:
            found.append("residual")
    if not edit.areas and any(one is not other for one, other in zip(before.areas, after.areas, strict=True)):
        found.append("area")
    if not _rounded(edit.grids) or not _rounded(edit.refined):
        found.append("rounding")
    if not all(_only_refined(_known(before, grid.id), grid) for grid in edit.refined):
        found.append("refined")
    back = applied(after, inverse(before, edit))
    if not _same(before, back):
        found.append("undo")
    if not gap and _households(before) != _households(after):
        found.append("households")
    if not gap and _total(edit, 0) != _total(edit, 1):
        found.append("households of the edit")
    return found


def _known(snapshot: Snapshot, number: int) -> MicroGrid:
    return next(grid for grid in snapshot.grids if grid.id == number)


def _rounded(grids: Iterable[MicroGrid]) -> bool:
    xy = shapely.get_coordinates([grid.polygon for grid in grids])
    return bool((round_to_storage(xy) == xy).all())


def _only_refined(old: MicroGrid, new: MicroGrid) -> bool:
    """Whether a grid has all its vertices, in their order from the first one on, and a few more."""
    for one, other in zip(shapely.get_rings(old.polygon), shapely.get_rings(new.polygon), strict=True):
        was, now = shapely.get_coordinates(one), shapely.get_coordinates(other)
        kept = (now[:, None] == was[None]).all(axis=2).any(axis=1)
        if len(now) <= 0 or not np.array_equal(now[kept], was):
            return False
    return bool(shapely.get_num_coordinates(new.polygon) > shapely.get_num_coordinates(old.polygon))


def _same(one: Snapshot, other: Snapshot) -> bool:
    mine, theirs = ({grid.id: grid for grid in snapshot.grids} for snapshot in (one, other))
    return (
        mine.keys() == theirs.keys()
        and all(grid is theirs[number] or _alike(grid, theirs[number]) for number, grid in mine.items())
        and Counter(one.assignments) == Counter(other.assignments)
        and all(
            shapely.to_wkb(a.polygon) == shapely.to_wkb(b.polygon) for a, b in zip(one.areas, other.areas, strict=True)
        )
    )


@lru_cache(maxsize=8)
def _homes(buildings: tuple[Building, ...], assignments: tuple[Assignment, ...]) -> Homes:
    """All buildings with the grids that assignments name; most edits leave both as they are."""
    named = {
        item.premises: item.grid
        for item in assignments
        if item.premises_kind == "building" and item.accepted_by is not None
    }
    points = np.asarray(shapely.point_on_surface([one.shape for one in buildings]), dtype=object)
    return Homes(buildings, points, tuple(named.get(one.code) for one in buildings))


def _alike(one: MicroGrid, other: MicroGrid) -> bool:
    return one == other and shapely.to_wkb(one.polygon) == shapely.to_wkb(other.polygon)


def _households(snapshot: Snapshot) -> int:
    tiles = [grid for grid in snapshot.grids if grid.layer == "tile"]
    buildings = _homes(snapshot.buildings, snapshot.assignments).by_grid(tiles, {})
    return sum(households_of(grid, buildings[grid.code]) or 0 for grid in tiles)


def _total(edit: Edit, side: int) -> int:
    return sum(counts[side] or 0 for counts in edit.households.values())
