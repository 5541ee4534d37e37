"""Which grids and areas touch a point: one place, or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Float, Integer, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.lookup.answer import LocatedArea
from boundaries.model import Layer, Part
from boundaries.store import tables
from boundaries.store.overlay import AREA, GRID, PART, Moment, effective

_SRID = 4490


@dataclass(frozen=True, slots=True)
class Touching:
    """A grid that a point touches; ``on_border`` where it lies on the grid's border."""

    id: int
    rank: int
    area_id: int
    code: str
    name: str
    kind: str
    layer: Layer
    on_border: bool


@dataclass(frozen=True, slots=True)
class Lowest:
    """The lowest tile grid that one of many points touches, and its area; ``number`` counts from 0."""

    number: int
    code: str
    area: str
    on_border: bool


def _point(x: Any, y: Any) -> ColumnElement[Any]:  # Any: numbers or columns of them; a column of shapes
    return func.ST_SetSRID(func.ST_MakePoint(x, y), _SRID)


def touching(session: Session, moment: Moment, *, x: float, y: float) -> tuple[Touching, ...]:
    """Grids that a point touches, lowest rank first.

    Parameters
    ----------
    x, y : float
        EPSG:4490, degrees.
    """
    states, point = effective(GRID, moment), _point(x, y)
    query = (
        select(states, tables.micro_grid.c.rank, func.ST_Touches(states.c.geom, point).label("on_border"))
        .join(tables.micro_grid, tables.micro_grid.c.id == states.c.micro_grid_id)
        .where(func.ST_Intersects(states.c.geom, point))
        .order_by(tables.micro_grid.c.rank)
    )
    return tuple(
        Touching(row.micro_grid_id, row.rank, row.area_id, row.code, row.name, row.kind, row.layer, row.on_border)
        for row in session.execute(query)
    )


def touching_tiles(session: Session, moment: Moment, *, x: Sequence[float], y: Sequence[float]) -> tuple[Lowest, ...]:
    """The lowest tile grid of each of many points; those in no grid have none.

    Parameters
    ----------
    x, y : sequence of float
        EPSG:4490, degrees.
    """
    points, states = _points(x, y), effective(GRID, moment)
    rank = tables.micro_grid.c.rank
    lowest = (
        select(
            points.c.number,
            func.min(rank).label("rank"),
            func.bool_or(func.ST_Touches(states.c.geom, points.c.geom)).label("on_border"),
        )
        .join(states, func.ST_Intersects(states.c.geom, points.c.geom))
        .join(tables.micro_grid, tables.micro_grid.c.id == states.c.micro_grid_id)
        .where(states.c.layer == "tile")
        .group_by(points.c.number)
        .subquery()
    )
    answer = effective(GRID, moment, name="answer")
    query = (
        select(lowest.c.number, answer.c.code, tables.area.c.code.label("area"), lowest.c.on_border)
        .join(tables.micro_grid, rank == lowest.c.rank)
        .join(answer, answer.c.micro_grid_id == tables.micro_grid.c.id)
        .join(tables.area, tables.area.c.id == answer.c.area_id)
    )
    return tuple(Lowest(row.number, row.code, row.area, row.on_border) for row in session.execute(query))


def _points(x: Sequence[float], y: Sequence[float]) -> Any:  # Any: a subquery with columns of its own
    xs = bindparam("xs", list(x), type_=ARRAY(Float(53)))
    ys = bindparam("ys", list(y), type_=ARRAY(Float(53)))
    given = func.unnest(xs, ys).table_valued("x", "y", with_ordinality="place", name="given").render_derived()
    return select(
        (cast(given.c.place, Integer) - 1).label("number"), _point(given.c.x, given.c.y).label("geom")
    ).subquery("points")


def lowest_area(session: Session, moment: Moment, *, x: float, y: float) -> int | None:
    """Permanent number of the lowest area that a point touches; of several the one with the first code."""
    states, level = effective(AREA, moment), tables.area_level
    query = (
        select(states.c.area_id)
        .join(tables.area, tables.area.c.id == states.c.area_id)
        .join(level, level.c.code == states.c.level)
        .where(func.ST_Intersects(states.c.geom, _point(x, y)))
        .order_by(level.c.depth.desc(), tables.area.c.code)
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()


def areas_above(session: Session, moment: Moment, area_id: int) -> tuple[LocatedArea, ...]:
    """An area and all above it, from the top down."""
    states = effective(AREA, moment, name="states")
    chain = select(states.c.area_id, states.c.parent_id).where(states.c.area_id == area_id).cte(recursive=True)
    above = effective(AREA, moment, name="above")
    # UNION, not UNION ALL: a ring of parents would end here too.
    chain = chain.union(select(above.c.area_id, above.c.parent_id).join(chain, chain.c.parent_id == above.c.area_id))
    holds, level = effective(AREA, moment, name="holds"), tables.area_level
    query = (
        select(tables.area.c.code, holds.c.name, holds.c.level)
        .join(chain, chain.c.area_id == holds.c.area_id)
        .join(tables.area, tables.area.c.id == holds.c.area_id)
        .join(level, level.c.code == holds.c.level)
        .order_by(level.c.depth, tables.area.c.code)
    )
    return tuple(LocatedArea(row.code, row.name, row.level) for row in session.execute(query))


def parts_of(session: Session, moment: Moment, grid_ids: Sequence[int]) -> dict[int, tuple[Part, ...]]:
    """Parts by permanent number of their grid, without counts."""
    states = effective(PART, moment)
    query = (
        select(states, tables.part.c.code)
        .join(tables.part, tables.part.c.id == states.c.part_id)
        .where(states.c.micro_grid_id.in_(grid_ids))
        .order_by(tables.part.c.code)
    )
    found: dict[int, tuple[Part, ...]] = {}
    for row in session.execute(query):
        floors = (row.floors.lower, row.floors.upper - 1) if row.floors is not None else None
        part = Part(row.part_id, row.code, row.name, tuple(row.units), floors)
        found[row.micro_grid_id] = (*found.get(row.micro_grid_id, ()), part)
    return found


def extent(session: Session, moment: Moment) -> tuple[float, float, float, float] | None:
    """Bounds of all areas (west, south, east, north), None where there is none."""
    states = effective(AREA, moment)
    box = func.ST_Extent(states.c.geom)
    row = session.execute(
        select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box)).select_from(states)
    ).one()
    return None if row[0] is None else (float(row[0]), float(row[1]), float(row[2]), float(row[3]))


def generation_on(session: Session, day: date, *, timezone: str) -> int | None:
    """The newest generation that was published by the end of a day in a time zone."""
    published = tables.generation.c.published_at
    query = select(func.max(tables.generation.c.number)).where(cast(func.timezone(timezone, published), Date) <= day)
    number = session.execute(query).scalar_one()
    return None if number is None else int(number)
