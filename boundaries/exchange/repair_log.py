"""The log of a repair as a table that a person fills in, and the decisions read back from it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from boundaries.errors import BadInput
from boundaries.exchange.formats import Columns, columns_writer
from boundaries.exchange.placing import Write, write_whole
from boundaries.exchange.reading import read_table
from boundaries.exchange.tables import Table
from boundaries.exchange.writing import as_sheet, place_columns
from boundaries.findings import KINDS
from boundaries.repairing.log import MendedFace
from boundaries.repairing.order import Decision
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_CRS, SourceCrs, project
from geo.errors import Language

HEADERS: dict[Language, tuple[str, ...]] = {
    "zh": (
        "序号",
        "区域",
        "类别",
        "面积m2",
        "宽度m",
        "层数",
        "涉及网格",
        "候选网格",
        "规则",
        "归属网格",
        "理由",
        "楼栋",
    ),
    "en": (
        "face",
        "parent",
        "kind",
        "area_m2",
        "width_m",
        "layers",
        "owners",
        "candidates",
        "rule",
        "winner",
        "reason",
        "buildings",
    ),
}
_FACE, _PARENT, _KIND, _WINNER = 0, 1, 2, 9
_PLACES: dict[Language, tuple[str, str]] = {"zh": ("经度", "纬度"), "en": ("lon", "lat")}


def log_columns(log: Sequence[MendedFace], crs: SourceCrs, *, language: Language = "zh") -> Columns:
    """A row for each face, with its shape and a place to zoom to.

    Parameters
    ----------
    log : sequence of MendedFace
    crs : SourceCrs
        System of the shapes.
    language : {"zh", "en"}

    Returns
    -------
    Columns
    """
    is_zh = language == "zh"
    comma = "、" if is_zh else ", "
    rows = [
        (
            face.number,
            face.parent,
            KINDS[face.kind].name_zh if is_zh else face.kind,
            round(face.area_m2, 6),
            round(face.width_m, 4),
            face.layers,
            comma.join(face.owners) or None,
            comma.join(f"{code} {length_m:.2f} m" for code, length_m in face.candidates) or None,
            face.rule,
            face.winner,
            face.why(language),
            comma.join(face.buildings) or None,
        )
        for face in log
    ]
    shapes = np.empty(len(log), dtype=object)
    shapes[:] = [face.geometry for face in log]
    values: dict[str, Sequence[Any]] = {
        name: [row[index] for row in rows] for index, name in enumerate(HEADERS[language])
    }
    return Columns(values | place_columns(shapes, crs, language=language), shapes, crs)


def write_log(path: Path, log: Sequence[MendedFace], crs: SourceCrs, language: Language = "zh") -> tuple[Path, ...]:
    """Write the log of a repair; the suffix names the format.

    Raises
    ------
    BadInput
        If the format or folder cannot be used.
    """
    return write_whole(path, log_writer(path, log, crs, language))


def log_writer(path: Path, log: Sequence[MendedFace], crs: SourceCrs, language: Language = "zh") -> Write:
    """How :func:`write_log` writes, so that a log can be put in place together with the result.

    Raises
    ------
    BadInput
        If the format cannot be used.
    """
    return columns_writer(path, as_sheet(log_columns(log, crs, language=language), path))


def read_decisions(path: Path, snapshot: Snapshot) -> tuple[Decision, ...]:
    """What a person filled in: who gets the ground at each place.

    Parameters
    ----------
    path : Path
        A log in any format that is read.
    snapshot : Snapshot
        The plan that is to be repaired.

    Returns
    -------
    tuple of Decision
        Of the rows that have a winner, in its coordinates.

    Raises
    ------
    BadInput
        If the file is no log of a repair, or a place is no number.
    """
    every = [name for language in HEADERS for name in (*HEADERS[language], *_PLACES[language])]
    table = read_table(path, crs=snapshot.crs.name, headers=[*every, "x", "y"], any_datum=True, is_fallback=True)
    language = next((one for one in HEADERS if HEADERS[one][_WINNER] in table.columns), None)
    if language is None or HEADERS[language][_PARENT] not in table.columns:
        names = " / ".join(HEADERS[one][_WINNER] for one in HEADERS)
        raise BadInput(
            f"{table.file}:不是修补记录(没有“{names}”列)。请用 repair --log 生成记录,填写后交回。",
            f"{table.file}: is no log of a repair (no column {names}). Make one with repair --log, fill it in, "
            "and give it back.",
        )
    head = HEADERS[language]
    winners = table.values(head[_WINNER])
    faces = table.values(head[_FACE]) if head[_FACE] in table.columns else [None] * len(table)
    filled = [index for index, winner in enumerate(winners) if winner is not None]
    places = _places(table, filled, snapshot.crs, language)
    parents = table.values(head[_PARENT])
    return tuple(
        Decision(
            parent=parents[index] or "",
            x=float(x),
            y=float(y),
            winner=winners[index] or "",
            face=_number(faces[index]),
            row=f"{table.file}:{int(table.row_numbers[index])}",
        )
        for index, (x, y) in zip(filled, places.tolist(), strict=True)
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _places(table: Table, rows: Sequence[int], crs: SourceCrs, language: Language) -> Any:
    """The places of some rows in the system of the plan."""
    names = ("x", "y") if {"x", "y"} <= set(table.columns) else _PLACES[language]
    xy = np.empty((len(rows), 2))
    for axis, name in enumerate(names):
        values = table.values(name) if name in table.columns else [None] * len(table)
        for place, index in enumerate(rows):
            try:
                xy[place, axis] = float(values[index] or "")
            except ValueError as error:
                number = int(table.row_numbers[index])
                raise BadInput(
                    f"{table.file} 第 {number} 行“{name}”列:不是坐标。请保留修补记录中的坐标列。",
                    f'{table.file} row {number} column "{name}": is no coordinate. Keep the columns of coordinates.',
                ) from error
    if names == ("x", "y") or not len(xy):
        return xy
    return project(xy, SourceCrs(STORAGE_CRS, STORAGE_CRS), crs.base)
