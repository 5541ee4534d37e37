"""Repair a file of grids: all its columns stay, and it is in place only when it is proved as it is read back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from boundaries.errors import BadInput, Blocked
from boundaries.exchange.formats import SUFFIXES as LOG_SUFFIXES
from boundaries.exchange.headers import recognise
from boundaries.exchange.layer_files import Layer, read_layer
from boundaries.exchange.layer_writing import SUFFIXES, beside, write_layers
from boundaries.exchange.placing import require_apart, require_place, write_together
from boundaries.exchange.reading import read_table
from boundaries.exchange.repair_log import log_writer
from boundaries.exchange.rows import Rows
from boundaries.exchange.snapshot_files import snapshot_from_files
from boundaries.repairing import Mended, mend
from boundaries.services.repairing import (
    Advance,
    MakeOrder,
    Outcome,
    file_stem,
    provisional,
    refused,
    require_usable,
    still_wrong,
)
from boundaries.snapshot import Snapshot
from geo.errors import Language

_OUTLINE = {"zh": ("区域编码", "区域名称"), "en": ("area_code", "area_name")}


@dataclass(frozen=True, slots=True)
class GridFiles:
    """The files of a repair, and how to read them.

    Attributes
    ----------
    grids, parents, buildings, decisions : Path
        What is read; ``decisions`` by the caller's order.
    out, log : Path
        What is written: the result, and every face with what became of it.
    crs, code_column, parent_column, encoding : str
        As for :func:`boundaries.exchange.snapshot_files.snapshot_from_files`.
    """

    grids: Path
    out: Path
    parents: Path | None = None
    buildings: Path | None = None
    crs: str | None = None
    code_column: str | None = None
    parent_column: str | None = None
    encoding: str | None = None
    decisions: Path | None = None
    log: Path | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Field -> header of the file of grids, as far as the caller says."""
        named = {"code": self.code_column, "parent": self.parent_column}
        return {field: header for field, header in named.items() if header}


def repair_files(
    files: GridFiles, make_order: MakeOrder, *, language: Language = "zh", advance: Advance = lambda _: None
) -> Outcome:
    """Repair a file of grids and write it, with its areas where these took in vertices.

    The log is put in place together with the result, and alone where there is none.

    Parameters
    ----------
    files : GridFiles
    make_order : callable
        From the plan to what is to be done.
    language : {"zh", "en"}
        Of provisional codes and of headers that are made.
    advance : callable
        Told of each area that is done.

    Returns
    -------
    Outcome

    Raises
    ------
    BadInput
        If a file cannot be read or written, a shape cannot be used, or an option names
        what there is not.
    CrsProblem
        If a file's system is unknown.
    """
    _require_places(files)
    before = snapshot_from_files(
        grids=files.grids,
        parents=files.parents,
        buildings=files.buildings,
        crs=files.crs,
        code_column=files.code_column,
        parent_column=files.parent_column,
        encoding=files.encoding,
    )
    require_usable(before)
    mended = mend(before, make_order(before), name_new=provisional(before, file_stem(language)), advance=advance)
    problem = refused(mended)
    logs = [] if files.log is None else [(files.log, log_writer(files.log, mended.log, before.crs, language))]
    if problem is not None:
        write_together(logs)
        return Outcome(before, mended, problem=problem)
    _require_areas_free(files, mended)
    layers = _layers(files, before, mended, language)

    def write(place: Path) -> None:
        write_layers(place, layers, encoding=files.encoding)
        wrong = still_wrong(_read_back(place, layers, mended.snapshot))
        if wrong is not None:
            raise Blocked(*wrong)

    try:
        *_, written = write_together([*logs, (files.out, write)])
    except Blocked as wrong:
        write_together(logs)
        return Outcome(before, mended, problem=(wrong.zh, wrong.en))
    return Outcome(before, mended, tuple(str(path) for path in written), is_written=True)


def _require_places(files: GridFiles) -> None:
    """Find out, before any work, what cannot be written or would replace what it must not."""
    require_place(files.out, suffixes=SUFFIXES, option="--out")
    inputs = {
        "GRIDS": files.grids,
        "--parents": files.parents,
        "--buildings": files.buildings,
        "--decide": files.decisions,
    }
    areas = None if files.out.suffix.lower() == ".gpkg" else beside(files.out, "parents")
    require_apart(inputs, [("--out", files.out), ("--out", areas), ("--log", files.log)])
    if files.log is not None:
        require_place(files.log, suffixes=LOG_SUFFIXES, option="--log")


def _require_areas_free(files: GridFiles, mended: Mended) -> None:
    """Areas that took in vertices are written beside the grids, over nothing that stands there."""
    areas = beside(files.out, "parents")
    if mended.refined and files.out.suffix.lower() != ".gpkg" and areas.exists():
        raise BadInput(
            f"--out {files.out}:补了顶点的区域要写入 {areas},该文件已存在,不会覆盖。"
            "请给 --out 换一个文件名,或先移走该文件。",
            f"--out {files.out}: areas that take in vertices are written to {areas}, which exists and is not replaced. "
            "Choose another name for --out, or move that file away.",
        )


def _layers(files: GridFiles, before: Snapshot, mended: Mended, language: Language) -> Mapping[str, Layer]:
    """What is to be written: the grids, and the areas where these differ from what was read."""
    grids = read_layer(files.grids, kind="grids", crs=before.crs.base, encoding=files.encoding)
    after = mended.snapshot.grids
    grids = grids.with_shapes({index: after[index].polygon for index in mended.changed})
    grids = grids.with_rows(_new_rows(files, grids, before, mended), [grid.polygon for grid in mended.new])
    if not mended.refined:
        return {"grids": grids}
    shapes = np.empty(len(before.areas), dtype=object)
    shapes[:] = [area.polygon for area in mended.snapshot.areas]
    if files.parents is None:
        columns = [[area.code for area in before.areas], [area.name for area in before.areas]]
        table = pa.table(dict(zip(_OUTLINE[language], columns, strict=True)))
        return {"grids": grids, "parents": Layer(table, shapes, grids.crs)}
    parents = read_layer(files.parents, kind="areas", crs=before.crs.base, encoding=files.encoding)
    # The proof holds in the system of the grids.
    return {"grids": grids, "parents": replace(parents, geometry=shapes, crs=grids.crs)}


def _new_rows(files: GridFiles, grids: Layer, before: Snapshot, mended: Mended) -> list[dict[str, Any]]:
    """Columns of the grids that were made: a provisional code, and the area as others of it name it."""
    names = grids.columns.column_names
    fields = recognise("grids", names, named=files.columns)
    first_of = {grid.area: index for index, grid in reversed(list(enumerate(before.grids)))}
    rows = []
    for grid in mended.new:
        row: dict[str, Any] = {fields[name]: grid.code for name in ("name", "code") if name in fields}
        if "parent" in fields:
            row[fields["parent"]] = grids.value(first_of[grid.area], fields["parent"])
        rows.append(row)
    return rows


def _read_back(place: Path, layers: Mapping[str, Layer], mended: Snapshot) -> Snapshot:
    """The plan with the shapes that any program finds in the files."""
    is_together = place.suffix.lower() == ".gpkg" and len(layers) > 1
    grids = _shapes(place, "grids" if is_together else None, "grids", mended)
    if len(grids) != len(mended.grids):
        raise Blocked(
            f"{place.name}:写出后读回 {len(grids)} 行,应为 {len(mended.grids)} 行。",
            f"{place.name}: {len(grids)} rows are read back where {len(mended.grids)} were written.",
        )
    found = replace(
        mended, grids=tuple(replace(grid, polygon=shape) for grid, shape in zip(mended.grids, grids, strict=True))
    )
    if "parents" not in layers:
        return found
    file = place if is_together else beside(place, "parents")
    areas = _shapes(file, "parents" if is_together else None, "areas", mended)
    return replace(
        found, areas=tuple(replace(area, polygon=shape) for area, shape in zip(found.areas, areas, strict=True))
    )


def _shapes(path: Path, layer: str | None, kind: str, snapshot: Snapshot) -> list[Any]:
    # A file with nothing but shapes has no column by which its system could be told.
    table = read_table(path, crs=snapshot.crs.name, layer=layer, kind=kind, any_datum=True, is_fallback=True)
    return list(Rows.of(table, kind, is_strict=False).shapes("polygon"))
