"""``locate FILE``: every row of a file is answered, what cannot be is told by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import context
from api.cli.output import note
from api.cli.progress import phase
from api.cli.sources import Files, State, read_snapshot
from boundaries.errors import BadInput
from boundaries.lookup.answer import Purpose

if TYPE_CHECKING:
    from boundaries.exchange.point_tables import Coordinates, PointTable
    from boundaries.lookup.plan_index import PlanIndex
    from boundaries.services.file_lookup import FileAnswers

_NAMED_ROWS = 5


@dataclass(frozen=True, slots=True)
class PointsFile:
    """A file of points and how it is to be read."""

    path: Path
    out: Path
    crs: str | None = None
    encoding: str | None = None
    columns: Sequence[str] = ()

    @property
    def named(self) -> dict[str, str]:
        """Fields and the headers that the caller names for them."""
        return dict(text.split("=", maxsplit=1) for text in self.columns if "=" in text)


def locate_points(points: PointsFile, files: Files, *, generation: int | None, for_: Purpose | None) -> None:
    """Add the answer to every row of a file.

    Parameters
    ----------
    points : PointsFile
    files : Files
        Of the plan; none for the database.
    generation : int or None
        By default the newest.
    for_ : {"household", "shop"}, optional

    Raises
    ------
    BadInput
        If a file cannot be used, no row has usable coordinates, or the axes of all are swapped.
    """
    from boundaries.exchange.point_tables import coordinates_of
    from boundaries.exchange.point_writing import write_points
    from boundaries.services.file_lookup import answer_points
    from geo.crs import parse_crs

    require_out(points, files)
    table = read_table(points)
    system = table.crs or parse_crs(None)
    coordinates = coordinates_of(table, points.named)
    plan = plan_for(files, generation)
    with phase(in_words("查询", "looking up")):
        answers = answer_points(plan, coordinates.xy, system, for_=for_)
    require_new(table.file, table.columns, tuple(answers.columns))
    bad = _unusable_rows(table, coordinates, answers)
    if len(answers.unusable) == len(table):
        raise BadInput(
            f"{table.file}:没有一行坐标可用:{bad[0]}。请核对坐标列和 --crs。",
            f"{table.file}: no row has usable coordinates: {bad[1]}. Check the columns and --crs.",
        )
    with phase(in_words("写出", "writing")):
        write_points(points.out, table, answers.columns, coordinates.xy)
    _say(points, len(table), answers, bad)


def require_out(points: PointsFile, files: Files) -> None:
    """Refuse, before any work, a result that cannot be written or would replace what is read.

    Raises
    ------
    BadInput
        Naming the options.
    """
    from boundaries.exchange.formats import SUFFIXES
    from boundaries.exchange.placing import require_apart, require_place

    require_place(points.out, suffixes=SUFFIXES, option="--out")
    inputs = {"POINTS": points.path} | {f"--{layer}": getattr(files, layer) for layer in files.named}
    require_apart(inputs, [("--out", points.out)])


def read_table(points: PointsFile, *headers: str) -> "PointTable":
    """Read the file, in which other headers may be expected too, and say what was skipped on the way."""
    from boundaries.exchange.point_files import read_points

    headers = (*headers, *points.named.values())
    with phase(in_words("读取", "reading")):
        table = read_points(points.path, crs=points.crs, encoding=points.encoding, headers=headers)
    for told in table.notes:
        note(in_words(told.zh, told.en))
    return table


def plan_for(files: Files, generation: int | None) -> "PlanIndex":
    """The index over the plan of the files, or over a generation."""
    from boundaries.lookup.plan_index import PlanIndex

    with phase(in_words("读取网格", "reading the grids")):
        if files.named:
            return PlanIndex.of(read_snapshot(files, State(generation=generation)))
        from boundaries.services.file_lookup import plan_of_generation
        from boundaries.store.engine import reading

        with reading(context.engine()) as session:
            return plan_of_generation(session, generation)


def require_new(file: str, columns: Sequence[str], added: Sequence[str]) -> None:
    """Refuse a file that has a column of the name of one that is added.

    Raises
    ------
    BadInput
        Naming it.
    """
    taken = [name for name in added if name in columns]
    if taken:
        raise BadInput(
            f"{file} 已有“{taken[0]}”列,结果会覆盖它。请先改名或删去该列。",
            f'{file} has a column "{taken[0]}" already. Rename or drop it first.',
        )


def in_words(zh: str, en: str) -> str:
    """The one of two texts that the reader reads."""
    return zh if context.language() == "zh" else en


def note_written(points: PointsFile, zh: str, en: str) -> None:
    """Say what was found, and where it stands."""
    note(in_words(f"{zh};已写入 {points.out}", f"{en}; written to {points.out}"))


def _unusable_rows(table: "PointTable", coordinates: "Coordinates", answers: "FileAnswers") -> tuple[str, str]:
    """The first rows without usable coordinates and what stands there, in both languages."""
    from boundaries.exchange.point_tables import shown

    rows = answers.unusable[:_NAMED_ROWS].tolist()
    found = [(int(table.row_numbers[row]), shown(table, coordinates.columns, row)) for row in rows]
    more = len(answers.unusable) > len(rows)
    zh = ";".join(f"第 {number} 行“{text}”" if text else f"第 {number} 行是空的" for number, text in found)
    en = "; ".join(f'row {number} "{text}"' if text else f"row {number} is empty" for number, text in found)
    return zh + (" 等" if more else ""), en + (" and more" if more else "")


def _say(points: PointsFile, count: int, answers: "FileAnswers", bad: tuple[str, str]) -> None:
    zh = f"{count} 个点:{answers.in_grid} 个在网格内,{answers.in_gap} 个在空白处,{answers.outside} 个在所有区域之外"
    en = f"{count} points: {answers.in_grid} in a grid, {answers.in_gap} in a gap, {answers.outside} outside all areas"
    note_written(points, zh, en)
    unusable = len(answers.unusable)
    if unusable:
        zh = f"{unusable} 行坐标不可用,答案留空:{bad[0]}。请更正后重查这些行。"
        en = f"{unusable} rows without usable coordinates were left empty: {bad[1]}. Correct them and ask again."
        note(in_words(zh, en))
