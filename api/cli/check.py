"""``check``: every finding of a draft, of a generation, or of plain files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.certificate import CertificateFile, compare_with, comparison_record, comparison_text
from api.cli.context import (
    AreaCode,
    CodeColumn,
    Crs,
    DraftNumber,
    Encoding,
    GenerationNumber,
    OnDay,
    OutFile,
    OutputFormat,
    ParentColumn,
)
from api.cli.output import note, table, write_json
from api.cli.rules import (
    MaxUnits,
    MinUnits,
    MinVolunteers,
    MixedShops,
    RentedShare,
    ShopUnits,
    SliverWidth,
    make_rules,
)
from api.cli.sources import (
    BuildingsFile,
    CompoundsFile,
    Files,
    ParentsFile,
    PeopleFile,
    ShopsFile,
    State,
    StreetsFile,
    read_snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from boundaries.certificate import Comparison
    from boundaries.findings import Finding
    from boundaries.snapshot import Snapshot

# Findings listed one by one on a terminal; the rest are counted and can be written to a file.
_LISTED = 30


def check(
    grids: Annotated[
        Path | None,
        typer.Argument(metavar="[GRIDS]", help="微网格文件;不给则查数据库 / file of micro-grids, else the database"),
    ] = None,
    *,
    parents: ParentsFile = None,
    buildings: BuildingsFile = None,
    compounds: CompoundsFile = None,
    shops: ShopsFile = None,
    streets: StreetsFile = None,
    people: PeopleFile = None,
    draft: DraftNumber = None,
    generation: GenerationNumber = None,
    on: OnDay = None,
    area: AreaCode = None,
    crs: Crs = None,
    code_column: CodeColumn = None,
    parent_column: ParentColumn = None,
    encoding: Encoding = None,
    min_units: MinUnits = None,
    max_units: MaxUnits = None,
    sliver_width: SliverWidth = None,
    mixed_shops: MixedShops = None,
    shop_units: ShopUnits = None,
    min_volunteers: MinVolunteers = None,
    rented_share: RentedShare = None,
    certificate: CertificateFile = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="有任何问题都返回 1 / leave with 1 for advisory findings too")
    ] = False,
    out: OutFile = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> int:
    """Find everything that is wrong with a division and say so.

    Returns
    -------
    int
        1 where something blocks (with ``--strict``: where anything was found) or the
        certificate does not hold, else 0.
    """
    from boundaries.checks import run

    files = Files(
        grids, parents, buildings, compounds, shops, streets, people, crs, code_column, parent_column, encoding
    )
    if out is not None:
        _require_place(out, files, certificate)
    rules = make_rules(
        min_units=min_units,
        max_units=max_units,
        sliver_width_m=sliver_width,
        mixed_shops=mixed_shops,
        shop_units=shop_units,
        min_volunteers=min_volunteers,
        rented_share=rented_share,
    )
    snapshot = read_snapshot(files, State(draft, generation, area, on.date() if on else None))
    comparison = None if certificate is None else compare_with(certificate, snapshot, is_part=area is not None)
    findings = run(snapshot, rules)
    show(snapshot, findings, comparison=comparison, out=out, format=format)
    is_wrong = comparison is not None and not comparison.holds
    return int(is_wrong or any(strict or finding.severity == "blocking" for finding in findings))


def _require_place(out: Path, files: Files, certificate: Path | None) -> None:
    """Find out, before any work, whether the findings can be written and would replace what is read."""
    from boundaries.exchange.formats import SUFFIXES
    from boundaries.exchange.placing import require_apart, require_place

    inputs = {"GRIDS" if name == "grids" else f"--{name}": getattr(files, name) for name in files.named}
    require_apart({**inputs, "--certificate": certificate}, [("--out", out)])
    require_place(out, suffixes=SUFFIXES, option="--out")


def show(
    snapshot: "Snapshot",
    findings: "Sequence[Finding]",
    *,
    comparison: "Comparison | None" = None,
    more: "Mapping[str, object] | None" = None,
    out: Path | None,
    format: OutputFormat,  # noqa: A002  the option's own name
) -> None:
    """Answer with findings: JSON for programs, lines and tables for people, a layer into a file.

    Parameters
    ----------
    snapshot : Snapshot
        What was checked.
    findings : sequence of Finding
    comparison : Comparison, optional
        With a certificate.
    more : mapping, optional
        More members of the answer for programs.
    out : Path or None
        File to write the findings to; its suffix names the format.
    format : {"table", "json"}

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    from boundaries.exchange.writing import write_findings
    from boundaries.services.auditing import report

    language = context.language()
    if out is not None:
        write_findings(out, findings, snapshot, language)
        note(f"问题已写入 {out}" if language == "zh" else f"Findings written to {out}")
    if format == "json":
        told = {} if comparison is None else {"certificate": comparison_record(comparison)}
        write_json({**report(snapshot, findings), **told, **(more or {})})
        return
    _show_table(snapshot, findings)
    if comparison is not None:
        typer.echo(comparison_text(comparison))


def _show_table(snapshot: "Snapshot", findings: "Sequence[Finding]") -> None:
    from boundaries.findings import KINDS
    from boundaries.ground import Ground
    from boundaries.rules import Rules
    from boundaries.services.auditing import areas_m2, counts, summary, verdict

    language = context.language()
    zh = language == "zh"
    parents = len(Ground(snapshot, Rules()).parents)
    told = verdict(snapshot, findings, language)
    head = (
        f"{snapshot.title('zh')}:{len(snapshot.grids)} 个网格,{parents} 个区域;{told}"
        if zh
        else f"{snapshot.title('en')}: {len(snapshot.grids)} grids, {parents} areas; {told}"
    )
    lines = summary(snapshot, findings, language)
    more = len(lines) - _LISTED
    rest = ([f"……还有 {more} 个区域" if zh else f"... and {more} more areas"]) if more > 0 else []
    typer.echo("\n".join([head, *lines[:_LISTED], *rest]))
    if not findings:
        return
    areas = areas_m2(findings)
    columns = ("问题", "级别", "数量", "面积 m²") if zh else ("finding", "severity", "count", "area m²")
    severity = (
        {"blocking": "必须处理", "advisory": "建议处理"} if zh else {"blocking": "blocking", "advisory": "advisory"}
    )
    rows = [
        (KINDS[code].name_zh if zh else KINDS[code].name_en, severity[KINDS[code].severity], number, areas.get(code))
        for code, number in counts(findings).items()
    ]
    typer.echo("")
    table("", columns, rows)
    _show_findings(snapshot, [finding for finding in findings if finding.kind != "dust"], zh=zh)


def _show_findings(snapshot: "Snapshot", findings: "Sequence[Finding]", *, zh: bool) -> None:
    from boundaries.findings import premises_text
    from geo.metric import centre

    columns = (
        ("问题", "网格", "对象", "面积 m²", "宽 m", "位置")
        if zh
        else ("finding", "grids", "premises", "area m²", "width m", "place")
    )
    decimals = 6 if snapshot.crs.is_geographic else 1
    rows = []
    for finding in findings[:_LISTED]:
        place = None
        if finding.geometry is not None and not finding.geometry.is_empty:
            place = ", ".join(f"{value:.{decimals}f}" for value in centre(finding.geometry))
        name = finding.name("zh" if zh else "en")
        rows.append(
            (
                name,
                _few(finding.grids),
                _few([premises_text(each, "zh" if zh else "en") for each in finding.premises]),
                finding.area_m2,
                finding.width_m,
                place,
            )
        )
    typer.echo("")
    table("", columns, rows)
    left = len(findings) - _LISTED
    if left > 0:
        typer.echo(f"……还有 {left} 个,用 --out 写入文件查看" if zh else f"... and {left} more: write them with --out")


def _few(codes: "Sequence[str]") -> str:
    shown = ("、" if context.language() == "zh" else ", ").join(codes[:3])
    return f"{shown} …({len(codes)})" if len(codes) > 3 else shown
