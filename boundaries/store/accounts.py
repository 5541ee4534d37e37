"""Accounts, their roles and sessions as rows."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from boundaries.store import tables
from boundaries.store.overlay import AREA, Moment, effective


def parents_of(session: Session, codes: Collection[str], moment: Moment) -> Mapping[str, str | None]:
    """Code of the area above each of these, for those that hold."""
    states = effective(AREA, moment)
    above = tables.area.alias()
    query = (
        select(tables.area.c.code, above.c.code.label("parent"))
        .join(states, states.c.area_id == tables.area.c.id)
        .outerjoin(above, above.c.id == states.c.parent_id)
        .where(tables.area.c.code.in_(codes))
    )
    return {row.code: row.parent for row in session.execute(query)}
