"""``print``: sheets for the wall and the binder, and the web map, from the database or from files."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from api.cli import context
from api.cli.context import (
    AreaCode,
    AsName,
    CodeColumn,
    Crs,
    DraftNumber,
    Encoding,
    GenerationNumber,
    OnDay,
    OutputFormat,
    ParentColumn,
)
from api.cli.output import emit, note
from api.cli.rules import make_rules
from api.cli.sources import (
    BuildingsFile,
    CompoundsFile,
    Files,
    GridsFile,
    ParentsFile,
    PeopleFile,
    ShopsFile,
    State,
    StreetsFile,
    read_snapshot,
)
from api.cli.taken import record_taken
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.snapshot import Snapshot
    from geo.errors import Language
    from maps.proof import SheetReport
    from maps.sheet import SheetResult

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)

WaterFile = Annotated[Path | None, typer.Option("--water", metavar="FILE", help="水域文件 / file of water")]
WallsFile = Annotated[Path | None, typer.Option("--walls", metavar="FILE", help="围墙文件 / file of walls")]
OutRequired = Annotated[Path, typer.Option("--out", metavar="FILE", help="写入的文件 / file to write")]
LanguageName = Annotated[
    str | None, typer.Option("--lang", metavar="zh|en", help="图上文字的语言 / language of the sheet")
]
Title = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="图名 / title")]
AllPhones = Annotated[
    bool, typer.Option("--all-phones", help="连同未公开的电话,仅限内部使用 / unpublished phones too; internal use only")
]
_FORMATS = {".pdf": "pdf", ".png": "png", ".svg": "svg"}
_NAMED_AT_MOST = 20


@app.command("sheet", help="打印一个区域的网格图 / print the sheet of an area")
def print_sheet(
    *,
    out: OutRequired,
    area: AreaCode = None,
    generation: GenerationNumber = None,
    on: OnDay = None,
    draft: DraftNumber = None,
    grids: GridsFile = None,
    parents: ParentsFile = None,
    buildings: BuildingsFile = None,
    compounds: CompoundsFile = None,
    shops: ShopsFile = None,
    streets: StreetsFile = None,
    water: WaterFile = None,
    walls: WallsFile = None,
    people: PeopleFile = None,
    crs: Crs = None,
    code_column: CodeColumn = None,
    parent_column: ParentColumn = None,
    encoding: Encoding = None,
    paper: Annotated[str, typer.Option("--paper", metavar="A4..A0", help="纸张 / paper")] = "A3",
    orientation: Annotated[
        str, typer.Option("--orientation", metavar="landscape|portrait", help="横排或竖排 / way of the paper")
    ] = "landscape",
    style: Annotated[str, typer.Option("--style", metavar="colour|bw", help="彩色或黑白 / colour or black")] = "colour",
    lang: LanguageName = None,
    title: Title = None,
    publisher: Annotated[
        str | None, typer.Option("--publisher", metavar="TEXT", help="编制单位 / who issues the sheet")
    ] = None,
    credit: Annotated[
        str | None, typer.Option("--credit", metavar="TEXT", help="数据来源说明 / line for the source of the data")
    ] = None,
    review_number: Annotated[
        str | None, typer.Option("--review-number", metavar="TEXT", help="审图号 / map review number")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="DAY", help="制图日期,默认今天 / date (default: today)"),
    ] = None,
    dpi: Annotated[int, typer.Option("--dpi", min=50, max=600, help="PNG 的分辨率 / of a PNG")] = 150,
    all_phones: AllPhones = False,
    no_totals: Annotated[bool, typer.Option("--no-totals", help="不印楼栋数和户数 / no counts")] = False,
    no_shops: Annotated[bool, typer.Option("--no-shops", help="不印商铺 / no shops")] = False,
    proof: Annotated[
        Path | None,
        typer.Option("--proof", metavar="FILE", help="比例尺与注记的证明(JSON) / report on scale and labels"),
    ] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> int:
    """Print a sheet.

    Returns
    -------
    int
        1 where a grid has no label on the map or a character has no glyph, else 0.

    Raises
    ------
    BadInput
        If the file's suffix, the paper, the style or the language is not known.
    """
    from maps.sheet import SheetSpec, sheet

    actor = context.actor(as_)
    file_format = _FORMATS.get(out.suffix.lower())
    if file_format is None:
        raise BadInput(
            f"不认识文件后缀“{out.suffix}”。请用 .pdf、.png 或 .svg。",
            f'The suffix "{out.suffix}" is not known. Use .pdf, .png or .svg.',
        )
    files = Files(
        grids, parents, buildings, compounds, shops, streets, people, crs, code_column, parent_column, encoding,
        water, walls,
    )  # fmt: skip
    snapshot = _with_neighbours(files, State(draft, generation, area, on.date() if on else None))
    spec = SheetSpec(
        date=(day or on or context.now_here()).date(), area=area, paper=paper,
        orientation=_choice("orientation", orientation, ("landscape", "portrait")),  # type: ignore[arg-type]
        file_format=file_format, style=style, language=_language(lang), title=title,  # type: ignore[arg-type]
        publisher=publisher, credit=credit, review_number=review_number, show_unpublished_phones=all_phones,
        show_totals=not no_totals, show_shops=not no_shops, dpi=dpi,
    )  # fmt: skip
    made = sheet(snapshot, spec)
    if all_phones:
        _record(files, subject="sheet" if area is None else f"sheet:{area}", file=out, actor=actor)
    paths = _save(made, out, proof)
    _tell(made.report, spec.language)
    emit(_summary(made.report, paths), format=format, label=context.label)
    return int(not made.report.is_complete)


@app.command("web", help="生成一个可离线打开的网页地图 / write the web map, one file that works offline")
def print_web(
    *,
    out: OutRequired,
    area: AreaCode = None,
    generation: GenerationNumber = None,
    on: OnDay = None,
    draft: DraftNumber = None,
    grids: GridsFile = None,
    parents: ParentsFile = None,
    buildings: BuildingsFile = None,
    compounds: CompoundsFile = None,
    shops: ShopsFile = None,
    streets: StreetsFile = None,
    water: WaterFile = None,
    walls: WallsFile = None,
    people: PeopleFile = None,
    crs: Crs = None,
    code_column: CodeColumn = None,
    parent_column: ParentColumn = None,
    encoding: Encoding = None,
    lang: LanguageName = None,
    title: Title = None,
    all_phones: AllPhones = False,
    no_findings: Annotated[bool, typer.Option("--no-findings", help="不检查,不显示问题 / without checks")] = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Write the web map, with the findings of the checks as layers.

    Raises
    ------
    BadInput
        If the file is no ``.html``, or the language is not known.
    """
    from boundaries.checks import run
    from maps.web import web_map

    actor = context.actor(as_)
    if out.suffix.lower() not in (".html", ".htm"):
        raise BadInput(
            f"网页地图的文件应以 .html 结尾,不是“{out.suffix}”。",
            f'The file of a web map ends in .html, not "{out.suffix}".',
        )
    files = Files(
        grids, parents, buildings, compounds, shops, streets, people, crs, code_column, parent_column, encoding,
        water, walls,
    )  # fmt: skip
    snapshot = read_snapshot(files, State(draft, generation, area, on.date() if on else None))
    findings = () if no_findings else run(snapshot, make_rules())
    text = web_map(
        snapshot, findings, day=(on or context.now_here()).date(), language=_language(lang), title=title,
        show_unpublished_phones=all_phones,
    )  # fmt: skip
    if all_phones:
        _record(files, subject="web" if area is None else f"web:{area}", file=out, actor=actor)
    _write(out, text.encode())
    emit({"file": str(out), "grids": len(snapshot.grids), "findings": len(findings), "bytes": len(text.encode())},
         format=format, label=context.label)  # fmt: skip


def _with_neighbours(files: Files, state: State) -> "Snapshot":
    """The plan of an area with the areas beside it: everything under its parent."""
    # An area of a file is cut out by the sheet itself.
    snapshot = read_snapshot(files, replace(state, area=None) if files.named else state)
    if files.named or state.area is None:
        return snapshot
    above = snapshot.ancestors(state.area)
    return snapshot if len(above) < 2 else read_snapshot(files, replace(state, area=above[1].code))


def _record(files: Files, *, subject: str, file: Path, actor: str) -> None:
    """Who took unpublished phones out of the database is on record, before they are out."""
    if not files.named:
        record_taken(context.engine(), way="print", subject=subject, file=file.name, actor=actor)


def _save(made: "SheetResult", out: Path, proof: Path | None) -> list[Path]:
    """Write a sheet, a picture a page, and its report; gives the files of the sheet."""
    paths = [out, *(out.with_stem(f"{out.stem}-{page}") for page in range(2, len(made.files) + 1))]
    for path, data in zip(paths, made.files, strict=True):
        _write(path, data)
    if proof is not None:
        text = orjson.dumps(made.report.to_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        _write(proof, text)
    return paths


def _language(lang: str | None) -> "Language":
    return context.language() if lang is None else _choice("lang", lang, ("zh", "en"))  # type: ignore[return-value]


def _choice(option: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise BadInput(
            f"--{option} 不认识“{given}”。可用:{'、'.join(known)}。",
            f'--{option} does not know "{given}". Use one of {", ".join(known)}.',
        )
    return given


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place only when it is whole."""
    from boundaries.exchange.placing import write_whole

    def fill(place: Path) -> None:
        place.write_bytes(data)

    write_whole(path, fill)


def _summary(report: "SheetReport", paths: list[Path]) -> dict[str, object]:
    return {
        "file": str(paths[0]) if len(paths) == 1 else [str(path) for path in paths],
        "title": report.title,
        "paper": report.paper,
        "pages": report.pages,
        "scale": f"1:{report.scale}",
        "scale_error": report.scale_error,
        "grids": report.grids,
        "named": len(report.named),
        "code_only": len(report.code_only),
        "led": len(report.led),
        "missing": len(report.missing),
        "missing_characters": "".join(report.missing_characters),
        "smallest_type_mm": report.smallest_type_mm,
    }


def _tell(report: "SheetReport", language: "Language") -> None:
    """Say on stderr what found no room, and how to give it some."""
    is_zh = language == "zh"
    for subjects, zh, en in (
        (report.missing, "图上放不下编号的网格(见列表)", "Grids whose number found no room (see the list)"),
        (report.code_only, "图上只有编号的网格(名称见列表)", "Grids with only their number (names in the list)"),
        (report.led, "编号引出图外的网格", "Grids whose number stands outside, with a line"),
        (report.missing_characters, "字体中没有的字,印作〓", "Characters that the typeface lacks, printed as 〓"),
    ):
        if subjects:
            more = "…" if len(subjects) > _NAMED_AT_MOST else ""
            named = (" " if not is_zh else "、").join(subjects[:_NAMED_AT_MOST]) + more
            note(f"{zh if is_zh else en} ({len(subjects)}): {named}")
    if report.missing or report.code_only:
        note("换大一号纸张(--paper)可放下更多注记。" if is_zh else "A larger --paper gives them room.")
