"""``locate FILE --place-column NAME``: rows with an address instead of coordinates."""

from typing import TYPE_CHECKING

from api.cli.locate_points import PointsFile, in_words, note_written, read_table, require_new, require_out
from api.cli.progress import phase
from api.cli.sources import Files, State, read_snapshot
from boundaries.errors import BadInput
from boundaries.lookup.answer import Purpose

if TYPE_CHECKING:
    from boundaries.snapshot import Snapshot


def locate_places(
    points: PointsFile, files: Files, *, place_column: str, generation: int | None, for_: Purpose | None
) -> None:
    """Add the answer to every row whose address names exactly one thing.

    Parameters
    ----------
    points : PointsFile
    files : Files
        Of the plan with its premises; none for the database.
    place_column : str
        Header of the column of addresses.
    generation : int or None
    for_ : {"household", "shop"}, optional

    Raises
    ------
    BadInput
        If there is no such column, or nothing that an address could name.
    """
    import numpy as np

    from boundaries.exchange.point_tables import coordinates_of
    from boundaries.exchange.point_writing import write_points
    from boundaries.lookup.addresses import AddressBook
    from boundaries.lookup.plan_index import PlanIndex
    from boundaries.services.place_lookup import answer_places

    require_out(points, files)
    table = read_table(points, place_column)
    if place_column not in table.columns:
        raise BadInput(
            f"{table.file} 没有“{place_column}”列(--place-column)。现有的列:{'、'.join(table.columns)}。",
            f'{table.file} has no column "{place_column}" (--place-column). It has: {", ".join(table.columns)}.',
        )
    with phase(in_words("查询", "looking up")):
        plan = _whole_plan(files, generation)
        texts = [None if text is None else str(text) for text in table.data[place_column].to_pylist()]
        answers = answer_places(PlanIndex.of(plan), AddressBook.of(plan), texts, for_=for_)
    require_new(table.file, table.columns, tuple(answers.columns))
    nowhere = np.full((len(table), 2), np.nan)
    xy = nowhere if table.geometry is None else coordinates_of(table, points.named).xy
    with phase(in_words("写出", "writing")):
        write_points(points.out, table, answers.columns, xy)
    zh = f"{len(table)} 个地址:{answers.exact} 个对上一处,{answers.open} 个有多个候选,{answers.unknown} 个没有对上"
    en = f"{len(table)} addresses: {answers.exact} name one thing, {answers.open} several, {answers.unknown} nothing"
    note_written(points, zh, en)


def _whole_plan(files: Files, generation: int | None) -> "Snapshot":
    plan = read_snapshot(files, State(generation=generation))
    if not (plan.buildings or plan.compounds or plan.shops):
        raise BadInput(
            "没有楼栋、小区或商铺,地址无从对照。请先导入,或用 --buildings --compounds --shops 给出文件。",
            "There are no buildings, compounds or shops that an address could name. Load them, or give files with "
            "--buildings --compounds --shops.",
        )
    return plan
