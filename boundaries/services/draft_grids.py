"""The micro-grids of a draft in an area, as they are edited: as much as is asked for, whatever the size of the city."""

from datetime import date

from sqlalchemy.orm import Session

from boundaries.errors import BadInput, NotFound
from boundaries.lifecycle import Draft
from boundaries.model import MicroGrid
from boundaries.store import queries, surroundings
from boundaries.store.overlay import Moment


def grids_of(session: Session, draft: Draft, *, area: str | None, today: date) -> tuple[MicroGrid, ...]:
    """Micro-grids of an area and all below it, by rank.

    Parameters
    ----------
    draft : Draft
    area : str or None
        Code of the area; None takes the one that the draft is about.
    today : date
        The day for which households of parts are read.

    Raises
    ------
    BadInput
        If no area is named and the draft is about none.
    NotFound
        If the draft has no such area.
    """
    code = area or draft.area
    if code is None:
        raise BadInput(
            f"调整方案 {draft.id} 没有限定区域,请写明要看的区域(area)。",
            f"Draft {draft.id} is about no area; name the one to show.",
        )
    moment = Moment(draft.base_generation, draft.id)
    numbers, parents = queries.area_tree(session, moment)
    if code not in numbers:
        raise NotFound(
            f"调整方案 {draft.id} 中没有编码为 {code} 的区域。请核对编码。",
            f"Draft {draft.id} has no area with the code {code}. Check it.",
        )
    below = {number for number in parents if numbers[code] in queries.chain(number, parents)}
    return surroundings.grids(session, queries.Scope(moment, today), below)
