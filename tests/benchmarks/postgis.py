"""The same questions in SQL, on a private cluster that is thrown away."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from tests.benchmarks.point_sql import connected

_TABLES = """
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE cell (id int PRIMARY KEY, geom geometry);
CREATE TEMP TABLE parent (geom geometry);
"""
_INDEX = "CREATE INDEX ON cell USING gist (geom); ANALYZE cell; ANALYZE parent;"
_GAPS = """
SELECT ST_AsBinary((ST_Dump(ST_Difference(parent.geom, (SELECT ST_Union(geom) FROM cell)))).geom) FROM parent
"""
_OVERLAPS = """
SELECT ST_AsBinary(ST_Intersection(a.geom, b.geom))
FROM cell a JOIN cell b ON a.id < b.id AND a.geom && b.geom AND ST_Relate(a.geom, b.geom, '2********')
"""


@contextmanager
def questions(
    cells: NDArray[np.object_], parent: Any
) -> Iterator[tuple[Callable[[], tuple[list[Any], list[Any]]], Callable[[], float]]]:
    """Gaps by union and difference and overlaps by a self-join, and the clock of the server process that answers.

    Raises
    ------
    Absent
        If PostgreSQL, PostGIS or a library to reach them is missing.
    """
    with connected() as connection:
        _fill(connection, cells, parent)

        def ask() -> tuple[list[Any], list[Any]]:
            gaps, overlaps = (connection.execute(query).fetchall() for query in (_GAPS, _OVERLAPS))
            return [shapely.from_wkb(row[0]) for row in gaps], [shapely.from_wkb(row[0]) for row in overlaps]

        yield ask, _clock_of(connection.info.backend_pid)


def _fill(connection: Any, cells: NDArray[np.object_], parent: Any) -> None:
    connection.execute(_TABLES)
    with connection.cursor() as cursor:
        with cursor.copy("COPY cell (id, geom) FROM STDIN") as copy:
            for number, shape in enumerate(shapely.to_wkb(cells, hex=True)):
                copy.write_row((number, shape))
        with cursor.copy("COPY parent (geom) FROM STDIN") as copy:
            copy.write_row((shapely.to_wkb(parent, hex=True),))
    connection.execute(_INDEX)


def _clock_of(process: int) -> Callable[[], float]:
    """CPU seconds of a server process and of this one, which reads the answers."""
    status = Path(f"/proc/{process}/schedstat")

    def clock() -> float:
        return int(status.read_text(encoding="ascii").split()[0]) / 1e9 + time.process_time()

    return clock
