"""The estates as values of the plan: compounds, walls with gates, buildings and their counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point

from boundaries.demo import names
from boundaries.demo.division import VACANT_MAX
from boundaries.demo.estates import Estate, House, Lot, gatehouse
from boundaries.demo.ground import Ground, bent
from boundaries.demo.placing import DECIMALS, Register, community_code, rectangle
from boundaries.model import Compound, Wall

_GATE_M = 8.0


@dataclass(frozen=True)
class Fabric:
    """Compounds and walls, and which building a house of a block became.

    ``building_of`` and ``compound_of`` give codes by block and house, block and lot.
    """

    compounds: tuple[Compound, ...]
    walls: tuple[Wall, ...]
    building_of: dict[tuple[tuple[int, int], House], str]
    compound_of: dict[tuple[tuple[int, int], int], str]


def put_up(ground: Ground, estates: Sequence[Estate], register: Register, rng: np.random.Generator) -> Fabric:
    """Put the estates on the map.

    Parameters
    ----------
    ground : Ground
    estates : sequence of Estate
        In the order of ``ground.blocks``.
    register : Register
        Takes the buildings.
    rng : numpy.random.Generator

    Returns
    -------
    Fabric
        In EPSG:4549.
    """
    named = _name_lots(estates)
    compounds: list[Compound] = []
    walls: list[Wall] = []
    building_of: dict[tuple[tuple[int, int], House], str] = {}
    compound_of: dict[tuple[tuple[int, int], int], str] = {}
    for estate in estates:
        block = estate.block
        turn = ground.bend.direction((block.west + block.east) / 2, _middle_v(estate))
        for at, lot in enumerate(estate.lots):
            compound = _compound(ground, estate, lot, named[block.key, at], len(compounds))
            compounds.append(compound)
            compound_of[block.key, at] = compound.code
            walls.append(Wall(len(walls) + 1, f"W{len(walls) + 1:03d}", _wall(ground, lot)))
        for house, facts in _houses(estate, compounds, compound_of, rng):
            building = register.building(block.community, rectangle(ground.bend, house, turn), **facts)
            building_of[block.key, house] = building.code
    return Fabric(tuple(compounds), tuple(walls), building_of, compound_of)


def _middle_v(estate: Estate) -> float:
    heights = [house.v for column in estate.columns for house in column.houses]
    return (max(heights) + min(heights)) / 2


def _name_lots(estates: Sequence[Estate]) -> dict[tuple[tuple[int, int], int], str]:
    slabs, towers = iter(names.SLAB_COMPOUNDS), iter(names.TOWER_COMPOUNDS)
    resettled, small = iter(names.RESETTLEMENT_COMPOUNDS), iter(names.SMALL_COMPOUNDS)
    pools = {"tower": towers, "midrise": resettled}
    named = {}
    for estate in estates:
        for at, lot in enumerate(estate.lots):
            pool = small if lot.style == "small" else pools.get(estate.style, slabs)
            named[estate.block.key, at] = next(pool)
    return named


def _compound(ground: Ground, estate: Estate, lot: Lot, name: str, count: int) -> Compound:
    west, south, east, north = lot.bounds
    bounds = bent(ground.bend, shapely.box(west, south, east, north))
    outline = shapely.transform(bounds, lambda xy: np.round(xy, DECIMALS))
    code = f"{community_code(estate.block.community)}X{count + 1:02d}"
    old = lot.style == "small"
    return Compound(count + 1, code, name, outline, property_managed=not old, resettlement=estate.style == "midrise")


def _wall(ground: Ground, lot: Lot) -> LineString:
    """The compound's wall, open at its gate."""
    ring = shapely.box(*lot.bounds).exterior
    west, south, east, north = lot.bounds
    place = {
        "west": (west, lot.gate_at),
        "east": (east, lot.gate_at),
        "north": (lot.gate_at, north),
        "south": (lot.gate_at, south),
    }[lot.gate_side]
    gate = Point(place).buffer(_GATE_M / 2, quad_segs=1)
    wall = shapely.line_merge(shapely.difference(ring, gate))
    return bent(ground.bend, wall)  # type: ignore[return-value]


def _houses(
    estate: Estate,
    compounds: Sequence[Compound],
    compound_of: dict[tuple[tuple[int, int], int], str],
    rng: np.random.Generator,
) -> Iterator[tuple[House, dict[str, object]]]:
    """Houses of an estate with what the register knows of them."""
    by_code = {compound.code: compound for compound in compounds}
    numbers: dict[int | None, int] = {}
    public = 0
    for column in estate.columns:
        code = None if column.lot is None else compound_of[estate.block.key, column.lot]
        for house in column.houses:
            if house.use == "home":
                numbers[column.lot] = numbers.get(column.lot, 0) + 1
                resettled = code is not None and bool(by_code[code].resettlement)
                yield house, _home_facts(house, str(numbers[column.lot]), code, resettled, rng)
            else:
                public += 1
                yield house, _other_facts(house, f"{_PUBLIC[house.use]}{public}号楼")
        for house in column.others:
            yield house, _other_facts(house, _PUBLIC[house.use])
    for at, lot in enumerate(estate.lots):
        house = gatehouse(lot)
        yield house, {**_other_facts(house, "门卫"), "compound": compound_of[estate.block.key, at]}


_PUBLIC = {"market": "市场", "school": "学校", "service": "便民服务站"}


def _other_facts(house: House, number: str) -> dict[str, object]:
    return {"number": number, "floors": house.floors, "dwellings": 0, "households": 0}


def _home_facts(
    house: House, number: str, compound: str | None, resettled: bool, rng: np.random.Generator
) -> dict[str, object]:
    households = house.dwellings - int(rng.integers(0, VACANT_MAX + 1))
    return {
        "number": number,
        "compound": compound,
        "floors": house.floors,
        "entrances": house.units,
        "dwellings": house.dwellings,
        "households": households,
        "rented": int(rng.binomial(households, 0.18)),
        "garages": int(rng.binomial(house.units * 4, 0.3)) if resettled else 0,
    }
