"""Which grids points are in, answered by the index over a plan that was read from files."""

import numpy as np
from numpy.typing import NDArray

from boundaries.lookup.answer import LocatedMany
from boundaries.lookup.plan_index import IN_GAP, OUTSIDE, PlanIndex
from boundaries.snapshot import Snapshot
from geo.crs import SourceCrs


def locate_in(snapshot: Snapshot, xy: NDArray[np.float64], system: SourceCrs) -> LocatedMany:
    """Say which tile grid of a plan each of many points is in.

    Parameters
    ----------
    snapshot : Snapshot
        The rank of a grid is its place in the file.
    xy : ndarray of float64, shape (n, 2)
        Coordinates that are not finite lie nowhere.
    system : SourceCrs
        Of the points.

    Returns
    -------
    LocatedMany

    Raises
    ------
    BadInput
        If grids are not valid, overlap, or their common borders do not match, or the axes
        of all points are swapped.
    CrsProblem
        If the points cannot be brought into the system of the grids.
    """
    return locate_by(PlanIndex.of(snapshot), xy, system)


def locate_by(plan: PlanIndex, xy: NDArray[np.float64], system: SourceCrs) -> LocatedMany:
    """Say which tile grid each of many points is in, by an index that is there already.

    Parameters, results and refusals are those of :func:`locate_in`.

    Raises
    ------
    BadInput
        If the axes of all points are swapped.
    CrsProblem
        If the points cannot be brought into the system of the grids.
    """
    found = plan.locate(plan.placement.placed(xy, system))
    if (found.grid == OUTSIDE).all():
        plan.placement.refuse_swapped(xy, system)
    codes, areas = [grid.code for grid in plan.tiles.grids], [*plan.area_codes, None]
    return LocatedMany(
        plan.generation,
        tuple(codes[place] if place >= 0 else None for place in found.grid.tolist()),
        tuple(areas[place] for place in found.area.tolist()),
        found.on_border,
        found.grid == IN_GAP,
    )
