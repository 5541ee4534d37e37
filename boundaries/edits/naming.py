"""Commands that leave every border where it is: codes, names, kinds, parts."""

from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

from boundaries.edits.commands import ChangeKind, Rename, Renumber, SplitIntoParts
from boundaries.edits.counting import Homes, households_of
from boundaries.edits.edit import Edit
from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.model import MicroGrid, Part
from boundaries.snapshot import Snapshot


def grid_named(snapshot: Snapshot, code: str) -> MicroGrid:
    """The grid of a code.

    Raises
    ------
    NotFound
        If there is none.
    """
    grid = snapshot.grid_by_code.get(code)
    if grid is None:
        raise NotFound(
            f"没有编码为 {code} 的网格。请核对编码。", f"There is no micro-grid with the code {code}. Check it."
        )
    return grid


def taken_codes(snapshot: Snapshot, used: Collection[str]) -> set[str]:
    """Every code that may not be given again."""
    return {
        *used,
        *(grid.code for grid in snapshot.grids),
        *(part.code for grid in snapshot.grids for part in grid.parts),
    }


def require_free(code: str, taken: Collection[str]) -> None:
    """Refuse a code that was ever given.

    Raises
    ------
    Conflict
        Naming it.
    """
    if code in taken:
        raise Conflict(
            f"编码 {code} 已经用过,不能再给别的网格。请换一个编码。",
            f"The code {code} was used before and never names another micro-grid. Choose another one.",
        )


def rename(snapshot: Snapshot, command: Rename) -> Edit:
    """Give a grid another name.

    Raises
    ------
    BadInput
        If the name is empty.
    NotFound
        If there is no such grid.
    """
    grid = grid_named(snapshot, command.grid)
    if not command.name.strip():
        raise BadInput(f"网格 {grid.code} 的名称不能为空。", f"The name of micro-grid {grid.code} may not be empty.")
    return Edit(grids=(replace(grid, name=command.name.strip(), honorary_name=command.honorary_name or None),))


def change_kind(snapshot: Snapshot, command: ChangeKind) -> Edit:
    """Let a grid be of another kind.

    Raises
    ------
    BadInput
        If there is no such kind, or an overlay is to be residential.
    NotFound
        If there is no such grid.
    """
    grid = grid_named(snapshot, command.grid)
    kind = require_kind(snapshot, command.kind)
    if grid.layer == "overlay" and not snapshot.kind_by_code[kind].is_dedicated:
        raise BadInput(
            f"叠加网格 {grid.code} 不能是住宅类。请选专属类别。",
            f"Overlay {grid.code} cannot be residential. Choose a dedicated kind.",
        )
    return Edit(grids=(replace(grid, kind=kind, street_group=command.street_group),))


def require_kind(snapshot: Snapshot, kind: str) -> str:
    """The kind, if there is such a one.

    Raises
    ------
    BadInput
        Naming those that there are.
    """
    if kind not in snapshot.kind_by_code:
        known = ", ".join(snapshot.kind_by_code)
        raise BadInput(f"没有类别 {kind}。可选:{known}。", f"There is no kind {kind}. There are: {known}.")
    return kind


def renumber(snapshot: Snapshot, command: Renumber, used: Collection[str]) -> Edit:
    """Give grids new codes; assignments follow.

    Raises
    ------
    BadInput
        If nothing is named, or two grids are to get one code.
    Conflict
        If a code was ever used.
    NotFound
        If there is no such grid.
    """
    grids = [grid_named(snapshot, code) for code in command.codes]
    if not grids or len(set(command.codes.values())) < len(grids):
        raise BadInput(
            "重新编号须给出新旧对照,且新编码不得重复。",
            "Renumbering needs old and new codes, and no new code twice.",
        )
    taken = taken_codes(snapshot, used)
    for code in command.codes.values():
        require_free(code, taken)
    changed = tuple(replace(grid, code=command.codes[grid.code]) for grid in grids)
    following = tuple(
        replace(item, grid=command.codes[item.grid])
        for item in snapshot.assignments
        if item.grid is not None and item.grid in command.codes
    )
    return Edit(grids=changed, assignments=following)


def split_into_parts(snapshot: Snapshot, command: SplitIntoParts, used: Collection[str]) -> Edit:
    """Tell the parts of a grid anew.

    Raises
    ------
    BadInput
        If there is one part only, one has neither units nor floors or both, or two hold the same.
    Conflict
        If a new part gets a code that was ever used.
    NotFound
        If there is no such grid.
    """
    grid = grid_named(snapshot, command.grid)
    _require_apart(grid, command.parts)
    known = {part.code: part for part in grid.parts}
    taken = taken_codes(snapshot, used)
    for part in command.parts:
        if part.code not in known:
            require_free(part.code, taken)
    parts = tuple(replace(part, id=known[part.code].id if part.code in known else 0) for part in command.parts)
    changed = replace(grid, parts=parts)
    buildings = Homes.near(snapshot, [grid]).by_grid([grid], {})[grid.code] if grid.layer == "tile" else []
    counts = (households_of(grid, buildings), households_of(changed, buildings))
    return Edit(grids=(changed,), households={grid.code: counts})


def _require_apart(grid: MicroGrid, parts: tuple[Part, ...]) -> None:
    """Refuse parts that do not tell their households apart."""
    codes = [part.code for part in parts]
    units = [unit for part in parts for unit in part.units]
    floors = sorted(part.floors for part in parts if part.floors is not None)
    is_told = all(bool(part.units) != (part.floors is not None) for part in parts)
    is_apart = all(low[1] < high[0] for low, high in pairwise(floors))
    is_right = all(low <= high for low, high in floors)
    is_mixed = bool(units) and bool(floors)
    if len(parts) == 1 or not is_told or is_mixed or not (is_apart and is_right):
        raise BadInput(
            f"网格 {grid.code} 的分段不对:至少两段,全部按单元或全部按楼层划分,楼层范围从低到高且不重叠。",
            f"The parts of {grid.code} are not right: two or more, all by units or all by floors, with floors from low"
            " to high that do not overlap.",
        )
    if len(set(codes)) < len(codes) or len(set(units)) < len(units):
        raise BadInput(
            f"网格 {grid.code} 的分段中编码或单元重复。每个单元只能属于一段。",
            f"A code or a unit stands twice in the parts of {grid.code}. Each unit belongs to one part only.",
        )
