"""Ground that changes hands between two areas: who gets each cell and each piece."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from geo.chain import CannotReshape, Precision
from geo.leftovers import border_lengths
from geo.patch import Patch
from geo.reshaped import LeftPiece, faces_inside
from geo.residual import prove
from geo.rings import Ints, Shapes
from geo.segments import as_shapes


@dataclass(frozen=True)
class Nested:
    """Areas within areas, and the cells that fill the lowest.

    Attributes
    ----------
    areas : ndarray of Polygon or MultiPolygon
    above : tuple of int
        For each area the one that it is part of, or -1.
    cells : ndarray of Polygon
    home : tuple of int
        For each cell the area that it helps to fill.
    precision : Precision
    """

    areas: Shapes
    above: tuple[int, ...]
    cells: Shapes
    home: tuple[int, ...]
    precision: Precision

    def line_up(self, area: int) -> tuple[int, ...]:
        """An area and all above it."""
        found: list[int] = []
        while area >= 0:
            found.append(area)
            area = self.above[area]
        return tuple(found)

    @cached_property
    def lowest(self) -> tuple[int, ...]:
        """Areas that cells fill, or that hold no other area."""
        named = set(self.home)
        return tuple(area for area in range(len(self.areas)) if area in named or area not in self.above)


@dataclass(frozen=True, slots=True)
class Sides:
    """Cells of both sides, with what is nobody's there as cells too.

    Attributes
    ----------
    cells : ndarray of Polygon or MultiPolygon
        Those of the nest, and behind them ground that is nobody's.
    home : tuple of int
    side : tuple of int
        0 or 1 for the cells of the two areas, -1 for others.
    nobody : frozenset of int
        Numbers that stand for nobody's ground, also for areas that have none so far.
    free : dict of int to int
        For each lowest area the number of its ground that is nobody's.
    """

    cells: Shapes
    home: tuple[int, ...]
    side: tuple[int, ...]
    nobody: frozenset[int]
    free: dict[int, int]

    @classmethod
    def of(cls, nested: Nested, one: int, other: int, moved: Mapping[int, Any]) -> "Sides":
        """The cells of two areas, and what is nobody's in those of their areas that moved ground touches."""
        sides = {
            area: place
            for area in range(len(nested.areas))
            for place, top in enumerate((one, other))
            if top in nested.line_up(area)
        }
        touched = shapely.union_all([*moved.values()])
        cells, home, free = list(nested.cells), list(nested.home), dict[int, int]()
        lowest = [area for area in nested.lowest if area in sides]
        for area in lowest:
            ground = _nobodys(nested, area) if shapely.intersects(nested.areas[area], touched) else None
            if ground is not None:
                free[area] = len(cells)
                cells.append(ground)
                home.append(area)
        count = len(cells)
        for area in lowest:
            if area not in free:
                free[area] = count
                count += 1
        side = tuple(sides.get(area, -1) for area in home)
        return cls(as_shapes(cells), tuple(home), side, frozenset(free.values()), free)


def _nobodys(nested: Nested, area: int) -> Any:
    """Ground of a lowest area that no cell fills, or None."""
    mine = nested.cells[[number for number, home in enumerate(nested.home) if home == area]]
    ground = nested.areas[area]
    if not len(mine):
        return ground
    if prove(mine, ground).is_exact:
        return None
    left = shapely.difference(ground, shapely.union_all(mine))
    return None if left.is_empty else left


@dataclass(frozen=True, slots=True)
class Handover:
    """What has been settled so far while ground changes sides; all of it fills up on the way.

    Attributes
    ----------
    label : ndarray of int, shape (f,)
    home, side : dict of int to int
        Of each cell.
    target : dict of int to int
        For each face on moved ground the side that it comes to.
    pending : dict of int to int
        Cells that go over as they are and have no area yet, and the side that they come to.
    waiting : set of int
        Faces that have no taker yet.
    pieces : list of LeftPiece
    """

    label: Ints
    home: dict[int, int]
    side: dict[int, int]
    target: dict[int, int]
    pending: dict[int, int]
    waiting: set[int]
    pieces: list[LeftPiece]


def handed_over(work: Sides, patch: Patch, moved: Mapping[int, Any]) -> Handover:
    """Let ground change sides: cells that lie wholly on it as they are, pieces of others to their neighbours."""
    home = dict(enumerate(work.home)) | {number: area for area, number in work.free.items()}
    over = Handover(patch.cell.copy(), home, dict(enumerate(work.side)), {}, {}, set(), [])
    for to, ground in moved.items():
        inside = faces_inside(patch, ground)
        over.target.update(dict.fromkeys(inside.tolist(), to))
        for cell in np.unique(patch.cell[inside]).tolist():
            mine = np.flatnonzero(patch.cell == cell)
            if np.isin(mine, inside).all() and cell not in work.nobody:
                over.pending[cell] = over.side[cell] = to
            else:
                over.waiting.update(np.intersect1d(mine, inside).tolist())
    while over.waiting or over.pending:
        if not (_settle_cell(patch, over) or _settle_face(work, patch, over)):
            raise _without_taker(patch, next(iter(over.waiting), None))
    return over


def _settle_cell(patch: Patch, over: Handover) -> bool:
    """A cell that goes over as it is fills the area of the neighbour with the longest border there."""
    for cell, to in over.pending.items():
        ranked = _ranked(patch, over, np.flatnonzero(over.label == cell), to)
        if ranked:
            over.home[cell] = over.home[ranked[0]]
            del over.pending[cell]
            return True
    return False


def _settle_face(work: Sides, patch: Patch, over: Handover) -> bool:
    """A piece that is cut off goes to the neighbour with the longest border on the receiving side."""
    for face in sorted(over.waiting):
        cell = int(patch.cell[face])
        ranked = _ranked(patch, over, np.array([face]), over.target[face])
        if not ranked:
            continue
        taker = work.free[over.home[ranked[0]]] if cell in work.nobody else ranked[0]
        over.label[face] = taker
        over.waiting.discard(face)
        shape = patch.polygons(np.array([face]))[0]
        over.pieces.append(LeftPiece(cell, shape, taker, tuple(number for number in ranked if number != taker)))
        return True
    return False


def _ranked(patch: Patch, over: Handover, faces: Ints, to: int) -> list[int]:
    """Cells of a side that are settled and border on some faces, the longest border first."""
    lengths = border_lengths(patch, over.label, faces, skip=over.waiting - set(faces.tolist()))
    fit = [cell for cell in lengths if over.side.get(cell) == to and cell not in over.pending]
    return sorted(fit, key=lambda cell: (-lengths[cell], cell))


def _without_taker(patch: Patch, face: int | None) -> CannotReshape:
    place: tuple[float, float] | None = None
    where_zh = where_en = ""
    if face is not None:
        x, y = shapely.get_coordinates(shapely.point_on_surface(patch.polygons(np.array([face]))[0]))[0].tolist()
        place, where_zh, where_en = (x, y), f"({x:.9f}, {y:.9f})", f" at {x:.9f}, {y:.9f}"
    return CannotReshape(
        f"移过去的地面{where_zh}在对面没有相邻的网格可以接收。请把线画得贴近原边界,或分几次移动。",
        f"No grid on the other side borders on ground{where_en} that would change hands. Draw the line closer to the"
        " old border, or move it in steps.",
        place,
    )
