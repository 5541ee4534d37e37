"""How soon a publication is seen by callers, and whether any answer mixes two generations."""

import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import shapely
from sqlalchemy.orm import Session

from boundaries.model import MicroGrid
from boundaries.services.reading import snapshot
from boundaries.store import states
from boundaries.store.engine import reading
from tests.benchmarks.served_plan import CRS, TODAY, PlanDatabase

PUBLICATIONS = 3
# Connections enough that every worker has some.
_CALLERS = 8
_PAUSE_S = 0.005
_BETWEEN_S = 2.0
_LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One publication.

    Attributes
    ----------
    seen_s : float
        From the commit to the last question that a former generation answered.
    build_s : float
        The longest that a worker took to make it ready.
    answers, faults : int
        Looked at so far; those of another status, or whose code is not that of their generation.
    """

    seen_s: float
    build_s: float
    answers: int
    faults: int


@dataclass(frozen=True, slots=True)
class _Caller:
    """One connection that asks for the probe again and again.

    Attributes
    ----------
    port, path, key
        What is asked, where and by whom.
    first : int
        The generation before the first publication, in which the probe has another code.
    last : dict of int to float
        When the last question was sent that each generation answered.
    faults : list of str
        Answers of another status, or whose code is not that of their generation.
    """

    port: int
    path: str
    key: str
    first: int
    last: dict[int, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [0])

    def ask_until(self, end: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not end.wait(_PAUSE_S):
            asked = time.monotonic()
            connection.request("GET", self.path, headers={"X-API-Key": self.key})
            answer = connection.getresponse()
            told = orjson.loads(answer.read())
            generation, code = int(answer.headers["microgrid-generation"] or 0), told["micro_grid"]["code"]
            expected = f"P{generation}" if generation > self.first else code
            if (answer.status, told["generation"], code) != (200, generation, expected):
                self.faults.append(f"{answer.status} {generation} {told}")
            self.last[generation] = asked
            self.answers[0] += 1
        connection.close()


def publish_under_load(plan: PlanDatabase, port: int, key: str, log: Path) -> list[Seen]:
    """Publish a few times, each time under a code that names the generation, while others ask.

    Parameters
    ----------
    plan : PlanDatabase
    port : int
        Where the service answers.
    key : str
    log : Path
        Its log, which tells how long each generation took to be made ready.
    """
    with reading(plan.engine) as session:
        whole = snapshot(session, today=TODAY)
    first = whole.generation or 0
    probe = min(whole.grids, key=lambda grid: grid.rank)
    end, spot = threading.Event(), shapely.point_on_surface(probe.polygon)
    callers = [_Caller(port, f"/v1/locate?x={spot.x!r}&y={spot.y!r}&crs={CRS}", key, first) for _ in range(_CALLERS)]
    threads = [threading.Thread(target=caller.ask_until, args=(end,)) for caller in callers]
    for thread in threads:
        thread.start()
    seen = []
    try:
        time.sleep(_BETWEEN_S)
        for generation in range(first + 1, first + 1 + PUBLICATIONS):
            renamed = replace(probe, code=f"P{generation}")
            _publish(plan, probe, renamed)
            probe = renamed
            seen.append(_await(generation, callers, log))
    finally:
        end.set()
        for thread in threads:
            thread.join()
    return seen


def _await(generation: int, callers: Sequence[_Caller], log: Path) -> Seen:
    committed = time.monotonic()
    while not all(generation in caller.last for caller in callers):
        if time.monotonic() > committed + _LONGEST_S:
            raise SystemExit(f"generation {generation} is not seen after {_LONGEST_S:.0f} s")
        time.sleep(0.01)
    time.sleep(_BETWEEN_S)
    last = max(asked for caller in callers for number, asked in caller.last.copy().items() if number < generation)
    answers = sum(caller.answers[0] for caller in callers)
    return Seen(last - committed, build_s(log, generation), answers, sum(len(caller.faults) for caller in callers))


def build_s(log: Path, generation: int) -> float:
    """The longest that any worker took to make a generation ready, by its log; nan where none says so."""
    told = [
        event["seconds"]
        for line in log.read_text(encoding="utf-8").splitlines()
        if line.startswith("{") and (event := orjson.loads(line))["event"] == "generation_served"
        if event["generation"] == generation
    ]
    return float(max(told, default=float("nan")))


def _publish(plan: PlanDatabase, former: MicroGrid, renamed: MicroGrid) -> None:
    def change(session: Session, draft: int) -> None:
        states.retire(session, draft, "grids", [former.code])
        states.put_grids(session, draft, [renamed], source_id=None)

    plan.edit(change)
