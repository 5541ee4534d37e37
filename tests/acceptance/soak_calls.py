"""Callers that ask all the time in every form, and judge each answer by the generation that it names."""

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tests.acceptance.soak_plan import Division
from tests.acceptance.soak_questions import BEHIND, QUESTIONS, Kind, Question, Reply

# How long after a change of the database's state either behaviour is right.
SETTLED_S = {"up": 5.0, "down": 2.0}
_TIMEOUT_S = 30.0
_MOST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Weather:
    """Whether the database is up, and since when; replaced whole."""

    state: Literal["up", "down", "turning"]
    since: float

    def is_sure(self, state: Literal["up", "down"], instant: float) -> bool:
        """Whether at an instant nothing else could be known to the service."""
        return self.state == state and instant > self.since + SETTLED_S[state]


@dataclass(slots=True)
class Ledger:
    """What all callers share: what is right, and what they have found.

    Attributes
    ----------
    divisions : dict of int to Division
        Each stands here before it is published.
    weather : Weather
    last_asked : dict of int to float
        When the last question was sent that each generation answered.
    lost : list of (int, str)
        Client's port and kind of each answer that did not come.
    """

    divisions: dict[int, Division]
    weather: Weather
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    last_asked: dict[int, float] = field(default_factory=dict)
    lost: list[tuple[int, str]] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def count(self, kind: str, outcome: str) -> None:
        """Count one outcome of one kind."""
        with self._guard:
            self.counts[kind, outcome] += 1

    def fault(self, told: str) -> None:
        """Note what must not be; of very many the first."""
        with self._guard:
            self.counts["all", "fault"] += 1
            if len(self.faults) < _MOST_FAULTS:
                self.faults.append(told)

    def saw(self, generation: int, asked: float) -> None:
        """Note that a generation answered a question that was sent at an instant."""
        with self._guard:
            self.last_asked[generation] = max(asked, self.last_asked.get(generation, 0.0))


class Caller(threading.Thread):
    """One connection that stays open while the service lets it.

    Parameters
    ----------
    ledger : Ledger
    port : int
    key : str
    kinds : sequence of Kind
        What it asks for, in turns.
    pause_s : float
        Between two questions.
    """

    def __init__(self, ledger: Ledger, port: int, key: str, *, kinds: tuple[Kind, ...], pause_s: float) -> None:
        super().__init__(name=f"caller of {kinds[0]}")
        self._ledger, self._kinds, self._pause_s = ledger, kinds, pause_s
        self._headers = {"X-API-Key": key}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        self._newest = 0
        self._rng = np.random.default_rng(len(kinds))
        self._end = threading.Event()

    def stop(self) -> None:
        """Ask no more, and wait for the last answer."""
        self._end.set()
        self.join()

    def run(self) -> None:
        """Ask until stopped."""
        turn = 0
        while not self._end.wait(self._pause_s):
            kind = self._kinds[turn % len(self._kinds)]
            turn += 1
            (self._ask_behind if kind == "behind" else self._ask)(kind)
        self._connection.close()

    def _ask(self, kind: Kind) -> None:
        question = QUESTIONS[kind](self._division, self._rng)
        reply = self._exchange(kind, question)
        if reply is None:
            return
        if reply.status != 200:
            self._ledger.fault(f"{kind}: {reply.status} {reply.body[:300]!r}")
            return
        generation = int(reply.headers["microgrid-generation"] or 0)
        division = self._ledger.divisions.get(generation)
        told = None if division is None else question.read(reply, division)
        if told is None or division is None or told != (generation, question.right(division)):
            self._ledger.fault(f"{kind}: wrong or mixed answer of generation {generation}: {reply.body[:300]!r}")
        if generation < self._newest:
            self._ledger.fault(f"{kind}: generation {generation} after {self._newest} on one connection")
        self._newest = generation
        self._ledger.saw(generation, reply.asked)

    def _ask_behind(self, kind: Kind) -> None:
        """What needs the database: answered, or refused for the want of it."""
        weather = self._ledger.weather
        reply = self._exchange(kind, BEHIND)
        if reply is None or reply.status == 200:
            return
        if reply.status != 503 or (weather is self._ledger.weather and weather.is_sure("up", reply.asked)):
            self._ledger.fault(f"{kind}: {reply.status} {reply.body[:300]!r}")

    def _exchange(self, kind: Kind, asks: Question) -> Reply | None:
        connection, weather, port = self._connection, self._ledger.weather, 0
        headers = self._headers | ({} if asks.media_type is None else {"Content-Type": asks.media_type})
        asked = time.monotonic()
        try:
            if connection.sock is None:
                self._newest = 0
                connection.connect()
            port = connection.sock.getsockname()[1]
            connection.request(asks.method, asks.path, body=asks.body, headers=headers)
            answer = connection.getresponse()
            reply = Reply(answer.status, answer.headers, answer.read(), asked)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._ledger.lost.append((port, f"{kind}: {type(error).__name__}"))
            self._ledger.count(kind, "lost")
            return None
        is_stale = "microgrid-stale-since" in reply.headers
        self._ledger.count(kind, f"{reply.status}{' stale' if is_stale else ''}")
        if kind != "behind" and weather is self._ledger.weather:
            if is_stale and weather.is_sure("up", asked):
                self._ledger.fault(f"{kind}: stale while the database is up")
            if not is_stale and weather.is_sure("down", asked):
                self._ledger.fault(f"{kind}: not said to be stale while the database is down")
        return reply

    @property
    def _division(self) -> Division:
        """Any division has the probes."""
        return next(iter(self._ledger.divisions.values()))
