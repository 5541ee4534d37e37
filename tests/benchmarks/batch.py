"""Many points over HTTP: JSON, Arrow and packed, against a route of the framework with pydantic models.

A server of one worker, two connections that stay open, bodies that take turns. ``--serve`` is
the server's side; ``--memory`` sends ten million points, in process, and tells what they added.
"""

import argparse
import asyncio
import http.client
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import shapely
from fastapi import FastAPI
from numpy.typing import NDArray
from starlette.types import Message, Receive, Scope, Send

from api.locating.bulk import ARROW, JSON, PACKED, BulkQuestion, answer_many
from api.locating.bulk_plan import BulkPlan
from api.schemas.bulk import LocatedMany, ManyPoints
from boundaries.lookup.plan_index import IN_GAP, PlanIndex
from boundaries.model import Area, MicroGrid
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP, parse_crs
from tests.benchmarks.command import Table
from tests.benchmarks.measure import peak_mb, reset_peak

CRS = "EPSG:4490"
SIDE, WEST, SOUTH, STEP = 100, 119.0, 32.0, 0.0005
SIZES = (1_000, 10_000, 100_000)
CONNECTIONS = 2
ROUNDS = 5
TURN_S = 1.2
MILLIONS = 10
COLUMNS = ("body", "points", "thousand points/s", "to pydantic", "p50 ms")


def plan() -> PlanIndex:
    """Ten thousand square grids in a hundred communities."""
    lon, lat = (np.round(start + np.arange(SIDE + 1) * STEP, 9) for start in (WEST, SOUTH))
    block = SIDE // 10
    areas = [
        Area(0, f"3210810{n:05d}", "", "community", None, shapely.box(lon[x], lat[y], lon[x + block], lat[y + block]))
        for n, (y, x) in enumerate((y, x) for y in range(0, SIDE, block) for x in range(0, SIDE, block))
    ]
    grids = []
    for rank in range(SIDE * SIDE):
        y, x = divmod(rank, SIDE)
        area = areas[y // block * 10 + x // block].code
        cell = shapely.box(lon[x], lat[y], lon[x + 1], lat[y + 1])
        grids.append(MicroGrid(rank, rank, f"{area}{rank:05d}", "", area, cell))
    whole = Snapshot(Snapshot.stored_crs(), step=STORAGE_STEP, generation=3, areas=tuple(areas), grids=tuple(grids))
    return PlanIndex.of(whole)


def points(count: int) -> NDArray[np.float64]:
    """Points anywhere in the plan, on the storage grid."""
    ends = (WEST, SOUTH), (WEST + SIDE * STEP, SOUTH + SIDE * STEP)
    return np.round(np.random.default_rng(1).uniform(*ends, (count, 2)), 9)


def serve() -> None:
    """Serve both sides on a free port, which is written to the output."""
    import uvicorn  # noqa: PLC0415  the client's side needs none

    index = plan()
    ready, framework = BulkPlan.of(index), _framework(index)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/pydantic":
            await framework(scope, receive, send)
            return
        headers = dict(scope["headers"])
        asked = BulkQuestion(headers[b"content-type"].decode(), content_length=int(headers[b"content-length"]), crs=CRS)
        await answer_many(asked, ready, receive, send)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(
            application, loop="uvloop", http="httptools", ws="none", lifespan="off", log_level="error", access_log=False
        )
        uvicorn.Server(config).run(sockets=[listening])


def _framework(index: PlanIndex) -> FastAPI:
    """The same answers the way a framework's route gives them."""
    app = FastAPI()
    codes, areas = [grid.code for grid in index.grids], index.area_codes

    @app.post("/pydantic")
    def locate(asked: ManyPoints) -> LocatedMany:
        found = index.locate(index.placement.placed(np.array(asked.points), parse_crs(asked.crs)), for_=asked.for_)
        return LocatedMany(
            generation=3,
            micro_grid=[codes[place] if place >= 0 else None for place in found.grid.tolist()],
            area=[areas[place] if place >= 0 else None for place in found.area.tolist()],
            on_border=found.on_border.tolist(),
            in_gap=(found.grid == IN_GAP).tolist(),
        )

    return app


def measure(table: Table) -> None:
    """Ask for each size of body in turns."""
    command = [sys.executable, "-m", "tests.benchmarks.batch", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        clients = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(CONNECTIONS)]
        try:
            for size in SIZES:
                _measure_size(table, clients, points(size))
        finally:
            for client in clients:
                client.close()
            server.terminate()


def _measure_size(table: Table, clients: list[http.client.HTTPConnection], xy: NDArray[np.float64]) -> None:
    text = orjson.dumps({"crs": CRS, "points": xy.tolist()})
    ways = {
        "JSON, pydantic": ("/pydantic", JSON, text),
        "JSON": ("/", JSON, text),
        "Arrow": ("/", ARROW, _stream(xy)),
        "packed": ("/", PACKED, xy.tobytes()),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    waits: dict[str, list[float]] = {name: [] for name in ways}
    with ThreadPoolExecutor(len(clients)) as threads:
        for turn in range(ROUNDS + 1):
            for name, way in ways.items():
                begin = time.perf_counter()
                # The first round warms up.
                turns = threads.map(partial(_turn, way=way, seconds=TURN_S if turn else TURN_S / 4), clients)
                took = [one for each in turns for one in each]
                if turn:
                    rates[name].append(len(took) * len(xy) / (time.perf_counter() - begin) / 1e3)
                    waits[name].extend(took)
    anchor = statistics.median(rates["JSON, pydantic"])
    for name in ways:
        rate = statistics.median(rates[name])
        table.row(name, len(xy), rate, f"{rate / anchor:.1f}", statistics.median(waits[name]) * 1e3)


def _turn(client: http.client.HTTPConnection, *, way: tuple[str, str, bytes], seconds: float) -> list[float]:
    """What each request of a turn took, in seconds."""
    path, media_type, body = way
    took, end = [], time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        client.request("POST", path, body, {"Content-Type": media_type})
        answer = client.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{way[:2]} was answered with {answer.status}")
        took.append(time.perf_counter() - begin)
    return took


def _stream(xy: NDArray[np.float64]) -> bytes:
    batch = pa.record_batch({"x": pa.array(xy[:, 0]), "y": pa.array(xy[:, 1])})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def memory(tell: Callable[[str], Any]) -> None:
    """What ten million packed points add, through the real callable, driven in process."""
    ready, piece = BulkPlan.of(plan()), points(4_000).tobytes()

    async def answered(count: int) -> int:
        left = count // 4_000

        async def receive() -> Message:
            nonlocal left
            left -= 1
            return {"type": "http.request", "body": piece, "more_body": left > 0}

        async def send(message: Message) -> None:
            """A client that takes everything and keeps nothing."""

        return await answer_many(BulkQuestion(PACKED, crs=CRS), ready, receive, send)

    for count in (200_000, MILLIONS * 1_000_000):
        before, begin = reset_peak(), time.perf_counter()
        asyncio.run(answered(count))
        tell(f"{count} points: {peak_mb() - before:.0f} MB added, {time.perf_counter() - begin:.1f} s\n")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.batch", description=__doc__)
    parser.add_argument("--serve", action="store_true", help="serve, for the other side")
    parser.add_argument("--memory", action="store_true", help="tell what ten million points add")
    parser.add_argument("--out", type=Path, help="write the table to this file too")
    options = parser.parse_args()
    if options.serve:
        serve()
    elif options.memory:
        memory(sys.stdout.write)
    else:
        table = Table("Many points over HTTP, server and clients on the same cores, wall time", COLUMNS, options.out)
        table.begin()
        measure(table)


if __name__ == "__main__":
    main()
