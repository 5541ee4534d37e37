"""What stands beside and after the map: the column or the foot of the first page, and pages of tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from boundaries.snapshot import Snapshot
from maps.content import imprint
from maps.display import Page, Rect, TextOp
from maps.furniture import (
    ScaleBar,
    imprint_height,
    imprint_ops,
    legend_height,
    legend_ops,
    overview_ops,
    title_ops,
)
from maps.legend import legend_items
from maps.lettering import Painted
from maps.page import Layout
from maps.scene import Scene
from maps.spec import SheetSpec
from maps.style import Style
from maps.table import Row, Table, fit_table, table_height, table_ops, without_orphans
from maps.typeface import SMALLEST_TYPE_MM, Typeface
from maps.wording import word

_TABLE_MM = 2.9
_RUN_ON_MM = 2.2
_PAGE_TABLE_MM = 4.0
_PAGE_COLUMN_MM = 128.0
_OVERVIEW_MM = (38.0, 72.0)


@dataclass
class Making:
    """A sheet being laid out."""

    spec: SheetSpec
    snapshot: Snapshot
    layout: Layout
    style: Style
    typeface: Typeface
    scene: Scene
    pages: list[Page]
    title: str
    publisher: str
    subtitle: str


def _imprint(making: Making, pages: int) -> list[str]:
    spec = making.spec
    return imprint(
        making.scene, making.snapshot, publisher=making.publisher, day=spec.date, generation=spec.generation,
        credit=spec.credit, review_number=spec.review_number, pages=pages, language=spec.language,
    )  # fmt: skip


def fill_column(making: Making, painted: Painted, table: Table, column: Rect) -> tuple[Sequence[Row], ScaleBar]:
    """Table, legend, overview, imprint; gives the rows that found no room."""
    spec, style, typeface, growth = making.spec, making.style, making.typeface, making.layout.growth
    gap = 3.0 * growth
    lines = _imprint(making, 1)
    items = legend_items(making.scene, painted, style=style, typeface=typeface, language=spec.language, growth=growth)
    low = legend_height(items, 2, growth) + imprint_height(lines, column.width, typeface, growth) + 2 * gap
    areas = _overview_areas(making)
    least = (_OVERVIEW_MM[0] * growth + gap) if areas else 0.0
    fit = None
    for reserve in (least, 0.0):
        fit = fit_table(
            table, table.rows, width_mm=column.width, height_mm=column.height - low - reserve,
            largest_mm=_TABLE_MM * growth, typeface=typeface, run_on_mm=max(_RUN_ON_MM * growth, SMALLEST_TYPE_MM),
        )  # fmt: skip
        if fit.count == len(table.rows):
            break
        areas = []
    assert fit is not None  # noqa: S101
    top = Rect(column.x, column.y, column.width, table_height(fit))
    rest = table.rows[fit.count :]
    title = table.title + (word("continued", spec.language, 2) if rest else "")
    ops = making.pages[0].ops
    ops.extend(table_ops(table, table.rows, fit, top, style=style, typeface=typeface, title=title))
    y = top.bottom + gap
    spare = column.bottom - y - low + gap
    legend = Rect(column.x, y, column.width, legend_height(items, 2, growth))
    if areas:
        overview_mm = min(spare - gap, _OVERVIEW_MM[1] * growth)
        spare -= overview_mm + gap
    legend = Rect(column.x, y, column.width, legend.height + min(max(spare * 0.4, 0), legend.height * 0.35))
    ops.extend(
        legend_ops(legend, items, columns=2, title=word("legend", spec.language), style=style, typeface=typeface,
                   growth=growth)
    )  # fmt: skip
    y = legend.bottom + gap
    if areas:
        overview = Rect(column.x, y, column.width, overview_mm)
        ops.extend(overview_ops(overview, areas, title=word("overview", spec.language), style=style,
                                typeface=typeface, growth=growth))  # fmt: skip
        y = overview.bottom + gap
    box = Rect(column.x, y, column.width, column.bottom - y)
    drawn, bar = imprint_ops(box, lines, scale=making.scene.scale, style=style, typeface=typeface, growth=growth,
                             language=spec.language)  # fmt: skip
    ops.extend(drawn)
    return rest, bar


def fill_foot(making: Making, painted: Painted, foot: Rect) -> ScaleBar:
    """Legend and imprint side by side; the table has the next page."""
    spec, style, typeface, growth = making.spec, making.style, making.typeface, making.layout.growth
    items = legend_items(making.scene, painted, style=style, typeface=typeface, language=spec.language, growth=growth)
    imprint_width = min(foot.width * 0.45, 112 * growth)
    legend = Rect(foot.x, foot.y, foot.width - imprint_width - 3 * growth, foot.height)
    columns = max(1, round(legend.width / (46 * growth)))
    ops = making.pages[0].ops
    ops.extend(
        legend_ops(legend, items, columns=columns, title=word("legend", spec.language), style=style,
                   typeface=typeface, growth=growth)
    )  # fmt: skip
    box = Rect(legend.right + 3 * growth, foot.y, imprint_width, foot.height)
    drawn, bar = imprint_ops(box, _imprint(making, 1), scale=making.scene.scale, style=style, typeface=typeface,
                             growth=growth, language=spec.language)  # fmt: skip
    ops.extend(drawn)
    return bar


def _overview_areas(making: Making) -> list[tuple[str, BaseGeometry, bool]]:
    """Areas of the sheet's own level in the metric plane, where there is more than one."""
    code = making.spec.area
    if code is None:
        return []
    level = making.snapshot.area_by_code[code].level
    areas = [area for area in making.snapshot.areas if area.level == level]
    if len(areas) < 2:
        return []
    shapes = making.snapshot.metric.to_plane(np.array([area.polygon for area in areas], dtype=object))
    return [(area.name, shape, area.code == code) for area, shape in zip(areas, shapes, strict=True)]


def run_on(making: Making, lists: Sequence[tuple[Table, Sequence[Row], str]]) -> None:
    """Set what is left of the tables on pages of columns, each list evenly over its own columns."""
    growth = making.layout.growth
    body = making.layout.body
    gap = 5 * growth
    columns = max(1, int((body.width + gap) // (_PAGE_COLUMN_MM * growth)))
    width = (body.width - gap * (columns - 1)) / columns
    height = body.height - 4 * growth
    size = _common_size(making, lists, columns, width, height)
    at = columns
    for table, rows, title in lists:
        rest = list(rows)
        need = _columns_needed(making, table, rest, width=width, height=height, size=size)
        while rest:
            if at >= columns:
                _add_page(making)
                at = 0
            share = rest[: without_orphans(rest, -(-len(rest) // max(need, 1)))]
            fit = fit_table(
                table, share, width_mm=width, height_mm=height, largest_mm=size, typeface=making.typeface,
                run_on_mm=size,
            )  # fmt: skip
            rect = Rect(body.x + at * (width + gap), body.y, width, table_height(fit))
            making.pages[-1].ops.extend(
                table_ops(table, share, fit, rect, style=making.style, typeface=making.typeface, title=title)
            )
            rest = rest[max(fit.count, 1) :]
            need, at = need - 1, at + 1


def _add_page(making: Making) -> None:
    page = Page(making.layout.width_mm, making.layout.height_mm)
    page.ops.extend(
        title_ops(making.layout, making.title, making.subtitle, "", style=making.style, typeface=making.typeface)
    )
    making.pages.append(page)


def _columns_needed(
    making: Making, table: Table, rows: Sequence[Row], *, width: float, height: float, size: float
) -> int:
    rest, need = list(rows), 0
    while rest:
        fit = fit_table(table, rest, width_mm=width, height_mm=height, largest_mm=size, typeface=making.typeface,
                        run_on_mm=size, may_shrink=False)  # fmt: skip
        rest = rest[max(fit.count, 1) :]
        need += 1
    return need


def _common_size(
    making: Making, lists: Sequence[tuple[Table, Sequence[Row], str]], columns: int, width: float, height: float
) -> float:
    """The largest type at which everything stands on one page, else the size to run on with."""
    growth = making.layout.growth
    least = max(_RUN_ON_MM * growth, SMALLEST_TYPE_MM)
    size = _PAGE_TABLE_MM * growth
    while size > least:
        if (
            sum(_columns_needed(making, t, rows, width=width, height=height, size=size) for t, rows, _ in lists)
            <= columns
        ):
            return size
        size -= 0.2
    return least


def number_pages(making: Making) -> None:
    """A page number at the foot of every page, where there is more than one."""
    if len(making.pages) < 2:
        return
    size = max(SMALLEST_TYPE_MM, 2.2 * making.layout.growth)
    for index, page in enumerate(making.pages, start=1):
        text = word("page", making.spec.language, index, len(making.pages))
        width = making.typeface.width_mm(text, size)
        x = making.layout.body.right - width
        page.ops.append(TextOp(x, page.height_mm - 3.6, text, size, making.style.ink_soft))
