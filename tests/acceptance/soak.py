"""A service under load while its plan, its keys, its database and its workers come and go.

Everything runs on this machine: a private cluster in a temporary home, the real service with
its workers, and callers that judge each answer by the generation that it names. The run ends
by itself, removes what it made, tells a table and fails on the first thing that is not right.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Literal

import numpy as np

from boundaries import cluster
from boundaries.services.keys import revoke_key
from boundaries.store.engine import writing
from tests.acceptance.soak_calls import SETTLED_S, Caller, Ledger, Weather
from tests.acceptance.soak_plan import Division, begin
from tests.acceptance.soak_questions import PATH
from tests.acceptance.soak_report import Report, judge
from tests.acceptance.soak_service import Service, await_builds, running
from tests.benchmarks.served_plan import ACTOR, CRS, PlanDatabase, database

Deed = Literal["publish", "restart", "kill", "revoke"]

# Each so often, and first after so many seconds.
_RHYTHM: dict[Deed, tuple[float, float]] = {
    "publish": (20.0, 5.0),
    "revoke": (45.0, 12.0),
    "restart": (60.0, 48.0),
    "kill": (90.0, 70.0),
}
_OUTAGE_S = SETTLED_S["down"] + 3.0
_SEEN_WAIT_S = 60.0
_REVOKED_WATCH_S = 4.0
_TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Course:
    """How long a soak lasts, and what is done in it.

    Attributes
    ----------
    seconds : float
        At least; on a slow machine until the last deed is done.
    deeds : tuple of (float, Deed)
        When each is due, in order.
    workers : int
    grids : str
        How many, as :func:`tests.benchmarks.served_plan.town` takes it.
    """

    seconds: float
    deeds: tuple[tuple[float, Deed], ...]
    workers: int = 2
    grids: str = "500"

    @classmethod
    def of(cls, seconds: float, workers: int) -> "Course":
        """The usual rhythm for so long."""
        deeds = [
            (due, deed)
            for deed, (every, first) in _RHYTHM.items()
            for due in np.arange(first, seconds - 10.0, every).tolist()
        ]
        return cls(seconds, tuple(sorted(deeds)), workers)


@dataclass(slots=True)
class _Stage:
    """What the deeds work on, and what they measure."""

    plan: PlanDatabase
    service: Service
    ledger: Ledger
    division: Division
    key: str
    committed: dict[int, float] = field(default_factory=dict)
    revoked_s: list[float] = field(default_factory=list)
    done: list[Deed] = field(default_factory=list)


def soak(course: Course) -> Report:
    """Run a whole soak.

    Parameters
    ----------
    course : Course

    Returns
    -------
    Report
        With everything that was not right.
    """
    rng = np.random.default_rng(1)
    with ExitStack() as stack:
        plan = stack.enter_context(database("soak"))
        log = plan.home.with_name(f"{plan.home.name}.log")
        stack.callback(log.unlink, missing_ok=True)
        division = begin(plan, course.grids, rng)
        _, key = plan.new_key()
        ledger = Ledger({division.number: division}, Weather("up", time.monotonic()))
        with running(plan.url, workers=course.workers, log=log) as service:
            stage = _Stage(plan, service, ledger, division, key)
            callers = _callers(ledger, service.port, key)
            try:
                _play(course, stage, rng)
            finally:
                for caller in callers:
                    caller.stop()
        return judge(ledger, service, committed=stage.committed, revoked_s=stage.revoked_s, done=stage.done)


def _callers(ledger: Ledger, port: int, key: str) -> list[Caller]:
    singles = [Caller(ledger, port, key, kinds=("get", "get", "post"), pause_s=0.002) for _ in range(6)]
    premises = [Caller(ledger, port, key, kinds=("building", "place"), pause_s=0.01) for _ in range(2)]
    many = [Caller(ledger, port, key, kinds=("json", "packed", "arrow"), pause_s=0.03) for _ in range(2)]
    callers = [*singles, *premises, *many, Caller(ledger, port, key, kinds=("behind",), pause_s=0.2)]
    for caller in callers:
        caller.start()
    return callers


def _play(course: Course, stage: _Stage, rng: np.random.Generator) -> None:
    begun, left = time.monotonic(), list(course.deeds)
    while (now := time.monotonic() - begun) < course.seconds or left:
        stage.service.measure()
        if left and left[0][0] <= now:
            deed = left.pop(0)[1]
            _DEEDS[deed](stage, rng)
            stage.done.append(deed)
        else:
            time.sleep(min(_TICK_S, max(0.0, left[0][0] - now) if left else _TICK_S))
    stage.service.measure()


def _publish(stage: _Stage, rng: np.random.Generator) -> None:
    former = stage.division
    division = former.next(rng)
    stage.ledger.divisions[division.number] = division
    # Worked out before anybody waits for them.
    _ = division.codes
    published = stage.plan.edit(division.change_from(former))
    committed = time.monotonic()
    if published.number != division.number:
        stage.ledger.fault(f"published as generation {published.number} instead of {division.number}")
    stage.division = division
    stage.committed[division.number] = committed
    while time.monotonic() < committed + _SEEN_WAIT_S:
        last = max(asked for number, asked in stage.ledger.last_asked.copy().items() if number < division.number)
        # Whoever still answered from the former one would have done so meanwhile.
        if division.number in stage.ledger.last_asked and time.monotonic() > last + 1.0:
            return
        time.sleep(0.05)
    stage.ledger.fault(f"generation {division.number} is not everywhere after {_SEEN_WAIT_S:.0f} s")


def _restart(stage: _Stage, _: np.random.Generator) -> None:
    """Stop the database, leave it so for a while, and start it again."""
    stage.ledger.weather = Weather("turning", time.monotonic())
    cluster.stop(stage.plan.home)
    stage.ledger.weather = Weather("down", time.monotonic())
    time.sleep(_OUTAGE_S)
    stage.ledger.weather = Weather("turning", time.monotonic())
    cluster.ensure_running(stage.plan.home, durable=False)
    stage.ledger.weather = Weather("up", time.monotonic())
    # What comes next is measured from a service that knows that the database is back.
    time.sleep(SETTLED_S["up"])


def _kill(stage: _Stage, _: np.random.Generator) -> None:
    """Kill a worker, and wait for the one that the parent starts in its place."""
    builds = len(stage.service.events("generation_served"))
    stage.service.kill_youngest()
    try:
        await_builds(stage.service, builds + 1)
    except TimeoutError:
        stage.ledger.fault("no worker was started in place of the one that was killed")


def _revoke(stage: _Stage, _: np.random.Generator) -> None:
    """Make a key, see that it opens, revoke it, and see when the last worker has let it in."""
    number, secret = stage.plan.new_key()
    made = time.monotonic()
    while time.monotonic() < made + SETTLED_S["up"] and _knock(stage, secret) != 200:
        time.sleep(0.02)
    time.sleep(1.0)
    if _knock(stage, secret) != 200:
        stage.ledger.fault("a new key opens nothing")
    with writing(stage.plan.engine) as session:
        revoke_key(session, number, actor=ACTOR, now=datetime.now(UTC))
    revoked = last = time.monotonic()
    while (now := time.monotonic()) < revoked + _REVOKED_WATCH_S:
        status = _knock(stage, secret)
        if status == 200:
            last = now
        elif status != 401:
            stage.ledger.fault(f"a revoked key is answered {status}")
        time.sleep(0.01)
    stage.revoked_s.append(last - revoked)


def _knock(stage: _Stage, secret: str) -> int:
    """Ask once on a connection of its own, which any worker may take."""
    x, y = stage.division.probes[0].tolist()
    connection = HTTPConnection("127.0.0.1", stage.service.port, timeout=10)
    try:
        connection.request("GET", f"{PATH}?x={x!r}&y={y!r}&crs={CRS}", headers={"X-API-Key": secret})
        return connection.getresponse().status
    finally:
        connection.close()


_DEEDS: dict[Deed, Callable[[_Stage, np.random.Generator], None]] = {
    "publish": _publish,
    "restart": _restart,
    "kill": _kill,
    "revoke": _revoke,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, soak, and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    report = soak(Course.of(given.minutes * 60, given.workers))
    sys.stdout.write(report.text())
    return 1 if report.violations(is_timed=True) else 0


if __name__ == "__main__":
    sys.exit(main())
