"""New borders of areas as sums: what an area had, plus faces that come to it, less faces that leave it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from geo.chain import CannotReshape
from geo.inserted import Inserted
from geo.lines import Lines, areas_of
from geo.patch import Patch
from geo.residual import left_over
from geo.rings import Floats, Ints, Shapes
from geo.segments import as_shapes, segment_keys, segments_of, vertex_hash
from geo.validity import find_invalid


def areas_after(
    areas: Shapes, line_up: Callable[[int], Sequence[int]], patch: Patch, before: Ints, after: Ints
) -> dict[int, Any]:
    """Shapes of the areas that get or lose faces.

    Parameters
    ----------
    areas : ndarray of Polygon or MultiPolygon
    line_up : callable
        From an area to itself and all above it.
    patch : Patch
    before, after : ndarray of int, shape (f,)
        For each face the lowest area that it is part of; -1 outside.

    Returns
    -------
    dict of int to Polygon or MultiPolygon

    Raises
    ------
    CannotReshape
        If an area would be empty or in more pieces than it was.
    """
    gains: dict[int, Ints] = {}
    for face in np.flatnonzero(before != after).tolist():
        was, is_now = set(line_up(int(before[face]))), set(line_up(int(after[face])))
        for area in was ^ is_now:
            gains.setdefault(area, np.zeros(len(before), dtype=np.int64))[face] = 1 if area in is_now else -1
    return {area: _summed(areas[area], patch, gain) for area, gain in gains.items()}


def _summed(area: Any, patch: Patch, gain: Ints) -> Any:
    own = patch.inserted.expanded(segments_of(as_shapes([area]), np.zeros(1, dtype=np.int64)))
    bounds = patch.bounds
    step = gain[patch.faces.left[bounds]] - gain[patch.faces.right[bounds]]
    low, high = patch.net.xy[patch.net.low[bounds]], patch.net.xy[patch.net.high[bounds]]
    start = np.concatenate([own.start, low[step > 0], high[step < 0]])
    end = np.concatenate([own.end, high[step > 0], low[step < 0]])
    # Between ground that comes and ground that leaves an edge counts twice.
    twice = np.abs(step) == 2
    start = np.concatenate([start, np.where((step > 0)[:, None], low, high)[twice]])
    end = np.concatenate([end, np.where((step > 0)[:, None], high, low)[twice]])
    shape = _enclosed(start, end)
    if shape.is_empty or len(shapely.get_parts(shape)) > len(shapely.get_parts(area)):
        raise CannotReshape(
            "这样改会使一个区域消失或分成互不相连的几块。请换一条线。",
            "This would leave an area empty or in several pieces. Draw another line.",
        )
    return shape


def _enclosed(start: Floats, end: Floats) -> Any:
    """The ground to the left of directed edges."""
    xy = np.concatenate([start, end])
    _, first, number = np.unique(vertex_hash(xy + 0.0), return_index=True, return_inverse=True)
    count = len(start)
    lines = Lines(xy[first], number[:count], number[count:], np.zeros(count, dtype=np.int64)).summed()
    return areas_of(lines, np.zeros(1, dtype=np.int64))[0]


def refined_areas(areas: Shapes, inserted: Inserted, *, skip: Collection[int]) -> dict[int, Any]:
    """Areas that only get vertices."""
    if not len(inserted.keys):
        return {}
    near = np.flatnonzero(shapely.intersects(areas, shapely.box(*inserted.box)))
    grown = {area: inserted.into(areas[area]) for area in near.tolist() if area not in skip}
    return {area: shape for area, shape in grown.items() if shape is not areas[area]}


def require_balanced(areas: Shapes, above: Sequence[int], new: Mapping[int, Any]) -> None:
    """Prove that areas which were filled by those below them are so still.

    Raises
    ------
    CannotReshape
        If they are not, or an area is not valid.
    """
    changed = as_shapes(new.values())
    is_broken = bool(find_invalid(changed, is_polygonal=True))
    for area in {*new, *(above[area] for area in new)} - {-1}:
        below = [number for number, upper in enumerate(above) if upper == area]
        old = _unmatched(areas[below], areas[area])
        now = _unmatched(as_shapes(new.get(number, areas[number]) for number in below), new.get(area, areas[area]))
        is_broken |= bool(below) and not old and bool(now)
    if is_broken:
        raise CannotReshape(
            "这样改会使上下级区域之间出现空白或重叠,已停止。请换一条线。",
            "This would open a gap or an overlap between areas of two levels, so it was not done. Draw another line.",
        )


def _unmatched(below: Shapes, area: Any) -> int:
    keys = np.concatenate([segment_keys(below)[0], segment_keys(as_shapes([area]), is_reversed=True)[0]])
    return len(left_over(keys)[1])
