"""Move the border between two areas, with every level and the grids of both sides."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import shapely

from boundaries.codes import Scheme
from boundaries.edits.commands import MoveAreaBorder
from boundaries.edits.counting import assigned_buildings
from boundaries.edits.edit import Edit, Remainder
from boundaries.edits.following import following
from boundaries.edits.outcome import counted
from boundaries.edits.workbench import area_named, precision_of
from boundaries.errors import BadInput
from boundaries.model import Area, MicroGrid
from boundaries.snapshot import Snapshot
from geo.handover import Nested
from geo.reshape_areas import AreasReshaped, move_area_border
from geo.segments import as_shapes


def area_border_moved(snapshot: Snapshot, command: MoveAreaBorder, _: Collection[str], __: Scheme) -> Edit:
    """Move the border between two areas.

    Parameters
    ----------
    snapshot : Snapshot
        With both areas, all above and below them, and the grids of both.
    command : MoveAreaBorder

    Returns
    -------
    Edit
        Grids that lie wholly on ground that changes hands keep their codes and fill another
        area; overlays stay where they are.

    Raises
    ------
    BadInput
        If one area lies in the other, or a grid with parts would be no more.
    CannotReshape
        If it cannot be done exactly.
    NotFound
        If there is no such area.
    """
    one, other = area_named(snapshot, command.one), area_named(snapshot, command.other)
    _require_apart(snapshot, one, other)
    place = {area.code: number for number, area in enumerate(snapshot.areas)}
    tiles = [grid for grid in snapshot.grids if grid.layer == "tile" and grid.area in place]
    nested = Nested(
        as_shapes(area.polygon for area in snapshot.areas),
        tuple(place.get(area.parent, -1) if area.parent is not None else -1 for area in snapshot.areas),
        as_shapes(grid.polygon for grid in tiles),
        tuple(place[grid.area] for grid in tiles),
        precision_of(snapshot),
    )
    done = move_area_border(nested, place[one.code], place[other.code], command.line)
    return _edit_of(snapshot, tiles, done)


def _edit_of(snapshot: Snapshot, tiles: Sequence[MicroGrid], done: AreasReshaped) -> Edit:
    shapes: dict[int, Any] = {number: tiles[number].polygon for number in done.home} | dict(done.changed)
    old = [tiles[number] for number in sorted(shapes)]
    grids = tuple(
        replace(
            tiles[number],
            polygon=shapes[number],
            area=snapshot.areas[done.home[number]].code if number in done.home else tiles[number].area,
        )
        for number in sorted(shapes)
        if shapes[number] is not None
    )
    gone = [tiles[number] for number in sorted(shapes) if shapes[number] is None]
    for grid in gone:
        if grid.parts:
            raise BadInput(
                f"网格 {grid.code} 有分段,不能并掉。请先取消它的分段。",
                f"Micro-grid {grid.code} has parts and cannot be given up. Take its parts back first.",
            )
    moved = following(snapshot, old, grids)
    return Edit(
        grids=grids,
        refined=tuple(
            replace(tiles[number], polygon=shape) for number, shape in done.refined.items() if number not in shapes
        ),
        areas=tuple(replace(snapshot.areas[number], polygon=shape) for number, shape in sorted(done.areas.items())),
        retired=tuple(grid.code for grid in gone),
        assignments=moved,
        households=counted(snapshot, old, grids, assigned_buildings(moved)),
        remainders=tuple(
            Remainder(
                tiles[piece.cell].code,
                shapely.get_parts(piece.shape)[0],
                tiles[piece.taker].code,
                tuple(tiles[number].code for number in piece.others if number < len(tiles)),
            )
            for piece in done.pieces
        ),
    )


def _require_apart(snapshot: Snapshot, one: Area, other: Area) -> None:
    if one in snapshot.ancestors(other.code) or other in snapshot.ancestors(one.code):
        raise BadInput(
            f"区域 {one.code} 与 {other.code} 是上下级,没有可移动的共同边界。请指定同级的两个区域。",
            f"Of the areas {one.code} and {other.code} one lies in the other, so they have no border to move. Name two"
            " areas of one level.",
        )
