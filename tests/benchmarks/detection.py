"""Detection of gaps, overlaps and overshoot against the union and the self-join."""

from functools import partial

from geo.coverage import check_coverage
from tests.benchmarks.anchors import as_report, union_and_join
from tests.benchmarks.command import Options, Table, ratio, read_options
from tests.benchmarks.measure import Contender, take_turns
from tests.synthetic.score import score

SETS = ("mid1k", "mid10k", "mid10k-ragged", "mid100k", "dirty1k", "dirty10k")
COLUMNS = (
    *("set", "cells", "contender", "CPU s", "to anchor", "MB added"),
    *("recall", "of mismatches", "precision", "worst m²", "misowned"),
)
CONTENDERS = (
    Contender("check_coverage", partial(check_coverage, tolerance=1e-7, dust_area=1e-6)),
    Contender("union and join", union_and_join),
)


def main(options: Options) -> None:
    """Measure each set and tell what was found."""
    table = Table("Detection", COLUMNS, options.out)
    table.begin()
    for name, sample in options.samples():
        ours, anchor = take_turns(CONTENDERS, sample, repeats=options.repeats, with_memory=options.with_memory)
        told = score(ours.result, sample)
        found = (told.recall, told.mismatch_recall, told.precision, told.worst, told.misowned)
        table.row(name, len(sample.cells), ours.name, ours.median, ratio(ours, anchor), ours.memory_mb, *found)
        told = score(as_report(*anchor.result), sample)
        # The anchor tells pairs, and nothing of edges and of what lies outside.
        found = (told.recall_of("gap", "overlap"), None, told.precision, None, None)
        table.row(name, len(sample.cells), anchor.name, anchor.median, ratio(anchor, anchor), anchor.memory_mb, *found)


if __name__ == "__main__":
    main(read_options("tests.benchmarks.detection", __doc__, SETS))
