"""``locate``: which grid a point, or each point of a file, is in."""

from pathlib import Path
from typing import Annotated

import typer

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
from api.cli.sources import Files, GridsFile, ParentsFile
from boundaries.errors import BadInput
from boundaries.lookup.answer import Purpose

Points = Annotated[
    Path | None, typer.Argument(metavar="[POINTS]", help="点的文件,须加 --out / file of points, with --out")
]
OnePoint = Annotated[str | None, typer.Option("--point", metavar="X,Y", help="一个点:经度,纬度 或 东,北 / one point")]
For = Annotated[
    Purpose | None,
    typer.Option("--for", help="存什么:住户或商铺;多答一列 responsible / what is stored: adds responsible"),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="用 Dask 集群查一个文件夹的 Parquet:local 或 tcp://主机:8786 / a folder of Parquet on a Dask cluster",
    ),
]


def locate(
    points: Points = None,
    *,
    point: OnePoint = None,
    crs: Crs = None,
    grids: GridsFile = None,
    parents: ParentsFile = None,
    generation: GenerationNumber = None,
    for_: For = None,
    code_column: CodeColumn = None,
    parent_column: ParentColumn = None,
    encoding: Encoding = None,
    column: ColumnNames = None,
    out: OutFile = None,
    scheduler: Scheduler = None,
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
        from api.cli.locate_one import locate_one

        locate_one(point, files, crs=crs, generation=generation, for_=for_, shape=format)
        return
    if points is None or out is None:
        raise BadInput(
            "查文件里的点须用 --out FILE 指明结果文件。", "For a file of points name the result: --out FILE."
        )
    from api.cli.locate_points import PointsFile, locate_points

    file = PointsFile(points, out, crs=crs, encoding=encoding, columns=column or ())
    if scheduler is not None:
        from api.cli.locate_spread import locate_spread

        locate_spread(file, files, scheduler=scheduler, generation=generation, for_=for_)
        return
    locate_points(file, files, generation=generation, for_=for_)
