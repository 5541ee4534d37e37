"""What is done in the background, minute by minute: the queue in the schema ``jobs``, its duties and its worker.

Nothing below knows of the queue. A duty may run twice or late: each looks at what stands, and
does what is due.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ProcrastinateException
from sqlalchemy import URL, Engine

from api.logs import logger
from api.settings import Settings
from boundaries.checks import run
from boundaries.errors import PlanProblem
from boundaries.rules import Rules
from boundaries.services import sealing
from boundaries.services.publishing import publish_due
from boundaries.store.engine import writing
from boundaries.store.tables import JOBS_SCHEMA

Duty = Callable[[], object]

_EVERY_MINUTE = "* * * * *"
_HOURLY = "17 * * * *"
_KEPT_HOURS = 24 * 30
_POOL = 3
_CONNECT_S = 5
# After a lost database: so long at first, twice as long each time, at most so long.
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
_FINISH_S = 60.0


def duties(engine: Engine, settings: Settings) -> dict[str, Duty]:
    """What a worker does each minute, by name.

    Parameters
    ----------
    engine : Engine
        The database, migrated.
    settings : Settings
    """

    def seal() -> None:
        with writing(engine) as session:
            sealing.seal(session)

    def publish() -> None:
        now = datetime.now(UTC)
        today = now.astimezone(ZoneInfo(settings.timezone)).date()
        rules = Rules(day=today)
        done = publish_due(
            engine,
            check=lambda plan: run(plan, rules),
            four_eyes=settings.four_eyes,
            now=now,
            today=today,
            metric_plane=settings.metric_crs,
        )
        for one in done:
            logger().info("draft_due", draft=one.draft, generation=one.generation)

    return {"seal": seal, "publish": publish}


def create_queue(address: URL, regular: Mapping[str, Duty], *, every: str = _EVERY_MINUTE) -> App:
    """The queue, and what it does by itself; not opened yet.

    Parameters
    ----------
    address : URL
        Of the database.
    regular : mapping of str to callable
        Duties, by name. Of those that wait under one name there is never more than one.
    every : str
        When they are due, as cron writes it; a sixth field counts seconds.
    """
    connector = PsycopgConnector(
        conninfo=address.set(drivername="postgresql").render_as_string(hide_password=False),
        kwargs={
            "options": f"-c search_path={JOBS_SCHEMA}",
            "connect_timeout": _CONNECT_S,
            "application_name": "microgrid worker",
        },
        min_size=1,
        max_size=_POOL,
        timeout=_CONNECT_S,
    )
    app = App(connector=connector)
    for name, duty in regular.items():
        task = app.task(name=name, queueing_lock=name)(_told(name, duty))
        app.periodic(cron=every)(task)
    app.periodic(cron=_HOURLY)(app.task(name="tidy", queueing_lock="tidy", pass_context=True)(_tidy))
    return app


async def work(address: URL, regular: Mapping[str, Duty], stop: asyncio.Event, *, every: str = _EVERY_MINUTE) -> None:
    """Do what is due until told to stop; a database that goes away is waited for.

    Parameters
    ----------
    address : URL
        Of the database.
    regular : mapping of str to callable
        As :func:`create_queue` takes it.
    stop : asyncio.Event
        Jobs that run when it is set are finished.
    every : str
        As :func:`create_queue` takes it.
    """
    # Their lines hold the arguments of jobs and the texts of errors; ours say what is needed.
    for library in ("procrastinate", "psycopg.pool"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    pause_s = _PAUSE_S
    while not stop.is_set():
        begun = time.monotonic()
        running = asyncio.create_task(_run(create_queue(address, regular, every=every)))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            running.cancel()
        (ended,) = await asyncio.gather(running, return_exceptions=True)
        stopping.cancel()
        if stop.is_set():
            return
        if isinstance(ended, Exception) and not isinstance(ended, (ProcrastinateException, psycopg.Error)):
            raise ended
        if time.monotonic() - begun > _LONGEST_PAUSE_S:
            pause_s = _PAUSE_S
        logger().warning("worker_lost_database", again_in_s=pause_s)
        await _sleep(pause_s, stop)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


async def _run(app: App) -> None:
    """Work until the connection is lost or the task is cancelled."""
    try:
        await app.open_async()
        logger().info("worker_started")
        await app.run_worker_async(
            install_signal_handlers=False,
            concurrency=2,
            delete_jobs="successful",
            shutdown_graceful_timeout=_FINISH_S,
        )
    finally:
        await app.close_async()


async def _sleep(seconds: float, stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _told(name: str, duty: Duty) -> Callable[[int], None]:
    """A duty that leaves a line in the log when it fails: the kind of error, not its text, which may hold a name."""

    def run(timestamp: int) -> None:  # noqa: ARG001  the minute for which it was asked
        begun = time.perf_counter()
        try:
            duty()
        except Exception as error:
            logger().error("duty_failed", duty=name, error=type(error).__name__, **_said(error))
            raise
        logger().debug("duty_done", duty=name, ms=round(1000 * (time.perf_counter() - begun), 1))

    return run


def _said(error: Exception) -> dict[str, str]:
    cause = error.__cause__ if isinstance(error, PlanProblem) else None
    return {} if cause is None else {"cause": type(cause).__name__}


async def _tidy(context: Any, timestamp: int) -> None:  # noqa: ARG001  the hour for which it was asked
    """Jobs of a worker that died are done again; failed ones are kept for a month."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.retry_job(job, retry_at=datetime.now(UTC))
    await manager.delete_old_jobs(_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)
