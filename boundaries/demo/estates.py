"""Estates of the demo town: rows of slabs, towers, old lanes, a market, a school.

A block is cut into columns from west to east; a column holds one slab a row.
Borders of micro-grids run between columns and between rows, so that no
building is ever in the way of one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np

from boundaries.demo.ground import Block, Ground

RIM_M = 6.0
"""Between a compound's wall and its slabs; gatehouses stand in it."""

_UNIT_M = 14.2
_SLAB_DEPTH_M = 12.0
_COLUMN_GAP_M = 10.0
_WALLS_GAP_M = 5.0
_SMALL_COMPOUND_MAX = 96


@dataclass(frozen=True, slots=True)
class House:
    """A building on the flat sheet.

    ``turn_rad`` is added to the block's own direction. ``units`` are entrances,
    ``per_unit`` the dwellings on one floor of one entrance.
    """

    use: str
    u: float
    v: float
    length_m: float
    depth_m: float
    units: int = 0
    floors: int = 1
    per_unit: int = 0
    turn_rad: float = 0.0

    @property
    def dwellings(self) -> int:
        """Dwellings in the whole building."""
        return self.units * self.floors * self.per_unit

    @property
    def is_tower(self) -> bool:
        """Whether it is a grid of its own, held by parts."""
        return self.per_unit == 4


@dataclass(frozen=True, slots=True)
class Column:
    """A strip of a block from north to south; ``use`` is homes, market or school.

    ``breaks`` are the heights, north to south, between its rows, where a border may
    run; ``lot`` indexes the estate's lots; ``whole`` forbids cutting it into several grids.
    """

    west: float
    east: float
    use: str
    houses: tuple[House, ...]
    breaks: tuple[float, ...] = ()
    lot: int | None = None
    whole: bool = False
    others: tuple[House, ...] = ()


@dataclass(frozen=True, slots=True)
class Lot:
    """The ground of a compound: west, south, east, north on the sheet, and its gate."""

    bounds: tuple[float, float, float, float]
    style: str
    gate_side: str
    gate_at: float


@dataclass(frozen=True, slots=True)
class Estate:
    """What stands in one block."""

    block: Block
    style: str
    columns: tuple[Column, ...]
    lots: tuple[Lot, ...]


# One letter a block, in the order of its index: slabs, pair of compounds, towers,
# old lanes, market, school, mid-rise slabs.
_STYLES = ("PSSTOSSP", "SMRPTSOK", "RSSSPTSO")
_STYLE_NAMES = {
    "S": "slab",
    "P": "pair",
    "T": "tower",
    "O": "old",
    "M": "market",
    "K": "school",
    "R": "midrise",
}


def lay_estates(ground: Ground, rng: np.random.Generator) -> tuple[Estate, ...]:
    """Fill every block.

    Parameters
    ----------
    ground : Ground
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Estate
        In the order of ``ground.blocks``.
    """
    return tuple(
        _estate(ground, block, _STYLE_NAMES[_STYLES[block.community][block.index]], rng) for block in ground.blocks
    )


def _estate(ground: Ground, block: Block, style: str, rng: np.random.Generator) -> Estate:
    west, south, east, north = ground.lot(block)
    special = {"market": 62.0, "school": 84.0}.get(style, 0.0)
    inner_west = west + special + (_WALLS_GAP_M if special else 0.0)
    lengths = _columns_of(style, east - inner_west - 2 * RIM_M, rng)
    gaps = np.full(max(len(lengths) - 1, 1), _COLUMN_GAP_M)
    if style == "pair":
        gaps[-1] = 2 * RIM_M + _WALLS_GAP_M
    spare = east - inner_west - 2 * RIM_M - sum(lengths) - float(gaps[: len(lengths) - 1].sum())
    gaps += spare / (len(lengths) + 1)
    left = inner_west + RIM_M + spare / (len(lengths) + 1)
    columns: list[Column] = []
    border = block.west
    if special:
        border = inner_west - _WALLS_GAP_M / 2
        columns.append(_special(block.west, border, style, (west, south, inner_west - _WALLS_GAP_M, north)))
    for place, length in enumerate(lengths):
        last = place == len(lengths) - 1
        right = left + length
        edge = block.east if last else right + float(gaps[place]) / 2
        small = style == "pair" and last
        houses = _rows((left + right) / 2, length, (south, north), style, rng, small=small)
        lot = None if style == "old" else int(small)
        columns.append(Column(border, edge, "homes", houses, _breaks(houses), lot, small))
        border, left = edge, right + float(gaps[min(place, len(gaps) - 1)])
    return _fenced(Estate(block, style, tuple(columns), ()), (inner_west, south, east, north))


def _columns_of(style: str, width_m: float, rng: np.random.Generator) -> list[float]:
    """Lengths of the slabs of each column, chosen to fill the width."""
    if style == "tower":
        return [36.0, 36.0]
    sizes = (2,) if style == "midrise" else (2, 3)
    gap = _COLUMN_GAP_M
    room = width_m - (2 * RIM_M + _WALLS_GAP_M - gap if style == "pair" else 0.0)
    fits = []
    for count in (1, 2, 3, 4):
        for units in product(sizes, repeat=count):
            used = sum(units) * _UNIT_M + (count - 1) * gap
            if used <= room and (style != "pair" or units[-1] == 2):
                fits.append((room - used, units))
    fits.sort()
    near = [units for waste, units in fits if waste <= fits[0][0] + 8.0]
    # Of two draws the one with more, shorter slabs: they make grids of two or three houses.
    units = max((near[at] for at in rng.integers(len(near), size=2)), key=len)
    return [unit * _UNIT_M - 0.6 for unit in units]


def _rows(
    middle: float, length: float, rim: tuple[float, float], style: str, rng: np.random.Generator, *, small: bool
) -> tuple[House, ...]:
    """Houses of a column from north to south, with the spacing that daylight asks for."""
    south, north = rim[0] + RIM_M, rim[1] - RIM_M
    if style == "tower":
        return _towers(middle, south, north, rng)
    depth = 10.0 if style == "old" else _SLAB_DEPTH_M
    pitch = {"old": 30.0, "midrise": 46.0}.get(style, 36.0)
    count = int((north - south - depth) // pitch) + 1
    pitch = min((north - south - depth) / (count - 1), pitch + 6.0)
    floors = {"old": int(rng.integers(4, 6)), "midrise": 11}.get(style, 6 if rng.random() < 0.3 else 5)
    units = round((length + 0.6) / _UNIT_M)
    houses = []
    for row in range(count):
        v = north - depth / 2 - row * pitch
        shift = rng.uniform(-1.5, 1.5) if style == "old" else 0.0
        turn = rng.uniform(-0.03, 0.03) if style == "old" else 0.0
        house = House("home", middle + shift, v, length, depth, units, floors, 2, turn)
        houses.append(replace(house, length_m=length - rng.uniform(0.0, 5.0)) if style == "old" else house)
    if small:
        keep = min(count - 2, _SMALL_COMPOUND_MAX // houses[0].dwellings)
        houses = houses[:keep]
    return tuple(houses)


def _breaks(houses: tuple[House, ...]) -> tuple[float, ...]:
    return tuple((above.v + below.v) / 2 for above, below in pairwise(houses))


def _towers(middle: float, south: float, north: float, rng: np.random.Generator) -> tuple[House, ...]:
    count = 3
    pitch = (north - south - 17.0) / (count - 1)
    houses = []
    for row in range(count):
        v = north - 8.5 - row * pitch
        if rng.random() < 0.35:
            houses.append(House("home", middle, v, 26.0, 20.0, 1, 33, 4))
        else:
            floors = int(rng.integers(16, 19))
            houses.append(House("home", middle, v, 36.0, 16.0, 2, floors, 4))
    return tuple(houses)


def _special(west: float, east: float, use: str, room: tuple[float, float, float, float]) -> Column:
    """The market's halls or the school's houses, in the west of a block."""
    x0, y0, x1, y1 = room
    middle, width = (x0 + x1) / 2, x1 - x0
    if use == "market":
        deep = (y1 - y0 - 60.0) / 3
        places = [y1 - 14.0 - deep / 2 - place * (deep + 14.0) for place in range(3)]
        halls = tuple(House("market", middle, v, width - 16.0, deep, floors=2) for v in places)
        return Column(west, east, use, halls)
    houses = (
        House("school", middle, y1 - 20.0, width - 20.0, 13.0, floors=5),
        House("school", middle, y1 - 58.0, width - 20.0, 13.0, floors=4),
        House("school", x0 + 24.0, y1 - 98.0, 30.0, 22.0, floors=2),
        House("school", x1 - 20.0, y1 - 98.0, 22.0, 16.0, floors=3),
    )
    return Column(west, east, use, houses)


def _fenced(estate: Estate, room: tuple[float, float, float, float]) -> Estate:
    """Give the estate its lots: none in old lanes, two in a pair, else one."""
    if estate.style == "old":
        return estate
    west, south, east, north = room
    if estate.style != "pair":
        return replace(estate, lots=(_lot(estate, room, "main", {"west", "east"}),))
    small = estate.columns[-1]
    wall = small.west - _WALLS_GAP_M / 2
    foot = small.houses[-1].v - _SLAB_DEPTH_M / 2 - RIM_M - 4.0
    main = _lot(estate, (west, south, wall, north), "main", {"west"})
    little = _lot(estate, (wall + _WALLS_GAP_M, foot, east, north), "small", {"east"})
    service = House("service", (wall + east) / 2, (south + foot) / 2, 24.0, 13.0, floors=3)
    columns = (*estate.columns[:-1], replace(small, others=(service,)))
    return replace(estate, columns=columns, lots=(main, little))


def _lot(estate: Estate, bounds: tuple[float, float, float, float], style: str, sides: set[str]) -> Lot:
    edges = estate.block.edges
    free = [side for side in sorted(sides) if not edges[side].shops]
    if not free or estate.style in {"market", "school"}:
        free = ["north" if not edges["north"].shops else "south"] if "east" not in free else ["east"]
    side = free[0]
    if side in {"west", "east"}:
        column = estate.columns[0] if side == "west" else estate.columns[-1]
        first, second = column.houses[1].v, column.houses[2].v
        return Lot(bounds, style, side, (first + second) / 2)
    return Lot(bounds, style, side, bounds[0] + 0.3 * (bounds[2] - bounds[0]))


def gatehouse(lot: Lot) -> House:
    """The keeper's house inside the gate, in the rim of the compound."""
    west, south, east, north = lot.bounds
    if lot.gate_side in {"west", "east"}:
        u = west + RIM_M / 2 if lot.gate_side == "west" else east - RIM_M / 2
        return House("gatehouse", u, lot.gate_at + 7.0, 3.2, 4.2)
    v = north - RIM_M / 2 if lot.gate_side == "north" else south + RIM_M / 2
    return House("gatehouse", lot.gate_at + 7.0, v, 4.2, 3.2)


def houses_of(estate: Estate) -> Iterator[House]:
    """Every house in columns, gatehouses left out."""
    for column in estate.columns:
        yield from column.houses
        yield from column.others
