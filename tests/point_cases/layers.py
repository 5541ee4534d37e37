"""The cells of each file: what they are, in both languages, and how they are drawn."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, box

from tests.geo.layers import LAYERS, lattice_of_boxes
from tests.points.squares import corners_on_centre_lines, level_on_centre_lines
from tests.synthetic import make

Cells = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Layer:
    """Cells before their order is drawn.

    Attributes
    ----------
    title, about : tuple of str
        Chinese and English.
    unit : str or None
        ``metre``, ``degree``, or None where the plane is nobody's.
    make : callable
        From a generator to the cells.
    """

    title: tuple[str, str]
    about: tuple[str, str]
    unit: str | None
    make: Callable[[Generator], Cells]


def _irregular(_: Generator) -> Cells:
    return np.asarray(make("clean", cells=16, seed=3).cells, dtype=object)


def _in_degrees(decimals: int) -> Cells:
    cells = _irregular(np.random.default_rng())
    corner = shapely.total_bounds(cells)[:2]
    return np.asarray(shapely.transform(cells, lambda xy: np.round((xy - corner) * 1e-5 + (119.18, 32.27), decimals)))


def _round_the_origin(_: Generator) -> Cells:
    cells = _irregular(_)
    middle = shapely.total_bounds(cells).reshape(2, 2).mean(axis=0)
    return np.asarray(shapely.transform(cells, lambda xy: xy - middle))


def _needles(rng: Generator) -> Cells:
    """Wedges around a point, the thinnest a few bits wide at its end."""
    angle = np.sort(np.concatenate([rng.uniform(0, 2 * np.pi, 12), 1.0 + 10.0 ** -np.arange(1, 13.0)]))
    rim = np.column_stack([0.1 + np.cos(angle), 0.7 + np.sin(angle)])
    return np.array([Polygon([(0.1, 0.7), *pair]) for pair in zip(rim, np.roll(rim, -1, axis=0), strict=True)])


def _enclaves(_: Generator) -> Cells:
    outer, inner, core = box(0, 0, 9, 9), box(2, 2, 7, 7), Polygon([(4.5, 3), (6, 4.5), (4.5, 6), (3, 4.5)])
    beside = Polygon([(9, 0), (14, 0), (14, 9), (9, 9)], [[(10, 1), (11, 1), (11, 8), (10, 8)]])
    return np.array([outer.difference(inner), inner.difference(core), core, beside])


def _in_parts(_: Generator) -> Cells:
    checks = [MultiPolygon([box(x, y, x + 1, y + 1) for x in range(6) for y in range(6) if (x + y) % 2 == odd])
              for odd in (0, 1)]  # fmt: skip
    return np.array([*checks, MultiPolygon([box(8, 0, 9, 6), box(-3, 2, -2, 4)])], dtype=object)


def _at_zero(_: Generator) -> Cells:
    rim = [(1, 0), (1, 1), (0.3, 1), (0, 1), (-1, 0.7), (-1, -1), (0, -1), (1, -0.1)]
    return np.array([Polygon([(0, 0), *pair]) for pair in zip(rim, rim[1:] + rim[:1], strict=True)])


POINT_LAYERS: dict[str, Layer] = {
    "irregular_metres": Layer(
        ("不规则网格,米", "Irregular cells in metres"),
        ("高斯投影坐标大小的数值,每格约九十个顶点。", "Numbers as in a projected plane, some ninety vertices a cell."),
        "metre",
        _irregular,
    ),
    "irregular_degrees_9": Layer(
        ("不规则网格,九位小数的度", "Irregular cells in degrees, nine decimals"),
        ("顶点取整到 1e-9 度,两侧一致。", "Vertices rounded to 1e-9 degree, the same on both sides."),
        "degree",
        lambda _: _in_degrees(9),
    ),
    "irregular_degrees_7": Layer(
        ("不规则网格,七位小数的度", "Irregular cells in degrees, seven decimals"),
        ("顶点取整到 1e-7 度,与 RFC 7946 文件相同。", "Vertices rounded to 1e-7 degree, as in RFC 7946 files."),
        "degree",
        lambda _: _in_degrees(7),
    ),
    "around_the_origin": Layer(
        ("原点四周", "Around the origin"),
        ("坐标之差不再是双精度数。", "Differences of coordinates are no doubles any more."),
        "metre",
        _round_the_origin,
    ),
    "boxes_on_powers_of_two": Layer(
        ("方格,二进制步长", "Boxes on powers of two"),
        ("所有边水平或竖直,四格共点。", "All edges level or upright, four cells at each vertex."),
        None,
        lambda _: lattice_of_boxes(np.arange(9) / 4),
    ),
    "boxes_on_decimals": Layer(
        ("方格,十进制步长", "Boxes on decimals"),
        ("步长 0.1,不是双精度数。", "Steps of 0.1, which is no double."),
        None,
        lambda _: lattice_of_boxes(np.round(np.arange(9) * 0.1, 10)),
    ),
    "boxes_with_gaps": Layer(
        ("有空白的方格", "Boxes with gaps"),
        ("缺了一些格,余下的只在角上相接。", "Some are missing, and others meet in corners only."),
        None,
        lambda _: LAYERS["boxes with gaps"]()[:60],
    ),
    "enclaves": Layer(
        ("格中有格,格中有洞", "Enclaves and holes"),
        ("洞由另一格填满,另有一洞空着。", "Holes that another cell fills, and one that is empty."),
        None,
        _enclaves,
    ),
    "parts_touching_in_corners": Layer(
        ("一格多块,只在角上相接", "Parts that touch in corners"),
        ("棋盘的黑白两格,和远处一格的两块。", "Both colours of a chess board, and a cell of two pieces far apart."),
        None,
        _in_parts,
    ),
    "discs": Layer(
        ("互不相接的圆", "Discs apart"),
        ("每格六十五个顶点,之间全是空白。", "Sixty-five vertices each, nothing between them."),
        None,
        lambda _: LAYERS["discs"]()[:16],
    ),
    "level_borders": Layer(
        ("水平共边的四边形", "Quadrangles with level borders"),
        ("水平边的两端不在一条竖线上。", "Their ends do not lie above each other."),
        None,
        lambda _: level_on_centre_lines(squares=30, count=7),
    ),
    "corners_in_line": Layer(
        ("不规则四边形", "Slanted quadrangles"),
        ("每隔一个顶点与栅格列的中线对齐。", "Every other corner has the x of a raster's centres."),
        None,
        lambda _: corners_on_centre_lines(squares=30, count=7),
    ),
    "needles": Layer(
        ("细如针的三角形", "Needles"),
        ("围着一点的三角形,最细的只有几位宽。", "Triangles around a point, the thinnest only some bits wide."),
        None,
        _needles,
    ),
    "at_zero": Layer(
        ("围着零点的三角形", "Triangles around zero"),
        ("点近到次正规数,乘积小于最小的双精度数。", "Points as near as subnormal numbers, whose products vanish."),
        None,
        _at_zero,
    ),
}
