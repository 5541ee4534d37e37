"""Settings that the office itself switches, kept in the database."""

from datetime import datetime

from sqlalchemy.orm import Session

from boundaries.services import journal
from boundaries.store.settings import read_setting, write_setting

_PUBLIC_TIER = "public_tier"


def public_tier(session: Session) -> bool:
    """Whether locating, names, borders and the public map are open to everybody; off at first."""
    return read_setting(session, _PUBLIC_TIER) is True


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
    write_setting(session, _PUBLIC_TIER, is_on)
    journal.record(
        session,
        actor=actor,
        action="public_tier.on" if is_on else "public_tier.off",
        subject="setting:public_tier",
        detail={},
        now=now,
    )
