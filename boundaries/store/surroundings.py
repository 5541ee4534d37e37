"""Which areas a draft touches, and the state of these areas alone."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    exists,
    func,
    select,
    text,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery
from sqlalchemy.types import NullType

from boundaries.model import Area, Building, Compound, MicroGrid, Shop
from boundaries.store import queries, register_queries, tables
from boundaries.store.overlay import AREA, ASSIGNMENT, BUILDING, COMPOUND, GRID, PART, Moment, Thing, effective
from boundaries.store.queries import Scope
from boundaries.surroundings import Touched, Tree

# Any number: whoever publishes areas that stand below none is alone with them.
_TOPMOST = 0x6D67_0004


def area_tree(session: Session, moment: Moment) -> Tree:
    """The areas of a state, and which of them tile grids divide."""
    numbers, parents = queries.area_tree(session, moment)
    states = effective(GRID, moment)
    divided = session.execute(select(states.c.area_id).where(states.c.layer == "tile").distinct()).scalars()
    return Tree({number: code for code, number in numbers.items()}, parents, frozenset(divided))


def touched_areas(session: Session, moment: Moment) -> Touched:
    """The areas that the rows of a draft touch, as they are in it and as they are in the generation below it."""
    rows = {thing.name: _rows(thing, moment) for thing in (AREA, GRID, PART, BUILDING, COMPOUND, ASSIGNMENT)}
    holding = set(session.execute(select(rows["micro_grid"].c.area_id).distinct()).scalars())
    named = union(*(select(rows[name].c.micro_grid_id) for name in ("part", "assignment")))
    holding |= _areas_of(session, set(session.execute(named).scalars()), moment)
    premises = union_all(*(select(_bare_shape(rows[name])) for name in ("building", "compound"))).subquery()
    redrawn = session.execute(select(rows["area"].c.area_id, rows["area"].c.parent_id)).all()
    beside = _meeting(session, moment, select(_bare_shape(rows["area"])).subquery()) if redrawn else set()
    return Touched(
        holding=frozenset(holding),
        ground=frozenset(_meeting(session, moment, premises)),
        redrawn=frozenset(row.area_id for row in redrawn),
        beside=frozenset(beside),
        uppers=frozenset(row.parent_id for row in redrawn if row.parent_id is not None),
        is_topmost=any(row.parent_id is None for row in redrawn),
    )


def unproved_areas(session: Session, numbers: Collection[int]) -> frozenset[int]:
    """Those of these areas that no certificate names."""
    proved = session.execute(select(tables.certificate.c.area_id).distinct()).scalars()
    return frozenset(numbers).difference(proved)


def lock_areas(session: Session, *, touched: Collection[int], shown: Collection[int], is_topmost: bool) -> None:
    """Hold areas until the transaction ends, in the order of their numbers, so that nobody waits in a circle.

    Those touched are held alone. What only stands above them is held together with others,
    and kept from those who would change it.
    """
    if is_topmost:
        session.execute(select(func.pg_advisory_xact_lock(_TOPMOST)))
    session.execute(text("SET LOCAL lock_timeout = '60s'"))
    area = tables.area
    for number in sorted({*touched, *shown}):
        query = select(area.c.id).where(area.c.id == number)
        alone = number in touched
        session.execute(query.with_for_update(key_share=True) if alone else query.with_for_update(read=True))


def areas(session: Session, scope: Scope, numbers: Collection[int]) -> tuple[Area, ...]:
    """Areas by permanent number."""
    query, states = queries.areas_query(scope.moment)
    query = query.where(_among(states.c.area_id, numbers)).order_by(states.c.area_id)
    return queries.to_areas(session.execute(query).all())


def grids(session: Session, scope: Scope, numbers: Collection[int]) -> tuple[MicroGrid, ...]:
    """Micro-grids of these areas by rank, with their parts."""
    query, states = queries.grids_query(scope.moment)
    query = query.where(_among(states.c.area_id, numbers)).order_by(tables.micro_grid.c.rank)
    rows = session.execute(query).all()
    parts = queries.parts(session, scope.moment, scope.today, grids=[row.micro_grid_id for row in rows])
    return queries.to_grids(rows, parts)


def buildings(session: Session, scope: Scope, numbers: Collection[int]) -> tuple[Building, ...]:
    """Buildings that touch the ground of these areas, and those of the draft wherever they are."""
    query, states = queries.buildings_query(scope.moment, scope.today)
    found = _rows_on(session, BUILDING, scope.moment, numbers)
    query = query.where(_among(states.c.id, found)).order_by(states.c.building_id)
    return queries.to_buildings(session.execute(query).all())


def compounds(session: Session, scope: Scope, numbers: Collection[int]) -> tuple[Compound, ...]:
    """Compounds that touch the ground of these areas, and those of the draft wherever they are."""
    query, states = queries.compounds_query(scope.moment)
    found = _rows_on(session, COMPOUND, scope.moment, numbers)
    query = query.where(_among(states.c.id, found)).order_by(states.c.compound_id)
    return queries.to_compounds(session.execute(query).all())


def shops(session: Session, scope: Scope, numbers: Collection[int]) -> tuple[Shop, ...]:
    """Shops with a door on the ground of these areas."""
    record = tables.shop_record
    ground = _ground(scope.moment, numbers)
    doors = select(record.c.shop_id).join(ground, func.ST_Intersects(record.c.geom, ground.c.geom))
    found = set(session.execute(doors.distinct()).scalars())
    query = register_queries.shops_query(scope).where(_among(record.c.shop_id, found))
    return register_queries.to_shops(session.execute(query.order_by(record.c.shop_id)).all())


def areas_met(session: Session, moment: Moment, thing: Thing, numbers: Collection[int]) -> set[int]:
    """Areas that these buildings or compounds meet."""
    if not numbers:
        return set()
    states = effective(thing, moment)
    return _meeting(session, moment, select(_bare_shape(states)).where(_among(states.c[thing.key], numbers)).subquery())


def _both(moment: Moment) -> tuple[Moment, Moment]:
    return moment, Moment(moment.generation)


def _rows(thing: Thing, moment: Moment) -> Subquery:
    """The rows of a draft, and those that they stand in place of."""
    state = thing.state
    own, base = state.alias(), effective(thing, Moment(moment.generation))
    touched = exists().where(own.c.draft_id == moment.draft, own.c[thing.key] == base.c[thing.key])
    columns = [column.name for column in state.c if column.name != "geom"]
    shaped = "geom" in state.c

    def of(table: Any) -> Select[Any]:  # Any: the table of states or a subquery of it
        listed = [table.c[name] for name in columns]
        return select(*listed, *([_bare_shape(table)] if shaped else []))

    return union_all(of(state).where(state.c.draft_id == moment.draft), of(base).where(touched)).subquery()


def _areas_of(session: Session, grids: Collection[int], moment: Moment) -> set[int]:
    """Areas that these micro-grids fill, in the draft or in the generation below it."""
    found: set[int] = set()
    for at in _both(moment) if grids else ():
        states = effective(GRID, at)
        query = select(states.c.area_id).where(_among(states.c.micro_grid_id, grids))
        found.update(session.execute(query.distinct()).scalars())
    return found


def _meeting(session: Session, moment: Moment, shapes: Subquery) -> set[int]:
    """Areas of the draft, or of the generation below it, that meet any of these shapes."""
    found: set[int] = set()
    for at in _both(moment):
        states = effective(AREA, at)
        query = select(states.c.area_id).where(exists().where(func.ST_Intersects(states.c.geom, shapes.c.geom)))
        found.update(session.execute(query).scalars())
    return found


def _rows_on(session: Session, thing: Thing, moment: Moment, numbers: Collection[int]) -> set[int]:
    """Rows that touch the ground of these areas, in whatever generation, and those of the draft."""
    state, ground = thing.state, _ground(moment, numbers)
    met = select(state.c.id).join(ground, func.ST_Intersects(state.c.geom, ground.c.geom))
    own = select(state.c.id).where(state.c.draft_id == moment.draft)
    return set(session.execute(union(met, own)).scalars())


def _ground(moment: Moment, numbers: Collection[int]) -> CTE:
    """The polygons of these areas."""
    states = effective(AREA, moment, name="ground_states")
    # First, whatever the server guesses: they are few, and then the index finds what touches them.
    chosen = select(_bare_shape(states)).where(_among(states.c.area_id, numbers))
    return chosen.cte("ground").prefix_with("MATERIALIZED")


def _bare_shape(table: Any) -> ColumnElement[Any]:  # Any: a table or a subquery
    # Without its type, so that a shape passes from query to query as it is, not by way of text.
    return type_coerce(table.c.geom, NullType()).label("geom")


def _among(column: ColumnElement[int], numbers: Collection[int]) -> ColumnElement[bool]:
    # One parameter however many there are.
    return column == func.any(bindparam("numbers", sorted(numbers), type_=ARRAY(BigInteger), unique=True))
