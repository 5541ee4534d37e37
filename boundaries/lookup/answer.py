"""What a look-up answers, and the one rule by which the grid to store is chosen.

PostGIS and the index in memory both fill these values, so both answer alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boundaries.model import Building, Kind, Layer, Part, Person

Purpose = Literal["household", "shop"]
Reason = Literal["contains", "dedicated", "no_dedicated", "part", "parts_undecided", "assigned"]


@dataclass(frozen=True, slots=True)
class LocatedGrid:
    """A micro-grid that a point is in; ``people`` is None where nobody was asked for them."""

    rank: int
    code: str
    name: str
    kind: str
    layer: Layer
    parts: tuple[Part, ...] = ()
    people: tuple[Person, ...] | None = None
    part_people: Mapping[str, tuple[Person, ...]] | None = None


@dataclass(frozen=True, slots=True)
class LocatedArea:
    """An area around a point."""

    code: str
    name: str
    level: str
    people: tuple[Person, ...] | None = None


@dataclass(frozen=True, slots=True)
class NearGrid:
    """A tile grid and how far a point is from it; 0 inside."""

    code: str
    name: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class NearBuilding:
    """The nearest building, what people call it, and how far a point is from its outline; 0 inside."""

    building: Building
    label: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Responsible:
    """The grid or part to store for what was asked for.

    ``reason`` is one of ``contains``, ``dedicated`` (a shop in a dedicated grid),
    ``no_dedicated`` (a shop in none: the grid it lies in takes it), ``part`` (told by
    unit or floor), ``parts_undecided`` (a tower in parts, and no unit or floor that
    decides), ``assigned`` (premises that somebody has given to this grid).
    """

    code: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point is.

    Attributes
    ----------
    generation : int or None
        The one that answers; None where a plan from files does.
    micro_grid : LocatedGrid or None
        The tile grid; None in a gap and outside.
    dedicated : tuple of LocatedGrid
        Grids of a dedicated kind that it touches, tile or overlay, lowest rank first.
    responsible : Responsible or None
        The one to store for what was asked for.
    areas : tuple of LocatedArea
        From the top down: those of the grid; where there is none, the lowest area around
        the point, which answers meanwhile (属地兜底), and those above it.
    on_border : bool
        Whether it lies on the border of a tile grid.
    in_gap : bool
        Whether it lies in an area, but in no tile grid.
    outside : bool
        Whether it lies in no area at all: outside what is served, or its system is not the one named.
    near : tuple of NearGrid or None
        Tile grids within the distance asked for, the nearest first; None where none was asked for.
    nearest : NearGrid or None
        In a gap, the tile grid that is nearest.
    building : NearBuilding or None
        The nearest one, where one is near.
    """

    generation: int | None
    micro_grid: LocatedGrid | None
    dedicated: tuple[LocatedGrid, ...]
    responsible: Responsible | None
    areas: tuple[LocatedArea, ...]
    on_border: bool
    in_gap: bool
    outside: bool = False
    near: tuple[NearGrid, ...] | None = None
    nearest: NearGrid | None = None
    building: NearBuilding | None = None


@dataclass(frozen=True)
class LocatedMany:
    """Where many points are; one entry a point, None where there is nothing.

    Attributes
    ----------
    generation : int or None
        None where a plan from files answers.
    micro_grid : tuple of (str or None)
        Code of the tile grid.
    area : tuple of (str or None)
        Code of the area of the grid, else of the lowest around the point.
    on_border, in_gap : ndarray of bool
    """

    generation: int | None
    micro_grid: tuple[str | None, ...]
    area: tuple[str | None, ...]
    on_border: NDArray[np.bool_]
    in_gap: NDArray[np.bool_]


def responsible_of(
    grids: Sequence[LocatedGrid],
    kinds: Mapping[str, Kind],
    *,
    for_: Purpose | None = None,
    unit: str | None = None,
    floor: int | None = None,
) -> Responsible | None:
    """Choose the grid or part to store.

    Parameters
    ----------
    grids : sequence of LocatedGrid
        All that the point touches, lowest rank first.
    kinds : mapping of str to Kind
    for_ : {"household", "shop"}, optional
        What is to be stored.
    unit, floor : str, int, optional
        Entrance or floor, to choose among the parts of a tower.

    Returns
    -------
    Responsible or None
        None where no grid is touched that could take it.
    """
    tile = next((grid for grid in grids if grid.layer == "tile"), None)
    if for_ == "shop":
        held = holder_of_shops(grids, kinds)
        if held is not None:
            return Responsible(held.code, "dedicated")
        return Responsible(tile.code, "no_dedicated") if tile is not None else None
    if tile is None:
        return None
    if not tile.parts:
        return Responsible(tile.code, "contains")
    chosen = [part for part in tile.parts if _is_in(part, unit, floor)]
    if len(chosen) == 1:
        return Responsible(chosen[0].code, "part")
    return Responsible(tile.code, "parts_undecided")


def holder_of_shops(grids: Sequence[LocatedGrid], kinds: Mapping[str, Kind]) -> LocatedGrid | None:
    """The first grid whose kind holds shops; an overlay, drawn for its shops, goes before the tile below it."""
    ordered = sorted(grids, key=lambda grid: grid.layer == "tile")
    return next((grid for grid in ordered if kinds[grid.kind].holds_shops), None)


def _is_in(part: Part, unit: str | None, floor: int | None) -> bool:
    by_unit = unit is not None and unit in part.units
    return by_unit or (floor is not None and part.floors is not None and part.floors[0] <= floor <= part.floors[1])
