"""Lists of the plan, a page at a time.

A page ends with a cursor; asking again with it gives the rows after, whatever was added
or closed meanwhile. A cursor belongs to the list that gave it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, func
from sqlalchemy import Row as SqlRow
from sqlalchemy.orm import Session

from boundaries.errors import BadInput, NotFound
from boundaries.model import Area, Building, Compound, MicroGrid, PremisesKind, Shop
from boundaries.services.reading import moment_of
from boundaries.store import queries, register_queries, tables
from boundaries.store.overlay import Moment
from boundaries.store.queries import Query, Scope

Row = TypeVar("Row")
BoundingBox = tuple[float, float, float, float]

MAX_LIMIT = 1000
_PREMISES: tuple[PremisesKind, ...] = ("building", "compound", "shop")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the cursor for those after them; None at the end.

    ``generation`` is the one that was read, None before the first.
    """

    rows: tuple[Row, ...]
    cursor: str | None
    generation: int | None


@dataclass(frozen=True, slots=True)
class Premises:
    """A building, a compound or a shop, with the code of the grid it is assigned to."""

    kind: PremisesKind
    value: Building | Compound | Shop
    grid: str | None


def list_areas(
    session: Session,
    *,
    generation: int | None = None,
    draft: int | None = None,
    codes: Sequence[str] | None = None,
    level: str | None = None,
    within: str | None = None,
    bbox: BoundingBox | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Area]:
    """Areas by permanent number.

    Parameters
    ----------
    generation, draft : int, optional
        By default the newest generation.
    codes : sequence of str, optional
        Only these.
    level : str, optional
        Only of this level.
    within : str, optional
        Code of an area: it and all below it.
    bbox : tuple of float, optional
        West, south, east, north in degrees of EPSG:4490: only what touches it.
    after : str, optional
        Cursor of the page before.
    limit : int
        Rows of a page, 1 to 1000.

    Returns
    -------
    Page of Area

    Raises
    ------
    NotFound
        If there is no such generation, draft or area.
    BadInput
        If the cursor, the limit or the box makes no sense.
    """
    moment = moment_of(session, generation=generation, draft=draft)
    query, states = queries.areas_query(moment)
    if codes is not None:
        query = query.where(tables.area.c.code.in_(codes))
    if level is not None:
        query = query.where(states.c.level == level)
    if within is not None:
        query = query.where(states.c.area_id.in_(_below(session, moment, within)))
    query = _in_box(query, states.c.geom, bbox)
    rows, cursor = _cut(session, query, states.c.area_id, after=_number(after), limit=limit)
    return Page(queries.to_areas(rows), str(cursor) if cursor is not None else None, moment.generation)


def list_micro_grids(
    session: Session,
    *,
    today: date,
    generation: int | None = None,
    draft: int | None = None,
    codes: Sequence[str] | None = None,
    kind: str | None = None,
    layer: str | None = None,
    within: str | None = None,
    bbox: BoundingBox | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[MicroGrid]:
    """Micro-grids by rank, with their parts; parameters as for :func:`list_areas`.

    Parameters
    ----------
    today : date
        The day for the households of parts.
    kind, layer : str, optional
        Only of this kind, in this layer.

    Returns
    -------
    Page of MicroGrid

    Raises
    ------
    NotFound
        If there is no such generation, draft or area.
    BadInput
        If the cursor, the limit or the box makes no sense.
    """
    moment = moment_of(session, generation=generation, draft=draft)
    query, states = queries.grids_query(moment)
    if codes is not None:
        query = query.where(states.c.code.in_(codes))
    if kind is not None:
        query = query.where(states.c.kind == kind)
    if layer is not None:
        query = query.where(states.c.layer == layer)
    if within is not None:
        query = query.where(states.c.area_id.in_(_below(session, moment, within)))
    query = _in_box(query, states.c.geom, bbox)
    rows, cursor = _cut(session, query, tables.micro_grid.c.rank, after=_number(after), limit=limit)
    grids = queries.to_grids(rows, queries.parts(session, moment, today))
    return Page(grids, str(cursor) if cursor is not None else None, moment.generation)


def list_premises(
    session: Session,
    *,
    today: date,
    kinds: Sequence[PremisesKind] = _PREMISES,
    generation: int | None = None,
    draft: int | None = None,
    codes: Sequence[str] | None = None,
    within: str | None = None,
    bbox: BoundingBox | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Premises]:
    """Buildings, then compounds, then shops, each by permanent number; parameters as for :func:`list_areas`.

    Parameters
    ----------
    today : date
        The day for shops and counts.
    kinds : sequence of {"building", "compound", "shop"}
        Only these.
    within : str, optional
        Code of an area: what touches its polygon.

    Returns
    -------
    Page of Premises

    Raises
    ------
    NotFound
        If there is no such generation, draft or area.
    BadInput
        If the cursor, the limit or the box makes no sense.
    """
    moment = moment_of(session, generation=generation, draft=draft)
    ground = None if within is None else _area_number(session, moment, within)
    scope = Scope(moment, today, ground=ground)
    first, number = _premises_cursor(after)
    wanted = [kind for kind in _PREMISES[_PREMISES.index(first) :] if kind in kinds]
    found: list[Premises] = []
    for kind in wanted:
        if len(found) >= _require_limit(limit):
            return Page(tuple(found), f"{kind}:0", moment.generation)
        source = _premises_source(kind, scope)
        query = source.query if codes is None else source.query.where(source.code.in_(codes))
        query = _in_box(query, source.geom, bbox)
        start = number if kind == first else None
        rows, cursor = _cut(session, query, source.key, after=start, limit=limit - len(found))
        values = source.decode(rows)
        grids = queries.assigned_grids(session, moment, kind, [value.id for value in values])
        found += [Premises(kind, value, grids.get(value.id)) for value in values]
        if cursor is not None:
            return Page(tuple(found), f"{kind}:{cursor}", moment.generation)
    return Page(tuple(found), None, moment.generation)


@dataclass(frozen=True, slots=True)
class _Source:
    """How one kind of premises is read."""

    query: Query
    key: ColumnElement[int]
    code: ColumnElement[str]
    geom: ColumnElement[Any]  # Any: a column of shapes
    decode: Callable[[Sequence[SqlRow[Any]]], Sequence[Building | Compound | Shop]]


def _premises_source(kind: PremisesKind, scope: Scope) -> _Source:
    if kind == "shop":
        record = tables.shop_record
        query = register_queries.shops_query(scope)
        return _Source(query, record.c.shop_id, tables.shop.c.code, record.c.geom, register_queries.to_shops)
    if kind == "building":
        query, states = queries.buildings_query(scope.moment, scope.today)
        source = _Source(query, states.c.building_id, tables.building.c.code, states.c.geom, queries.to_buildings)
    else:
        query, states = queries.compounds_query(scope.moment)
        source = _Source(query, states.c.compound_id, tables.compound.c.code, states.c.geom, queries.to_compounds)
    return replace(source, query=queries.on_ground(query, states.c.geom, scope))


def _cut(
    session: Session, query: Query, key: ColumnElement[int], *, after: int | None, limit: int
) -> tuple[Sequence[SqlRow[Any]], int | None]:
    """A page's rows, and the key of its last row where more follow."""
    _require_limit(limit)
    if after is not None:
        query = query.where(key > after)
    rows = session.execute(query.add_columns(key.label("page_key")).order_by(key).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].page_key if len(rows) > limit else None


def _in_box(query: Query, geom: ColumnElement[Any], bbox: BoundingBox | None) -> Query:
    if bbox is None:
        return query
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadInput(
            "范围须为 西,南,东,北(经纬度),且西小于东、南小于北。例如 119.1,32.2,119.2,32.3。",
            "The box must be west,south,east,north in degrees, west below east and south below north; "
            "for example 119.1,32.2,119.2,32.3.",
        )
    return query.where(func.ST_Intersects(geom, func.ST_MakeEnvelope(west, south, east, north, 4490)))


def _require_limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise BadInput(
            f"每页行数须在 1 到 {MAX_LIMIT} 之间,不能是 {limit}。",
            f"A page has 1 to {MAX_LIMIT} rows, not {limit}.",
        )
    return limit


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", cursor):
        raise _bad_cursor(cursor)
    return int(cursor)


def _premises_cursor(cursor: str | None) -> tuple[PremisesKind, int | None]:
    if cursor is None:
        return "building", None
    kind, _, number = cursor.partition(":")
    for known in _PREMISES:
        if kind == known:
            return known, _number(number)
    raise _bad_cursor(cursor)


def _bad_cursor(cursor: str) -> BadInput:
    return BadInput(
        f"翻页标记“{cursor}”无效。请使用上一页返回的标记,或从第一页重新开始。",
        f'The cursor "{cursor}" is none of this list. Use the one that the page before gave, or begin again.',
    )


def _area_number(session: Session, moment: Moment, code: str) -> int:
    numbers, _ = queries.area_tree(session, moment)
    if code not in numbers:
        raise NotFound(f"没有编码为 {code} 的区域。请检查编码。", f"There is no area with the code {code}. Check it.")
    return numbers[code]


def _below(session: Session, moment: Moment, code: str) -> set[int]:
    root = _area_number(session, moment, code)
    _, parents = queries.area_tree(session, moment)
    return {number for number in parents if root in queries.chain(number, parents)}
