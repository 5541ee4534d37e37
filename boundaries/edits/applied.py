"""An edit laid upon a snapshot, and the edit that takes it back."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from boundaries.edits.edit import Edit
from boundaries.model import Assignment
from boundaries.snapshot import Snapshot


def applied(snapshot: Snapshot, edit: Edit) -> Snapshot:
    """The snapshot as it is after an edit; what the edit does not name is the same object.

    Parameters
    ----------
    snapshot : Snapshot
        The one that the edit was worked out on.
    edit : Edit

    Returns
    -------
    Snapshot
        New grids stand behind the others, under numbers that are free in the snapshot.
    """
    rows = (*edit.grids, *edit.refined)
    free = max((grid.id for grid in snapshot.grids), default=0) + 1
    changed = {grid.id: grid for grid in rows if grid.id}
    new = tuple(replace(grid, id=free + place) for place, grid in enumerate(one for one in rows if not one.id))
    gone = set(edit.retired)
    grids = tuple(changed.pop(grid.id, grid) for grid in snapshot.grids if grid.code not in gone)
    areas = {area.code: area for area in edit.areas}
    return replace(
        snapshot,
        grids=(*grids, *changed.values(), *new),
        areas=tuple(areas.get(area.code, area) for area in snapshot.areas),
        assignments=_with_assignments(snapshot.assignments, edit.assignments),
    )


def inverse(snapshot: Snapshot, edit: Edit) -> Edit:
    """The edit that takes another one back, bit for bit.

    Parameters
    ----------
    snapshot : Snapshot
        As it was before the edit.
    edit : Edit

    Returns
    -------
    Edit
        For the snapshot as it is after the edit.
    """
    touched = {grid.id for grid in edit.grids if grid.id}
    refined = {grid.id for grid in edit.refined}
    gone = set(edit.retired)
    before = {area.code: area for area in snapshot.areas}
    named = {_subject(item) for item in edit.assignments}
    return Edit(
        grids=tuple(grid for grid in snapshot.grids if grid.id in touched or grid.code in gone),
        refined=tuple(grid for grid in snapshot.grids if grid.id in refined),
        areas=tuple(before[area.code] for area in edit.areas),
        retired=tuple(grid.code for grid in edit.grids if not grid.id),
        assignments=tuple(item for item in snapshot.assignments if _subject(item) in named),
        households={code: (after, was) for code, (was, after) in edit.households.items()},
    )


def _with_assignments(standing: Iterable[Assignment], moved: Iterable[Assignment]) -> tuple[Assignment, ...]:
    following = {_subject(item): item for item in moved}
    return tuple(following.get(_subject(item), item) for item in standing)


def _subject(item: Assignment) -> Any:
    return item.premises_kind, item.premises
