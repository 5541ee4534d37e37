"""``diff``: what differs between two generations, or a generation and a draft."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AsName, OutFile, OutputFormat
from api.cli.export import tier_of
from api.cli.output import note, table, write_json
from api.cli.taken import record_taken

if TYPE_CHECKING:
    from boundaries.services.comparing import Changes

# Lines shown on a terminal; --out writes all of them.
_LISTED = 30
_KINDS: dict[str, tuple[str, str]] = {
    "added": ("新设", "added"),
    "retired": ("撤销", "retired"),
    "reshaped": ("边界调整", "reshaped"),
    "renamed": ("更名", "renamed"),
    "recoded": ("编码变更", "recoded"),
    "kind_changed": ("类别变更", "another kind"),
    "layer_changed": ("图层变更", "another layer"),
    "area_changed": ("所属区域变更", "another area"),
    "parts_changed": ("分段变更", "other parts"),
    "street_changed": ("沿街组变更", "another street group"),
}

TierName = Annotated[
    str, typer.Option("--tier", metavar="TIER", help="可见级别:public internal restricted / who will see it")
]
StateName = Annotated[
    str, typer.Argument(help="版本号、日期或调整方案:3、2026-03-01、draft:5 / a generation, a day or a draft")
]


def diff(
    old: StateName,
    new: StateName,
    *,
    out: OutFile = None,
    template: Annotated[
        Path | None,
        typer.Option("--template", metavar="FILE", help="登记表模板(.xlsx 或 .json) / columns of the register"),
    ] = None,
    tier: TierName = "internal",
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Say what differs, and write it as layers (.gpkg), as the register (.xlsx) or for programs (.json).

    Raises
    ------
    BadInput
        If a state, the tier, the file or the template is not one that is known.
    NotFound
        If there is no such generation or draft.
    """
    from boundaries.exchange.placing import require_place, write_whole
    from boundaries.exchange.register_sheet import read_template
    from boundaries.services.change_report import SUFFIXES, Form, change_record, change_writer
    from boundaries.services.comparing import all_changes, named_state
    from boundaries.store.engine import reading

    allowed, settings, today = tier_of(tier), context.settings(), context.today()
    if out is not None:
        require_place(out, suffixes=SUFFIXES, option="--out")
    columns = read_template(template) if template is not None else None
    engine = context.engine()
    if out is not None and allowed == "restricted":
        subject = f"diff:{old}-{new}"
        record_taken(engine, way="export", subject=subject, file=out.name, actor=context.actor(as_))
    with reading(engine) as session:
        before, after = (named_state(session, name, timezone=settings.timezone) for name in (old, new))
        found = all_changes(
            session, before, after, today=today, timezone=settings.timezone, metric_plane=settings.metric_crs
        )
        if out is not None:
            form = Form(out.suffix.lower(), allowed, context.language(), today, columns)
            write_whole(out, change_writer(session, found, form))
            note(f"已写出 {out}" if context.language() == "zh" else f"Wrote {out}")
    if format == "json":
        write_json(change_record(found, allowed))
        return
    _show(found)


def _show(found: "Changes") -> None:
    zh = context.language() == "zh"
    grids = found.delta.grids
    listed = {
        name: [" → ".join(code) if isinstance(code, tuple) else code for code in getattr(grids, name)]
        for name in _KINDS
    }
    rows = [(_KINDS[name][0 if zh else 1], len(codes), _few(codes, zh=zh)) for name, codes in listed.items() if codes]
    if not rows:
        typer.echo("没有变化。" if zh else "Nothing differs.")
    else:
        table("", ("变化", "网格", "编码") if zh else ("change", "grids", "codes"), rows)
    moved = [move for move in found.moves if move.area_m2 >= 0.5 or move.buildings or move.shops or move.compounds]
    if moved:
        headers = ("原网格", "现网格", "面积 m²", "户数", "楼栋", "小区", "商铺", "责任人变更")
        columns = headers if zh else ("from", "to", "m²", "households", "buildings", "compounds", "shops", "people")
        lines = [
            (one.old or "—", one.new or "—", round(one.area_m2, 1), one.households, len(one.buildings),
             len(one.compounds), len(one.shops), one.has_other_people)
            for one in moved[:_LISTED]
        ]  # fmt: skip
        typer.echo("")
        table("", columns, lines)
        _tell_rest(len(moved), zh=zh)
    if found.delta.codes:
        typer.echo("")
        codes = list(found.delta.codes.items())
        table(
            "",
            ("旧编码", "现编码") if zh else ("old code", "codes now"),
            [(code, _few([share.code or "—" for share in shares], zh=zh)) for code, shares in codes[:_LISTED]],
        )
        _tell_rest(len(codes), zh=zh)


def _tell_rest(count: int, *, zh: bool) -> None:
    if count > _LISTED:
        left = count - _LISTED
        typer.echo(f"……还有 {left} 行,用 --out 写入文件查看" if zh else f"... and {left} more: write them with --out")


def _few(codes: list[str], *, zh: bool) -> str:
    shown = ("、" if zh else ", ").join(codes[:5])
    return f"{shown} …({len(codes)})" if len(codes) > 5 else shown
