"""What the benchmarks have in common on the command line: named sets in, a table in Markdown out."""

import argparse
import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import scipy
import shapely

from tests.benchmarks.measure import Timing
from tests.synthetic import Condition, Sample, make
from tests.synthetic.mosaic import WIGGLE_OF_CHORD

_SET = re.compile(r"(clean|mid|dirty)(\d+)(k?)(-ragged)?")
_RAGGED = 0.3


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    sets: tuple[str, ...]
    repeats: int
    seed: int
    with_memory: bool
    out: Path | None

    def samples(self) -> Iterator[tuple[str, Sample]]:
        """Each set by its name, made only when its turn comes."""
        for name in self.sets:
            yield name, make_set(name, self.seed)


def read_options(module: str, description: str | None, sets: Sequence[str]) -> Options:
    """Read the command line.

    Parameters
    ----------
    module : str
        ``__spec__.name`` of the benchmark.
    description : str or None
    sets : sequence of str
        What is measured unless sets are named: a class and a number of cells.

    Returns
    -------
    Options
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("sets", nargs="*", default=list(sets), help=f"sets (default: {' '.join(sets)})")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each contender (default: 5)")
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic cells (default: 1)")
    parser.add_argument("--no-memory", action="store_true", help="leave out the run that measures memory")
    parser.add_argument("--out", type=Path, help="append the tables to this Markdown file too")
    given = parser.parse_args()
    return Options(tuple(given.sets), given.repeats, given.seed, not given.no_memory, given.out)


def make_set(name: str, seed: int) -> Sample:
    """Make a set by its name: ``mid10k`` is mid, with about 10,000 cells; ``-ragged`` may follow.

    Raises
    ------
    SystemExit
        If there is no such set.
    """
    match = _SET.fullmatch(name)
    if match is None:
        raise SystemExit(f"no such set: {name} (say clean1k, mid10k, dirty400-ragged …)")
    condition, number, thousand, ragged = match.groups()
    cells = int(number) * (1000 if thousand else 1)
    return make(cast(Condition, condition), cells=cells, seed=seed, wiggle=_RAGGED if ragged else WIGGLE_OF_CHORD)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is told row by row as results come in."""

    title: str
    columns: tuple[str, ...]
    out: Path | None

    def begin(self) -> None:
        """Tell the title, the machine and the columns."""
        self._tell(f"\n### {self.title}\n\n{_machine()}\n\n")
        self._tell(f"| {' | '.join(self.columns)} |\n|{'---|' * len(self.columns)}\n")

    def row(self, *values: object) -> None:
        """Tell one row."""
        self._tell(f"| {' | '.join(_text(value) for value in values)} |\n")

    def _tell(self, text: str) -> None:
        tell(text)
        if self.out is not None:
            with self.out.open("a", encoding="utf-8") as file:
                file.write(text)


def tell(text: str) -> None:
    """Write to standard output at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def ratio(timing: Timing, anchor: Timing) -> str:
    """How a time compares to the anchor's of the same run: ``1/12.5`` or ``2.1``."""
    share = timing.median / anchor.median
    return "1" if timing is anchor else f"1/{1 / share:.1f}" if share < 1 else f"{share:.1f}"


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _machine() -> str:
    return (
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"shapely {shapely.__version__}, GEOS {shapely.geos_version_string}; {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}; median CPU seconds, contenders taking turns."
    )
