"""The worker does each duty once, goes on when its database comes back, and says nothing of what it worked on."""

import asyncio
import json
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine, text

from api.jobs import duties, work
from api.logs import configure_logs
from api.settings import Settings
from boundaries import cluster
from boundaries.services import journal, reviewing, sealing
from boundaries.services.reading import current_generation
from boundaries.services.trail_check import verify_trail
from boundaries.store import migrate, states
from boundaries.store.engine import connect, database_address, reading, writing
from tests.api.conftest import GRIDS
from tests.boundaries.plans import NOW, open_draft
from tests.conftest import end_connections

EVERY_SECOND = "* * * * * *"


class Worker(threading.Thread):
    """A worker in a thread of its own."""

    def __init__(self, address, regular):
        super().__init__()
        self.address, self.regular, self.error = address, regular, None
        self.loop = self.stopping = None
        self.is_up = threading.Event()

    def run(self):
        try:
            asyncio.run(self._work())
        except Exception as error:  # told by whoever waits for the thread
            self.error = error

    async def _work(self):
        self.loop, self.stopping = asyncio.get_running_loop(), asyncio.Event()
        self.is_up.set()
        await work(self.address, self.regular, self.stopping, every=EVERY_SECOND)

    def stop(self):
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.join(timeout=60)
        assert not self.is_alive()
        assert self.error is None


@contextmanager
def working(address, regular, count=1):
    workers = [Worker(address, regular) for _ in range(count)]
    for worker in workers:
        worker.start()
        worker.is_up.wait()
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop()


def until(reached, seconds=40):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def add(engine):
    with writing(engine) as session:
        journal.record(session, actor="陈晨", action="draft.open", subject="draft:1", detail={}, now=NOW)


def sealed(engine):
    with reading(engine) as session:
        head = sealing.head(session)
    return 0 if head is None else head.entries


@pytest.fixture
def service(database_url):
    """The migrated database, as the service's own role."""
    engine = connect(database_address(database_url).set(username="microgrid_app").render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def test_the_trail_is_sealed_by_the_service_itself(service):
    add(service)
    with working(service.url, duties(service, Settings())):
        until(lambda: sealed(service) == 1)
        add(service)
        until(lambda: sealed(service) == 2)


def test_what_is_due_is_published_once_though_two_work(planned):
    draft = open_draft(planned)
    later = open_draft(planned, name="以后")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    with writing(planned) as session:
        states.put_grids(session, draft.id, [replace(GRIDS[0], name="改名")], source_id=None)
        states.put_grids(session, later.id, [replace(GRIDS[1], name="以后再改")], source_id=None)
        for one, day in ((draft, today), (later, today + timedelta(days=1))):
            reviewing.submit(session, one.id, actor="陈晨")
            reviewing.approve(session, one.id, actor="周平", four_eyes=True, on=day, today=today)

    def newest():
        with reading(planned) as session:
            return current_generation(session)

    with working(planned.url, duties(planned, Settings()), count=2):
        until(lambda: newest() == 2)
        time.sleep(2)
    assert newest() == 2
    with reading(planned) as session:
        assert verify_trail(session).is_whole


def test_of_several_workers_one_does_a_duty(service):
    done = []
    with working(service.url, {"count": lambda: done.append(int(time.time()))}, count=3):
        until(lambda: len(done) >= 4)
    assert len(done) <= done[-1] - done[0] + 2


def test_a_duty_that_fails_is_told_by_its_kind_and_asked_for_again(service, capsys):
    configure_logs()
    asked = []

    def fails():
        asked.append(1)
        raise ValueError("陈晨 13800000000")

    with working(service.url, {"fail": fails}):
        until(lambda: len(asked) >= 2)
    said = capsys.readouterr().err
    assert "13800000000" not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"duty_failed"} <= {line["event"] for line in lines}
    assert {line["error"] for line in lines if line["event"] == "duty_failed"} == {"ValueError"}


def test_a_worker_whose_connections_are_broken_goes_on(service, admin):
    with working(service.url, duties(service, Settings())):
        add(service)
        until(lambda: sealed(service) == 1)
        broken = create_engine(service.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        end_connections(broken, service.url.database)
        broken.dispose()
        service.dispose()
        add(service)
        until(lambda: sealed(service) == 2)


def test_a_worker_waits_for_a_database_that_is_restarted():
    home = Path(tempfile.gettempdir()) / f"microgrid-jobs-{time.time_ns()}"
    try:
        running = cluster.ensure_running(home, durable=False)
        migrate.upgrade(running.url(cluster.OWNER))
        engine = connect(running.url(cluster.APP))
        with working(engine.url, duties(engine, Settings())):
            add(engine)
            until(lambda: sealed(engine) == 1)
            cluster.stop(home)
            time.sleep(3)
            cluster.ensure_running(home, durable=False)
            engine.dispose()
            add(engine)
            until(lambda: sealed(engine) == 2, seconds=90)
        engine.dispose()
    finally:
        cluster.stop(home)
        shutil.rmtree(home, ignore_errors=True)


def test_the_queue_is_of_the_version_that_the_program_brings(database):
    """Another version needs a step of ours that applies the library's own ones."""
    wanted = set(_names(SchemaManager.get_schema()))
    with database.connect() as connection:
        found = set(
            connection.execute(
                text("SELECT proname FROM pg_proc WHERE pronamespace = 'jobs'::regnamespace AND prokind = 'f'")
            ).scalars()
        )
    assert found == wanted


def _names(schema):
    for line in schema.splitlines():
        words = line.replace("(", " ").split()
        if "FUNCTION" in words[:4] and words[0] == "CREATE":
            yield words[words.index("FUNCTION") + 1]
