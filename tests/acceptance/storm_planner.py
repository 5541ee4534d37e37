"""A planner in a storm: edits drafts over connections that break, and has them published by processes that die."""

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Any

import numpy as np
import orjson
import shapely
from shapely import LineString

from boundaries.model import MicroGrid
from tests.acceptance.soak_service import ROOT

_PATIENCE_S = 60.0
_CUT = 0.15
_UNDONE = 0.1
_SPLIT = 0.3
_KILLED = 0.4
_TIMEOUT_S = 30


@dataclass(slots=True)
class Story:
    """What a planner knows of one draft: what was said to be written.

    Attributes
    ----------
    number : int
        Of the draft.
    keys : dict of str to int or None
        Idempotency key -> number of the change that was told; None where it was refused.
    stack : list of (str, str) or None
        What stands, in order: a grid and the name that it was given; None for another edit.
    fate : str
        ``open``, ``published``, ``refused`` or ``unknown``.
    """

    number: int
    keys: dict[str, int | None] = field(default_factory=dict)
    stack: list[tuple[str, str] | None] = field(default_factory=list)
    fate: str = "open"

    def names(self) -> dict[str, str]:
        """The last name that each grid was given."""
        return {one[0]: one[1] for one in self.stack if one is not None}


@dataclass(frozen=True, slots=True)
class Ground:
    """Where planners work: the same for all, so that they are in each other's way."""

    port: int
    url: str
    secret: str
    communities: tuple[tuple[str, tuple[MicroGrid, ...]], ...]


class Planner(Thread):
    """One planner, until they are told to stop."""

    def __init__(self, ground: Ground, number: int, stop: Event) -> None:
        super().__init__(name=f"planner-{number}", daemon=True)
        self.ground, self.number, self.stopped = ground, number, stop
        self.rng = np.random.default_rng(number)
        self.stories: list[Story] = []
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []

    def run(self) -> None:
        """Open, edit, publish, again and again."""
        try:
            while not self.stopped.is_set():
                self._draft()
        except Exception as error:
            self.faults.append(f"{self.name}: {type(error).__name__}: {error}")

    def _draft(self) -> None:
        area, grids = self.ground.communities[int(self.rng.integers(len(self.ground.communities)))]
        status, told = self._ask("POST", "/v1/drafts", {"name": f"{self.name}", "area": area})
        if status != 201:
            self.faults.append(f"a draft is not opened: {status} {told}")
            return
        story = Story(told["id"])
        self.stories.append(story)
        for step in range(int(self.rng.integers(3, 10))):
            if self.stopped.is_set():
                return
            if story.stack and self.rng.random() < _UNDONE:
                self._undo(story)
            else:
                self._edit(story, grids, step)
        self._publish(story)

    def _edit(self, story: Story, grids: tuple[MicroGrid, ...], step: int) -> None:
        grid = grids[int(self.rng.integers(len(grids)))]
        name = f"{self.name}-{story.number}-{step}"
        line = self._cut(grid) if self.rng.random() < _SPLIT else None
        command: dict[str, Any] = {"do": "rename", "grid": grid.code, "name": name}
        if line is not None:
            command = {"do": "split", "grid": grid.code, "lines": [line]}
        key = f"{story.number}-{step}-{int(self.rng.integers(1 << 40))}"
        status, told = self._ask("POST", f"/v1/drafts/{story.number}/edits", {"commands": [command]}, key=key)
        self.counts[f"edit {status}"] += 1
        if status == 200:
            story.keys[key] = told["change"]
            story.stack.append((grid.code, name) if line is None else None)
        elif status in {400, 404, 409}:
            story.keys[key] = None
        else:
            self.faults.append(f"an edit is answered {status}: {told}")

    def _cut(self, grid: MicroGrid) -> list[list[float]] | None:
        ring = shapely.get_coordinates(grid.polygon.exterior)[:-1]
        first = int(self.rng.integers(len(ring)))
        line = LineString([ring[first], ring[(first + len(ring) // 2) % len(ring)]])
        return shapely.get_coordinates(line).tolist() if shapely.covers(grid.polygon, line) else None

    def _undo(self, story: Story) -> None:
        path = f"/v1/drafts/{story.number}"
        revision = self._ask("GET", path, None)[1]["revision"]
        status, told = self._ask("POST", f"{path}/undo", None, match=revision)
        self.counts[f"undo {status}"] += 1
        # Where the answer to an undo was lost, sending it again is refused by what it asks to match.
        if status == 200 or (status == 409 and self._ask("GET", path, None)[1]["revision"] == revision + 1):
            story.stack.pop()
        else:
            self.faults.append(f"an undo is answered {status}: {told}")

    def _publish(self, story: Story) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MICROGRID_")}
        environment |= {"MICROGRID_DATABASE_URL": self.ground.url, "MICROGRID_LANG": "en", "MICROGRID_FOUR_EYES": "no"}
        command = [sys.executable, "-m", "api.cli.main", "draft", "publish", str(story.number), "--as", "boss"]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            try:
                after = float(self.rng.uniform(1.0, 8.0)) if self.rng.random() < _KILLED else 120.0
                _, told = process.communicate(timeout=after)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                story.fate = "unknown"
                self.counts["publish killed"] += 1
                return
        self.counts[f"publish {process.returncode}"] += 1
        story.fate = {0: "published", 2: "refused", 3: "refused"}.get(process.returncode, "unknown")
        if story.fate == "unknown":
            self.faults.append(f"publishing ends with {process.returncode}: {told[-300:]!r}")

    def _ask(
        self, method: str, path: str, body: object, *, key: str | None = None, match: int | None = None
    ) -> tuple[int, Any]:
        """Ask until there is an answer; with a key or a revision to match, over connections that are cut, too."""
        headers = {"X-API-Key": self.ground.secret, "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key is not None else {}
        headers |= {"If-Match": f'"{match}"'} if match is not None else {}
        sent = orjson.dumps(body) if body is not None else None
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            is_cut = (key is not None or match is not None) and self.rng.random() < _CUT
            connection = HTTPConnection("127.0.0.1", self.ground.port, timeout=_TIMEOUT_S)
            try:
                connection.request(method, path, sent, headers)
                if is_cut:
                    time.sleep(float(self.rng.uniform(0, 0.2)))
                    self.counts["cut"] += 1
                    continue
                answer = connection.getresponse()
                status, told = answer.status, answer.read()
                if status < 500 and status != 429:
                    return status, orjson.loads(told) if told else None
                self.counts[f"again {status}"] += 1
            except (OSError, HTTPException):
                self.counts["lost"] += 1
            finally:
                connection.close()
            if time.monotonic() > deadline:
                return 0, f"{method} {path} is not answered"
            time.sleep(0.2)
