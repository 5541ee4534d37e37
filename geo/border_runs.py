"""Which run of the common border of two cells a stroke takes the place of."""

from typing import Any

import numpy as np
import shapely

from geo.patch import Patch
from geo.rings import Ints


def parted_in_two(patch: Patch, one: int, other: int) -> Ints | None:
    """Let strokes take the place of a run of the common border of two cells.

    Parameters
    ----------
    patch : Patch
        Of the two cells.
    one, other : int

    Returns
    -------
    ndarray of int or None
        The label of each face, with as little ground as possible changing hands; None where
        the strokes do not part the two in two.
    """
    bounds = patch.bounds
    left, right = patch.cell[patch.faces.left[bounds]], patch.cell[patch.faces.right[bounds]]
    common = bounds[((left == one) & (right == other)) | ((left == other) & (right == one))]
    drawn = np.zeros(len(patch.net.low), dtype=bool)
    drawn[bounds] = patch.is_stroke[bounds] & (patch.cell[patch.faces.left[bounds]] >= 0)
    drawn &= patch.cell[patch.faces.right] >= 0
    if not drawn.any():
        return None
    best: tuple[float, Ints] | None = None
    for run in _runs(patch, common, drawn):
        kept = drawn.copy()
        kept[np.setdiff1d(common, run)] = True
        label = _two_sides(patch, kept, one, other)
        if label is None:
            continue
        moved = float(shapely.area(patch.polygons(np.flatnonzero(label != patch.cell))).sum())
        if best is None or moved < best[0]:
            best = (moved, label)
    return None if best is None else best[1]


def _runs(patch: Patch, common: Ints, drawn: Any) -> list[Ints]:
    """Runs of the common border that strokes may take the place of: between nodes of the strokes, or all of it."""
    net = patch.net
    nodes = set(net.low[drawn].tolist()) | set(net.high[drawn].tolist())
    pieces = _pieces_between(net.low[common].tolist(), net.high[common].tolist(), common.tolist(), nodes)
    runs: list[Ints] = []
    for path in pieces:
        for first in range(len(path)):
            for last in range(first, len(path)):
                run = [edge for piece in path[first : last + 1] for edge in piece]
                runs.append(np.array([edge for edge in run if not drawn[edge]], dtype=np.int64))
    runs.append(np.array([edge for edge in common.tolist() if not drawn[edge]], dtype=np.int64))
    return runs


def _pieces_between(low: list[int], high: list[int], edges: list[int], nodes: set[int]) -> list[list[list[int]]]:
    """Paths of edges, each in pieces that end at the nodes."""
    beside: dict[int, list[tuple[int, int]]] = {}
    for one, other, edge in zip(low, high, edges, strict=True):
        beside.setdefault(one, []).append((edge, other))
        beside.setdefault(other, []).append((edge, one))
    done: set[int] = set()
    paths: list[list[list[int]]] = []
    # Open paths begin at an end; what is left then goes round in circles.
    starts = [vertex for vertex, ways in beside.items() if len(ways) != 2] + [v for v in beside if v in nodes]
    for start in [*starts, *beside]:
        for edge, vertex in beside[start]:
            if edge in done:
                continue
            path: list[list[int]] = [[]]
            ahead, at = edge, vertex
            while True:
                done.add(ahead)
                path[-1].append(ahead)
                onward = [way for way in beside[at] if way[0] not in done]
                if not onward or len(beside[at]) != 2:
                    break
                if at in nodes:
                    path.append([])
                ahead, at = onward[0]
            paths.append(path)
    return paths


def _two_sides(patch: Patch, kept: Any, one: int, other: int) -> Ints | None:
    """Labels where a border parts the patch in exactly two, with ground on both sides of all of it."""
    inside = np.where(patch.cell >= 0, 0, -1)
    piece = patch.pieces(inside, kept)
    inner = patch.inner
    names = np.unique(piece[inner])
    border = np.flatnonzero(kept)
    if len(names) != 2 or (piece[patch.faces.left[border]] == piece[patch.faces.right[border]]).any():
        return None
    areas = shapely.area(patch.polygons(inner))
    is_first = piece[inner] == names[0]
    is_one = patch.cell[inner] == one
    stays = areas[is_first == is_one].sum()
    first, second = (one, other) if stays * 2 >= areas.sum() else (other, one)
    label = patch.cell.copy()
    label[inner] = np.where(is_first, first, second)
    return label
