"""Who is in charge: invented people for every grid, part and composite grid."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import shapely

from boundaries.demo import names
from boundaries.model import Area, Compound, MicroGrid, Person

SINCE = date(2026, 1, 1)

# Each grid, or each of its parts, has so many volunteers.
VOLUNTEERS = 2

_STANDINGS = ("楼栋长", "业委会委员", "五老", "老党员")


def appoint(
    areas: Sequence[Area], grids: Sequence[MicroGrid], compounds: Sequence[Compound], rng: np.random.Generator
) -> tuple[Person, ...]:
    """Put people in charge.

    A composite grid gets a chief and a full-time worker, a residential grid or each of
    its parts a liaison and volunteers, a street front a merchants' representative besides
    its liaison. Grids that share ground with compounds which are hard to keep get a
    full-time worker of their own.

    Parameters
    ----------
    areas : sequence of Area
    grids : sequence of MicroGrid
    compounds : sequence of Compound
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Person
    """
    called, phones = names.person_names(rng), names.phones(1)
    people: list[Person] = []
    for target, role in (*_posts(areas, grids), *_helpers(grids, compounds)):
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


def _helpers(grids: Sequence[MicroGrid], compounds: Sequence[Compound]) -> Iterator[tuple[str, str]]:
    """Posts that came later: the other volunteers, and full-time workers where the work is hard."""
    hard = [one.polygon for one in compounds if one.property_managed is False or one.resettlement]
    for at, grid in enumerate(grids):
        targets = [part.code for part in grid.parts] or [grid.code]
        for target in targets:
            has_one = target == grid.code and grid.kind == "residential" and at % 4 == 0
            yield from [(target, "volunteer")] * (VOLUNTEERS - has_one)
        if any(shapely.intersects(grid.polygon, polygon) for polygon in hard):
            yield grid.code, "full_time"
