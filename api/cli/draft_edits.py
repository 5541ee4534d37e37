"""``draft``: edit by commands."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.context import AsName, OutputFormat
from api.cli.draft_edited import edit_draft
from api.cli.draft_shown import Number
from api.cli.drawn_lines import DrawnCrs, LineFile, LineText, ShapeFile, lines_of, place_of, polygon_of
from boundaries.errors import BadInput

app = typer.Typer(add_completion=False)

DryRun = Annotated[bool, typer.Option("--dry-run", help="只看结果,不写入 / say what would come of it")]
GridCode = Annotated[str, typer.Argument(metavar="GRID", help="网格编码 / code of the micro-grid")]
NewCode = Annotated[str | None, typer.Option("--code", metavar="CODE", help="新网格的编码 / code of the new grid")]
NewName = Annotated[str | None, typer.Option("--name", metavar="NAME", help="新网格的名称 / name of the new grid")]
KindCode = Annotated[str, typer.Option("--kind", metavar="KIND", help="新网格的类型 / kind of the new grid")]
AreaOf = Annotated[str, typer.Option("--area", metavar="CODE", help="所属区域编码 / code of the area")]


@app.command("apply", help="执行文件中的一组操作 / edit by the commands in a file")
def apply_(
    number: Number,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON:操作的列表,格式同 HTTP / a list of commands as over HTTP")
    ],
    *,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="幂等键,重发不重做 / sent again it changes nothing")
    ] = None,
    dry_run: DryRun = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Edit a draft by a file of commands, all of them or none."""
    try:
        asked = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{file.name} 不能读取,或不是 JSON。请核对文件。", f"{file.name} cannot be read, or is no JSON. Check it."
        ) from error
    commands = asked.get("commands", ()) if isinstance(asked, dict) else asked
    if not isinstance(commands, list):
        raise BadInput(f"{file.name} 须是操作的列表。", f"{file.name} must hold a list of commands.")
    edit_draft(number, commands, as_=as_, format=format, key=key, dry_run=dry_run)


@app.command("split", help="分割网格 / cut a grid by a line")
def split(
    number: Number,
    grid: GridCode,
    *,
    line: LineText = None,
    line_file: LineFile = None,
    crs: DrawnCrs = None,
    code: NewCode = None,
    name: NewName = None,
    dry_run: DryRun = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Cut a grid; the largest piece keeps its code."""
    new = [_without_none({"code": code, "name": name})] if code or name else []
    asked = {"do": "split", "grid": grid, "lines": lines_of(line, line_file, crs=crs), "new": new}
    edit_draft(number, [asked], as_=as_, format=format, dry_run=dry_run)


@app.command("merge", help="合并网格 / make one grid of several")
def merge(
    number: Number,
    grids: Annotated[list[str], typer.Argument(metavar="GRID…", help="网格编码 / codes of the grids")],
    *,
    keep: Annotated[str | None, typer.Option("--keep", metavar="CODE", help="保留的编码 / the code that stays")] = None,
    dry_run: DryRun = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Make one grid of several; by default that with most households keeps its code."""
    asked = _without_none({"do": "merge", "grids": grids, "keep": keep})
    edit_draft(number, [asked], as_=as_, format=format, dry_run=dry_run)


@app.command("border", help="移动两格之间的边界 / let a border run along a new line")
def border(
    number: Number,
    one: GridCode,
    other: GridCode,
    *,
    areas: Annotated[bool, typer.Option("--areas", help="两个区域之间的边界 / the codes are of areas")] = False,
    line: LineText = None,
    line_file: LineFile = None,
    crs: DrawnCrs = None,
    dry_run: DryRun = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Let the border between two grids, or two areas, run along a new line."""
    drawn = lines_of(line, line_file, crs=crs)
    if len(drawn) != 1:
        raise BadInput("新边界须是一条线。", "The new border must be one line.")
    do = "move_area_border" if areas else "move_border"
    edit_draft(
        number, [{"do": do, "one": one, "other": other, "line": drawn[0]}], as_=as_, format=format, dry_run=dry_run
    )


@app.command("carve", help="划出专属网格 / carve a dedicated grid out of an area")
def carve(
    number: Number,
    area: AreaOf,
    *,
    shape_file: ShapeFile = None,
    line: LineText = None,
    line_file: LineFile = None,
    left_m: Annotated[float, typer.Option("--left-m", metavar="M", min=0, help="线左侧宽度 / width on the left")] = 0,
    right_m: Annotated[float, typer.Option("--right-m", metavar="M", min=0, help="线右侧宽度 / on the right")] = 0,
    crs: DrawnCrs = None,
    code: NewCode = None,
    name: NewName = None,
    kind: KindCode = "street_front",
    overlay: Annotated[bool, typer.Option("--overlay", help="叠加,不挖 / lay it over the grids")] = False,
    dry_run: DryRun = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Carve a polygon, or a strip along a line, out of the grids of an area."""
    asked: dict[str, Any] = {
        "area": area,
        "new": _without_none({"code": code, "name": name, "kind": kind}),
        "layer": "overlay" if overlay else "tile",
    }
    if shape_file is not None:
        asked |= {"do": "carve", "shape": polygon_of(shape_file, crs=crs)}
    else:
        drawn = lines_of(line, line_file, crs=crs)
        if len(drawn) != 1:
            raise BadInput("条带须沿一条线。", "A strip follows one line.")
        asked |= {"do": "carve_strip", "line": drawn[0], "left_m": left_m, "right_m": right_m}
    edit_draft(number, [asked], as_=as_, format=format, dry_run=dry_run)


@app.command("give", help="把空白、楼栋或小区划给网格 / give a gap, a building or a compound to a grid")
def give(
    number: Number,
    grid: GridCode,
    *,
    gap_at: Annotated[
        str | None, typer.Option("--gap-at", metavar="X,Y", help="空白中的一点 / a place in the gap")
    ] = None,
    building: Annotated[str | None, typer.Option("--building", metavar="CODE", help="楼栋编码 / its code")] = None,
    compound: Annotated[str | None, typer.Option("--compound", metavar="CODE", help="小区编码 / its code")] = None,
    shape_file: ShapeFile = None,
    crs: DrawnCrs = None,
    dry_run: DryRun = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Give a gap, a building, a compound or the ground in a polygon to a grid."""
    if sum(one is not None for one in (gap_at, building, compound, shape_file)) != 1:
        raise BadInput(
            "请给出 --gap-at、--building、--compound、--shape-file 之一。",
            "Give one of --gap-at, --building, --compound and --shape-file.",
        )
    if gap_at is not None:
        asked: dict[str, Any] = {"do": "give_gap", "to": grid, "at": place_of(gap_at, crs=crs)}
    elif building is not None:
        asked = {"do": "give_building", "to": grid, "building": building}
    elif compound is not None:
        asked = {"do": "give_compound", "to": grid, "compound": compound}
    else:
        asked = {"do": "give_ground", "to": grid, "shape": polygon_of(shape_file, crs=crs)}
    edit_draft(number, [asked], as_=as_, format=format, dry_run=dry_run)


@app.command("rename", help="改名 / give a grid another name")
def rename(
    number: Number,
    grid: GridCode,
    name: Annotated[str, typer.Argument(metavar="NAME", help="名称 / its name")],
    *,
    honorary: Annotated[
        str | None, typer.Option("--honorary", metavar="NAME", help="荣誉名称 / a name that stands beside it")
    ] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Give a grid another name."""
    asked = _without_none({"do": "rename", "grid": grid, "name": name, "honorary_name": honorary})
    edit_draft(number, [asked], as_=as_, format=format)


@app.command("kind", help="改类型 / let a grid be of another kind")
def kind_(
    number: Number,
    grid: GridCode,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="类型 / the kind")],
    *,
    street_group: Annotated[
        str | None, typer.Option("--street-group", metavar="NAME", help="街道组 / its street group")
    ] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Let a grid be of another kind."""
    asked = _without_none({"do": "change_kind", "grid": grid, "kind": kind, "street_group": street_group})
    edit_draft(number, [asked], as_=as_, format=format)


@app.command("renumber", help="重新编号 / give grids new codes")
def renumber(
    number: Number,
    codes: Annotated[list[str], typer.Argument(metavar="OLD=NEW…", help="旧编码=新编码 / old code = new code")],
    *,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Give grids new codes; the old ones are never used again."""
    pairs = [text.partition("=") for text in codes]
    if not all(old and new for old, _, new in pairs):
        raise BadInput("请写成 旧编码=新编码。", "Write OLD=NEW.")
    edit_draft(number, [{"do": "renumber", "codes": {old: new for old, _, new in pairs}}], as_=as_, format=format)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
