"""A town of a million cells, parent by parent, in two processes."""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from geo.coverage import check_coverage
from geo.repair import RepairRules, repair
from geo.residual import prove
from tests.benchmarks.command import tell
from tests.benchmarks.measure import peak_mb, reset_peak
from tests.synthetic import Block, Condition, make_block

TOLERANCE_M = 1e-7
TOLERANCES_M = (1e-7, 1e-5, 1e-4, 1e-3)
DUST_M2 = 1e-6
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Share:
    """What one process did.

    Attributes
    ----------
    cells : int
    wall_s, cpu_s : float
        Of the work alone; cells are made between.
    peak_mb : float
        Largest memory of the process while it worked.
    faulty : tuple of (column, row)
        Parents with a fault: as they are, or after a repair.
    """

    cells: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    faulty: tuple[tuple[int, int], ...]


def work_share(blocks: list[Block], condition: Condition, verb: str) -> Share:
    """Make each parent and work on it, one after the other."""
    work = _works()[verb]
    cells = 0
    faulty: list[tuple[int, int]] = []
    wall_s = cpu_s = peak = 0.0
    for block in blocks:
        sample = make_block(condition, block)
        reset_peak()
        wall, cpu = time.perf_counter(), time.process_time()
        is_exact = work(sample.cells, sample.parent)
        wall_s += time.perf_counter() - wall
        cpu_s += time.process_time() - cpu
        peak = max(peak, peak_mb())
        cells += len(sample.cells)
        if not is_exact:
            faulty.append((block.column, block.row))
    return Share(cells, wall_s, cpu_s, peak, tuple(faulty))


def _works() -> dict[str, Callable[[Any, Any], bool]]:
    return {"check": _check, "prove": lambda cells, parent: prove(cells, parent).is_exact, "repair": _repair}


def _check(cells: Any, parent: Any) -> bool:
    return check_coverage(cells, parent, tolerance=TOLERANCE_M, dust_area=DUST_M2).is_exact


def _repair(cells: Any, parent: Any) -> bool:
    return repair(cells, parent, tolerances=TOLERANCES_M, rules=RepairRules(contained="keep")).is_proved


def main() -> None:
    """Read the command line, share the parents out, and tell the sums."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.town", description=__doc__)
    parser.add_argument("verb", nargs="?", choices=sorted(_works()), default="check")
    parser.add_argument("--class", dest="condition", choices=("clean", "mid", "dirty"), default="mid")
    parser.add_argument("--columns", type=int, default=10, help="parents from west to east (default: 10)")
    parser.add_argument("--rows", type=int, default=10, help="parents from south to north (default: 10)")
    parser.add_argument("--side", type=int, default=100, help="cells along a parent's side (default: 100)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    blocks = [
        Block(given.seed, given.side, given.columns, given.rows, column, row)
        for row in range(given.rows)
        for column in range(given.columns)
    ]
    shares = [blocks[first :: given.processes] for first in range(given.processes)]
    # A fresh interpreter each: nothing of this process counts as theirs.
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        done = pool.map(partial(work_share, condition=given.condition, verb=given.verb), shares, chunksize=1)
    faulty = sorted(place for share in done for place in share.faulty)
    tell(
        f"{given.verb}, {given.condition}: {sum(share.cells for share in done):,} cells, {len(blocks):,} parents, "
        f"{len(faulty):,} of them faulty{f' {faulty}' if 0 < len(faulty) <= _NAMED else ''}; {len(done)} processes: "
        f"{max(share.wall_s for share in done):.1f} s wall, {sum(share.cpu_s for share in done):.1f} s CPU, "
        f"peak {sum(share.peak_mb for share in done):,.0f} MB in all; making the cells not counted\n"
    )


if __name__ == "__main__":
    main()
