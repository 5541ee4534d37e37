"""What was counted of buildings and parts, and where these are."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Row, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.store import tables
from boundaries.store.overlay import AREA, BUILDING, GRID, PART, Moment, effective

_count = tables.household_count


def is_known(session: Session, kind: str, code: str) -> bool:
    """Whether a ``building`` or a ``part`` of this code was ever registered."""
    table = BUILDING.identity if kind == "building" else PART.identity
    return session.execute(select(table.c.id).where(table.c.code == code)).first() is not None


def counts_on(
    session: Session, day: date, *, after: int | None, limit: int, codes: Collection[str] | None
) -> list[Row[Any]]:
    """Counts of a day by number: ``id building part households rented garages during``."""
    building, part = tables.building.c.code, tables.part.c.code
    query = (
        select(_count, building.label("building"), part.label("part"))
        .outerjoin(tables.building, tables.building.c.id == _count.c.building_id)
        .outerjoin(tables.part, tables.part.c.id == _count.c.part_id)
        .where(_count.c.during.contains(day))
        .order_by(_count.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(_count.c.id > after)
    if codes is not None:
        wanted = bindparam("codes", sorted(codes), type_=ARRAY(Text), unique=True)
        query = query.where(func.coalesce(building, part) == func.any(wanted))
    return list(session.execute(query))


def area_of(session: Session, moment: Moment, kind: str, code: str) -> str | None:
    """Code of the lowest area around a building, or of the area of a part's grid; None where there is none."""
    if kind == "part":
        part, grid = effective(PART, moment), effective(GRID, moment)
        query = (
            select(tables.area.c.code)
            .join(grid, grid.c.area_id == tables.area.c.id)
            .join(part, part.c.micro_grid_id == grid.c.micro_grid_id)
            .join(tables.part, tables.part.c.id == part.c.part_id)
            .where(tables.part.c.code == code)
        )
        return session.execute(query).scalar_one_or_none()
    building, area, level = effective(BUILDING, moment), effective(AREA, moment), tables.area_level
    inner = (
        select(func.ST_PointOnSurface(building.c.geom))
        .join(tables.building, tables.building.c.id == building.c.building_id)
        .where(tables.building.c.code == code)
        .scalar_subquery()
    )
    query = (
        select(tables.area.c.code)
        .join(area, area.c.area_id == tables.area.c.id)
        .join(level, level.c.code == area.c.level)
        .where(func.ST_Intersects(area.c.geom, inner))
        .order_by(level.c.depth.desc(), tables.area.c.code)
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()
