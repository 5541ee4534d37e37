"""The proof that cells fill their parent, against the check of edges alone."""

from functools import partial

import shapely

from geo.residual import prove
from tests.benchmarks.command import Options, Table, ratio, read_options
from tests.benchmarks.measure import Contender, take_turns

SETS = ("clean10k", "clean10k-ragged", "mid10k", "clean100k", "mid100k")
COLUMNS = ("set", "cells", "contender", "CPU s", "to anchor", "MB added", "says")
CONTENDERS = (
    Contender("prove", prove),
    Contender("prove, strict", partial(prove, is_strict=True)),
    # It compares edges of neighbours only: no parent, no gap that is open or a hole.
    Contender("coverage_invalid_edges", lambda cells, _: shapely.coverage_invalid_edges(cells)),
)


def main(options: Options) -> None:
    """Measure each set."""
    table = Table("Proof", COLUMNS, options.out)
    table.begin()
    for name, sample in options.samples():
        timings = take_turns(CONTENDERS, sample, repeats=options.repeats, with_memory=options.with_memory)
        for timing in timings:
            says = (
                f"{int((~shapely.is_empty(timing.result)).sum()):,} cells flagged"
                if timing is timings[-1]
                else f"exact: {timing.result.is_exact}, {timing.result.unmatched:,} unmatched"
            )
            measured = (timing.median, ratio(timing, timings[-1]), timing.memory_mb)
            table.row(name, len(sample.cells), timing.name, *measured, says)


if __name__ == "__main__":
    main(read_options("tests.benchmarks.proof", __doc__, SETS))
