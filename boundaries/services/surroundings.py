"""What of the plan is looked at to judge a draft: as much as it touches, whatever the size of the city."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from shapely import STRtree
from sqlalchemy.orm import Session

from boundaries.lifecycle import Draft
from boundaries.model import Area, Building, Compound, Shop
from boundaries.snapshot import Snapshot
from boundaries.store import queries, register_queries
from boundaries.store import surroundings as store
from boundaries.store.drafts import read_draft
from boundaries.store.overlay import BUILDING, COMPOUND, Moment
from boundaries.store.queries import Scope
from boundaries.surroundings import Surroundings, Tree, partly_shown, surroundings_of, widened
from geo.crs import STORAGE_STEP
from geo.segments import as_shapes


@dataclass(frozen=True, slots=True)
class Looked:
    """The part of the plan that a draft touches.

    Attributes
    ----------
    plan : Snapshot
        The areas that are looked at with all of their grids, the areas above them, the
        premises on the ground that the draft touches, and who is in charge there; no
        assignments, streets, water and walls.
    surroundings : Surroundings
        The same areas, by permanent number.
    codes : frozenset of str
        Of the areas that the draft touches, those that it retires among them.
    """

    plan: Snapshot
    surroundings: Surroundings
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Premises:
    buildings: tuple[Building, ...]
    compounds: tuple[Compound, ...]
    shops: tuple[Shop, ...]


def look(session: Session, draft_id: int, *, base: int | None, today: date, metric_plane: str | None = None) -> Looked:
    """Read what a draft touches, over a generation.

    Parameters
    ----------
    draft_id : int
    base : int or None
        The generation, None before the first.
    today : date
        The day for which shops, counts and people are read.
    metric_plane : str, optional
        The metric system to measure in.

    Returns
    -------
    Looked
    """
    moment = Moment(base, draft_id)
    scope = Scope(moment, today)
    before, after = store.area_tree(session, Moment(base)), store.area_tree(session, moment)
    touched = store.touched_areas(session, moment)
    unproved = store.unproved_areas(session, after.to_fill())
    own = surroundings_of(touched, before=before, after=after, unproved=unproved)
    living = own.touched & after.parents.keys()
    ground = living & after.to_fill()
    premises = _Premises(
        store.buildings(session, scope, ground),
        store.compounds(session, scope, ground),
        store.shops(session, scope, ground),
    )
    areas = store.areas(session, scope, own.shown)
    beyond = _beyond(session, moment, premises, [area for area in areas if area.id in ground]) & after.to_fill()
    # Premises on a border of what is touched are judged with what lies on its other side.
    wide = widened(own, before=before, after=after, more=beyond)
    if wide.shown != own.shown:
        areas = store.areas(session, scope, wide.shown)
    plan = _plan(session, scope, after, areas=areas, divided=wide.touched, metric_plane=metric_plane)
    plan = replace(plan, buildings=premises.buildings, compounds=premises.compounds, shops=premises.shops)
    codes = {**before.codes, **after.codes}
    touched_codes = frozenset(codes[number] for number in own.touched if number in codes)
    return Looked(plan, replace(own, shown=wide.shown), touched_codes)


def look_at_draft(session: Session, draft_id: int, *, today: date, metric_plane: str | None = None) -> Looked:
    """Read what a draft touches, over the generation that it stands on; parameters as of :func:`look`.

    Raises
    ------
    NotFound
        If there is no such draft.
    """
    draft = read_draft(session, draft_id)
    return look(session, draft_id, base=draft.base_generation, today=today, metric_plane=metric_plane)


def touched_codes(session: Session, draft: Draft) -> tuple[str, ...]:
    """Codes of the areas that a draft is about: the one that it was opened on, and those that it touches."""
    moment = Moment(draft.base_generation, draft.id)
    touched = store.touched_areas(session, moment)
    tree, before = store.area_tree(session, moment), store.area_tree(session, Moment(draft.base_generation))
    codes = {**before.codes, **tree.codes}
    ground = touched.ground & (tree.to_fill() | before.to_fill())
    found = {codes[number] for number in touched.holding | touched.redrawn | ground if number in codes}
    return tuple(sorted(found | ({draft.area} if draft.area is not None else set())))


def _plan(
    session: Session,
    scope: Scope,
    tree: Tree,
    *,
    areas: tuple[Area, ...],
    divided: Collection[int],
    metric_plane: str | None,
) -> Snapshot:
    grids = store.grids(session, scope, divided)
    targets = {area.code for area in areas} | {grid.code for grid in grids}
    targets |= {part.code for grid in grids for part in grid.parts}
    return Snapshot(
        crs=Snapshot.stored_crs(),
        metric_plane=metric_plane,
        step=STORAGE_STEP,
        generation=scope.moment.generation,
        draft=scope.moment.draft,
        partly_here=partly_shown({area.id for area in areas}, tree),
        levels=queries.levels(session),
        kinds=queries.kinds(session),
        roles=queries.roles(session),
        areas=areas,
        grids=grids,
        people=register_queries.people(session, scope, targets=targets),
    )


def _beyond(session: Session, moment: Moment, premises: _Premises, ground: Collection[Area]) -> set[int]:
    """Areas into which premises reach that are not wholly in one of these."""
    tree = STRtree(as_shapes(area.polygon for area in ground))
    houses = as_shapes(building.shape for building in premises.buildings)
    estates = as_shapes(compound.polygon for compound in premises.compounds)
    found: set[int] = set()
    for thing, shapes, things in (
        (BUILDING, houses, premises.buildings),
        (COMPOUND, estates, premises.compounds),
    ):
        loose = np.ones(len(shapes), dtype=bool)
        loose[tree.query(shapes, predicate="covered_by")[0]] = False
        numbers = [things[index].id for index in np.flatnonzero(loose).tolist()]
        found |= store.areas_met(session, moment, thing, numbers)
    return found - {area.id for area in ground}
