"""Thousands of random edits on a town with a chain: what is refused, what fails, how long each takes."""

import argparse
from collections import Counter, defaultdict
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import shapely

from boundaries.edits import Edit, applied, apply
from boundaries.snapshot import Snapshot
from geo.errors import Problem
from tests.boundaries.edits.judging import faults_after
from tests.boundaries.edits.planner import random_step
from tests.boundaries.edits.town import town

# A town is begun anew after so many commands, before its grids are all splinters.
_FRESH_AFTER = 500


def main(commands: int, seed: int, cells: int) -> None:
    """Run the commands and print what came of them."""
    rng = np.random.default_rng(seed)
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    spent: dict[str, list[float]] = defaultdict(list)
    at_border = 0
    snapshot = town(cells=cells)
    for number in range(commands):
        if number % _FRESH_AFTER == 0:
            snapshot = town(cells=cells, seed=number // _FRESH_AFTER % 5)
        kind, before, command = random_step(snapshot, rng)
        began = perf_counter()
        try:
            edit = apply(before, command)
        except Problem as problem:
            tally[kind]["refused"] += 1
            reasons[f"{kind}: {problem.en.split(';')[0].split(':')[0][:70]}"] += 1
            continue
        spent[kind].append((perf_counter() - began) * 1e3)
        tally[kind]["done"] += 1
        at_border += kind in {"split", "edge_split", "strip", "edge_strip", "carve"} and _ends_on_parent(before, edit)
        found = faults_after(before, edit, gap=kind == "gap")
        failures.update(found)
        if found:
            print(f"FAILED {number} {kind}: {found}")
            continue
        snapshot = applied(before, edit) if kind != "gap" else snapshot
    _report(tally, reasons, failures, spent, at_border)


def _ends_on_parent(before: Snapshot, edit: Edit) -> bool:
    """Whether a new border ends on the border of the community."""
    new = [grid for grid in edit.grids if not grid.id]
    return any(
        shapely.length(shapely.intersection(grid.polygon, before.area_by_code[grid.area].polygon.boundary)) > 0
        for grid in new
    )


def _report(tally: Any, reasons: Any, failures: Any, spent: Any, at_border: int) -> None:
    print(f"{'kind':12} {'done':>6} {'refused':>8} {'median ms':>10} {'p95 ms':>8}")
    for kind in sorted(tally):
        times = spent[kind] or [0.0]
        p95 = float(np.percentile(times, 95))
        print(f"{kind:12} {tally[kind]['done']:6} {tally[kind]['refused']:8} {median(times):10.1f} {p95:8.1f}")
    every = [one for times in spent.values() for one in times]
    print(
        f"all done: {len(every)}, median {median(every):.1f} ms, p95 {float(np.percentile(every, 95)):.1f} ms (goal 30)"
    )
    print(f"splits and strips that end on a parent's border: {at_border}")
    print(f"failures: {dict(failures) or 'none'}")
    for reason, count in reasons.most_common(40):
        print(f"  {count:5} {reason}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reshape", description=__doc__)
    parser.add_argument("--commands", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cells", type=int, default=100, help="grids of each of the three communities")
    options = parser.parse_args()
    main(options.commands, options.seed, options.cells)
