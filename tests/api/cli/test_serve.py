"""The service as a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import orjson
import pytest
from sqlalchemy import Engine

from api.cli.serve import listen
from boundaries.errors import BadInput, Unavailable
from tests.api.conftest import key, open_public_tier

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def running_service(engine: Engine) -> Iterator[tuple[subprocess.Popen[str], str]]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MICROGRID_")},
        "MICROGRID_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "MICROGRID_LANG": "en",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli.main", "serve", "--port", "0"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        greeting = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", greeting)
        assert found, greeting
        yield process, found[0]
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def test_a_real_service_answers_logs_no_coordinate_and_stops_when_told(plan: Engine) -> None:
    open_public_tier(plan)
    secret = key(plan, "premises:read")["X-API-Key"]
    with running_service(plan) as (process, url), httpx2.Client(base_url=url, timeout=20) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        found = client.get("/v1/locate", params={"x": "119.180512345", "y": "32.270512345", "crs": "EPSG:4490"})
        assert found.json()["micro_grid"]["code"] == "C1-01"
        assert client.get("/docs").status_code == 200  # loopback, and the public tier is on
        premises = client.get("/v1/premises", headers={"X-API-Key": secret})
        assert premises.json()["numberReturned"] == 4
        assert client.post("/v1/areas", json={}).status_code == 405
        missing = client.get("/v1/locate", params={"x": "119.180512345", "y": "32.270512345"})
        assert missing.status_code == 400
        assert "server" not in found.headers
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None
        log = process.stderr.read()
    events = [orjson.loads(line) for line in log.splitlines() if line.startswith("{")]
    requests = [(event["path"], event["status"]) for event in events if event["event"] == "request"]
    # Look-ups are counted, not logged.
    assert requests == [("/healthz", 200), ("/docs", 200), ("/v1/premises", 200), ("/v1/areas", 405)]
    for hidden in ("119.18", "32.27", secret, "顺发", "Traceback"):
        assert hidden not in log


def test_a_stop_by_the_keyboard_is_no_failure(plan: Engine) -> None:
    with running_service(plan) as (process, url):
        assert httpx2.get(f"{url}/healthz").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Unavailable, match=f"Port {port} is taken") as refusal:
            listen("127.0.0.1", port)
    assert f"--port {port + 1}" in refusal.value.zh


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BadInput, match=r"203\.0\.113\.7"):
        listen("203.0.113.7", 0)


def test_any_free_port() -> None:
    with listen("127.0.0.1", 0) as first, listen("127.0.0.1", 0) as second:
        assert first.getsockname()[1] != second.getsockname()[1]
