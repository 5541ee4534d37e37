"""Shop rows along the six shopping streets, and the strips that hold them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely import Polygon

from boundaries.demo.estates import Estate
from boundaries.demo.ground import (
    LEVEL_STREETS,
    SHOP_DEPTH_M,
    SOUTH_COLUMNS,
    Block,
    Edge,
    Ground,
    Line,
    Values,
    shifted,
    vertical_street,
)

_ALLEY_M = 4.0
_FRONT_MAX_M = 6.4
_ROW_MAX_M = 58.0
_CLEAR_M = 0.5
"""A strip keeps this clear of its community's border, whose vertices it then need not share."""

_SIDE_OF_STREET = {"south": "left", "north": "right", "east": "left", "west": "right"}
"""A block that has the street to its south lies on the left of somebody who walks east."""


@dataclass(frozen=True, slots=True)
class ShopRow:
    """A row of shops under one roof: centre and direction on the sheet, fronts in metres along it.

    ``doors_m`` are measured from the row's centre, in the direction in which the street runs.
    """

    block: Block
    side: str
    street: str
    u: float
    v: float
    du: float
    dv: float
    length_m: float
    doors_m: tuple[float, ...]

    @property
    def left(self) -> bool:
        """Whether it stands on the left of the street."""
        return _SIDE_OF_STREET[self.side] == "left"

    @property
    def along_m(self) -> float:
        """Place along the street, for door numbers."""
        return self.u * self.du + self.v * self.dv


@dataclass(frozen=True, slots=True)
class Strip:
    """The ground of a street-front grid on the sheet."""

    street: str
    community: int
    ring: Polygon


def shop_rows(ground: Ground, estates: Sequence[Estate], rng: np.random.Generator) -> tuple[ShopRow, ...]:
    """Rows of shops on every block edge that has any, in the order of the blocks.

    No row stands across a place where a border of micro-grids may run.
    """
    return tuple(
        row
        for estate in estates
        for side, edge in estate.block.edges.items()
        if edge.shops
        for row in _edge_rows(ground, estate, side, edge, rng)
    )


def _edge_rows(ground: Ground, estate: Estate, side: str, edge: Edge, rng: np.random.Generator) -> list[ShopRow]:
    rows = []
    for (start, end), share in _shares(_stretches(ground, estate, side), edge.shops):
        width = rng.uniform(5.2, _FRONT_MAX_M, size=share)
        length = float(width.sum())
        at = start + (end - start - length) / 2
        doors = tuple(float(value) for value in np.cumsum(width) - width / 2 - length / 2)
        depth = edge.facade_m + SHOP_DEPTH_M / 2
        u, v, du, dv = _place(ground, estate.block, side, at + length / 2, depth)
        rows.append(ShopRow(estate.block, side, edge.street, u, v, du, dv, length, doors))
    return rows


def _stretches(ground: Ground, estate: Estate, side: str) -> list[tuple[float, float]]:
    """Where rows may stand along the street: between borders, none much longer than its neighbours."""
    west, south, east, north = ground.lot(estate.block)
    if side in {"south", "north"}:
        ends = [west, *(column.west for column in estate.columns[1:]), east]
    else:
        column = estate.columns[0] if side == "west" else estate.columns[-1]
        ends = [south, *reversed(column.breaks), north]
    stretches = []
    for start, end in itertools.pairwise(ends):
        pieces = np.linspace(start, end, int(np.ceil((end - start) / _ROW_MAX_M)) + 1)
        stretches += [(float(a), float(b)) for a, b in itertools.pairwise(pieces)]
    return stretches


def _shares(stretches: list[tuple[float, float]], shops: int) -> list[tuple[tuple[float, float], int]]:
    """How many shops stand in which stretch, from the middle of the street outwards."""
    rooms = [int((end - start - _ALLEY_M) / _FRONT_MAX_M) for start, end in stretches]
    middle = (len(stretches) - 1) / 2
    chosen: list[int] = []
    for at in sorted(range(len(stretches)), key=lambda at: (abs(at - middle), at)):
        if sum(rooms[taken] for taken in chosen) < shops and rooms[at] >= 2:
            chosen.append(at)
    counts = dict.fromkeys(sorted(chosen), 0)
    for _ in range(shops):
        counts[max(counts, key=lambda at: ((rooms[at] - counts[at]) / rooms[at], -at))] += 1
    return [(stretches[at], count) for at, count in counts.items() if count]


def _place(ground: Ground, block: Block, side: str, along: float, depth_m: float) -> tuple[float, float, float, float]:
    """Centre and direction of a row whose middle is so far along and so far from the border."""
    if side in {"south", "north"}:
        line = block.south if side == "south" else block.north
        slope = (ground.at(line, along + 5.0) - ground.at(line, along - 5.0)) / 10.0
        sign = 1.0 if side == "south" else -1.0
        return along, ground.at(line, along) + sign * depth_m, 1.0, slope
    u = block.west + depth_m if side == "west" else block.east - depth_m
    return u, along, 0.0, 1.0


def strip_verticals(ground: Ground) -> list[float]:
    """Where strips begin and end along ``u``, so that lines get vertices there."""
    found = []
    for block in ground.blocks:
        for side, border in (("west", block.west), ("east", block.east)):
            edge = block.edges[side]
            if edge.shops:
                found.append(border + edge.strip_m * (1.0 if side == "west" else -1.0))
    return [*found, *(border + clear for border in ground.verticals for clear in (-_CLEAR_M, _CLEAR_M))]


def strips(ground: Ground, samples: Values) -> tuple[Strip, ...]:
    """The strips of all shopping streets, cut at community borders and at crossings.

    Where two shopping streets cross, the crossing belongs to the one that runs east.
    """
    found = []
    for community in range(3):
        blocks = [block for block in ground.blocks if block.community == community]
        line = "south_middle" if community == 2 else "middle"
        found.append(_level_strip(ground, community, blocks, line, samples))
        for column in (*SOUTH_COLUMNS, 6) if community == 2 else range(4 * community, 4 * community + 5):
            for row in (0, 1):
                strip = _vertical_strip(ground, community, blocks, (column, row), samples)
                if strip is not None:
                    found.append(strip)
    return tuple(found)


def _level_strip(ground: Ground, community: int, blocks: list[Block], line: str, samples: Values) -> Strip:
    fronts = [
        (block, block.edges[side])
        for block in blocks
        for side, name in (("south", block.south), ("north", block.north))
        if name == line and block.edges[side].shops
    ]
    depth = fronts[0][1].strip_m
    west, east = min(block.west for block, _ in fronts), max(block.east for block, _ in fronts)
    west += _CLEAR_M if west == min(block.west for block in blocks) else 0.0
    east -= _CLEAR_M if east == max(block.east for block in blocks) else 0.0
    middle = ground.lines[line]
    ring = ground.band(west, east, shifted(middle, -depth), shifted(middle, depth), samples)
    return Strip(LEVEL_STREETS[line], community, ring)


def _vertical_strip(
    ground: Ground, community: int, blocks: list[Block], place: tuple[int, int], samples: Values
) -> Strip | None:
    column, row = place
    border = ground.verticals[column]
    sides = [
        (block, "west" if block.west == border else "east")
        for block in blocks
        if block.row == row and border in (block.west, block.east)
    ]
    fronts = [(block, block.edges[side], side) for block, side in sides if block.edges[side].shops]
    if not fronts:
        return None
    depth = fronts[0][1].strip_m
    west = border - depth if any(side == "east" for _, _, side in fronts) else border + _CLEAR_M
    east = border + depth if any(side == "west" for _, _, side in fronts) else border - _CLEAR_M
    block = fronts[0][0]
    lower, upper = _end(ground, block, "south"), _end(ground, block, "north")
    name = vertical_street(column, south=community == 2)
    return Strip(name, community, ground.band(west, east, lower, upper, samples))


def _end(ground: Ground, block: Block, side: str) -> Line:
    """Where a strip along a vertical street ends: behind the strip or the roadway that crosses it."""
    line, edge = (block.south, block.edges["south"]) if side == "south" else (block.north, block.edges["north"])
    sign = 1.0 if side == "south" else -1.0
    if line in {"top", "bottom"}:
        return shifted(ground.lines[line], sign * _CLEAR_M)
    clear = edge.half_width_m + SHOP_DEPTH_M + 2.0 if not edge.road_m else edge.facade_m
    return shifted(ground.lines[line], sign * clear)
