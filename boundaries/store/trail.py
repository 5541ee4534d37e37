"""The entries of the audit trail as rows; ``seals`` has what chains them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, cast, delete, func, insert, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from boundaries.chain import Entry
from boundaries.store import tables

_audit, _waiting, _sealed = tables.audit, tables.audit_waiting, tables.audit_sealed
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries are asked for; what is None does not matter.

    Attributes
    ----------
    since, until : datetime, optional
        From the one on, and before the other.
    actor, subject : str, optional
    action : str, optional
        Or the noun alone: ``draft`` finds ``draft.open``.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: str | None = None
    subject: str | None = None


def add_entry(session: Session, *, at: datetime | None, actor: str, action: str, subject: str, detail: str) -> None:
    """Write an entry, to be sealed later; ``at`` is by default the database's clock."""
    added = (
        insert(_audit)
        .values(
            at=func.now() if at is None else at,
            actor=actor,
            action=action,
            subject=subject,
            detail=cast(literal(detail, Text), _audit.c.detail.type),
        )
        .returning(_audit.c.number)
        .cte()
    )
    session.execute(insert(_waiting).from_select(["entry"], select(added.c.number)))


def read_entries(session: Session, sought: Sought, *, before: int | None, limit: int) -> tuple[Entry, ...]:
    """Entries with their seal, newest first; only those below ``before``."""
    query = _chosen(sought).order_by(_audit.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(_audit.c.number < before)
    return tuple(map(_entry, session.execute(query)))


def stream_entries(session: Session, sought: Sought) -> Iterator[Entry]:
    """Entries with their seal, oldest first."""
    query = _chosen(sought).order_by(_audit.c.number)
    yield from map(_entry, session.execute(query.execution_options(yield_per=_BATCH)))


def details_of(session: Session, *, action: str) -> tuple[Mapping[str, Any], ...]:
    """What all sealed entries of one action say, by number."""
    query = select(_audit.c.detail).join(_sealed, _sealed.c.entry == _audit.c.number)
    query = query.where(_audit.c.action == action).order_by(_audit.c.number)
    return tuple(session.execute(query).scalars())


def prunable(session: Session, *, older_than: datetime, kept_subjects: Sequence[str]) -> list[tuple[int, int]]:
    """Sealed entries from before an instant, about other things than these: (position, number), in order.

    Parameters
    ----------
    older_than : datetime
    kept_subjects : sequence of str
        Nouns of subjects whose entries stay.
    """
    query = select(_sealed.c.position, _audit.c.number).join(_audit, _audit.c.number == _sealed.c.entry)
    noun = func.split_part(_audit.c.subject, ":", 1)
    query = query.where(_audit.c.at < older_than, noun.not_in(kept_subjects)).order_by(_sealed.c.position)
    return [(row.position, row.number) for row in session.execute(query)]


def drop_entries(session: Session, numbers: Sequence[int]) -> None:
    """Throw entries away; where they stood under their seals stays known. Only the tables' owner may."""
    session.execute(delete(_audit).where(_audit.c.number == func.any(list(numbers))))


def _chosen(sought: Sought) -> Select[Any]:
    query = select(_audit, _sealed.c.seal, _sealed.c.digest.label("sealed_digest")).outerjoin(
        _sealed, _sealed.c.entry == _audit.c.number
    )
    if sought.since is not None:
        query = query.where(_audit.c.at >= sought.since)
    if sought.until is not None:
        query = query.where(_audit.c.at < sought.until)
    if sought.actor is not None:
        query = query.where(_audit.c.actor == sought.actor)
    if sought.subject is not None:
        query = query.where(_audit.c.subject == sought.subject)
    if sought.action is not None and "." in sought.action:
        query = query.where(_audit.c.action == sought.action)
    elif sought.action is not None:
        query = query.where(func.split_part(_audit.c.action, ".", 1) == sought.action)
    return query


def _entry(row: Row[Any]) -> Entry:
    digest = None if row.sealed_digest is None else bytes(row.sealed_digest).hex()
    return Entry(row.number, row.at, row.actor, row.action, row.subject, row.detail, row.seal, digest)
