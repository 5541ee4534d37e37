"""Model values out of the tables: one query a noun, shapes decoded all at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Row, Select, Subquery, Table, and_, bindparam, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import LargeBinary

from boundaries.model import (
    Alternative,
    Area,
    Assignment,
    Building,
    Compound,
    Kind,
    Level,
    MicroGrid,
    Part,
    PremisesKind,
    Role,
)
from boundaries.store import tables
from boundaries.store.overlay import AREA, ASSIGNMENT, BUILDING, COMPOUND, GRID, PART, Moment, effective

Query = Select[*tuple[Any, ...]]  # Any: columns of several tables


@dataclass(frozen=True, slots=True)
class Scope:
    """What to read: a moment, a day for the registers, and the area asked for.

    ``areas`` are permanent numbers of the area and all below it, None for everything;
    ``ground`` is the number of the area itself, whose polygon chooses premises; ``box``
    chooses them by their bounds (west, south, east, north).
    """

    moment: Moment
    today: date
    areas: frozenset[int] | None = None
    ground: int | None = None
    box: tuple[float, float, float, float] | None = None


def shape_column(table: Subquery | Table) -> Any:
    """The shape as WKB, to be decoded by :func:`shapes`."""  # Any: a column of bytes
    return type_coerce(func.ST_AsBinary(table.c.geom), LargeBinary).label("wkb")


def shapes(rows: Sequence[Row[Any]]) -> NDArray[Any]:
    """Decode the ``wkb`` of all rows at once."""
    return np.asarray(shapely.from_wkb(np.array([row.wkb for row in rows], dtype=object)))


def levels(session: Session) -> tuple[Level, ...]:
    """Levels of areas, from the top."""
    table = tables.area_level
    rows = session.execute(select(table).order_by(table.c.depth, table.c.code))
    return tuple(Level(row.code, row.name_zh, row.name_en, row.depth) for row in rows)


def kinds(session: Session) -> tuple[Kind, ...]:
    """Kinds of micro-grids."""
    table = tables.grid_kind
    rows = session.execute(select(table).order_by(table.c.position, table.c.code))
    return tuple(Kind(row.code, row.name_zh, row.name_en, row.holds_households, row.holds_shops) for row in rows)


def roles(session: Session) -> tuple[Role, ...]:
    """Roles of people in charge."""
    table = tables.role
    rows = session.execute(select(table).order_by(table.c.position, table.c.code))
    return tuple(Role(row.code, row.name_zh, row.name_en) for row in rows)


def area_tree(session: Session, moment: Moment) -> tuple[Mapping[str, int], Mapping[int, int | None]]:
    """Codes of the areas that hold, and each one's parent, by permanent number."""
    states = effective(AREA, moment, name="states")
    query = select(tables.area.c.code, states.c.area_id, states.c.parent_id).join(
        states, states.c.area_id == tables.area.c.id
    )
    rows = session.execute(query).all()
    return {row.code: row.area_id for row in rows}, {row.area_id: row.parent_id for row in rows}


def chain(number: int, parents: Mapping[int, int | None]) -> list[int]:
    """An area and those above it."""
    found: list[int] = []
    above: int | None = number
    while above is not None and above in parents and above not in found:
        found.append(above)
        above = parents[above]
    return found


def areas_query(moment: Moment) -> tuple[Query, Subquery]:
    """Areas that hold, and the subquery to filter and order by."""
    states = effective(AREA, moment, name="states")
    parent = tables.area.alias()
    query = (
        select(
            states.c.area_id,
            tables.area.c.code,
            states.c.name,
            states.c.level,
            parent.c.code.label("parent"),
            shape_column(states),
        )
        .join(tables.area, tables.area.c.id == states.c.area_id)
        .outerjoin(parent, parent.c.id == states.c.parent_id)
    )
    return query, states


def to_areas(rows: Sequence[Row[Any]]) -> tuple[Area, ...]:
    """Rows of :func:`areas_query` as values."""
    return tuple(
        Area(row.area_id, row.code, row.name, row.level, row.parent, shape)
        for row, shape in zip(rows, shapes(rows), strict=True)
    )


def areas(session: Session, scope: Scope, wanted: Iterable[int] | None) -> tuple[Area, ...]:
    """Areas by permanent number, all where ``wanted`` is None."""
    query, states = areas_query(scope.moment)
    if wanted is not None:
        query = query.where(states.c.area_id.in_(wanted))
    return to_areas(session.execute(query.order_by(states.c.area_id)).all())


def grids_query(moment: Moment) -> tuple[Query, Subquery]:
    """Micro-grids that hold, and the subquery to filter by; ``rank`` is a column."""
    states = effective(GRID, moment, name="states")
    query = (
        select(
            states.c.micro_grid_id,
            tables.micro_grid.c.rank,
            states.c.code,
            states.c.name,
            states.c.honorary_name,
            states.c.kind,
            states.c.layer,
            states.c.street_group,
            states.c.version,
            tables.area.c.code.label("area"),
            shape_column(states),
        )
        .join(tables.micro_grid, tables.micro_grid.c.id == states.c.micro_grid_id)
        .join(tables.area, tables.area.c.id == states.c.area_id)
    )
    return query, states


def to_grids(rows: Sequence[Row[Any]], parts: Mapping[int, tuple[Part, ...]]) -> tuple[MicroGrid, ...]:
    """Rows of :func:`grids_query` as values, with their parts."""
    return tuple(
        MicroGrid(
            id=row.micro_grid_id,
            rank=row.rank,
            code=row.code,
            name=row.name,
            area=row.area,
            polygon=shape,
            kind=row.kind,
            layer=row.layer,
            honorary_name=row.honorary_name,
            street_group=row.street_group,
            parts=parts.get(row.micro_grid_id, ()),
            version=row.version,
        )
        for row, shape in zip(rows, shapes(rows), strict=True)
    )


def grids(session: Session, scope: Scope) -> tuple[MicroGrid, ...]:
    """Micro-grids by rank."""
    query, states = grids_query(scope.moment)
    if scope.areas is not None:
        query = query.where(states.c.area_id.in_(scope.areas))
    rows = session.execute(query.order_by(tables.micro_grid.c.rank)).all()
    return to_grids(rows, parts(session, scope.moment, scope.today))


def parts(
    session: Session, moment: Moment, today: date, *, grids: Sequence[int] | None = None
) -> dict[int, tuple[Part, ...]]:
    """Parts by permanent number of their micro-grid, of all or of these, with the households of the day."""
    states, count = effective(PART, moment, name="states"), tables.household_count
    query = (
        select(states, tables.part.c.code, count.c.households)
        .join(tables.part, tables.part.c.id == states.c.part_id)
        .outerjoin(count, and_(count.c.part_id == states.c.part_id, count.c.during.contains(today)))
        .order_by(tables.part.c.code)
    )
    if grids is not None:
        # One parameter however many there are.
        query = query.where(
            states.c.micro_grid_id == func.any(bindparam("grids", list(grids), type_=ARRAY(BigInteger)))
        )
    found: dict[int, list[Part]] = {}
    for row in session.execute(query):
        floors = (row.floors.lower, row.floors.upper - 1) if row.floors is not None else None
        part = Part(row.part_id, row.code, row.name, tuple(row.units), floors, row.households)
        found.setdefault(row.micro_grid_id, []).append(part)
    return {grid: tuple(many) for grid, many in found.items()}


def on_ground(query: Query, geom: Any, scope: Scope) -> Query:
    """Keep what touches the polygon of the area asked for."""  # Any: a column of shapes
    if scope.box is not None:
        query = query.where(geom.op("&&")(func.ST_MakeEnvelope(*scope.box, 4490)))
    if scope.ground is None:
        return query
    states = effective(AREA, scope.moment, name="ground")
    ground = select(states.c.geom).where(states.c.area_id == scope.ground).scalar_subquery()
    return query.where(func.ST_Intersects(geom, ground))


def buildings_query(moment: Moment, today: date) -> tuple[Query, Subquery]:
    """Buildings that hold, with the counts of the day, and the subquery to filter by."""
    states, count = effective(BUILDING, moment, name="states"), tables.household_count
    compound, living = tables.compound, effective(COMPOUND, moment, name="living")
    query = (
        select(
            states.c.building_id,
            tables.building.c.code,
            states.c.number,
            states.c.floors,
            states.c.entrances,
            states.c.dwellings,
            compound.c.code.label("compound"),
            count.c.households,
            count.c.rented,
            count.c.garages,
            shape_column(states),
        )
        .join(tables.building, tables.building.c.id == states.c.building_id)
        .outerjoin(living, living.c.compound_id == states.c.compound_id)
        .outerjoin(compound, compound.c.id == living.c.compound_id)
        .outerjoin(count, and_(count.c.building_id == states.c.building_id, count.c.during.contains(today)))
    )
    return query, states


def to_buildings(rows: Sequence[Row[Any]]) -> tuple[Building, ...]:
    """Rows of :func:`buildings_query` as values."""
    return tuple(
        Building(
            id=row.building_id,
            code=row.code,
            number=row.number,
            shape=shape,
            compound=row.compound,
            floors=row.floors,
            entrances=row.entrances,
            dwellings=row.dwellings,
            households=row.households,
            rented=row.rented,
            garages=row.garages,
        )
        for row, shape in zip(rows, shapes(rows), strict=True)
    )


def compounds_query(moment: Moment) -> tuple[Query, Subquery]:
    """Compounds that hold, and the subquery to filter by."""
    states = effective(COMPOUND, moment, name="states")
    query = select(
        states.c.compound_id,
        tables.compound.c.code,
        states.c.name,
        states.c.property_managed,
        states.c.resettlement,
        shape_column(states),
    ).join(tables.compound, tables.compound.c.id == states.c.compound_id)
    return query, states


def to_compounds(rows: Sequence[Row[Any]]) -> tuple[Compound, ...]:
    """Rows of :func:`compounds_query` as values."""
    return tuple(
        Compound(row.compound_id, row.code, row.name, shape, row.property_managed, row.resettlement)
        for row, shape in zip(rows, shapes(rows), strict=True)
    )


def buildings(session: Session, scope: Scope) -> tuple[Building, ...]:
    """Buildings by permanent number."""
    query, states = buildings_query(scope.moment, scope.today)
    query = on_ground(query, states.c.geom, scope).order_by(states.c.building_id)
    return to_buildings(session.execute(query).all())


def compounds(session: Session, scope: Scope) -> tuple[Compound, ...]:
    """Compounds by permanent number."""
    query, states = compounds_query(scope.moment)
    query = on_ground(query, states.c.geom, scope).order_by(states.c.compound_id)
    return to_compounds(session.execute(query).all())


def assignments(session: Session, moment: Moment, *, grids: Sequence[int] | None = None) -> tuple[Assignment, ...]:
    """Assignments that hold, to any grid or to these, by permanent number."""
    states, identity = effective(ASSIGNMENT, moment, name="states"), tables.assignment
    grid = effective(GRID, moment, name="grid")
    query = (
        select(
            states,
            grid.c.code.label("grid"),
            tables.building.c.code.label("building"),
            tables.compound.c.code.label("compound"),
            tables.shop.c.code.label("shop"),
        )
        .join(identity, identity.c.id == states.c.assignment_id)
        .join(grid, grid.c.micro_grid_id == states.c.micro_grid_id)
        .outerjoin(tables.building, tables.building.c.id == identity.c.building_id)
        .outerjoin(tables.compound, tables.compound.c.id == identity.c.compound_id)
        .outerjoin(tables.shop, tables.shop.c.id == identity.c.shop_id)
        .order_by(states.c.assignment_id)
    )
    if grids is not None:
        query = query.where(
            states.c.micro_grid_id == func.any(bindparam("grids", list(grids), type_=ARRAY(BigInteger)))
        )
    return tuple(_to_assignment(row) for row in session.execute(query))


def _to_assignment(row: Row[Any]) -> Assignment:
    kind: PremisesKind = "building" if row.building else "compound" if row.compound else "shop"
    return Assignment(
        premises_kind=kind,
        premises=row.building or row.compound or row.shop,
        grid=row.grid,
        method=row.method,
        reason_zh=row.reason_zh,
        reason_en=row.reason_en,
        alternatives=tuple(Alternative(one["grid"], one["measure"], one["value"]) for one in row.alternatives),
        accepted_by=row.accepted_by,
    )


def assigned_grids(session: Session, moment: Moment, kind: PremisesKind, numbers: Sequence[int]) -> dict[int, str]:
    """Codes of the grids that premises are assigned to, by permanent number of the premises."""
    states, identity = effective(ASSIGNMENT, moment), tables.assignment
    grid = effective(GRID, moment, name="grid")
    premises = identity.c[f"{kind}_id"]
    rows = session.execute(
        select(premises, grid.c.code)
        .join(states, states.c.assignment_id == identity.c.id)
        .join(grid, grid.c.micro_grid_id == states.c.micro_grid_id)
        .where(premises.in_(numbers))
    )
    return {row[0]: row[1] for row in rows}
