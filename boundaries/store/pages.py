"""One page of areas, micro-grids or premises: the queries behind the lists."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, func
from sqlalchemy.orm import Session

from boundaries.model import Area, Building, Compound, MicroGrid, PremisesKind, Shop
from boundaries.store import queries, register_queries, tables
from boundaries.store.overlay import Moment
from boundaries.store.queries import Query, Scope

BoundingBox = tuple[float, float, float, float]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a list: after a key, at most ``limit``, those of some codes, those that touch a box.

    ``bbox`` is west, south, east, north in degrees of EPSG:4490.
    """

    after: int | None
    limit: int
    codes: Sequence[str] | None = None
    bbox: BoundingBox | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[Value]):
    """Rows of a page, and the key of the last where more follow."""

    values: tuple[Value, ...]
    last: int | None


def area_page(
    session: Session, moment: Moment, window: Window, *, level: str | None, below: Collection[int] | None
) -> Slice[Area]:
    """Areas by permanent number; ``below`` are the numbers of those wanted."""
    query, states = queries.areas_query(moment)
    if level is not None:
        query = query.where(states.c.level == level)
    if below is not None:
        query = query.where(states.c.area_id.in_(below))
    columns = _Columns(states.c.area_id, tables.area.c.code, states.c.geom)
    rows, last = _cut(session, query, columns, window)
    return Slice(queries.to_areas(rows), last)


def grid_page(
    session: Session,
    moment: Moment,
    window: Window,
    *,
    today: date,
    kind: str | None,
    layer: str | None,
    below: Collection[int] | None,
) -> Slice[MicroGrid]:
    """Micro-grids by rank, with their parts; ``below`` are the numbers of the areas that they fill."""
    query, states = queries.grids_query(moment)
    if kind is not None:
        query = query.where(states.c.kind == kind)
    if layer is not None:
        query = query.where(states.c.layer == layer)
    if below is not None:
        query = query.where(states.c.area_id.in_(below))
    rows, last = _cut(session, query, _Columns(tables.micro_grid.c.rank, states.c.code, states.c.geom), window)
    return Slice(queries.to_grids(rows, queries.parts(session, moment, today)), last)


def premises_page(
    session: Session, scope: Scope, kind: PremisesKind, window: Window
) -> Slice[Building | Compound | Shop]:
    """Premises of one kind by permanent number."""
    query, columns, decode = _premises(kind, scope)
    rows, last = _cut(session, query, columns, window)
    return Slice(tuple(decode(rows)), last)


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a list is ordered and filtered by."""

    key: ColumnElement[int]
    code: ColumnElement[str]
    geom: ColumnElement[Any]  # Any: a column of shapes


_Decode = Callable[[Sequence[Row[Any]]], Sequence[Building | Compound | Shop]]  # Any: columns of several tables


def _premises(kind: PremisesKind, scope: Scope) -> tuple[Query, _Columns, _Decode]:
    if kind == "shop":
        record = tables.shop_record
        columns = _Columns(record.c.shop_id, tables.shop.c.code, record.c.geom)
        return register_queries.shops_query(scope), columns, register_queries.to_shops
    decode: _Decode
    if kind == "building":
        query, states = queries.buildings_query(scope.moment, scope.today)
        columns = _Columns(states.c.building_id, tables.building.c.code, states.c.geom)
        decode = queries.to_buildings
    else:
        query, states = queries.compounds_query(scope.moment)
        columns = _Columns(states.c.compound_id, tables.compound.c.code, states.c.geom)
        decode = queries.to_compounds
    return queries.on_ground(query, states.c.geom, scope), columns, decode


def _cut(
    session: Session, query: Query, columns: _Columns, window: Window
) -> tuple[Sequence[Row[Any]], int | None]:  # Any: columns of several tables
    if window.codes is not None:
        query = query.where(columns.code.in_(window.codes))
    if window.bbox is not None:
        query = query.where(func.ST_Intersects(columns.geom, func.ST_MakeEnvelope(*window.bbox, 4490)))
    if window.after is not None:
        query = query.where(columns.key > window.after)
    paged = query.add_columns(columns.key.label("page_key")).order_by(columns.key).limit(window.limit + 1)
    rows = session.execute(paged).all()
    return rows[: window.limit], rows[window.limit - 1].page_key if len(rows) > window.limit else None
