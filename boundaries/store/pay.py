"""What pay is worked out from, as the tables have it: rates, factors, and what held on which days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shapely import Point
from sqlalchemy import Column, ColumnElement, Date, Table, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.dialects.postgresql import Range as DayRange
from sqlalchemy.orm import Session

from boundaries.pay_facts import Factor, Rate
from boundaries.quarters import Days
from boundaries.store import tables
from boundaries.store.bulk import affected
from boundaries.store.overlay import ASSIGNMENT, Moment, effective
from boundaries.store.queries import shape_column, shapes
from boundaries.store.registers import wait_for_others

_rate, _factor = tables.pay_rate, tables.shop_factor


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """Somebody in charge of a grid or of a part, by permanent numbers."""

    person: int
    name: str
    grid: int | None
    part: int | None
    during: Days


@dataclass(frozen=True, slots=True)
class ShopRow:
    """An open shop at one door; ``shop`` is its permanent number."""

    shop: int
    door: Point
    during: Days


@dataclass(frozen=True, slots=True)
class ShopGridRow:
    """A grid, or none, that a shop was given between two generations; ``generation`` was the newest then."""

    shop: int
    grid: int | None
    generation: int
    during: Days


def put_rate(
    session: Session,
    *,
    yearly: Decimal,
    on: date,
    area_id: int | None = None,
    level: str | None = None,
    name_ending: str = "",
) -> None:
    """Set a yearly rate from a day on, until the next one that is set already.

    Raises
    ------
    BadInput
        If the database refuses the value.
    """
    scope = {"area_id": area_id, "level": level, "name_ending": name_ending}
    _put(session, _rate, scope, {"yearly": yearly}, on)


def put_factor(session: Session, *, kind: str, units: Decimal, on: date) -> None:
    """Set the units of an open shop of a kind of grid from a day on, until the next one that is set already.

    Raises
    ------
    BadInput
        If the database refuses the value.
    """
    _put(session, _factor, {"kind": kind}, {"units": units}, on)


def read_rates(session: Session) -> tuple[Rate, ...]:
    """Every rate, past ones too, by scope and day."""
    order = (_rate.c.level, _rate.c.name_ending, tables.area.c.code, _rate.c.during)
    query = select(_rate, tables.area.c.code).outerjoin(tables.area, tables.area.c.id == _rate.c.area_id)
    rows = session.execute(query.order_by(*order))
    return tuple(Rate(row.yearly, to_days(row.during), row.code, row.level, row.name_ending) for row in rows)


def read_factors(session: Session) -> tuple[Factor, ...]:
    """Every factor, past ones too, by kind and day."""
    rows = session.execute(select(_factor).order_by(_factor.c.kind, _factor.c.during))
    return tuple(Factor(row.kind, row.units, to_days(row.during)) for row in rows)


def generations_between(session: Session, days: Days, *, timezone: str) -> tuple[tuple[int, Days], ...]:
    """Which generation was in force on which of these days; the first also on the days before it.

    A generation counts for the whole of the day on which it was published.
    """
    table = tables.generation
    published = cast(func.timezone(timezone, table.c.published_at), Date)
    rows = session.execute(select(func.max(table.c.number), published).group_by(published).order_by(published)).all()
    found: list[tuple[int, Days]] = []
    for at, (number, day) in enumerate(rows):
        start = date.min if at == 0 else day
        end = rows[at + 1][1] if at + 1 < len(rows) else date.max
        inside = Days(start, end).within(days)
        if inside is not None:
            found.append((int(number), inside))
    return tuple(found)


def counts_between(session: Session, days: Days) -> dict[tuple[str, int], list[tuple[Days, int | None]]]:
    """Households by day, under (``building`` or ``part``, permanent number)."""
    count = tables.household_count
    query = select(count.c.building_id, count.c.part_id, count.c.during, count.c.households)
    found: dict[tuple[str, int], list[tuple[Days, int | None]]] = {}
    for building, part, during, households in session.execute(query.where(_meets(count.c.during, days))):
        key = ("building", building) if building is not None else ("part", part)
        inside = to_days(during).within(days)
        if inside is not None:
            found.setdefault(key, []).append((inside, households))
    return found


def charges_between(session: Session, days: Days, roles: Iterable[str]) -> tuple[ChargeRow, ...]:
    """Who was in charge of a grid or a part in one of these roles, by number of the charge."""
    charge, person = tables.charge, tables.person
    query = (
        select(charge.c.person_id, person.c.name, charge.c.micro_grid_id, charge.c.part_id, charge.c.during)
        .join(person, person.c.id == charge.c.person_id)
        .where(charge.c.area_id.is_(None), charge.c.role.in_(sorted(roles)), _meets(charge.c.during, days))
        .order_by(charge.c.id)
    )
    return tuple(ChargeRow(*row[:4], to_days(row.during)) for row in session.execute(query))


def open_shops_between(session: Session, days: Days) -> tuple[ShopRow, ...]:
    """Open shops by number, one row for each door and each change of what is told of them."""
    record = tables.shop_record
    query = (
        select(record.c.shop_id, record.c.during, shape_column(record))
        .where(record.c.state == "open", _meets(record.c.during, days))
        .order_by(record.c.shop_id, record.c.during)
    )
    rows = session.execute(query).all()
    return tuple(ShopRow(row.shop_id, door, to_days(row.during)) for row, door in zip(rows, shapes(rows), strict=True))


def shop_grids_between(session: Session, days: Days) -> tuple[ShopGridRow, ...]:
    """Grids that shops were given between generations, by shop and day."""
    given = tables.shop_grid
    query = select(given.c.shop_id, given.c.micro_grid_id, given.c.generation, given.c.during)
    rows = session.execute(query.where(_meets(given.c.during, days)).order_by(given.c.shop_id, given.c.during))
    return tuple(ShopGridRow(*row[:3], to_days(row.during)) for row in rows)


def assigned_shops(session: Session, generation: int) -> dict[int, tuple[int, int]]:
    """Grid that a generation assigns a shop to, and the generation since which it does, by permanent numbers."""
    states, identity = effective(ASSIGNMENT, Moment(generation)), tables.assignment
    query = select(identity.c.shop_id, states.c.micro_grid_id, states.c.since).join(
        states, states.c.assignment_id == identity.c.id
    )
    rows = session.execute(query.where(identity.c.shop_id.is_not(None)))
    return {row[0]: (row[1], row[2]) for row in rows}


def to_days(during: Any) -> Days:
    """A range of the database; open ends are the first and the last day there are."""  # Any: a range, of driver or ORM
    return Days(during.lower or date.min, during.upper or date.max)


def _meets(column: Column[Any], days: Days) -> ColumnElement[bool]:
    met: ColumnElement[bool] = column.overlaps(DayRange(days.start, days.end))
    return met


def _put(session: Session, table: Table, scope: dict[str, Any], values: dict[str, Any], on: date) -> None:
    wait_for_others(session, table)
    own: Sequence[ColumnElement[bool]] = [table.c[name].is_not_distinct_from(value) for name, value in scope.items()]
    started = func.lower(table.c.during)
    if affected(session, update(table).where(*own, started == on).values(values)):
        return
    following = session.execute(select(func.min(started)).where(*own, started > on)).scalar_one()
    holds = table.c.during.contains(on)
    session.execute(update(table).where(*own, holds).values(during=func.daterange(started, cast(on, Date))))
    during = func.daterange(cast(on, Date), cast(following, Date), type_=DATERANGE)
    session.execute(insert(table).values(**scope, **values, during=during))
