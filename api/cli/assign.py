"""``assign``: proposals for compounds and shops that have no grid, from files or the database."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

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
    OutFile,
    OutputFormat,
    ParentColumn,
)
from api.cli.output import note, table, write_json
from api.cli.sources import (
    BuildingsFile,
    CompoundsFile,
    Files,
    GridsFile,
    ParentsFile,
    ShopsFile,
    State,
    StreetsFile,
    read_snapshot,
)
from boundaries.errors import BadInput
from boundaries.rules import Rules

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from boundaries.model import Assignment
    from boundaries.snapshot import Snapshot

COLUMNS = ("premises_kind", "premises", "name", "micro_grid", "method", "reason_zh", "reason_en", "alternatives")
_LISTED = 30


def assign(
    *,
    grids: GridsFile = None,
    parents: ParentsFile = None,
    buildings: BuildingsFile = None,
    compounds: CompoundsFile = None,
    shops: ShopsFile = None,
    streets: StreetsFile = None,
    draft: DraftNumber = None,
    generation: GenerationNumber = None,
    area: AreaCode = None,
    crs: Crs = None,
    code_column: CodeColumn = None,
    parent_column: ParentColumn = None,
    encoding: Encoding = None,
    max_shop_to_grid: Annotated[
        float | None,
        typer.Option(
            "--max-shop-to-grid", metavar="M", min=0, help="商铺沿街归入专属网格的最远距离,默认 60 米 / metres"
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="全部采纳,写入 --draft 方案 / accept all into the draft")
    ] = False,
    as_: AsName = None,
    out: OutFile = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Propose a grid for each compound and open shop that has none.

    Raises
    ------
    BadInput
        If proposals are to be accepted and no draft is named.
    """
    from boundaries.assignment import propose

    if accept and draft is None:
        raise BadInput(
            "采纳建议要写入一个调整方案,请加 --draft N。", "Accepted proposals go into a draft: name it with --draft N."
        )
    files = Files(grids, parents, buildings, compounds, shops, streets, None, crs, code_column, parent_column, encoding)
    rules = Rules() if max_shop_to_grid is None else Rules(max_shop_to_grid_m=max_shop_to_grid)
    snapshot = read_snapshot(files, State(draft, generation, area))
    proposals = propose(snapshot, rules)
    if out is not None:
        write_proposals(out, proposals, snapshot)
        note(f"建议已写入 {out}" if context.language() == "zh" else f"Proposals written to {out}")
    if accept and draft is not None:
        _accept(draft, proposals, context.actor(as_))
    if format == "json":
        write_json(_records(proposals, _premises(snapshot)))
    else:
        _show_table(proposals, snapshot)


def write_proposals(path: Path, proposals: "Sequence[Assignment]", snapshot: "Snapshot") -> None:
    """Write proposals with the shapes of their premises.

    Parameters
    ----------
    path : Path
        The suffix names the format.
    proposals : sequence of Assignment
    snapshot : Snapshot
        What they were made for.

    Raises
    ------
    BadInput
        If the format or folder cannot be used.
    """
    import numpy as np

    from boundaries.exchange.formats import Columns, write_columns

    premises = _premises(snapshot)
    shapes = np.empty(len(proposals), dtype=object)
    shapes[:] = [premises[item.premises_kind, item.premises].shape for item in proposals]
    records = _records(proposals, premises)
    values: dict[str, list[Any]] = {column: [record[column] for record in records] for column in COLUMNS}
    values["alternatives"] = [
        "; ".join(f"{one['grid']} {one['measure']}={one['value']:g}" for one in others) or None
        for others in values["alternatives"]
    ]
    write_columns(path, Columns(values, shapes, snapshot.crs))


class _Premises(NamedTuple):
    name: str
    shape: "BaseGeometry"


_ByCode = dict[tuple[str, str], _Premises]


def _premises(snapshot: "Snapshot") -> _ByCode:
    found = {("compound", item.code): _Premises(item.name, item.polygon) for item in snapshot.compounds}
    return found | {("shop", item.code): _Premises(item.name, item.door) for item in snapshot.shops}


def _records(proposals: "Sequence[Assignment]", premises: _ByCode) -> list[dict[str, Any]]:
    return [
        {
            "premises_kind": item.premises_kind,
            "premises": item.premises,
            "name": premises[item.premises_kind, item.premises].name,
            "micro_grid": item.grid,
            "method": item.method,
            "reason_zh": item.reason_zh,
            "reason_en": item.reason_en,
            "alternatives": [
                {"grid": one.grid, "measure": one.measure, "value": one.value} for one in item.alternatives
            ],
        }
        for item in proposals
    ]


def _accept(draft: int, proposals: "Sequence[Assignment]", actor: str) -> None:
    from boundaries.services.proposing import accept
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        accepted = accept(session, draft, proposals, actor=actor)
    note(
        f"已采纳 {accepted} 条,写入调整方案 {draft}"
        if context.language() == "zh"
        else f"{accepted} accepted into draft {draft}"
    )


def _show_table(proposals: "Sequence[Assignment]", snapshot: "Snapshot") -> None:
    zh = context.language() == "zh"
    placed = sum(item.grid is not None for item in proposals)
    typer.echo(
        f"{len(proposals)} 条建议,其中 {placed} 条有去向,{len(proposals) - placed} 条须人工处理"
        if zh
        else f"{len(proposals)} proposals: {placed} with a grid, {len(proposals) - placed} left to a person"
    )
    if not proposals:
        return
    names = _premises(snapshot)
    kinds = {"compound": "小区", "shop": "商铺"} if zh else {"compound": "compound", "shop": "shop"}
    rows = [
        (
            kinds[item.premises_kind],
            item.premises,
            names[item.premises_kind, item.premises].name,
            item.grid,
            item.reason_zh if zh else item.reason_en,
        )
        for item in proposals[:_LISTED]
    ]
    columns = ("类别", "编码", "名称", "网格", "理由") if zh else ("kind", "code", "name", "grid", "reason")
    typer.echo("")
    table("", columns, rows)
    left = len(proposals) - _LISTED
    if left > 0:
        typer.echo(f"……还有 {left} 条,用 --out 写入文件查看" if zh else f"... and {left} more: write them with --out")
