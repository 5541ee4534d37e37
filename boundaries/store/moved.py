"""Premises that may be another micro-grid's now: those on ground that changed, or given to another grid."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely import Polygon
from sqlalchemy import BigInteger, ColumnElement, LargeBinary, Select, bindparam, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from boundaries.model import Assignment, Building, Compound, Person, PremisesKind, Shop
from boundaries.store import queries, register_queries, tables
from boundaries.store.comparing import changed_numbers
from boundaries.store.overlay import ASSIGNMENT, BUILDING, COMPOUND, GRID, PART, Moment, Thing, effective

Numbers = dict[PremisesKind, set[int]]
_THINGS: dict[PremisesKind, Thing] = {"building": BUILDING, "compound": COMPOUND}
# Ground in small pieces is found by place; a ring of ten thousand vertices is not.
_PIECE_VERTICES = 128


def concerned(
    session: Session, before: Moment, after: Moment, *, moved: Sequence[Polygon], ground: Any, today: date
) -> Numbers:
    """Permanent numbers of premises that another grid may hold now.

    Parameters
    ----------
    before, after : Moment
    moved : sequence of Polygon
        Ground that another grid holds now, in stored degrees: where it does not, a building stays.
    ground : Polygon or MultiPolygon
        Outside which no grid answers otherwise: a shop may go over with the kind of a grid, too.
    today : date
        The day for which shops are read.
    """
    found: Numbers = {"building": set(), "compound": set(), "shop": set()}
    identity = tables.assignment
    given = changed_numbers(session, ASSIGNMENT, before=before, after=after)
    for kind in found:
        column = identity.c[f"{kind}_id"]
        query = select(column).where(_among(identity.c.id, given), column.is_not(None))
        found[kind] |= set(session.execute(query).scalars())
    for kind, thing in _THINGS.items():
        found[kind] |= changed_numbers(session, thing, before=before, after=after)
        for moment in (before, after):
            states = effective(thing, moment, name="states")
            found[kind] |= _touching(session, moved, states.c[thing.key], states.c.geom)
    record = tables.shop_record
    day = record.c.during.contains(today)
    found["shop"] |= _touching(session, shapely.get_parts(ground).tolist(), record.c.shop_id, record.c.geom, day)
    return found


def _touching(
    session: Session, ground: Sequence[Any], number: ColumnElement[int], geom: Any, *conditions: ColumnElement[bool]
) -> set[int]:
    if not len(ground):
        return set()
    wkb = bindparam("ground", shapely.to_wkb(np.asarray(ground, dtype=object)).tolist(), type_=ARRAY(LargeBinary))
    given = func.unnest(wkb).column_valued("given")
    whole = func.ST_Subdivide(func.ST_SetSRID(func.ST_GeomFromWKB(given), 4490), _PIECE_VERTICES)
    pieces = select(type_coerce(whole, NullType()).label("geom")).cte("pieces").prefix_with("MATERIALIZED")
    query = select(number).join(pieces, func.ST_Intersects(geom, pieces.c.geom)).where(*conditions)
    return set(session.execute(query.distinct()).scalars())


def holders(session: Session, moment: Moment, numbers: Numbers, *, today: date) -> set[int]:
    """Permanent numbers of the grids that these premises lie in or are assigned to."""
    grids, given = effective(GRID, moment, name="grids"), effective(ASSIGNMENT, moment, name="given")
    identity, found = tables.assignment, set[int]()
    for kind, wanted in numbers.items():
        if not wanted:
            continue
        query = select(given.c.micro_grid_id).join(identity, identity.c.id == given.c.assignment_id)
        found |= set(session.execute(query.where(_among(identity.c[f"{kind}_id"], wanted))).scalars())
        place = _geometry(moment, kind, wanted, today).cte("place").prefix_with("MATERIALIZED")
        touched = select(grids.c.micro_grid_id).join(place, func.ST_Intersects(grids.c.geom, place.c.geom))
        found |= set(session.execute(touched.distinct()).scalars())
    return found


def _geometry(moment: Moment, kind: PremisesKind, numbers: Collection[int], today: date) -> Select[Any]:
    if kind == "shop":
        record = tables.shop_record
        return select(record.c.geom).where(record.c.during.contains(today), _among(record.c.shop_id, numbers))
    thing = _THINGS[kind]
    states = effective(thing, moment, name="premises")
    return select(states.c.geom).where(_among(states.c[thing.key], numbers))


def buildings_at(session: Session, moment: Moment, numbers: Collection[int], *, today: date) -> tuple[Building, ...]:
    """Those of these buildings that hold, with the counts of the day."""
    if not numbers:
        return ()
    query, states = queries.buildings_query(moment, today)
    query = query.where(_among(states.c.building_id, numbers)).order_by(states.c.building_id)
    return queries.to_buildings(session.execute(query).all())


def compounds_at(session: Session, moment: Moment, numbers: Collection[int]) -> tuple[Compound, ...]:
    """Those of these compounds that hold."""
    if not numbers:
        return ()
    query, states = queries.compounds_query(moment)
    query = query.where(_among(states.c.compound_id, numbers)).order_by(states.c.compound_id)
    return queries.to_compounds(session.execute(query).all())


def shops_at(session: Session, moment: Moment, numbers: Collection[int], *, today: date) -> tuple[Shop, ...]:
    """These shops as they stand on the day."""
    if not numbers:
        return ()
    query = register_queries.shops_query(queries.Scope(moment, today))
    record = tables.shop_record
    query = query.where(_among(record.c.shop_id, numbers)).order_by(record.c.shop_id)
    return register_queries.to_shops(list(session.execute(query)))


def given_at(session: Session, moment: Moment, numbers: Numbers) -> tuple[Assignment, ...]:
    """Which grids these premises are assigned to, without why."""
    states, identity = effective(ASSIGNMENT, moment), tables.assignment
    grid, found = effective(GRID, moment, name="grid"), list[Assignment]()
    named = {"building": tables.building, "compound": tables.compound, "shop": tables.shop}
    for kind, wanted in numbers.items():
        if not wanted:
            continue
        premises = named[kind]
        query = (
            select(premises.c.code, grid.c.code, states.c.method, states.c.accepted_by)
            .join(identity, identity.c[f"{kind}_id"] == premises.c.id)
            .join(states, states.c.assignment_id == identity.c.id)
            .join(grid, grid.c.micro_grid_id == states.c.micro_grid_id)
            .where(_among(premises.c.id, wanted))
        )
        found += [Assignment(kind, row[0], row[1], row[2], "", "", (), row[3]) for row in session.execute(query)]
    return tuple(found)


def people_of(session: Session, moment: Moment, grids: Collection[int], *, day: date) -> tuple[Person, ...]:
    """Those in charge of these grids, or of their parts, on a day; their phones are not read."""
    if not grids:
        return ()
    charge, person, states = tables.charge, tables.person, effective(GRID, moment, name="states")
    parts = effective(PART, moment, name="parts")
    target = func.coalesce(states.c.code, tables.part.c.code)
    query = (
        select(charge.c.id, charge.c.role, person.c.name, target.label("target"))
        .join(person, person.c.id == charge.c.person_id)
        .outerjoin(states, states.c.micro_grid_id == charge.c.micro_grid_id)
        .outerjoin(parts, parts.c.part_id == charge.c.part_id)
        .outerjoin(tables.part, tables.part.c.id == parts.c.part_id)
        .where(_among(func.coalesce(charge.c.micro_grid_id, parts.c.micro_grid_id), grids))
        .where(charge.c.during.contains(day))
        .order_by(charge.c.id)
    )
    rows = session.execute(query)
    return tuple(Person(row.id, row.name, row.role, row.target) for row in rows if row.target is not None)


def _among(column: ColumnElement[Any], numbers: Iterable[int]) -> ColumnElement[bool]:
    # One parameter however many there are.
    return column == func.any(bindparam("numbers", sorted(numbers), type_=ARRAY(BigInteger), unique=True))
