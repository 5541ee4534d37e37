"""The town's fabric as values of the plan: buildings, compounds, walls, streets, the river, shops."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, affinity

from boundaries.demo import names
from boundaries.demo.division import VACANT_MAX
from boundaries.demo.estates import Estate, House, Lot, gatehouse
from boundaries.demo.ground import (
    COLUMNS,
    LEVEL_STREETS,
    RIVER_HALF_WIDTH_M,
    RIVER_ROAD_M,
    SHOP_DEPTH_M,
    SOUTH_COLUMNS,
    Bend,
    Ground,
    bent,
    vertical_street,
)
from boundaries.demo.shopfronts import ShopRow
from boundaries.model import Building, Compound, Shop, Street, Wall, Water

_GATE_M = 8.0
_DECIMALS = 3


@dataclass(frozen=True)
class Fabric:
    """Everything that is not a border.

    ``building_of`` finds the building of a house of an estate: (block key, house) to code.
    """

    buildings: tuple[Building, ...]
    compounds: tuple[Compound, ...]
    walls: tuple[Wall, ...]
    shops: tuple[Shop, ...]
    streets: tuple[Street, ...]
    waters: tuple[Water, ...]
    building_of: dict[tuple[tuple[int, int], House], str]
    compound_of: dict[tuple[tuple[int, int], int], str]


def community_code(community: int) -> str:
    """Code of a community: town, then three digits."""
    return f"{names.TOWN_CODE}{community + 1:03d}"


def rectangle(bend: Bend, house: House, turn: float) -> Polygon:
    """A house on the map, rigid, turned by so many radians."""
    east, north = bend(np.array([[house.u, house.v]]))[0]
    return _placed(_outline(house), turn + house.turn_rad, east, north)


def _outline(house: House) -> Polygon:
    """Outline about the house's own middle: towers have recesses for light, slabs a bay at every stair."""
    x, y = house.length_m / 2, house.depth_m / 2
    if house.use == "home" and house.per_unit == 4:
        return _tower_outline(x, y)
    if house.use == "home" and house.units > 1:
        return _slab_outline(x, y, house.units)
    return shapely.box(-x, -y, x, y)


def _tower_outline(x: float, y: float) -> Polygon:
    notch, deep = x / 5, y / 3
    upper = [(x, y), (notch, y), (notch, y - deep), (-notch, y - deep), (-notch, y), (-x, y)]
    return Polygon([*upper, (-x, -y), (-notch, -y), (-notch, deep - y), (notch, deep - y), (notch, -y), (x, -y)])


def _slab_outline(x: float, y: float, units: int) -> Polygon:
    """A slab with a stair bay of 2.6 m by 0.9 m at every entrance, on its north."""
    step = 2 * x / units
    rim = [(-x, -y), (x, -y), (x, y)]
    for unit in reversed(range(units)):
        middle = -x + (unit + 0.5) * step
        rim += [(middle + 1.3, y), (middle + 1.3, y + 0.9), (middle - 1.3, y + 0.9), (middle - 1.3, y)]
    return Polygon([*rim, (-x, y)])


def _placed(shape: Polygon, turn: float, east: float, north: float) -> Polygon:
    turned = affinity.rotate(shape, turn, origin=(0, 0), use_radians=True)
    moved = affinity.translate(turned, east, north)
    return shapely.transform(moved, lambda xy: np.round(xy, _DECIMALS))


@dataclass
class _Maker:
    """Hands out codes while the town is put together."""

    rng: np.random.Generator
    buildings: list[Building] = field(default_factory=list)
    per_community: dict[int, int] = field(default_factory=dict)

    def building(self, community: int, shape: Polygon, **facts: object) -> Building:
        number = self.per_community.get(community, 0) + 1
        self.per_community[community] = number
        code = f"{community_code(community)}{number:05d}"
        building = Building(id=len(self.buildings) + 1, code=code, shape=shape, **facts)  # type: ignore[arg-type]
        self.buildings.append(building)
        return building


def make_fabric(
    ground: Ground, estates: Sequence[Estate], rows: Sequence[ShopRow], rng: np.random.Generator
) -> Fabric:
    """Put the town's fabric on the map.

    Parameters
    ----------
    ground : Ground
    estates : sequence of Estate
        In the order of ``ground.blocks``.
    rows : sequence of ShopRow
    rng : numpy.random.Generator

    Returns
    -------
    Fabric
        In EPSG:4549, rounded to 1 mm (walls and waters 0.1 mm).
    """
    maker = _Maker(rng)
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
            building = maker.building(block.community, rectangle(ground.bend, house, turn), **facts)
            building_of[block.key, house] = building.code
    shops = _shops(ground, maker, rows, rng)
    streets = _streets(ground)
    return Fabric(
        tuple(maker.buildings),
        tuple(compounds),
        tuple(walls),
        shops,
        streets,
        (_river(ground),),
        building_of,
        compound_of,
    )


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
    outline = shapely.transform(
        bent(ground.bend, shapely.box(west, south, east, north)), lambda xy: np.round(xy, _DECIMALS)
    )
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


def _shops(
    ground: Ground, maker: _Maker, rows: Sequence[ShopRow], rng: np.random.Generator
) -> tuple[Shop, ...]:
    """Shops with door points on their fronts; door numbers odd on the left of the street, even on the right."""
    called, phones = names.shop_names(rng), names.phones(5001)
    numbered: dict[tuple[str, bool], int] = {}
    shops: list[Shop] = []
    for row in sorted(rows, key=lambda row: (row.street, not row.left, row.along_m)):
        turn = ground.bend.direction(row.u, row.v, row.du, row.dv)
        east, north = ground.bend(np.array([[row.u, row.v]]))[0]
        x, y = row.length_m / 2, SHOP_DEPTH_M / 2
        roof = _placed(shapely.box(-x, -y, x, y), turn, east, north)
        front = -1.0 if row.left else 1.0
        roofs = sum(building.number.startswith(row.street) for building in maker.buildings)
        number = f"{row.street}商铺{roofs + 1}号楼"
        maker.building(row.block.community, roof, number=number, floors=2, dwellings=0, households=0)
        for door in row.doors_m:
            key = (row.street, row.left)
            numbered[key] = numbered.get(key, 0) + 1
            at = affinity.translate(affinity.rotate(Point(door, front * y), turn, (0, 0), use_radians=True), east, north)
            name, trade = next(called)
            shops.append(
                Shop(
                    id=len(shops) + 1,
                    code=f"S{len(shops) + 1:04d}",
                    name=name,
                    door=Point(round(at.x, _DECIMALS), round(at.y, _DECIMALS)),
                    door_number=f"{2 * numbered[key] - (1 if row.left else 0)}号",
                    credit_code=names.credit_code(len(shops) + 1),
                    street=row.street,
                    side="left" if row.left else "right",
                    trade=trade,
                    contact=next(phones),
                )
            )
    return tuple(_states(shops, rng))


def _states(shops: Sequence[Shop], rng: np.random.Generator) -> Iterator[Shop]:
    for shop in shops:
        yield replace(shop, state="vacant") if rng.random() < 0.04 else shop


def _streets(ground: Ground) -> tuple[Street, ...]:
    """Centre lines from west to east, then from south to north."""
    verticals, south = ground.verticals, SOUTH_COLUMNS
    tracks: list[tuple[str, np.ndarray]] = []
    offsets = {"river_north": ("river", RIVER_ROAD_M), "river_south": ("river", -RIVER_ROAD_M)}
    for key, name in LEVEL_STREETS.items():
        line, offset = offsets.get(key, (key, 0.0))
        ends = (south[0], south[-1] + 1) if key in {"river_south", "south_middle", "bottom"} else (0, COLUMNS)
        u = np.arange(verticals[ends[0]], verticals[ends[1]] + 0.01, 8.0)
        u = np.unique(np.append(u, verticals[ends[1]]))
        tracks.append((name, np.column_stack([u, ground.lines[line](u) + offset])))
    for column, u in enumerate(verticals):
        ends_v = (ground.at("river", u) + (-RIVER_ROAD_M if column == 4 else RIVER_ROAD_M), ground.at("top", u))
        tracks.append((vertical_street(column, south=False), _upright(u, *ends_v)))
    for column in (*south, south[-1] + 1):
        u = verticals[column]
        ends_v = (ground.at("bottom", u), ground.at("river", u) - RIVER_ROAD_M)
        tracks.append((vertical_street(column, south=True), _upright(u, *ends_v)))
    return tuple(
        Street(at + 1, f"R{at + 1:02d}", name, LineString(np.round(ground.bend(track), _DECIMALS)))
        for at, (name, track) in enumerate(tracks)
    )


def _upright(u: float, low: float, high: float) -> np.ndarray:
    v = np.linspace(low, high, max(int((high - low) / 8.0), 2))
    return np.column_stack([np.full(len(v), u), v])


def _river(ground: Ground) -> Water:
    u = np.arange(ground.verticals[0] - 160.0, ground.verticals[-1] + 160.0, 8.0)
    width = RIVER_HALF_WIDTH_M + 2.5 * np.sin(u / 61.0)
    middle = ground.lines["river"](u)
    rim = np.concatenate([np.column_stack([u, middle - width]), np.column_stack([u, middle + width])[::-1]])
    return Water(1, "H1", names.RIVER, Polygon(ground.bend(rim)))
