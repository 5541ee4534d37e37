"""Synthetic coverages whose faults are known: all found, nothing else; repaired with proof."""

import numpy as np
import pytest
import shapely

from geo.coverage import CoverageReport, check_coverage
from geo.repair import Repair, RepairRules, repair
from geo.residual import prove
from tests import overlay
from tests.synthetic.degrees import in_degrees
from tests.synthetic.sample import Condition, Sample, make
from tests.synthetic.score import score

AREA_M2 = 1e-4
AT_A_FAULT = 1e-6
TOLERANCES = (1e-7, 1e-5, 1e-4, 1e-3)
KEEP = RepairRules(contained="keep")


def _checked(sample: Sample) -> CoverageReport:
    return check_coverage(sample.cells, sample.parent, tolerance=1e-7, dust_area=1e-6)


def _repaired(sample: Sample) -> Repair:
    return repair(sample.cells, sample.parent, tolerances=TOLERANCES, rules=KEEP)


@pytest.mark.parametrize(("condition", "cells", "seed"), [("mid", 1024, 1), ("mid", 10_000, 2), ("dirty", 400, 3)])
def test_every_fault_is_found_and_nothing_else(condition: Condition, cells: int, seed: int) -> None:
    sample = make(condition, cells=cells, seed=seed)
    result = score(_checked(sample), sample)
    assert (result.recall, result.precision, result.mismatch_recall) == (1.0, 1.0, 1.0)
    assert result.causes
    assert max(row.worst for row in result.causes) < AREA_M2
    assert sum(row.misowned for row in result.causes) == 0


def test_stored_degrees_tell_the_same_to_their_step() -> None:
    sample = in_degrees(make("mid", cells=1024, seed=4), decimals=9)
    report = check_coverage(sample.cells, sample.parent, tolerance=2e-9, dust_width=2e-9)
    result = score(report, sample)
    assert (result.recall, result.precision) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("condition", "cells", "seed", "share"),
    [("mid", 1024, 1, 0.97), ("mid", 2500, 4, 0.97), ("mid", 10_000, 2, 0.969), ("dirty", 225, 3, 0.0)],
)
def test_a_repair_is_proved_and_loses_nothing(condition: Condition, cells: int, seed: int, share: float) -> None:
    sample = make(condition, cells=cells, seed=seed)
    result = _repaired(sample)
    mended = np.array(result.cells, dtype=object)
    assert (result.is_proved, result.open_faces) == (True, 0)
    assert prove(mended, result.parent, is_strict=True).is_exact
    assert not shapely.is_empty(mended).any()
    assert (shapely.get_num_geometries(mended) == 1).all()
    assert shapely.area(mended).sum() == pytest.approx(sample.parent.area, rel=1e-12)
    # The second opinion sees no fault either.
    assert overlay.check_coverage(mended, result.parent, dust_area=1e-6).is_exact
    kept = np.setdiff1d(np.arange(len(mended)), result.changed)
    assert all(mended[cell] is sample.cells[cell] for cell in kept)
    assert len(kept) >= share * len(mended)
    _require_cause(sample, result)


def _require_cause(sample: Sample, result: Repair) -> None:
    """Every cell that changed gains or loses a face, or its border beside a fault got or lost vertices in place."""
    after = [() if face.winner is None else (face.winner,) for face in result.log]
    moved = {cell for face, now in zip(result.log, after, strict=True) for cell in {*face.owners} ^ {*now}}
    assert moved <= set(result.changed)
    faults = shapely.STRtree([defect.geometry for defect in sample.defects])
    for cell in set(result.changed) - moved:
        old, new = sample.cells[cell], result.cells[cell]
        assert faults.query(old, predicate="dwithin", distance=AT_A_FAULT).size
        ends = [{*map(tuple, shapely.get_coordinates(shape).tolist())} for shape in (old, new)]
        for border, added in ((old.boundary, ends[1] - ends[0]), (new.boundary, ends[0] - ends[1])):
            assert all(border.distance(shapely.Point(vertex)) <= result.tolerance for vertex in added)


def test_a_repair_of_what_is_repaired_changes_nothing() -> None:
    first = _repaired(make("mid", cells=400, seed=7))
    again = repair(first.cells, first.parent, tolerances=TOLERANCES)
    assert again.is_proved
    assert again.changed == () == again.log
    assert all(one is other for one, other in zip(first.cells, again.cells, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_order_start_and_direction_of_rings_do_not_matter(seed: int) -> None:
    sample = make("mid", cells=225, seed=seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(sample.cells))
    turned = sample.cells[order]
    turned = np.where(rng.random(len(turned)) < 0.5, shapely.reverse(turned), turned)
    turned = np.where(rng.random(len(turned)) < 0.5, shapely.normalize(turned), turned)
    one = _checked(sample)
    other = check_coverage(turned, sample.parent, tolerance=1e-7, dust_area=1e-6)
    for tier in ("gaps", "overlaps", "overshoots"):
        mine = sorted((face.owners, round(face.geometry.area, 6)) for face in getattr(one, tier))
        theirs = sorted(
            (tuple(sorted(int(order[owner]) for owner in face.owners)), round(face.geometry.area, 6))
            for face in getattr(other, tier)
        )
        assert mine == theirs
