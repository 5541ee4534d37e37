"""A person's decisions, found again among the faces of a fresh repair by where they are."""

from collections.abc import Sequence

import numpy as np
import shapely

from boundaries.errors import BadInput
from boundaries.filling import Filling
from boundaries.repairing.order import Decision
from geo.claims import NOBODY
from geo.repair import LogEntry
from geo.segments import as_shapes

# What a person writes of ground outside the area that is to be taken off.
OFF = frozenset({"裁去", "OFF"})


def matched(
    decisions: Sequence[Decision], filling: Filling, log: Sequence[LogEntry], *, first: int, reach: float
) -> dict[int, int]:
    """Which face each decision is about, and which grid gets it.

    Parameters
    ----------
    decisions : sequence of Decision
        Those about this area.
    filling : Filling
    log : sequence of LogEntry
        Of a repair by rules alone.
    first : int
        Number of its first face in the log that people see.
    reach : float
        How far a place may lie off its face because it was written rounded, in the unit of
        the coordinates.

    Returns
    -------
    dict
        Face -> grid, only where the rules did not say the same; ``NOBODY`` for ground to be taken off.

    Raises
    ------
    BadInput
        If there is no face at a place, or the grid cannot get it.
    """
    numbers = {grid.code: index for index, grid in reversed(list(enumerate(filling.tiles)))}
    faces = as_shapes(entry.geometry for entry in log)
    chosen: dict[int, int] = {}
    for decision in decisions:
        entry = log[_face_at(decision, faces, first=first, reach=reach)]
        if entry.rule == "new_cell" and decision.winner not in numbers:
            # As the rules would have it: the code was a provisional one.
            continue
        if entry.kind == "overshoot":
            # Only where the rules left it to a person there is something to say.
            if decision.winner.strip().upper() not in OFF:
                raise BadInput(
                    f"{decision.row}:这块地在区域 {filling.area.code} 之外,不能归任何网格。要裁去请填“裁去”。",
                    f"{decision.row}: this ground lies outside area {filling.area.code}, so no grid can get it. "
                    "Write OFF to have it taken off.",
                )
            chosen[entry.face] = NOBODY
            continue
        able = {filling.tiles[cell].code for cell in (*entry.owners, *(cell for cell, _ in entry.candidates))}
        if decision.winner not in able:
            raise BadInput(
                f"{decision.row}:“{decision.winner}”不能得到这块地。可选:{'、'.join(sorted(able)) or '无'}。",
                f'{decision.row}: "{decision.winner}" cannot get this ground. Choose from: '
                f"{', '.join(sorted(able)) or 'none'}.",
            )
        winner = numbers[decision.winner]
        if entry.winner != winner:
            chosen[entry.face] = winner
    return chosen


def _face_at(decision: Decision, faces: np.ndarray, *, first: int, reach: float) -> int:
    distance = shapely.distance(faces, shapely.Point(decision.x, decision.y))
    near = np.flatnonzero(distance <= reach)
    if not len(near):
        raise BadInput(
            f"{decision.row}:区域 {decision.parent} 的 ({decision.x:.10g}, {decision.y:.10g}) 处没有要修补的地方。"
            "图形可能改过,请重新运行 repair,在新的修补记录上填写。",
            f"{decision.row}: nothing is to be repaired at ({decision.x:.10g}, {decision.y:.10g}) in area "
            f"{decision.parent}. The shapes may have changed: run repair again and fill in its new log.",
        )
    if decision.face is not None and decision.face - first in near.tolist():
        return decision.face - first
    return int(near[np.argmin(distance[near])])
