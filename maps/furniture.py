"""What stands round the map: title, frame, legend, scale bar, north arrow, imprint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import Language
from maps.blocks import BASELINE_EM
from maps.display import LineOp, Op, PolygonOp, Rect, TextOp, box_op, line_op
from maps.page import Layout
from maps.style import Style
from maps.table import bar_ops
from maps.typeface import SMALLEST_TYPE_MM, Typeface
from maps.wording import word

_TITLE_MM = 11.0
_BAR_STEPS_M = (5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One symbol of the legend: how to draw it in a box, and what it means."""

    draw: Callable[[Rect], list[Op]]
    text: str


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A drawn scale bar, for the report: its ends on the page and its length on the ground."""

    x_mm: float
    length_mm: float
    ground_m: float


def text_at(
    typeface: Typeface,
    text: str,
    x: float,
    y: float,
    *,
    size: float,
    colour: str,
    is_bold: bool = False,
    align: float = 0.0,
    halo: str | None = None,
) -> TextOp:
    """A level run whose middle line is at y; ``align`` is 0 at its left end, 1 at its right."""
    width = typeface.width_mm(text, size, is_bold=is_bold)
    return TextOp(x - align * width, y + BASELINE_EM * size, text, size, colour, is_bold, 0.0, halo, 0.14 * size)


def title_ops(layout: Layout, title: str, left: str, right: str, *, style: Style, typeface: Typeface) -> list[Op]:
    """The title, with a line under it: who issues it, and how much is on it."""
    rect = layout.title
    small = max(SMALLEST_TYPE_MM, 2.7 * layout.growth)
    size = typeface.fitted(title, rect.width * 0.94, _TITLE_MM * layout.growth, is_bold=True)
    top = rect.y + (rect.height - small * 1.8) / 2
    base = rect.bottom - small * 0.95
    room = rect.width * 0.48
    return [
        text_at(typeface, title, rect.middle[0], top, size=size, colour=style.ink, is_bold=True, align=0.5),
        text_at(typeface, left, rect.x, base, size=typeface.fitted(left, room, small), colour=style.ink_soft),
        text_at(
            typeface,
            right,
            rect.right,
            base,
            size=typeface.fitted(right, room, small),
            colour=style.ink_soft,
            align=1.0,
        ),
    ]


def frame_ops(layout: Layout, *, style: Style, typeface: Typeface) -> list[Op]:
    """The double frame, with letters and figures between its lines."""
    outer, inner = layout.frame, layout.inner
    ops: list[Op] = [
        PolygonOp((outer.ring, inner.ring), style.paper),
        box_op(inner, stroke=style.ink, width_mm=0.25),
        box_op(outer, stroke=style.ink, width_mm=0.7),
    ]
    gap = inner.x - outer.x
    size = max(SMALLEST_TYPE_MM, 2.0 * layout.growth)
    columns, rows = max(2, round(inner.width / 50 / layout.growth)), max(2, round(inner.height / 50 / layout.growth))
    for column in range(columns):
        x = inner.x + (column + 0.5) * inner.width / columns
        ops.extend(
            text_at(typeface, chr(ord("A") + column), x, y, size=size, colour=style.ink_soft, align=0.5)
            for y in (outer.y + gap / 2, inner.bottom + gap / 2)
        )
        if column:
            edge = inner.x + column * inner.width / columns
            ops.extend(line_op(edge, y, edge, y + gap, colour=style.ink, width_mm=0.2) for y in (outer.y, inner.bottom))
    for row in range(rows):
        y = inner.y + (row + 0.5) * inner.height / rows
        ops.extend(
            text_at(typeface, str(row + 1), x, y, size=size, colour=style.ink_soft, align=0.5)
            for x in (outer.x + gap / 2, inner.right + gap / 2)
        )
        if row:
            edge = inner.y + row * inner.height / rows
            ops.extend(line_op(x, edge, x + gap, edge, colour=style.ink, width_mm=0.2) for x in (outer.x, inner.right))
    return ops


def north_rect(layout: Layout) -> Rect:
    """The room of the north arrow, in the map's top right corner."""
    side = 15 * layout.growth
    return Rect(layout.inner.right - side - 3, layout.inner.y + 3, side, side)


def north_ops(rect: Rect, *, style: Style, typeface: Typeface, language: Language) -> list[Op]:
    """A north arrow on a white disc."""
    x, y = rect.middle
    r = rect.width / 2
    disc = shapely.get_coordinates(shapely.Point(x, y).buffer(r, quad_segs=16))
    tip, foot, notch = y - 0.45 * r, y + 0.78 * r, y + 0.45 * r
    dark = np.array([[x, tip], [x - 0.34 * r, foot], [x, notch], [x, tip]])
    light = np.array([[x, tip], [x + 0.34 * r, foot], [x, notch], [x, tip]])
    size = max(SMALLEST_TYPE_MM, 0.42 * r)
    return [
        PolygonOp((disc,), style.paper, style.ink_faded, 0.2),
        PolygonOp((dark,), style.ink, style.ink, 0.2),
        PolygonOp((light,), style.paper, style.ink, 0.2),
        text_at(
            typeface, word("north", language), x, y - 0.7 * r, size=size, colour=style.ink, is_bold=True, align=0.5
        ),
    ]


def legend_height(items: Sequence[LegendItem], columns: int, growth: float) -> float:
    """Height of a legend with its title bar."""
    rows = -(-len(items) // columns)
    return (6.4 + 2.4 + rows * 5.6) * growth


def legend_ops(
    rect: Rect,
    items: Sequence[LegendItem],
    *,
    columns: int,
    title: str,
    style: Style,
    typeface: Typeface,
    growth: float,
) -> list[Op]:
    """The legend, column by column."""
    bar = Rect(rect.x, rect.y, rect.width, 6.4 * growth)
    ops: list[Op] = [*bar_ops(bar, title, style=style, typeface=typeface)]
    rows = -(-len(items) // columns)
    pitch = (rect.bottom - bar.bottom - 2.0 * growth) / max(rows, 1)
    width = (rect.width - 4 * growth) / columns
    size = max(SMALLEST_TYPE_MM, 2.4 * growth)
    for index, item in enumerate(items):
        column, row = divmod(index, rows)
        x = rect.x + 2.5 * growth + column * width
        y = bar.bottom + 1.0 * growth + (row + 0.5) * pitch
        ops.extend(item.draw(Rect(x, y - 1.9 * growth, 11 * growth, 3.8 * growth)))
        room = width - 13.5 * growth
        ops.append(
            text_at(
                typeface, item.text, x + 12.5 * growth, y, size=typeface.fitted(item.text, room, size), colour=style.ink
            )
        )
    ops.append(box_op(rect, stroke=style.ink, width_mm=0.3))
    return ops


def scale_bar(rect_width_mm: float, scale: int) -> float:
    """Ground length in metres of one of the bar's four parts: the longest round one that fits."""
    fitting = [step for step in _BAR_STEPS_M if 4 * step * 1000 / scale <= rect_width_mm]
    return float(fitting[-1] if fitting else _BAR_STEPS_M[0])


def scale_ops(
    rect: Rect, scale: int, *, style: Style, typeface: Typeface, growth: float, language: Language
) -> tuple[list[Op], ScaleBar]:
    """The bar in four parts, with the ratio beside it."""
    ratio = word("scale", language, f"1:{scale:,}".replace(",", " "))
    big, small = max(SMALLEST_TYPE_MM, 3.5 * growth), max(SMALLEST_TYPE_MM, 2.2 * growth)
    ratio_width = typeface.width_mm(ratio, big, is_bold=True)
    step = scale_bar(rect.width - ratio_width - 14 * growth, scale)
    part = step * 1000 / scale
    x, y = rect.x + 2 * growth, rect.y + rect.height * 0.62
    tall = 1.5 * growth
    ops: list[Op] = []
    divisor, unit = (1000, word("kilometres", language)) if step * 4 >= 4000 else (1, word("metres", language))
    for index in range(4):
        fill = style.ink if index % 2 == 0 else style.paper
        ops.append(box_op(Rect(x + index * part, y, part, tall), fill=fill, stroke=style.ink, width_mm=0.2))
    for index in (0, 1, 2, 4):
        label = f"{index * step / divisor:g}"
        at = x + index * part
        ops.append(text_at(typeface, label, at, y - small * 0.75, size=small, colour=style.ink, align=0.5))
        if index == 4:
            beside = at + typeface.width_mm(label, small) / 2 + 0.3 * small
            ops.append(text_at(typeface, unit, beside, y - small * 0.75, size=small, colour=style.ink))
    ops.append(text_at(typeface, ratio, rect.right, y, size=big, colour=style.ink, is_bold=True, align=1.0))
    return ops, ScaleBar(x, 4 * part, 4 * step)


def imprint_lines(lines: Sequence[str], width_mm: float, size: float, typeface: Typeface) -> list[str]:
    """The imprint's lines, broken to a width."""
    return [part for line in lines for part in typeface.broken(line, width_mm, size)]


def imprint_height(lines: Sequence[str], width_mm: float, typeface: Typeface, growth: float) -> float:
    """Height of the imprint with the scale bar over it."""
    size = max(SMALLEST_TYPE_MM, 2.3 * growth)
    count = len(imprint_lines(lines, width_mm - 5 * growth, size, typeface))
    return 11.5 * growth + count * size * 1.5 + 2.5 * growth


def imprint_ops(
    rect: Rect,
    lines: Sequence[str],
    *,
    scale: int,
    style: Style,
    typeface: Typeface,
    growth: float,
    language: Language,
) -> tuple[list[Op], ScaleBar]:
    """Scale, who issued it, when, from what data, in which coordinates, and what borders do not mean."""
    size = max(SMALLEST_TYPE_MM, 2.3 * growth)
    head = Rect(rect.x + 2.5 * growth, rect.y, rect.width - 5 * growth, 11.5 * growth)
    ops, bar = scale_ops(head, scale, style=style, typeface=typeface, growth=growth, language=language)
    broken = imprint_lines(lines, rect.width - 5 * growth, size, typeface)
    pitch = (rect.bottom - head.bottom - 1.5 * growth) / max(len(broken), 1)
    pitch = min(pitch, size * 2.0)
    for index, line in enumerate(broken):
        y = head.bottom + (index + 0.5) * pitch
        ops.append(text_at(typeface, line, rect.x + 2.5 * growth, y, size=size, colour=style.ink))
    ops.append(box_op(rect, stroke=style.ink, width_mm=0.3))
    return ops, bar


def _overview_name(
    name: str, shape: BaseGeometry, is_own: bool, *, style: Style, typeface: Typeface, growth: float
) -> list[Op]:
    """An area's name in the overview; a neighbour's only where its area is wide enough."""
    size = max(SMALLEST_TYPE_MM, (2.6 if is_own else 2.2) * growth)
    low, _, high, _ = shapely.bounds(shape)
    if not is_own and typeface.width_mm(name, size) >= high - low:
        return []
    point = shapely.point_on_surface(shape)
    x, y = float(shapely.get_x(point)), float(shapely.get_y(point))
    ink = style.ink if is_own else style.ink_soft
    return [text_at(typeface, name, x, y, size=size, colour=ink, is_bold=is_own, align=0.5, halo=style.paper)]


def overview_ops(
    rect: Rect,
    areas: Sequence[tuple[str, BaseGeometry, bool]],
    *,
    title: str,
    style: Style,
    typeface: Typeface,
    growth: float,
) -> list[Op]:
    """Where the sheet's ground lies among its neighbours.

    Parameters
    ----------
    rect : Rect
    areas : sequence of (str, shapely geometry, bool)
        Name, shape in the metric plane, and whether it is the sheet's own.
    """
    bar = Rect(rect.x, rect.y, rect.width, 6.4 * growth)
    room = Rect(rect.x, bar.bottom, rect.width, rect.bottom - bar.bottom)
    x_min, y_min, x_max, y_max = shapely.total_bounds([shape for _, shape, _ in areas])
    fit = min((room.width - 4) / max(x_max - x_min, 1e-9), (room.height - 4) / max(y_max - y_min, 1e-9))
    mid_x, mid_y = (x_min + x_max) / 2, (y_min + y_max) / 2
    ops: list[Op] = [box_op(room, fill=style.surroundings)]
    labels: list[Op] = []
    for name, shape, is_own in sorted(areas, key=lambda each: each[2]):
        page = shapely.transform(
            shape,
            lambda xy: np.column_stack(
                [room.middle[0] + (xy[:, 0] - mid_x) * fit, room.middle[1] - (xy[:, 1] - mid_y) * fit]
            ),
        )
        simple = shapely.simplify(page, 0.1)
        for part in shapely.get_parts(simple):
            ring = shapely.get_coordinates(part.exterior)
            fill, line, width = (
                (style.accent_band, style.border, 0.5) if is_own else (style.paper, style.neighbour_line, 0.25)
            )
            ops.append(PolygonOp((ring,), fill, line, width))
        labels.extend(_overview_name(name, simple, is_own, style=style, typeface=typeface, growth=growth))
    return [
        *ops,
        *labels,
        *bar_ops(bar, title, style=style, typeface=typeface),
        box_op(rect, stroke=style.ink, width_mm=0.3),
    ]


def line_symbol(
    colour: str, width_mm: float, *, band: tuple[str, float] | None = None, dash_mm: tuple[float, ...] = ()
) -> Callable[[Rect], list[Op]]:
    """A legend symbol: a piece of line, over a wider band where there is one."""

    def draw(rect: Rect) -> list[Op]:
        y = rect.middle[1]
        points = np.array([[rect.x, y], [rect.right, y]])
        under: list[Op] = [LineOp(points, band[0], band[1], (), is_round=False)] if band else []
        return [*under, LineOp(points, colour, width_mm, dash_mm, is_round=False)]

    return draw
