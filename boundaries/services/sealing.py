"""Seals over the audit trail, made behind the writers: nobody who works waits for them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from boundaries.chain import Head, Seal, entry_digest, next_seal
from boundaries.services import journal
from boundaries.store import seals, trail

PUBLISH = "generation.publish"
PRUNE = "audit.prune"
# What answers for the division for as long as there is one, and for the trail itself.
_KEPT_SUBJECTS = ("audit", "draft", "generation")


def seal(session: Session, *, now: datetime | None = None) -> Head | None:
    """Seal every entry that waits, of this transaction too; others that are open come under a later seal.

    Parameters
    ----------
    now : datetime, optional
        With its time zone; by default the database's clock.

    Returns
    -------
    Head or None
        The end of the trail; None where nothing was ever written.
    """
    last = seals.lock_seals(session)
    entries = [(entry.number, entry_digest(entry)) for entry in seals.unsealed(session)]
    if entries:
        made = next_seal(last, (now or seals.clock(session)).astimezone(UTC), [digest for _, digest in entries])
        seals.add_seal(session, made, entries)
        last = made
    return None if last is None else head_of(last)


def head(session: Session) -> Head | None:
    """The end of the sealed trail, None before the first seal."""
    last = seals.last_seal(session)
    return None if last is None else head_of(last)


def head_at_publication(session: Session, generation: int) -> Head | None:
    """The seal that holds the entry of a publication, None where an older service published."""
    found = seals.seal_of(session, action=PUBLISH, subject=f"generation:{generation}")
    return None if found is None else head_of(found)


def prune(session: Session, *, older_than: datetime, actor: str, now: datetime) -> int:
    """Throw away sealed entries that are old enough, but those about drafts, generations and the trail.

    The seals stay and are verified as before; an entry says which positions are gone.

    Parameters
    ----------
    older_than : datetime
        Entries from before this instant.
    actor : str
    now : datetime
        UTC.

    Returns
    -------
    int
        Entries thrown away.
    """
    seals.lock_seals(session)
    found = trail.prunable(session, older_than=older_than, kept_subjects=_KEPT_SUBJECTS)
    if not found:
        return 0
    trail.drop_entries(session, [number for _, number in found])
    positions = _ranges(position for position, _ in found)
    detail = {"older_than": older_than.astimezone(UTC).isoformat(), "entries": len(found), "positions": positions}
    journal.record(session, actor=actor, action=PRUNE, subject="audit:trail", detail=detail, now=now)
    seal(session, now=now)
    return len(found)


def head_of(row: Seal) -> Head:
    """The end of the trail, where this is its last seal."""
    return Head(row.number, row.first_position + row.entries - 1, row.digest.hex(), row.sealed_at)


def _ranges(positions: Iterable[int]) -> list[list[int]]:
    """Ascending numbers as first and last of each run."""
    found: list[list[int]] = []
    for position in positions:
        if found and found[-1][1] == position - 1:
            found[-1][1] = position
        else:
            found.append([position, position])
    return found
