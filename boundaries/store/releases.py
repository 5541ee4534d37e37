"""A draft's rows become a generation: compared, closed, opened."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, cast, delete, exists, func, insert, null, or_, select, text, update
from sqlalchemy.orm import Session

from boundaries.store import tables
from boundaries.store.overlay import GRID, THINGS, Thing

# Any number: numbering and writing a generation is for one at a time, so numbers come out gapless and in order.
_PUBLISHER = 0x6D67_0003
_WAIT_FOR_PUBLISHER = "60s"


@dataclass(frozen=True, slots=True)
class Clash:
    """A thing that a draft changes and that a generation changed after the draft branched off."""

    thing: str
    code: str
    generation: int


def wait_for_publisher(session: Session) -> None:
    """Be the only one who publishes, until the transaction ends.

    Raises
    ------
    Conflict
        If another publication takes too long (told by the session's refusals).
    """
    session.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_PUBLISHER}'"))
    session.execute(select(func.pg_advisory_xact_lock(_PUBLISHER)))


def changes(session: Session, draft_id: int) -> dict[str, dict[str, int]]:
    """How many of each thing a draft adds, changes and retires; things that it leaves alone are not listed."""
    found: dict[str, dict[str, int]] = {}
    for thing in THINGS:
        state = thing.state
        new = state.c.base_version.is_(None)
        row = session.execute(
            select(
                func.count().filter(new),
                func.count().filter(and_(~new, ~state.c.retired)),
                func.count().filter(state.c.retired),
            ).where(state.c.draft_id == draft_id)
        ).one()
        if any(row):
            found[thing.name] = {"added": row[0], "changed": row[1], "retired": row[2]}
    return found


def clashes(session: Session, draft_id: int, *, limit: int = 20) -> tuple[Clash, ...]:
    """Things whose published version is not the one that the draft started from."""
    found: list[Clash] = []
    for thing in THINGS:
        own, living = thing.state.alias("own"), thing.state.alias("living")
        numbers = session.execute(
            select(own.c[thing.key])
            .outerjoin(living, and_(living.c[thing.key] == own.c[thing.key], func.upper_inf(living.c.valid)))
            .where(own.c.draft_id == draft_id, own.c.base_version.is_distinct_from(living.c.version))
            .order_by(own.c[thing.key])
            .limit(limit)
        ).scalars()
        found += _named(session, thing, list(numbers))
    return tuple(found[:limit])


def codes_twice(session: Session, generation: int) -> tuple[str, ...]:
    """Codes that a micro-grid and a part of another one carry, where one of the two is of this generation."""
    grid, part = tables.micro_grid_state, tables.part_state
    query = (
        select(grid.c.code)
        .join(tables.part, tables.part.c.code == grid.c.code)
        .join(part, part.c.part_id == tables.part.c.id)
        .where(
            func.upper_inf(grid.c.valid),
            func.upper_inf(part.c.valid),
            part.c.micro_grid_id != grid.c.micro_grid_id,
            or_(grid.c.since == generation, part.c.since == generation),
        )
    )
    return tuple(session.execute(query.distinct().order_by(grid.c.code)).scalars())


def add_generation(
    session: Session,
    draft_id: int,
    *,
    newest: int | None,
    actor: str,
    now: datetime,
    note: str,
    summary: Mapping[str, object],
) -> int:
    """Write the next generation's own row and give its number."""
    number = (newest or 0) + 1
    session.execute(
        insert(tables.generation).values(
            number=number,
            previous=newest,
            draft_id=draft_id,
            published_at=now,
            published_by=actor,
            note=note,
            summary=summary,
        )
    )
    return number


def turn(session: Session, draft_id: int, generation: int) -> None:
    """Close what the draft replaces or retires, and make its rows hold from this generation on."""
    for thing in THINGS:
        state, own = thing.state, thing.state.alias("own")
        replaced = exists().where(own.c.draft_id == draft_id, own.c[thing.key] == state.c[thing.key])
        closed = func.int4range(func.lower(state.c.valid), generation)
        session.execute(update(state).where(func.upper_inf(state.c.valid), replaced).values(valid=closed))
        session.execute(delete(state).where(state.c.draft_id == draft_id, state.c.retired))
        opened = func.int4range(generation, cast(null(), Integer))
        session.execute(
            update(state).where(state.c.draft_id == draft_id).values(valid=opened, draft_id=None, base_version=None)
        )


def _named(session: Session, thing: Thing, numbers: list[int]) -> list[Clash]:
    """Code of each thing, and the generation that last changed or retired it."""
    if not numbers:
        return []
    state = thing.state
    last = func.max(func.coalesce(state.c.until, state.c.since))
    rows = session.execute(
        select(state.c[thing.key], last).where(state.c[thing.key].in_(numbers)).group_by(state.c[thing.key])
    )
    changed: dict[int, int] = {row[0]: row[1] for row in rows}
    codes = {number: str(number) for number in numbers}
    if thing is GRID:
        given = tables.micro_grid_code
        named = select(given.c.micro_grid_id, func.min(given.c.code)).where(given.c.micro_grid_id.in_(numbers))
        codes |= {row[0]: row[1] for row in session.execute(named.group_by(given.c.micro_grid_id))}
    elif "code" in thing.identity.c:
        identity = thing.identity
        found = session.execute(select(identity.c.id, identity.c.code).where(identity.c.id.in_(numbers)))
        codes |= {row[0]: row[1] for row in found}
    return [Clash(thing.name, codes[number], changed[number]) for number in numbers]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who published a generation, when, and of which draft."""

    published_by: str
    published_at: datetime
    draft_id: int


def origins(session: Session, numbers: Collection[int]) -> dict[int, Origin]:
    """Where generations came from."""
    table = tables.generation
    rows = session.execute(select(table).where(table.c.number.in_(numbers)))
    return {row.number: Origin(row.published_by, row.published_at, row.draft_id) for row in rows.all()}
