"""Accept proposals: they become assignments of a draft."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from boundaries.model import Assignment
from boundaries.services import journal
from boundaries.services.editing import changing
from boundaries.store.states import put_assignments


def accept(
    session: Session,
    draft_id: int,
    assignments: Sequence[Assignment],
    *,
    actor: str,
    now: datetime | None = None,
) -> int:
    """Write proposals into a draft as accepted, in place of earlier ones for the same premises.

    Parameters
    ----------
    draft_id : int
    assignments : sequence of Assignment
        Those without a grid are left out: nothing was proposed for them.
    actor : str
        Who accepts them.
    now : datetime, optional
        By default the database's clock.

    Returns
    -------
    int
        How many were accepted.

    Raises
    ------
    BadInput
        If premises stand twice, or premises or a grid are not known to the draft.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    given = [assignment for assignment in assignments if assignment.grid is not None]
    with changing(session, draft_id, actor=actor, kind="assign", now=now):
        put_assignments(session, draft_id, given, actor=actor)
    journal.record(
        session,
        actor=actor,
        action="draft.assign",
        subject=f"draft:{draft_id}",
        detail={"accepted": len(given)},
        now=now,
    )
    return len(given)
