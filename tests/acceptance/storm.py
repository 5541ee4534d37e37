"""Planners on the same communities while connections are cut, workers are killed and publishing dies half-way.

Everything runs on this machine: a private cluster in a temporary home, the real service with its
workers, planners over HTTP, and publishing in processes of its own. What was said to be written must
be there at the end, once; every generation must be whole and its communities proved.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from sqlalchemy import text

from boundaries.services.keys import create_key
from boundaries.services.reading import snapshot
from boundaries.store.engine import reading, writing
from geo.residual import prove
from tests.acceptance.soak_service import Service, running
from tests.acceptance.storm_planner import Ground, Planner, Story
from tests.benchmarks.served_plan import ACTOR, TODAY, PlanDatabase, database, fill, town

_GRIDS = "200"
_OF_COMMUNITY = 50
_KILL_EVERY_S = 20.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a storm has done, and everything that was not right."""

    counts: Counter[str]
    generations: int
    faults: tuple[str, ...]

    def text(self) -> str:
        """For people."""
        lines = [f"{count:6d}  {what}" for what, count in sorted(self.counts.items())]
        return "\n".join([f"{self.generations} generations", *lines, *(f"FAULT {fault}" for fault in self.faults), ""])


def storm(*, planners: int, seconds: float, workers: int = 2) -> Report:
    """Run a whole storm.

    Parameters
    ----------
    planners : int
    seconds : float
        How long planners open new drafts; what they have begun they end.
    workers : int
        Of the service.

    Returns
    -------
    Report
    """
    areas, grids = town(_GRIDS, of_community=_OF_COMMUNITY)
    codes = sorted({grid.area for grid in grids})
    communities = tuple((code, tuple(grid for grid in grids if grid.area == code)) for code in codes)
    stop, crowd = Event(), list[Planner]()
    with ExitStack() as stack:
        plan = stack.enter_context(database("storm"))
        fill(plan, areas, grids)
        with writing(plan.engine) as session:
            now = datetime.now(UTC)
            _, secret = create_key(session, name="编辑", scopes=("admin",), tier="internal", actor=ACTOR, now=now)
        log = plan.home.with_name(f"{plan.home.name}.log")
        stack.callback(log.unlink, missing_ok=True)
        with running(plan.url, workers=workers, log=log) as service:
            ground = Ground(service.port, plan.url, secret, communities)
            crowd += [Planner(ground, number, stop) for number in range(planners)]
            for planner in crowd:
                planner.start()
            _weather(service, seconds)
            stop.set()
            for planner in crowd:
                planner.join()
        counts = sum((planner.counts for planner in crowd), Counter[str]())
        faults = [fault for planner in crowd for fault in planner.faults]
        stories = [story for planner in crowd for story in planner.stories]
        for story in stories:
            faults += _faults_of(plan, story)
        newest, more = _generations(plan, codes)
        return Report(counts, newest, (*faults, *more))


def _weather(service: Service, seconds: float) -> None:
    """Kill a worker now and then; its parent starts another."""
    begun = time.monotonic()
    due = _KILL_EVERY_S / 2
    while (now := time.monotonic() - begun) < seconds:
        if now > due and len(service.workers()) > 1:
            service.kill_youngest()
            due = now + _KILL_EVERY_S
        time.sleep(0.2)


def _faults_of(plan: PlanDatabase, story: Story) -> list[str]:
    """What is not as a planner was told."""
    which = {"draft": story.number}
    with plan.engine.connect() as connection:
        answers = dict(
            connection.execute(
                text("SELECT idempotency_key, answer ->> 'change' FROM microgrid.draft_answer WHERE draft_id = :draft"),
                which,
            ).all()
        )
        changes = connection.execute(
            text("SELECT number FROM microgrid.draft_change WHERE draft_id = :draft AND kind = 'edit' ORDER BY number"),
            which,
        ).scalars()
        told = connection.execute(
            text("SELECT count(*) FROM microgrid.audit WHERE subject = 'draft:' || :draft AND action = 'draft.edit'"),
            which,
        ).scalar_one()
        status = connection.execute(text("SELECT status FROM microgrid.draft WHERE id = :draft"), which).scalar_one()
    made = {int(change) for change in answers.values() if change is not None}
    faults = []
    if made != set(changes) or len(made) != told:
        faults.append(f"draft {story.number}: {len(made)} answers, changes {made}, {told} entries of the trail")
    for key, change in story.keys.items():
        if (change is None and key in answers) or (change is not None and answers.get(key) != str(change)):
            faults.append(f"draft {story.number}: {key} was told change {change}, is {answers.get(key)}")
    wanted = {"open": "open", "published": "published", "refused": "open"}.get(story.fate, status)
    if status != wanted:
        faults.append(f"draft {story.number} is {status}, told to be {story.fate}")
    with reading(plan.engine) as session:
        found = {grid.code: grid.name for grid in snapshot(session, draft=story.number, today=TODAY).grids}
    lost = {code: name for code, name in story.names().items() if found.get(code) != name}
    if lost:
        faults.append(f"draft {story.number} has lost {lost}")
    return faults


def _generations(plan: PlanDatabase, communities: Sequence[str]) -> tuple[int, list[str]]:
    """How many generations there are, and what is wrong with them."""
    faults = []
    with plan.engine.connect() as connection:
        numbers = list(connection.execute(text("SELECT number FROM microgrid.generation ORDER BY number")).scalars())
        halves = connection.execute(
            text(
                "SELECT d.id FROM microgrid.draft d FULL JOIN microgrid.generation g ON g.draft_id = d.id"
                " WHERE (d.status = 'published') <> (g.number IS NOT NULL)"
            )
        ).scalars()
        faults += [f"draft {number} is published by half" for number in halves]
    if numbers != list(range(1, len(numbers) + 1)):
        faults.append(f"generations have holes: {numbers}")
    with reading(plan.engine) as session:
        state = snapshot(session, today=TODAY)
    for code in communities:
        cells = [grid.polygon for grid in state.grids if grid.area == code]
        if not prove(cells, state.area_by_code[code].polygon).is_exact:
            faults.append(f"community {code} is not proved in generation {numbers[-1]}")
    return len(numbers), faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, raise a storm, and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--planners", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    report = storm(planners=given.planners, seconds=given.minutes * 60, workers=given.workers)
    sys.stdout.write(report.text())
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
