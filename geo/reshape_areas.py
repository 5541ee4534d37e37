"""Move the border between two areas: every level and the cells of both sides follow on one new chain.

The line is fitted to the chain of the two areas and given vertices as close as the chain's.
Cells that lie wholly on ground that changes hands go over as they are; pieces of others go
to the cell on the receiving side with the longest border. The areas' new borders are sums of
the faces that moved, so all levels have the very same vertices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Polygon

from geo.area_sums import areas_after, refined_areas, require_balanced
from geo.chain import CannotReshape, Chain, Precision
from geo.leftovers import border_lengths, settled
from geo.patch import NOBODY, Patch, cut
from geo.reshape import parted_in_two
from geo.reshaped import Division, LeftPiece, faces_inside, finished
from geo.residual import prove
from geo.rings import Floats, Ints, Shapes
from geo.segments import as_shapes
from geo.strokes import fitted

# Longest edge of an area's border, as when areas are loaded.
CHAIN_STEP_M = 2.0
_MARGIN_M = 50.0


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
class AreasReshaped:
    """What a moved border of areas changes.

    Attributes
    ----------
    areas : mapping of int to Polygon or MultiPolygon
        Changed or refined ones.
    changed, refined : mapping of int to Polygon or None
        Cells, as in :class:`geo.reshaped.Reshaped`.
    home : mapping of int to int
        Cells that fill another area from now on.
    pieces : tuple of LeftPiece
        Ground that went to a cell by the length of the border, on either side.
    """

    areas: Mapping[int, Any]
    changed: Mapping[int, Polygon | None]
    refined: Mapping[int, Polygon]
    home: Mapping[int, int]
    pieces: tuple[LeftPiece, ...] = ()


def move_area_border(nested: Nested, one: int, other: int, line: LineString) -> AreasReshaped:
    """Let the border of two areas run along a line.

    Parameters
    ----------
    nested : Nested
    one, other : int
        Areas with a common border, neither within the other.
    line : LineString
        Its ends lie on the common border or on the outline of the two.

    Returns
    -------
    AreasReshaped

    Raises
    ------
    CannotReshape
        If the line does not part the two in two, or leaves an area or a cell in pieces.
    """
    strokes, chain = _chained(nested, one, other, line)
    moved = _moved_ground(nested, one, other, strokes, chain)
    work = _Work.of(nested, one, other, moved)
    near = np.flatnonzero(shapely.intersects(work.cells, shapely.union_all([*moved.values()])))
    near = near[[work.side[number] >= 0 for number in near.tolist()]]
    patch = cut(work.cells, near.tolist(), strokes, chain=chain, precision=nested.precision)
    over = _handed_over(work, patch, moved)
    home = over.home
    division = Division(work.cells, shapely.Polygon(), nested.precision, work.nobody)
    label, more = settled(division, patch, over.label, may_take=lambda cell, taker: home[cell] == home[taker])
    done = finished(division, patch, label, (*over.pieces, *more))
    count = len(nested.cells)
    before = np.array([NOBODY if cell == NOBODY else work.home[cell] for cell in patch.cell.tolist()])
    after = np.array([NOBODY if cell == NOBODY else home[cell] for cell in label.tolist()])
    areas = areas_after(nested.areas, nested.line_up, patch, before, after)
    areas |= refined_areas(nested.areas, patch.inserted, skip=areas)
    require_balanced(nested.areas, nested.above, areas)
    return AreasReshaped(
        areas,
        {number: shape for number, shape in done.changed.items() if number < count},
        {number: shape for number, shape in done.refined.items() if number < count},
        {number: area for number, area in home.items() if number < count and area != nested.home[number]},
        tuple(piece for piece in done.pieces if piece.cell < count and piece.taker < count),
    )


@dataclass(frozen=True, slots=True)
class _Work:
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
    def of(cls, nested: Nested, one: int, other: int, moved: Mapping[int, Any]) -> "_Work":
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


def _chained(nested: Nested, one: int, other: int, line: LineString) -> tuple[list[Floats], Chain]:
    """The line as a chain: fitted to the border of both areas, with a vertex at least every two metres."""
    pair = nested.areas[[one, other]]
    margin = _MARGIN_M / np.array(nested.precision.scale)
    box = np.array(shapely.bounds(line)) + np.concatenate([-margin, margin])
    chain = Chain.of(pair, box, nested.precision)
    strokes = [xy for area in pair for xy in fitted([line], area, chain, vertices=chain.xy)]
    return [_dense(xy, nested.precision) for xy in strokes], chain


def _dense(xy: Floats, precision: Precision) -> Floats:
    rows = [xy[:1]]
    for start, end in pairwise(xy):
        pieces = int(np.ceil(float(np.hypot(*precision.metres(end - start))) / CHAIN_STEP_M - 1e-6))
        share = np.arange(1, max(pieces, 1) + 1)[:, None] / max(pieces, 1)
        rows.append(np.where(share == 1, end, precision.rounded(start + (end - start) * share)))
    return np.concatenate(rows)


def _moved_ground(nested: Nested, one: int, other: int, strokes: list[Floats], chain: Chain) -> dict[int, Any]:
    """For each side (0, 1) the ground that comes to it."""
    patch = cut(nested.areas, [one, other], strokes, chain=chain, precision=nested.precision)
    label = parted_in_two(patch, one, other)
    if label is None or (label == patch.cell).all():
        raise CannotReshape(
            "这条线不能成为两个区域之间的新边界:两端须落在它们公共边界的顶点上,中间不得离开这两个区域。",
            "The line cannot be the new border of the two areas: its ends must lie on vertices of their common border,"
            " and it may not leave the two in between.",
        )
    grounds: dict[int, Any] = {}
    for side, area in enumerate((one, other)):
        got = np.flatnonzero((label == area) & (patch.cell != area) & (patch.cell != NOBODY))
        if len(got):
            grounds[side] = shapely.union_all(patch.polygons(got))
    return grounds


@dataclass(frozen=True, slots=True)
class _Handover:
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


def _handed_over(work: _Work, patch: Patch, moved: Mapping[int, Any]) -> _Handover:
    """Let ground change sides: cells that lie wholly on it as they are, pieces of others to their neighbours."""
    home = dict(enumerate(work.home)) | {number: area for area, number in work.free.items()}
    over = _Handover(patch.cell.copy(), home, dict(enumerate(work.side)), {}, {}, set(), [])
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


def _settle_cell(patch: Patch, over: _Handover) -> bool:
    """A cell that goes over as it is fills the area of the neighbour with the longest border there."""
    for cell, to in over.pending.items():
        ranked = _ranked(patch, over, np.flatnonzero(over.label == cell), to)
        if ranked:
            over.home[cell] = over.home[ranked[0]]
            del over.pending[cell]
            return True
    return False


def _settle_face(work: _Work, patch: Patch, over: _Handover) -> bool:
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


def _ranked(patch: Patch, over: _Handover, faces: Ints, to: int) -> list[int]:
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
