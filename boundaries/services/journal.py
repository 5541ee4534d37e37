"""The audit trail: who did what. ``sealing`` chains the entries, so that a changed or missing one shows."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.orm import Session

from boundaries.chain import Entry
from boundaries.store.trail import Sought, add_entry, read_entries, stream_entries

Way = Literal["read", "export", "print"]

_EVERYTHING = Sought()


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object],
    now: datetime | None = None,
) -> None:
    """Add an entry, in the transaction of the deed: both are written or neither. Nobody waits for anybody.

    Parameters
    ----------
    actor : str
        Who did it.
    action : str
        What was done, as ``noun.verb``.
    subject : str
        To what, as ``noun:number``.
    detail : mapping
        Values that JSON can hold. No phone, no contact, no key.
    now : datetime, optional
        With its time zone; by default the database's clock.
    """
    written = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    at = None if now is None else now.astimezone(UTC)
    add_entry(session, at=at, actor=actor, action=action, subject=subject, detail=written)


def record_read(
    session: Session,
    *,
    actor: str,
    way: Way,
    subject: str,
    detail: Mapping[str, object],
    now: datetime | None = None,
) -> None:
    """Add an entry that somebody was given what only few may see.

    Parameters
    ----------
    actor : str
        Who was given it.
    way : {"read", "export", "print"}
        On the screen or to a program, in a file, on paper.
    subject : str
        Of what, as ``layer:shops`` or ``sheet:CODE``.
    detail : mapping
        Which fields of how many, or the name of the file; never the values, nor the place asked for.
    now : datetime, optional
        With its time zone; by default the database's clock.
    """
    record(session, actor=actor, action=f"{way}.restricted", subject=subject, detail=detail, now=now)


def entries(
    session: Session, *, sought: Sought = _EVERYTHING, before: int | None = None, limit: int = 100
) -> tuple[Entry, ...]:
    """Deeds, newest first; only those below ``before``."""
    return read_entries(session, sought, before=before, limit=limit)


def every_entry(session: Session, *, sought: Sought = _EVERYTHING) -> Iterator[Entry]:
    """Deeds, oldest first, as many as there are."""
    return stream_entries(session, sought)
