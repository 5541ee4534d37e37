"""What a drawing that comes back must be set beside: who changed what since, and which codes are taken."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.store import tables
from boundaries.store.overlay import GRID

_change, _image = tables.draft_change, tables.draft_image


def changed_since(
    session: Session, draft_id: int, revision: int, codes: Sequence[str]
) -> dict[str, tuple[str, datetime]]:
    """The last who changed each of some micro-grids after a revision of the draft, by code.

    Parameters
    ----------
    draft_id : int
    revision : int
        Changes up to it, as they stood then, are left out.
    codes : sequence of str

    Returns
    -------
    dict of str to (str, datetime)
        Actor and instant, an undo or redo counting as a change; codes that nobody changed are not in it.
    """
    code = tables.micro_grid_code
    later = or_(_change.c.revision > revision, _change.c.turned_at_revision > revision)
    query = (
        select(code.c.code, _change.c.turned_by, _change.c.turned_at)
        .join(_image, and_(_image.c.draft_id == _change.c.draft_id, _image.c.number == _change.c.number))
        .join(code, code.c.micro_grid_id == _image.c.thing_id)
        .where(
            _change.c.draft_id == draft_id, _image.c.thing == GRID.name, later, code.c.code == func.any(_texts(codes))
        )
        .order_by(_change.c.turned_at_revision)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def codes_given(session: Session, codes: Collection[str], areas: Collection[str]) -> frozenset[str]:
    """Codes of grids and parts that were ever given: those of these codes, and those made for some areas.

    Parameters
    ----------
    codes : collection of str
    areas : collection of str
        Codes of areas; a code that begins with one of them was made for it.
    """
    found: set[str] = set()
    for table in (tables.micro_grid_code, tables.part):
        area = func.unnest(_texts(areas)).column_valued("area_code")
        begins = exists().where(func.starts_with(table.c.code, area))
        asked = or_(table.c.code == func.any(_texts(codes)), begins)
        found.update(session.execute(select(table.c.code).where(asked)).scalars())
    return frozenset(found)


def _texts(values: Collection[str]) -> ColumnElement[Any]:  # Any: an array of texts
    return cast(sorted(set(values)), ARRAY(Text))
