"""Bulk look-up by the index of cells, against the best exact way with shapely."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from time import process_time
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.locate import CellIndex
from geo.locate_one import locator
from tests.benchmarks.command import Options, Table, ratio, read_options
from tests.benchmarks.measure import Contender, take_turns
from tests.points.mixed import mixed_points
from tests.synthetic import Block, Sample
from tests.synthetic.mosaic import ORIGIN_M, SEGMENTS, SPACING_M, assemble, make_mosaic

SETS = ("1k", "10k", "100k")
COLUMNS = ("set", "cells", "contender", "M points/s", "to anchor", "build s", "index MB", "one point µs", "different")
POINTS = 1_000_000
SINGLE = 20_000
TOLERANCE = 1e-7
# A town: whatever their number, the cells cover 900 km², and have 65 vertices.
SIDE_M = 30_000.0
_LEFT_OUT = (2, 5, 8, 11, 14)
_SET = re.compile(r"(\d+)(k?)")


def main(options: Options) -> None:
    """Measure each set."""
    table = Table("Look-up", COLUMNS, options.out)
    table.begin()
    for name, sample in layers(options.sets, options.seed):
        x, y = mixed_points(sample.cells, np.random.default_rng(options.seed), count=POINTS).T.copy()
        begin = process_time()
        index = CellIndex.of(sample.cells, tolerance=TOLERANCE)
        build_s = process_time() - begin
        contenders = (
            Contender("index", lambda *_, index=index, x=x, y=y: index.locate(x, y).cell),
            Contender("bbox join, sorted, intersects_xy", partial(_Sorted(sample.cells).locate, x, y)),
        )
        ours, anchor = take_turns(contenders, sample, repeats=options.repeats, with_memory=False)
        different = int((ours.result != anchor.result).sum())
        told = (build_s, _megabytes(index), _one_point_us(index, x, y), different)
        table.row(name, len(sample.cells), ours.name, len(x) / ours.median / 1e6, ratio(ours, anchor), *told)
        table.row(name, len(sample.cells), anchor.name, len(x) / anchor.median / 1e6, "1", None, None, None, None)


def layers(names: Iterable[str], seed: int) -> Iterator[tuple[str, Sample]]:
    """Each layer by its name, made only when its turn comes."""
    for name in names:
        yield name, make_layer(name, seed)


def make_layer(name: str, seed: int) -> Sample:
    """Make about so many clean cells of 65 vertices that cover 900 km².

    Parameters
    ----------
    name : str
        ``1k``, ``10k``, ``400`` …
    seed : int

    Returns
    -------
    Sample
        In metres, cells in an order without structure.

    Raises
    ------
    SystemExit
        If the name is no number.
    """
    match = _SET.fullmatch(name)
    if match is None:
        raise SystemExit(f"no such set: {name} (say 1k, 10k, 400 …)")
    side = round((int(match[1]) * (1000 if match[2] else 1)) ** 0.5)
    mosaic = make_mosaic(Block(seed, side))
    # Both sides of a border keep the same vertices, since the list reads the same from either end.
    kept = np.delete(np.arange(SEGMENTS + 1), _LEFT_OUT)
    redrawn = {number: mosaic.line(number)[kept] for number in np.flatnonzero(~mosaic.short[mosaic.border]).tolist()}
    factor = SIDE_M / (side * SPACING_M)
    cells = shapely.transform(assemble(mosaic, redrawn), lambda xy: (xy - ORIGIN_M) * factor + ORIGIN_M)
    cells = np.random.default_rng(seed).permutation(cells)
    return Sample(cells, shapely.coverage_union_all(cells))


class _Sorted:
    """Cells prepared and in a tree before the clock starts, as the index is."""

    def __init__(self, cells: NDArray[np.object_]) -> None:
        self._cells = cells.copy()
        shapely.prepare(self._cells)
        self._tree = shapely.STRtree(self._cells)

    def locate(self, x: NDArray[np.float64], y: NDArray[np.float64], *_: Any) -> NDArray[np.int64]:
        point, cell = self._tree.query(shapely.points(x, y))
        order = np.argsort(cell, kind="stable")
        point, cell = point[order], cell[order]
        touching = shapely.intersects_xy(self._cells[cell], x[point], y[point])
        lowest = np.full(len(x), len(self._cells), dtype=np.int64)
        np.minimum.at(lowest, point[touching], cell[touching])
        return np.where(lowest == len(self._cells), -1, lowest)


def _megabytes(index: CellIndex) -> float:
    table = index.table
    if table is None:
        return 0.0
    arrays = (table.answer, table.border, table.listed, table.edges.ends, table.edges.sides)
    return float(sum(values.nbytes for values in arrays) / 1e6)


def _one_point_us(index: CellIndex, x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if index.table is None:
        return float("nan")
    one, points = locator(index.table), list(zip(x[:SINGLE].tolist(), y[:SINGLE].tolist(), strict=True))
    begin = process_time()
    for point in points:
        one(*point)
    return (process_time() - begin) / len(points) * 1e6


if __name__ == "__main__":
    main(read_options("tests.benchmarks.lookup", __doc__, SETS))
