"""From reshaped cells to an edit: rows, codes, what follows the ground, households."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely

from boundaries.codes import Scheme
from boundaries.edits.commands import NewGrid
from boundaries.edits.counting import Homes, assigned_buildings, households_of
from boundaries.edits.edit import Edit, Households, Remainder
from boundaries.edits.following import following
from boundaries.edits.naming import require_free, require_kind, taken_codes
from boundaries.edits.workbench import Workbench
from boundaries.errors import BadInput
from boundaries.model import MicroGrid
from boundaries.snapshot import Snapshot
from geo.reshaped import Reshaped


@dataclass(frozen=True, slots=True)
class Naming:
    """How new grids are called.

    Attributes
    ----------
    new : sequence of NewGrid
        In the order in which new grids are made.
    origin : MicroGrid or None
        The grid that they come from.
    used : collection of str
        Codes that may not be given, beside those of the snapshot.
    scheme : callable
    """

    new: Sequence[NewGrid]
    origin: MicroGrid | None
    used: Collection[str]
    scheme: Scheme


def edit_of(snapshot: Snapshot, bench: Workbench, reshaped: Reshaped, naming: Naming) -> Edit:
    """Tell what reshaped cells mean for the plan.

    Parameters
    ----------
    snapshot : Snapshot
    bench : Workbench
        The cells were its grids.
    reshaped : Reshaped
    naming : Naming

    Returns
    -------
    Edit

    Raises
    ------
    BadInput
        If a grid with parts would be no more, or a kind does not fit.
    Conflict
        If a code was ever used.
    """
    count = len(bench.grids)
    first_new = len(bench.division.cells)
    old = [bench.grids[number] for number in sorted(reshaped.changed) if number < count]
    gone = [grid for grid in old if reshaped.changed[bench.number(grid.code)] is None]
    for grid in gone:
        _require_undivided(grid)
    changed = {
        number: replace(bench.grids[number], polygon=shape)
        for number, shape in sorted(reshaped.changed.items())
        if number < count and shape is not None
    }
    changed |= _new_grids(snapshot, bench, {n: s for n, s in reshaped.changed.items() if n >= first_new}, naming)
    grids = tuple(changed.values())
    refined = tuple(
        replace(bench.grids[number], polygon=shape) for number, shape in reshaped.refined.items() if number < count
    )
    moved = following(snapshot, old, grids)
    code_of = {number: grid.code for number, grid in changed.items()} | {
        number: grid.code for number, grid in enumerate(bench.grids)
    }
    return Edit(
        grids=grids,
        refined=refined,
        retired=tuple(grid.code for grid in gone),
        assignments=moved,
        households=counted(snapshot, old, grids, assigned_buildings(moved)),
        remainders=_remainders(reshaped, code_of.__getitem__),
    )


def counted(
    snapshot: Snapshot, old: Sequence[MicroGrid], new: Sequence[MicroGrid], moved: Mapping[str, str | None]
) -> Households:
    """Households of grids before and after, by code."""
    homes = Homes.near(snapshot, [*old, *new])
    before, after = homes.by_grid(old, {}), homes.by_grid(new, moved)
    counts: dict[str, tuple[int | None, int | None]] = {}
    for grid in old:
        counts[grid.code] = (households_of(grid, before.get(grid.code, ())), None)
    for grid in new:
        counts[grid.code] = (counts.get(grid.code, (None, None))[0], households_of(grid, after.get(grid.code, ())))
    return counts


def _require_undivided(grid: MicroGrid) -> None:
    if grid.parts:
        raise BadInput(
            f"网格 {grid.code} 有分段,不能并掉。请先取消它的分段。",
            f"Micro-grid {grid.code} has parts and cannot be given up. Take its parts back first.",
        )


def _new_grids(snapshot: Snapshot, bench: Workbench, shapes: Mapping[int, Any], naming: Naming) -> dict[int, MicroGrid]:
    taken = taken_codes(snapshot, naming.used)
    rank = max((grid.rank for grid in snapshot.grids), default=0)
    made: dict[int, MicroGrid] = {}
    for index, number in enumerate(sorted(shapes)):
        wanted = naming.new[index] if index < len(naming.new) else NewGrid()
        code = wanted.code or naming.scheme([area.code for area in snapshot.ancestors(bench.area.code)], taken)
        require_free(code, taken)
        taken.add(code)
        origin = naming.origin
        kind = require_kind(snapshot, wanted.kind or (origin.kind if origin else "residential"))
        if bench.layer == "overlay" and not snapshot.kind_by_code[kind].is_dedicated:
            raise BadInput(
                "叠加网格不能是住宅类。请选专属类别。", "An overlay cannot be residential. Choose a dedicated kind."
            )
        made[number] = MicroGrid(
            id=0,
            rank=rank + 1 + index,
            code=code,
            name=wanted.name or (f"{origin.name}-{index + 2}" if origin else code),
            area=bench.area.code,
            polygon=shapes[number],
            kind=kind,
            layer=bench.layer,
            street_group=wanted.street_group or (origin.street_group if origin else None),
        )
    return made


def _remainders(reshaped: Reshaped, code: Callable[[int], str]) -> tuple[Remainder, ...]:
    return tuple(
        Remainder(
            code(piece.cell),
            shapely.get_parts(piece.shape)[0],
            code(piece.taker),
            tuple(code(other) for other in piece.others),
            piece.is_named,
        )
        for piece in reshaped.pieces
    )
