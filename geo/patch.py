"""A patch of cells, cut by strokes into faces: the one primitive of every edit.

Strokes are noded with the borders of the cells. Each face of the net lies in one cell; an
edit says to whom it belongs from now on, and new borders run where two labels meet. What
two cells share is one edge of the net, so neighbours agree vertex by vertex.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.chain import CannotReshape, Chain, Precision
from geo.crossings import Flags, node
from geo.faces import Faces, faces_of
from geo.inserted import Inserted
from geo.lines import Lines, areas_of
from geo.net import Net, net_of
from geo.rings import Floats, Ints, Shapes
from geo.segments import Segments, joined, segments_of

NOBODY = -1
_ONE = np.uint64(1)


@dataclass(frozen=True, slots=True)
class Patch:
    """Faces of some cells that strokes have cut.

    Attributes
    ----------
    numbers : ndarray of int, shape (n,)
        The cells, by the numbers that they go by outside.
    shapes : ndarray of Polygon, shape (n,)
    net : Net
        Owners are positions in ``numbers``, ``n`` for the strokes.
    faces : Faces
    cell : ndarray of int, shape (f,)
        For each face the number of the cell that it lies in, or NOBODY.
    is_stroke : ndarray of bool, shape (e,)
        Edges of the net that strokes run along.
    inserted : Inserted
        Vertices that borders of the cells got.
    """

    numbers: Ints
    shapes: Shapes
    net: Net
    faces: Faces
    cell: Ints
    is_stroke: Flags
    inserted: Inserted

    @property
    def inner(self) -> Ints:
        """Faces that lie in cells."""
        return np.flatnonzero(self.cell != NOBODY)

    @property
    def bounds(self) -> Ints:
        """Edges with different faces on either side."""
        return np.flatnonzero((self.faces.left != self.faces.right) & (self.faces.left >= 0))

    def polygons(self, faces: Ints) -> Shapes:
        """Shapes of some faces."""
        return self.faces.polygons(faces, self.net.xy)

    def shapes_by(self, label: Ints) -> dict[int, Any]:
        """New shapes of the cells that a label for each face gives or takes ground.

        Parameters
        ----------
        label : ndarray of int, shape (f,)
            Number of the cell that each face belongs to from now on; NOBODY stays as it is.

        Returns
        -------
        dict of int to Polygon or MultiPolygon
            Empty where nothing is left of a cell.
        """
        differs = label != self.cell
        changed = np.setdiff1d(np.union1d(label[differs], self.cell[differs]), [NOBODY])
        bounds = self.bounds
        left, right = label[self.faces.left[bounds]], label[self.faces.right[bounds]]
        bounds, left, right = bounds[left != right], left[left != right], right[left != right]
        low, high = self.net.low[bounds], self.net.high[bounds]
        start, end = np.concatenate([low, high]), np.concatenate([high, low])
        owner = np.concatenate([left, right])
        mine = np.isin(owner, changed)
        lines = Lines(self.net.xy, start[mine], end[mine], owner[mine])
        return dict(zip(changed.tolist(), areas_of(lines, changed), strict=True))

    def pieces(self, label: Ints, kept: Flags | None = None) -> Ints:
        """For each face the connected piece of equal labels that it is part of.

        Parameters
        ----------
        label : ndarray of int, shape (f,)
        kept : ndarray of bool, shape (e,), optional
            Edges that part pieces besides.
        """
        bounds = self.bounds if kept is None else self.bounds[~kept[self.bounds]]
        left, right = self.faces.left[bounds], self.faces.right[bounds]
        same = label[left] == label[right]
        links = coo_array((np.ones(int(same.sum())), (left[same], right[same])), shape=(len(label),) * 2)
        return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def cut(
    cells: Shapes, numbers: Sequence[int], strokes: Sequence[Floats], *, chain: Chain, precision: Precision
) -> Patch:
    """Cut cells by strokes.

    Parameters
    ----------
    cells : ndarray of Polygon
        All cells, by number.
    numbers : sequence of int
        The cells of the patch.
    strokes : sequence of ndarray of float, shape (n, 2)
        See :func:`geo.strokes.fitted`; they lie on these cells.
    chain : Chain
        Edges that may get no vertex.
    precision : Precision

    Returns
    -------
    Patch

    Raises
    ------
    CannotReshape
        If a stroke would give the chain a vertex, or the cells overlap.
    GeometryProblem
        If the edges cannot be noded.
    """
    chosen = np.array(sorted(numbers), dtype=np.int64)
    shapes = cells[chosen]
    own = segments_of(shapes, np.arange(len(shapes)))
    drawn = _two_way(strokes)
    every = joined([own, drawn])
    raw = net_of(replace(every, owner=np.arange(len(every.key))))
    fresh = np.zeros(len(raw.low), dtype=bool)
    fresh[raw.edge[len(own.key) :]] = True
    if len(shapes) > 1 and not shapely.coverage_is_valid(shapes):
        fresh[:] = True
    noded = node(raw, tolerance=precision.tolerance, decimals=precision.decimals, fresh=fresh) if fresh.any() else raw
    inserted = Inserted.of(own, noded)
    _require_chain(inserted, chain)
    segment = noded.owner
    is_stroke = np.zeros(len(noded.low), dtype=bool)
    is_stroke[noded.edge[segment >= len(own.key)]] = True
    net = replace(noded, owner=np.where(segment < len(own.key), every.owner[segment], len(shapes)))
    faces = faces_of(net)
    _require_single(net, faces)
    owner = _cells_of(net, faces, len(shapes))
    cell = np.where(owner == NOBODY, NOBODY, chosen[owner])
    return Patch(chosen, shapes, net, faces, cell, is_stroke, inserted)


def _two_way(strokes: Sequence[Floats]) -> Segments:
    """Strokes as segments in both directions, which bound no ground."""
    pairs = [np.stack([xy[:-1], xy[1:]], axis=1) for xy in strokes]
    ends = np.concatenate([np.empty((0, 2, 2)), *pairs])
    start, end = np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]])
    return Segments(start, end, np.zeros(len(start), dtype=np.uint64), np.zeros(len(start), dtype=np.int64))


def _cells_of(net: Net, faces: Faces, count: int) -> Ints:
    """For each face the cell that it lies in: read off a border, or off a face beside it behind a stroke."""
    cell = np.full(len(faces.winding), NOBODY, dtype=np.int64)
    of_cell = net.owner < count
    edge, forth = net.edge[of_cell], net.sign[of_cell] > 0
    face = np.where(forth, faces.left[edge], faces.right[edge])
    cell[face[face >= 0]] = net.owner[of_cell][face >= 0]
    inner = np.ones(len(net.low), dtype=bool)
    inner[net.edge[of_cell]] = False
    inner &= (faces.left >= 0) & (faces.left != faces.right)
    left, right = faces.left[inner], faces.right[inner]
    while True:
        known = (cell[left] != NOBODY) != (cell[right] != NOBODY)
        if not known.any():
            break
        cell[left[known]] = cell[right[known]] = np.maximum(cell[left[known]], cell[right[known]])
    cell[0] = NOBODY
    return cell


def _require_single(net: Net, faces: Faces) -> None:
    """Refuse cells that lie over each other."""
    wrong = np.flatnonzero((faces.winding > 1) | (faces.winding < 0))
    if len(wrong):
        edge = int(np.flatnonzero(np.isin(faces.left, wrong) | np.isin(faces.right, wrong))[0])
        x, y = net.xy[net.low[edge]].tolist()
        raise CannotReshape(
            f"所涉网格之间有重叠(在 {x:.9f}, {y:.9f} 附近)。请先修补这里的重叠,再调整边界。",
            f"The grids concerned overlap near {x:.9f}, {y:.9f}. Repair the overlap first, then edit the border.",
            (x, y),
        )


def _require_chain(inserted: Inserted, chain: Chain) -> None:
    """Refuse a stroke that would give the parent's border a vertex."""
    hit = np.flatnonzero(chain.holds(inserted.keys))
    if len(hit):
        vertex, _ = chain.nearest(inserted.middle[hit[:1]])
        x, y = vertex[0].tolist()
        raise CannotReshape(
            f"线在区域边界的两个顶点之间与边界相接。请让它落在最近的边界顶点上:{x:.9f}, {y:.9f}。",
            f"The line meets the area's border between two of its vertices. Let it end on the nearest one:"
            f" {x:.9f}, {y:.9f}.",
            (x, y),
        )
