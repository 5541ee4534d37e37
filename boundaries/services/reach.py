"""Where somebody may act who is bound to areas."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy.orm import Session

from boundaries.store.accounts import parents_of
from boundaries.store.drafts import moment_of


def outside(
    session: Session, area_codes: Iterable[str], bounds: Collection[str], *, draft_id: int | None = None
) -> tuple[str, ...]:
    """Areas that lie in none of the areas that somebody is bound to.

    Parameters
    ----------
    area_codes : iterable of str
        The areas that are asked about.
    bounds : collection of str
        Codes of the areas that somebody is bound to.
    draft_id : int, optional
        The draft whose areas are meant; by default those in force.

    Returns
    -------
    tuple of str
        In order; an area that is not known lies in none.

    Raises
    ------
    NotFound
        If there is no such draft.
    """
    moment = moment_of(session, draft=draft_id)
    wanted = frozenset(area_codes)
    parents: dict[str, str | None] = {}
    # One question a level, however large the city.
    asked = wanted.difference(bounds)
    while asked:
        parents |= dict.fromkeys(asked)
        parents |= parents_of(session, asked, moment)
        above = {parents[code] for code in asked}
        asked = frozenset(code for code in above if code is not None).difference(bounds, parents)
    return tuple(sorted(code for code in wanted if not any(one in bounds for one in _line(code, parents))))


def _line(code: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    """An area and those above it; a draft may hold a circle of parents."""
    above: str | None = code
    seen: set[str] = set()
    while above is not None and above not in seen:
        yield above
        seen.add(above)
        above = parents.get(above)
