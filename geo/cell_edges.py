"""Edges of cells that do not overlap, each once, with what lies on both sides of it."""

import numpy as np

from geo.cell_table import Edges
from geo.errors import GeometryProblem
from geo.faults import read_faults
from geo.rings import Ints, Shapes
from geo.segments import Segments, segments_of

_ONE = np.uint64(1)


class DoubtfulCells(GeometryProblem):
    """Cells that overlap, or whose common edges do not match.

    Attributes
    ----------
    cells : tuple of int
        Their positions, ascending.
    """

    def __init__(self, cells: tuple[int, ...]) -> None:
        self.cells = cells
        super().__init__(
            f"有 {len(cells)} 个网格相互重叠或边界顶点不一致,无法建立查询索引。请先核对并修补。",
            f"{len(cells)} cells overlap or their edges do not match, so there is no index. Repair them first.",
        )


def edges_of(cells: Shapes, *, tolerance: float) -> Edges:
    """Collect the edges of cells.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
        Valid ones; the label of a cell is its position and 1.
    tolerance : float
        See :func:`geo.crossings.node`.

    Returns
    -------
    Edges

    Raises
    ------
    DoubtfulCells
        If cells overlap or common edges do not match; gaps are allowed.
    GeometryProblem
        If the edges cannot be noded.
    """
    segments = segments_of(cells, np.arange(len(cells)))
    order = np.argsort(segments.key, kind="stable")
    name = segments.key[order] >> _ONE
    begins = np.flatnonzero(np.append(True, name[1:] != name[:-1])) if len(name) else np.empty(0, dtype=np.int64)
    counts = np.diff(np.append(begins, len(name)))
    one, other = order[begins], order[begins + counts - 1]
    _require_single(segments, order, begins, counts)
    alone = counts == 1
    if alone.any():
        _require_apart(segments.chosen(one[alone]), cells, tolerance)
    start, end = segments.start[one], segments.end[one]
    falls = (start[:, 1] > end[:, 1]) | ((start[:, 1] == end[:, 1]) & (start[:, 0] > end[:, 0]))
    lower, upper = np.where(falls[:, None], end, start), np.where(falls[:, None], start, end)
    label = segments.owner[one].astype(np.int32) + 1
    beyond = np.where(alone, 0, segments.owner[other].astype(np.int32) + 1).astype(np.int32)
    sides = np.column_stack([np.minimum(label, beyond), np.maximum(label, beyond)])
    return Edges(np.hstack([lower, upper]), sides)


def _require_single(segments: Segments, order: Ints, begins: Ints, counts: Ints) -> None:
    """An edge has one cell to its left and one to its right at most, in the same place to the last bit."""
    pairs = counts == 2
    one, other = order[begins[pairs]], order[begins[pairs] + 1]
    same = (segments.start[one] == segments.end[other]).all(axis=1) & (segments.end[one] == segments.start[other]).all(
        axis=1
    )
    wrong = np.concatenate([one[~same], other[~same]])
    for group in np.flatnonzero(counts > 2):
        wrong = np.concatenate([wrong, order[begins[group] : begins[group] + counts[group]]])
    if len(wrong):
        raise DoubtfulCells(tuple(np.unique(segments.owner[wrong]).tolist()))


def _require_apart(left: Segments, cells: Shapes, tolerance: float) -> None:
    """Edges with nothing on their other side are those of gaps and of the outside."""
    faults = read_faults(left, cells, None, tolerance=tolerance)
    doubtful = {owner for owners in faults.owners for owner in owners} | set(faults.matched.owner.tolist())
    if doubtful:
        raise DoubtfulCells(tuple(sorted(doubtful)))
