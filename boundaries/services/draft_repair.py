"""Repair a draft: it holds what is proved as PostGIS gives it back, or is as it was."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from boundaries.lifecycle import require_open
from boundaries.repairing import mend
from boundaries.services import journal, reading
from boundaries.services.editing import changing
from boundaries.services.repairing import (
    Advance,
    MakeOrder,
    Outcome,
    provisional,
    refused,
    require_usable,
    still_wrong,
)
from boundaries.store import states
from boundaries.store.drafts import read_draft


def repair_draft(
    session: Session,
    draft_id: int,
    make_order: MakeOrder,
    *,
    actor: str,
    today: date,
    area: str | None = None,
    metric_plane: str | None = None,
    now: datetime | None = None,
    advance: Advance = lambda _: None,
) -> Outcome:
    """Repair the tile grids of a draft; it holds what is proved afterwards, or is as it was.

    Parameters
    ----------
    draft_id : int
        Locked until the transaction ends.
    make_order : callable
        From the plan to what is to be done.
    actor : str
        Who repairs.
    today : date
        The day for which the registers are read.
    area : str, optional
        Code of an area: only what is below it.
    metric_plane : str, optional
        The metric system to measure in.
    now : datetime, optional
        For the audit trail; by default the database's clock.
    advance : callable
        Told of each area that is done.

    Returns
    -------
    Outcome

    Raises
    ------
    BadInput
        If a shape cannot be used, or an option names what there is not.
    NotFound, Conflict
        If there is no such draft or area, or the draft is not open.
    """
    require_open(read_draft(session, draft_id, lock=True))
    before = reading.snapshot(session, today=today, draft=draft_id, area=area, metric_plane=metric_plane)
    require_usable(before)
    mended = mend(before, make_order(before), name_new=provisional(before, f"新增-{draft_id}"), advance=advance)
    problem = refused(mended)
    if problem is not None:
        return Outcome(before, mended, problem=problem)
    if not mended.changed and not mended.new:
        return Outcome(before, mended, is_written=True)
    turn = session.begin_nested()
    rows = [replace(mended.snapshot.grids[index], parts=()) for index in mended.changed]
    with changing(session, draft_id, actor=actor, kind="repair", now=now):
        states.put_grids(session, draft_id, [*rows, *mended.new], source_id=None)
    stored = reading.snapshot(session, today=today, draft=draft_id, area=area, metric_plane=metric_plane)
    problem = still_wrong(stored)
    if problem is not None:
        turn.rollback()
        return Outcome(before, mended, problem=problem)
    turn.commit()
    journal.record(
        session,
        actor=actor,
        action="draft.repair",
        subject=f"draft:{draft_id}",
        detail={"faces": len(mended.log), "changed": len(mended.changed), "new": [grid.code for grid in mended.new]},
        now=now,
    )
    return Outcome(before, mended, is_written=True)
