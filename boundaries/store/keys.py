"""API keys as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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


def read_key(session: Session, number: int) -> KeyRow | None:
    """One key, whether it is still good or not."""
    return session.execute(select(_key).where(_key.c.id == number)).first()


def read_keys(session: Session) -> Sequence[KeyRow]:
    """Every key ever made, oldest first."""
    return session.execute(select(_key).order_by(_key.c.id)).all()


def mark_revoked(session: Session, number: int, now: datetime) -> bool:
    """Revoke a key; False where there is none that stood."""
    announce(session, "access")
    living = update(_key).where(_key.c.id == number, _key.c.revoked_at.is_(None))
    return session.execute(living.values(revoked_at=now).returning(_key.c.id)).first() is not None
