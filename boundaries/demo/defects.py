"""The honest defects of the defective drawing, and what the corrected one mends.

A gap along a new road, an overlap where two old drawings disagree, two compounds
in no grid, a shopping street without a dedicated grid, a building cut by a
border, and a grid with nobody in charge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon

from boundaries.demo.arrangement import Faces, Mask
from boundaries.demo.division import Cell
from boundaries.demo.ground import Ground, Values
from boundaries.demo.shopfronts import Strip

NEW_ROAD_M = 8.0
MISSING_STREET = "杏林路"

_NEW_ROAD_BLOCK = (1, 3)
_OVERLAP_BLOCK = (1, 6)
_CUT_BLOCK = (2, 1)
_MISSING_BLOCKS = ((0, 0), (2, 4))
_UNSTAFFED_BLOCK = (0, 6)
_TAPER_M = 4.0


@dataclass(frozen=True, slots=True)
class Damage:
    """Where the defective drawing differs, on the sheet and by cell.

    ``gap`` belongs to nobody; ``overlap`` belongs to both cells of ``overlap_cells``;
    ``cut`` goes from the second of ``cut_cells`` to the first.
    """

    gap: Polygon
    overlap: tuple[Polygon, Polygon]
    overlap_cells: tuple[int, int]
    cut: Polygon
    cut_cells: tuple[int, int]
    missing_cells: tuple[int, ...]
    unstaffed: int

    @property
    def rings(self) -> tuple[Polygon, ...]:
        """Rims that must be arranged too."""
        return (self.gap, *self.overlap, self.cut)


def damage_verticals(ground: Ground) -> list[float]:
    """Where the new road's edge needs vertices of the lines."""
    block = next(block for block in ground.blocks if block.key == _NEW_ROAD_BLOCK)
    return [block.west + NEW_ROAD_M]


def plan_damage(ground: Ground, cells: Sequence[Cell], samples: Values, rng: np.random.Generator) -> Damage:
    """Choose the places of the defects.

    Parameters
    ----------
    ground : Ground
    cells : sequence of Cell
    samples : ndarray
        Places along ``u`` where lines have a vertex.
    rng : numpy.random.Generator

    Returns
    -------
    Damage
    """
    block = next(block for block in ground.blocks if block.key == _NEW_ROAD_BLOCK)
    lower, upper = ground.lines[block.south], ground.lines[block.north]
    gap = ground.band(block.west, block.west + NEW_ROAD_M, lower, upper, samples)
    left, right, foot, head = _longest_border(cells)
    cut, cut_cells = _cut(cells)
    missing = tuple(
        at for at, cell in enumerate(cells) if (cell.community, cell.block) in _MISSING_BLOCKS and cell.lot == 1
    )
    unstaffed = next(at for at, cell in enumerate(cells) if (cell.community, cell.block) == _UNSTAFFED_BLOCK)
    zigzag = _zigzag(cells[left].east, foot, head, rng)
    return Damage(gap, zigzag, (left, right), cut, cut_cells, missing, unstaffed)


def _longest_border(cells: Sequence[Cell]) -> tuple[int, int, float, float]:
    """Two cells side by side whose shared border between roads is longest."""
    here = [(at, cell) for at, cell in enumerate(cells) if (cell.community, cell.block) == _OVERLAP_BLOCK]
    borders = []
    for at, cell in here:
        for other_at, other in here:
            if other.column != cell.column + 1:
                continue
            (foot, head), (other_foot, other_head) = _reach(cell), _reach(other)
            foot, head = max(foot, other_foot), min(head, other_head)
            borders.append((head - foot, at, other_at, foot, head))
    _, at, other_at, foot, head = max(borders)
    return at, other_at, foot, head


def _reach(cell: Cell) -> tuple[float, float]:
    """From where to where the cell reaches, the roads about its block left out."""
    low = cell.houses[-1].v - 6.0 if cell.low is None else cell.low
    high = cell.houses[0].v + 6.0 if cell.high is None else cell.high
    return low, high


def _zigzag(u: float, foot: float, head: float, rng: np.random.Generator) -> tuple[Polygon, Polygon]:
    """Two saw-toothed faces west and east of a vertical border, narrowing to nothing at its ends."""
    v = np.linspace(foot + _TAPER_M, head - _TAPER_M, 11)
    odd = np.arange(11) % 2 == 1
    sides = []
    for sign, out in ((-1.0, odd), (1.0, ~odd)):
        reach = sign * np.round(np.where(out, 3.4, 1.0) + rng.uniform(-0.4, 0.4, size=11), 2)
        reach[[0, -1]] = 0.0
        sides.append(Polygon(np.column_stack([u + reach, v])))
    return sides[0], sides[1]


def _cut(cells: Sequence[Cell]) -> tuple[Polygon, tuple[int, int]]:
    """The ground between a border and the middle of the first slab south of it."""
    below = next(
        at for at, cell in enumerate(cells) if (cell.community, cell.block) == _CUT_BLOCK and cell.high is not None
    )
    above, cell = below - 1, cells[below]
    v = cell.houses[0].v + 1.0
    _, head = _reach(cell)
    return shapely.box(cell.west, v, cell.east, head), (above, below)


def defective_cells(faces: Faces, damage: Damage, count: int) -> list[Mask | None]:
    """Faces of every cell as the defective drawing has them; None for a missing grid."""
    masks: list[Mask | None] = [faces.cell == cell for cell in range(count)]
    gap = faces.within(damage.gap)
    both = faces.within(damage.overlap[0]) | faces.within(damage.overlap[1])
    moved = faces.within(damage.cut)
    gainer, loser = damage.cut_cells
    for cell in range(count):
        mask = (faces.cell == cell) & ~gap
        if cell in damage.overlap_cells:
            mask |= both
        if cell == gainer:
            mask |= moved
        if cell == loser:
            mask &= ~moved
        masks[cell] = None if cell in damage.missing_cells else mask
    return masks


def is_missing(strip: Strip) -> bool:
    """Whether the defective drawing lacks this strip."""
    return strip.street == MISSING_STREET


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect that the demo shows: the kinds of finding that tell it, and its name."""

    kinds: tuple[str, ...]
    zh: str
    en: str


DEFECTS = (
    Defect(("gap",), "新开路沿线和两个漏划小区的空白", "gaps along the new road and where two compounds are left out"),
    Defect(("overlap",), "两张旧图对不上的重叠", "an overlap where two old drawings disagree"),
    Defect(("compound_uncovered", "building_uncovered"), "两个小区未划入网格", "two compounds in no grid"),
    Defect(
        ("shop_undedicated", "mixed_management"),
        f"{MISSING_STREET}沿街商铺没有专属网格",
        "a shopping street with no dedicated grid",
    ),
    Defect(("building_cut",), "被网格线切开的楼", "a building cut by a border"),
    Defect(("nobody_in_charge", "volunteers_missing"), "没有联络员和志愿者的网格", "a grid with nobody in charge"),
)
