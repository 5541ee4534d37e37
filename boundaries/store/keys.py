"""API keys as rows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from boundaries.store import tables
from boundaries.store.bulletins import announce

_key = tables.api_key

KeyRow = Row[Any]  # Any: the columns are those of the table


def add_key(session: Session, values: Mapping[str, object]) -> KeyRow:
    """Write a key and give it back with its number."""
    announce(session, "access")
    return session.execute(insert(_key).values(values).returning(_key)).one()


def read_key(session: Session, number: int, *, lock: bool = False) -> KeyRow | None:
    """One key, whether it is still good or not; ``lock`` holds it until the transaction ends."""
    query = select(_key).where(_key.c.id == number)
    return session.execute(query.with_for_update() if lock else query).first()


def read_keys(session: Session) -> Sequence[KeyRow]:
    """Every key ever made, oldest first."""
    return session.execute(select(_key).order_by(_key.c.id)).all()


def mark_revoked(session: Session, number: int, now: datetime) -> bool:
    """Revoke a key; False where there is none that stood."""
    announce(session, "access")
    living = update(_key).where(_key.c.id == number, _key.c.revoked_at.is_(None))
    return session.execute(living.values(revoked_at=now).returning(_key.c.id)).first() is not None


def mark_ending(session: Session, number: int, end: datetime) -> None:
    """Let a key expire at this instant."""
    announce(session, "access")
    session.execute(update(_key).where(_key.c.id == number).values(expires_at=end))


def mark_used(session: Session, number: int, day: date) -> None:
    """Note the day on which a key was used; nothing is written twice on one day."""
    other = _key.c.last_used.is_distinct_from(day)
    session.execute(update(_key).where(_key.c.id == number, other).values(last_used=day))
