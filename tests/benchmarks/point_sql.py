"""Which cell each point touches first, in SQL, on a private cluster that is thrown away."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from tests.benchmarks.tools import Absent

_LOWEST = """
SELECT point.id, min(cell.id) FROM point JOIN cell ON ST_Intersects(cell.geom, point.geom) GROUP BY point.id
"""


@contextmanager
def connected() -> Iterator[Any]:
    """A connection to a cluster made for this run.

    Raises
    ------
    Absent
        If PostgreSQL, PostGIS or a library to reach them is missing.
    """
    try:
        import psycopg  # noqa: PLC0415  a machine without it measures the rest

        from boundaries import cluster  # noqa: PLC0415
        from boundaries.errors import Unavailable  # noqa: PLC0415
    except ImportError as error:
        raise Absent(f"{error} (pip install -r requirements.txt)") from error
    # The cluster makes its home itself: the server may run as a user to whom a folder of ours is closed.
    home = Path(tempfile.gettempdir()) / f"microgrid-points-{os.getpid()}"
    try:
        try:
            running = cluster.ensure_running(home, durable=False)
        except Unavailable as problem:
            raise Absent(str(problem)) from problem
        address = running.url(cluster.OWNER).replace("+psycopg", "", 1)
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection
    finally:
        cluster.stop(home)
        shutil.rmtree(home, ignore_errors=True)


def put_cells(connection: Any, cells: NDArray[np.object_]) -> None:
    """Fill the table of cells, with an index; a former one is dropped."""
    _put(connection, "cell", cells)
    connection.execute("CREATE INDEX ON cell USING gist (geom)")


def put_points(connection: Any, xy: NDArray[np.float64]) -> None:
    """Fill the table of points, which come without an index; a former one is dropped."""
    _put(connection, "point", shapely.points(xy))


def lowest(connection: Any, count: int) -> NDArray[np.int64]:
    """Lowest touching cell of each of ``count`` points, or -1."""
    told = np.array(connection.execute(_LOWEST).fetchall(), dtype=np.int64).reshape(-1, 2)
    found = np.full(count, -1, dtype=np.int64)
    found[told[:, 0]] = told[:, 1]
    return found


def _put(connection: Any, table: str, shapes: NDArray[np.object_]) -> None:
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(f"CREATE UNLOGGED TABLE {table} (id int PRIMARY KEY, geom geometry)")
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} (id, geom) FROM STDIN") as copy:
        for number, shape in enumerate(shapely.to_wkb(shapes, hex=True)):
            copy.write_row((number, shape))
    connection.execute(f"VACUUM ANALYZE {table}")
