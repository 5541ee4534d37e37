"""Settings that the office itself switches, kept in the database."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from boundaries.services import journal
from boundaries.store import tables

_setting = tables.setting
_PUBLIC_TIER = "public_tier"


def public_tier(session: Session) -> bool:
    """Whether locating, names, borders and the public map are open to everybody; off at first."""
    value = session.execute(select(_setting.c.value).where(_setting.c.key == _PUBLIC_TIER)).scalar_one_or_none()
    return value is True


def set_public_tier(session: Session, is_on: bool, *, actor: str, now: datetime | None = None) -> None:
    """Switch the public tier on or off, with an entry in the audit trail.

    Parameters
    ----------
    is_on : bool
    actor : str
        Who switches it.
    now : datetime, optional
        With its time zone; by default the database's clock.
    """
    statement = insert(_setting).values(key=_PUBLIC_TIER, value=is_on)
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value}))
    journal.record(
        session,
        actor=actor,
        action="public_tier.on" if is_on else "public_tier.off",
        subject="setting:public_tier",
        detail={},
        now=now,
    )
