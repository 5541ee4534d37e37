"""What all registers share: the state of the plan that a day's register stands beside."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from boundaries.errors import NotFound
from boundaries.lifecycle import DraftStatus
from boundaries.services import drafting
from boundaries.store import places, queries, register_queries
from boundaries.store.drafts import newest_generation
from boundaries.store.overlay import Moment

# Drafts beside which a register is kept before anything is published.
_LIVE: tuple[DraftStatus, ...] = ("open", "submitted", "approved")


@dataclass(frozen=True, slots=True)
class Act:
    """Who changes a register, and when.

    Attributes
    ----------
    actor : str
    today : date
        In the office's time zone.
    timezone : str
    department : str or None
        Who keeps the data.
    now : datetime or None
        For the audit trail; None takes the database's clock.
    """

    actor: str
    today: date
    timezone: str
    department: str | None = None
    now: datetime | None = None


def moment_on(session: Session, day: date, *, timezone: str) -> Moment:
    """The state of the plan by which a register is read on a day.

    Days before the first generation are read by it; before there is any, by the newest
    draft that is being worked on.

    Parameters
    ----------
    day : date
    timezone : str
        Where it is a day.
    """
    number = places.generation_on(session, day, timezone=timezone)
    if number is not None:
        return Moment(number)
    if newest_generation(session) is not None:
        return Moment(1)
    drafts = drafting.list_drafts(session, statuses=_LIVE)
    return Moment(None, drafts[0].id if drafts else None)


def areas_below(session: Session, moment: Moment, area: str) -> frozenset[str]:
    """Codes of an area and of all below it.

    Raises
    ------
    NotFound
        If there is no such area.
    """
    numbers, parents = queries.area_tree(session, moment)
    if area not in numbers:
        raise NotFound(
            f"没有编码为 {area} 的区域。请用 export areas 查看区域编码。",
            f"There is no area with the code {area}. See the codes with export areas.",
        )
    root = numbers[area]
    return frozenset(code for code, number in numbers.items() if root in queries.chain(number, parents))


def targets_below(session: Session, moment: Moment, area: str) -> frozenset[str]:
    """Codes of an area, and of all areas, grids and parts in it.

    Raises
    ------
    NotFound
        If there is no such area.
    """
    below = areas_below(session, moment, area)
    return frozenset(code for code, of in register_queries.areas_of_targets(session, moment).items() if of in below)


def areas_of(session: Session, targets: Iterable[str], *, day: date, timezone: str) -> Collection[str]:
    """Codes of the areas that grids, parts and areas are in on a day; what is not known is an area of its own.

    For :func:`api.auth.require_within`, which refuses areas that nobody knows.
    """
    asked = frozenset(targets)
    known = register_queries.areas_of_targets(session, moment_on(session, day, timezone=timezone), targets=asked)
    return frozenset(known.get(code, code) for code in asked)
