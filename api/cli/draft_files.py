"""``draft export`` and ``draft edit``: the round trip of a draft through QGIS."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AreaCode, AsName, Crs, Encoding, OutputFormat
from api.cli.draft_shown import Number
from api.cli.output import note, write_json
from api.cli.rules import make_rules

if TYPE_CHECKING:
    from boundaries.services.round_trip import Outcome, TakeBack

app = typer.Typer(add_completion=False)


@app.command("export", help="导出为 QGIS 工程,改画后用 draft edit 交回 / a QGIS project to be edited and given back")
def export(
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".gpkg,旁边另有 .qgs / a .qgs is put beside it")],
    *,
    area: AreaCode = None,
    tier: Annotated[
        str, typer.Option("--tier", metavar="TIER", help="可见级别:public internal restricted / who will see it")
    ] = "internal",
    as_: AsName = None,
) -> None:
    """Write a draft as a GeoPackage with its QGIS project.

    Raises
    ------
    BadInput
        If the file cannot be written, the tier is not known, or there is nothing to edit.
    NotFound, Conflict
        If there is no such draft or area, or the draft is not open.
    Forbidden
        If the tier does not allow so much in one file.
    """
    from api.cli.export import tier_of
    from api.cli.taken import record_taken
    from boundaries.services.draft_package import plan_of, write_draft_package
    from boundaries.store.engine import reading

    allowed, actor = tier_of(tier), context.actor(as_)
    engine = context.engine()
    with reading(engine) as session:
        plan = plan_of(
            session,
            number,
            make_rules(),
            today=context.today(),
            area=area,
            metric_plane=context.settings().metric_crs,
        )
    if allowed == "restricted":
        record_taken(engine, way="export", subject=f"draft:{number}", file=file.name, actor=actor)
    language = context.language()
    written = write_draft_package(file, plan, tier=allowed, actor=actor, language=language, now=context.now())
    names = "、".join(path.name for path in written)
    count = len(plan.snapshot.grids)
    note(f"已写出 {count} 个网格:{names}" if language == "zh" else f"Wrote {count} micro-grids: {names}")
    note(
        f"用 QGIS 打开 {file.with_suffix('.qgs').name},只改“微网格”图层;改完:draft edit {number} --from {file.name}"
        if language == "zh"
        else f"Open {file.with_suffix('.qgs').name} in QGIS, edit the micro-grids only; then: "
        f"draft edit {number} --from {file.name}"
    )


@app.command("edit", help="交回改画的文件,作为一次可撤销的修改 / take a drawing back as one change")
def edit(
    number: Number,
    *,
    from_: Annotated[
        Path, typer.Option("--from", metavar="FILE", help="改画好的 .gpkg .shp .geojson / the file that was drawn in")
    ],
    tolerance_m: Annotated[
        float,
        typer.Option(
            "--tolerance-m", metavar="M", min=0.001, max=5, help="多窄算是没画准,自动对齐 / what the pen missed"
        ),
    ] = 0.5,
    retire_missing: Annotated[
        bool, typer.Option("--retire-missing", help="撤销文件里没有的网格 / retire grids that the file lacks")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看结果,不写入 / work it out, write nothing")] = False,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log", metavar="FILE", help="自动对齐的记录:.csv .xlsx .gpkg .geojson / every face that was closed"
        ),
    ] = None,
    crs: Crs = None,
    encoding: Encoding = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> int:
    """Take a drawing back into its draft: exact and whole, or not at all.

    Returns
    -------
    int
        0 where it was written (or could be, with ``--dry-run``), 1 where something is in the
        way, 3 where others changed the same.
    """
    from boundaries.services.drawing_report import lines, report
    from boundaries.services.round_trip import TakeBack

    _require_log(log, from_)
    outcome = _taken_back(
        number, from_, TakeBack(tolerance_m, retire_missing, dry_run), crs=crs, encoding=encoding, as_=as_, log=log
    )
    language = context.language()
    if format == "json":
        write_json(report(outcome))
    else:
        typer.echo("\n".join([*lines(outcome, language), *_verdict(outcome, dry_run=dry_run)]))
    for problem in outcome.problems:
        note(problem[0 if language == "zh" else 1])
    if not outcome.problems:
        return 0
    return 3 if outcome.comparison.collisions else 1


def _require_log(log: Path | None, file: Path) -> None:
    """Find out, before any work, whether the log can be written and would replace what is read."""
    from boundaries.exchange.formats import SUFFIXES
    from boundaries.exchange.placing import require_apart, require_place

    require_apart({"--from": file}, [("--log", log)])
    if log is not None:
        require_place(log, suffixes=SUFFIXES, option="--log")


def _taken_back(
    number: int,
    file: Path,
    order: "TakeBack",
    *,
    crs: str | None,
    encoding: str | None,
    as_: str | None,
    log: Path | None,
) -> "Outcome":
    """Take the drawing back; the log is in place before the draft is."""
    from boundaries.exchange.repair_log import write_log
    from boundaries.services.drawing import read_drawing
    from boundaries.services.round_trip import take_back
    from boundaries.snapshot import Snapshot
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        outcome = take_back(
            session,
            number,
            read_drawing(session, file, crs=crs, encoding=encoding),
            order,
            actor=context.actor(as_),
            today=context.today(),
            metric_plane=context.settings().metric_crs,
            now=context.now(),
        )
        if log is not None:
            faces = outcome.closed.log if outcome.closed is not None else ()
            write_log(log, faces, Snapshot.stored_crs(), context.language())
    return outcome


def _verdict(outcome: "Outcome", *, dry_run: bool) -> list[str]:
    if outcome.problems:
        return []
    zh = context.language() == "zh"
    number = outcome.draft.id
    if outcome.delta is None:
        return ["没有要改的,方案未动。" if zh else "Nothing differs; the draft is as it was."]
    if dry_run:
        return ["可以写入(试算,未写入)。" if zh else "It can be written (dry run, nothing written)."]
    return [
        f"已写入调整方案 {number},全覆盖已证明;撤销:draft undo {number}"
        if zh
        else f"Written to draft {number}, the coverage is proved; take it back with draft undo {number}"
    ]
