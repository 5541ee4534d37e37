"""Edits of cells that keep the coverage exact: split, merge, carve, give, move a border.

Each edit is a patch cut into faces (:mod:`geo.patch`), a label for each face, and a proof
that nothing else has changed (:mod:`geo.reshaped`). What cannot be done exactly is refused.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Polygon

from geo.border_runs import parted_in_two
from geo.chain import CannotReshape
from geo.leftovers import Takers, loose_ground, settled
from geo.measure import mean_width
from geo.patch import Patch, cut
from geo.reshaped import Division, Reshaped, faces_inside, finished
from geo.rings import Ints
from geo.strokes import brought_to, fitted

# What is thinner than this was never meant.
MIN_WIDTH_M = 0.05


def split(division: Division, cell: int, lines: LineString | MultiLineString) -> Reshaped:
    """Cut a cell by lines; the largest piece stays, the others are new cells in order of size.

    Parameters
    ----------
    division : Division
    cell : int
    lines : LineString or MultiLineString
        What of them lies outside the cell is left out.

    Returns
    -------
    Reshaped

    Raises
    ------
    CannotReshape
        If they do not part the cell, or a piece is too thin.
    """
    patch = _cut(division, [cell], [lines])
    faces = patch.inner
    polygons = patch.polygons(faces)
    if len(faces) < 2:
        raise _not_parted(division, cell, lines)
    _require_wide(division, polygons)
    order = np.argsort(-shapely.area(polygons), kind="stable")
    label = patch.cell.copy()
    label[faces[order[1:]]] = len(division.cells) + np.arange(len(faces) - 1)
    return finished(division, patch, label)


def merge(division: Division, cells: Sequence[int], keep: int) -> Reshaped:
    """Make one cell of several that border on each other.

    Parameters
    ----------
    division : Division
    cells : sequence of int
        Two or more.
    keep : int
        The one that stays.

    Returns
    -------
    Reshaped

    Raises
    ------
    CannotReshape
        If they are not connected.
    """
    patch = cut(
        division.cells,
        cells,
        [],
        chain=division.chain(shapely.GeometryCollection(list(division.cells[list(cells)]))),
        precision=division.precision,
    )
    label = patch.cell.copy()
    label[patch.inner] = keep
    loose_ground(division, patch, label, whole=keep)
    return finished(division, patch, label)


def carve(division: Division, shape: Polygon, *, takers: Takers = ()) -> Reshaped:
    """Take ground out of cells for a new one.

    Parameters
    ----------
    division : Division
    shape : Polygon
        What of it lies outside the cells is left out.
    takers : sequence of ((float, float), int)
        Who gets a piece that is cut off, by a point in it.

    Returns
    -------
    Reshaped
        The new cell goes by the number behind the last one.

    Raises
    ------
    CannotReshape
        If the ground is not one piece, too thin, or outside the cells.
    """
    return _taken(division, shape, len(division.cells), takers)


def give(division: Division, shape: Polygon, to: int, *, takers: Takers = ()) -> Reshaped:
    """Take ground out of cells for one that it adjoins; as :func:`carve`."""
    return _taken(division, shape, to, takers)


def move_border(division: Division, one: int, other: int, line: LineString) -> Reshaped:
    """Let the border of two cells run along a line.

    Parameters
    ----------
    division : Division
    one, other : int
    line : LineString
        Its ends lie on the common border or on the outline of the two. Between them it
        takes the place of the old border.

    Returns
    -------
    Reshaped

    Raises
    ------
    CannotReshape
        If the line leaves the two, does not part them in two, or changes nothing.
    """
    common = shapely.intersection(division.cells[one], division.cells[other])
    patch = _cut(division, [one, other], [brought_to(line, common, division.precision)])
    label = parted_in_two(patch, one, other)
    if label is None:
        raise CannotReshape(
            "这条线不能成为两个网格之间的新边界:两端须落在它们的公共边界或外轮廓上,中间不得离开这两个网格。",
            "The line cannot be the new border of the two grids: its ends must lie on their common border or outline,"
            " and it may not leave the two in between.",
        )
    if (label == patch.cell).all():
        raise CannotReshape("新旧边界相同,没有变化。", "The border is the same as before; nothing changes.")
    return finished(division, patch, label)


def _cut(division: Division, cells: Sequence[int], lines: Sequence[Any]) -> Patch:
    """Cut cells by lines that are first fitted to them."""
    shapes = division.cells[list(cells)]
    ground = shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
    chain = division.chain(ground)
    strokes = fitted(lines, ground, chain, vertices=shapely.get_coordinates(shapes))
    return cut(division.cells, cells, strokes, chain=chain, precision=division.precision)


def _taken(division: Division, shape: Polygon, to: int, takers: Takers) -> Reshaped:
    if not shape.is_valid or not shape.area:
        raise CannotReshape(
            f"所画的范围无效({shapely.is_valid_reason(shape)})。请重画一个不自相交的范围。",
            f"The ground drawn is not valid ({shapely.is_valid_reason(shape)}). Draw it without crossing itself.",
        )
    under = division.under(shape)
    if not len(np.setdiff1d(under, [to])):
        raise CannotReshape(
            "所画的范围里没有别的网格的地面。请核对位置。",
            "No ground of another grid lies inside what was drawn. Check the place.",
        )
    sources = (under if to == len(division.cells) else np.union1d(under, [to])).tolist()
    ground = shapely.union_all(division.cells[sources])
    chain = division.chain(ground)
    strokes = fitted(
        [shapely.boundary(shape)], ground, chain, vertices=shapely.get_coordinates(division.cells[sources])
    )
    patch = cut(division.cells, sources, strokes, chain=chain, precision=division.precision)
    label = _labelled(division, patch, shape, to)
    loose = loose_ground(division, patch, label, whole=to)
    if loose:
        beside = np.unique(np.concatenate([division.touching(piece) for piece in loose]))
        patch = cut(
            division.cells, np.union1d(sources, beside).tolist(), strokes, chain=chain, precision=division.precision
        )
        label = _labelled(division, patch, shape, to)
    label, pieces = settled(division, patch, label, whole=to, takers=takers)
    return finished(division, patch, label, pieces)


def _labelled(division: Division, patch: Patch, shape: Polygon, to: int) -> Ints:
    """The label of each face when ground inside a shape goes to a cell."""
    inside = faces_inside(patch, shape)
    got = inside[patch.cell[inside] != to]
    if not len(got):
        raise CannotReshape(
            "所画的范围太小或太靠近边界,没有可以划出的地面。请画大一些。",
            "What was drawn is too small, or too close to a border, to take any ground. Draw it larger.",
        )
    _require_wide(division, np.array([shapely.union_all(patch.polygons(inside))], dtype=object))
    label = patch.cell.copy()
    label[inside] = to
    return label


def _require_wide(division: Division, polygons: Any) -> None:
    scale = np.array(division.precision.scale)
    widths = mean_width(shapely.transform(polygons, lambda xy: xy * scale))
    thin = int(np.argmin(widths))
    if widths[thin] < MIN_WIDTH_M:
        x, y = shapely.get_coordinates(shapely.point_on_surface(polygons[thin]))[0].tolist()
        raise CannotReshape(
            f"在 {x:.9f}, {y:.9f} 会留下不到 {MIN_WIDTH_M:g} 米宽的细条。请把线画得离边界远一些,或正好落在边界上。",
            f"A strip less than {MIN_WIDTH_M:g} m wide would be left at {x:.9f}, {y:.9f}. Draw the line further away"
            " from the border, or exactly on it.",
            (x, y),
        )


def _not_parted(division: Division, cell: int, lines: Any) -> CannotReshape:
    end = shapely.get_coordinates(lines)[-1]
    border = shapely.get_coordinates(division.cells[cell])
    way = np.hypot(*division.precision.metres(border - end).T)
    x, y = border[int(np.argmin(way))].tolist()
    return CannotReshape(
        f"这条线没有把网格分开:它须从边界到边界。离线的末端最近的边界顶点:{x:.9f}, {y:.9f}({way.min():.1f} 米)。",
        f"The line does not part the grid: it has to run from border to border. The border's vertex nearest to its end"
        f" is {x:.9f}, {y:.9f} ({way.min():.1f} m).",
        (x, y),
    )
