"""One sheet: a snapshot and a specification in, a finished file and its report out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput
from boundaries.snapshot import Snapshot
from maps.compose import paint
from maps.content import grid_table, shop_table, totals_line, version_text
from maps.display import Page, TextOp
from maps.furniture import (
    ScaleBar,
    frame_ops,
    north_ops,
    north_rect,
    title_ops,
)
from maps.lettering import Painted
from maps.page import layout
from maps.panels import Making, fill_column, fill_foot, number_pages, run_on
from maps.proof import SheetReport
from maps.roster import facts_by_grid, people_by_target
from maps.scene import build_scene
from maps.spec import SheetSpec
from maps.style import STYLES
from maps.table import Row, Table
from maps.typeface import load_typeface
from maps.wording import word
from maps.writer import DocumentInfo, draw

__all__ = ["SheetResult", "SheetSpec", "sheet"]


@dataclass(frozen=True, slots=True)
class SheetResult:
    """A finished sheet: one PDF, or one PNG or SVG a page, with its report."""

    files: tuple[bytes, ...]
    report: SheetReport

    @property
    def data(self) -> bytes:
        """The first file: the whole PDF, or the first page."""
        return self.files[0]


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
    making = Making(spec, snapshot, paper, style, typeface, scene, [first], title, publisher, _subtitle(spec, snapshot))
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


def _lay_out(making: Making, painted: Painted) -> ScaleBar:
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
        left_over, bar = fill_column(making, painted, table, paper.column)
    else:
        bar = fill_foot(making, painted, paper.foot or paper.body)
    lists: list[tuple[Table, Sequence[Row], str]] = []
    if left_over:
        key = "table_more" if len(left_over) < len(table.rows) else "table"
        lists.append((table, left_over, word(key, spec.language)))
    if shops is not None:
        lists.append((shops, shops.rows, shops.title))
    run_on(making, lists)
    number_pages(making)
    return bar


def _report(making: Making, painted: Painted, bar: ScaleBar) -> SheetReport:
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


def _measured_scale(making: Making) -> float:
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
