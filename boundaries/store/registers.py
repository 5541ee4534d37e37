"""Model values into the registers: live at once, each with the days for which it holds.

A second load is an update by key: what is as it was writes nothing, what changed
closes the old row on that day and opens a new one. Nothing is deleted, save a row that
began on the very day on which it is closed: it never held for a day.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE
from sqlalchemy.orm import Session
from sqlalchemy.types import Date, NullType, Text

from boundaries.identity_numbers import refuse_identity_numbers
from boundaries.model import Building, Part, Shop, Street, Wall, Water
from boundaries.store import tables
from boundaries.store.bulk import Values, affected, copy_rows, incoming, require_distinct, require_ids, to_database
from boundaries.store.bulletins import announce
from boundaries.store.overlay import BUILDING, PART

# Any number, the first of two: the second is the register's own.
_REGISTERS = 0x6D67_0004

RegisterKind = Literal["shops", "streets", "waters", "walls"]
_TABLES: dict[str, Table] = {
    "shops": tables.shop_record,
    "streets": tables.street,
    "waters": tables.water,
    "walls": tables.wall,
    "people": tables.charge,
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a load did to a register."""

    new: int
    changed: int
    unchanged: int


def put_shops(session: Session, rows: Sequence[Shop], *, source_id: int | None, today: date) -> Recorded:
    """Write shops, by code.

    Parameters
    ----------
    rows : sequence of Shop
        Door points in storage coordinates.
    source_id : int or None
        As :func:`boundaries.store.sources.add_source` gives it.
    today : date
        The day from which they hold.

    Returns
    -------
    Recorded

    Raises
    ------
    BadInput
        If a code stands twice, a door point cannot be stored, or a text holds the number
        of an identity card.
    """
    for row in rows:
        refuse_identity_numbers(row.code, (row.name, row.door_number, row.street, row.trade, row.contact))
    codes = [row.code for row in rows]
    require_distinct(codes, noun_zh="商铺", noun_en="Shops")
    doors = to_database([row.door for row in rows], codes, noun_zh="商铺", noun_en="Shops")
    ids = _shop_ids(session, codes)
    content = ("name", "door_number", "credit_code", "street", "side", "trade", "state", "contact")
    values = (
        (ids[row.code], *(getattr(row, name) for name in content), door) for row, door in zip(rows, doors, strict=True)
    )
    return _record(session, tables.shop_record, "shop_id", (*content, "geom"), values, source_id=source_id, today=today)


def put_streets(session: Session, rows: Sequence[Street], *, source_id: int | None, today: date) -> Recorded:
    """Write streets, by code.

    Raises
    ------
    BadInput
        If a code stands twice or a line cannot be stored.
    """
    return _put_ground(
        session,
        tables.street,
        rows,
        lambda row: (row.name, row.line),
        noun=("街道", "Streets"),
        source_id=source_id,
        today=today,
    )


def put_waters(session: Session, rows: Sequence[Water], *, source_id: int | None, today: date) -> Recorded:
    """Write water, by code.

    Raises
    ------
    BadInput
        If a code stands twice or a shape cannot be stored.
    """
    return _put_ground(
        session,
        tables.water,
        rows,
        lambda row: (row.name, row.shape),
        noun=("水系", "Water"),
        source_id=source_id,
        today=today,
    )


def put_walls(session: Session, rows: Sequence[Wall], *, source_id: int | None, today: date) -> Recorded:
    """Write walls, by code.

    Raises
    ------
    BadInput
        If a code stands twice or a line cannot be stored.
    """
    return _put_ground(
        session, tables.wall, rows, lambda row: (row.line,), noun=("围墙", "Walls"), source_id=source_id, today=today
    )


def put_counts(session: Session, rows: Sequence[Building | Part], *, source_id: int | None, today: date) -> Recorded:
    """Write households, rented homes and garages of buildings, and households of parts.

    A count that is None says nothing: the one that stood before stays.

    Parameters
    ----------
    rows : sequence of Building or Part
        All must be registered already; those without any count are left out.
    source_id : int or None
    today : date

    Returns
    -------
    Recorded

    Raises
    ------
    BadInput
        If a code stands twice, is not known, or a count is negative.
    """
    buildings = [row for row in rows if isinstance(row, Building)]
    parts = [row for row in rows if isinstance(row, Part)]
    table, content = tables.household_count, ("households", "rented", "garages")
    results = []
    for key, thing, counted, noun in (
        ("building_id", BUILDING, [(row.code, row.households, row.rented, row.garages) for row in buildings], "楼栋"),
        ("part_id", PART, [(row.code, row.households, None, None) for row in parts], "分段"),
    ):
        filled = [row for row in counted if any(value is not None for value in row[1:])]
        codes = [row[0] for row in filled]
        require_distinct(codes, noun_zh=noun, noun_en=thing.name.title())
        ids = require_ids(session, thing, codes, noun_zh=noun, noun_en=thing.name)
        values = ((ids[row[0]], *row[1:]) for row in filled)
        results.append(_record(session, table, key, content, values, source_id=source_id, today=today, keep_known=True))
    return Recorded(*(sum(getattr(one, name) for one in results) for name in ("new", "changed", "unchanged")))


def close(session: Session, kind: RegisterKind, codes: Sequence[str], today: date) -> int:
    """End what is no longer there: the last day is the one before ``today``.

    Parameters
    ----------
    kind : {"shops", "streets", "waters", "walls"}
    codes : sequence of str
    today : date

    Returns
    -------
    int
        How many were closed.
    """
    wanted = func.any(bindparam("codes", list(codes), type_=ARRAY(Text), unique=True))
    if kind == "shops":
        table = tables.shop_record
        chosen: ColumnElement[bool] = table.c.shop_id.in_(select(tables.shop.c.id).where(tables.shop.c.code == wanted))
    else:
        table = _TABLES[kind]
        chosen = table.c.code == wanted
    return end_rows(session, table, chosen, today)


def wait_for_turn(session: Session, register: str) -> None:
    """Wait until nobody else writes to ``shops``, ``streets``, ``waters``, ``walls`` or ``people``, and then hold it.

    Whoever takes what a file does not say from what stands must call this before reading.
    """
    wait_for_others(session, _TABLES[register])


def wait_for_others(session: Session, table: Table) -> None:
    """Be the only one who writes to a register until the transaction ends.

    Of two who change one row at once, the second would close nothing and open nothing.
    """
    session.execute(select(func.pg_advisory_xact_lock(_REGISTERS, func.hashtext(table.fullname))))
    announce(session, "register", table.name)


def end_rows(session: Session, table: Table, chosen: Any, today: date) -> int:
    """End the rows of a register that hold on ``today`` and are ``chosen`` (a condition)."""  # Any: SQL
    wait_for_others(session, table)
    current = and_(chosen, table.c.during.contains(today))
    started = func.lower(table.c.during)
    dropped = affected(session, delete(table).where(current, started == today))
    return dropped + affected(
        session, update(table).where(current).values(during=func.daterange(started, cast(today, Date)))
    )


def _put_ground(
    session: Session,
    table: Table,
    rows: Sequence[Any],
    content: Callable[[Any], Values],
    *,
    noun: tuple[str, str],
    source_id: int | None,
    today: date,
) -> Recorded:
    # Any: a street, a water or a wall; `content` ends with its shape.
    codes = [row.code for row in rows]
    require_distinct(codes, noun_zh=noun[0], noun_en=noun[1])
    values = [content(row) for row in rows]
    drawn = to_database([value[-1] for value in values], codes, noun_zh=noun[0], noun_en=noun[1])
    columns = ("name", "geom") if "name" in table.c else ("geom",)
    filled = ((code, *value[:-1], shape) for code, value, shape in zip(codes, values, drawn, strict=True))
    return _record(session, table, "code", columns, filled, source_id=source_id, today=today)


def _record(
    session: Session,
    table: Table,
    key: str,
    content: Sequence[str],
    rows: Iterable[Values],
    *,
    source_id: int | None,
    today: date,
    keep_known: bool = False,
) -> Recorded:
    """Bring rows into a register by key; with ``keep_known`` an arriving NULL leaves what stood."""
    wait_for_others(session, table)
    arrived = incoming(session, table, (key, *content), rows)
    current = and_(table.c[key] == arrived.c[key], table.c.during.contains(today))
    if keep_known:
        known = {name: func.coalesce(arrived.c[name], table.c[name]) for name in content}
        session.execute(update(arrived).values(known).where(current))
    changed = or_(*(_bare(table, name).is_distinct_from(_bare(arrived, name)) for name in content))
    started = func.lower(table.c.during)
    of_today = {name: _bare(arrived, name) for name in content} | {"source_id": literal(source_id)}
    same_day = affected(session, update(table).values(of_today).where(current, changed, started == today))
    session.execute(update(table).values(during=func.daterange(started, cast(today, Date))).where(current, changed))
    known_before = select(table.c[key]).where(table.c[key] == arrived.c[key]).exists()
    holds_today = select(table.c[key]).where(current).exists()
    new = session.execute(select(func.count()).select_from(arrived).where(~known_before)).scalar_one()
    columns = (key, *content)
    opened = insert(table).from_select(
        [*columns, "during", "source_id"],
        select(
            *(_bare(arrived, name) for name in columns),
            func.daterange(cast(today, Date), null(), type_=DATERANGE),
            literal(source_id),
        )
        .where(~holds_today)
        .order_by(arrived.c[key]),
    )
    inserted = affected(session, opened)
    total = session.execute(select(func.count()).select_from(arrived)).scalar_one()
    return Recorded(new=new, changed=inserted - new + same_day, unchanged=total - inserted - same_day)


def _bare(table: Table, name: str) -> Any:
    # Without its type, so that a shape passes from table to table as it is, not by way of text.
    return type_coerce(table.c[name], NullType())


def _shop_ids(session: Session, codes: Sequence[str]) -> dict[str, int]:
    table = tables.shop
    query = select(table.c.code, table.c.id).where(
        table.c.code == func.any(bindparam("codes", list(codes), type_=ARRAY(Text)))
    )
    found: dict[str, int] = {row[0]: row[1] for row in session.execute(query)}
    new = [code for code in codes if code not in found]
    if new:
        copy_rows(session, table, ("code",), ((code,) for code in new))
        found = {row[0]: row[1] for row in session.execute(query)}
    return found
