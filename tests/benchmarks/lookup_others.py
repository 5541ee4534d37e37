"""Bulk look-up by other tools, each on as many cores as it likes, against the index on one.

Cells and points stand in each tool's own tables before the clock starts, cells with their
index where the tool has one. What is told ends as an array of the lowest touching cells.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.locate import CellIndex
from tests.benchmarks import point_sql, tools
from tests.benchmarks.command import Table, tell
from tests.benchmarks.lookup import POINTS, SETS, TOLERANCE, layers
from tests.benchmarks.measure import Contender, Timing, take_turns
from tests.points.mixed import mixed_points
from tests.synthetic import Sample

COLUMNS = ("set", "contender", "wall s", "points", "M points/s", "index is faster by", "different")
# PostGIS takes half a minute for a million points.
SQL_POINTS = 100_000
THREADS = 2
_JOIN = (
    "SELECT p.id AS point, min(c.id) AS cell FROM points p JOIN cells c ON ST_Intersects(c.geom, p.geom) GROUP BY p.id"
)

Lowest = NDArray[np.int64]
Locate = Callable[[], Lowest]


def main() -> None:
    """Read the command line and measure each set."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.lookup_others", description=__doc__)
    parser.add_argument("sets", nargs="*", default=list(SETS), help=f"sets (default: {' '.join(SETS)})")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each contender (default: 5)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="append the table to this Markdown file too")
    given = parser.parse_args()
    table = Table("Look-up by other tools", COLUMNS, given.out)
    table.begin()
    for name, sample in layers(given.sets, given.seed):
        xy = mixed_points(sample.cells, np.random.default_rng(given.seed), count=POINTS)
        with ExitStack() as stack:
            contenders, counts = zip(*_contenders(sample, xy, stack), strict=True)
            timings = take_turns(contenders, sample, repeats=given.repeats, with_memory=False)
        for timing, count in zip(timings, counts, strict=True):
            _tell(table, name, (timing, count), timings[0])


def _contenders(sample: Sample, xy: NDArray[np.float64], stack: ExitStack) -> Iterator[tuple[Contender, int]]:
    """Each way with the number of points that it is given."""
    index = CellIndex.of(sample.cells, tolerance=TOLERANCE)
    x, y = xy.T.copy()
    yield _contender("index, one core", lambda: index.locate(x, y).cell), len(xy)
    makers = (
        ("sedonadb, two cores", _by_sedonadb, len(xy)),
        ("duckdb spatial, two threads", _by_duckdb, len(xy)),
        ("geopandas.sjoin", _by_geopandas, len(xy)),
        ("PostGIS join, one process", _by_postgis, SQL_POINTS),
    )
    for name, make, count in makers:
        try:
            yield _contender(name, make(sample.cells, xy[:count], stack)), count
        except tools.Absent as reason:
            tell(f"\n{name} is left out: {reason}\n\n")


def _contender(name: str, locate: Locate) -> Contender:
    return Contender(name, lambda *_: locate(), perf_counter)


def _by_sedonadb(cells: NDArray[np.object_], xy: NDArray[np.float64], _: ExitStack) -> Locate:
    try:
        import sedonadb  # noqa: PLC0415  a machine without it measures the rest
    except ImportError as error:
        raise tools.Absent(f"{error} (pip install '.[benchmarks]')") from error
    import geopandas as gpd  # noqa: PLC0415

    session = sedonadb.connect()
    for name, shapes in (("cells", cells), ("points", shapely.points(xy))):
        frame = gpd.GeoDataFrame({"id": np.arange(len(shapes))}, geometry=shapes).rename_geometry("geom")
        session.create_data_frame(frame).to_memtable().to_view(name)
    return lambda: _placed(session.sql(_JOIN).to_arrow_table(), len(xy))


def _by_duckdb(cells: NDArray[np.object_], xy: NDArray[np.float64], stack: ExitStack) -> Locate:
    try:
        import duckdb  # noqa: PLC0415
        import duckdb_extension_spatial as packed  # noqa: PLC0415  DuckDB would fetch it from its makers' server
    except ImportError as error:
        raise tools.Absent(f"{error} (pip install '.[benchmarks]')") from error
    import pyarrow as pa  # noqa: PLC0415

    connection = stack.enter_context(duckdb.connect())
    connection.load_extension(str(next(Path(packed.__file__).parent.rglob("spatial.duckdb_extension"))))
    connection.execute(f"SET threads = {THREADS}")
    for name, shapes in (("cells", cells), ("points", shapely.points(xy))):
        arriving = pa.table({"id": np.arange(len(shapes)), "wkb": shapely.to_wkb(shapes)})
        connection.from_arrow(arriving).project("id, ST_GeomFromWKB(wkb) AS geom").create(name)
    return lambda: _placed(connection.execute(_JOIN).to_arrow_table(), len(xy))


def _by_geopandas(cells: NDArray[np.object_], xy: NDArray[np.float64], _: ExitStack) -> Locate:
    import geopandas as gpd  # noqa: PLC0415

    shapes = gpd.GeoDataFrame({"cell": np.arange(len(cells))}, geometry=cells)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T))
    _ = shapes.sindex

    def locate() -> Lowest:
        # On a border there are two rows; the first cell is asked for.
        lowest = points.sjoin(shapes, predicate="intersects")["cell"].groupby(level=0).min()
        return np.asarray(lowest.reindex(range(len(xy)), fill_value=-1))

    return locate


def _by_postgis(cells: NDArray[np.object_], xy: NDArray[np.float64], stack: ExitStack) -> Locate:
    connection = stack.enter_context(point_sql.connected())
    connection.execute("SET max_parallel_workers_per_gather = 0")
    point_sql.put_cells(connection, cells)
    point_sql.put_points(connection, xy)
    return lambda: point_sql.lowest(connection, len(xy))


def _placed(rows: Any, count: int) -> Lowest:
    """One answer for each point, where the tool tells only of those it has found."""
    lowest = np.full(count, -1, dtype=np.int64)
    lowest[rows["point"].to_numpy()] = rows["cell"].to_numpy()
    return lowest


def _tell(table: Table, name: str, told: tuple[Timing, int], ours: Timing) -> None:
    timing, count = told
    faster = None if timing is ours else (timing.median / count) / (ours.median / POINTS)
    different = int((np.asarray(timing.result) != ours.result[:count]).sum())
    table.row(name, timing.name, timing.median, count, count / timing.median / 1e6, faster, different)


if __name__ == "__main__":
    main()
