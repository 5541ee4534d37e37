# ruff: noqa: A005  nothing here imports the library's module by a relative name
"""Single look-ups over HTTP, asked by wrk, against the same answers from PostGIS and a constant one.

All servers stand at once, as processes of their own on loopback, and take turns in being
asked for the same list of points. ``--visible`` publishes while wrk asks, and tells how
long a new generation takes to be seen.
"""

import argparse
import http.client
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sqlalchemy import text

from boundaries.store.engine import writing
from tests.benchmarks.command import Table
from tests.benchmarks.http_servers import LEAN_TABLE
from tests.benchmarks.http_visible import publish_under_load
from tests.benchmarks.served_plan import METRES, PlanDatabase, database, fill, town
from tests.points.mixed import mixed_points

SETS = ("1k", "10k")
COLUMNS = ("plan", "server", "workers", "req/s", "p50 ms", "p99 ms", "ours req/s to it", "ours p99 to it", "errors")
CONTENDERS = (
    ("ours", 1),
    ("ours", 2),
    ("route", 1),
    ("route", 2),
    ("lean", 1),
    ("lean", 2),
    ("constant", 1),
    ("constant", 2),
    ("short", 1),
)
CONNECTIONS = 32
POINTS = 50_000
_WARM_S = 6
_SCRIPT = """
local asked, at = {{}}, 0
init = function(args)
  wrk.headers["X-API-Key"] = "{key}"
  for path in io.lines("{paths}") do asked[#asked + 1] = wrk.format("GET", path) end
end
request = function()
  at = at % #asked + 1
  return asked[at]
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("\\nTOLD %f %f %f %d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Server:
    """One contender that answers on a port."""

    name: str
    workers: int
    port: int


@dataclass(frozen=True, slots=True)
class Round:
    """What wrk tells of one round: requests a second, milliseconds, answers that were none."""

    per_second: float
    p50_ms: float
    p99_ms: float
    errors: int


def main() -> None:
    """Read the command line and measure each plan, bare and with buildings and people."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.http", description=__doc__)
    parser.add_argument("sets", nargs="*", default=list(SETS), help=f"grids (default: {' '.join(SETS)})")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of each contender (default: 3)")
    parser.add_argument("--seconds", type=int, default=20, help="of each round (default: 20)")
    parser.add_argument("--servers", nargs="*", choices=("route", "lean", "constant", "short"), help="default: all")
    parser.add_argument("--plans", nargs="*", choices=("bare", "full"), default=["bare", "full"])
    parser.add_argument("--visible", action="store_true", help="measure how soon a publication is seen instead")
    parser.add_argument("--out", type=Path, help="append the table to this Markdown file too")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing (apt-get install wrk)")
    title = "Publications seen" if given.visible else "Look-ups over HTTP"
    columns = ("plan", "workers", "seen after s", "build s", "answers checked", "faults") if given.visible else COLUMNS
    table = Table(title, columns, given.out)
    table.begin()
    for name in given.sets:
        for kind in given.plans:
            with ExitStack() as stack:
                plan = stack.enter_context(database("http"))
                stack.callback(_remove_files, plan)
                paths = _fill(plan, name, is_full=kind == "full")
                if given.visible:
                    _see(table, f"{name} {kind}", plan, paths)
                else:
                    _measure(table, f"{name} {kind}", plan, paths, given)


def _fill(plan: PlanDatabase, name: str, *, is_full: bool) -> Path:
    """Publish a town and write down what is asked of it."""
    areas, grids = town(name)
    fill(plan, areas, grids, buildings=20_000 if is_full else 0, people=3 if is_full else 0)
    with writing(plan.engine) as session:
        session.execute(text(LEAN_TABLE))
    cells = np.array([grid.polygon for grid in grids], dtype=object)
    xy = mixed_points(cells, np.random.default_rng(1), count=POINTS, near=5 / float(METRES[1]))
    paths = _beside(plan, "paths")
    paths.write_text("".join(f"/v1/locate?x={x!r}&y={y!r}&crs=EPSG:4490\n" for x, y in xy.tolist()), encoding="ascii")
    return paths


def _measure(table: Table, told: str, plan: PlanDatabase, paths: Path, given: argparse.Namespace) -> None:
    _, key = plan.new_key()
    chosen = [one for one in CONTENDERS if given.servers is None or one[0] in ("ours", *given.servers)]
    with ExitStack() as stack:
        script = _script(plan, paths, key)
        servers = [stack.enter_context(served("ours", 1, plan, paths))]
        answer = _keep_answer(plan, servers[0], paths, key)
        for name, workers in chosen[1:]:
            servers.append(stack.enter_context(served(name, workers, plan, answer)))
        for server in servers:
            ask(server.port, script, _WARM_S)
        rounds: list[list[Round]] = [[] for _ in servers]
        for _ in range(given.repeats):
            for server, heard in zip(servers, rounds, strict=True):
                heard.append(ask(server.port, script, given.seconds))
    by_server = {(one.name, one.workers): heard for one, heard in zip(servers, rounds, strict=True)}
    for (name, workers), heard in by_server.items():
        # Round by round: what slows the machine down for a while slows both down.
        pairs = list(zip(by_server["ours", workers], heard, strict=True))
        ratios = (
            statistics.median(ours.per_second / other.per_second for ours, other in pairs),
            statistics.median(ours.p99_ms / other.p99_ms for ours, other in pairs),
        )
        middle = _median(heard)
        table.row(told, name, workers, middle.per_second, middle.p50_ms, middle.p99_ms, *ratios, middle.errors)


def _see(table: Table, told: str, plan: PlanDatabase, paths: Path) -> None:
    _, key = plan.new_key()
    for workers in (1, 2):
        with ExitStack() as stack:
            script = _script(plan, paths, key)
            server = stack.enter_context(served("ours", workers, plan, paths))
            ask(server.port, script, _WARM_S)
            wrk = stack.enter_context(subprocess.Popen(_wrk(server.port, script, 45), stdout=subprocess.PIPE))
            log = _log(plan, "ours", workers)
            seen = publish_under_load(plan, server.port, key, log)
            wrk.terminate()
        for one in seen:
            table.row(told, workers, one.seen_s, one.build_s, one.answers, one.faults)


def ask(port: int, script: Path, seconds: int) -> Round:
    """Let wrk ask for so many seconds."""
    done = subprocess.run(_wrk(port, script, seconds), capture_output=True, text=True, check=True)
    told = next(line for line in done.stdout.splitlines() if line.startswith("TOLD")).split()[1:]
    return Round(float(told[0]), float(told[1]), float(told[2]), int(told[3]))


def _wrk(port: int, script: Path, seconds: int) -> list[str]:
    address = f"http://127.0.0.1:{port}/"
    return ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script), address]


@contextmanager
def served(name: str, workers: int, plan: PlanDatabase, answer: Path) -> Iterator[Server]:
    """A server that answers, stopped at the end."""
    command = [sys.executable, "-m", "tests.benchmarks.http_servers", name, "--workers", str(workers)]
    command += ["--url", plan.url, "--answer", str(answer)]
    with (
        _log(plan, name, workers).open("w", encoding="utf-8") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            # The socket listens from the start: who connects waits for a worker to take the call.
            get(port, "/v1/locate", "")
            yield Server(name, workers, port)
        finally:
            process.terminate()


def get(port: int, path: str, key: str) -> tuple[http.client.HTTPResponse, bytes]:
    """One answer on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"X-API-Key": key})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def _keep_answer(plan: PlanDatabase, server: Server, paths: Path, key: str) -> Path:
    """A usual answer with its headers, for the constant one."""
    told, body = get(server.port, paths.read_text(encoding="ascii").split("\n", 1)[0], key)
    headers = [pair for pair in told.getheaders() if pair[0] not in ("date", "content-length")]
    path = _beside(plan, "answer")
    path.write_bytes(orjson.dumps({"headers": headers, "body": body.decode()}))
    return path


def _script(plan: PlanDatabase, paths: Path, key: str) -> Path:
    path = _beside(plan, "lua")
    path.write_text(_SCRIPT.format(key=key, paths=paths), encoding="ascii")
    return path


def _log(plan: PlanDatabase, name: str, workers: int) -> Path:
    return _beside(plan, f"{name}{workers}.log")


def _beside(plan: PlanDatabase, suffix: str) -> Path:
    """A file of this run; the home itself belongs to the account of the database."""
    return plan.home.with_name(f"{plan.home.name}.{suffix}")


def _remove_files(plan: PlanDatabase) -> None:
    for path in plan.home.parent.glob(f"{plan.home.name}.*"):
        path.unlink()


def _median(heard: Sequence[Round]) -> Round:
    values: Any = zip(*((one.per_second, one.p50_ms, one.p99_ms) for one in heard), strict=True)
    return Round(*map(statistics.median, values), sum(one.errors for one in heard))


if __name__ == "__main__":
    main()
