"""Areas and micro-grids as values of the plan, from the faces of one arrangement."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from boundaries.demo import names
from boundaries.demo.arrangement import Faces
from boundaries.demo.defects import Damage
from boundaries.demo.division import Cell
from boundaries.demo.estates import House
from boundaries.demo.fabric import Fabric
from boundaries.demo.placing import Register, community_code
from boundaries.demo.shopfronts import Strip
from boundaries.model import Area, MicroGrid, Part

_FLOOR_PARTS = ((1, 11), (12, 22), (23, 33))


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of the office's own list: houses of a compound and their micro-grid.

    ``units`` is empty where the grid takes whole houses.
    """

    community: str
    composite: str
    compound: str
    houses: str
    units: str
    households: int
    grid_code: str
    grid_name: str


@dataclass(frozen=True)
class Drawing:
    """The arrangement with what lies in it."""

    faces: Faces
    cells: tuple[Cell, ...]
    strips: tuple[Strip, ...]
    damage: Damage


def make_areas(drawing: Drawing) -> tuple[Area, ...]:
    """Town, communities and composite grids, each the union of the same faces."""
    faces = drawing.faces
    community = np.array([cell.community for cell in drawing.cells])[faces.cell]
    block = np.array([cell.block for cell in drawing.cells])[faces.cell]
    town = faces.union(np.ones(len(faces.cell), dtype=bool))
    areas = [Area(1, names.TOWN_CODE, names.TOWN, "town", None, town)]
    for at, name in enumerate(names.COMMUNITIES):
        polygon = faces.union(community == at)
        areas.append(Area(len(areas) + 1, community_code(at), name, "community", names.TOWN_CODE, polygon))
    for at in range(len(names.COMMUNITIES)):
        for place in range(8):
            polygon = faces.union((community == at) & (block == place))
            name = f"{names.COMMUNITIES[at].removesuffix('社区')}第{names.DIGITS_ZH[place]}综合网格"
            code = composite_code(at, place)
            areas.append(Area(len(areas) + 1, code, name, "composite", community_code(at), polygon))
    return tuple(areas)


def composite_code(community: int, block: int) -> str:
    """Code of a composite grid: community, then two digits."""
    return f"{community_code(community)}{block + 1:02d}"


def tile_grids(
    drawing: Drawing, fabric: Fabric, register: Register, area_names: Mapping[str, str]
) -> tuple[tuple[MicroGrid, ...], tuple[TableRow, ...]]:
    """Tile grids in the order of cells, and the office's list of them.

    Parameters
    ----------
    drawing : Drawing
    fabric : Fabric
    register : Register
        The buildings.
    area_names : mapping
        Names of areas by code.

    Returns
    -------
    tuple of MicroGrid
        Codes run on within each community, from west to east and north to south.
    tuple of TableRow
        One for each residential grid, or for each part of a tower.
    """
    buildings = {building.code: building for building in register.buildings}
    compounds = {compound.code: compound.name for compound in fabric.compounds}
    lanes = _lanes(drawing.cells)
    codes = _codes([cell.community for cell in drawing.cells])
    grids: list[MicroGrid] = []
    table: list[TableRow] = []
    for at, (cell, code) in enumerate(zip(drawing.cells, codes, strict=True)):
        key = (cell.community, cell.block)
        parent = composite_code(*key)
        polygon = drawing.faces.union(drawing.faces.cell == at)
        if cell.use != "homes":
            name = names.MARKET if cell.use == "market" else names.SCHOOL
            grids.append(MicroGrid(at + 1, at + 1, code, name, parent, polygon, kind=cell.use))
            continue
        here = [buildings[fabric.building_of[key, house]] for house in cell.houses]
        place = lanes[key] if cell.lot is None else compounds[fabric.compound_of[key, cell.lot]]
        houses = _houses_text([building.number for building in here])
        households = sum(building.households or 0 for building in here)
        name = place + houses
        parts = _parts(code, name, cell.houses, households)
        grids.append(MicroGrid(at + 1, at + 1, code, name, parent, polygon, parts=parts))
        community = names.COMMUNITIES[cell.community]
        row = TableRow(community, area_names[parent], place, houses, "", households, code, name)
        table += [_part_row(row, part) for part in parts] or [row]
    return tuple(grids), tuple(table)


def _codes(communities: Sequence[int], taken: Sequence[int] = ()) -> list[str]:
    """Codes that number on within each community, after those that are taken."""
    serial: dict[int, int] = {}
    codes = []
    for community in (*taken, *communities):
        serial[community] = serial.get(community, 0) + 1
        codes.append(f"{community_code(community)}{serial[community]:03d}")
    return codes[len(taken) :]


def _lanes(cells: Sequence[Cell]) -> dict[tuple[int, int], str]:
    """The old lane that each block without compounds is called after."""
    blocks = dict.fromkeys((cell.community, cell.block) for cell in cells if cell.use == "homes" and cell.lot is None)
    return dict(zip(blocks, names.OLD_STREETS, strict=True))


def _houses_text(numbers: Sequence[str]) -> str:
    return f"{numbers[0]}幢" if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}幢"


def _parts(code: str, name: str, houses: Sequence[House], households: int) -> tuple[Part, ...]:
    """Parts of a tower: by entrance, or by floors where it has one entrance."""
    house = houses[0]
    if not house.is_tower:
        return ()
    count = house.units if house.units > 1 else len(_FLOOR_PARTS)
    shares = [len(share) for share in np.array_split(np.arange(households), count)]
    parts = []
    for at, share in enumerate(shares):
        own = f"{code}-{at + 1}"
        if house.units > 1:
            parts.append(Part(at + 1, own, f"{name}{at + 1}单元", units=(str(at + 1),), households=share))
        else:
            low, high = _FLOOR_PARTS[at]
            parts.append(Part(at + 1, own, f"{name}{low}-{high}层", floors=(low, high), households=share))
    return tuple(parts)


def _part_row(row: TableRow, part: Part) -> TableRow:
    told = part.name.removeprefix(row.compound + row.houses)
    return replace(row, units=told, households=part.households or 0, grid_code=part.code, grid_name=part.name)


def front_grids(drawing: Drawing, rank: int) -> tuple[MicroGrid, ...]:
    """The street-front grids: overlays of a community that share their street's group.

    Parameters
    ----------
    drawing : Drawing
    rank : int
        The rank of the last grid before them.

    Returns
    -------
    tuple of MicroGrid
    """
    strips = drawing.strips
    codes = _codes([strip.community for strip in strips], [cell.community for cell in drawing.cells])
    total = Counter((strip.street, strip.community) for strip in strips)
    seen: Counter[tuple[str, int]] = Counter()
    fronts = []
    for at, (strip, code) in enumerate(zip(strips, codes, strict=True), start=rank + 1):
        key = (strip.street, strip.community)
        piece = f"{'北南'[seen[key]]}段" if total[key] > 1 else ""
        seen[key] += 1
        polygon = drawing.faces.union(drawing.faces.within(strip.ring))
        fronts.append(
            MicroGrid(
                id=at,
                rank=at,
                code=code,
                name=f"{strip.street}沿街商铺{piece}",
                area=community_code(strip.community),
                polygon=polygon,
                kind="street_front",
                layer="overlay",
                street_group=strip.street,
            )
        )
    return tuple(fronts)
