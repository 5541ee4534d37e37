"""Take back a draft that was drawn anew elsewhere: exact and as one change, or refused with every reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from boundaries.arrival.closing import Closed, neighbourhood
from boundaries.arrival.faces import Obstacle
from boundaries.arrival.returning import Comparison
from boundaries.diff import Delta, Side, compare
from boundaries.errors import BadInput
from boundaries.exchange.qgis.returned import ReturnedFile
from boundaries.ground import Ground
from boundaries.lifecycle import Draft, require_open
from boundaries.model import Assignment
from boundaries.rules import Rules
from boundaries.services import journal, reading
from boundaries.services.drawing import (
    close_drawing,
    compare_drawing,
    counted,
    moved_assignments,
    noise_m,
    refusals,
    require_areas,
    taken_back,
    touched,
)
from boundaries.services.editing import changing
from boundaries.snapshot import Snapshot
from boundaries.store import states
from boundaries.store.drafts import read_draft


@dataclass(frozen=True, slots=True)
class TakeBack:
    """How a drawing is to be taken back.

    Attributes
    ----------
    tolerance_m : float
        What is thinner was missed by the pen.
    retire_missing : bool
        Whether grids that have no row any more are to be retired.
    is_dry_run : bool
        Whether everything is worked out and nothing stays.
    """

    tolerance_m: float = 0.5
    retire_missing: bool = False
    is_dry_run: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes
    ----------
    draft : Draft
        As it was.
    returned : ReturnedFile
    comparison : Comparison
    closed : Closed or None
        None where it did not come so far.
    delta : Delta or None
        None where nothing is written.
    obstacles : tuple of Obstacle
    changed_by : mapping of str to (str, datetime)
        For grids in a collision, the last who changed them.
    taken_back : tuple of str
        Codes of the grids whose drawn borders were those that stand, once they were matched.
    households : mapping of str to (int or None, int or None)
        Before and after, by code, of the grids that the drawing changes.
    assignments : tuple of Assignment
        Those that followed the ground.
    problems : tuple of (str, str)
        Why nothing was written, in Chinese and English; empty where it was, or could be.
    is_written : bool
    """

    draft: Draft
    returned: ReturnedFile
    comparison: Comparison
    closed: Closed | None = None
    delta: Delta | None = None
    obstacles: tuple[Obstacle, ...] = ()
    changed_by: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    taken_back: tuple[str, ...] = ()
    households: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    assignments: tuple[Assignment, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    is_written: bool = False


def take_back(
    session: Session,
    draft_id: int,
    returned: ReturnedFile,
    order: TakeBack,
    *,
    actor: str,
    today: date,
    metric_plane: str | None = None,
    now: datetime | None = None,
) -> Outcome:
    """Bring a drawing into the draft that it was exported from.

    Parameters
    ----------
    draft_id : int
        Locked until the transaction ends.
    returned : ReturnedFile
    order : TakeBack
    actor : str
        Who drew it.
    today : date
        The day for which the registers are read.
    metric_plane : str, optional
        The metric system to measure in.
    now : datetime, optional
        By default the database's clock.

    Returns
    -------
    Outcome
        Written whole, as one change that can be undone, or with the reasons why nothing was.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft or area, or the draft is not open.
    BadInput
        If the file is of another draft, or too coarse.
    RefusedRows
        If a row names an area that there is not.
    GeometryProblem
        If edges cannot be noded.
    """
    draft = read_draft(session, draft_id, lock=True)
    require_open(draft)
    _require_ours(draft, returned)
    scope = returned.marks.area if returned.marks is not None else draft.area
    before = reading.snapshot(session, today=today, draft=draft_id, area=scope, metric_plane=metric_plane)
    _require_fine(before, returned, order)
    comparison = compare_drawing(session, before, returned)
    require_areas(before, comparison)
    problems, changed_by = refusals(session, draft, returned, comparison, order.retire_missing)
    if problems:
        return Outcome(draft, returned, comparison, changed_by=changed_by, problems=problems)
    retired = tuple(sorted(grid.code for grid in comparison.missing))
    closed = close_drawing(before, returned, comparison, tolerance_m=order.tolerance_m)
    outcome = Outcome(
        draft,
        returned,
        comparison,
        closed,
        obstacles=closed.obstacles,
        taken_back=taken_back(before, comparison, closed),
    )
    if closed.obstacles:
        return replace(outcome, problems=(_in_the_way(closed.obstacles),))
    if not (comparison.changed or comparison.new or retired):
        return replace(outcome, is_written=not order.is_dry_run)
    moved = moved_assignments(before, comparison, closed)
    turn = session.begin_nested()
    asked = {"file": returned.name, "tolerance_m": order.tolerance_m, "retired": list(retired)}
    with changing(session, draft_id, actor=actor, kind="file", now=now, commands=asked):
        _write(session, draft_id, outcome, moved, actor=actor)
    after = reading.snapshot(session, today=today, draft=draft_id, area=scope, metric_plane=metric_plane)
    unproved = _unproved(after, touched(comparison, "tile"))
    if unproved:
        turn.rollback()
        return replace(outcome, problems=(_not_proved(unproved),))
    codes = frozenset(grid.code for grid in (*closed.refined, *(one.grid for one in comparison.drawn)))
    outcome = replace(
        outcome,
        delta=_delta(before, after, touched(comparison)),
        households=counted(before, after, codes | set(retired)),
        assignments=moved,
    )
    if order.is_dry_run:
        turn.rollback()
        return outcome
    turn.commit()
    _record(session, outcome, actor=actor, now=now)
    return replace(outcome, is_written=True)


def _require_ours(draft: Draft, returned: ReturnedFile) -> None:
    marks = returned.marks
    if marks is not None and (marks.draft != draft.id or marks.revision > draft.revision):
        raise BadInput(
            f"{returned.name} 由调整方案 {marks.draft}(第 {marks.revision} 次修改)导出,不能交回调整方案 {draft.id}"
            f"(第 {draft.revision} 次修改)。请核对编号,或重新导出。",
            f"{returned.name} was exported from draft {marks.draft} at revision {marks.revision}; it cannot go into "
            f"draft {draft.id} at revision {draft.revision}. Check the number, or export again.",
        )


def _require_fine(before: Snapshot, returned: ReturnedFile, order: TakeBack) -> None:
    rounded_m = noise_m(before, returned)
    if rounded_m > order.tolerance_m:
        raise BadInput(
            f"{returned.name} 的坐标只精确到约 {rounded_m:.2g} m,粗于容差 {order.tolerance_m:g} m,边界会走样。"
            "请按 7 位以上小数重新导出。",
            f"The coordinates of {returned.name} are rounded to about {rounded_m:.2g} m, more than the tolerance "
            f"of {order.tolerance_m:g} m. Export it again with seven decimals or more.",
        )


def _write(session: Session, draft_id: int, outcome: Outcome, moved: Sequence[Assignment], *, actor: str) -> None:
    if outcome.closed is None:
        raise AssertionError("only what was closed is written")
    closed, comparison = outcome.closed, outcome.comparison
    codes = {drawn.grid.code for drawn in comparison.drawn} | {grid.code for grid in closed.refined}
    # Parts stay as they are: a drawing knows none.
    rows = [replace(grid, parts=()) for grid in closed.snapshot.grids if grid.code in codes]
    retired = sorted(grid.code for grid in comparison.missing)
    if retired:
        states.retire(session, draft_id, "grids", retired)
    if closed.areas:
        states.put_areas(session, draft_id, closed.areas, source_id=None)
    states.put_grids(session, draft_id, rows, source_id=None)
    if moved:
        states.put_assignments(session, draft_id, moved, actor=actor)


def _unproved(after: Snapshot, codes: Collection[str]) -> list[str]:
    """Codes of the areas whose grids do not fill them, by the coordinates that PostGIS gives back."""
    fillings = Ground(neighbourhood(after, codes), Rules()).fillings if codes else ()
    return [filling.area.code for filling in fillings if not filling.is_proved()]


def _delta(before: Snapshot, after: Snapshot, codes: Collection[str]) -> Delta:
    """What the drawing changes, so that it can be looked at before anything else is done."""
    old, new = (
        Side(
            [grid for grid in plan.grids if grid.area in codes],
            [],
            {area.code: tuple(upper.code for upper in plan.ancestors(area.code)) for area in plan.areas},
        )
        for plan in (before, after)
    )
    return compare(old, new, metric=before.metric)


def _record(session: Session, outcome: Outcome, *, actor: str, now: datetime | None) -> None:
    found = outcome.comparison
    journal.record(
        session,
        actor=actor,
        action="draft.file",
        subject=f"draft:{outcome.draft.id}",
        detail={
            "file": outcome.returned.name,
            "changed": [drawn.grid.code for drawn in found.changed],
            "new": [drawn.grid.code for drawn in found.new],
            "retired": [grid.code for grid in found.missing],
            "faces": len(outcome.closed.log) if outcome.closed is not None else 0,
        },
        now=now,
    )


def _in_the_way(obstacles: Sequence[Obstacle]) -> tuple[str, str]:
    count = len(obstacles)
    return (
        f"有 {count} 处不能自动处理,什么都没有写。请在图上改正后再交回。",
        f"{count} places cannot be settled by rule; nothing is written. Correct them in the drawing and give it back.",
    )


def _not_proved(codes: Sequence[str]) -> tuple[str, str]:
    return (
        f"区域 {'、'.join(codes)} 写入后不能证明全覆盖,已全部撤回。请用 draft check 查看。",
        f"The grids of {', '.join(codes)} are not proved to fill them once stored; nothing is written.",
    )
