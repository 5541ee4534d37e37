"""Rows of a draft whose things were changed since: found, moved onto what holds now, or taken out."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.merging import SHAPE, Content, Stale
from boundaries.store import changes, tables
from boundaries.store.overlay import ASSIGNMENT, GRID, THINGS, Thing

_draft = tables.draft
_THING_OF = {thing.name: thing for thing in THINGS}


def stale_rows(session: Session, draft_id: int) -> tuple[Stale, ...]:
    """The rows of a draft that do not start from what holds now, by thing and permanent number."""
    return tuple(stale for thing in THINGS for stale in _stale(session, thing, draft_id))


def _stale(session: Session, thing: Thing, draft_id: int) -> Iterator[Stale]:
    own, living, base = (thing.state.alias(name) for name in ("own", "living", "base"))
    key = thing.key
    # Who made it go, where nothing holds any more.
    last = thing.state.alias("last")
    changed = select(func.max(func.coalesce(last.c.until, last.c.since))).where(last.c[key] == own.c[key])
    query = (
        select(
            own.c[key].label("number"),
            own.c.version,
            own.c.retired,
            living.c.version.label("their_version"),
            base.c.version.label("base_version"),
            func.coalesce(living.c.since, changed.scalar_subquery()).label("generation"),
            *_content(thing, own, "mine"),
            *_content(thing, living, "theirs"),
            *_content(thing, base, "base"),
        )
        .outerjoin(living, and_(living.c[key] == own.c[key], func.upper_inf(living.c.valid)))
        .outerjoin(
            base,
            and_(base.c[key] == own.c[key], base.c.version == own.c.base_version, base.c.valid.is_not(None)),
        )
        .where(own.c.draft_id == draft_id, own.c.base_version.is_distinct_from(living.c.version))
        .order_by(own.c[key])
    )
    rows = session.execute(query).all()
    code_of = _named(session, thing, [row.number for row in rows])
    for row in rows:
        yield Stale(
            thing=thing.name,
            id=row.number,
            code=code_of[row.number],
            base=_read(thing, row, "base") if row.base_version is not None else None,
            theirs=_read(thing, row, "theirs") if row.their_version is not None else None,
            mine=None if row.retired else _read(thing, row, "mine"),
            generation=row.generation,
            version=row.version,
            their_version=row.their_version,
        )


def _named(session: Session, thing: Thing, numbers: Sequence[int]) -> dict[int, str]:
    if not numbers:
        return {}
    wanted = bindparam("numbers", list(numbers), type_=ARRAY(BigInteger))
    if thing is GRID:
        given = tables.micro_grid_code
        query = select(given.c.micro_grid_id, func.min(given.c.code)).group_by(given.c.micro_grid_id)
        return {row[0]: row[1] for row in session.execute(query.where(given.c.micro_grid_id == func.any(wanted)))}
    identity = thing.identity
    if thing is ASSIGNMENT:
        label = case(
            (identity.c.building_id.is_not(None), "building:" + tables.building.c.code),
            (identity.c.compound_id.is_not(None), "compound:" + tables.compound.c.code),
            else_="shop:" + tables.shop.c.code,
        )
        query = (
            select(identity.c.id, label)
            .outerjoin(tables.building, tables.building.c.id == identity.c.building_id)
            .outerjoin(tables.compound, tables.compound.c.id == identity.c.compound_id)
            .outerjoin(tables.shop, tables.shop.c.id == identity.c.shop_id)
        )
    else:
        query = select(identity.c.id, identity.c.code)
    return {row[0]: row[1] for row in session.execute(query.where(identity.c.id == func.any(wanted)))}


def codes(session: Session, thing: str, numbers: Sequence[int]) -> dict[int, str]:
    """Codes of things by permanent number; an assignment goes by its premises (``building:CODE``)."""
    return _named(session, _THING_OF[thing], numbers)


def keep(session: Session, draft_id: int, thing: str, numbers: Collection[int]) -> Any:
    """Keep these rows of a draft as they were, for the block that writes them; the session is in a change."""
    wanted = select(func.unnest(cast(literal(sorted(numbers), ARRAY(BigInteger)), ARRAY(BigInteger))))
    return changes.kept(session, _THING_OF[thing], draft_id, wanted)


def move(session: Session, draft_id: int, stale: Stale, content: Content | None) -> None:
    """Let a row start from what holds now, with this content; None leaves it as it is."""
    state = _THING_OF[stale.thing].state
    their_version = stale.their_version
    values: dict[str, Any] = {
        "base_version": their_version,
        "version": max(stale.version, their_version or 0) + 1,
        **({} if content is None else _written(content)),
    }
    session.execute(update(state).where(_of(stale.thing, draft_id, stale.id)).values(values))


def drop(session: Session, draft_id: int, stale: Stale) -> None:
    """Take a row out of a draft: what holds now is what it has."""
    state = _THING_OF[stale.thing].state
    session.execute(delete(state).where(_of(stale.thing, draft_id, stale.id)))


def renew(session: Session, draft_id: int, stale: Stale) -> None:
    """Let a row make its thing anew: what it started from was retired."""
    state = _THING_OF[stale.thing].state
    session.execute(
        update(state).where(_of(stale.thing, draft_id, stale.id)).values(base_version=null(), version=stale.version + 1)
    )


def stand_on(session: Session, draft_id: int, generation: int | None) -> None:
    """Let a draft stand on another generation."""
    session.execute(update(_draft).where(_draft.c.id == draft_id).values(base_generation=generation))


def drawn_shapes(session: Session, draft_id: int, thing: str, box: Sequence[float]) -> dict[int, Any]:
    """Shapes that a draft has within a box, by permanent number."""  # Any: shapely geometries
    state = _THING_OF[thing].state
    here = func.ST_MakeEnvelope(*box, 4490)
    query = select(state.c[_THING_OF[thing].key], func.ST_AsBinary(state.c.geom)).where(
        state.c.draft_id == draft_id, ~state.c.retired, func.ST_Intersects(func.ST_Envelope(state.c.geom), here)
    )
    return {row[0]: shapely.from_wkb(bytes(row[1])) for row in session.execute(query)}


def their_shapes(session: Session, draft_id: int, *, since: int, box: Sequence[float]) -> dict[int, Any]:
    """Shapes of micro-grids within a box that generations after one changed and the draft leaves alone."""
    state, own = GRID.state, GRID.state.alias("own")
    touched = select(own.c.micro_grid_id).where(own.c.draft_id == draft_id)
    query = select(state.c.micro_grid_id, func.ST_AsBinary(state.c.geom)).where(
        func.upper_inf(state.c.valid),
        state.c.since > since,
        func.ST_Intersects(state.c.geom, func.ST_MakeEnvelope(*box, 4490)),
        state.c.micro_grid_id.not_in(touched),
    )
    return {row[0]: shapely.from_wkb(bytes(row[1])) for row in session.execute(query)}


def redraw(session: Session, draft_id: int, thing: str, shapes: Mapping[int, Any]) -> None:
    """Give things of a draft other shapes, those that it leaves alone a row of its own."""
    state, key = _THING_OF[thing].state, _THING_OF[thing].key
    for number, shape in shapes.items():
        geom = _geometry(shape)
        found = session.execute(
            update(state)
            .where(_of(thing, draft_id, number))
            .values(geom=geom, version=state.c.version + 1)
            .returning(state.c.id)
        ).first()
        if found is None:
            session.execute(_copied(_THING_OF[thing], draft_id, number, geom, key))


def _copied(thing: Thing, draft_id: int, number: int, geom: Any, key: str) -> Any:  # Any: SQL
    state = thing.state
    names = [name for name in thing.content if name != SHAPE]
    columns = [key, *names, "source_id", SHAPE, "draft_id", "base_version", "version"]
    rows: Select[Any] = select(
        state.c[key],
        *(state.c[name] for name in names),
        state.c.source_id,
        geom,
        literal(draft_id),
        state.c.version,
        state.c.version + 1,
    ).where(state.c[key] == number, func.upper_inf(state.c.valid))
    return insert(state).from_select(columns, rows, False)


def _of(thing: str, draft_id: int, number: int) -> Any:  # Any: a condition
    state = _THING_OF[thing].state
    return and_(state.c.draft_id == draft_id, state.c[_THING_OF[thing].key] == number)


def _content(thing: Thing, table: Any, prefix: str) -> list[Any]:  # Any: a table of states and its columns
    return [
        (func.ST_AsBinary(table.c.geom) if name == SHAPE else table.c[name]).label(f"{prefix}_{name}")
        for name in thing.content
    ]


def _read(thing: Thing, row: Row[Any], prefix: str) -> Content:  # Any: columns of three tables
    found = {name: row._mapping[f"{prefix}_{name}"] for name in thing.content}
    if SHAPE in found:
        found[SHAPE] = shapely.from_wkb(bytes(found[SHAPE]))
    return found


def _written(content: Content) -> dict[str, Any]:  # Any: the columns of a thing
    return {name: _geometry(value) if name == SHAPE else value for name, value in content.items()}


def _geometry(shape: Any) -> Any:  # Any: a shapely geometry, SQL
    return func.ST_GeomFromWKB(shapely.to_wkb(shape), 4490)
