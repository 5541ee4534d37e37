"""Move the border between two areas: every level and the cells of both sides follow on one new chain.

The line is fitted to the chain of the two areas and given vertices as close as the chain's.
Cells that lie wholly on ground that changes hands go over as they are; pieces of others go
to the cell on the receiving side with the longest border. The areas' new borders are sums of
the faces that moved, so all levels have the very same vertices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Polygon

from geo.area_sums import areas_after, refined_areas, require_balanced
from geo.border_runs import parted_in_two
from geo.chain import CannotReshape, Chain, Precision
from geo.handover import Nested, Sides, handed_over
from geo.leftovers import settled
from geo.patch import NOBODY, cut
from geo.reshaped import Division, LeftPiece, finished
from geo.rings import Floats
from geo.strokes import brought_to, fitted

# Longest edge of an area's border, as when areas are loaded.
CHAIN_STEP_M = 2.0
_MARGIN_M = 50.0


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
    work = Sides.of(nested, one, other, moved)
    near = np.flatnonzero(shapely.intersects(work.cells, shapely.union_all([*moved.values()])))
    near = near[[work.side[number] >= 0 for number in near.tolist()]]
    patch = cut(work.cells, near.tolist(), strokes, chain=chain, precision=nested.precision)
    over = handed_over(work, patch, moved)
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


def _chained(nested: Nested, one: int, other: int, line: LineString) -> tuple[list[Floats], Chain]:
    """The line as a chain: fitted to the border of both areas, with a vertex at least every two metres."""
    pair = nested.areas[[one, other]]
    margin = _MARGIN_M / np.array(nested.precision.scale)
    box = np.array(shapely.bounds(line)) + np.concatenate([-margin, margin])
    chain = Chain.of(pair, box, nested.precision)
    ended = brought_to(line, shapely.intersection(*pair), nested.precision)
    strokes = [xy for area in pair for xy in fitted([ended], area, chain, vertices=chain.xy)]
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
