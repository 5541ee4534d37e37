"""``locate``: which grid a point, or each point of a file, is in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from api.cli import context
from api.cli.context import (
    CodeColumn,
    ColumnNames,
    Crs,
    Encoding,
    GenerationNumber,
    OutFile,
    OutputFormat,
    ParentColumn,
)
from api.cli.output import emit, note, write_json
from api.cli.sources import Files, GridsFile, ParentsFile, State, read_snapshot
from boundaries.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from boundaries.exchange.tables import Table
    from boundaries.lookup.answer import LocatedMany
    from geo.crs import SourceCrs

ADDED = ("micro_grid", "area", "on_border", "in_gap")


class _Answers(NamedTuple):
    micro_grid: "list[str | None]"
    area: "list[str | None]"
    on_border: list[bool]
    in_gap: list[bool]


def locate(
    points: Annotated[
        Path | None, typer.Argument(metavar="[POINTS]", help="点的文件,须加 --out / file of points, with --out")
    ] = None,
    *,
    point: Annotated[
        str | None, typer.Option("--point", metavar="X,Y", help="一个点:经度,纬度 或 东,北 / one point")
    ] = None,
    crs: Crs = None,
    grids: GridsFile = None,
    parents: ParentsFile = None,
    generation: GenerationNumber = None,
    code_column: CodeColumn = None,
    parent_column: ParentColumn = None,
    encoding: Encoding = None,
    column: ColumnNames = None,
    out: OutFile = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Say which grid a point is in, or add the answer to every row of a file.

    Raises
    ------
    BadInput
        If neither or both of a point and a file are given, or a file has no ``--out``.
    """
    if (points is None) == (point is None):
        raise BadInput(
            "请给一个点(--point X,Y)或一个点的文件,二者之一。", "Give one point (--point X,Y) or a file of points."
        )
    # The system of the points is not that of the grids' file, which says its own.
    files = Files(grids, parents, code_column=code_column, parent_column=parent_column, encoding=encoding)
    if point is not None:
        _locate_one(point, crs, files, generation, format)
        return
    if out is None:
        raise BadInput(
            "查文件里的点须用 --out FILE 指明结果文件。", "For a file of points name the result: --out FILE."
        )
    table = _read_points(points, crs, encoding, column)
    xy, system = _coordinates(table, column)
    answers = _from_files(xy, system, files) if files.named else _from_database(xy, system, generation)
    _write(out, table, xy, system, answers)
    found = sum(code is not None for code in answers.micro_grid)
    zh, en = f"{len(xy)} 个点,{found} 个在网格内", f"{len(xy)} points, {found} in a grid"
    note(f"{zh},已写入 {out}" if context.language() == "zh" else f"{en}; written to {out}")


def _locate_one(
    text: str,
    crs: str | None,
    files: Files,
    generation: int | None,
    format: OutputFormat,  # noqa: A002  the option's own name
) -> None:
    x, y = _parse_point(text)
    if files.named:
        import numpy as np

        from geo.crs import parse_crs

        answers = _from_files(np.array([[x, y]]), parse_crs(crs), files)
        emit(
            {name: next(iter(values)) for name, values in answers._asdict().items()}, format=format, label=context.label
        )
        _say_outside(is_outside=not answers.in_gap[0] and answers.micro_grid[0] is None)
        return
    from dataclasses import asdict

    from boundaries.services import lookup
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = lookup.locate(session, x=x, y=y, crs=crs, generation=generation)
    _say_outside(is_outside=not found.areas)
    if format == "json":
        write_json(asdict(found))
        return
    lowest = found.areas[-1] if found.areas else None
    emit(
        {
            "micro_grid": found.micro_grid.code if found.micro_grid else None,
            "name": found.micro_grid.name if found.micro_grid else None,
            "area": lowest.code if lowest else None,
            "area_name": lowest.name if lowest else None,
            "dedicated": [grid.code for grid in found.dedicated],
            "on_border": found.on_border,
            "in_gap": found.in_gap,
            "generation": found.generation,
        },
        label=context.label,
    )


def _say_outside(*, is_outside: bool) -> None:
    if is_outside:
        note(
            "该点不在任何区域内。请核对坐标和 --crs。"
            if context.language() == "zh"
            else "The point lies in no area. Check its coordinates and --crs."
        )


def _parse_point(text: str) -> tuple[float, float]:
    parts = text.replace(",", ",").split(",")
    try:
        x, y = (float(part) for part in parts)
    except ValueError as error:
        raise BadInput(
            f"--point {text} 写法不对。应为两个数,用逗号隔开,例如 119.182,32.271。",
            f"--point {text} is not understood. Write two numbers with a comma between, for example 119.182,32.271.",
        ) from error
    return x, y


def _read_points(points: Path | None, crs: str | None, encoding: str | None, columns: list[str] | None) -> "Table":
    from boundaries.exchange.reading import read_table

    headers = [text.partition("=")[2] for text in columns or ()]
    return read_table(Path(points or ""), crs=crs, encoding=encoding, headers=headers)


def _coordinates(table: "Table", columns: list[str] | None) -> "tuple[NDArray[np.float64], SourceCrs]":
    """Coordinates of every row; a row without a point lies nowhere."""
    import numpy as np
    import shapely

    from geo.crs import parse_crs

    system = table.crs or parse_crs(None)
    if table.geometry is None:
        return _columns_of_coordinates(table, columns), system
    types = shapely.get_type_id(table.geometry)
    if not np.isin(types, (shapely.GeometryType.POINT, shapely.GeometryType.MISSING)).all():
        raise BadInput(
            f"{table.file}:图形不是点。请给点图层,或先在 QGIS 里取面的中心点。",
            f"{table.file}: shapes are not points. Give points, or take the centres of polygons in QGIS first.",
        )
    return np.column_stack([shapely.get_x(table.geometry), shapely.get_y(table.geometry)]), system


def _columns_of_coordinates(table: "Table", columns: list[str] | None) -> "NDArray[np.float64]":
    import numpy as np
    import pandas as pd

    from boundaries.exchange.headers import recognise

    named = dict(text.split("=", maxsplit=1) for text in columns or () if "=" in text)
    fields = recognise("shops", table.columns, named=named)
    if "x" not in fields or "y" not in fields:
        raise BadInput(
            f"{table.file}:找不到坐标列(经度、纬度或 x、y)。请用 --column x=表头 --column y=表头 指明。",
            f"{table.file}: no coordinate columns (经度 纬度, x y). Name them: --column x=HEADER --column y=HEADER.",
        )
    numbers = []
    for field in ("x", "y"):
        texts = table.rows[fields[field]]
        values = pd.to_numeric(texts, errors="coerce")
        odd = np.flatnonzero((values.isna() & texts.notna()).to_numpy())
        if len(odd):
            row, text = int(table.row_numbers[odd[0]]), texts.iloc[odd[0]]
            raise BadInput(
                f"{table.file} 第 {row} 行“{fields[field]}”列:“{text}”不是数字。请写十进制数,如 119.182345。",
                f'{table.file} row {row} column "{fields[field]}": "{text}" is no number. Write decimals.',
            )
        numbers.append(values.to_numpy(dtype=float))
    return np.column_stack(numbers)


def _from_files(xy: "NDArray[np.float64]", system: "SourceCrs", files: Files) -> _Answers:
    from boundaries.services.file_lookup import locate_in

    return _told(locate_in(read_snapshot(files, State()), xy, system))


def _from_database(xy: "NDArray[np.float64]", system: "SourceCrs", generation: int | None) -> _Answers:
    from boundaries.services.lookup import locate_many
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = locate_many(session, xy=xy, crs=system.shift or system.base, generation=generation)
    return _told(found)


def _told(found: "LocatedMany") -> _Answers:
    return _Answers(list(found.micro_grid), list(found.area), found.on_border.tolist(), found.in_gap.tolist())


def _write(out: Path, table: "Table", xy: "NDArray[np.float64]", system: "SourceCrs", answers: _Answers) -> None:
    """Write every column as it came, and the answers beside them."""
    import numpy as np
    import shapely

    from boundaries.exchange.formats import Columns, write_columns

    taken = [name for name in ADDED if name in table.columns]
    if taken:
        raise BadInput(
            f"{table.file} 已有“{taken[0]}”列,结果会覆盖它。请先改名或删去该列。",
            f'{table.file} has a column "{taken[0]}" already. Rename or drop it first.',
        )
    values: dict[str, Any] = {name: table.values(name) for name in table.columns}
    values |= dict(zip(ADDED, answers, strict=True))
    shapes: Any = None
    # A table of coordinates stays a table; only a format that needs shapes gets them.
    if table.geometry is not None or out.suffix.lower() in {".gpkg", ".shp", ".geojson", ".json", ".parquet"}:
        shapes = np.asarray(shapely.points(xy), dtype=object)
        shapes[~np.isfinite(xy).all(axis=1)] = None
    write_columns(out, Columns(values, shapes, system))
