"""Who is in charge: invented people for every grid, part and composite grid."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from boundaries.demo import names
from boundaries.model import Area, MicroGrid, Person

SINCE = date(2026, 1, 1)

_STANDINGS = ("楼栋长", "业委会委员", "五老", "老党员")


def appoint(areas: Sequence[Area], grids: Sequence[MicroGrid], rng: np.random.Generator) -> tuple[Person, ...]:
    """Put people in charge.

    A composite grid gets a chief and a full-time worker, a residential grid or each of
    its parts a liaison, a street front a merchants' representative besides its liaison,
    and every fourth residential grid a volunteer.

    Parameters
    ----------
    areas : sequence of Area
    grids : sequence of MicroGrid
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Person
    """
    called, phones = names.person_names(rng), names.phones(1)
    people: list[Person] = []
    for target, role in _posts(areas, grids):
        standing = _STANDINGS[rng.integers(len(_STANDINGS))] if role == "liaison" else None
        published = role != "volunteer"
        people.append(
            Person(
                id=len(people) + 1,
                name=next(called),
                role=role,
                target=target,
                phone=next(phones),
                phone_published=published,
                standing=standing,
                since=SINCE,
            )
        )
    return tuple(people)


def _posts(areas: Sequence[Area], grids: Sequence[MicroGrid]) -> Iterator[tuple[str, str]]:
    for area in areas:
        if area.level == "composite":
            yield area.code, "chief"
            yield area.code, "full_time"
    for at, grid in enumerate(grids):
        for target in [part.code for part in grid.parts] or [grid.code]:
            yield target, "liaison"
        if grid.kind in {"street_front", "market"}:
            yield grid.code, "merchant"
        elif grid.kind == "residential" and at % 4 == 0:
            yield grid.code, "volunteer"
