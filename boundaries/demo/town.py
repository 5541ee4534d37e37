"""The demo town: its correct division, and a defective drawing of the same places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from boundaries.demo import names
from boundaries.demo.arrangement import Faces, arrange, cell_ring
from boundaries.demo.defects import Damage, damage_verticals, defective_cells, is_missing, plan_damage
from boundaries.demo.division import Cell, share_out, thin_out
from boundaries.demo.estates import Estate, houses_of, lay_estates
from boundaries.demo.fabric import Fabric, community_code, make_fabric
from boundaries.demo.ground import CRS, Ground, lay_ground, samples
from boundaries.demo.people import appoint
from boundaries.demo.shopfronts import ShopRow, Strip, shop_rows, strip_verticals, strips
from boundaries.model import Area, MicroGrid, Part, Person
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs

SEED = 321081
RESIDENTIAL_GRIDS = 150
BUILDINGS = 450

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
class Town:
    """One demo town.

    Attributes
    ----------
    correct : Snapshot
        The corrected drawing, with everybody in charge.
    defective : Snapshot
        The same places as two old drawings had them, with the defects of
        :mod:`boundaries.demo.defects`.
    table : tuple of TableRow
        The list that the office keeps.
    """

    seed: int
    correct: Snapshot
    defective: Snapshot
    table: tuple[TableRow, ...]


def build_town(seed: int = SEED) -> Town:
    """Build the demo town.

    Parameters
    ----------
    seed : int
        The same seed gives the same town, bit for bit.

    Returns
    -------
    Town
        In EPSG:4549 metres: 1 town, 3 communities, 24 composite grids, 150 residential
        micro-grids with a market, a school and 11 street fronts beside them, 450
        buildings, 25 compounds, 300 shops along 6 streets.

    Raises
    ------
    ValueError
        If a seed draws houses that cannot be cut into 150 grids.
    """
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(7)]
    ground = lay_ground(streams[0])
    estates = lay_estates(ground, streams[1])
    rows = shop_rows(ground, estates, streams[2])
    estates = thin_out(estates, _count(estates, rows) - BUILDINGS, streams[3])
    cells = share_out(estates, RESIDENTIAL_GRIDS)
    fabric = make_fabric(ground, estates, rows, streams[4])
    drawing = _draw(ground, cells, streams[5])
    areas = _areas(drawing, ground)
    grids, table = _grids(drawing, fabric, areas)
    people = appoint(areas, grids, streams[6])
    correct = Snapshot(
        crs=parse_crs(CRS),
        label=f"{names.TOWN}(校正图)",
        areas=areas,
        grids=grids,
        buildings=fabric.buildings,
        compounds=fabric.compounds,
        shops=fabric.shops,
        streets=fabric.streets,
        waters=fabric.waters,
        walls=fabric.walls,
        people=people,
    )
    return Town(seed, correct, _defective(correct, drawing), table)


def _count(estates: Sequence[Estate], rows: Sequence[ShopRow]) -> int:
    gatehouses = sum(len(estate.lots) for estate in estates)
    return sum(1 for estate in estates for _ in houses_of(estate)) + gatehouses + len(rows)


@dataclass(frozen=True)
class _Drawing:
    """The arrangement with what lies in it."""

    faces: Faces
    cells: tuple[Cell, ...]
    strips: tuple[Strip, ...]
    damage: Damage


def _draw(ground: Ground, cells: tuple[Cell, ...], rng: np.random.Generator) -> _Drawing:
    blocks = {block.key: block for block in ground.blocks}
    verticals = [*ground.verticals, *(u for cell in cells for u in (cell.west, cell.east))]
    verticals += [*strip_verticals(ground), *damage_verticals(ground)]
    places = samples(verticals, ground.verticals[0], ground.verticals[-1])
    rings = [cell_ring(ground, cell, blocks[cell.community, cell.block], places) for cell in cells]
    fronts = strips(ground, places)
    damage = plan_damage(ground, cells, places, rng)
    faces = arrange(ground.bend, rings, [*(strip.ring for strip in fronts), *damage.rings])
    return _Drawing(faces, cells, fronts, damage)


def _areas(drawing: _Drawing, ground: Ground) -> tuple[Area, ...]:
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
            code = _composite_code(at, place)
            areas.append(Area(len(areas) + 1, code, name, "composite", community_code(at), polygon))
    return tuple(areas)


def _composite_code(community: int, block: int) -> str:
    return f"{community_code(community)}{block + 1:02d}"


def _grids(
    drawing: _Drawing, fabric: Fabric, areas: Sequence[Area]
) -> tuple[tuple[MicroGrid, ...], tuple[TableRow, ...]]:
    """Tile grids in the order of cells, then strips; codes run on within each community."""
    buildings = {building.code: building for building in fabric.buildings}
    compounds = {compound.code: compound.name for compound in fabric.compounds}
    area_names = {area.code: area.name for area in areas}
    serial = dict.fromkeys(range(len(names.COMMUNITIES)), 0)
    old_lanes = iter(names.OLD_STREETS)
    lanes: dict[tuple[int, int], str] = {}
    grids: list[MicroGrid] = []
    table: list[TableRow] = []
    for at, cell in enumerate(drawing.cells):
        serial[cell.community] += 1
        code = f"{community_code(cell.community)}{serial[cell.community]:03d}"
        key = (cell.community, cell.block)
        polygon = drawing.faces.union(drawing.faces.cell == at)
        parent = _composite_code(*key)
        if cell.use != "homes":
            name = names.MARKET if cell.use == "market" else names.SCHOOL
            grids.append(MicroGrid(at + 1, at + 1, code, name, parent, polygon, kind=cell.use))
            continue
        here = [buildings[fabric.building_of[key, house]] for house in cell.houses]
        if cell.lot is None and key not in lanes:
            lanes[key] = next(old_lanes)
        place = lanes[key] if cell.lot is None else compounds[fabric.compound_of[key, cell.lot]]
        houses = _houses_text([building.number for building in here])
        parts = _parts(code, cell, here[0].households or 0)
        grid = MicroGrid(at + 1, at + 1, code, place + houses, parent, polygon, parts=parts)
        grids.append(grid)
        row = TableRow(
            names.COMMUNITIES[cell.community],
            area_names[parent],
            place,
            houses,
            "",
            sum(building.households or 0 for building in here),
            code,
            grid.name,
        )
        table += [_part_row(row, part) for part in parts] or [row]
    return (*grids, *_fronts(drawing, serial, len(grids))), tuple(table)


def _houses_text(numbers: Sequence[str]) -> str:
    return f"{numbers[0]}幢" if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}幢"


def _parts(code: str, cell: Cell, households: int) -> tuple[Part, ...]:
    """Parts of a tower: by entrance, or by floors where it has one entrance."""
    house = cell.houses[0]
    if len(cell.houses) > 1 or house.per_unit != 4:
        return ()
    count = house.units if house.units > 1 else len(_FLOOR_PARTS)
    shares = [len(share) for share in np.array_split(np.arange(households), count)]
    parts = []
    for at, share in enumerate(shares):
        if house.units > 1:
            name = f"{at + 1}单元"
            parts.append(Part(at + 1, f"{code}-{at + 1}", name, units=(str(at + 1),), households=share))
        else:
            low, high = _FLOOR_PARTS[at]
            parts.append(Part(at + 1, f"{code}-{at + 1}", f"{low}-{high}层", floors=(low, high), households=share))
    return tuple(parts)


def _part_row(row: TableRow, part: Part) -> TableRow:
    return replace(row, units=part.name, households=part.households or 0, grid_code=part.code)


def _fronts(drawing: _Drawing, serial: dict[int, int], before: int) -> list[MicroGrid]:
    """The street-front grids: overlays of a community that share their street's group."""
    faces = drawing.faces
    total: dict[tuple[str, int], int] = {}
    for strip in drawing.strips:
        total[strip.street, strip.community] = total.get((strip.street, strip.community), 0) + 1
    seen: dict[tuple[str, int], int] = {}
    fronts = []
    for at, strip in enumerate(drawing.strips):
        key = (strip.street, strip.community)
        seen[key] = seen.get(key, 0) + 1
        serial[strip.community] += 1
        code = f"{community_code(strip.community)}{serial[strip.community]:03d}"
        piece = f"{'北南'[seen[key] - 1]}段" if total[key] > 1 else ""
        fronts.append(
            MicroGrid(
                before + at + 1,
                before + at + 1,
                code,
                f"{strip.street}沿街商铺{piece}",
                community_code(strip.community),
                faces.union(faces.within(strip.ring)),
                kind="street_front",
                layer="overlay",
                street_group=strip.street,
            )
        )
    return fronts


def _defective(correct: Snapshot, drawing: _Drawing) -> Snapshot:
    """The correct snapshot with the damage done to grids and people."""
    masks = defective_cells(drawing.faces, drawing.damage, len(drawing.cells))
    touched = {*drawing.damage.overlap_cells, *drawing.damage.cut_cells}
    grids: list[MicroGrid] = []
    for at, grid in enumerate(correct.grids[: len(masks)]):
        mask = masks[at]
        if mask is None:
            continue
        changed = at in touched or not np.array_equal(mask, drawing.faces.cell == at)
        grids.append(replace(grid, polygon=drawing.faces.union(mask)) if changed else grid)
    for strip, grid in zip(drawing.strips, correct.grids[len(masks) :], strict=True):
        if not is_missing(strip):
            grids.append(grid)
    unstaffed = correct.grids[drawing.damage.unstaffed].code
    return replace(
        correct,
        label=f"{names.TOWN}(原图)",
        grids=tuple(grids),
        people=_people_left(correct.people, grids, correct, unstaffed),
    )


def _people_left(
    people: Sequence[Person], grids: Sequence[MicroGrid], correct: Snapshot, unstaffed: str
) -> tuple[Person, ...]:
    targets = {area.code for area in correct.areas} | {grid.code for grid in grids}
    targets |= {part.code for grid in grids for part in grid.parts}
    return tuple(person for person in people if person.target in targets - {unstaffed})
