"""Move one vertex in every cell that has it."""

from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely import LinearRing, Polygon

from geo.chain import CannotReshape
from geo.inserted import Inserted
from geo.reshaped import Division, Reshaped, prove_same
from geo.residual import left_over
from geo.rings import Floats, Ints
from geo.segments import as_shapes, segment_keys
from geo.strokes import SNAP_M

_NOTHING = Inserted(np.empty((0, 2)), np.empty((0, 2)), np.empty(0, dtype=np.uint64), ())


def move_vertex(division: Division, at: tuple[float, float], to: tuple[float, float]) -> Reshaped:
    """Move a vertex; every cell that has it follows.

    Parameters
    ----------
    division : Division
    at : tuple of float
        Where the vertex is, to 5 mm.
    to : tuple of float
        Where it goes.

    Returns
    -------
    Reshaped

    Raises
    ------
    CannotReshape
        If there is no such vertex, it is the parent's, or a cell would cross itself.
    """
    precision = division.precision
    goal = precision.rounded(np.array(to))
    reach = SNAP_M / min(precision.scale)
    near = division.near(np.array([at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach]))
    vertex = _nearest(division, near, np.array(at))
    _require_inner(division, vertex)
    if (goal == vertex).all():
        raise CannotReshape("顶点没有移动。", "The vertex does not move.")
    owners = [number for number in near.tolist() if _has(division.cells[number], vertex)]
    changed: dict[int, Polygon | None] = {number: _moved(division.cells[number], vertex, goal) for number in owners}
    prove_or_compare(division, changed, np.array(owners))
    return Reshaped(changed, {})


def prove_or_compare(division: Division, changed: dict[int, Polygon | None], owners: Ints) -> None:
    """Prove that the cells fill the same ground, or, beside a gap, that they take nobody else's.

    Raises
    ------
    CannotReshape
        If a cell would cross itself, or take ground of another cell or outside the parent.
    """
    shapes = as_shapes(changed.values())
    old, _ = segment_keys(division.cells[owners])
    new, _ = segment_keys(shapes, is_reversed=True)
    if not shapely.is_valid(shapes).all() or not len(left_over(np.concatenate([old, new]))[1]):
        prove_same(division.cells, changed, {}, _NOTHING)
        return
    taken = shapely.difference(shapely.union_all(shapes), shapely.union_all(division.cells[owners]))
    others = np.setdiff1d(division.under(taken), owners) if shapely.area(taken) else owners[:0]
    is_outside = shapely.area(shapely.difference(taken, division.parent)) > division.precision.tolerance**2
    is_double = sum(shapely.area(shapes)) > shapely.area(shapely.union_all(shapes)) * (1 + division.precision.tolerance)
    if len(others) or is_outside or is_double:
        raise CannotReshape(
            "顶点移到那里会使网格边界自相交、压到别的网格或越出区域。请移近一些。",
            "The vertex cannot go there: a grid would cross itself, lie over another one or leave its area. Move it"
            " less far.",
        )


def _nearest(division: Division, near: Ints, at: Floats) -> Floats:
    """The vertex that is meant."""
    cells = division.cells[near] if len(near) else division.cells
    xy = shapely.get_coordinates(cells)
    precision = division.precision
    way, place = cKDTree(precision.metres(xy)).query(precision.metres(at))
    if way > SNAP_M:
        x, y = xy[place].tolist()
        raise CannotReshape(
            f"在 {at[0]:.9f}, {at[1]:.9f} 没有顶点。最近的顶点:{x:.9f}, {y:.9f}({way:.2f} 米)。",
            f"There is no vertex at {at[0]:.9f}, {at[1]:.9f}. The nearest is {x:.9f}, {y:.9f} ({way:.2f} m).",
            (x, y),
        )
    return np.asarray(xy[place])


def _require_inner(division: Division, vertex: Floats) -> None:
    """Refuse vertices of the parent's border, and name the nearest that may move."""
    chain = shapely.get_coordinates(division.parent)
    if not (chain == vertex).all(axis=1).any():
        return
    xy = shapely.get_coordinates(division.cells[division.near(np.concatenate([vertex, vertex]))])
    inner = xy[~(xy[:, None, 0] == chain[:, 0]).any(axis=1)]
    nearest: tuple[float, float] | None = None
    if len(inner):
        metres = division.precision.metres(inner - vertex)
        x, y = inner[int(np.argmin(np.hypot(*metres.T)))].tolist()
        nearest = (x, y)
    raise CannotReshape(
        "这个顶点在区域边界上,不能随网格移动。移动区域边界请用“移动区域边界”(需要两侧的权限)。",
        "This vertex is on the border of the area and does not move with a grid. To move the area's border use the"
        " command for it, with rights on both sides.",
        nearest,
    )


def _has(cell: Any, vertex: Floats) -> bool:
    return bool((shapely.get_coordinates(cell) == vertex).all(axis=1).any())


def _moved(cell: Any, vertex: Floats, goal: Floats) -> Any:
    """The cell with the vertex at its new place; where that is its neighbour's, the two are one."""
    rings = []
    for ring in shapely.get_rings(cell):
        xy = shapely.get_coordinates(ring)
        xy = np.where((xy == vertex).all(axis=1)[:, None], goal, xy)
        kept = np.append(True, (xy[1:] != xy[:-1]).any(axis=1))
        if kept.sum() < 4:
            raise CannotReshape(
                "顶点移到那里会使网格失去面积。请移到别处。",
                "The vertex cannot go there: a grid would have no ground left. Move it elsewhere.",
            )
        rings.append(LinearRing(xy[kept]))
    return Polygon(rings[0], rings[1:])
