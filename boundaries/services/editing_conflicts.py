"""Who else changed what somebody is about to change: told with both shapes, and nothing is lost."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shapely import Polygon
from sqlalchemy.orm import Session

from boundaries.errors import EditConflict, GridConflict
from boundaries.lifecycle import Draft
from boundaries.model import MicroGrid
from boundaries.services.editing_drawing import Drawn
from boundaries.snapshot import Snapshot
from boundaries.store import editing as store
from boundaries.store.editing import Seen
from boundaries.store.overlay import Moment
from geo.errors import Problem
from geo.refined import added_vertices

Draw = Callable[[Snapshot], Drawn]

_NAMED = 5
# Two steps of the storage grid.
_TOLERANCE = 2e-9


def require_seen(session: Session, draft: Draft, plan: Snapshot, revision: int | None, *, draw: Draw) -> None:
    """Make sure that commands change nothing that somebody else changed since a revision was seen.

    What does not collide is carried along. A grid that only received vertices was not changed.

    Parameters
    ----------
    draft : Draft
        As it is now.
    plan : Snapshot
        The part of it that the commands are about.
    revision : int or None
        As it was seen; None asks for nothing.
    draw : callable
        From a plan to the plan after the commands.

    Raises
    ------
    EditConflict
        If they do.
    """
    if revision is None or revision == draft.revision:
        return
    seen = store.changed_since(session, draft.id, revision)
    if not seen:
        return
    then = _as_seen(session, draft, plan, seen)
    former = {grid.id: grid for grid in then.grids}
    now = {grid.id: grid for grid in plan.grids}
    others = {one.number: one for one in seen if _is_changed(former.get(one.number), now.get(one.number))}
    if not others:
        return
    mine = _drawn(then, draw)
    # What cannot be drawn on what was seen is judged on what is there now.
    touched = others.keys() if mine is None else others.keys() & _changed_numbers(then, mine)
    if touched:
        raise _conflict(draft, [others[number] for number in sorted(touched)], former=former, now=now, mine=mine)


def require_versions(
    session: Session, draft: Draft, plan: Snapshot, versions: Mapping[str, int], *, draw: Draw
) -> None:
    """Make sure that micro-grids are of the versions in which they were seen.

    Parameters
    ----------
    draft : Draft
    plan : Snapshot
    versions : mapping of str to int
        By code.
    draw : callable
        As for :func:`require_seen`.

    Raises
    ------
    EditConflict
        If any is another now.
    """
    wrong = [code for code, version in versions.items() if _version(plan.grid_by_code.get(code)) != version]
    if not wrong:
        return
    told = {one.number: one for one in store.changed_since(session, draft.id, 0)}
    now = {grid.id: grid for grid in plan.grids}
    seen = []
    for code in wrong:
        grid = plan.grid_by_code.get(code)
        number = grid.id if grid is not None else store.number_of(session, code)
        known = told.get(number) if number is not None else None
        if number is not None and known is not None:
            seen.append(replace(known, row=store.version_seen(session, draft.id, number, versions[code])))
    then = _as_seen(session, draft, plan, seen)
    mine = _drawn(then, draw)
    former = {grid.id: grid for grid in then.grids}
    raise _conflict(draft, seen, former=former, now=now, mine=mine, codes=wrong)


def _version(grid: MicroGrid | None) -> int | None:
    return grid.version if grid is not None else None


def _as_seen(session: Session, draft: Draft, plan: Snapshot, seen: Sequence[Seen]) -> Snapshot:
    """The plan with these grids as they were seen."""
    rows = {one.number: one.row for one in seen}
    published = store.grids_of_numbers(
        session, Moment(draft.base_generation), [number for number, row in rows.items() if row is None]
    )
    codes = store.area_codes(session, {row["area_id"] for row in rows.values() if row is not None})
    standing = {grid.id: grid for grid in plan.grids}
    then = {grid.id: grid for grid in published}
    for number, row in rows.items():
        if row is not None and not row["retired"]:
            then[number] = _grid_of(row, number, area=codes[row["area_id"]], now=standing.get(number))
    here = {number: grid for number, grid in then.items() if grid.area in plan.area_by_code}
    others = [grid for grid in plan.grids if grid.id not in rows]
    return replace(plan, grids=tuple(sorted([*others, *here.values()], key=lambda grid: grid.rank)))


def _grid_of(row: Mapping[str, Any], number: int, *, area: str, now: MicroGrid | None) -> MicroGrid:
    shape = store.shape_of(row)
    assert isinstance(shape, Polygon)  # noqa: S101  a table of states holds no other
    return MicroGrid(
        id=number,
        rank=now.rank if now is not None else number,
        code=row["code"],
        name=row["name"],
        area=area,
        polygon=shape,
        kind=row["kind"],
        layer=row["layer"],
        honorary_name=row["honorary_name"],
        street_group=row["street_group"],
        parts=now.parts if now is not None else (),
        version=row["version"],
    )


def _drawn(plan: Snapshot, draw: Draw) -> Drawn | None:
    try:
        return draw(plan)
    except Problem:
        return None


def _is_changed(then: MicroGrid | None, now: MicroGrid | None) -> bool:
    """Whether a grid is another one, more than that it received vertices."""
    if then is None or now is None:
        return then is not now
    if replace(then, polygon=now.polygon, version=now.version, parts=now.parts) != now:
        return True
    return added_vertices(then.polygon, now.polygon, tolerance=_TOLERANCE) is None


def _changed_numbers(then: Snapshot, drawn: Drawn) -> set[int]:
    left = {grid.id for grid in drawn.plan.grids}
    return {*drawn.changed, *(grid.id for grid in then.grids if grid.id not in left)}


def _conflict(
    draft: Draft,
    seen: Iterable[Seen],
    *,
    former: Mapping[int, MicroGrid],
    now: Mapping[int, MicroGrid],
    mine: Drawn | None,
    codes: Sequence[str] = (),
) -> EditConflict:
    drawn = {grid.id: grid for grid in mine.plan.grids} if mine is not None else {}
    conflicts = [_one(one, former=former.get(one.number), now=now.get(one.number), mine=drawn) for one in seen]
    names = [one.grid for one in conflicts] or list(codes)
    by = sorted({one.by for one in conflicts})
    at = max((one.at for one in conflicts), default=None)
    told_zh, told_en = _told(by, at)
    more_zh, more_en = (f" 等 {len(names)} 个", f" and {len(names) - _NAMED} more") if len(names) > _NAMED else ("", "")
    return EditConflict(
        f"调整方案 {draft.id} 中的网格 {'、'.join(names[:_NAMED])}{more_zh} {told_zh},本次未写入任何内容。"
        "请对照双方图形后重做,或保留对方的修改。",
        f"In draft {draft.id}, micro-grid {', '.join(names[:_NAMED])}{more_en} {told_en}; nothing is written. "
        "Compare both shapes and draw again, or keep theirs.",
        revision=draft.revision,
        conflicts=conflicts,
    )


def _told(by: Sequence[str], at: datetime | None) -> tuple[str, str]:
    if at is None:
        return "与您看到的版本不同", "is of another version than the one that was seen"
    when = at.isoformat(timespec="seconds")
    return f"已被 {'、'.join(by)} 修改({when})", f"was changed by {', '.join(by)} ({when})"


def _one(seen: Seen, *, former: MicroGrid | None, now: MicroGrid | None, mine: Mapping[int, MicroGrid]) -> GridConflict:
    named = now or former
    drawn = mine.get(seen.number)
    return GridConflict(
        grid=named.code if named is not None else "",
        by=seen.by,
        at=seen.at,
        change=seen.change,
        kind=seen.kind,
        version=_version(now),
        yours=drawn.polygon if drawn is not None else None,
        theirs=now.polygon if now is not None else None,
    )
