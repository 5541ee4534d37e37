"""What changed between two generations: only what differs is read."""

from sqlalchemy.orm import Session

from boundaries.diff import Delta, Side, compare
from boundaries.errors import BadInput
from boundaries.services.reading import get_generation
from boundaries.snapshot import Snapshot
from boundaries.store import comparing as store
from boundaries.store.overlay import AREA, GRID, PART, Moment


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
    before, after = Moment(older), Moment(newer)
    chains, new_chains = store.area_chains(session, before), store.area_chains(session, after)
    moved = {code for code in chains.keys() | new_chains.keys() if chains.get(code) != new_chains.get(code)}
    areas = store.changed_numbers(session, AREA, older=older, newer=newer) | store.area_numbers(session, moved)
    grids = store.changed_numbers(session, GRID, older=older, newer=newer)
    grids |= store.changed_numbers(session, PART, older=older, newer=newer, column="micro_grid_id")
    grids |= store.grids_in(session, before, moved) | store.grids_in(session, after, moved)
    grids |= store.tiles_below(session, grids, older=older, newer=newer)
    old, new = (
        Side(store.grids_at(session, moment, grids), store.areas_at(session, moment, areas), chain)
        for moment, chain in ((before, chains), (after, new_chains))
    )
    measured = Snapshot(Snapshot.stored_crs(), metric_plane=metric_plane, grids=(*old.grids, *new.grids))
    return compare(old, new, metric=measured.metric)
