"""Repair, its verification included, against ``coverage_clean``."""

from functools import partial

import shapely

from geo.repair import RepairRules, repair
from tests.benchmarks.command import Options, Table, ratio, read_options
from tests.benchmarks.measure import Contender, take_turns
from tests.benchmarks.outcome import outcome

SETS = ("mid1k", "mid10k", "mid10k-ragged", "mid100k", "dirty1k")
COLUMNS = (
    *("set", "cells", "contender", "CPU s", "to anchor", "MB added", "proved", "to a person"),
    *("lost", "invalid", "gap left m²", "overlap left m²", "outside m²", "unchanged"),
)
# Cells drawn on top of others keep their ground; the anchor empties them.
RULES = RepairRules(contained="keep")
CONTENDERS = (
    Contender("repair", partial(repair, tolerances=(1e-7, 1e-5, 1e-4, 1e-3), rules=RULES)),
    Contender("coverage_clean", lambda cells, _: shapely.coverage_clean(cells, gap_width=500.0)),
)


def main(options: Options) -> None:
    """Measure each set and tell what is left."""
    table = Table("Repair", COLUMNS, options.out)
    table.begin()
    for name, sample in options.samples():
        ours, anchor = take_turns(CONTENDERS, sample, repeats=options.repeats, with_memory=options.with_memory)
        for timing, says, cells, parent in (
            (ours, (ours.result.is_proved, ours.result.open_faces), ours.result.cells, ours.result.parent),
            (anchor, (None, None), anchor.result, sample.parent),
        ):
            left = outcome(sample.cells, cells, parent)
            table.row(
                *(name, len(sample.cells), timing.name, timing.median, ratio(timing, anchor), timing.memory_mb),
                *(*says, left.lost, left.invalid, left.gap, left.overlap, left.outside, left.unchanged),
            )


if __name__ == "__main__":
    main(read_options("tests.benchmarks.repair", __doc__, SETS))
