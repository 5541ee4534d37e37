"""What may differ between two states, found by the ranges in which rows hold."""

from collections.abc import Collection

from sqlalchemy import BigInteger, ColumnElement, Text, and_, bindparam, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.model import Area, MicroGrid
from boundaries.store import places, queries, tables
from boundaries.store.overlay import GRID, PART, Moment, Thing, effective


def changed_numbers(
    session: Session, thing: Thing, *, before: Moment, after: Moment, column: str | None = None
) -> set[int]:
    """Permanent numbers of things with a state that begins or ends between two moments, or is a draft's own.

    Parameters
    ----------
    thing : Thing
    before, after : Moment
        Of generations or drafts, in either order.
    column : str, optional
        The number to give instead of the thing's own, such as that of a part's micro-grid.
    """
    state = thing.state
    older, newer = sorted(moment.generation or 0 for moment in (before, after))
    turns = [and_(at > older, at <= newer) for at in (state.c.since, state.c.until)]
    drafts = [moment.draft for moment in (before, after) if moment.draft is not None]
    number = state.c[column or thing.key]
    found = set(session.execute(select(number).where(or_(*turns)).distinct()).scalars())
    if not drafts:
        return found
    own = select(state.c[thing.key]).where(state.c.draft_id.in_(drafts)).distinct()
    # Of another column, what stood there before counts as much as what the draft says.
    return found | set(session.execute(select(number).where(state.c[thing.key].in_(own)).distinct()).scalars())


def grids_in(session: Session, moment: Moment, areas: Collection[str]) -> set[int]:
    """Permanent numbers of the micro-grids of these areas, named by code."""
    if not areas:
        return set()
    states, area = effective(GRID, moment), tables.area
    query = select(states.c.micro_grid_id).join(area, area.c.id == states.c.area_id).where(_named(areas))
    return set(session.execute(query).scalars())


def tiles_below(session: Session, numbers: Collection[int], *, before: Moment, after: Moment) -> set[int]:
    """Permanent numbers of the tile grids of the newer moment that overlays among these, old or new, touch."""
    if not numbers:
        return set()
    tiles = effective(GRID, after, name="tiles")
    chosen = [
        select(states.c.geom).where(states.c.layer == "overlay", _among(states.c.micro_grid_id, numbers))
        for states in (effective(GRID, before, name="before"), effective(GRID, after, name="after"))
    ]
    # Overlays first, whatever the server guesses: they are few, and then the index finds what they touch.
    over = union_all(*chosen).cte("over").prefix_with("MATERIALIZED")
    touching = func.ST_Intersects(over.c.geom, tiles.c.geom)
    query = select(tiles.c.micro_grid_id).join(over, touching).where(tiles.c.layer == "tile")
    return set(session.execute(query.distinct()).scalars())


def grids_at(session: Session, moment: Moment, numbers: Collection[int]) -> tuple[MicroGrid, ...]:
    """Those of these micro-grids that hold, by rank, with their parts; households are not read."""
    if not numbers:
        return ()
    query, states = queries.grids_query(moment)
    query = query.where(_among(states.c.micro_grid_id, numbers)).order_by(tables.micro_grid.c.rank)
    divided = set(session.execute(select(effective(PART, moment).c.micro_grid_id).distinct()).scalars())
    parts = places.parts_of(session, moment, sorted(divided.intersection(numbers)))
    return queries.to_grids(session.execute(query).all(), parts)


def areas_at(session: Session, moment: Moment, numbers: Collection[int]) -> tuple[Area, ...]:
    """Those of these areas that hold, by permanent number."""
    if not numbers:
        return ()
    query, states = queries.areas_query(moment)
    query = query.where(_among(states.c.area_id, numbers)).order_by(states.c.area_id)
    return queries.to_areas(session.execute(query).all())


def area_chains(session: Session, moment: Moment) -> dict[str, tuple[str, ...]]:
    """Code of every area that holds -> codes of it and of all above it."""
    numbers, parents = queries.area_tree(session, moment)
    codes = {number: code for code, number in numbers.items()}
    return {code: tuple(codes[one] for one in queries.chain(number, parents)) for code, number in numbers.items()}


def area_numbers(session: Session, codes: Collection[str]) -> set[int]:
    """Permanent numbers of areas, in whatever state."""
    if not codes:
        return set()
    return set(session.execute(select(tables.area.c.id).where(_named(codes))).scalars())


def _named(codes: Collection[str]) -> ColumnElement[bool]:
    return tables.area.c.code == func.any(bindparam("codes", sorted(codes), type_=ARRAY(Text)))


def _among(column: ColumnElement[int], numbers: Collection[int]) -> ColumnElement[bool]:
    # One parameter however many there are.
    return column == func.any(bindparam("numbers", sorted(numbers), type_=ARRAY(BigInteger), unique=True))
