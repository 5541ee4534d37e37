"""Scores tell what was found, what was missed and what was made up."""

from dataclasses import replace
from pathlib import Path

import pyogrio
import pytest
import shapely
from shapely import box

from geo.coverage import CoverageReport, Face
from tests import overlay
from tests.synthetic import Condition, Sample, make
from tests.synthetic.__main__ import write
from tests.synthetic.degrees import in_degrees
from tests.synthetic.score import score


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make("mid", cells=1_600, seed=21)


@pytest.fixture(scope="module")
def report(sample: Sample) -> CoverageReport:
    return overlay.check_coverage(sample.cells, sample.parent, dust_area=1e-6)


def test_the_overlay_finds_all_ground_and_no_mismatch(sample: Sample, report: CoverageReport) -> None:
    result = score(report, sample)
    assert (result.recall, result.precision, result.mismatch_recall, result.misowned) == (1.0, 1.0, 0.0, 0)
    assert result.worst < 1e-7
    assert "recall 1.000000" in str(result)


@pytest.mark.parametrize("condition", ["mid", "dirty"])
def test_rounding_to_degrees_keeps_the_truth(condition: Condition) -> None:
    sample = in_degrees(make(condition, cells=400, seed=22))
    assert shapely.is_valid(sample.cells).all()
    assert shapely.get_coordinates(sample.cells).round(9).tolist() == shapely.get_coordinates(sample.cells).tolist()
    report = overlay.check_coverage(sample.cells, sample.parent, dust_width=2e-9)
    result = score(report, sample)
    assert (result.recall, result.precision, result.misowned) == (1.0, 1.0, 0)


def test_rounding_keeps_what_is_shared() -> None:
    sample = in_degrees(make("clean", cells=900, seed=23))
    assert shapely.coverage_is_valid(sample.cells)
    assert shapely.equals(shapely.coverage_union_all(sample.cells), sample.parent)


def test_what_is_missed_lowers_recall(sample: Sample, report: CoverageReport) -> None:
    faces = sum(face.kind != "mismatch" for face in sample.defects)
    result = score(replace(report, gaps=report.gaps[1:]), sample)
    assert result.recall == pytest.approx(1 - 1 / faces)
    assert result.precision == 1.0


def test_what_is_made_up_lowers_precision(sample: Sample, report: CoverageReport) -> None:
    x, y, *_ = sample.parent.bounds
    result = score(replace(report, gaps=(*report.gaps, Face(box(x, y, x + 1, y + 1)))), sample)
    told = len(report.gaps) + len(report.overlaps) + len(report.overshoots) + 1
    assert result.precision == pytest.approx(1 - 1 / told)
    assert result.recall == 1.0


def test_ground_told_as_another_kind_is_not_found(sample: Sample, report: CoverageReport) -> None:
    result = score(CoverageReport(gaps=report.overlaps, overlaps=report.gaps, overshoots=report.overshoots), sample)
    assert result.recall < 0.1
    assert result.precision < 0.1


def test_other_owners_are_told(sample: Sample, report: CoverageReport) -> None:
    first, *others = report.overlaps
    strange = replace(first, owners=(*first.owners, 9_999))
    assert score(replace(report, overlaps=(strange, *others)), sample).misowned == 1


def test_a_missed_part_shows_in_the_area(sample: Sample, report: CoverageReport) -> None:
    largest = max(report.gaps, key=lambda face: face.geometry.area)
    smaller = replace(largest, geometry=largest.geometry.buffer(-0.5))
    gaps = tuple(smaller if face is largest else face for face in report.gaps)
    result = score(replace(report, gaps=gaps), sample)
    assert result.recall == 1.0
    assert result.worst == pytest.approx(largest.geometry.area - smaller.geometry.area)


def test_a_sample_goes_to_a_file_with_its_truth(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "sample.gpkg"
    write(sample, path)
    write(sample, path)
    layers = {name: len(pyogrio.read_dataframe(path, layer=name)) for name, _ in pyogrio.list_layers(path)}
    mismatches = sum(face.kind == "mismatch" for face in sample.defects)
    assert layers == {
        "cells": len(sample.cells),
        "parent": 1,
        "truth": len(sample.defects) - mismatches,
        "mismatches": mismatches,
    }
    assert shapely.to_wkb(pyogrio.read_dataframe(path, layer="cells").geometry.values).tolist() == (
        shapely.to_wkb(sample.cells).tolist()
    )
