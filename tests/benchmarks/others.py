"""Other tools on the same cells: what they find and what their repair leaves."""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import shapely
from shapely import Polygon

from geo.coverage import CoverageReport, Face, check_coverage
from tests.benchmarks import mapshaper, postgis, tools
from tests.benchmarks.anchors import union_and_join
from tests.benchmarks.command import Table, make_set, ratio, tell
from tests.benchmarks.measure import Contender, Timing, children_clock, take_turns
from tests.benchmarks.outcome import outcome
from tests.synthetic import Sample
from tests.synthetic.score import score

FOUND = ("set", "contender", "CPU s", "to union and join", "MB added", "recall gaps", "recall overlaps", "precision")
LEFT = ("set", "contender", "CPU s", "MB added", "lost", "invalid", "gap m²", "overlap m²", "outside m²", "unchanged")
GAP_WIDTH_M = 500.0


def main() -> None:
    """Read the command line and measure each set."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.others", description=__doc__)
    parser.add_argument("sets", nargs="*", default=["mid1k"], help="sets (default: mid1k)")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each contender (default: 5)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-memory", action="store_true", help="leave out the run that measures memory")
    parser.add_argument("--mapshaper", default="mapshaper", help="the program (default: the one in PATH)")
    parser.add_argument("--out", type=Path, help="append the tables to this Markdown file too")
    given = parser.parse_args()
    samples = [(name, make_set(name, given.seed)) for name in given.sets]
    turns = partial(take_turns, repeats=given.repeats, with_memory=not given.no_memory)
    table = Table("Detection by other tools", FOUND, given.out)
    table.begin()
    for name, sample in samples:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            contenders = _detectors(sample, Path(folder), given.mapshaper, stack)
            _tell_found(table, name, sample, turns(contenders, sample))
    table = Table("Repair by other tools", LEFT, given.out)
    table.begin()
    for name, sample in samples:
        with tempfile.TemporaryDirectory() as folder:
            for timing in turns(_repairers(sample, Path(folder), given.mapshaper), sample):
                left = outcome(sample.cells, timing.result, sample.parent)
                wrong = (left.lost, left.invalid, left.gap, left.overlap, left.outside)
                table.row(name, timing.name, timing.median, timing.memory_mb, *wrong, left.unchanged)


def _detectors(sample: Sample, folder: Path, program: str, stack: ExitStack) -> list[Contender]:
    """Ways to find what is wrong; each gives gaps and overlaps as shapes, a report, or no shapes at all."""

    def join(cells: Any, parent: Any) -> tuple[Any, Any]:
        gaps, _, common = union_and_join(cells, parent)
        return gaps, common

    def mosaic() -> list[Contender]:
        prepared = mapshaper.prepare(sample.cells, folder, program)
        return [Contender("mapshaper -mosaic", lambda *_: _by_count(prepared.mosaic()), children_clock)]

    def sql() -> list[Contender]:
        ask, clock = stack.enter_context(postgis.questions(sample.cells, sample.parent))
        return [Contender("PostGIS", lambda *_: ask(), clock)]

    return [
        Contender("union and join", join),
        Contender("check_coverage", partial(check_coverage, tolerance=1e-7, dust_area=1e-6)),
        *tools.geopandas_detectors(),
        *_at_hand("maup", tools.maup_detectors),
        *_at_hand("geoplanar", tools.geoplanar_detectors),
        *_at_hand("mapshaper", mosaic),
        *_at_hand("PostGIS", sql),
    ]


def _repairers(sample: Sample, folder: Path, program: str) -> list[Contender]:
    def clean() -> list[Contender]:
        prepared = mapshaper.prepare(sample.cells, folder, program)
        wide = (f"gap-width={GAP_WIDTH_M}", "close-outer-gaps")
        return [
            Contender("mapshaper -clean", lambda *_: prepared.clean(), children_clock),
            Contender("same, gap-width, outer gaps", lambda *_: prepared.clean(*wide), children_clock),
        ]

    return [
        Contender("coverage_clean, gaps kept", lambda cells, _: shapely.coverage_clean(cells)),
        Contender("coverage_clean", lambda cells, _: shapely.coverage_clean(cells, gap_width=GAP_WIDTH_M)),
        *_at_hand("maup", tools.maup_repairers),
        *_at_hand("geoplanar", tools.geoplanar_repairers),
        *_at_hand("mapshaper", clean),
    ]


def _at_hand(tool: str, make: Callable[[], list[Contender]]) -> list[Contender]:
    try:
        return make()
    except tools.Absent as reason:
        tell(f"\n{tool} is left out: {reason}\n\n")
        return []


def _by_count(faces: Sequence[tuple[Any, int]]) -> tuple[list[Any], list[Any]]:
    return [shape for shape, over in faces if over == 0], [shape for shape, over in faces if over > 1]


def _tell_found(table: Table, name: str, sample: Sample, timings: Sequence[Timing]) -> None:
    for timing in timings:
        found: tuple[float | None, ...] = (None, None, None)
        report = timing.result
        if isinstance(report, tuple):
            report = CoverageReport(gaps=_faces(report[0]), overlaps=_faces(report[1]), is_exact=False)
        if isinstance(report, CoverageReport):
            told = score(report, sample)
            found = (told.recall_of("gap"), told.recall_of("overlap"), told.precision)
        table.row(name, timing.name, timing.median, ratio(timing, timings[0]), timing.memory_mb, *found)


def _faces(shapes: Iterable[Any]) -> tuple[Face, ...]:
    parts = (part for shape in shapes for part in shapely.get_parts(shapely.get_parts(shape)))
    return tuple(Face(part) for part in parts if isinstance(part, Polygon))


if __name__ == "__main__":
    main()
