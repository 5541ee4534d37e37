"""The ground of the demo town: its street lines, its river, its 24 blocks.

The plan is laid out on a flat sheet (``u`` to the east, ``v`` to the north, in
metres, the river near ``v = 0``) where streets run almost straight. :class:`Bend`
then bends and turns the sheet into EPSG:4549, so that no street of the town is
quite straight or square to another.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

T = TypeVar("T", bound=BaseGeometry)
Values = NDArray[np.float64]
Line = Callable[[Values], Values]

CRS = "EPSG:4549"
COLUMNS = 8
SOUTH_COLUMNS = (2, 3, 4, 5)
SHOP_DEPTH_M = 10.0
SHOP_YARD_M = 4.0
RIVER_HALF_WIDTH_M = 17.0
RIVER_ROAD_M = 33.0
"""Distance of the riverside roads from the middle of the river."""

_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Bend:
    """Maps the flat sheet into EPSG:4549."""

    east_m: float = 422_700.0
    north_m: float = 3_572_000.0
    turn_rad: float = -0.095

    def __call__(self, uv: Values) -> Values:
        """Eastings and northings, rounded to 0.1 mm; shape (n, 2) in and out."""
        u, v = uv[:, 0], uv[:, 1]
        a = u + 11.0 * np.sin(v / 150.0 + 0.6) + 5e-5 * u * v
        b = v + 30.0 * np.sin(u / 330.0 + 0.4)
        cos, sin = np.cos(self.turn_rad), np.sin(self.turn_rad)
        return np.round(np.column_stack([self.east_m + a * cos - b * sin, self.north_m + a * sin + b * cos]), _DECIMALS)

    def direction(self, u: float, v: float, du: float = 1.0, dv: float = 0.0) -> float:
        """Angle in radians, east to north, of a direction of the sheet at a place."""
        step = 5.0 / float(np.hypot(du, dv))
        (x0, y0), (x1, y1) = self(np.array([[u - du * step, v - dv * step], [u + du * step, v + dv * step]]))
        return float(np.arctan2(y1 - y0, x1 - x0))


@dataclass(frozen=True, slots=True)
class Edge:
    """One side of a block: what lies between the block's border and its lots.

    ``road_m`` is the distance from the border to the road's middle (zero where
    the border runs in it). ``shops`` is the number of shops that front the road here.
    """

    street: str
    half_width_m: float
    road_m: float = 0.0
    shops: int = 0

    @property
    def facade_m(self) -> float:
        """Distance from the border to the front of shops."""
        return self.road_m + self.half_width_m

    @property
    def strip_m(self) -> float:
        """Distance from the border to the back of the street-front strip."""
        return self.facade_m + SHOP_DEPTH_M + SHOP_YARD_M / 2

    @property
    def lot_m(self) -> float:
        """Distance from the border to the lots and their walls."""
        return self.facade_m + (SHOP_DEPTH_M + SHOP_YARD_M if self.shops else 4.0)


@dataclass(frozen=True, slots=True)
class Block:
    """A street block, the ground of one composite grid.

    ``north`` and ``south`` name lines of :class:`Ground`; ``edges`` are keyed by side.
    """

    community: int
    index: int
    row: int
    column: int
    west: float
    east: float
    south: str
    north: str
    edges: dict[str, Edge]

    @property
    def key(self) -> tuple[int, int]:
        """Community and index within it."""
        return self.community, self.index


@dataclass(frozen=True, slots=True)
class Ground:
    """Street lines and blocks on the flat sheet, and the bend."""

    bend: Bend
    lines: dict[str, Line]
    verticals: tuple[float, ...]
    blocks: tuple[Block, ...]

    def at(self, line: str, u: float) -> float:
        """``v`` of a line."""
        return float(self.lines[line](np.array([u]))[0])

    def lot(self, block: Block) -> tuple[float, float, float, float]:
        """West, south, east, north of the upright rectangle left for lots."""
        u = np.linspace(block.west, block.east, 40)
        return (
            block.west + block.edges["west"].lot_m,
            float(self.lines[block.south](u).max()) + block.edges["south"].lot_m,
            block.east - block.edges["east"].lot_m,
            float(self.lines[block.north](u).min()) - block.edges["north"].lot_m,
        )

    def band(self, west: float, east: float, lower: Line, upper: Line, samples: Values) -> Polygon:
        """The face between two lines and two verticals, with a vertex at every sample."""
        u = samples[(samples >= west) & (samples <= east)]
        rim = np.concatenate([np.column_stack([u, lower(u)]), np.column_stack([u, upper(u)])[::-1]])
        return Polygon(rim)


def level(value: float) -> Line:
    """A line of constant ``v``."""
    return lambda u: np.full(len(u), value)


def shifted(line: Line, by_m: float) -> Line:
    """A line moved north by some metres."""
    return lambda u: line(u) + by_m


def samples(verticals: Iterable[float], west: float, east: float, *, step_m: float = 10.0) -> Values:
    """Places along ``u`` where lines have a vertex: at every step and every vertical."""
    return np.unique(np.concatenate([np.arange(west, east, step_m), np.fromiter(verticals, dtype=np.float64)]))


def bent(bend: Bend, shape: T, *, step_m: float = 10.0) -> T:
    """A shape of the sheet, densified and brought into EPSG:4549."""
    return shapely.transform(shapely.segmentize(shape, step_m), bend)


def _river(u: Values) -> Values:
    return 24.0 * np.sin(u / 210.0 + 0.9) + 8.0 * np.sin(u / 83.0)


def _lines() -> dict[str, Line]:
    return {
        "top": lambda u: 545.0 + 9.0 * np.sin(u / 420.0 + 1.0) - 0.012 * u,
        "middle": lambda u: 292.0 + 10.0 * np.sin(u / 390.0 - 0.5) + 0.01 * u,
        "river": _river,
        "south_middle": lambda u: -296.0 + 8.0 * np.sin(u / 300.0) + 0.015 * u,
        "bottom": lambda u: -548.0 + 7.0 * np.sin(u / 260.0 + 2.0) - 0.02 * u,
    }


MAIN_M, COMMON_M = 13.0, 9.0

# Shops by the side of a block that they front: (community, row, column, side).
_SHOPS: dict[tuple[int, int, int, str], int] = {
    # 青禾大街, both sides of the middle street, densest at the town's centre.
    (0, 0, 2, "south"): 6, (0, 1, 2, "north"): 5, (0, 0, 3, "south"): 13, (0, 1, 3, "north"): 12,
    (1, 0, 4, "south"): 12, (1, 1, 4, "north"): 11, (1, 0, 5, "south"): 6, (1, 1, 5, "north"): 5,
    # 鼓楼路, between the two northern communities.
    (0, 0, 3, "east"): 12, (0, 1, 3, "east"): 12, (1, 0, 4, "west"): 12, (1, 1, 4, "west"): 12,
    # 桂坊街 and 杏林路.
    (0, 1, 1, "east"): 21, (0, 1, 2, "west"): 21,
    (1, 0, 5, "east"): 22, (1, 0, 6, "west"): 22,
    # 柳岸街 and 渡桥路, south of the river.
    (2, 0, 3, "south"): 12, (2, 1, 3, "north"): 12, (2, 0, 4, "south"): 12, (2, 1, 4, "north"): 12,
    (2, 0, 3, "east"): 12, (2, 0, 4, "west"): 12, (2, 1, 3, "east"): 12, (2, 1, 4, "west"): 12,
}  # fmt: skip

_VERTICAL_STREETS = ("西环路", "书院路", "桂坊街", "文峰路", "鼓楼路", "仓桥路", "杏林路", "新开路", "东环路")
_SOUTH_VERTICALS = {2: "柳西路", 3: "塔影路", 4: "渡桥路", 5: "蓼汀路", 6: "柳东路"}
LEVEL_STREETS = {
    "top": "北环路",
    "middle": "青禾大街",
    "south_middle": "柳岸街",
    "bottom": "南环路",
    "river_north": "沐溪北路",
    "river_south": "沐溪南路",
}


def vertical_street(column: int, *, south: bool) -> str:
    """Name of the street along a vertical line, north or south of the river."""
    return _SOUTH_VERTICALS[column] if south else _VERTICAL_STREETS[column]


def _edges(community: int, row: int, column: int, south: str, north: str) -> dict[str, Edge]:
    def shops(side: str) -> int:
        return _SHOPS.get((community, row, column, side), 0)

    def across(line: str, side: str) -> Edge:
        if line == "river":
            bank = "river_north" if side == "south" else "river_south"
            return Edge(LEVEL_STREETS[bank], COMMON_M, RIVER_ROAD_M)
        width = MAIN_M if line in {"middle", "south_middle"} else COMMON_M
        return Edge(LEVEL_STREETS[line], width, 0.0, shops(side))

    def along(at: int, side: str) -> Edge:
        name = vertical_street(at, south=community == 2)
        return Edge(name, MAIN_M if at == 4 else COMMON_M, 0.0, shops(side))

    return {
        "south": across(south, "south"),
        "north": across(north, "north"),
        "west": along(column, "west"),
        "east": along(column + 1, "east"),
    }


def lay_ground(rng: np.random.Generator) -> Ground:
    """Draw street lines and blocks.

    Parameters
    ----------
    rng : numpy.random.Generator
        Widths of the columns of blocks are drawn from it.

    Returns
    -------
    Ground
        24 blocks, eight in each community, numbered west to east within rows from the north.
    """
    widths = rng.uniform(166.0, 194.0, size=COLUMNS)
    at = np.concatenate([[0.0], np.cumsum(widths)])
    verticals = tuple(float(value) for value in np.round(at - at[4], 3))
    rows = ((("middle", "top"), ("river", "middle")), (("south_middle", "river"), ("bottom", "south_middle")))
    blocks = []
    for community in range(3):
        columns = SOUTH_COLUMNS if community == 2 else range(4 * community, 4 * community + 4)
        for row, (south, north) in enumerate(rows[community == 2]):
            for place, column in enumerate(columns):
                edges = _edges(community, row, column, south, north)
                west, east = verticals[column], verticals[column + 1]
                blocks.append(Block(community, row * 4 + place, row, column, west, east, south, north, edges))
    return Ground(Bend(), _lines(), verticals, tuple(blocks))
