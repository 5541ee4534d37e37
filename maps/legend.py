"""The legend: symbols of what is on the sheet, and of nothing else."""

from collections.abc import Callable

import shapely

from geo.errors import Language
from maps.compose import BORDER_MM, COMPOSITE_MM, OUTLINE_BAND_MM, OUTLINE_MM, border_dash, hatch_ops
from maps.display import Op, PolygonOp, Rect, box_op
from maps.furniture import LegendItem, line_symbol, text_at
from maps.lettering import Painted
from maps.scene import Scene
from maps.style import Style
from maps.typeface import SMALLEST_TYPE_MM, Typeface
from maps.wording import word

Symbol = Callable[[Rect], list[Op]]


def legend_items(
    scene: Scene, painted: Painted, *, style: Style, typeface: Typeface, language: Language, growth: float
) -> list[LegendItem]:
    """Only what is on the sheet."""
    shown = painted.shown

    def said(key: str) -> str:
        return word(f"legend_{key}", language)

    items = [
        LegendItem(line_symbol(style.border, OUTLINE_MM, band=(style.accent_band, OUTLINE_BAND_MM)), said("outline")),
    ]
    if "composite" in shown:
        items.append(LegendItem(line_symbol(style.composite, COMPOSITE_MM * painted.weight), said("composite")))
    items.append(
        LegendItem(
            line_symbol(style.border, BORDER_MM * painted.weight, dash_mm=border_dash(painted.weight)), said("grid")
        )
    )
    items.append(LegendItem(_fills(scene, style), said("fill")))
    items.append(LegendItem(_plate(scene.grids[0].short, style, typeface), said("plate")))
    if "dedicated" in shown:
        items.append(LegendItem(_hatched(style), said("dedicated")))
    if "building" in shown:
        number = next((label.text for label in painted.labels if label.kind == "building"), "")
        items.append(
            LegendItem(
                _boxed(number, style.building, style.building_line, style.ink, typeface),
                said("building" if number else "building_plain"),
            )
        )
    if "shop" in shown:
        number = next((label.text for label in painted.labels if label.kind == "shop"), "")
        items.append(LegendItem(_dot(number, style, typeface), said("shop" if number else "shop_plain")))
    if "street" in shown:
        items.append(LegendItem(_road(style, growth), said("street")))
    if "water" in shown:
        items.append(LegendItem(_boxed("", style.water, style.water_ink, style.ink, typeface), said("water")))
    if "compound" in shown:
        items.append(LegendItem(line_symbol(style.wall, 0.3, dash_mm=(0.7, 0.7)), said("compound")))
    if "wall" in shown:
        items.append(LegendItem(line_symbol(style.wall, 0.3, dash_mm=(1.6, 0.5)), said("wall")))
    if "neighbour" in shown:
        items.append(
            LegendItem(_boxed("", style.neighbour_fill, style.neighbour_line, style.ink, typeface), said("neighbour"))
        )
    return items


def _fills(scene: Scene, style: Style) -> Symbol:
    used = sorted({drawn.colour for drawn in scene.grids if drawn.grid.layer == "tile"})

    def draw(rect: Rect) -> list[Op]:
        width = rect.width / max(len(used), 1)
        return [
            box_op(
                Rect(rect.x + index * width, rect.y, width, rect.height),
                fill=style.fill(colour),
                stroke=style.table_line,
                width_mm=0.12,
            )
            for index, colour in enumerate(used)
        ]

    return draw


def _plate(code: str, style: Style, typeface: Typeface) -> Symbol:
    def draw(rect: Rect) -> list[Op]:
        size = typeface.fitted(code, rect.width - 1, max(SMALLEST_TYPE_MM, rect.height * 0.66), is_bold=True)
        x, y = rect.middle
        width = min(rect.width, typeface.width_mm(code, size, is_bold=True) + 0.8 * size)
        plate = Rect(x - width / 2, rect.y, width, rect.height)
        return [
            box_op(plate, fill=style.accent),
            text_at(typeface, code, x, y, size=size, colour=style.paper, is_bold=True, align=0.5),
        ]

    return draw


def _hatched(style: Style) -> Symbol:
    def draw(rect: Rect) -> list[Op]:
        return [
            box_op(rect, fill=style.fills[0]),
            *hatch_ops(rect.shape, style),
            box_op(rect, stroke=style.border, width_mm=BORDER_MM),
        ]

    return draw


def _boxed(text: str, fill: str, line: str, ink: str, typeface: Typeface) -> Symbol:
    def draw(rect: Rect) -> list[Op]:
        ops: list[Op] = [box_op(rect.inset(0.3), fill=fill, stroke=line, width_mm=0.16)]
        if text:
            size = typeface.fitted(text, rect.width - 1.2, max(SMALLEST_TYPE_MM, rect.height * 0.6), is_bold=True)
            ops.append(text_at(typeface, text, *rect.middle, size=size, colour=ink, is_bold=True, align=0.5))
        return ops

    return draw


def _dot(text: str, style: Style, typeface: Typeface) -> Symbol:
    def draw(rect: Rect) -> list[Op]:
        x, y = rect.middle
        circle = shapely.get_coordinates(shapely.Point(x - 1.2, y).buffer(rect.height * 0.16, quad_segs=4))
        ops: list[Op] = [PolygonOp((circle,), style.shop, style.paper, 0.15)]
        if text:
            ops.append(
                text_at(
                    typeface,
                    text,
                    x,
                    y,
                    size=max(SMALLEST_TYPE_MM, rect.height * 0.55),
                    colour=style.shop_ink,
                    is_bold=True,
                )
            )
        return ops

    return draw


def _road(style: Style, growth: float) -> Symbol:
    way = line_symbol(style.road, 1.5 * growth, band=(style.road_edge, 1.5 * growth + 0.4))

    def draw(rect: Rect) -> list[Op]:
        return [box_op(rect.inset(0.3), fill=style.neighbour_fill), *way(rect)]

    return draw
