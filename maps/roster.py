"""Who is in charge of each micro-grid, and how much lies in it: totals only.

A premises belongs to the grid that an accepted assignment names, else to the one
its point lies in (a shop by its door, a building by a point inside it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely

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
    places = {id(grid): index for index, grid in enumerate(grids)}
    by_code = {grid.code: places[id(grid)] for grid in reversed(grids)}
    given = {
        (each.premises_kind, each.premises): by_code[each.grid]
        for each in snapshot.assignments
        if each.grid in by_code and each.accepted_by is not None
    }
    tiles = [index for index, grid in enumerate(grids) if grid.layer == "tile"]
    tree = shapely.STRtree([grids[index].polygon for index in tiles])
    homes = _homes(tree, tiles, shapely.point_on_surface([each.shape for each in snapshot.buildings]))
    doors = _homes(tree, tiles, np.array([each.door for each in snapshot.shops], dtype=object))
    buildings, shops = [0] * len(grids), [0] * len(grids)
    households: list[int | None] = [_households_of_parts(grid.parts) for grid in grids]
    has_parts = [count is not None for count in households]
    for building, home in zip(snapshot.buildings, homes, strict=True):
        place = given.get(("building", building.code), home)
        if place is None:
            continue
        buildings[place] += 1
        if building.households is not None and not has_parts[place]:
            households[place] = (households[place] or 0) + building.households
    for shop, home in zip(snapshot.shops, doors, strict=True):
        place = given.get(("shop", shop.code), home)
        if place is not None and shop.state != "closed":
            shops[place] += 1
    return tuple(GridFacts(*each) for each in zip(buildings, households, shops, strict=True))


def _homes(tree: shapely.STRtree, tiles: Sequence[int], points: np.ndarray) -> list[int | None]:  # type: ignore[type-arg]
    """For each point the grid it lies in: the first in order where several touch it."""
    homes: list[int | None] = [None] * len(points)
    if not len(points) or not tiles:
        return homes
    for point, tile in zip(*tree.query(points, predicate="intersects"), strict=True):
        place = tiles[tile]
        found = homes[point]
        homes[point] = place if found is None else min(found, place)
    return homes


def homes_of_shops(snapshot: Snapshot, grids: Sequence[MicroGrid]) -> list[int | None]:
    """For each shop of the snapshot the index of its grid, or None."""
    by_code = {grid.code: index for index, grid in enumerate(grids)}
    given = {
        each.premises: by_code.get(each.grid or "")
        for each in snapshot.assignments
        if each.premises_kind == "shop" and each.accepted_by is not None
    }
    tiles = [index for index, grid in enumerate(grids) if grid.layer == "tile"]
    tree = shapely.STRtree([grids[index].polygon for index in tiles])
    doors = _homes(tree, tiles, np.array([each.door for each in snapshot.shops], dtype=object))
    return [given.get(shop.code, home) for shop, home in zip(snapshot.shops, doors, strict=True)]


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


def short_codes(codes: Sequence[str], *, keep: int = 2) -> tuple[str, tuple[str, ...]]:
    """What all codes begin with, and what is left of each.

    Parameters
    ----------
    codes : sequence of str
    keep : int
        At least so many characters are left of each code.

    Returns
    -------
    prefix : str
        Empty where the codes are short anyway or have too little in common.
    rest : tuple of str
    """
    if not codes or max(map(len, codes)) <= 6:
        return "", tuple(codes)
    low, high = min(codes), max(codes)
    length = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    length = min(length, min(map(len, codes)) - keep)
    if len(codes) == 1:
        length = max(0, len(low) - 3)
    # A separator stays with the prefix; a number that all share stays whole with the rest.
    if length < 4:
        return "", tuple(codes)
    width = max(map(len, codes)) - length
    if width < 3 and length > 4 and max(map(len, codes)) >= 3 + 4 and codes[0][length - 1].isdigit():
        length -= 3 - width
    return codes[0][:length], tuple(code[length:] for code in codes)
