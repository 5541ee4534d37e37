"""The audit trail: who did what, in a chain that shows when an entry was changed or taken out."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from boundaries.store.trail import Link, add_link, clock, lock_trail, read_entries, read_links

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
    last = lock_trail(session)
    number, before = (last[0] + 1, last[1]) if last else (1, _START)
    at = (now or clock(session)).astimezone(UTC)
    written = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    digest = _digest(before, number=number, at=at, words=(actor, action, subject), detail=written)
    add_link(session, Link(number, at, actor, action, subject, written, digest), previous=last[0] if last else None)


def entries(session: Session, *, before: int | None = None, limit: int = 100) -> tuple[Entry, ...]:
    """Deeds, newest first; only those below ``before``."""
    return tuple(
        Entry(row.number, row.at, row.actor, row.action, row.subject, row.detail)
        for row in read_entries(session, before=before, limit=limit)
    )


def verify_chain(session: Session) -> ChainState:
    """Compute every digest again, from the first entry to the last."""
    previous, count = _START, 0
    for link in read_links(session):
        count += 1
        words = (link.actor, link.action, link.subject)
        digest = _digest(previous, number=count, at=link.at.astimezone(UTC), words=words, detail=link.detail)
        if link.number != count or link.digest != digest:
            return ChainState(count, link.number)
        previous = digest
    return ChainState(count, None)


def _digest(previous: bytes, *, number: int, at: datetime, words: tuple[str, str, str], detail: str) -> bytes:
    content = json.dumps([number, at.isoformat(timespec="microseconds"), *words, detail], ensure_ascii=False)
    return hashlib.sha256(previous + content.encode()).digest()
