"""Four colours for a division: neighbours share an edge, never only a corner.

The graph of polygons that share edges, each in one piece, is planar, so four
colours are enough. DSATUR with backtracking finds them for a sheet; on a city it
would wander, so there chains of two colours are swapped instead (Kempe). Where
drawings overlap or a grid has several pieces, the graph need not be planar, and
spare colours step in.
"""

import heapq
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

COLOURS = 4
_STEPS_PER_CELL = 200
_BACKTRACK_UP_TO = 1000
# Shorter contact than this is a corner or an artefact of rounding.
_SHARED_AT_LEAST = 1.0


def shared_edges(
    polygons: Sequence[BaseGeometry], *, tolerance: float = 0.0, at_least: float = _SHARED_AT_LEAST
) -> list[tuple[int, int]]:
    """Pairs of polygons that share an edge.

    Parameters
    ----------
    polygons : sequence of shapely geometry
        In a metric plane or on paper.
    tolerance : float
        Borders this far apart still count as one, in the polygons' unit; 0 where
        they share their edges vertex by vertex.
    at_least : float
        Shared length that makes two polygons neighbours, in the same unit.

    Returns
    -------
    list of (int, int)
        Indices, the smaller first, sorted.
    """
    shapes = np.array(polygons, dtype=object)
    if not len(shapes):
        return []
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="dwithin", distance=tolerance)
    keep = left < right
    left, right = left[keep], right[keep]
    edges = shapely.boundary(shapes)
    other = shapely.buffer(shapes, tolerance) if tolerance else edges
    lengths = shapely.length(shapely.intersection(edges[left], other[right]))
    found = lengths >= at_least + 4 * tolerance
    return sorted(zip(left[found].tolist(), right[found].tolist(), strict=True))


def four_colours(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """A colour for each cell, so that no edge joins two of one colour.

    Parameters
    ----------
    count : int
        Number of cells.
    edges : sequence of (int, int)
        Neighbours.

    Returns
    -------
    list of int
        Colours from 0; 4 and above only where four were not found. The same input
        gives the same colours.
    """
    near: list[set[int]] = [set() for _ in range(count)]
    for one, other in edges:
        near[one].add(other)
        near[other].add(one)
    exact = _backtrack(near) if count <= _BACKTRACK_UP_TO else None
    return exact if exact is not None else _swap_chains(near)


def _backtrack(near: Sequence[set[int]]) -> list[int] | None:
    """DSATUR with backtracking, within a budget of steps."""
    colours = [-1] * len(near)
    used = [0] * COLOURS
    queue = [(0, -len(near[cell]), cell) for cell in range(len(near))]
    heapq.heapify(queue)
    trail: list[tuple[int, list[int]]] = []
    budget = _STEPS_PER_CELL * len(near)
    while len(trail) < len(near):
        budget -= 1
        if budget < 0:
            return None
        cell = _most_constrained(queue, colours, near)
        seen = {colours[other] for other in near[cell]}
        choices = sorted((c for c in range(COLOURS) if c not in seen), key=lambda c: (used[c], c), reverse=True)
        while not choices:
            heapq.heappush(queue, _key(cell, colours, near))
            if not trail:
                return None
            cell, choices = trail.pop()
            used[colours[cell]] -= 1
            colours[cell] = -1
            for other in near[cell]:
                if colours[other] < 0:
                    heapq.heappush(queue, _key(other, colours, near))
        colour = choices.pop()
        colours[cell] = colour
        used[colour] += 1
        trail.append((cell, choices))
        for other in near[cell]:
            if colours[other] < 0:
                heapq.heappush(queue, _key(other, colours, near))
    return colours


def _key(cell: int, colours: Sequence[int], near: Sequence[set[int]]) -> tuple[int, int, int]:
    saturation = len({colours[other] for other in near[cell] if colours[other] >= 0})
    return -saturation, -len(near[cell]), cell


def _most_constrained(queue: list[tuple[int, int, int]], colours: Sequence[int], near: Sequence[set[int]]) -> int:
    """The uncoloured cell with most colours around it; entries gone stale are skipped."""
    while True:
        entry = heapq.heappop(queue)
        cell = entry[2]
        if colours[cell] < 0:
            now = _key(cell, colours, near)
            if now == entry:
                return cell
            heapq.heappush(queue, now)


def _swap_chains(near: Sequence[set[int]]) -> list[int]:
    """Greedy in DSATUR's order; where no colour is free, a chain of two colours is swapped."""
    colours = [-1] * len(near)
    used = [0] * (COLOURS + 1)
    queue = [(0, -len(near[cell]), cell) for cell in range(len(near))]
    heapq.heapify(queue)
    for _ in range(len(near)):
        cell = _most_constrained(queue, colours, near)
        seen = {colours[other] for other in near[cell]}
        free = [c for c in range(COLOURS) if c not in seen]
        colours[cell] = min(free, key=lambda c: (used[c], c)) if free else _freed(cell, colours, near)
        used[min(colours[cell], COLOURS)] += 1
        for other in near[cell]:
            if colours[other] < 0:
                heapq.heappush(queue, _key(other, colours, near))
    return colours


def _freed(cell: int, colours: list[int], near: Sequence[set[int]]) -> int:
    """A colour made free for this cell by swapping one chain, else the next spare colour."""
    for first in range(COLOURS):
        for second in range(COLOURS):
            if first == second:
                continue
            chain = _chain(cell, first, second, colours, near)
            if any(colours[other] == second and other in chain for other in near[cell]):
                continue
            for link in chain:
                colours[link] = second if colours[link] == first else first
            return first
    seen = {colours[other] for other in near[cell]}
    return next(c for c in range(COLOURS, COLOURS + len(near) + 1) if c not in seen)


def _chain(cell: int, first: int, second: int, colours: Sequence[int], near: Sequence[set[int]]) -> set[int]:
    """Cells of two colours joined to the first-coloured neighbours of this cell."""
    waiting = [other for other in near[cell] if colours[other] == first]
    chain = set(waiting)
    while waiting:
        for other in near[waiting.pop()]:
            if other != cell and other not in chain and colours[other] in (first, second):
                chain.add(other)
                waiting.append(other)
    return chain
