"""What editing a draft asks the database: where things are, which codes were ever given, what somebody saw."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Text, and_, bindparam, func, insert, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.errors import Conflict
from boundaries.model import MicroGrid
from boundaries.store import queries, tables
from boundaries.store.bulk import copy_rows, known_ids
from boundaries.store.overlay import GRID, Moment, effective
from boundaries.store.queries import Scope

# Any number, before the number of an area: both as the lock takes them, of 32 bits.
_CODES = 0x6D67_0005

_change, _image, _answer = tables.draft_change, tables.draft_image, tables.draft_answer


@dataclass(frozen=True, slots=True)
class Seen:
    """A micro-grid that was changed since somebody saw a draft.

    Attributes
    ----------
    number : int
        Permanent number of the grid.
    row : mapping or None
        The draft's own row as it was seen; None where the draft had none.
    by : str
        Who changed it last, when, in which change and of what kind.
    at : datetime
    change : int
    kind : str
    """

    number: int
    row: Mapping[str, Any] | None
    by: str
    at: datetime
    change: int
    kind: str


def areas_of_grids(session: Session, moment: Moment, codes: Collection[str]) -> set[int]:
    """Permanent numbers of the areas of micro-grids."""
    states = effective(GRID, moment, name="states")
    query = select(states.c.area_id).where(_among(states.c.code, codes)).distinct()
    return set(session.execute(query).scalars())


def areas_once(session: Session, draft_id: int, codes: Collection[str]) -> set[int]:
    """Permanent numbers of the areas that micro-grids had in a draft, of codes that it may have no more."""
    code = _image.c.content["code"].astext
    query = select(_image.c.content["area_id"].as_integer()).where(
        _image.c.draft_id == draft_id, _image.c.thing == GRID.name, _among(code, codes)
    )
    return set(session.execute(query.distinct()).scalars())


def areas_at(session: Session, moment: Moment, points: Sequence[tuple[float, float]]) -> set[int]:
    """Permanent numbers of the areas whose micro-grids touch any of these points."""
    states, found = effective(GRID, moment, name="states"), set[int]()
    for x, y in points:
        place = func.ST_SetSRID(func.ST_MakePoint(x, y), 4490)
        found.update(
            session.execute(
                select(states.c.area_id).where(func.ST_Intersects(states.c.geom, place)).distinct()
            ).scalars()
        )
    return found


def grids_named(session: Session, scope: Scope, codes: Collection[str]) -> tuple[MicroGrid, ...]:
    """Micro-grids of these codes by rank, with their parts."""
    query, states = queries.grids_query(scope.moment)
    rows = session.execute(query.where(_among(states.c.code, codes)).order_by(tables.micro_grid.c.rank)).all()
    parts = queries.parts(session, scope.moment, scope.today, grids=[row.micro_grid_id for row in rows])
    return queries.to_grids(rows, parts)


def grids_of_numbers(session: Session, moment: Moment, numbers: Collection[int]) -> tuple[MicroGrid, ...]:
    """Micro-grids of these permanent numbers by rank, without their parts."""
    query, states = queries.grids_query(moment)
    query = query.where(states.c.micro_grid_id.in_(numbers)).order_by(tables.micro_grid.c.rank)
    return queries.to_grids(session.execute(query).all(), {})


def number_of(session: Session, code: str) -> int | None:
    """Permanent number of the micro-grid that was ever given a code."""
    return known_ids(session, GRID, [code]).get(code)


def area_codes(session: Session, numbers: Collection[int]) -> dict[int, str]:
    """Codes of areas, by permanent number."""
    area = tables.area
    return {row.id: row.code for row in session.execute(select(area.c.id, area.c.code).where(area.c.id.in_(numbers)))}


def hold_codes(session: Session, areas: Collection[int]) -> None:
    """Be the only one who gives new codes in these areas until the transaction ends, in whatever draft."""
    for number in sorted(areas):
        session.execute(select(func.pg_advisory_xact_lock(_CODES, number % (1 << 31))))


def used_codes(session: Session, areas: Collection[str], named: Collection[str]) -> set[str]:
    """Codes that were ever given: those of grids and parts that begin like these areas', and those named."""
    found: set[str] = set()
    for column in (tables.micro_grid_code.c.code, tables.part.c.code):
        begins = [and_(column >= area, column < area + "\U0010ffff") for area in areas]
        found.update(session.execute(select(column).where(or_(_among(column, named), *begins))).scalars())
    return found


def claim_codes(session: Session, numbers: Mapping[str, int]) -> None:
    """Give standing micro-grids new codes, beside those that they had.

    Parameters
    ----------
    numbers : mapping of str to int
        Code -> permanent number of the grid.

    Raises
    ------
    Conflict
        If a code was given to another grid before.
    """
    known = known_ids(session, GRID, numbers)
    others = sorted(code for code, number in known.items() if number != numbers[code])
    if others:
        raise Conflict(
            f"编码 {'、'.join(others)} 已经给过别的网格,不能再用。请换一个编码。",
            f"The code {', '.join(others)} was given to another micro-grid before. Choose another one.",
        )
    new = [(code, number) for code, number in numbers.items() if code not in known]
    copy_rows(session, tables.micro_grid_code, ("code", "micro_grid_id"), new)


def changed_since(session: Session, draft_id: int, revision: int) -> tuple[Seen, ...]:
    """Micro-grids that a draft changed after a revision, as they were then.

    What was done since is known by what it kept of before; what was done before and undone since
    keeps what it had made.
    """
    query = (
        select(_image.c.thing_id, _image.c.content, _change)
        .join(_change, and_(_change.c.draft_id == _image.c.draft_id, _change.c.number == _image.c.number))
        .where(_image.c.draft_id == draft_id, _image.c.thing == GRID.name, _change.c.turned_at_revision > revision)
        .order_by(_change.c.number)
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.thing_id, []).append(row)
    return tuple(_seen(number, rows, revision) for number, rows in found.items())


def _seen(number: int, rows: Sequence[Any], revision: int) -> Seen:
    stood = [row for row in rows if row.status != "done" and row.revision <= revision]
    last = max(rows, key=lambda row: row.turned_at_revision)
    return Seen(
        number,
        (stood[-1] if stood else rows[0]).content,
        by=last.turned_by,
        at=last.turned_at,
        change=last.number,
        kind=last.kind,
    )


def version_seen(session: Session, draft_id: int, number: int, version: int) -> Mapping[str, Any] | None:
    """The row that a draft had of a micro-grid in one version, where it was kept."""
    query = select(_image.c.content).where(
        _image.c.draft_id == draft_id,
        _image.c.thing == GRID.name,
        _image.c.thing_id == number,
        _image.c.version == version,
    )
    return session.execute(query).scalars().first()


def shape_of(row: Mapping[str, Any]) -> shapely.Geometry:
    """The shape in a kept row."""
    shape: shapely.Geometry = shapely.from_wkb(row["geom"])
    return shape


def kept_answer(session: Session, draft_id: int, key: str) -> tuple[bytes, Any] | None:
    """The digest of what was asked with a key before, and the answer to it."""
    query = select(_answer.c.digest, _answer.c.answer).where(
        _answer.c.draft_id == draft_id, _answer.c.idempotency_key == key
    )
    row = session.execute(query).first()
    return (bytes(row.digest), row.answer) if row is not None else None


def keep_answer(session: Session, draft_id: int, key: str, *, digest: bytes, answer: Mapping[str, Any]) -> None:
    """Keep the answer to what was asked with a key."""
    session.execute(
        insert(_answer).values(
            draft_id=draft_id,
            idempotency_key=key,
            digest=digest,
            answer=answer,
        )
    )


def _among(column: ColumnElement[str], codes: Collection[str]) -> ColumnElement[bool]:
    # One parameter however many there are.
    return column == func.any(bindparam("codes", sorted(codes), type_=ARRAY(Text), unique=True))
