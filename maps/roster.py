"""Who is in charge of each micro-grid, and how much lies in it: totals only.

A premises belongs to the grid that an accepted assignment names, else to the one
its point lies in (a shop by its door, a building by a point inside it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.model import MicroGrid, Part, Person
from boundaries.snapshot import Snapshot

# Who stands in the table first; another role is taken only where none of these is.
_LIAISON_ROLES = ("liaison", "联络员", "微网格联络员", "微网格员", "网格员", "grid_worker", "专职网格员")


@dataclass(frozen=True, slots=True)
class GridFacts:
    """Totals of one grid; None where nobody counted."""

    buildings: int
    households: int | None
    shops: int


def facts_by_grid(snapshot: Snapshot, grids: Sequence[MicroGrid]) -> tuple[GridFacts, ...]:
    """Totals of each of these grids, in their order."""
    buildings, shops = [0] * len(grids), [0] * len(grids)
    households: list[int | None] = [_households_of_parts(grid.parts) for grid in grids]
    has_parts = [count is not None for count in households]
    for building, place in zip(snapshot.buildings, _homes_of_buildings(snapshot, grids), strict=True):
        if place is None:
            continue
        buildings[place] += 1
        if building.households is not None and not has_parts[place]:
            households[place] = (households[place] or 0) + building.households
    for shop, place in zip(snapshot.shops, homes_of_shops(snapshot, grids), strict=True):
        if place is not None and shop.state != "closed":
            shops[place] += 1
    return tuple(GridFacts(*each) for each in zip(buildings, households, shops, strict=True))


def _homes_of_buildings(snapshot: Snapshot, grids: Sequence[MicroGrid]) -> list[int | None]:
    tiles = [index for index, grid in enumerate(grids) if grid.layer == "tile"]
    points = shapely.point_on_surface(np.array([each.shape for each in snapshot.buildings], dtype=object))
    homes = _homes(grids, tiles, points)
    given = _given(snapshot, grids, "building")
    return [given.get(each.code, home) for each, home in zip(snapshot.buildings, homes, strict=True)]


def homes_of_shops(snapshot: Snapshot, grids: Sequence[MicroGrid]) -> list[int | None]:
    """For each shop of the snapshot the index of its grid, or None.

    An overlay that holds shops comes before the tile under it.
    """
    kinds = snapshot.kind_by_code
    holders = [
        index
        for index, grid in enumerate(grids)
        if grid.layer == "overlay" and grid.kind in kinds and kinds[grid.kind].holds_shops
    ]
    tiles = [index for index, grid in enumerate(grids) if grid.layer == "tile"]
    doors = np.array([each.door for each in snapshot.shops], dtype=object)
    above, below = _homes(grids, holders, doors), _homes(grids, tiles, doors)
    given = _given(snapshot, grids, "shop")
    return [
        given.get(shop.code, over if over is not None else under)
        for shop, over, under in zip(snapshot.shops, above, below, strict=True)
    ]


def _given(snapshot: Snapshot, grids: Sequence[MicroGrid], kind: str) -> dict[str, int]:
    """Grids named by accepted assignments, by the code of the premises."""
    by_code = {grid.code: index for index, grid in reversed(list(enumerate(grids)))}
    return {
        each.premises: by_code[each.grid]
        for each in snapshot.assignments
        if each.premises_kind == kind and each.accepted_by is not None and each.grid in by_code
    }


def _homes(grids: Sequence[MicroGrid], among: Sequence[int], points: NDArray[np.object_]) -> list[int | None]:
    """For each point the grid it lies in: the first in order where several touch it."""
    homes: list[int | None] = [None] * len(points)
    if not len(points) or not among:
        return homes
    tree = shapely.STRtree([grids[index].polygon for index in among])
    for point, found in zip(*tree.query(points, predicate="intersects"), strict=True):
        place, known = among[found], homes[point]
        homes[point] = place if known is None else min(known, place)
    return homes


def _households_of_parts(parts: Sequence[Part]) -> int | None:
    counts = [part.households for part in parts if part.households is not None]
    return sum(counts) if counts else None


def people_by_target(snapshot: Snapshot, *, day: date) -> Mapping[str, tuple[Person, ...]]:
    """People in charge on a day, by the code they are in charge of, liaisons first."""
    found: dict[str, list[Person]] = {}
    for person in snapshot.people:
        is_due = (person.since is None or person.since <= day) and (person.until is None or day < person.until)
        if is_due:
            found.setdefault(person.target, []).append(person)
    return {target: tuple(sorted(people, key=_order)) for target, people in found.items()}


def _order(person: Person) -> tuple[int, int]:
    rank = _LIAISON_ROLES.index(person.role) if person.role in _LIAISON_ROLES else len(_LIAISON_ROLES)
    return rank, person.id


def leading(people: Sequence[Person]) -> tuple[Person, ...]:
    """Everybody of the first role among these."""
    return tuple(person for person in people if person.role == people[0].role) if people else ()


def phone_text(person: Person, *, show_unpublished: bool) -> str:
    """The phone where it may be shown, else nothing."""
    return person.phone if person.phone and (person.phone_published or show_unpublished) else ""


@dataclass(frozen=True, slots=True)
class ShortCodes:
    """Codes by what tells them apart: each code is ``before`` + its own + ``after``."""

    before: str
    own: tuple[str, ...]
    after: str

    @property
    def is_shortened(self) -> bool:
        """Whether anything was left out."""
        return bool(self.before or self.after)


def short_codes(codes: Sequence[str], *, keep: int = 3) -> ShortCodes:
    """Leave out what all codes begin and end with, where that shortens them much.

    Parameters
    ----------
    codes : sequence of str
    keep : int
        At least so many characters are left of each code.

    Returns
    -------
    ShortCodes
    """
    whole = ShortCodes("", tuple(codes), "")
    if not codes or max(map(len, codes)) <= 6:
        return whole
    shortest = min(map(len, codes))
    before = min(_common(codes), shortest - keep)
    after = _common([code[::-1] for code in codes]) if len(codes) > 1 else 0
    # A number that all happen to end with stays: only what follows a separator goes.
    tail = codes[0][len(codes[0]) - after :]
    after = len(tail) - min((tail.find(mark) for mark in "-_./" if mark in tail), default=len(tail))
    after = min(after, shortest - keep - before)
    if before < 4:
        return whole
    end = -after if after > 0 else None
    return ShortCodes(codes[0][:before], tuple(code[before:end] for code in codes), tail[-after:] if after > 0 else "")


def _common(codes: Sequence[str]) -> int:
    """How many characters all codes begin with: what the first and the last in order share."""
    first, last = min(codes), max(codes)
    return next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
