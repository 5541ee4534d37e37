"""Drafts: open one, find it again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from boundaries.errors import BadInput
from boundaries.lifecycle import Draft, DraftStatus
from boundaries.services import journal
from boundaries.store.drafts import add_draft, area_number, read_draft, read_drafts


def open_draft(
    session: Session, *, name: str, actor: str, area: str | None = None, now: datetime | None = None
) -> Draft:
    """Branch a draft from the newest generation.

    Parameters
    ----------
    name : str
        What people call it.
    actor : str
        Who opens it.
    area : str, optional
        Code of the area that it is about.
    now : datetime, optional
        By default the database's clock, here and below.

    Returns
    -------
    Draft

    Raises
    ------
    BadInput
        If the name is empty.
    NotFound
        If there is no such area.
    """
    if not name.strip():
        raise BadInput("调整方案没有名称。请写一个名称。", "The draft has no name. Give it one.")
    area_id = area_number(session, area) if area is not None else None
    draft = add_draft(session, name=name.strip(), area_id=area_id, actor=actor, now=now)
    record_opening(session, draft, now=now)
    return draft


def record_opening(session: Session, draft: Draft, *, now: datetime | None = None) -> None:
    """Add the entry of a draft that has just been opened; what is long to fill adds it when it is full."""
    detail = {"area": draft.area}
    journal.record(
        session, actor=draft.created_by, action="draft.open", subject=f"draft:{draft.id}", detail=detail, now=now
    )


def get_draft(session: Session, draft_id: int) -> Draft:
    """One draft.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    return read_draft(session, draft_id)


def list_drafts(
    session: Session,
    *,
    statuses: Sequence[DraftStatus] | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> tuple[Draft, ...]:
    """Drafts, newest first, of these statuses or of all; only those below ``before``, at most ``limit``."""
    return read_drafts(session, statuses, before=before, limit=limit)
