"""The audit trail: who did what, in a chain that shows when an entry was changed or taken out."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import cast, func, insert, literal, select, text
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from boundaries.store import tables

_audit = tables.audit
# Any number: whoever adds to the chain holds it until the transaction ends.
_CHAIN = 0x6D67_0002
_START = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ChainState:
    """Whether the trail is whole; ``broken_at`` is the first entry that does not fit."""

    entries: int
    broken_at: int | None

    @property
    def is_whole(self) -> bool:
        """Whether every entry fits the one before it."""
        return self.broken_at is None


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object],
    now: datetime | None = None,
) -> None:
    """Add an entry, in the transaction of the deed: both are written or neither.

    Call it late: until the transaction ends, nobody else can add to the chain.

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
    session.execute(text("SELECT pg_advisory_xact_lock(:chain)"), {"chain": _CHAIN})
    last = session.execute(select(_audit.c.number, _audit.c.digest).order_by(_audit.c.number.desc()).limit(1)).first()
    number = last.number + 1 if last else 1
    written = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    at = (now or session.execute(select(func.now())).scalar_one()).astimezone(UTC)
    digest = _digest(
        bytes(last.digest) if last else _START, number=number, at=at, words=(actor, action, subject), detail=written
    )
    session.execute(
        insert(_audit).values(
            number=number,
            previous=last.number if last else None,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            detail=cast(literal(written, Text), _audit.c.detail.type),
            digest=digest,
        )
    )


def entries(session: Session, *, before: int | None = None, limit: int = 100) -> tuple[Entry, ...]:
    """Deeds, newest first; only those below ``before``."""
    query = select(_audit).order_by(_audit.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(_audit.c.number < before)
    return tuple(
        Entry(row.number, row.at, row.actor, row.action, row.subject, row.detail) for row in session.execute(query)
    )


def verify_chain(session: Session) -> ChainState:
    """Compute every digest again, from the first entry to the last."""
    rows = session.execute(
        select(*(_audit.c[name] for name in ("number", "at", "actor", "action", "subject", "digest")))
        .add_columns(cast(_audit.c.detail, Text).label("written"))
        .order_by(_audit.c.number)
    )
    previous, count = _START, 0
    for row in rows:
        count += 1
        words = (row.actor, row.action, row.subject)
        digest = _digest(previous, number=count, at=row.at.astimezone(UTC), words=words, detail=row.written)
        if row.number != count or bytes(row.digest) != digest:
            return ChainState(count, row.number)
        previous = digest
    return ChainState(count, None)


def _digest(previous: bytes, *, number: int, at: datetime, words: tuple[str, str, str], detail: str) -> bytes:
    content = json.dumps([number, at.isoformat(timespec="microseconds"), *words, detail], ensure_ascii=False)
    return hashlib.sha256(previous + content.encode()).digest()
