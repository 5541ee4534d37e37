"""``load``: office files into the database, all rows or none, as an update by key."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import context
from api.cli.context import AsName, ColumnNames, Crs, DraftNumber, Encoding, OutputFormat
from api.cli.output import note, progress, table, write_json
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.exchange.headers import Synonyms
    from boundaries.exchange.tables import Table
    from boundaries.services.intake import LoadPlan, LoadReport, Missing

# What people may call a layer besides its name.
_ALIASES = {"water": "waters", "parents": "areas", "wall": "walls"}
_SHOWN = 20
_HEADER_FILES = ("headers.toml", "headers.json")


Layer = Annotated[
    str,
    typer.Argument(metavar="LAYER", help="areas grids parts buildings compounds shops streets water walls people"),
]
Paths = Annotated[list[Path], typer.Argument(metavar="FILE…", help="要导入的文件 / files to load")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只显示会怎样,不写入 / show what would happen, write nothing")]
KeepOrClose = Annotated[
    str, typer.Option("--missing", metavar="keep|close", help="文件里没有的:保留或关闭 / keep or close missing ones")
]
Department = Annotated[
    str | None, typer.Option("--department", metavar="TEXT", help="数据来源部门 / department that keeps the data")
]
LevelName = Annotated[
    str | None,
    typer.Option("--level", metavar="LEVEL", help="区域层级,如 社区 / level of areas, such as community"),
]
LayerName = Annotated[
    str | None, typer.Option("--layer-name", metavar="NAME", help="文件中的图层或工作表 / layer or sheet in the file")
]


def load(
    layer: Layer,
    files: Paths,
    *,
    crs: Crs = None,
    encoding: Encoding = None,
    column: ColumnNames = None,
    dry_run: DryRun = False,
    draft: DraftNumber = None,
    missing: KeepOrClose = "keep",
    department: Department = None,
    level: LevelName = None,
    layer_name: LayerName = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Load files.

    Raises
    ------
    BadInput
        If an option or any row cannot be used; nothing is written then.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    from boundaries.services.intake import apply_load, plan_load
    from boundaries.store.engine import reading, writing

    layer = _ALIASES.get(layer, layer)
    _require_areas(layer, level)
    keep_or_close = _missing(missing)
    columns = column_names(column)
    actor = context.actor(as_)
    with progress("读取 / reading"):
        tables = _tables(layer, files, crs=crs, encoding=encoding, layer_name=layer_name, headers=columns.values())
    options: dict[str, Any] = {
        "today": context.today(),
        "draft": draft,
        "columns": columns,
        "synonyms": office_headers(),
        "level": level,
    }
    engine = context.engine()
    if dry_run:
        with reading(engine) as session:
            plan = plan_load(session, layer, tables, **options)
        _show(plan, None, format)
        return
    with progress("导入 / loading"), writing(engine) as session:
        plan = plan_load(session, layer, tables, **options)
        report = apply_load(
            session,
            plan,
            actor=actor,
            today=options["today"],
            department=department,
            missing=keep_or_close,
            now=context.now(),
        )
    _show(plan, report, format)


def column_names(given: Sequence[str] | None) -> dict[str, str]:
    """``FIELD=HEADER`` options as a mapping.

    Parameters
    ----------
    given : sequence of str or None

    Returns
    -------
    dict

    Raises
    ------
    BadInput
        If one has no ``=``.
    """
    found: dict[str, str] = {}
    for text in given or ():
        name, mark, header = text.partition("=")
        if not mark or not name.strip() or not header.strip():
            raise BadInput(
                f"--column 要写成 字段=表头,例如 --column code=网格编码。收到的是“{text}”。",
                f'--column is written FIELD=HEADER, such as --column code=网格编码; got "{text}".',
            )
        found[name.strip()] = header.strip()
    return found


def office_headers() -> "Synonyms | None":
    """The office's own headers: ``headers.toml`` or ``headers.json`` in the home folder.

    Raises
    ------
    BadInput
        If the file cannot be read.
    """
    from boundaries.exchange.headers import read_synonyms

    for name in _HEADER_FILES:
        path = context.settings().home / name
        if path.exists():
            return read_synonyms(path)
    return None


def _missing(text: str) -> "Missing":
    if text == "keep":
        return "keep"
    if text == "close":
        return "close"
    raise BadInput(f"--missing 只能是 keep 或 close,收到“{text}”。", f'--missing is keep or close; got "{text}".')


def _require_areas(layer: str, level: str | None) -> None:
    if level is not None and layer != "areas":
        raise BadInput("--level 只用于 areas(区域)。", "--level is for areas only.")


def _tables(
    layer: str,
    files: Sequence[Path],
    *,
    crs: str | None,
    encoding: str | None,
    layer_name: str | None,
    headers: Any,
) -> "list[Table]":
    from boundaries.exchange.reading import read_table

    return [
        read_table(file, crs=crs, encoding=encoding, layer=layer_name, kind=layer, headers=tuple(headers))
        for file in files
    ]


def _show(plan: "LoadPlan", report: "LoadReport | None", as_format: str) -> None:
    found = plan.comparison
    is_zh = context.language() == "zh"
    for one in plan.notes:
        note(one.zh if is_zh else one.en)
    closed = report.closed if report is not None else 0
    draft = report.draft if report is not None else plan.draft
    if as_format == "json":
        write_json(
            {
                "layer": plan.layer,
                "files": list(plan.files),
                "written": report is not None,
                "draft": draft,
                "new": len(found.new),
                "changed": len(found.changed),
                "unchanged": len(found.unchanged),
                "missing": len(found.missing),
                "closed": closed,
                "refined": len(plan.refined_areas) + len(plan.refined_grids),
                "codes": {"new": found.new, "changed": found.changed, "missing": found.missing},
                "changes": [
                    {"code": one.code, "field": one.field, "old": one.old, "new": one.new} for one in found.changes
                ],
                "notes": [one.zh if is_zh else one.en for one in plan.notes],
            }
        )
        return
    _show_rows(plan, is_zh=is_zh)
    counts = (len(found.new), len(found.changed), len(found.unchanged), len(found.missing), closed)
    names = ("新增", "变化", "未变", "缺少", "关闭") if is_zh else ("new", "changed", "unchanged", "missing", "closed")
    table("、".join(plan.files), names, [counts])
    note(_closing(plan, report, is_zh=is_zh))


def _show_rows(plan: "LoadPlan", *, is_zh: bool) -> None:
    """What is new, changed and missing, row by row, the first of each."""
    found = plan.comparison
    rows = [("新增" if is_zh else "new", code, "", "", "") for code in found.new[:_SHOWN]]
    rows += [("变化" if is_zh else "changed", one.code, one.field, one.old, one.new) for one in found.changes[:_SHOWN]]
    rows += [("缺少" if is_zh else "missing", code, "", "", "") for code in found.missing[:_SHOWN]]
    if not rows:
        return
    columns = ("", "编码", "字段", "原值", "新值") if is_zh else ("", "code", "field", "was", "is")
    more = max(len(found.new) - _SHOWN, 0) + max(len(found.changes) - _SHOWN, 0) + max(len(found.missing) - _SHOWN, 0)
    table("", columns, rows)
    if more:
        note(f"另有 {more} 行未列出(--format json 可看全部)" if is_zh else f"and {more} more rows (see --format json)")


def _closing(plan: "LoadPlan", report: "LoadReport | None", *, is_zh: bool) -> str:
    from boundaries.services.intake import DRAFTED

    if report is None:
        return "只是预演,没有写入。" if is_zh else "A dry run: nothing was written."
    if report.draft is not None:
        number = report.draft
        hint_zh = f"已写入调整方案 {number}。下一步:draft check {number} 检查,draft submit {number} 提交审核。"
        return (
            hint_zh if is_zh else f"Written to draft {number}. Next: draft check {number}, then draft submit {number}."
        )
    if plan.layer in DRAFTED:
        return "与现有内容相同,没有写入。" if is_zh else "Nothing differs from what stands; nothing was written."
    return "已写入,即时生效。" if is_zh else "Written, and live at once."
