"""``locate``: which grid a point, or each point of a file, is in."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from api.cli.sources import BuildingsFile, CompoundsFile, Files, GridsFile, ParentsFile, ShopsFile
from boundaries.errors import BadInput
from boundaries.lookup.answer import Purpose

if TYPE_CHECKING:
    from api.cli.locate_points import PointsFile

Way = Callable[["PointsFile", Files, int | None, Purpose | None], None]
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
PlaceColumn = Annotated[
    str | None,
    typer.Option(
        "--place-column", metavar="NAME", help="按这一列的地址查,不用坐标 / look up the addresses in a column"
    ),
]
Since = Annotated[
    int | None,
    typer.Option(
        "--since",
        metavar="N",
        min=1,
        help="文件是第 N 版时的结果:只重查变动过的地方 / a result of generation N: ask again where the plan changed",
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
    place_column: PlaceColumn = None,
    since: Since = None,
    buildings: BuildingsFile = None,
    compounds: CompoundsFile = None,
    shops: ShopsFile = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Say which grid a point is in, or add the answer to every row of a file.

    Raises
    ------
    BadInput
        If neither or both of a point and a file are given, a file has no ``--out``, or
        options do not go together.
    """
    if (points is None) == (point is None):
        raise BadInput(
            "请给一个点(--point X,Y)或一个点的文件,二者之一。", "Give one point (--point X,Y) or a file of points."
        )
    # The system of the points is not that of the grids' file, which says its own.
    files = Files(
        grids,
        parents,
        buildings,
        compounds,
        shops,
        code_column=code_column,
        parent_column=parent_column,
        encoding=encoding,
    )
    if point is not None:
        from api.cli.locate_one import locate_one

        locate_one(point, files, crs=crs, generation=generation, for_=for_, shape=format)
        return
    if points is None or out is None:
        raise BadInput(
            "查文件里的点须用 --out FILE 指明结果文件。", "For a file of points name the result: --out FILE."
        )
    way = _way(scheduler=scheduler, place_column=place_column, since=since)
    if since is not None and files.named:
        raise BadInput(
            "--since 用于数据库里的版本,不能与网格文件一起用。请去掉其中一种。",
            "--since is about generations of the database and does not go with files. Leave one of them out.",
        )
    from api.cli.locate_points import PointsFile

    file = PointsFile(points, out, crs=crs, encoding=encoding, columns=column or ())
    way(file, files, generation, for_)


def _way(*, scheduler: str | None, place_column: str | None, since: int | None) -> Way:
    """How a file is looked up: at once, on a cluster, by addresses, or again."""
    named = {"--scheduler": scheduler, "--place-column": place_column, "--since": since}
    chosen = [name for name, value in named.items() if value is not None]
    if len(chosen) > 1:
        raise BadInput(f"{'、'.join(chosen)} 只能用一个。", f"Give only one of {', '.join(chosen)}.")
    if scheduler is not None:
        from api.cli.locate_spread import locate_spread

        return lambda file, files, number, for_: locate_spread(
            file, files, scheduler=scheduler, generation=number, for_=for_
        )
    if place_column is not None:
        from api.cli.locate_places import locate_places

        return lambda file, files, number, for_: locate_places(
            file, files, place_column=place_column, generation=number, for_=for_
        )
    if since is not None:
        from api.cli.locate_again import locate_again

        return lambda file, _, number, for_: locate_again(file, since=since, generation=number, for_=for_)
    from api.cli.locate_points import locate_points

    return lambda file, files, number, for_: locate_points(file, files, generation=number, for_=for_)
