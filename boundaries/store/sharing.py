"""Who works on a draft: its owner, those it is shared with, and who has it open just now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from boundaries.store import tables

_draft, _lease, _share = tables.draft, tables.draft_lease, tables.draft_share


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has a draft open, and until when; a hint for the others, nothing more.

    Attributes
    ----------
    holder : str
    since, until : datetime
        UTC.
    """

    holder: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Hands:
    """Who works on a draft.

    Attributes
    ----------
    owner : str
        Who answers for it: who opened it, or to whom it was handed over.
    shared_with : tuple of str
    lease : Lease or None
        None where nobody has it open.
    """

    owner: str
    shared_with: tuple[str, ...]
    lease: Lease | None


def read_hands(session: Session, drafts: Collection[int], *, now: datetime | None) -> dict[int, Hands]:
    """Who works on drafts, by their numbers."""
    owner = func.coalesce(_draft.c.owner, _draft.c.created_by).label("owner")
    owners = session.execute(select(_draft.c.id, owner).where(_draft.c.id.in_(drafts))).all()
    shares: dict[int, list[str]] = {}
    for row in session.execute(
        select(_share.c.draft_id, _share.c.account).where(_share.c.draft_id.in_(drafts)).order_by(_share.c.account)
    ):
        shares.setdefault(row.draft_id, []).append(row.account)
    held = select(_lease).where(_lease.c.draft_id.in_(drafts), _lease.c.until > (now or func.now()))
    leases = {row.draft_id: Lease(row.holder, row.since, row.until) for row in session.execute(held)}
    return {row.id: Hands(row.owner, tuple(shares.get(row.id, ())), leases.get(row.id)) for row in owners}


def set_owner(session: Session, draft_id: int, owner: str) -> None:
    """Let somebody answer for a draft."""
    session.execute(update(_draft).where(_draft.c.id == draft_id).values(owner=owner))


def set_shares(session: Session, draft_id: int, accounts: Sequence[str], *, actor: str, now: datetime | None) -> None:
    """Share a draft with these, and nobody else."""
    session.execute(delete(_share).where(_share.c.draft_id == draft_id, _share.c.account.not_in(accounts)))
    rows = [
        {"draft_id": draft_id, "account": account, "since": now or func.now(), "shared_by": actor}
        for account in accounts
    ]
    if rows:
        session.execute(insert(_share).values(rows).on_conflict_do_nothing())


def set_lease(session: Session, draft_id: int, *, holder: str, since: datetime, until: datetime) -> None:
    """Say that somebody has a draft open."""
    statement = insert(_lease).values(draft_id=draft_id, holder=holder, since=since, until=until)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["draft_id"], set_={"holder": holder, "since": since, "until": until}
        )
    )


def drop_lease(session: Session, draft_id: int) -> None:
    """Say that nobody has a draft open."""
    session.execute(delete(_lease).where(_lease.c.draft_id == draft_id))
