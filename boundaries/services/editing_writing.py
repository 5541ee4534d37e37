"""What commands have drawn, written into a draft as one change, and what is read back of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from boundaries.lifecycle import Draft
from boundaries.model import Area, MicroGrid
from boundaries.services.editing import changing
from boundaries.services.editing_drawing import Drawn, touched
from boundaries.services.editing_report import Outcome
from boundaries.snapshot import Snapshot
from boundaries.store import editing as store
from boundaries.store import registers, states
from boundaries.store.changes import history
from boundaries.store.drafts import read_draft
from boundaries.store.overlay import Moment
from boundaries.store.queries import Scope


def write(
    session: Session,
    draft: Draft,
    plan: Snapshot,
    drawn: Drawn,
    asked: Sequence[Mapping[str, Any]],
    *,
    actor: str,
    today: date,
    now: datetime | None,
) -> Outcome:
    """Write what is another now, as one change; what is read back of it."""
    before = {grid.id: grid for grid in plan.grids}
    after = {grid.id: grid for grid in drawn.plan.grids}
    written = [after[number] for number in sorted(touched(plan, drawn))]
    retired = tuple(grid.code for grid in plan.grids if grid.id not in after)
    areas = tuple(area for area in drawn.plan.areas if area.code in drawn.areas)
    with changing(session, draft.id, actor=actor, kind="edit", now=now, commands=list(asked)):
        _write_rows(session, draft.id, written, before=before, retired=retired, areas=areas, drawn=drawn, actor=actor)
    _count_parts(session, written, before, today=today)
    now_draft = read_draft(session, draft.id)
    last = history(session, draft.id, limit=1)
    change = last[0].number if now_draft.revision != draft.revision and last else None
    stored = _stored(session, draft, written, today=today)
    fresh = {grid.code for grid in written if grid.id in drawn.changed}
    concerned = {grid.area for grid in written if grid.id in drawn.changed} | drawn.areas
    concerned |= {grid.area for grid in plan.grids if grid.id not in after}
    return Outcome(
        draft=now_draft,
        change=change,
        grids=tuple(grid for grid in stored if grid.code in fresh),
        refined=tuple(grid for grid in stored if grid.code not in fresh),
        retired=retired,
        areas=areas,
        concerned=frozenset(concerned),
        assignments=tuple(drawn.assignments.values()),
        households=drawn.households,
        remainders=drawn.remainders,
    )


def _write_rows(
    session: Session,
    draft_id: int,
    written: Sequence[MicroGrid],
    *,
    before: Mapping[int, MicroGrid],
    retired: Sequence[str],
    areas: Sequence[Area],
    drawn: Drawn,
    actor: str,
) -> None:
    if retired:
        states.retire(session, draft_id, "grids", retired)
    if areas:
        states.put_areas(session, draft_id, areas, source_id=None)
    renamed = {grid.code: grid.id for grid in written if grid.id in before and before[grid.id].code != grid.code}
    if renamed:
        store.claim_codes(session, renamed)
    if written:
        same = {grid.id for grid in written if grid.id in before and before[grid.id].parts == grid.parts}
        rows = [replace(grid, parts=()) if grid.id in same else grid for grid in written]
        states.put_grids(session, draft_id, rows, source_id=None)
    gone = _parts_gone(written, before)
    if gone:
        states.retire(session, draft_id, "parts", gone)
    if drawn.assignments:
        states.put_assignments(session, draft_id, list(drawn.assignments.values()), actor=actor)


def _parts_gone(written: Sequence[MicroGrid], before: Mapping[int, MicroGrid]) -> list[str]:
    kept = {part.code for grid in written for part in grid.parts}
    stood = [part.code for grid in written if grid.id in before for part in before[grid.id].parts]
    return [code for code in stood if code not in kept]


def _count_parts(
    session: Session, written: Sequence[MicroGrid], before: Mapping[int, MicroGrid], *, today: date
) -> None:
    """Households of parts are a register; only what was counted anew is written."""
    known = {part.code: part.households for grid in before.values() for part in grid.parts}
    counted = [
        part
        for grid in written
        for part in grid.parts
        if part.households is not None and known.get(part.code) != part.households
    ]
    if counted:
        registers.put_counts(session, counted, source_id=None, today=today)


def _stored(session: Session, draft: Draft, written: Sequence[MicroGrid], *, today: date) -> tuple[MicroGrid, ...]:
    """The written grids as the database has them."""
    if not written:
        return ()
    scope = Scope(Moment(draft.base_generation, draft.id), today)
    return store.grids_named(session, scope, [grid.code for grid in written])
