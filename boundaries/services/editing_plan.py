"""The part of a draft that commands are about: its areas whole, and the premises round what is named.

How much is read depends on the areas that the commands touch, not on the size of the city.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from boundaries.codes import numbered_within
from boundaries.edits import Command
from boundaries.edits.commands import (
    Carve,
    CarveStrip,
    GiveBuilding,
    GiveCompound,
    MoveAreaBorder,
    MoveVertex,
    Renumber,
    Split,
)
from boundaries.errors import NotFound
from boundaries.lifecycle import Draft
from boundaries.model import MicroGrid
from boundaries.snapshot import Snapshot
from boundaries.store import editing as store
from boundaries.store import queries, register_queries, surroundings
from boundaries.store.bulk import known_ids
from boundaries.store.overlay import BUILDING, COMPOUND, Moment
from boundaries.store.queries import Scope
from boundaries.surroundings import Tree, partly_shown
from geo.crs import STORAGE_STEP
from geo.segments import as_shapes

# Premises are read so far round what is named, in degrees: about 200 m.
_ROUND = 0.002
_GRID_FIELDS = ("one", "other", "grid", "to", "keep")


@dataclass(frozen=True, slots=True)
class Concern:
    """What commands name.

    Attributes
    ----------
    grids : frozenset of str
        Codes.
    areas : frozenset of str
        Codes; of :class:`MoveAreaBorder` both.
    shapes : tuple of shapely geometry
    buildings, compounds : frozenset of str
        Codes.
    new : frozenset of str
        Codes that things are to get.
    """

    grids: frozenset[str]
    areas: frozenset[str]
    shapes: tuple[BaseGeometry, ...]
    buildings: frozenset[str]
    compounds: frozenset[str]
    new: frozenset[str]


def concern_of(commands: Iterable[Command]) -> Concern:
    """What commands name, all of them together."""
    grids, areas, new, shapes = set[str](), set[str](), set[str](), list[BaseGeometry]()
    buildings, compounds = set[str](), set[str]()
    for command in commands:
        values = {field.name: getattr(command, field.name) for field in fields(command)}
        named = {value for name, value in values.items() if name in _GRID_FIELDS and isinstance(value, str)}
        if isinstance(command, MoveAreaBorder):
            areas |= named
        else:
            grids |= named
        grids |= {*values.get("grids", ()), *(code for _, code in values.get("takers", ()))}
        areas |= {values["area"]} if "area" in values else set()
        shapes += [value for value in values.values() if isinstance(value, BaseGeometry)]
        if isinstance(command, Renumber):
            grids |= command.codes.keys()
            new |= {*command.codes.values()}
        if isinstance(command, GiveBuilding):
            buildings.add(command.building)
        if isinstance(command, GiveCompound):
            compounds.add(command.compound)
        new |= _new_codes(values)
    return Concern(
        frozenset(grids), frozenset(areas), tuple(shapes), frozenset(buildings), frozenset(compounds), frozenset(new)
    )


def _new_codes(values: dict[str, Any]) -> set[str]:
    given = values.get("new", ())
    many = given if isinstance(given, tuple) else (given,)
    parts = values.get("parts", ())
    return {one.code for one in (*many, *parts) if one.code is not None}


def read_plan(
    session: Session, draft: Draft, commands: Sequence[Command], *, today: date, metric_plane: str | None = None
) -> tuple[Snapshot, frozenset[str]]:
    """Read what commands are about.

    Parameters
    ----------
    draft : Draft
    commands : sequence of Command
    today : date
        The day for which the registers are read.
    metric_plane : str, optional
        The metric system to measure in.

    Returns
    -------
    Snapshot
        The areas concerned and all below them with their grids, those above for their
        names, and the premises, streets, water and walls round what is named.
    frozenset of str
        Codes that were ever given and might be given again by the scheme or the commands.

    Raises
    ------
    NotFound
        If nothing of what is named is in the draft.
    """
    moment = Moment(draft.base_generation, draft.id)
    concern = concern_of(commands)
    numbers, parents = queries.area_tree(session, moment)
    chosen = {numbers[code] for code in concern.areas if code in numbers}
    chosen |= store.areas_of_grids(session, moment, concern.grids)
    chosen |= store.areas_at(session, moment, [(one.at.x, one.at.y) for one in commands if isinstance(one, MoveVertex)])
    chosen |= _areas_of_premises(session, moment, concern)
    # What others have taken back meanwhile is still to be told apart from what never was.
    chosen = chosen or store.areas_once(session, draft.id, concern.grids) & parents.keys()
    if not chosen:
        named = ", ".join(sorted(concern.grids | concern.areas)) or "?"
        raise NotFound(
            f"调整方案 {draft.id} 中没有所指的网格或区域:{named}。请核对编码。",
            f"Draft {draft.id} has none of the micro-grids or areas named: {named}. Check the codes.",
        )
    below = {number for number in parents if not chosen.isdisjoint(queries.chain(number, parents))}
    shown = below | {upper for number in chosen for upper in queries.chain(number, parents)}
    tree = Tree({number: code for code, number in numbers.items()}, parents, frozenset())
    scope = Scope(moment, today)
    grids = surroundings.grids(session, scope, below)
    plan = Snapshot(
        crs=Snapshot.stored_crs(),
        metric_plane=metric_plane,
        step=STORAGE_STEP,
        generation=moment.generation,
        draft=moment.draft,
        partly_here=partly_shown(shown, tree),
        levels=queries.levels(session),
        kinds=queries.kinds(session),
        areas=surroundings.areas(session, scope, shown),
        grids=grids,
    )
    # Whatever lies between the old border of an area and the new one goes over, however far they are apart.
    near = _near(grids, concern, everything=any(isinstance(command, MoveAreaBorder) for command in commands))
    around = [grid.code for grid in grids]
    chains = [[tree.codes[number] for number in queries.chain(area, parents)] for area in chosen]
    numbering = below | {numbers[numbered_within(chain, around)] for chain in chains}
    if any(isinstance(command, Split | Carve | CarveStrip) for command in commands):
        # Two planners at once would be given the same next code.
        store.hold_codes(session, numbering)
    used = store.used_codes(session, [tree.codes[number] for number in numbering], concern.new)
    return _with_premises(session, scope, plan, near, concern), frozenset(used)


def _areas_of_premises(session: Session, moment: Moment, concern: Concern) -> set[int]:
    """The areas, of all levels, on whose ground named buildings and compounds lie: of the lowest those divided."""
    found: set[int] = set()
    for thing, codes in ((BUILDING, concern.buildings), (COMPOUND, concern.compounds)):
        if codes and not concern.grids:
            found |= surroundings.areas_met(session, moment, thing, list(known_ids(session, thing, codes).values()))
    return found


def _near(grids: Sequence[MicroGrid], concern: Concern, *, everything: bool) -> tuple[MicroGrid, ...]:
    """The grids that are named or met by a named shape, and those that touch them."""
    if everything:
        return tuple(grids)
    polygons = as_shapes(grid.polygon for grid in grids)
    tree = STRtree(polygons)
    first = {index for index, grid in enumerate(grids) if grid.code in concern.grids}
    if concern.shapes:
        first.update(tree.query(as_shapes(concern.shapes), predicate="intersects")[1].tolist())
    if not first:
        return tuple(grids)
    beside = tree.query(polygons[sorted(first)], predicate="intersects")[1].tolist()
    return tuple(grids[index] for index in sorted({*first, *beside}))


def _with_premises(
    session: Session, scope: Scope, plan: Snapshot, near: Sequence[MicroGrid], concern: Concern
) -> Snapshot:
    shapes = [*(grid.polygon for grid in near), *concern.shapes]
    west, south, east, north = np.asarray(shapely.total_bounds(as_shapes(shapes)), dtype=float).tolist()
    box = (west - _ROUND, south - _ROUND, east + _ROUND, north + _ROUND)
    scope = replace(scope, box=box)
    plan = replace(
        plan,
        buildings=queries.buildings(session, scope),
        compounds=queries.compounds(session, scope),
        shops=register_queries.shops(session, scope),
        assignments=queries.assignments(session, scope.moment, grids=[grid.id for grid in near]),
    )
    if not concern.buildings and not concern.compounds:
        return plan
    # Only what is given with the ground about it has borders that follow what stands there.
    return replace(
        plan,
        streets=register_queries.streets(session, scope),
        waters=register_queries.waters(session, scope),
        walls=register_queries.walls(session, scope),
    )
