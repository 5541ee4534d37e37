"""Cutting the demo town's columns into micro-grids of 30 to 100 households.

Borders run half-way between rows, where no shop row along the street stands across
them. The number of grids of the whole town is met exactly by taking one more or one
less where it unbalances least.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, pairwise

import numpy as np

from boundaries.demo.estates import Column, Estate, House

MIN_HOUSEHOLDS = 30
MAX_HOUSEHOLDS = 100
TARGET_HOUSEHOLDS = 65
VACANT_MAX = 2
"""The most dwellings of a slab that stand empty."""

Cut = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """The ground of one tile grid on the sheet.

    ``low`` and ``high`` are None where the cell reaches the block's own border.
    """

    community: int
    block: int
    column: int
    west: float
    east: float
    low: float | None
    high: float | None
    use: str
    houses: tuple[House, ...]
    lot: int | None


@cache
def cuts(households: tuple[int, ...]) -> dict[int, Cut]:
    """The most even cut of a column of houses for every possible number of grids.

    A tower is a grid of its own, whose parts keep to the band.

    Parameters
    ----------
    households : tuple of int
        Households of each house, north to south.

    Returns
    -------
    dict of int to Cut
        Number of grids to the rows of each grid; empty where no cut keeps to the band.
    """
    if all(count > MAX_HOUSEHOLDS for count in households):
        return {len(households): tuple((row,) for row in range(len(households)))}
    best: dict[int, tuple[float, Cut]] = {}
    rows = range(len(households))
    for grids in range(1, len(households) + 1):
        for borders in combinations(rows[1:], grids - 1):
            ends = (0, *borders, len(households))
            cut = tuple(tuple(range(a, b)) for a, b in pairwise(ends))
            sums = [sum(households[row] for row in group) for group in cut]
            # The band must hold when some of the flats stand empty, too.
            fewest = min(total - VACANT_MAX * len(group) for total, group in zip(sums, cut, strict=True))
            if fewest < MIN_HOUSEHOLDS or max(sums) > MAX_HOUSEHOLDS:
                continue
            cost = sum((total - TARGET_HOUSEHOLDS) ** 2 for total in sums)
            if grids not in best or cost < best[grids][0]:
                best[grids] = (cost, cut)
    return {grids: cut for grids, (_, cut) in best.items()}


def _households(column: Column) -> tuple[int, ...]:
    return tuple(house.dwellings for house in column.houses)


def _homes(estates: Sequence[Estate]) -> list[tuple[int, int]]:
    return [
        (at, place)
        for at, estate in enumerate(estates)
        for place, column in enumerate(estate.columns)
        if column.use == "homes"
    ]


def thin_out(estates: Sequence[Estate], surplus: int, rng: np.random.Generator) -> tuple[Estate, ...]:
    """Leave out some slabs, for the greens that every estate has.

    Parameters
    ----------
    estates : sequence of Estate
    surplus : int
        Number of slabs to leave out; none or fewer leaves the estates alone.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Estate
    """
    columns = [list(estate.columns) for estate in estates]
    candidates = [(at, place) for at, place in _homes(estates) if len(columns[at][place].houses) >= 5]
    order = rng.permutation(len(candidates))
    turn = 0
    while surplus > 0 and turn < 4 * len(candidates):
        at, place = candidates[order[turn % len(candidates)]]
        turn += 1
        column = columns[at][place]
        if len(column.houses) < 4 or column.whole:
            continue
        out = int(rng.integers(1, len(column.houses) - 1))
        thinner = replace(column, houses=column.houses[:out] + column.houses[out + 1 :])
        if cuts(_households(thinner)):
            columns[at][place] = thinner
            surplus -= 1
    return tuple(replace(estate, columns=tuple(kept)) for estate, kept in zip(estates, columns, strict=True))


def share_out(estates: Sequence[Estate], grids: int) -> tuple[Cell, ...]:
    """Cut every column so that the homes make up exactly so many grids.

    Parameters
    ----------
    estates : sequence of Estate
    grids : int
        Wanted number of residential micro-grids.

    Returns
    -------
    tuple of Cell
        Block by block, columns west to east, north to south; the market and the
        school are cells too, above the wanted number.

    Raises
    ------
    ValueError
        If the columns cannot be cut into that many.
    """
    homes = _homes(estates)
    options = [cuts(_households(estates[at].columns[place])) for at, place in homes]
    taken = [_nearest(option, estates[at].columns[place]) for option, (at, place) in zip(options, homes, strict=True)]
    while sum(taken) != grids:
        step = 1 if sum(taken) < grids else -1
        moves = [
            (_strain(homes[i], estates, taken[i] + step), i)
            for i, option in enumerate(options)
            if taken[i] + step in option and not estates[homes[i][0]].columns[homes[i][1]].whole
        ]
        if not moves:
            raise ValueError(f"the houses cannot be cut into {grids} grids; {sum(taken)} is as near as it gets")
        taken[min(moves)[1]] += step
    chosen = {home: option[count] for home, option, count in zip(homes, options, taken, strict=True)}
    return tuple(
        cell
        for at, estate in enumerate(estates)
        for place, column in enumerate(estate.columns)
        for cell in _cells(estate, place, column, chosen.get((at, place)))
    )


def _nearest(option: dict[int, Cut], column: Column) -> int:
    if column.whole:
        return 1
    return min(option, key=lambda count: abs(sum(_households(column)) / count - TARGET_HOUSEHOLDS))


def _strain(home: tuple[int, int], estates: Sequence[Estate], count: int) -> float:
    return abs(sum(_households(estates[home[0]].columns[home[1]])) / count - TARGET_HOUSEHOLDS)


def _cells(estate: Estate, place: int, column: Column, cut: Cut | None) -> list[Cell]:
    block = estate.block
    groups = [tuple(column.houses[row] for row in rows) for rows in cut] if cut else [column.houses]
    borders: list[float | None] = [None]
    borders += [next(v for v in column.breaks if v < above[-1].v) for above in groups[:-1]]
    borders.append(None)
    return [
        Cell(
            block.community,
            block.index,
            place,
            column.west,
            column.east,
            borders[at + 1],
            borders[at],
            column.use,
            group,
            column.lot,
        )
        for at, group in enumerate(groups)
    ]
