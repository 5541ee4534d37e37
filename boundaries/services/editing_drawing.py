"""Commands on a plan, one after the other, before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from boundaries.edits import Command, Edit, Remainder, applied, apply
from boundaries.edits.edit import Households
from boundaries.model import Assignment, PremisesKind
from boundaries.snapshot import Snapshot
from geo.errors import Problem


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan after commands, and what they did one after the other.

    Attributes
    ----------
    plan : Snapshot
        New grids in it have numbers of no meaning, free in the plan.
    changed : frozenset of int
        Numbers of grids that are others now, besides those that only received vertices.
    areas : frozenset of str
    assignments : mapping
        By kind and code of the premises.
    households, remainders
        As of :class:`~boundaries.edits.Edit`.
    """

    plan: Snapshot
    changed: frozenset[int] = frozenset()
    areas: frozenset[str] = frozenset()
    assignments: Mapping[tuple[PremisesKind, str], Assignment] = field(default_factory=dict)
    households: Households = field(default_factory=dict)
    remainders: tuple[Remainder, ...] = ()


def draw(plan: Snapshot, commands: Sequence[Command], used: frozenset[str]) -> Drawn:
    """Apply commands one after the other.

    Raises
    ------
    BadInput, GeometryProblem, NotFound, Conflict
        If one cannot be done; the refusal says which, where there are several.
    """
    drawn = Drawn(plan)
    for number, command in enumerate(commands, start=1):
        try:
            edit = apply(drawn.plan, command, used=used)
        except Problem as wrong:
            if len(commands) > 1:
                wrong.zh, wrong.en = f"第 {number} 个操作:{wrong.zh}", f"Command {number}: {wrong.en}"
                wrong.args = (wrong.en,)
            raise
        drawn = _after(drawn, edit)
    return drawn


def _after(drawn: Drawn, edit: Edit) -> Drawn:
    plan = applied(drawn.plan, edit)
    known = {grid.id for grid in drawn.plan.grids}
    changed = {grid.id for grid in edit.grids if grid.id} | {grid.id for grid in plan.grids if grid.id not in known}
    given = {(one.premises_kind, one.premises): one for one in edit.assignments}
    before = {code: counts[0] for code, counts in drawn.households.items()}
    households = {code: (before.get(code, first), last) for code, (first, last) in edit.households.items()}
    return Drawn(
        plan=plan,
        changed=drawn.changed | changed,
        areas=drawn.areas | {area.code for area in edit.areas},
        assignments={**drawn.assignments, **given},
        households={**drawn.households, **households},
        remainders=(*drawn.remainders, *edit.remainders),
    )


def touched(plan: Snapshot, drawn: Drawn) -> frozenset[int]:
    """Numbers of the grids that are others now, those that only received vertices among them."""
    before = {grid.id: grid for grid in plan.grids}
    return frozenset(grid.id for grid in drawn.plan.grids if before.get(grid.id) is not grid)
