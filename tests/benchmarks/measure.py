"""CPU time of contenders that take turns, and the memory that each adds."""

import ctypes
import gc
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from tests.synthetic import Sample

_STATUS = Path("/proc/self/status")
_RESET_PEAK = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work.

    Attributes
    ----------
    name : str
    run : callable
        Does the work once on cells and their parent, and returns the result.
    clock : callable
        Seconds of CPU used so far by whatever does the work: this process unless said.
    """

    name: str
    run: Callable[[NDArray[np.object_], Any], Any]
    clock: Callable[[], float] = time.process_time


@dataclass(frozen=True, slots=True)
class Timing:
    """What a contender took.

    Attributes
    ----------
    name : str
    seconds : tuple of float
        CPU of each turn.
    memory_mb : float or None
        Peak above what stood before; None where another process does the work.
    result : Any
        Of the last turn.
    """

    name: str
    seconds: tuple[float, ...]
    memory_mb: float | None
    result: Any

    @property
    def median(self) -> float:
        """Median of the turns, seconds."""
        return statistics.median(self.seconds)


def take_turns(
    contenders: Sequence[Contender], sample: Sample, *, repeats: int, with_memory: bool = True
) -> list[Timing]:
    """Run all contenders once, then all again, so that a noisy machine is noisy for each.

    Parameters
    ----------
    contenders : sequence of Contender
    sample : Sample
        Every turn gets a copy that nobody has prepared or indexed yet.
    repeats : int
        Turns of each.
    with_memory : bool
        Give each one more run, in a process of its own, before the first turn.

    Returns
    -------
    list of Timing
        In the order of the contenders.
    """
    # What stands already, a million faces of truth perhaps, is not the contenders' to sweep.
    gc.collect()
    gc.freeze()
    stored, border = shapely.to_wkb(sample.cells), shapely.to_wkb(sample.parent)
    memory = [
        _added_memory(each, stored, border) if with_memory and each.clock is time.process_time else None
        for each in contenders
    ]
    seconds: list[list[float]] = [[] for _ in contenders]
    results: list[Any] = [None for _ in contenders]
    for _ in range(repeats):
        for index, each in enumerate(contenders):
            results[index] = None
            cells, parent = shapely.from_wkb(stored), shapely.from_wkb(border)
            gc.collect()
            begin = each.clock()
            results[index] = each.run(cells, parent)
            seconds[index].append(each.clock() - begin)
    gc.unfreeze()
    return [
        Timing(each.name, tuple(turns), peak, result)
        for each, turns, peak, result in zip(contenders, seconds, memory, results, strict=True)
    ]


def children_clock() -> float:
    """Seconds of CPU of all programs that this process has run and waited for."""
    times = os.times()
    return times.children_user + times.children_system


def reset_peak() -> float:
    """Start to watch the peak anew; returns the memory in use now, MB."""
    ctypes.CDLL(None).malloc_trim(0)
    _RESET_PEAK.write_text("5", encoding="ascii")
    return _status_mb("VmRSS")


def peak_mb() -> float:
    """Largest memory in use since the peak was reset, MB."""
    return _status_mb("VmHWM")


def _status_mb(name: str) -> float:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def _added_memory(contender: Contender, stored: NDArray[np.object_], border: bytes) -> float:
    """Peak that one run adds, in a fork, where no former run has left free memory behind."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            cells, parent = shapely.from_wkb(stored), shapely.from_wkb(border)
            before = reset_peak()
            kept = contender.run(cells, parent)
            os.write(writing, str(peak_mb() - before).encode())
            del kept
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return float(told) if told else float("nan")
