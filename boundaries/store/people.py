"""People in charge: who, in which role, of which grid, part or area, from when to when.

What is told of a person (phone, standing) is dated too: a correction closes the record
that stood and opens another, so that an old sheet can be explained.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from psycopg.types.range import Range as DriverRange
from sqlalchemy import Column, ColumnElement, Row, and_, bindparam, cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE
from sqlalchemy.dialects.postgresql import Range as DayRange
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger, Date, Text

from boundaries.errors import BadInput
from boundaries.identity_numbers import refuse_identity_numbers
from boundaries.model import Person
from boundaries.store import tables
from boundaries.store.bulk import Values, affected, copy_rows, known_ids, next_numbers
from boundaries.store.overlay import AREA, GRID, PART
from boundaries.store.registers import Recorded, end_rows, wait_for_others

_charge, _person, _record = tables.charge, tables.person, tables.person_record
_ABOUT = ("phone", "phone_published", "standing")


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
        If a role or a target is not known, a person stands twice for one target, the
        last day comes before the first, or a text holds the number of an identity card.
    """
    wait_for_others(session, _charge)
    roles = _roles(session)
    targets = target_numbers(session, [row.target for row in rows])
    _require_sense(rows, roles, today)
    standing = _standing_charges(session, targets, today)
    new: list[Person] = []
    changed = 0
    for row in rows:
        stands = _overlapping(standing.get((*targets[row.target], roles[row.role], row.name), []), _days(row, today))
        if stands is None:
            new.append(row)
        else:
            changed += _correct(session, row, stands, source_id=source_id, today=today)
    _add(session, new, roles=roles, targets=targets, source_id=source_id, today=today)
    return Recorded(new=len(new), changed=changed, unchanged=len(rows) - len(new) - changed)


def close_people(session: Session, charges: Iterable[int], today: date) -> int:
    """End charges (``Person.id``); their last day is the one before ``today``.

    Returns
    -------
    int
        How many were ended.
    """
    wanted = bindparam("charges", list(charges), type_=ARRAY(BigInteger), unique=True)
    return end_rows(session, _charge, _charge.c.id == func.any(wanted), today)


def end_charge(session: Session, charge: int, on: date) -> None:
    """End one charge: ``on`` is the first day on which it no longer holds, past or to come.

    A charge that would end before it began never held, and is taken out.
    """
    wait_for_others(session, _charge)
    started = func.lower(_charge.c.during)
    chosen = _charge.c.id == charge
    if not affected(session, delete(_charge).where(chosen, started >= on)):
        session.execute(update(_charge).where(chosen).values(during=func.daterange(started, cast(on, Date))))


def _require_sense(rows: Sequence[Person], roles: Mapping[str, str], today: date) -> None:
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
        _days(row, today)
        refuse_identity_numbers(row.target, (row.name, row.phone, row.standing))


def _standing_charges(
    session: Session, targets: Mapping[str, tuple[str, int]], today: date
) -> dict[tuple[str, int, str, str], list[Row[Any]]]:
    """Charges of these targets, past ones too, by target, role and name."""
    found: dict[tuple[str, int, str, str], list[Row[Any]]] = {}
    for column in ("micro_grid_id", "part_id", "area_id"):
        numbers = [number for of_column, number in targets.values() if of_column == column]
        wanted = bindparam("numbers", numbers, type_=ARRAY(BigInteger), unique=True)
        about: list[Column[Any]] = [
            *(_charge.c[name] for name in ("id", "role", "during", "person_id")),
            _person.c.name,
            *(_record.c[name] for name in _ABOUT),
        ]
        rows = session.execute(
            select(_charge.c[column].label("target"), *about)
            .join(_person, _person.c.id == _charge.c.person_id)
            .outerjoin(_record, recorded_on(_charge.c.person_id, today))
            .where(_charge.c[column] == func.any(wanted))
            .order_by(_charge.c.id.desc())
        )
        for row in rows:
            found.setdefault((column, row.target, row.role, row.name), []).append(row)
    return found


def _overlapping(rows: Sequence[Row[Any]], during: DayRange[date]) -> Row[Any] | None:
    return next((row for row in rows if row.during.overlaps(during)), None)


def _correct(session: Session, row: Person, stands: Row[Any], *, source_id: int | None, today: date) -> bool:
    """Bring a standing charge up to date, and say whether it had to be."""
    about = {name: getattr(row, name) for name in _ABOUT}
    kept = _kept_days(row, stands.during, today)
    if kept == stands.during and all(getattr(stands, name) == value for name, value in about.items()):
        return False
    if any(getattr(stands, name) != value for name, value in about.items()):
        _tell(session, stands.person_id, about, source_id=source_id, today=today)
    session.execute(update(_charge).where(_charge.c.id == stands.id).values(during=kept))
    return True


def _tell(session: Session, person: int, about: Mapping[str, object], *, source_id: int | None, today: date) -> None:
    """What is told of a person from today on; what was written today is corrected."""
    started = func.lower(_record.c.during)
    fresh = {**about, "source_id": source_id}
    holds = recorded_on(person, today)
    if affected(session, update(_record).where(holds, started == today).values(fresh)):
        return
    session.execute(update(_record).where(holds).values(during=func.daterange(started, cast(today, Date))))
    following = select(func.min(func.lower(_record.c.during))).where(_record.c.person_id == person, started > today)
    days = func.daterange(cast(today, Date), following.scalar_subquery(), type_=DATERANGE)
    session.execute(insert(_record).values(person_id=person, during=days, **fresh))


def _add(
    session: Session,
    rows: Sequence[Person],
    *,
    roles: Mapping[str, str],
    targets: Mapping[str, tuple[str, int]],
    source_id: int | None,
    today: date,
) -> None:
    """Write new charges, and the people who are new."""
    # The same name with the same phone is the same person; a name alone is not.
    known = _people_with_phones(session, rows, today)
    numbers = iter(next_numbers(session, _person, len(rows)))
    people: list[Values] = []
    records: list[Values] = []
    charges: dict[str, list[Values]] = {}
    for row in rows:
        person = known.get((row.name, row.phone)) if row.phone is not None else None
        if person is None:
            person = next(numbers)
            people.append((person, row.name, source_id))
            known_from = DriverRange(min(today, row.since or today), None)
            records.append((person, known_from, *(getattr(row, name) for name in _ABOUT), source_id))
            if row.phone is not None:
                known[row.name, row.phone] = person
        column, number = targets[row.target]
        days = _days(row, today)
        filled = (person, roles[row.role], number, DriverRange(days.lower, days.upper), source_id)
        charges.setdefault(column, []).append(filled)
    copy_rows(session, _person, ("id", "name", "source_id"), people)
    copy_rows(session, _record, ("person_id", "during", *_ABOUT, "source_id"), records)
    for column, filled_rows in charges.items():
        copy_rows(session, _charge, ("person_id", "role", column, "during", "source_id"), filled_rows)


def _people_with_phones(session: Session, rows: Sequence[Person], today: date) -> dict[tuple[str, str], int]:
    names = bindparam("names", sorted({row.name for row in rows}), type_=ARRAY(Text))
    query = (
        select(_person.c.name, _record.c.phone, func.min(_person.c.id))
        .join(_record, recorded_on(_person.c.id, today))
        .where(_person.c.name == func.any(names), _record.c.phone.is_not(None))
        .group_by(_person.c.name, _record.c.phone)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def recorded_on(person: Any, day: date) -> ColumnElement[bool]:
    """The condition for the record of a person that holds on a day; ``person`` is a number or a column."""  # Any: SQL
    return and_(_record.c.person_id == person, _record.c.during.contains(day))


def _days(row: Person, today: date) -> DayRange[date]:
    first = row.since or today
    if row.until is not None and row.until < first:
        raise BadInput(
            f"{row.name}({row.target})的截止日 {row.until} 早于起始日 {first}。请改正日期。",
            f"{row.name} ({row.target}) ends on {row.until}, before beginning on {first}. Correct the dates.",
        )
    return DayRange(first, _end(row.until))


def _kept_days(row: Person, current: DayRange[date], today: date) -> DayRange[date]:
    """A row that says no days leaves those that stand; one that names no end takes up again what had ended."""
    has_ended = current.upper is not None and current.upper <= today
    until = _end(row.until) if row.until is not None else None if has_ended else current.upper
    return DayRange(row.since or current.lower, until)


def _end(until: date | None) -> date | None:
    """The day after the last; none where it goes on, which offices also write as the last day there is."""
    return until + timedelta(days=1) if until is not None and until < date.max else None


def _roles(session: Session) -> dict[str, str]:
    table = tables.role
    rows = session.execute(select(table).order_by(table.c.position)).all()
    return {name: row.code for row in rows for name in (row.code, row.name_zh, row.name_en)}


def target_numbers(session: Session, codes: Sequence[str]) -> dict[str, tuple[str, int]]:
    """What each code names, as column and permanent number: a grid first, then a part, then an area.

    Raises
    ------
    BadInput
        If a code was never given.
    """
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
