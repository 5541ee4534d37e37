"""One edited cell to a new list of faults, against a check of the whole parent."""

from collections.abc import Callable
from statistics import median
from time import process_time

import numpy as np
import shapely
from shapely import Polygon

from geo.coverage import check_coverage
from geo.live import Limits, watch
from tests.benchmarks.command import Options, Table, read_options
from tests.synthetic.sample import Sample

SETS = ("clean300", "mid300", "mid10k")
COLUMNS = ("set", "cells", "edits", "edit ms", "whole check ms", "to anchor")
LIMITS = Limits(1e-7, 1e-6)
EDITS = 40


def main(options: Options) -> None:
    """Measure each set."""
    table = Table("One edit", COLUMNS, options.out)
    table.begin()
    for name, sample in options.samples():
        ours, anchor = _times(sample)
        table.row(name, len(sample.cells), len(ours), median(ours), median(anchor), median(ours) / median(anchor))


def _times(sample: Sample) -> tuple[list[float], list[float]]:
    """CPU milliseconds of edits in turn with whole checks of what they give."""
    live = watch(sample.cells, sample.parent, limits=LIMITS)
    rng = np.random.default_rng(0)
    ours: list[float] = []
    anchor: list[float] = []
    while len(ours) < EDITS:
        cell = int(rng.integers(len(live.shapes)))
        ring = shapely.get_coordinates(shapely.get_parts(live.shapes[cell])[0].exterior).copy()
        ring[int(rng.integers(1, len(ring) - 1))] += rng.normal(0, 0.3, 2)
        shape = Polygon(ring)
        if shape.is_valid:
            ours.append(_timed(lambda cell=cell, shape=shape: live.replaced({cell: shape})))
            edited = live.replaced({cell: shape}).shapes
            anchor.append(_timed(lambda edited=edited: check_coverage(edited, sample.parent, tolerance=1e-7)))
    return ours, anchor


def _timed(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return (process_time() - began) * 1e3


if __name__ == "__main__":
    main(read_options("tests.benchmarks.edit", __doc__, SETS))
