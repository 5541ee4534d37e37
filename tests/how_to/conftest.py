"""The service as callers meet it: a process, a plan, a key."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from boundaries.store.engine import connect
from tests.api.conftest import key, plan_template
from tests.conftest import copied

__all__ = ["plan_template"]

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to" / "lookup"


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is, a key to it, and its database."""

    url: str
    key: str
    engine: Engine


@contextmanager
def serving(engine: Engine, **settings: str) -> Iterator[Service]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MICROGRID_")}
    environment = {"MICROGRID_DATABASE_URL": engine.url.render_as_string(hide_password=False), "MICROGRID_LANG": "en"}
    secret = key(engine, "locate", "grids:read")["X-API-Key"]
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli.main", "serve", "--port", "0"],
        cwd=ROOT,
        env={**inherited, **environment, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        greeting = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", greeting)
        assert found, greeting
        yield Service(found[0], secret, engine)
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


@pytest.fixture
def own_plan(admin: Engine, server: URL, plan_template: str) -> Iterator[Engine]:
    """A database with generation 1 of this test's own."""
    with copied(admin, server, plan_template) as url:
        engine = connect(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def service(admin: Engine, server: URL, plan_template: str) -> Iterator[Service]:
    """A service that tests only read; it lets nobody in without a key."""
    with copied(admin, server, plan_template) as url:
        engine = connect(url)
        with serving(engine) as running:
            yield running
        engine.dispose()
