"""Answers of the index, in bulk and one at a time, against GEOS and PostGIS, on points that are hard to place.

Where two do not agree, fractions decide who is wrong (``tests.point_cases.exact``).
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geo.cell_table import CellTable
from geo.locate import NOWHERE, Answers, CellIndex
from geo.locate_one import locator
from geo.touching import lowest_touching
from tests.benchmarks import point_sql
from tests.benchmarks.command import Table, tell
from tests.benchmarks.lookup import make_layer
from tests.benchmarks.tools import Absent
from tests.geo.layers import LAYERS, lattice_of_boxes
from tests.point_cases import coordinates_of
from tests.point_cases.exact import touching
from tests.points import Cells, Points, kinds_of_points
from tests.points.mixed import mixed_points
from tests.points.squares import corners_on_centre_lines, level_on_centre_lines, table_with
from tests.synthetic.degrees import in_degrees

COLUMNS = ("layer", "kind of point", "points", "on border", "bulk ≠ GEOS", "one ≠ bulk", "index wrong", "GEOS wrong")
IN_SQL = ("layer", "points", "index ≠ PostGIS", "index wrong", "PostGIS wrong")
SQUARES = (30, 7)
TOLERANCE_M, TOLERANCE_DEG = 1e-7, 2e-9
# Doubtful answers that are judged one by one in each layer and kind.
_MOST_JUDGED = 200
Tally = dict[str, Counter[str]]


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.exactness", description=__doc__)
    parser.add_argument("--points", type=int, default=5_000_000, help="in all (default: 5,000,000)")
    parser.add_argument("--sql-points", type=int, default=200_000, help="of them, with PostGIS too (default: 200,000)")
    parser.add_argument("--one-share", type=float, default=1.0, help="share that is asked one at a time too")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="append the tables to this Markdown file too")
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    layers = dict(_layers(given.seed))
    each, each_in_sql = (-(-number // (len(layers) * len(SQUARES))) for number in (given.points, given.sql_points))
    table = Table("Exactness", COLUMNS, given.out)
    table.begin()
    asked: list[tuple[str, int, Cells, Points, Answers]] = []
    total: Counter[str] = Counter()
    for name, cells_with in layers.items():
        tally: Tally = {}
        for squares in SQUARES:
            cells = cells_with(squares)
            xy, answers = _compared(cells, squares, rng, tally, count=each, one_share=given.one_share)
            some = rng.choice(len(xy), size=min(each_in_sql, len(xy)), replace=False)
            asked.append((name, squares, cells, xy[some], Answers(answers.cell[some], answers.on_border[some])))
        for kind, counts in tally.items():
            table.row(name, kind, *(counts[column] for column in COLUMNS[2:]))
            total.update(counts)
    table.row("all", "all", *(total[column] for column in COLUMNS[2:]))
    if given.sql_points:
        _compare_with_sql(asked, Table("Exactness against PostGIS", IN_SQL, given.out))


def _layers(seed: int) -> Iterator[tuple[str, Callable[[int], Cells]]]:
    """Layers by name; some hang on the size of the squares that are laid over them."""
    for name, make in LAYERS.items():
        yield name, lambda _, make=make: make()
    yield "level edges on centre lines", lambda squares: level_on_centre_lines(squares=squares)
    yield "corners on centre lines", lambda squares: corners_on_centre_lines(squares=squares)
    steps = np.round(119.18 + np.arange(101) * 0.001, 9)
    yield (
        "10k boxes in degrees",
        lambda _: shapely.transform(lattice_of_boxes(steps), lambda xy: np.round(xy - (0.0, 86.91), 9)),
    )
    metric = make_layer("10k", seed)
    yield "10k in metres", lambda _: metric.cells
    for decimals in (9, 7):
        cells = in_degrees(metric, decimals=decimals).cells
        yield f"10k in degrees, 1e-{decimals}", lambda _, cells=cells: cells


def _compared(
    cells: Cells, squares: int, rng: Generator, tally: Tally, *, count: int, one_share: float
) -> tuple[Points, Answers]:
    """Half hard points, half mixed ones; what differs is counted by kind."""
    table = table_with(cells, squares=squares, tolerance=tolerance_of(cells))
    kinds = _drawn(cells, table, rng, count)
    kind = np.repeat(np.arange(len(kinds)), [len(xy) for xy in kinds.values()])
    xy = np.concatenate(list(kinds.values()))
    x, y = xy.T.copy()
    ours, slow = CellIndex(table).locate(x, y), lowest_touching(cells, x, y)
    same = (ours.cell == slow.cell) & (ours.on_border == slow.on_border)
    one_differs = _one_at_a_time(table, xy, ours, np.flatnonzero(rng.random(len(xy)) < one_share))
    for number, name in enumerate(kinds):
        mine = kind == number
        doubtful = np.flatnonzero(mine & ~same)[:_MOST_JUDGED]
        right = _judged(cells, xy[doubtful])
        tally.setdefault(name, Counter()).update(
            {
                "points": int(mine.sum()),
                "on border": int(ours.on_border[mine].sum()),
                "bulk ≠ GEOS": int((mine & ~same).sum()),
                "one ≠ bulk": int((mine & one_differs).sum()),
                "index wrong": _wrong(ours, doubtful, right),
                "GEOS wrong": _wrong(slow, doubtful, right),
            }
        )
    return xy, ours


def _drawn(cells: Cells, table: CellTable, rng: Generator, count: int) -> dict[str, Points]:
    half, tried = count // 2, kinds_of_points(cells, table.lattice, rng, count=1)
    hard = kinds_of_points(cells, table.lattice, rng, count=-(-half // len(tried)))
    near = 0.05 * float(np.sqrt(shapely.area(cells).mean()))
    return {**hard, "mixed": mixed_points(cells, rng, count=count - half, near=near)}


def _one_at_a_time(table: CellTable, xy: Points, ours: Answers, asked: NDArray[np.int64]) -> NDArray[np.bool_]:
    one, differs = locator(table), np.zeros(len(xy), dtype=bool)
    told = [one(x, y) for x, y in xy[asked].tolist()]
    expected = zip(ours.cell[asked].tolist(), ours.on_border[asked].tolist(), strict=True)
    differs[asked] = [answer != right for answer, right in zip(told, expected, strict=True)]
    return differs


def _judged(cells: Cells, xy: Points) -> list[tuple[int, bool]]:
    """Right answers of a few points."""
    right = []
    for x, y in xy.tolist():
        near = np.flatnonzero(shapely.intersects(shapely.box(*shapely.bounds(cells).T), shapely.Point(x, y)))
        found, on_border = touching([coordinates_of(cell) for cell in cells[near]], x, y)
        right.append((int(near[found[0]]) if found else NOWHERE, on_border))
    return right


def tolerance_of(cells: Cells) -> float:
    """That of degrees where the cells are smaller than any are in metres."""
    return TOLERANCE_DEG if float(np.sqrt(shapely.area(cells).mean())) < 0.05 else TOLERANCE_M


def _wrong(told: Answers, asked: NDArray[np.int64], right: list[tuple[int, bool]]) -> int:
    pairs = zip(told.cell[asked].tolist(), told.on_border[asked].tolist(), strict=True)
    return sum(answer != truth for answer, truth in zip(pairs, right, strict=True))


def _compare_with_sql(asked: list[tuple[str, int, Cells, Points, Answers]], table: Table) -> None:
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(point_sql.connected())
        except Absent as reason:
            tell(f"\nPostGIS is left out: {reason}\n")
            return
        table.begin()
        total: Counter[str] = Counter()
        for name, squares, cells, xy, answers in asked:
            point_sql.put_cells(connection, cells)
            point_sql.put_points(connection, xy)
            told = point_sql.lowest(connection, len(xy))
            differs = np.flatnonzero(told != answers.cell)
            right = [cell for cell, _ in _judged(cells, xy[differs[:_MOST_JUDGED]])]
            counts = {
                "points": len(xy),
                "index ≠ PostGIS": len(differs),
                "index wrong": sum(answers.cell[differs[: len(right)]] != right),
                "PostGIS wrong": sum(told[differs[: len(right)]] != right),
            }
            table.row(f"{name}, {squares} squares", *(int(counts[column]) for column in IN_SQL[1:]))
            total.update({key: int(value) for key, value in counts.items()})
        table.row("all", *(total[column] for column in IN_SQL[1:]))


if __name__ == "__main__":
    main()
