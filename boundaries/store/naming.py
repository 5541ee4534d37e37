"""Codes that people know, of permanent numbers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from boundaries.store import tables
from boundaries.store.overlay import ASSIGNMENT, GRID, THINGS

_THING_OF = {thing.name: thing for thing in THINGS}


def codes_of(session: Session, thing: str, numbers: Sequence[int]) -> tuple[str, ...]:
    """Codes of things, in order; a micro-grid goes by its newest, an assignment by its premises (``building:CODE``).

    Parameters
    ----------
    thing : str
        Name of a :class:`~boundaries.store.overlay.Thing`.
    numbers : sequence of int
        Permanent numbers.
    """
    return tuple(sorted(session.execute(_query(thing, numbers)).scalars()))


def _query(thing: str, numbers: Sequence[int]) -> Select[Any]:  # Any: one column of text
    if thing == GRID.name:
        state = GRID.state
        newest = (
            select(state.c.micro_grid_id, state.c.code)
            .where(state.c.micro_grid_id.in_(numbers))
            .ext(distinct_on(state.c.micro_grid_id))
            .order_by(state.c.micro_grid_id, state.c.id.desc())
            .subquery()
        )
        given = tables.micro_grid_code
        # A grid that only an undone change knew has no state, but a code of its own for ever.
        only = (
            select(given.c.micro_grid_id, func.min(given.c.code).label("code"))
            .where(given.c.micro_grid_id.in_(numbers))
            .group_by(given.c.micro_grid_id)
            .subquery()
        )
        return select(func.coalesce(newest.c.code, only.c.code)).select_from(
            only.outerjoin(newest, newest.c.micro_grid_id == only.c.micro_grid_id)
        )
    if thing == ASSIGNMENT.name:
        identity = ASSIGNMENT.identity
        one = func.coalesce(
            "building:" + tables.building.c.code, "compound:" + tables.compound.c.code, "shop:" + tables.shop.c.code
        )
        return (
            select(one)
            .select_from(identity)
            .outerjoin(tables.building, tables.building.c.id == identity.c.building_id)
            .outerjoin(tables.compound, tables.compound.c.id == identity.c.compound_id)
            .outerjoin(tables.shop, tables.shop.c.id == identity.c.shop_id)
            .where(identity.c.id.in_(numbers))
        )
    table = _THING_OF[thing].identity
    return select(table.c.code).where(table.c.id.in_(numbers))
