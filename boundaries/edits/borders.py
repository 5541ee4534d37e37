"""Commands that move borders inside one area."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from shapely import Point

from boundaries.codes import Scheme
from boundaries.edits.commands import (
    Carve,
    CarveStrip,
    GiveBuilding,
    GiveCompound,
    GiveGap,
    GiveGround,
    Merge,
    MoveBorder,
    MoveVertex,
    Split,
)
from boundaries.edits.counting import Homes, households_of
from boundaries.edits.edit import Edit
from boundaries.edits.naming import grid_named
from boundaries.edits.outcome import Naming, edit_of
from boundaries.edits.premises import ground_of_building, ground_of_compound
from boundaries.edits.workbench import Workbench, bench_of, precision_of, workbench
from boundaries.errors import BadInput
from boundaries.model import MicroGrid
from boundaries.snapshot import Snapshot
from geo.chain import CannotReshape
from geo.leftovers import Takers
from geo.reshape import carve, give, merge, move_border, split
from geo.reshape_gap import fill
from geo.reshape_vertex import move_vertex
from geo.segments import as_shapes
from geo.strokes import strip

# A vertex that is asked for is looked for among the grids so near.
_NEAR_M = 5.0
# What is carved is a street front, unless the planner says otherwise.
_CARVED_KIND = "street_front"


def border_moved(snapshot: Snapshot, command: MoveBorder, used: Collection[str], scheme: Scheme) -> Edit:
    """Move the border between two grids."""
    bench = bench_of(snapshot, command.one)
    one, other = bench.number(command.one), bench.number(command.other)
    if one == other:
        raise BadInput("须指定两个不同的网格。", "Name two different grids.")
    return edit_of(
        snapshot, bench, move_border(bench.division, one, other, command.line), Naming((), None, used, scheme)
    )


def vertex_moved(snapshot: Snapshot, command: MoveVertex, used: Collection[str], scheme: Scheme) -> Edit:
    """Move a vertex in all grids that have it."""
    bench = _bench_at(snapshot, command.at, command.layer)
    done = move_vertex(bench.division, (command.at.x, command.at.y), (command.to.x, command.to.y))
    return edit_of(snapshot, bench, done, Naming((), None, used, scheme))


def grid_split(snapshot: Snapshot, command: Split, used: Collection[str], scheme: Scheme) -> Edit:
    """Cut a grid by lines."""
    bench, grid = bench_of(snapshot, command.grid), grid_named(snapshot, command.grid)
    if grid.parts:
        raise BadInput(
            f"网格 {grid.code} 有分段,不能直接拆分。请先取消它的分段。",
            f"Micro-grid {grid.code} has parts and cannot be split. Take its parts back first.",
        )
    done = split(bench.division, bench.number(command.grid), command.line)
    return edit_of(snapshot, bench, done, Naming(command.new, grid, used, scheme))


def grids_merged(snapshot: Snapshot, command: Merge, used: Collection[str], scheme: Scheme) -> Edit:
    """Make one grid of several."""
    grids = [grid_named(snapshot, code) for code in dict.fromkeys(command.grids)]
    if len(grids) < 2:
        raise BadInput("合并须指定两个以上的网格。", "Name two or more grids to merge.")
    keep = grid_named(snapshot, command.keep) if command.keep is not None else _largest(snapshot, grids)
    if keep not in grids:
        raise BadInput(
            f"保留的网格 {keep.code} 不在要合并的网格中。", f"The grid to keep, {keep.code}, is not one to merge."
        )
    bench = bench_of(snapshot, keep.code)
    numbers = [bench.number(grid.code) for grid in grids]
    done = merge(bench.division, numbers, bench.number(keep.code))
    return edit_of(snapshot, bench, done, Naming((), None, used, scheme))


def carved(snapshot: Snapshot, command: Carve, used: Collection[str], scheme: Scheme) -> Edit:
    """Take a polygon out of the grids of an area, or lay it over them."""
    bench = workbench(snapshot, command.area, command.layer)
    if not len(bench.division.cells):
        raise BadInput(
            f"区域 {command.area} 还没有网格可以划出。请先划分网格。",
            f"Area {command.area} has no grids yet to carve from. Divide it first.",
        )
    new = replace(command.new, kind=command.new.kind or _CARVED_KIND)
    takers = _takers(bench, command.takers, new.code)
    return edit_of(
        snapshot, bench, carve(bench.division, command.shape, takers=takers), Naming((new,), None, used, scheme)
    )


def strip_carved(snapshot: Snapshot, command: CarveStrip, used: Collection[str], scheme: Scheme) -> Edit:
    """Carve a strip along a line."""
    shape = strip(command.line, left_m=command.left_m, right_m=command.right_m, precision=precision_of(snapshot))
    if shape.geom_type != "Polygon":
        raise CannotReshape(
            "沿这条线的条带不是一整块。请把线画得平缓一些,或分段划出。",
            "The strip along this line is not one piece. Draw a smoother line, or carve it in sections.",
        )
    plain = Carve(command.area, shape, command.new, command.layer, command.takers)
    return carved(snapshot, plain, used, scheme)


def ground_given(snapshot: Snapshot, command: GiveGround, used: Collection[str], scheme: Scheme) -> Edit:
    """Give the ground inside a polygon to a grid."""
    return _given(snapshot, command.to, command.shape, command.takers, Naming((), None, used, scheme))


def gap_given(snapshot: Snapshot, command: GiveGap, used: Collection[str], scheme: Scheme) -> Edit:
    """Give a gap to a grid."""
    bench = bench_of(snapshot, command.to)
    if bench.layer == "overlay":
        raise BadInput(
            f"{command.to} 是叠加网格,叠加层没有空白。请用“划给地面”。",
            f"{command.to} is an overlay, and overlays have no gaps. Give it ground instead.",
        )
    done = fill(bench.division, (command.at.x, command.at.y), bench.number(command.to))
    return edit_of(snapshot, bench, done, Naming((), None, used, scheme))


def building_given(snapshot: Snapshot, command: GiveBuilding, used: Collection[str], scheme: Scheme) -> Edit:
    """Give a building with the ground about it to a grid."""
    ground = ground_of_building(snapshot, bench_of(snapshot, command.to), command.to, command.building)
    return _given(snapshot, command.to, ground, (), Naming((), None, used, scheme))


def compound_given(snapshot: Snapshot, command: GiveCompound, used: Collection[str], scheme: Scheme) -> Edit:
    """Give a whole compound to a grid."""
    ground = ground_of_compound(snapshot, command.compound)
    return _given(snapshot, command.to, ground, (), Naming((), None, used, scheme))


def _given(snapshot: Snapshot, to: str, shape: Any, takers: Sequence[tuple[Point, str]], naming: Naming) -> Edit:
    bench = bench_of(snapshot, to)
    done = give(bench.division, shape, bench.number(to), takers=_takers(bench, takers))
    return edit_of(snapshot, bench, done, naming)


def _takers(bench: Workbench, takers: Sequence[tuple[Point, str]], new: str | None = None) -> Takers:
    """Points and the positions of grids; the grid that is being made goes by its code too."""
    made = len(bench.division.cells)
    return [((point.x, point.y), made if code == new else bench.number(code)) for point, code in takers]


def _largest(snapshot: Snapshot, grids: Sequence[MicroGrid]) -> MicroGrid:
    """The grid with most households; of equals the one with the lowest rank."""
    buildings = Homes.near(snapshot, grids).by_grid(grids, {})
    return min(grids, key=lambda grid: (-(households_of(grid, buildings.get(grid.code, ())) or 0), grid.rank))


def _bench_at(snapshot: Snapshot, at: Point, layer: str) -> Workbench:
    """The grids of the area whose grid is nearest to a point."""
    scale = np.array(precision_of(snapshot).scale)
    grids = [grid for grid in snapshot.grids if grid.layer == layer]
    shapes = as_shapes(grid.polygon for grid in grids)
    near = np.flatnonzero(shapely.dwithin(shapes, at, _NEAR_M / scale.min())).tolist() if grids else list[int]()
    if not near:
        raise CannotReshape(
            f"在 {at.x:.9f}, {at.y:.9f} 附近没有网格。请核对位置。",
            f"There is no grid near {at.x:.9f}, {at.y:.9f}. Check the place.",
        )
    distance = shapely.distance(shapes[near], at)
    grid = grids[near[int(np.argmin(distance))]]
    return workbench(snapshot, grid.area, grid.layer)
