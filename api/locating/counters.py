"""Counts of what was answered, shared by the processes of one service and shown at ``/metrics``.

Each process writes a row of its own in one small file that all have mapped, so any of
them can tell the sum, and the counts of a process that was killed stay.
"""

import fcntl
import mmap
import os
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

Kind = Literal["point", "premises", "json", "arrow", "packed", "table"]

KINDS: tuple[Kind, ...] = ("point", "premises", "json", "arrow", "packed", "table")
STATUSES = (200, 304, 400, 401, 403, 404, 413, 415, 422, 429, 499, 500, 503)
_BUCKETS_S = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25)

_POINTS = len(KINDS) * len(STATUSES)
_TIMES = _POINTS + len(KINDS)
_NANOSECONDS = _TIMES + len(_BUCKETS_S) + 1
_SLOTS = _NANOSECONDS + 1
_ROW_BYTES = _SLOTS * 8
_MOST_ROWS = 64


def new_board() -> Path:
    """Make the file of a service with several processes; its last reader removes it."""
    with tempfile.NamedTemporaryFile(prefix="microgrid-counters-", delete=False) as file:
        file.truncate(_ROW_BYTES * _MOST_ROWS)
    return Path(file.name)


class Counters(Collector):
    """Counts of one process in its row, and the sums of all.

    Parameters
    ----------
    board : Path, optional
        The file of all processes; by default the counts are this process's alone.
    """

    def __init__(self, board: Path | None = None) -> None:
        # A number and no file object: it lives, and holds its lock, as long as the process.
        self._file = None if board is None else os.open(board, os.O_RDWR)
        self._memory = mmap.mmap(-1 if self._file is None else self._file, _ROW_BYTES * _MOST_ROWS)
        self._all = memoryview(self._memory).cast("q")
        row = 0 if self._file is None else _claim(self._file)
        self._row = self._all[row * _SLOTS : (row + 1) * _SLOTS]
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        told = "Generation served from memory, 0 for none"
        self._generation = Gauge("microgrid_locate_generation", told, registry=self._registry)
        self._stale = Gauge("microgrid_locate_stale", "Whether the database is lost", registry=self._registry)

    def count(self, kind: Kind, status: int, *, points: int = 1) -> None:
        """Count one answer."""
        place = STATUSES.index(status) if status in STATUSES else STATUSES.index(500 if status >= 500 else 400)
        number = KINDS.index(kind)
        self._row[number * len(STATUSES) + place] += 1
        self._row[_POINTS + number] += points

    def count_quick(self, seconds: float) -> None:
        """Count one answer for a single point and the time that it took."""
        row = self._row
        row[0] += 1
        row[_POINTS] += 1
        row[_TIMES + bisect_left(_BUCKETS_S, seconds)] += 1
        row[_NANOSECONDS] += int(seconds * 1e9)

    def text(self, *, generation: int | None, is_stale: bool) -> bytes:
        """Everything in the text format of Prometheus.

        Parameters
        ----------
        generation : int or None
            What this process serves from memory.
        is_stale : bool
            Whether it has lost the database.
        """
        self._generation.set(generation or 0)
        self._stale.set(is_stale)
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The sums of all processes, in the families of the metrics library."""
        sums = [sum(self._all[slot::_SLOTS]) for slot in range(_SLOTS)]
        labels = ("kind", "status")
        requests = CounterMetricFamily("microgrid_locate_requests", "Answers by kind and status", labels=labels)
        points = CounterMetricFamily("microgrid_locate_points", "Points asked for by kind", labels=("kind",))
        for number, kind in enumerate(KINDS):
            points.add_metric((kind,), sums[_POINTS + number])
            for place, status in enumerate(STATUSES):
                value = sums[number * len(STATUSES) + place]
                if value:
                    requests.add_metric((kind, str(status)), value)
        yield requests
        yield points
        yield _histogram(sums[_TIMES:_NANOSECONDS], sums[_NANOSECONDS] / 1e9)


def _claim(file: int) -> int:
    """The first row that no living process holds; a lock goes with its process."""
    for row in range(_MOST_ROWS):
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _ROW_BYTES, row * _ROW_BYTES)
        except OSError:
            continue
        return row
    return _MOST_ROWS - 1


def _histogram(counts: list[int], total_s: float) -> HistogramMetricFamily:
    told = "Time to answer for a single point, without the network"
    seconds = HistogramMetricFamily("microgrid_locate_seconds", told)
    running, buckets = 0, []
    for bound, count in zip((*map(str, _BUCKETS_S), "+Inf"), counts, strict=True):
        running += count
        buckets.append((bound, running))
    seconds.add_metric((), buckets=buckets, sum_value=total_s)
    return seconds
