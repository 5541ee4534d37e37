"""People in charge: who, in which role, of which grid, part or area, from when to when."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import Range as DayRange
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger

from boundaries.errors import BadInput
from boundaries.model import Person
from boundaries.store import tables
from boundaries.store.bulk import known_ids
from boundaries.store.overlay import AREA, GRID, PART
from boundaries.store.registers import Recorded, end_rows

_charge, _person = tables.charge, tables.person


def put_people(session: Session, rows: Sequence[Person], *, source_id: int | None, today: date) -> Recorded:
    """Write people in charge; the key is target, role and name.

    Parameters
    ----------
    rows : sequence of Person
        ``role`` is a code of the table of roles, or one of its names. ``since`` is the
        first day and ``until`` the last; without them, from ``today`` on.
    source_id : int or None
    today : date

    Returns
    -------
    Recorded

    Raises
    ------
    BadInput
        If a role or a target is not known, a person stands twice for one target, or
        the last day comes before the first.
    """
    roles = _roles(session)
    targets = _targets(session, [row.target for row in rows])
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        if row.role not in roles:
            known = "、".join(name for name in roles if not name.isascii())
            raise BadInput(
                f"没有职务“{row.role}”({row.name})。可用:{known}。",
                f'There is no role "{row.role}" ({row.name}). Known: {", ".join(sorted(set(roles.values())))}.',
            )
        key = (row.target, roles[row.role], row.name)
        if key in seen:
            raise BadInput(
                f"{row.name} 在 {row.target} 以同一职务出现两次。请删去一行。",
                f"{row.name} stands twice for {row.target} in the same role. Take one row out.",
            )
        seen.add(key)
        counts[_put(session, row, roles[row.role], targets[row.target], source_id=source_id, today=today)] += 1
    return Recorded(**counts)


def close_people(session: Session, charges: Iterable[int], today: date) -> int:
    """End charges (``Person.id``); their last day is the one before ``today``.

    Returns
    -------
    int
        How many were ended.
    """
    wanted = bindparam("charges", list(charges), type_=ARRAY(BigInteger), unique=True)
    return end_rows(session, _charge, _charge.c.id == func.any(wanted), today)


def _put(
    session: Session, row: Person, role: str, target: tuple[str, int], *, source_id: int | None, today: date
) -> str:
    column, number = target
    during = _days(row, today)
    current = session.execute(
        select(
            _charge.c.id,
            _charge.c.during,
            _charge.c.person_id,
            _person.c.phone,
            _person.c.phone_published,
            _person.c.standing,
        )
        .join(_person, _person.c.id == _charge.c.person_id)
        .where(
            _charge.c[column] == number,
            _charge.c.role == role,
            _person.c.name == row.name,
            _charge.c.during.overlaps(during),
        )
        .order_by(_charge.c.id.desc())
        .limit(1)
    ).first()
    about = {"phone": row.phone, "phone_published": row.phone_published, "standing": row.standing}
    if current is None:
        person = _known_person(session, row) or _new(session, _person, {"name": row.name, **about}, source_id)
        _new(session, _charge, {"person_id": person, "role": role, column: number, "during": during}, source_id)
        return "new"
    kept = _kept_days(row, current.during)
    is_same = all(getattr(current, name) == value for name, value in about.items()) and kept == current.during
    if is_same:
        return "unchanged"
    session.execute(update(_person).where(_person.c.id == current.person_id).values(**about, source_id=source_id))
    session.execute(update(_charge).where(_charge.c.id == current.id).values(during=kept))
    return "changed"


def _days(row: Person, today: date) -> DayRange[date]:
    first = row.since or today
    if row.until is not None and row.until < first:
        raise BadInput(
            f"{row.name}({row.target})的截止日 {row.until} 早于起始日 {first}。请改正日期。",
            f"{row.name} ({row.target}) ends on {row.until}, before beginning on {first}. Correct the dates.",
        )
    return DayRange(first, row.until + timedelta(days=1) if row.until is not None else None)


def _kept_days(row: Person, current: DayRange[date]) -> DayRange[date]:
    """A row that says no days leaves those that stand."""
    until = row.until + timedelta(days=1) if row.until is not None else current.upper
    return DayRange(row.since or current.lower, until)


def _known_person(session: Session, row: Person) -> int | None:
    """The same name with the same phone is the same person; a name alone is not."""
    if row.phone is None:
        return None
    query = select(func.min(_person.c.id)).where(_person.c.name == row.name, _person.c.phone == row.phone)
    number: int | None = session.execute(query).scalar_one()
    return number


def _new(session: Session, table: Table, values: dict[str, object], source_id: int | None) -> int:
    statement = insert(table).values(**values, source_id=source_id).returning(table.c.id)
    return int(session.execute(statement).scalar_one())


def _roles(session: Session) -> dict[str, str]:
    table = tables.role
    rows = session.execute(select(table).order_by(table.c.position)).all()
    return {name: row.code for row in rows for name in (row.code, row.name_zh, row.name_en)}


def _targets(session: Session, codes: Sequence[str]) -> dict[str, tuple[str, int]]:
    """What each code names: a grid first, then a part, then an area."""
    found: dict[str, tuple[str, int]] = {}
    for thing in (AREA, PART, GRID):
        found |= {code: (thing.key, number) for code, number in known_ids(session, thing, codes).items()}
    missing = sorted(set(codes) - found.keys())
    if missing:
        raise BadInput(
            f"没有编码为 {'、'.join(missing[:5])} 的网格、分段或区域。请先导入网格,或改正编码。",
            f"No micro-grid, part or area has the code {', '.join(missing[:5])}. Load the grids first, or correct it.",
        )
    return found
