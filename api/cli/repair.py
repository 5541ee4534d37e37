"""``repair``: close gaps and overlaps by rule; write only what is proved, list what a person decides."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli import context
from api.cli.context import (
    AreaCode,
    AsName,
    CodeColumn,
    Crs,
    DraftNumber,
    Encoding,
    OutputFormat,
    ParentColumn,
)
from api.cli.output import note, progress
from api.cli.repair_results import show
from api.cli.sources import BuildingsFile, ParentsFile
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.repairing import RepairOrder
    from boundaries.services.file_repair import GridFiles
    from boundaries.services.repairing import MakeOrder, Outcome
    from boundaries.snapshot import Snapshot

Overlap = Literal["rank", "share", "border"]
Contained = Literal["person", "keep"]


def repair(
    grids: Annotated[
        Path | None,
        typer.Argument(metavar="[GRIDS]", help="微网格文件;修补调整方案则给 --draft / file of micro-grids, or --draft"),
    ] = None,
    *,
    parents: ParentsFile = None,
    buildings: BuildingsFile = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="修补后的网格文件,格式由后缀决定 / file for the repaired grids"),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log", metavar="FILE", help="修补记录:.csv .xlsx .gpkg .geojson / every face and what became of it"
        ),
    ] = None,
    draft: DraftNumber = None,
    area: AreaCode = None,
    crs: Crs = None,
    code_column: CodeColumn = None,
    parent_column: ParentColumn = None,
    encoding: Encoding = None,
    overlap: Annotated[
        Overlap,
        typer.Option(
            "--overlap",
            help="重叠归谁:登记在前、占比较大、共边最长 / who keeps: the first, the larger share, the longest border",
        ),
    ] = "rank",
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="CODE", help="重叠归这个网格,可重复 / this grid keeps its overlaps"),
    ] = None,
    gap_to: Annotated[
        str | None, typer.Option("--gap-to", metavar="CODE", help="空白归这个网格 / gaps along this grid go to it")
    ] = None,
    new_cell_min_area: Annotated[
        float | None,
        typer.Option(
            "--new-cell-min-area", metavar="M2", min=0, help="从这个面积起,空白新建网格 / larger gaps become grids"
        ),
    ] = None,
    max_auto_area: Annotated[
        float,
        typer.Option(
            "--max-auto-area", metavar="M2", min=0, help="超过这个面积由人决定 / larger faces are left to a person"
        ),
    ] = 10_000.0,
    contained: Annotated[
        Contained,
        typer.Option(
            "--contained", help="套在里面的网格:由人决定、保留 / a grid inside another: ask a person, or it keeps"
        ),
    ] = "person",
    decide: Annotated[
        Path | None,
        typer.Option("--decide", metavar="LOG", help="填好归属的修补记录 / a log with winners filled in by a person"),
    ] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> int:
    """Repair a file of grids, or a draft.

    Returns
    -------
    int
        0 where the result is proved and written, 1 where nothing was written.
    """
    from boundaries.exchange.repair_log import read_decisions
    from boundaries.repairing import RepairOrder

    def order(snapshot: "Snapshot") -> "RepairOrder":
        return RepairOrder(
            overlap_rule=overlap,
            keep=tuple(keep or ()),
            gap_to=gap_to,
            new_cell_min_area_m2=new_cell_min_area,
            max_auto_area_m2=max_auto_area,
            contained=contained,
            decisions=() if decide is None else read_decisions(decide, snapshot),
        )

    if draft is not None:
        _require_no_files(grids=grids, parents=parents, buildings=buildings, out=out, crs=crs, encoding=encoding)
        _require_log(log, decide)
        outcome = _repair_draft(draft, area, order, context.actor(as_), log)
    else:
        from boundaries.services.file_repair import GridFiles

        source, target = _required(grids, out, area)
        files = GridFiles(source, target, parents, buildings, crs, code_column, parent_column, encoding, decide, log)
        outcome = _repair_files(files, order)
    if log is not None:
        note(f"修补记录已写入 {log}" if context.language() == "zh" else f"Log written to {log}")
    show(outcome, format)
    return 0 if outcome.is_written else 1


def _required(grids: Path | None, out: Path | None, area: str | None) -> tuple[Path, Path]:
    if grids is None:
        raise BadInput(
            "请给出微网格文件,或用 --draft N 修补一个调整方案。",
            "Name a file of micro-grids, or a draft with --draft N.",
        )
    if area is not None:
        raise BadInput("--area 只用于 --draft。", "--area goes with --draft only.")
    if out is None:
        raise BadInput(
            "请用 --out 给出修补后的文件名,例如 --out 网格_修补.gpkg。",
            "Name the file for the repaired grids with --out, for example --out repaired.gpkg.",
        )
    return grids, out


def _require_no_files(**options: object) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        named = "GRIDS" if given[0] == "grids" else f"--{given[0]}"
        raise BadInput(
            f"{named} 用于文件,不能与 --draft 一起用。请去掉其中一种。",
            f"{named} is about files and does not go with --draft. Leave one of them out.",
        )


def _repair_files(files: "GridFiles", order: "MakeOrder") -> "Outcome":
    from boundaries.services.file_repair import repair_files

    language = context.language()
    with progress("修补" if language == "zh" else "repairing") as advance:
        return repair_files(files, order, language=language, advance=advance)


def _require_log(log: Path | None, decide: Path | None) -> None:
    """Find out, before any work, whether the log can be written and would replace the decisions."""
    from boundaries.exchange.formats import SUFFIXES
    from boundaries.exchange.placing import require_apart, require_place

    require_apart({"--decide": decide}, [("--log", log)])
    if log is not None:
        require_place(log, suffixes=SUFFIXES, option="--log")


def _repair_draft(draft: int, area: str | None, order: "MakeOrder", actor: str, log: Path | None) -> "Outcome":
    """Repair a draft; the log is in place before the draft is."""
    from boundaries.exchange.repair_log import write_log
    from boundaries.services.draft_repair import repair_draft
    from boundaries.store.engine import writing

    label = "修补" if context.language() == "zh" else "repairing"
    with progress(label) as advance, writing(context.engine()) as session:
        outcome = repair_draft(
            session,
            draft,
            order,
            actor=actor,
            today=context.today(),
            area=area,
            metric_plane=context.settings().metric_crs,
            now=context.now(),
            advance=advance,
        )
        if log is not None:
            write_log(log, outcome.mended.log, outcome.before.crs, context.language())
    return outcome
