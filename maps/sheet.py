"""One sheet: a snapshot and a specification in, a finished file and its report out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput
from boundaries.snapshot import Snapshot
from geo.errors import Language
from maps.compose import Painted, paint
from maps.content import grid_table, imprint, shop_table, totals_line, version_text
from maps.display import Page, Rect, TextOp
from maps.furniture import (
    ScaleBar,
    frame_ops,
    imprint_height,
    imprint_ops,
    legend_height,
    legend_ops,
    north_ops,
    north_rect,
    overview_ops,
    title_ops,
)
from maps.legend import legend_items
from maps.page import Layout, Orientation, layout
from maps.proof import SheetReport
from maps.roster import facts_by_grid, people_by_target
from maps.scene import Scene, build_scene
from maps.style import STYLES, Style, StyleName
from maps.table import Row, Table, fit_table, table_height, table_ops
from maps.typeface import SMALLEST_TYPE_MM, Typeface, load_typeface
from maps.wording import word
from maps.writer import DocumentInfo, Format, draw

_TABLE_MM = 2.9
_RUN_ON_MM = 2.2
_PAGE_TABLE_MM = 4.0
_PAGE_COLUMN_MM = 128.0
_OVERVIEW_MM = (38.0, 72.0)


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """What sheet is wanted.

    Attributes
    ----------
    date : date
        Printed as the day of making; people in charge are those of this day.
    area : str or None
        Code of the area that the sheet is about; None for everything.
    paper : str
        ``A4`` to ``A0``.
    generation : str or None
        Words for the version of the data; None takes them from the snapshot.
    show_unpublished_phones : bool
        Sheets are public: phones that nobody published stay off unless this says so.
    show_totals : bool
        Totals per grid and of the sheet.
    show_shops : bool
        Shops on the map, and their list on a page of its own.
    credit, review_number : str or None
        A line for the source of the data, and for the map review number.
    dpi : int
        Of a PNG.
    font_folder : Path or None
        Where to look for the typeface; None looks where systems keep it.
    """

    date: date
    area: str | None = None
    paper: str = "A3"
    orientation: Orientation = "landscape"
    file_format: Format = "pdf"
    style: StyleName = "colour"
    language: Language = "zh"
    title: str | None = None
    publisher: str | None = None
    generation: str | None = None
    credit: str | None = None
    review_number: str | None = None
    show_unpublished_phones: bool = False
    show_totals: bool = True
    show_shops: bool = True
    dpi: int = 150
    font_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class SheetResult:
    """A finished sheet: one PDF, or one PNG or SVG a page, with its report."""

    files: tuple[bytes, ...]
    report: SheetReport

    @property
    def data(self) -> bytes:
        """The first file: the whole PDF, or the first page."""
        return self.files[0]


@dataclass
class _Making:
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


def sheet(snapshot: Snapshot, spec: SheetSpec) -> SheetResult:
    """Make a sheet.

    Parameters
    ----------
    snapshot : Snapshot
    spec : SheetSpec

    Returns
    -------
    SheetResult

    Raises
    ------
    BadInput
        If the paper or the style is not known, there is no grid, or the ground fits at no scale.
    NotFound
        If the area is not there or holds no grid.
    Unavailable
        If the typeface or a drawing library is missing.
    """
    style = STYLES.get(spec.style)
    if style is None:
        raise BadInput(
            f"不认识样式“{spec.style}”。可用:{'、'.join(STYLES)}。",
            f'Style "{spec.style}" is not known. Use one of {", ".join(STYLES)}.',
        )
    paper = layout(spec.paper, spec.orientation)
    typeface = load_typeface(spec.font_folder)
    scene = build_scene(snapshot, area=spec.area, frame=paper.inner)
    name = scene.name or word("all_areas", spec.language)
    title = spec.title or word("sheet_title", spec.language, name)
    publisher = spec.publisher if spec.publisher is not None else scene.name
    first = Page(paper.width_mm, paper.height_mm)
    making = _Making(
        spec, snapshot, paper, style, typeface, scene, [first], title, publisher, _subtitle(spec, snapshot)
    )
    painted = paint(
        scene, style=style, typeface=typeface, growth=paper.growth, keep_free=[north_rect(paper)],
        show_shops=spec.show_shops,
    )  # fmt: skip
    bar = _lay_out(making, painted)
    info = DocumentInfo(title, publisher, f"{spec.date.isoformat()}T00:00:00")
    files = draw(making.pages, typeface, file_format=spec.file_format, info=info, dpi=spec.dpi)
    return SheetResult(files, _report(making, painted, bar))


def _subtitle(spec: SheetSpec, snapshot: Snapshot) -> str:
    """Who issues the sheet, where somebody is named, else what state of the division it shows."""
    if spec.publisher:
        return spec.publisher
    day = word("date_format", spec.language, spec.date.year, spec.date.month, spec.date.day)
    return " · ".join(filter(None, [version_text(spec.generation, snapshot, spec.language), day]))


def _lay_out(making: _Making, painted: Painted) -> ScaleBar:
    spec, paper, style, typeface = making.spec, making.layout, making.style, making.typeface
    facts = facts_by_grid(making.snapshot, [drawn.grid for drawn in making.scene.grids])
    table = grid_table(making.scene, facts, people_by_target(making.snapshot, day=spec.date), style=style,
        language=spec.language, show_totals=spec.show_totals, show_unpublished_phones=spec.show_unpublished_phones,
    )  # fmt: skip
    totals = totals_line(making.scene, facts, language=spec.language) if spec.show_totals else ""
    ops = making.pages[0].ops
    ops.extend(painted.ops)
    ops.extend(frame_ops(paper, style=style, typeface=typeface))
    ops.extend(title_ops(paper, making.title, making.subtitle, totals, style=style, typeface=typeface))
    ops.extend(north_ops(north_rect(paper), style=style, typeface=typeface, language=spec.language))
    left_over: Sequence[Row] = table.rows
    shops = shop_table(making.scene, language=spec.language) if spec.show_shops else None
    if paper.column is not None:
        left_over, bar = _fill_column(making, painted, table, paper.column)
    else:
        bar = _fill_foot(making, painted, paper.foot or paper.body)
    lists: list[tuple[Table, Sequence[Row], str]] = []
    if left_over:
        key = "table_more" if len(left_over) < len(table.rows) else "table"
        lists.append((table, left_over, word(key, spec.language)))
    if shops is not None:
        lists.append((shops, shops.rows, shops.title))
    _run_on(making, lists)
    _number_pages(making)
    return bar


def _imprint(making: _Making, pages: int) -> list[str]:
    spec = making.spec
    return imprint(
        making.scene, making.snapshot, publisher=making.publisher, day=spec.date, generation=spec.generation,
        credit=spec.credit, review_number=spec.review_number, pages=pages, language=spec.language,
    )  # fmt: skip


def _fill_column(making: _Making, painted: Painted, table: Table, column: Rect) -> tuple[Sequence[Row], ScaleBar]:
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
    title = table.title + (f"({word('continued', spec.language, 2)})" if rest else "")
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


def _fill_foot(making: _Making, painted: Painted, foot: Rect) -> ScaleBar:
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


def _overview_areas(making: _Making) -> list[tuple[str, shapely.Geometry, bool]]:
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


def _run_on(making: _Making, lists: Sequence[tuple[Table, Sequence[Row], str]]) -> None:
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
            share = rest[: -(-len(rest) // max(need, 1))]
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


def _add_page(making: _Making) -> None:
    page = Page(making.layout.width_mm, making.layout.height_mm)
    page.ops.extend(
        title_ops(making.layout, making.title, making.subtitle, "", style=making.style, typeface=making.typeface)
    )
    making.pages.append(page)


def _columns_needed(
    making: _Making, table: Table, rows: Sequence[Row], *, width: float, height: float, size: float
) -> int:
    rest, need = list(rows), 0
    while rest:
        fit = fit_table(table, rest, width_mm=width, height_mm=height, largest_mm=size, typeface=making.typeface,
                        run_on_mm=size, may_shrink=False)  # fmt: skip
        rest = rest[max(fit.count, 1) :]
        need += 1
    return need


def _common_size(
    making: _Making, lists: Sequence[tuple[Table, Sequence[Row], str]], columns: int, width: float, height: float
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


def _number_pages(making: _Making) -> None:
    """A page number at the foot of every page, where there is more than one."""
    if len(making.pages) < 2:
        return
    size = max(SMALLEST_TYPE_MM, 2.2 * making.layout.growth)
    for index, page in enumerate(making.pages, start=1):
        text = word("page", making.spec.language, index, len(making.pages))
        width = making.typeface.width_mm(text, size)
        x = making.layout.body.right - width
        page.ops.append(TextOp(x, page.height_mm - 3.6, text, size, making.style.ink_soft))


def _report(making: _Making, painted: Painted, bar: ScaleBar) -> SheetReport:
    texts = [op for page in making.pages for op in page.ops if isinstance(op, TextOp)]
    missing = sorted(set().union(*(making.typeface.missing(op.text) for op in texts)))
    scene = making.scene
    return SheetReport(
        title=making.title,
        paper=making.spec.paper.upper(),
        pages=len(making.pages),
        scale=scene.scale,
        scale_measured=_measured_scale(making),
        bar_mm=bar.length_mm,
        bar_ground_m=bar.ground_m,
        grids=len(scene.grids),
        named=tuple(painted.named),
        code_only=tuple(painted.code_only),
        led=tuple(painted.led),
        missing=tuple(painted.missing),
        dropped=dict(painted.dropped),
        missing_characters=tuple(missing),
        smallest_type_mm=min(op.size_mm for op in texts),
        colours=len({drawn.colour for drawn in scene.grids if drawn.grid.layer == "tile"}),
        fonts=(making.typeface.regular.postscript_name, making.typeface.bold.postscript_name),
        labels=tuple(painted.labels),
    )


def _measured_scale(making: _Making) -> float:
    """Ground length of the outline's diagonal over its length on the page."""
    page = shapely.bounds(making.scene.outline)
    shapes: list[BaseGeometry] = [drawn.grid.polygon for drawn in making.scene.grids]
    if making.spec.area is not None:
        shapes = [making.snapshot.area_by_code[making.spec.area].polygon]
    elif making.snapshot.parents:
        shapes = [area.polygon for area in making.snapshot.parents]
    ground = shapely.total_bounds(making.snapshot.metric.to_plane(np.array(shapes, dtype=object)))
    on_paper = float(np.hypot(page[2] - page[0], page[3] - page[1]))
    return float(np.hypot(ground[2] - ground[0], ground[3] - ground[1])) * 1000 / on_paper
