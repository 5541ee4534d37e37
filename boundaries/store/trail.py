"""The audit trail as rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, cast, func, insert, literal, select, text
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from boundaries.store import tables

_audit = tables.audit
# Any number: whoever adds to the chain holds it until the transaction ends.
_CHAIN = 0x6D67_0002


@dataclass(frozen=True, slots=True)
class Link:
    """One entry as it is written: ``detail`` is the JSON text that its digest covers."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    digest: bytes


def lock_trail(session: Session) -> tuple[int, bytes] | None:
    """Hold the end of the trail until the transaction ends; number and digest of its last entry."""
    session.execute(text("SELECT pg_advisory_xact_lock(:chain)"), {"chain": _CHAIN})
    last = session.execute(select(_audit.c.number, _audit.c.digest).order_by(_audit.c.number.desc()).limit(1)).first()
    return (last.number, bytes(last.digest)) if last else None


def clock(session: Session) -> datetime:
    """The instant at which the transaction began, by the database."""
    now: datetime = session.execute(select(func.now())).scalar_one()
    return now


def add_link(session: Session, link: Link, *, previous: int | None) -> None:
    """Write an entry behind the one before it."""
    session.execute(
        insert(_audit).values(
            number=link.number,
            previous=previous,
            at=link.at,
            actor=link.actor,
            action=link.action,
            subject=link.subject,
            detail=cast(literal(link.detail, Text), _audit.c.detail.type),
            digest=link.digest,
        )
    )


def read_entries(session: Session, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Entries, newest first; only those below ``before``."""  # Any: the columns are those of the table
    query = select(_audit).order_by(_audit.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(_audit.c.number < before)
    return session.execute(query).all()


def read_links(session: Session) -> Iterator[Link]:
    """Every entry from the first on, as it was written."""
    query = select(_audit, cast(_audit.c.detail, Text).label("written")).order_by(_audit.c.number)
    for row in session.execute(query):
        yield Link(row.number, row.at, row.actor, row.action, row.subject, row.written, bytes(row.digest))
