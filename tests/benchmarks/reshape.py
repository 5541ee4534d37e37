"""Thousands of random edits on a town with a chain: what is refused, what fails, how long each takes."""

import argparse
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median
from time import process_time

import numpy as np
import shapely
from numpy.random import Generator

from boundaries.edits import Edit, applied, apply
from boundaries.snapshot import Snapshot
from geo.errors import Problem
from tests.boundaries.edits.judging import faults_after
from tests.boundaries.edits.planner import random_step
from tests.boundaries.edits.town import town

# A town is begun anew after so many commands, before its grids are all splinters.
_FRESH_AFTER = 500
_SEEDS = 5
_REASONS_TOLD = 40
_CUTTING = {"split", "edge_split", "carve", "strip", "edge_strip"}


@dataclass
class Tally:
    """What came of the commands, by kind."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    at_border: int = 0


def main(commands: int, seed: int, cells: int) -> None:
    """Run the commands and tell what came of them, also where somebody stops the run."""
    tally = Tally()
    try:
        _run(tally, commands, np.random.default_rng(seed), cells)
    except KeyboardInterrupt:
        _say("stopped")
    _report(tally)


def _run(tally: Tally, commands: int, rng: Generator, cells: int) -> None:
    snapshot = town(cells=cells)
    for number in range(commands):
        if number % _FRESH_AFTER == 0:
            snapshot = town(cells=cells, seed=number // _FRESH_AFTER % _SEEDS)
        kind, before, command = random_step(snapshot, rng)
        began = process_time()
        try:
            edit = apply(before, command)
        except Problem as problem:
            tally.refused[kind] += 1
            tally.reasons[f"{kind}: {_without_numbers(problem.en)}"] += 1
            continue
        tally.milliseconds[kind].append((process_time() - began) * 1e3)
        tally.done[kind] += 1
        tally.at_border += kind in _CUTTING and _ends_on_parent(before, edit)
        found = faults_after(before, edit, gap=kind == "gap")
        tally.failures.update(found)
        if found:
            _say(f"FAILED {number} {kind}: {found}")
        elif kind != "gap":
            snapshot = applied(before, edit)


def _without_numbers(text: str) -> str:
    return re.sub(r"[\d.]{3,}|[A-Z]+\d+|\d+幢", "…", text)[:90]


def _ends_on_parent(before: Snapshot, edit: Edit) -> bool:
    """Whether the border of a new grid ends on the border of the community."""
    return any(
        shapely.length(shapely.intersection(grid.polygon, before.area_by_code[grid.area].polygon.boundary)) > 0
        for grid in edit.grids
        if not grid.id
    )


def _report(tally: Tally) -> None:
    _say(f"{'kind':12} {'done':>6} {'refused':>8} {'median ms':>10} {'p95 ms':>8}")
    for kind in sorted({*tally.done, *tally.refused}):
        times = tally.milliseconds[kind] or [0.0]
        p95 = float(np.percentile(times, 95))
        _say(f"{kind:12} {tally.done[kind]:6} {tally.refused[kind]:8} {median(times):10.1f} {p95:8.1f}")
    every = [one for times in tally.milliseconds.values() for one in times]
    p95 = float(np.percentile(every, 95))
    _say(f"all done: {len(every)}, CPU median {median(every):.1f} ms, p95 {p95:.1f} ms (goal 30)")
    _say(f"splits, strips and carvings that end on a parent's border: {tally.at_border}")
    _say(f"failures: {dict(tally.failures) or 'none'}")
    for reason, count in tally.reasons.most_common(_REASONS_TOLD):
        _say(f"  {count:5} {reason}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reshape", description=__doc__)
    parser.add_argument("--commands", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cells", type=int, default=100, help="grids of each of the three communities")
    options = parser.parse_args()
    main(options.commands, options.seed, options.cells)
