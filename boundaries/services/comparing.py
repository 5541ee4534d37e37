"""What changed between two states of the plan: only what differs is read."""

import re
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from boundaries.diff import Delta, Side, compare
from boundaries.errors import BadInput
from boundaries.moves import Move, moved_ground, moves
from boundaries.services.reading import generation_of_day, get_generation
from boundaries.snapshot import Snapshot
from boundaries.store import comparing as store
from boundaries.store import moved, queries
from boundaries.store.drafts import moment_of
from boundaries.store.overlay import AREA, GRID, PART, Moment
from geo.metric import Metric


def require_order(session: Session, older: int, newer: int) -> None:
    """Make sure that there are two generations, and that one is not older than the other.

    Parameters
    ----------
    older, newer : int
        Their numbers; they may be the same.

    Raises
    ------
    NotFound
        If there is no such generation.
    BadInput
        If ``older`` comes after ``newer``.
    """
    for number in (newer, older):
        get_generation(session, number)
    if older > newer:
        raise BadInput(
            f"变更对照只能从旧版到新版:第 {older} 版晚于第 {newer} 版。请交换两个版本号。",
            f"Changes are told from an older to a newer generation: {older} comes after {newer}. Swap the two.",
        )


def changes_between(session: Session, older: int, newer: int, *, metric_plane: str | None = None) -> Delta:
    """Say what a later generation changed, and which codes follow those that somebody has stored.

    Parameters
    ----------
    older, newer : int
        Numbers of generations; the same one twice gives an empty delta.
    metric_plane : str, optional
        The metric system to measure in, as ``EPSG:4549``; by default the nearest meridian.

    Returns
    -------
    Delta
        ``ground`` is in stored degrees (EPSG:4490).

    Raises
    ------
    NotFound
        If there is no such generation.
    BadInput
        If ``older`` comes after ``newer``.
    """
    require_order(session, older, newer)
    return _compared(session, Moment(older), Moment(newer), metric_plane=metric_plane)[0]


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs between two states.

    ``moment_old`` and ``moment_new`` say which states these are, ``day_old`` and ``day_new`` the
    days for which people in charge are read.
    """

    moment_old: Moment
    moment_new: Moment
    day_old: date
    day_new: date
    delta: Delta
    old: Side
    new: Side
    moves: tuple[Move, ...]
    metric: Metric


def all_changes(
    session: Session,
    before: Moment,
    after: Moment,
    *,
    today: date,
    timezone: str,
    metric_plane: str | None = None,
) -> Changes:
    """Say what differs between two states, and what went from which grid to which.

    Parameters
    ----------
    before, after : Moment
        Generations or drafts, as :func:`named_state` gives them.
    today : date
        The day for which shops and counts are read; a draft's people in charge, too.
    timezone : str
        People in charge of a generation are those of the day in it on which it was published.
    metric_plane : str, optional
        As for :func:`changes_between`.

    Returns
    -------
    Changes

    Raises
    ------
    NotFound
        If there is no such generation.
    """
    delta, old, new, metric = _compared(session, before, after, metric_plane=metric_plane)
    ground = moved_ground(old.grids, new.grids)
    pieces = [piece for held in ground.values() for piece in held]
    numbers = moved.concerned(session, before, after, moved=pieces, ground=delta.ground, today=today)
    grids = {grid.id for side in (old, new) for grid in side.grids}
    for moment in (before, after):
        grids |= moved.holders(session, moment, numbers, today=today)
    was, now = (_plan(session, moment, numbers, grids, today=today) for moment in (before, after))
    days = (_day(session, before, today, timezone), _day(session, after, today, timezone))
    people = tuple(
        moved.people_of(session, moment, grids, day=day) for moment, day in zip((before, after), days, strict=True)
    )
    found = moves(was, now, metric=metric, ground=ground, people=(people[0], people[1]))
    return Changes(before, after, *days, delta, old, new, found, metric)


def named_state(session: Session, name: str, *, timezone: str) -> Moment:
    """The state that people name: a number, a day, or a draft.

    Parameters
    ----------
    name : str
        ``3`` (a generation), ``2026-03-01`` (the generation in force on that day) or ``draft:5``.
    timezone : str
        Of the day.

    Raises
    ------
    BadInput
        If it is none of the three.
    NotFound
        If there is no such generation or draft.
    """
    if re.fullmatch(r"[0-9]{1,9}", name):
        return moment_of(session, generation=int(name))
    if match := re.fullmatch(r"draft:([0-9]{1,9})", name):
        return moment_of(session, draft=int(match[1]))
    try:
        day = date.fromisoformat(name)
    except ValueError:
        raise BadInput(
            f"“{name}”不是版本号、日期或调整方案。请写成 3、2026-03-01 或 draft:5。",
            f'"{name}" is no generation, day or draft. Write 3, 2026-03-01 or draft:5.',
        ) from None
    return Moment(generation_of_day(session, day, timezone=timezone))


def _compared(
    session: Session, before: Moment, after: Moment, *, metric_plane: str | None
) -> tuple[Delta, Side, Side, Metric]:
    chains, new_chains = store.area_chains(session, before), store.area_chains(session, after)
    rehung = {code for code in chains.keys() | new_chains.keys() if chains.get(code) != new_chains.get(code)}
    areas = store.changed_numbers(session, AREA, before=before, after=after) | store.area_numbers(session, rehung)
    grids = store.changed_numbers(session, GRID, before=before, after=after)
    grids |= store.changed_numbers(session, PART, before=before, after=after, column="micro_grid_id")
    grids |= store.grids_in(session, before, rehung) | store.grids_in(session, after, rehung)
    grids |= store.tiles_below(session, grids, before=before, after=after)
    old, new = (
        Side(store.grids_at(session, moment, grids), store.areas_at(session, moment, areas), chain)
        for moment, chain in ((before, chains), (after, new_chains))
    )
    measured = Snapshot(Snapshot.stored_crs(), metric_plane=metric_plane, grids=(*old.grids, *new.grids))
    return compare(old, new, metric=measured.metric), old, new, measured.metric


def _plan(session: Session, moment: Moment, numbers: moved.Numbers, grids: set[int], *, today: date) -> Snapshot:
    """What of a state decides who holds these premises."""
    return Snapshot(
        Snapshot.stored_crs(),
        kinds=queries.kinds(session),
        grids=store.grids_at(session, moment, grids),
        buildings=moved.buildings_at(session, moment, numbers["building"], today=today),
        compounds=moved.compounds_at(session, moment, numbers["compound"]),
        shops=moved.shops_at(session, moment, numbers["shop"], today=today),
        assignments=moved.given_at(session, moment, numbers),
    )


def _day(session: Session, moment: Moment, today: date, timezone: str) -> date:
    if moment.draft is not None or moment.generation is None:
        return today
    return get_generation(session, moment.generation).published_at.astimezone(ZoneInfo(timezone)).date()
