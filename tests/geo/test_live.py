"""A coverage under edit says at every step what a check of everything says."""

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from geo.coverage import CoverageReport, check_coverage
from geo.errors import GeometryProblem
from geo.live import Limits, LiveCoverage, watch
from tests.synthetic.sample import make

LIMITS = Limits(1e-7, 1e-6)
PARENT = box(0, 0, 20, 10)
A, B = box(0, 0, 10, 10), box(10, 0, 20, 10)
NODED = Polygon([(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)])


def _faces(report: CoverageReport) -> list[tuple[str, tuple[int, ...], tuple[int, ...], float]]:
    return sorted(
        (tier, face.owners, face.neighbours, round(face.geometry.area, 6))
        for tier in ("gaps", "overlaps", "overshoots")
        for face in getattr(report, tier)
    )


def _assert_same(live: LiveCoverage) -> None:
    full = check_coverage(live.shapes, live.parent, tolerance=LIMITS.tolerance, dust_area=LIMITS.dust_area)
    assert _faces(live.report) == _faces(full)
    assert len(live.report.mismatches) == len(full.mismatches)
    assert (live.report.is_exact, live.report.is_proved) == (full.is_exact, full.is_proved)


@pytest.mark.parametrize("condition", ["clean", "mid"])
def test_every_edit_gives_what_a_whole_check_gives(condition: str) -> None:
    sample = make(condition, cells=144, seed=5)  # type: ignore[arg-type]
    live = watch(sample.cells, sample.parent, limits=LIMITS)
    _assert_same(live)
    rng = np.random.default_rng(11)
    edited = 0
    for _ in range(25):
        cell = int(rng.integers(len(live.shapes)))
        ring = shapely.get_coordinates(shapely.get_parts(live.shapes[cell])[0].exterior).copy()
        ring[int(rng.integers(1, len(ring) - 1))] += rng.normal(0, 0.5, 2)
        if Polygon(ring).is_valid:
            live = live.replaced({cell: Polygon(ring)})
            _assert_same(live)
            edited += 1
    assert edited > 15
    assert not live.report.is_exact


def test_an_edit_is_undone_by_the_value_before() -> None:
    before = watch([A, B], NODED, limits=LIMITS)
    after = before.replaced({0: box(0, 0, 9, 10)})
    assert before.report == CoverageReport()
    assert [face.geometry.area for face in after.report.gaps] == [10.0]
    assert after.replaced({0: A}).report == CoverageReport()


def test_cells_come_and_go() -> None:
    live = watch([A, B], NODED, limits=LIMITS)
    split = live.replaced({1: box(10, 0, 20, 4), 2: box(10, 4, 20, 10)})
    assert split.report.is_exact
    assert not split.report.is_proved  # the parent has no vertex where the new border ends
    assert split.replaced({1: B, 2: None}).report == CoverageReport()
    gone = live.replaced({1: None}).report
    assert [(face.geometry.area, face.neighbours) for face in gone.gaps] == [(100.0, (0,))]


def test_a_broken_cell_leaves_no_verdict_until_it_is_mended() -> None:
    bowtie = Polygon([(0, 0), (10, 0), (0, 10), (10, 10)])
    live = watch([A, B], NODED, limits=LIMITS).replaced({0: bowtie})
    assert live.report == CoverageReport(invalid=(0,), is_exact=False, is_proved=False)
    assert live.replaced({0: A}).report == CoverageReport()


def test_a_border_that_both_sides_move_under_an_overlap_changes_its_owners() -> None:
    patch = box(8, 4, 12, 6)
    live = watch([A, B, patch], NODED, limits=LIMITS)
    assert _faces(live.report) == [("overlaps", (0, 2), (), 4.0), ("overlaps", (1, 2), (), 4.0)]
    wide, narrow = box(0, 0, 11, 10), box(11, 0, 20, 10)
    _assert_same(live.replaced({0: wide, 1: narrow}))
    assert [face.geometry.area for face in live.replaced({0: wide, 1: narrow}).report.overlaps] == [6.0, 2.0]


def test_a_broken_parent_is_refused() -> None:
    with pytest.raises(GeometryProblem, match="not valid"):
        watch([A], Polygon([(0, 0), (10, 0), (0, 10), (10, 10)]), limits=LIMITS)
