"""The service as it runs in an office: a parent, its workers, and their log."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psutil

ROOT = Path(__file__).resolve().parents[2]
_START_S = 60.0
_STOP_S = 30.0
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Service:
    """A running service.

    Attributes
    ----------
    process : Popen
        Of the parent.
    port : int
    log : Path
    memory : dict of int to list of (float, float)
        Of each worker that ever lived: instants and megabytes.
    doomed : set of int
        Ports of clients whose worker was killed.
    """

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    memory: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    doomed: set[int] = field(default_factory=set)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer, eldest first."""
        children = psutil.Process(self.process.pid).children()
        return sorted((child for child in children if _is_worker(child)), key=psutil.Process.create_time)

    def measure(self) -> None:
        """Note what each worker holds in memory."""
        for worker in self.workers():
            try:
                held = worker.memory_info().rss / _MB
            except psutil.NoSuchProcess:
                continue
            self.memory.setdefault(worker.pid, []).append((time.monotonic(), held))

    def kill_youngest(self) -> None:
        """Kill the worker that has lived least, and note whose answers may be lost with it.

        The eldest lives on, so that its memory tells something.
        """
        worker = self.workers()[-1]
        # Stopped first: it then takes no more calls, and all that it has taken are listed.
        worker.suspend()
        self.doomed.update(one.raddr.port for one in worker.net_connections("tcp") if one.raddr)
        worker.kill()

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """What the log tells, all or of one name."""
        # Two workers may have written into one line.
        lines = self.log.read_text(encoding="utf-8", errors="replace").replace("}{", "}\n{").splitlines()
        told = [orjson.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [event for event in told if name is None or event["event"] == name]

    def build_s(self, generation: int) -> float:
        """The longest that a worker took to make a generation ready; 0 where none says so."""
        told = self.events("generation_served")
        return max((event["seconds"] for event in told if event["generation"] == generation), default=0.0)


@contextmanager
def running(url: str, *, workers: int, log: Path) -> Iterator[Service]:
    """The service on a free port of loopback, with all that it started gone at the end.

    Parameters
    ----------
    url : str
        Address of the database.
    workers : int
    log : Path
        Written anew.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MICROGRID_")}
    environment |= {"MICROGRID_DATABASE_URL": url, "MICROGRID_LANG": "en"}
    command = [sys.executable, "-m", "api.cli.main", "serve", "--port", "0", "--workers", str(workers)]
    with (
        log.open("wb") as told,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=told, stderr=told) as process,
    ):
        children: list[psutil.Process] = []
        try:
            service = Service(process, _port(process, log), log)
            await_builds(service, workers)
            yield service
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=_STOP_S)
        finally:
            if process.poll() is None:
                children = psutil.Process(process.pid).children(recursive=True)
                process.kill()
            for child in psutil.wait_procs(children, timeout=1.0)[1]:
                child.kill()


def await_builds(service: Service, builds: int) -> None:
    """Wait until workers have made generations ready so many times since the service began.

    Raises
    ------
    TimeoutError
        If they have not.
    """
    deadline = time.monotonic() + _START_S
    while len(service.events("generation_served")) < builds:
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {_START_S:.0f} s generations were not made ready {builds} times")
        time.sleep(0.05)


def _is_worker(child: psutil.Process) -> bool:
    try:
        return any("spawn_main" in word for word in child.cmdline())
    except psutil.Error:
        return False


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return int(found[1])
        time.sleep(0.05)
    raise RuntimeError(f"the service did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
