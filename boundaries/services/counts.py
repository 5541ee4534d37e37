"""Households, rented homes and garages of buildings, households of parts: counted anew the same day."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shapely import Point
from sqlalchemy.orm import Session

from boundaries.errors import BadInput, NotFound
from boundaries.model import Building, Part
from boundaries.services import journal
from boundaries.services.registers import Act
from boundaries.store import count_queries, registers
from boundaries.store.drafts import newest_generation
from boundaries.store.overlay import Moment
from boundaries.store.sources import add_source

CountedKind = Literal["building", "part"]


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted of a building or a part; ``rented`` and ``garages`` of buildings only.

    A number that is None was not counted.
    """

    kind: CountedKind
    code: str
    households: int | None = None
    rented: int | None = None
    garages: int | None = None
    since: date | None = None


def put_count(session: Session, count: Count, act: Act) -> bool:
    """Register a count from today on; numbers that are None stay what they are.

    Parameters
    ----------
    count : Count
    act : Act

    Returns
    -------
    bool
        Whether anything changed.

    Raises
    ------
    BadInput
        If nothing is counted, or more of a part than its households.
    NotFound
        If there is no such building or part.
    """
    numbers = {name: getattr(count, name) for name in ("households", "rented", "garages")}
    given = {name: value for name, value in numbers.items() if value is not None}
    if not given or (count.kind == "part" and set(given) != {"households"}):
        raise BadInput(
            "请给出户数(楼栋还可给出租、车库数);分段只有户数。",
            "Give households, of a building rented homes and garages too; a part has households only.",
        )
    if not count_queries.is_known(session, count.kind, count.code):
        noun_zh, noun_en = ("楼栋", "building") if count.kind == "building" else ("分段", "part")
        raise NotFound(
            f"没有编码为 {count.code} 的{noun_zh}。请核对编码。", f"There is no {noun_en} {count.code}. Check the code."
        )
    row: Building | Part = (
        Building(0, count.code, "", Point(), **given)
        if count.kind == "building"
        else Part(0, count.code, "", households=count.households)
    )
    source = add_source(session, department=act.department, file="registers.counts", actor=act.actor)
    done = registers.put_counts(session, [row], source_id=source, today=act.today)
    if not done.new and not done.changed:
        return False
    subject = f"{count.kind}:{count.code}"
    journal.record(session, actor=act.actor, action="count.set", subject=subject, detail=given, now=act.now)
    return True


def list_counts(
    session: Session, *, day: date, after: int | None = None, limit: int = 100, codes: frozenset[str] | None = None
) -> tuple[tuple[Count, ...], int | None]:
    """Counts that hold on a day.

    Parameters
    ----------
    day : date
    after : int, optional
        Only those registered after this one.
    limit : int
    codes : frozenset of str, optional
        Of buildings and parts: only these.

    Returns
    -------
    tuple of Count
    int or None
        Where the next page goes on.
    """
    rows = count_queries.counts_on(session, day, after=after, limit=limit + 1, codes=codes)
    found = tuple(
        Count(
            "building" if row.building is not None else "part",
            row.building if row.building is not None else row.part,
            row.households,
            row.rented,
            row.garages,
            row.during.lower,
        )
        for row in rows[:limit]
    )
    return found, rows[limit - 1].id if len(rows) > limit else None


def areas_of_count(session: Session, count: Count) -> tuple[str, ...]:
    """Code of the lowest area that a building stands in, or of the area of a part's grid."""
    area = count_queries.area_of(session, Moment(newest_generation(session)), count.kind, count.code)
    return () if area is None else (area,)
