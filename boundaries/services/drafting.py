"""Drafts: open one, pass it on, give it up."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from boundaries.errors import BadInput
from boundaries.lifecycle import Action, Draft, DraftStatus, next_status
from boundaries.services import journal
from boundaries.store.drafts import add_draft, area_number, authors, mark, read_draft, read_drafts

# Who took the step is kept with the draft.
_BY: dict[Action, str] = {"submit": "submitted_by", "approve": "approved_by"}


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


def list_drafts(session: Session, *, statuses: Sequence[DraftStatus] | None = None) -> tuple[Draft, ...]:
    """Drafts, newest first, of these statuses or of all."""
    return read_drafts(session, statuses)


def submit(session: Session, draft_id: int, *, actor: str, now: datetime | None = None) -> Draft:
    """Hand a draft in for approval; it cannot be edited then.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    return _step(session, draft_id, "submit", actor=actor, four_eyes=False, now=now)


def approve(session: Session, draft_id: int, *, actor: str, four_eyes: bool, now: datetime | None = None) -> Draft:
    """Approve a submitted draft.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft, or it is not submitted.
    Forbidden
        If four eyes are asked for and the actor drew it.
    """
    return _step(session, draft_id, "approve", actor=actor, four_eyes=four_eyes, now=now)


def return_draft(session: Session, draft_id: int, *, actor: str, note: str = "", now: datetime | None = None) -> Draft:
    """Give a submitted or approved draft back for more work.

    Parameters
    ----------
    note : str
        What is to be done, for its author.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft, or it is neither submitted nor approved.
    """
    return _step(session, draft_id, "return", actor=actor, four_eyes=False, now=now, note=note)


def abandon(session: Session, draft_id: int, *, actor: str, now: datetime | None = None) -> Draft:
    """Give a draft up; its rows stay for the record.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft, or it is published or abandoned already.
    """
    return _step(session, draft_id, "abandon", actor=actor, four_eyes=False, now=now)


def _step(
    session: Session,
    draft_id: int,
    action: Action,
    *,
    actor: str,
    four_eyes: bool,
    now: datetime | None,
    note: str = "",
) -> Draft:
    draft = read_draft(session, draft_id, lock=True)
    status = next_status(draft, action, actor=actor, four_eyes=four_eyes, authors=authors(session, draft))
    also = {_BY[action]: actor} if action in _BY else {}
    mark(session, draft_id, status, **(also | {"note": note} if note else also))
    journal.record(
        session,
        actor=actor,
        action=f"draft.{action}",
        subject=f"draft:{draft_id}",
        detail={"revision": draft.revision, "note": note},
        now=now,
    )
    return read_draft(session, draft_id)
