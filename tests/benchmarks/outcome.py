"""What a repair leaves, measured by the overlay and not by the engine that repaired."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from tests import overlay

_DUST_M2 = 1e-6


@dataclass(frozen=True, slots=True)
class Outcome:
    """State of cells after a repair.

    Attributes
    ----------
    lost : int
        Cells that had ground before and have none now.
    invalid : int
    gap, overlap, outside : float
        Ground that is still wrong, m²; nan where cells are not valid.
    unchanged : int
        Cells with the vertices that they had.
    """

    lost: int
    invalid: int
    gap: float
    overlap: float
    outside: float
    unchanged: int


def outcome(before: Sequence[Any], after: Sequence[Any], parent: Any) -> Outcome:
    """Compare cells with what a repair made of them.

    Parameters
    ----------
    before : sequence of Polygon
    after : sequence of geometry or None
        In the same order; new cells come last.
    parent : Polygon or MultiPolygon
    """
    now = np.array(list(after), dtype=object)
    then = np.array(list(before), dtype=object)
    is_lost = shapely.is_missing(now) | shapely.is_empty(now) | (shapely.area(now) == 0)
    usable = now[~is_lost]
    invalid = int((~shapely.is_valid(usable) | ~np.isin(shapely.get_type_id(usable), (3, 6))).sum())
    gap = overlap = outside = float("nan")
    if not invalid:
        report = overlay.check_coverage(usable, parent, dust_area=_DUST_M2)
        gap = _area(report.gaps)
        overlap = sum(face.geometry.area * (len(face.owners) - 1) for face in report.overlaps)
        outside = _area(report.overshoots)
    same = shapely.equals_exact(shapely.normalize(then), shapely.normalize(now[: len(then)]))
    return Outcome(int(is_lost[: len(then)].sum()), invalid, gap, overlap, outside, int(same.sum()))


def _area(faces: Sequence[Any]) -> float:
    return float(sum(face.geometry.area for face in faces))
