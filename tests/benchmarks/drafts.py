"""Edits over HTTP with their findings, and opening a draft, in a community of 300 grids: alone, and in a city.

Every edit cuts a grid of the community from vertex to vertex, and an undo takes it back.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

import numpy as np
import shapely
from shapely import LineString
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from boundaries.model import MicroGrid
from boundaries.services.keys import create_key
from boundaries.store.engine import connect, writing
from tests.benchmarks.command import Options, Table, read_options
from tests.benchmarks.served_plan import ACTOR, PlanDatabase, database, fill, town

SETS = ("300", "20k")
COLUMNS = ("grids", "of the community", "buildings", "what", "times", "median ms", "95 % ms")
_OF_COMMUNITY = 300
_BUILDINGS_OF_GRID = 5
_EDITS = 30


def main(options: Options) -> None:
    """Fill a city of each size, edit one community of it, and tell how long it took."""
    table = Table("Edits of a draft over HTTP", COLUMNS, options.out)
    table.begin()
    for name in options.sets:
        areas, grids = town(name, seed=options.seed, of_community=_OF_COMMUNITY)
        with database("drafts") as plan:
            fill(plan, areas, grids, buildings=len(grids) * _BUILDINGS_OF_GRID)
            with plan.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
            here = [grid for grid in grids if grid.area == grids[0].area]
            sizes = (len(grids), len(here), len(grids) * _BUILDINGS_OF_GRID)
            for what, spent in _measured(plan, here):
                table.row(*sizes, what, len(spent), median(spent), quantiles(spent, n=20)[-1])


def _measured(plan: PlanDatabase, grids: list[MicroGrid]) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of each request, by what it asks for."""
    with writing(plan.engine) as session:
        _, secret = create_key(
            session, name="编辑", scopes=("admin",), tier="internal", actor=ACTOR, now=datetime.now(UTC)
        )
    engine = connect(plan.url)
    client = TestClient(create_app(engine=engine, settings=Settings()), headers={"X-API-Key": secret})
    opened: list[float] = []
    for number in range(_EDITS):
        body = {"name": f"方案{number}", "area": grids[0].area}
        draft = _timed(client, opened, "POST", "/v1/drafts", body)["id"]
    yield "open", opened
    listed: list[float] = []
    for _ in range(_EDITS // 3):
        _timed(client, listed, "GET", f"/v1/drafts/{draft}/grids", None)
    yield "grids", listed
    edited: list[float] = []
    undone: list[float] = []
    for grid, line in _cuts(grids):
        command = {"do": "split", "grid": grid.code, "lines": [line]}
        told = _timed(client, edited, "POST", f"/v1/drafts/{draft}/edits", {"commands": [command]})
        if "change" in told:
            _timed(client, undone, "POST", f"/v1/drafts/{draft}/undo", None)
        else:
            edited.pop()
        if len(edited) == _EDITS:
            break
    yield "edit", edited
    yield "undo", undone
    engine.dispose()


def _timed(client: TestClient, spent: list[float], method: str, path: str, body: object) -> Any:  # Any: JSON
    begun = time.perf_counter()
    answer = client.request(method, path, json=body)
    spent.append((time.perf_counter() - begun) * 1e3)
    return answer.json()


def _cuts(grids: list[MicroGrid]) -> Iterator[tuple[MicroGrid, list[list[float]]]]:
    """Grids with a line from vertex to vertex that stays within each."""
    rng = np.random.default_rng(1)
    for number in rng.permutation(len(grids)).tolist():
        ring = shapely.get_coordinates(grids[number].polygon.exterior)[:-1]
        first = int(rng.integers(len(ring)))
        line = LineString([ring[first], ring[(first + len(ring) // 2) % len(ring)]])
        if shapely.covers(grids[number].polygon, line):
            yield grids[number], line.coords[:]


if __name__ == "__main__":
    main(read_options("tests.benchmarks.drafts", __doc__, SETS))
