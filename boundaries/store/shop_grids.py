"""The grids that shops are given between two generations, by day."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, and_, cast, delete, func, insert, null, or_, select, update
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.orm import Session

from boundaries.model import Assignment
from boundaries.store import tables
from boundaries.store.overlay import ASSIGNMENT, GRID, Moment, effective
from boundaries.store.registers import wait_for_others

_given = tables.shop_grid


@dataclass(frozen=True, slots=True)
class GivenShop:
    """What the register says of a shop: its grid, or that no dedicated one held its door.

    ``assignment`` is None where there is no grid.
    """

    shop_id: int
    shop: str
    grid: str | None
    assignment: Assignment | None


def given(session: Session, moment: Moment, day: date) -> tuple[GivenShop, ...]:
    """Shops of which the register of a day says more than the state asked for.

    What a later generation, or the draft that is read, assigns goes before it.
    """
    if moment.generation is None:
        return ()
    states, identity, grid = effective(ASSIGNMENT, moment), tables.assignment, effective(GRID, moment, name="grid")
    own = and_(identity.c.shop_id == _given.c.shop_id)
    query = (
        select(_given, tables.shop.c.code.label("shop"), grid.c.code.label("grid"))
        .join(tables.shop, tables.shop.c.id == _given.c.shop_id)
        .outerjoin(grid, grid.c.micro_grid_id == _given.c.micro_grid_id)
        .outerjoin(identity, own)
        .outerjoin(states, states.c.assignment_id == identity.c.id)
        .where(_given.c.during.contains(day), _given.c.generation <= moment.generation)
        .where(or_(states.c.id.is_(None), states.c.since <= _given.c.generation))
        # A grid that is no longer there answers for nothing; the shop is as if nobody had said anything.
        .where(or_(_given.c.micro_grid_id.is_(None), grid.c.micro_grid_id.is_not(None)))
        .order_by(_given.c.shop_id)
    )
    return tuple(
        GivenShop(
            row.shop_id,
            row.shop,
            row.grid,
            None
            if row.grid is None
            else Assignment(
                "shop", row.shop, row.grid, row.method, row.reason_zh, row.reason_en, accepted_by=row.accepted_by
            ),
        )
        for row in session.execute(query)
    )


def give(
    session: Session, assignment: Assignment, *, shop_id: int, grid_id: int | None, generation: int, on: date
) -> None:
    """Give a shop a grid, or none, from a day on.

    Parameters
    ----------
    assignment : Assignment
        Its method, reasons and who accepted it.
    shop_id : int
    grid_id : int or None
        None where no dedicated grid holds its door.
    generation : int
        The newest one.
    on : date
    """
    take_back(session, shop_id, on=on)
    session.execute(
        insert(_given).values(
            shop_id=shop_id,
            micro_grid_id=grid_id,
            generation=generation,
            during=func.daterange(cast(on, Date), null(), type_=DATERANGE),
            method=assignment.method,
            reason_zh=assignment.reason_zh,
            reason_en=assignment.reason_en,
            accepted_by=assignment.accepted_by,
        )
    )


def take_back(session: Session, shop_id: int, *, on: date) -> None:
    """End what the register says of the grid of a shop; ``on`` is the first day without it."""
    wait_for_others(session, _given)
    own, started = _given.c.shop_id == shop_id, func.lower(_given.c.during)
    session.execute(delete(_given).where(own, started >= on))
    holds = and_(own, _given.c.during.contains(on))
    session.execute(update(_given).where(holds).values(during=func.daterange(started, cast(on, Date))))
