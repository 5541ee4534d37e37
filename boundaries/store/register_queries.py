"""What the registers say on a day: shops, people in charge, streets, water, walls."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Row, Table, Text, bindparam, false, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.model import Person, Shop, Street, Wall, Water
from boundaries.store import tables
from boundaries.store.overlay import AREA, GRID, PART, Moment, effective
from boundaries.store.people import recorded_on
from boundaries.store.queries import Query, Scope, on_ground, shape_column, shapes


def shops_query(scope: Scope) -> Query:
    """Shops of the day, on the ground asked for; ``tables.shop_record`` to filter by."""
    record = tables.shop_record
    query = (
        select(*_columns(record), tables.shop.c.code, shape_column(record))
        .join(tables.shop, tables.shop.c.id == record.c.shop_id)
        .where(record.c.during.contains(scope.today))
    )
    return on_ground(query, record.c.geom, scope)


def to_shops(rows: Sequence[Row[Any]]) -> tuple[Shop, ...]:
    """Rows of :func:`shops_query` as values."""
    return tuple(
        Shop(
            id=row.shop_id,
            code=row.code,
            name=row.name,
            door=shape,
            door_number=row.door_number,
            credit_code=row.credit_code,
            street=row.street,
            side=row.side,
            trade=row.trade,
            state=row.state,
            contact=row.contact,
        )
        for row, shape in zip(rows, shapes(rows), strict=True)
    )


def shops(session: Session, scope: Scope) -> tuple[Shop, ...]:
    """Shops by permanent number."""
    query = shops_query(scope).order_by(tables.shop_record.c.shop_id)
    return to_shops(list(session.execute(query)))


def shop_by_code(session: Session, scope: Scope, code: str) -> Shop | None:
    """The shop of this code, where one stands on the day."""
    rows = session.execute(shops_query(scope).where(tables.shop.c.code == code))
    return next(iter(to_shops(list(rows))), None)


def streets(session: Session, scope: Scope) -> tuple[Street, ...]:
    """Streets by code."""
    rows = _ground(session, tables.street, scope)
    return tuple(Street(row.id, row.code, row.name, shape) for row, shape in zip(rows, shapes(rows), strict=True))


def waters(session: Session, scope: Scope) -> tuple[Water, ...]:
    """Water by code."""
    rows = _ground(session, tables.water, scope)
    return tuple(Water(row.id, row.code, row.name, shape) for row, shape in zip(rows, shapes(rows), strict=True))


def walls(session: Session, scope: Scope) -> tuple[Wall, ...]:
    """Walls by code."""
    rows = _ground(session, tables.wall, scope)
    return tuple(Wall(row.id, row.code, shape) for row, shape in zip(rows, shapes(rows), strict=True))


def people(session: Session, scope: Scope, *, targets: Collection[str] | None = None) -> tuple[Person, ...]:
    """People in charge on the day; ``id`` is that of the charge, since one person may have several.

    A grid is named by the code that it has at the moment asked for. ``targets`` are codes, None takes all.
    """
    charge, person, record = tables.charge, tables.person, tables.person_record
    grid = effective(GRID, scope.moment, name="grid")
    target = func.coalesce(grid.c.code, tables.part.c.code, tables.area.c.code)
    query = (
        select(
            charge,
            person.c.name,
            record.c.phone,
            func.coalesce(record.c.phone_published, false()).label("phone_published"),
            record.c.standing,
            target.label("target"),
        )
        .join(person, person.c.id == charge.c.person_id)
        .outerjoin(record, recorded_on(charge.c.person_id, scope.today))
        .outerjoin(grid, grid.c.micro_grid_id == charge.c.micro_grid_id)
        .outerjoin(tables.part, tables.part.c.id == charge.c.part_id)
        .outerjoin(tables.area, tables.area.c.id == charge.c.area_id)
        .where(charge.c.during.contains(scope.today))
        .order_by(charge.c.id)
    )
    if targets is not None:
        query = query.where(target == func.any(bindparam("targets", sorted(targets), type_=ARRAY(Text), unique=True)))
    return tuple(
        Person(
            id=row.id,
            name=row.name,
            role=row.role,
            target=row.target,
            phone=row.phone,
            phone_published=row.phone_published,
            standing=row.standing,
            since=row.during.lower,
            until=row.during.upper - timedelta(days=1) if row.during.upper is not None else None,
        )
        for row in session.execute(query)
        if row.target is not None
    )


def areas_of_targets(session: Session, moment: Moment, *, targets: Collection[str] | None = None) -> dict[str, str]:
    """Code of the area that each grid, part and area is in (an area: itself), at a moment.

    ``targets`` are the codes that are asked for, None takes all.
    """
    grid, part, area = effective(GRID, moment, name="held"), effective(PART, moment, name="piece"), tables.area
    holds = effective(AREA, moment, name="holds")
    own = select(area.c.code, area.c.code).join(holds, holds.c.area_id == area.c.id)
    of_grid = select(grid.c.code, area.c.code).join(area, area.c.id == grid.c.area_id)
    of_part = (
        select(tables.part.c.code, area.c.code)
        .join(part, part.c.part_id == tables.part.c.id)
        .join(grid, grid.c.micro_grid_id == part.c.micro_grid_id)
        .join(area, area.c.id == grid.c.area_id)
    )
    # As in `people`, a grid goes before a part and a part before an area of the same code.
    queries = ((own, area.c.code), (of_part, tables.part.c.code), (of_grid, grid.c.code))
    found: dict[str, str] = {}
    for query, code in queries:
        asked = query if targets is None else query.where(code.in_(sorted(targets)))
        found |= {row[0]: row[1] for row in session.execute(asked)}
    return found


def _ground(session: Session, table: Table, scope: Scope) -> list[Row[Any]]:
    query = select(*_columns(table), shape_column(table)).where(table.c.during.contains(scope.today))
    return list(session.execute(on_ground(query, table.c.geom, scope).order_by(table.c.code)))


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.name != "geom"]
