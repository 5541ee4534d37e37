"""What holds in a generation or in a draft: the one rule by which states are read."""

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Integer, Subquery, Table, and_, cast, exists, null, or_, select

from boundaries.store import tables


@dataclass(frozen=True, slots=True)
class Thing:
    """A versioned thing: its table of identities, its table of states, what a state says."""

    name: str
    identity: Table
    state: Table
    content: tuple[str, ...]

    @property
    def key(self) -> str:
        """Name of the column that points at the identity."""
        return f"{self.name}_id"


AREA = Thing("area", tables.area, tables.area_state, ("name", "level", "parent_id", "geom"))
GRID = Thing(
    "micro_grid",
    tables.micro_grid,
    tables.micro_grid_state,
    ("code", "name", "honorary_name", "kind", "layer", "street_group", "area_id", "geom"),
)
PART = Thing("part", tables.part, tables.part_state, ("micro_grid_id", "name", "units", "floors"))
BUILDING = Thing(
    "building",
    tables.building,
    tables.building_state,
    ("number", "compound_id", "floors", "entrances", "dwellings", "geom"),
)
COMPOUND = Thing(
    "compound", tables.compound, tables.compound_state, ("name", "property_managed", "resettlement", "geom")
)
ASSIGNMENT = Thing(
    "assignment",
    tables.assignment,
    tables.assignment_state,
    ("micro_grid_id", "method", "reason_zh", "reason_en", "alternatives", "accepted_by"),
)
# In the order in which they refer to one another.
THINGS = (AREA, COMPOUND, BUILDING, GRID, PART, ASSIGNMENT)


@dataclass(frozen=True, slots=True)
class Moment:
    """Which state is meant: a generation (None before the first), and a draft over it."""

    generation: int | None
    draft: int | None = None


def effective(thing: Thing, moment: Moment, *, name: str | None = None) -> Subquery:
    """The states of a thing that hold: the draft's own, and those of the generation that it leaves alone.

    Parameters
    ----------
    thing : Thing
    moment : Moment
    name : str, optional
        Alias of the subquery.

    Returns
    -------
    Subquery
        Columns of the table of states, one row for each thing that lives.
    """
    # Under a name it stands once in a query, so the next query may have the same one: making it takes longer
    # than many a query runs.
    return _made(thing, moment, None) if name is None else _kept(thing, moment, name)


@lru_cache(maxsize=256)
def _kept(thing: Thing, moment: Moment, name: str) -> Subquery:
    made = _made(thing, moment, name)
    # Its columns are worked out by whoever made it, not by many at once.
    len(made.c)
    return made


def _made(thing: Thing, moment: Moment, name: str | None) -> Subquery:
    state = thing.state
    published = null() if moment.generation is None else moment.generation
    holds = state.c.valid.contains(cast(published, Integer))
    if moment.draft is None:
        return select(state).where(holds).subquery(name)
    own = state.alias()
    touched = exists().where(and_(own.c.draft_id == moment.draft, own.c[thing.key] == state.c[thing.key]))
    return (
        select(state)
        .where(or_(and_(holds, ~touched), and_(state.c.draft_id == moment.draft, ~state.c.retired)))
        .subquery(name)
    )
