"""Which grids the points of a file are in, answered by the index over a whole plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from boundaries.errors import NotFound
from boundaries.lookup.answer import Purpose
from boundaries.lookup.plan_index import IN_GAP, OUTSIDE, PlanIndex
from boundaries.services.reading import current_generation, division
from geo.crs import SourceCrs
from geo.errors import CrsProblem

Points = NDArray[np.float64]

# The columns of an answer; the last one where a purpose was named.
ADDED = ("micro_grid", "area", "on_border", "in_gap", "responsible")


@dataclass(frozen=True)
class FileAnswers:
    """What is written beside the points of a file.

    Attributes
    ----------
    columns : mapping of str to pyarrow.Array
        ``micro_grid``, ``area``, ``on_border``, ``in_gap`` and, where a purpose was named,
        ``responsible``; empty for rows without usable coordinates.
    in_grid, in_gap, outside : int
        How many points are in a grid, in an area but in no grid, in no area.
    unusable : ndarray of int64
        Rows without coordinates that could be meant.
    """

    columns: Mapping[str, Any]  # pyarrow has no types
    in_grid: int
    in_gap: int
    outside: int
    unusable: NDArray[np.int64]


def plan_of_generation(session: Session, generation: int | None = None) -> PlanIndex:
    """The index over a generation; only what it needs is read.

    Parameters
    ----------
    generation : int, optional
        By default the newest.

    Returns
    -------
    PlanIndex

    Raises
    ------
    NotFound
        If there is no such generation, or none yet.
    BadInput
        If grids are not valid or overlap; they are named.
    """
    if generation is None and current_generation(session) is None:
        raise NotFound(
            "尚未发布任何版本,无法查询。请先发布区划。",
            "No generation is published yet, so nothing can be looked up. Publish a division first.",
        )
    return PlanIndex.of(division(session, generation=generation))


def answer_points(plan: PlanIndex, xy: Points, system: SourceCrs, *, for_: Purpose | None = None) -> FileAnswers:
    """Say which grids many points are in.

    Parameters
    ----------
    plan : PlanIndex
    xy : ndarray of float64, shape (n, 2)
        What is not finite, or no place on earth, is told as unusable.
    system : SourceCrs
        Of the points.
    for_ : {"household", "shop"}, optional
        What is to be stored; adds ``responsible``.

    Returns
    -------
    FileAnswers

    Raises
    ------
    BadInput
        If the axes of all points are swapped, or degrees are no degrees.
    CrsProblem
        If the plan is in shifted coordinates and the points are not.
    """
    usable = np.isfinite(xy[:, 0]) & np.isfinite(xy[:, 1])
    if system.is_geographic:
        usable &= (np.abs(xy[:, 0]) <= 180.0) & (np.abs(xy[:, 1]) <= 90.0)
    placed = placed_points(plan, np.where(usable[:, None], xy, np.nan), system)
    usable &= np.isfinite(placed).all(axis=1)
    found = plan.locate(placed, for_=for_)
    is_gap, is_outside = found.grid == IN_GAP, found.grid == OUTSIDE
    if bool(is_outside.all()):
        plan.placement.refuse_swapped(xy, system)
    codes = pa.array([grid.code for grid in plan.grids], type=pa.string())
    columns = {
        "micro_grid": _taken(codes, found.grid),
        "area": _taken(pa.array(plan.area_codes, type=pa.string()), found.area),
        "on_border": pa.array(found.on_border, mask=~usable),
        "in_gap": pa.array(is_gap, mask=~usable),
    }
    if found.responsible is not None:
        columns["responsible"] = _taken(codes, found.responsible)
    in_gap, outside = int(is_gap.sum()), int((is_outside & usable).sum())
    unusable = np.flatnonzero(~usable).astype(np.int64)
    return FileAnswers(columns, int(usable.sum()) - in_gap - outside, in_gap, outside, unusable)


def placed_points(plan: PlanIndex, xy: Points, system: SourceCrs) -> Points:
    """Points in the coordinates of the plan.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
    system : SourceCrs

    Returns
    -------
    ndarray of float64, shape (n, 2)
        NaN for what is not finite, or has no place in its system.

    Raises
    ------
    CrsProblem
        If the plan is in shifted coordinates and the points are not.
    """
    plan.placement.placed(xy[:0], system)
    try:
        return plan.placement.placed(xy, system)
    except CrsProblem:
        if len(xy) == 1:
            return np.full(xy.shape, np.nan)
    middle = len(xy) // 2
    return np.concatenate([placed_points(plan, half, system) for half in (xy[:middle], xy[middle:])])


def _taken(texts: Any, places: NDArray[np.int32]) -> Any:
    return texts.take(pa.array(places, mask=places < 0))
