"""What came of a command, as a frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely import Polygon

from boundaries.model import Area, Assignment, MicroGrid

Households = Mapping[str, tuple[int | None, int | None]]


@dataclass(frozen=True, slots=True)
class Remainder:
    """A piece that was cut off from its grid and needs somebody's decision.

    Attributes
    ----------
    grid : str
        Code of the grid that it was cut off from.
    shape : Polygon
    taker : str
        Code of the grid that has it for now.
    alternatives : tuple of str
        Others that it borders on, the longest border first.
    is_decided : bool
        Whether the command named the taker.
    """

    grid: str
    shape: Polygon
    taker: str
    alternatives: tuple[str, ...] = ()
    is_decided: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """What a command does to a snapshot; nothing else changes.

    Attributes
    ----------
    grids : tuple of MicroGrid
        Changed and new ones as they are from now on; new ones have id 0 and version None.
    refined : tuple of MicroGrid
        Those that only received vertices.
    areas : tuple of Area
        Changed or refined ones.
    retired : tuple of str
        Codes of grids that are no more.
    assignments : tuple of Assignment
        Those that follow the ground, as they are from now on.
    households : mapping of str to (int or None, int or None)
        Before and after, by code, for each touched grid; None where there is no such grid,
        or where nobody counted.
    remainders : tuple of Remainder
    """

    grids: tuple[MicroGrid, ...] = ()
    refined: tuple[MicroGrid, ...] = ()
    areas: tuple[Area, ...] = ()
    retired: tuple[str, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    households: Households = field(default_factory=dict)
    remainders: tuple[Remainder, ...] = ()
