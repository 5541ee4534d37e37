"""The worker as a process: it seals, says nothing of what it sealed, and stops when it is told to."""

import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import Engine

from boundaries.services import journal, sealing
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import NOW
from tests.conftest import PROJECT


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_seals_until_it_is_stopped(database: Engine, database_url: str, number: signal.Signals) -> None:
    with writing(database) as session:
        journal.record(session, actor="陈晨", action="draft.open", subject="draft:1", detail={"名": "东区"}, now=NOW)
    command = [sys.executable, "-m", "api.cli.main", "worker"]
    environment = {**os.environ, "MICROGRID_DATABASE_URL": database_url}
    worker = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not _is_sealed(database):
            assert time.monotonic() < deadline
            assert worker.poll() is None
            time.sleep(0.1)
        worker.send_signal(number)
        _, said = worker.communicate(timeout=60)
    finally:
        worker.kill()
        worker.wait()
    assert worker.returncode == 0
    assert "worker_started" in said
    assert "陈晨" not in said
    assert "东区" not in said


def _is_sealed(engine: Engine) -> bool:
    with reading(engine) as session:
        return sealing.head(session) is not None
