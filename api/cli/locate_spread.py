"""``locate FOLDER --scheduler``: partitioned Parquet, answered by the workers of a cluster."""

from importlib.util import find_spec
from pathlib import Path

from api.cli.locate_points import PointsFile, in_words, plan_for, require_new
from api.cli.output import note
from api.cli.progress import phase
from api.cli.sources import Files
from boundaries.errors import BadInput
from boundaries.lookup.answer import Purpose


def locate_spread(
    points: PointsFile, files: Files, *, scheduler: str, generation: int | None, for_: Purpose | None
) -> None:
    """Add the answer to every row of Parquet files, on many processes or machines.

    Parameters
    ----------
    points : PointsFile
        A folder of Parquet files, or a pattern; the result is a new folder.
    files : Files
        Of the plan; none for the database.
    scheduler : str
        ``local`` or an address.
    generation : int or None
    for_ : {"household", "shop"}, optional

    Raises
    ------
    BadInput
        If the parts of the program for it are missing, or what is read or written cannot be.
    Unavailable
        If the scheduler cannot be reached.
    """
    _require_dask()
    from pyarrow import parquet

    from boundaries.exchange.point_tables import coordinate_columns
    from boundaries.services import spread_lookup
    from boundaries.services.file_lookup import ADDED
    from geo.crs import parse_crs

    _require_new_folder(points.out)
    folder, parts = spread_lookup.part_files(points.path)
    columns = tuple(parquet.read_schema(parts[0]).names)
    places = coordinate_columns(str(points.path), columns, points.named)
    system = parse_crs(points.crs)
    require_new(str(points.path), columns, ADDED)
    plan = plan_for(files, generation)
    question = spread_lookup.Question(places, system, for_)
    with spread_lookup.cluster(scheduler) as client, phase(in_words("查询", "looking up")):
        found = spread_lookup.answer_parts(client, plan, parts, folder=folder, out=points.out, question=question)
    zh = f"{found.rows} 个点:{found.in_grid} 个在网格内,{found.in_gap} 个在空白处,{found.outside} 个在所有区域之外"
    en = f"{found.rows} points: {found.in_grid} in a grid, {found.in_gap} in a gap, {found.outside} outside all areas"
    note(in_words(f"{zh};已写入 {points.out}", f"{en}; written to {points.out}"))
    if found.unusable:
        zh = f"{found.unusable} 行坐标不可用,答案留空(on_border 为空的行)。请更正后重查。"
        en = f"{found.unusable} rows without usable coordinates were left empty (on_border is empty). Correct them."
        note(in_words(zh, en))


def _require_dask() -> None:
    if find_spec("distributed") is None:
        raise BadInput(
            "--scheduler 需要 Dask,本机没有安装。请运行 .venv/bin/pip install -r requirements-dev.txt;"
            "不能上网时加 --no-index --find-links 安装包文件夹。",
            "--scheduler needs Dask, which is not installed. Run .venv/bin/pip install -r requirements-dev.txt; "
            "without a network add --no-index --find-links FOLDER-OF-WHEELS.",
        )


def _require_new_folder(out: Path) -> None:
    if out.exists():
        raise BadInput(
            f"--out {out} 已存在。--scheduler 写一个新的文件夹,请换一个名字。",
            f"--out {out} exists. --scheduler writes a new folder: choose another name.",
        )
    if not out.parent.is_dir():
        raise BadInput(
            f"--out {out}:没有文件夹 {out.parent}。请换一个存在的文件夹。",
            f"--out {out}: there is no folder {out.parent}. Choose one that exists.",
        )
