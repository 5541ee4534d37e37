"""Vertices that a border received: found by comparing two shapes, put into a third.

A shape is *refined* when it only received vertices on its edges. Where one hand refines a
shape that another hand redraws, nothing is lost by putting the same vertices into what
was drawn, wherever it still runs along those edges; both sides of a border then share
them as before.
"""

import math
from collections.abc import Iterable, Mapping

import shapely
from shapely import MultiPolygon, Polygon

Vertex = tuple[float, float]
# Both ends of an edge, the lower one first.
Edge = tuple[Vertex, Vertex]
Added = Mapping[Edge, tuple[Vertex, ...]]
Shape = Polygon | MultiPolygon


def added_vertices(old: Shape, new: Shape, *, tolerance: float) -> Added | None:
    """The vertices that a shape received, if that is all that happened to it.

    Parameters
    ----------
    old, new : Polygon or MultiPolygon
        Rings in the same order, begun at the same vertex and drawn in the same direction.
    tolerance : float
        How far a vertex may lie off the edge that it was put into, in the unit of the coordinates.

    Returns
    -------
    mapping or None
        Edge -> the vertices put into it, from its lower end on; empty for equal shapes,
        None where the new shape is drawn otherwise.
    """
    first, second = _rings(old), _rings(new)
    if len(first) != len(second) or shapely.get_num_geometries(old) != shapely.get_num_geometries(new):
        return None
    found: dict[Edge, tuple[Vertex, ...]] = {}
    for was, now in zip(first, second, strict=True):
        added = _added_to_ring(was, now, tolerance)
        if added is None:
            return None
        found |= added
    return found


def with_vertices(shape: Shape, added: Added, *, tolerance: float) -> Shape:
    """A shape with these vertices on every edge along which it still runs.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
    added : mapping
        As :func:`added_vertices` gives it. An edge that the shape has received other vertices
        on keeps them, in between; of one that was parted, each piece takes what lies on it.
    tolerance : float
        As there.

    Returns
    -------
    Polygon or MultiPolygon
        The same object where it runs along none of the edges.
    """
    parts = [_refined(part, added, tolerance) for part in shapely.get_parts(shape).tolist()]
    if all(part is None for part in parts):
        return shape
    whole = [
        kept if part is None else part for part, kept in zip(parts, shapely.get_parts(shape).tolist(), strict=True)
    ]
    return MultiPolygon(whole) if isinstance(shape, MultiPolygon) else whole[0]


def together(several: Iterable[Added], *, tolerance: float) -> Added:
    """What several shapes received, with edges that more than one of them received vertices on."""
    found: dict[Edge, tuple[Vertex, ...]] = {}
    for added in several:
        for edge, vertices in added.items():
            found[edge] = _along(edge, {*found.get(edge, ()), *vertices})
    # A vertex off its edge by more than the rounding belongs to another one.
    return {
        edge: kept for edge, all_ in found.items() if (kept := tuple(v for v in all_ if _is_on(edge, v, tolerance)))
    }


def _rings(shape: Shape) -> list[list[Vertex]]:
    rings = shapely.get_rings(shapely.get_parts(shape))
    return [[(x, y) for x, y in shapely.get_coordinates(ring)[:-1].tolist()] for ring in rings]


def _added_to_ring(was: list[Vertex], now: list[Vertex], tolerance: float) -> dict[Edge, tuple[Vertex, ...]] | None:
    if not was or not now or was[0] != now[0]:
        return None
    found: dict[Edge, tuple[Vertex, ...]] = {}
    at = 0
    for start, end in zip(was, [*was[1:], was[0]], strict=True):
        begin = at + 1
        at = begin
        while at < len(now) and now[at] != end:
            at += 1
        if at == len(now) and end != was[0]:
            return None
        edge, between = _edge(start, end), now[begin:at]
        if not all(_is_on(edge, vertex, tolerance) for vertex in between):
            return None
        if between:
            found[edge] = _along(edge, between)
    return found if at == len(now) else None


def _refined(part: Polygon, added: Added, tolerance: float) -> Polygon | None:
    """The part with more vertices, None where it gains none."""
    rings = _rings(part)
    changed = [_into_ring(ring, added, tolerance) for ring in rings]
    if all(ring is None for ring in changed):
        return None
    shell, *holes = [kept if ring is None else ring for ring, kept in zip(changed, rings, strict=True)]
    return Polygon(shell, holes)


def _into_ring(ring: list[Vertex], added: Added, tolerance: float) -> list[Vertex] | None:
    here = set(ring)
    between: dict[int, list[Vertex]] = {}
    for edge, vertices in added.items():
        new = [vertex for vertex in dict.fromkeys(vertices) if vertex not in here]
        on = [vertex in edge or _is_on(edge, vertex, tolerance) for vertex in ring] if new else []
        # The edge may have been parted since: every piece of it takes the vertices that lie on it.
        for index, start in enumerate(ring if new else []):
            end = ring[(index + 1) % len(ring)]
            if on[index] and on[(index + 1) % len(ring)]:
                low, high = sorted((_share(edge, start), _share(edge, end)))
                inside = [vertex for vertex in new if low < _share(edge, vertex) < high]
                if inside:
                    run = _along(edge, inside)
                    forth = _share(edge, start) < _share(edge, end)
                    between.setdefault(index, []).extend(run if forth else run[::-1])
    if not between:
        return None
    return [vertex for index, start in enumerate(ring) for vertex in (start, *between.get(index, ()))]


def _edge(one: Vertex, other: Vertex) -> Edge:
    return (one, other) if one <= other else (other, one)


def _along(edge: Edge, vertices: Iterable[Vertex]) -> tuple[Vertex, ...]:
    """Vertices in their order along an edge, the same from whichever side it is looked at."""
    return tuple(sorted(vertices, key=lambda vertex: (_share(edge, vertex), vertex)))


def _share(edge: Edge, vertex: Vertex) -> float:
    """How far along an edge a vertex lies, from 0 to 1."""
    (x, y), (end_x, end_y) = edge
    along_x, along_y = end_x - x, end_y - y
    return ((vertex[0] - x) * along_x + (vertex[1] - y) * along_y) / (along_x**2 + along_y**2)


def _is_on(edge: Edge, vertex: Vertex, tolerance: float) -> bool:
    (x, y), (end_x, end_y) = edge
    along_x, along_y = end_x - x, end_y - y
    length = math.hypot(along_x, along_y)
    if not 0 < _share(edge, vertex) < 1:
        return False
    return abs(along_x * (vertex[1] - y) - along_y * (vertex[0] - x)) / length <= tolerance
