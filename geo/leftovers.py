"""Pieces that an edit cuts off from their cells: who takes them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.chain import CannotReshape
from geo.patch import NOBODY, Patch
from geo.reshaped import Division, LeftPiece
from geo.rings import Floats, Ints

Takers = Sequence[tuple[tuple[float, float], int]]


@dataclass(frozen=True, slots=True)
class _Parted:
    """Labels and the connected pieces that they make.

    Attributes
    ----------
    piece : ndarray of int, shape (f,)
    main : dict of int to int
        The largest piece of each label.
    loose : tuple of int
        All other pieces, the smallest first.
    """

    piece: Ints
    main: dict[int, int]
    loose: tuple[int, ...]


def loose_ground(division: Division, patch: Patch, label: Ints, *, whole: int) -> list[Any]:
    """Shapes of the pieces that are cut off; the cell ``whole`` must be one piece.

    Raises
    ------
    CannotReshape
        If it is not.
    """
    parted = _parted(patch, label, _areas(patch), division.nobody)
    shapes: list[Any] = []
    for piece in parted.loose:
        faces = np.flatnonzero(parted.piece == piece)
        ground = shapely.union_all(patch.polygons(faces))
        if int(label[faces[0]]) == whole:
            x, y = shapely.get_coordinates(shapely.point_on_surface(ground))[0].tolist()
            raise CannotReshape(
                f"所给的地面与目标网格不相连,或分成了几块(其中一块在 {x:.9f}, {y:.9f})。"
                "请分次操作,或把范围画成相连的一块。",
                f"The ground does not adjoin the grid that gets it, or lies in several pieces, one of them at"
                f" {x:.9f}, {y:.9f}. Give them one by one, or draw one connected piece.",
                (x, y),
            )
        shapes.append(ground)
    return shapes


def settled(
    division: Division,
    patch: Patch,
    label: Ints,
    *,
    whole: int = NOBODY,
    takers: Takers = (),
    may_take: Callable[[int, int], bool] | None = None,
) -> tuple[Ints, tuple[LeftPiece, ...]]:
    """Give every piece that is cut off to a named cell, or to the neighbour with the longest border.

    Parameters
    ----------
    division : Division
    patch : Patch
        With the neighbours of such pieces in it.
    label : ndarray of int, shape (f,)
    whole : int
        The cell that the ground was given to: it gets such a piece only if nobody else can.
    takers : sequence of ((float, float), int)
        A point in a piece, and the cell that gets it.
    may_take : callable, optional
        Whether a piece of the first cell may go to the second; any may without it.

    Returns
    -------
    label : ndarray of int
    pieces : tuple of LeftPiece

    Raises
    ------
    CannotReshape
        If nobody can take a piece.
    """
    label = label.copy()
    areas = _areas(patch)
    found: list[LeftPiece] = []
    while True:
        parted = _parted(patch, label, areas, division.nobody)
        if not parted.loose:
            return label, tuple(found)
        for piece in parted.loose:
            faces = np.flatnonzero(parted.piece == piece)
            ranked = _neighbours(division, patch, label, parted, piece)
            ranked = [item for item in ranked if may_take is None or may_take(int(label[faces[0]]), item[0])]
            ranked = sorted(ranked, key=lambda item: (item[0] == whole, -item[1], item[0]))
            if ranked:
                break
        else:
            raise _nobody(patch, parted)
        ground: Any = shapely.union_all(patch.polygons(faces))
        named = [cell for point, cell in takers if shapely.intersects_xy(ground, *point)]
        order = [cell for cell, _ in ranked]
        if named and named[0] not in order:
            raise _not_beside(ground)
        taker = named[0] if named else order[0]
        others = tuple(cell for cell in order if cell != taker)
        found.append(LeftPiece(int(label[faces[0]]), ground, taker, others, bool(named)))
        label[faces] = taker


def _areas(patch: Patch) -> Floats:
    areas = np.zeros(len(patch.cell))
    areas[patch.inner] = shapely.area(patch.polygons(patch.inner))
    return areas


def _parted(patch: Patch, label: Ints, areas: Floats, nobody: Collection[int]) -> _Parted:
    piece = patch.pieces(label)
    inner = patch.inner
    size = np.bincount(piece[inner], areas[inner])
    named, first = np.unique(piece[inner], return_index=True)
    of_label = label[inner][first]
    order = np.lexsort((named, -size[named], of_label))
    labels, begin = np.unique(of_label[order], return_index=True)
    main = dict(zip(labels.tolist(), named[order[begin]].tolist(), strict=True))
    of_nobody = set(named[np.isin(of_label, list(nobody))].tolist())
    loose = [piece for piece in named.tolist() if piece not in main.values() and piece not in of_nobody]
    return _Parted(piece, main, tuple(sorted(loose, key=lambda piece: float(size[piece]))))


def _neighbours(division: Division, patch: Patch, label: Ints, parted: _Parted, piece: int) -> list[tuple[int, float]]:
    """Cells whose main piece borders on a loose one, with the length of the border in metres."""
    bounds = patch.bounds
    left, right = patch.faces.left[bounds], patch.faces.right[bounds]
    mine = (parted.piece[left] == piece) != (parted.piece[right] == piece)
    bounds, left, right = bounds[mine], left[mine], right[mine]
    other = np.where(parted.piece[left] == piece, right, left)
    way = division.precision.metres(patch.net.xy[patch.net.high[bounds]] - patch.net.xy[patch.net.low[bounds]])
    lengths: dict[int, float] = {}
    for face, length in zip(other.tolist(), np.hypot(*way.T).tolist(), strict=True):
        cell = int(label[face])
        if cell != NOBODY and cell not in division.nobody and parted.main.get(cell) == parted.piece[face]:
            lengths[cell] = lengths.get(cell, 0.0) + length
    return list(lengths.items())


def border_lengths(patch: Patch, label: Ints, faces: Ints, *, skip: Collection[int] = ()) -> dict[int, float]:
    """Cells that some faces border on, with the length of the border in the unit of the coordinates.

    Parameters
    ----------
    patch : Patch
    label : ndarray of int, shape (f,)
    faces : ndarray of int
    skip : collection of int
        Faces that do not count.
    """
    bounds = patch.bounds
    left, right = patch.faces.left[bounds], patch.faces.right[bounds]
    in_left, in_right = np.isin(left, faces), np.isin(right, faces)
    mine = in_left != in_right
    other = np.where(in_left, right, left)[mine]
    way = patch.net.xy[patch.net.high[bounds[mine]]] - patch.net.xy[patch.net.low[bounds[mine]]]
    lengths: dict[int, float] = {}
    for face, length in zip(other.tolist(), np.hypot(*way.T).tolist(), strict=True):
        cell = int(label[face])
        if cell != NOBODY and face not in skip:
            lengths[cell] = lengths.get(cell, 0.0) + length
    return lengths


def _nobody(patch: Patch, parted: _Parted) -> CannotReshape:
    ground = patch.polygons(np.flatnonzero(parted.piece == parted.loose[0])[:1])[0]
    x, y = shapely.get_coordinates(shapely.point_on_surface(ground))[0].tolist()
    return CannotReshape(
        f"在 {x:.9f}, {y:.9f} 切下的一块没有相邻网格可以接收。请换一条线。",
        f"Nobody beside the piece that is cut off at {x:.9f}, {y:.9f} can take it. Draw another line.",
        (x, y),
    )


def _not_beside(ground: Any) -> CannotReshape:
    x, y = shapely.get_coordinates(shapely.point_on_surface(ground))[0].tolist()
    return CannotReshape(
        f"指定接收 {x:.9f}, {y:.9f} 处剩余地块的网格与它不相邻。请另选相邻的网格。",
        f"The grid named for the piece at {x:.9f}, {y:.9f} does not border on it. Name one that does.",
        (x, y),
    )
