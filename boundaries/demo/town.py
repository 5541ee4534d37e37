"""The demo town: its correct division, and a defective drawing of the same places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from boundaries.demo import names
from boundaries.demo.arrangement import arrange, cell_ring
from boundaries.demo.defects import damage_verticals, defective_cells, is_missing, plan_damage
from boundaries.demo.division import Cell, share_out, thin_out
from boundaries.demo.estates import Estate, houses_of, lay_estates
from boundaries.demo.fabric import put_up
from boundaries.demo.grids import Drawing, TableRow, front_grids, make_areas, tile_grids
from boundaries.demo.ground import CRS, Ground, lay_ground, samples
from boundaries.demo.people import appoint
from boundaries.demo.placing import Register
from boundaries.demo.shopfronts import ShopRow, shop_rows, strip_verticals, strips
from boundaries.demo.shops import open_shops
from boundaries.demo.surroundings import river, streets
from boundaries.model import MicroGrid, Person
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs

SEED = 321081
RESIDENTIAL_GRIDS = 150
BUILDINGS = 450


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
    register = Register()
    fabric = put_up(ground, estates, register, streams[4])
    shops = open_shops(ground, rows, register, streams[4])
    drawing = _draw(ground, cells, streams[5])
    areas = make_areas(drawing)
    tiles, table = tile_grids(drawing, fabric, register, {area.code: area.name for area in areas})
    grids = (*tiles, *front_grids(drawing, len(tiles)))
    people = appoint(areas, grids, fabric.compounds, streams[6])
    correct = Snapshot(
        crs=parse_crs(CRS),
        label=f"{names.TOWN}(校正图)",
        areas=areas,
        grids=grids,
        buildings=tuple(register.buildings),
        compounds=fabric.compounds,
        shops=shops,
        streets=streets(ground),
        waters=(river(ground),),
        walls=fabric.walls,
        people=people,
    )
    return Town(seed, correct, _defective(correct, drawing), table)


def _count(estates: Sequence[Estate], rows: Sequence[ShopRow]) -> int:
    gatehouses = sum(len(estate.lots) for estate in estates)
    return sum(1 for estate in estates for _ in houses_of(estate)) + gatehouses + len(rows)


def _draw(ground: Ground, cells: tuple[Cell, ...], rng: np.random.Generator) -> Drawing:
    blocks = {block.key: block for block in ground.blocks}
    verticals = [*ground.verticals, *(u for cell in cells for u in (cell.west, cell.east))]
    verticals += [*strip_verticals(ground), *damage_verticals(ground)]
    places = samples(verticals, ground.verticals[0], ground.verticals[-1])
    rings = [cell_ring(ground, cell, blocks[cell.community, cell.block], places) for cell in cells]
    fronts = strips(ground, places)
    damage = plan_damage(ground, cells, places, rng)
    faces = arrange(ground.bend, rings, [*(strip.ring for strip in fronts), *damage.rings])
    return Drawing(faces, cells, fronts, damage)


def _defective(correct: Snapshot, drawing: Drawing) -> Snapshot:
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
