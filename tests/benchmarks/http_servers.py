"""The servers that :mod:`tests.benchmarks.http` asks, each a process on a free port that it writes to its output."""

import argparse
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI
from psycopg_pool import ConnectionPool
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from api.app import create_app
from api.logs import configure_logs
from api.serving import run
from api.settings import Settings
from boundaries.store.engine import connect

NAMES = ("ours", "route", "lean", "constant", "short")
# Tables of its own, with nothing in them but what the answer needs.
LEAN_TABLE = """
CREATE SCHEMA lean;
CREATE TABLE lean.grid AS
SELECT g.rank, s.code, s.name, s.kind, a.code AS area, s.geom
FROM microgrid.micro_grid_state s JOIN microgrid.micro_grid g ON g.id = s.micro_grid_id
JOIN microgrid.area a ON a.id = s.area_id;
CREATE INDEX ON lean.grid USING gist (geom);
GRANT USAGE ON SCHEMA lean TO microgrid_app;
GRANT SELECT ON lean.grid TO microgrid_app;
ANALYZE
"""
_LEAN = (
    "SELECT code, name, kind, area FROM lean.grid "
    "WHERE ST_Intersects(geom, ST_SetSRID(ST_MakePoint(%s, %s), 4490)) ORDER BY rank LIMIT 1"
)
_SILENT: dict[str, Any] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def main() -> None:
    """Read the command line and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.http_servers", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--url", required=True, help="address of the database")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--answer", type=Path, help="JSON of headers and body, for the constant answer")
    given = parser.parse_args()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        settings = Settings(lang="en", host="127.0.0.1")
        if given.name == "ours":
            configure_logs()
            run(given.url, settings, listener, workers=given.workers)
            return
        makers: dict[str, Callable[[], ASGIApp]] = {
            "route": partial(_route, given.url, settings),
            "lean": partial(_lean, given.url),
            "constant": partial(_constant, given.answer),
            "short": partial(_constant, None),
        }
        _serve(makers[given.name], listener, given.workers)


def _serve(make: Callable[[], ASGIApp], listener: socket.socket, workers: int) -> None:
    """With the settings of :func:`api.serving.run`."""
    config = uvicorn.Config(
        make,  # type: ignore[arg-type]  # what makes an application, as factory says
        factory=True,
        workers=workers,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    if workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
    else:
        Multiprocess(config, sockets=[listener]).run()


def _route(url: str, settings: Settings) -> FastAPI:
    """The application behind the look-ups: several queries, every field of the answer."""
    configure_logs()
    return create_app(engine=connect(url), settings=settings)


def _lean(url: str) -> FastAPI:
    """A route as short as it can be, with one prepared query."""
    pool = ConnectionPool(
        url.replace("+psycopg", "", 1),
        min_size=8,
        max_size=8,
        open=False,
        kwargs={"autocommit": True, "prepare_threshold": 0, "options": "-c jit=off"},
    )

    @asynccontextmanager
    async def opened(_: FastAPI) -> AsyncIterator[None]:
        pool.open(wait=True)
        yield
        pool.close()

    app = FastAPI(lifespan=opened, telemetry=_SILENT)

    @app.get("/v1/locate")
    def locate(x: float, y: float, crs: str) -> dict[str, Any]:
        with pool.connection() as connection:
            row = connection.execute(_LEAN, (x, y)).fetchone()
        found = None if row is None else {"code": row[0], "name": row[1], "kind": row[2], "parts": []}
        areas = [] if row is None else [{"code": row[3]}]
        return {"generation": 1, "micro_grid": found, "areas": areas, "on_border": False, "in_gap": False}

    return app


def _constant(answer: Path | None) -> ASGIApp:
    """The same answer to everything: that of a file, or a short one with two headers."""
    told = {"headers": [["content-type", "application/json"]], "body": '{"code":"G1"}'}
    if answer is not None:
        told = orjson.loads(answer.read_bytes())
    body = told["body"].encode()
    heads = [(name.encode(), value.encode()) for name, value in told["headers"]]
    start = {"type": "http.response.start", "status": 200, "headers": [*heads, (b"content-length", b"%d" % len(body))]}
    end = {"type": "http.response.body", "body": body}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        await send(start)
        await send(end)

    return application


if __name__ == "__main__":
    main()
