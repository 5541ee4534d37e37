"""The check of a coverage on real layers, face by face beside a second opinion.

The two agree on every face above dust but for those listed here, and each of those is
explained: the check closes what is thinner than its tolerance, the overlay does not. A
face with such necks is then one face there and its wide pieces here, and a thread with a
wide end is dust there and its end counts here.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from boundaries.rules import Rules
from geo.coverage import CoverageReport, Face, check_coverage
from geo.metric import Metric
from tests import overlay
from tests.acceptance.real_differences import KINDS, differences
from tests.acceptance.real_layers import LAYERS, Layer, read, second_opinion

pytestmark = pytest.mark.acceptance

# Set -> kind, owners (of a gap the cells along it), faces here, faces there, m² here, why.
Listed = tuple[str, tuple[int, ...], int, int, float, str]
EXPLAINED: dict[str, tuple[Listed, ...]] = {
    "Seoul 2015": (
        ("gaps", (11, 69), 1, 0, 0.00112, "thread"),
        ("gaps", (151, 208), 2, 1, 0.228, "pinched"),
        ("gaps", (236, 296), 2, 1, 0.0352, "pinched"),
        ("gaps", (236, 296), 2, 1, 0.480, "pinched"),
        ("gaps", (236, 322), 2, 1, 0.0301, "pinched"),
        ("gaps", (314, 333, 344), 1, 0, 0.00683, "thread"),
        ("gaps", (322, 427), 1, 0, 0.00699, "thread"),
        ("gaps", (348, 381), 1, 1, 0.000328, "pinched"),
        ("gaps", (381, 422), 1, 1, 0.00361, "pinched"),
        ("overlaps", (0, 8), 1, 0, 0.000101, "thread"),
        ("overlaps", (200, 460), 1, 1, 0.634, "pinched"),
        ("overlaps", (230, 325), 1, 1, 0.0635, "pinched"),
        ("overlaps", (236, 322), 1, 0, 0.00615, "thread"),
        ("overlaps", (236, 322), 1, 0, 0.0156, "thread"),
        ("overlaps", (381, 422), 1, 0, 0.00179, "thread"),
        ("overlaps", (381, 422), 1, 1, 0.00311, "pinched"),
        ("overlaps", (381, 429), 1, 1, 0.0140, "pinched"),
    ),
    "Denver 2018 in blocks": (("gaps", (335,), 1, 1, 0.000535, "pinched"),),
    "Purnia": (
        ("gaps", (3, 19, 21), 2, 1, 8.66, "pinched"),
        ("gaps", (10, 15), 1, 0, 0.000503, "thread"),
        ("gaps", (10, 15), 1, 1, 0.108, "pinched"),
        ("gaps", (10, 15), 2, 1, 0.275, "pinched"),
        ("gaps", (12, 23), 1, 0, 0.00577, "thread"),
        ("overlaps", (5, 9), 1, 1, 0.728, "pinched"),
        ("overlaps", (10, 15), 1, 1, 0.0533, "pinched"),
        ("overlaps", (10, 15), 2, 1, 0.142, "pinched"),
        ("overlaps", (10, 15), 2, 1, 69.1, "pinched"),
        ("overlaps", (10, 15), 3, 1, 0.139, "pinched"),
        ("overlaps", (11, 15), 2, 1, 0.114, "pinched"),
        ("overlaps", (12, 15), 1, 0, 0.00117, "thread"),
    ),
    "Bhubaneswar": (
        ("gaps", (16, 29, 37), 1, 0, 0.0181, "thread"),
        ("gaps", (54, 56), 1, 1, 13.5, "pinched"),
    ),
}
# Three digits are listed.
_DIGITS = 5e-3


@pytest.mark.parametrize("layer", LAYERS, ids=[layer.name for layer in LAYERS])
def test_both_find_the_same_faces(real_data: Path, layer: Layer) -> None:
    reading = read(layer, real_data)
    rows: list[Listed] = []
    for ground in reading.grounds:
        found = check_coverage(ground.cells, ground.parent, **Rules().limits(reading.crs))
        assert found.invalid == ()
        metric = Metric.of(reading.crs, ground.cells)
        rows.extend(
            (one.kind, one.cells, one.pieces, one.faces, float(metric.area_m2(one.shape)), one.reason)
            for one in differences(found, second_opinion(ground, reading.crs), Rules().tolerances(reading.crs)[0])
        )
    rows.sort()
    listed = sorted(EXPLAINED.get(layer.name, ()))
    assert [row[:4] + row[5:] for row in rows] == [row[:4] + row[5:] for row in listed]
    assert [row[4] for row in rows] == pytest.approx([row[4] for row in listed], rel=_DIGITS)


# Set -> shapes, and how many of them the reader set apart.
SET_APART = {
    "Purnia": (43, 2),
    "Bangalore": (243, 6),
    "Villages 2020": (7799, 110),
    "Villages 2021": (7701, 7),
}


@pytest.mark.parametrize("layer", LAYERS, ids=[layer.name for layer in LAYERS])
def test_the_check_refuses_what_the_reader_sets_apart(real_data: Path, layer: Layer) -> None:
    reading = read(layer, real_data)
    known = next((SET_APART[name] for name in SET_APART if layer.name.startswith(name)), None)
    assert (reading.polygons + reading.set_apart, reading.set_apart) == (known or (reading.polygons, 0))
    assert len(reading.refused) == reading.set_apart
    if reading.set_apart:
        refused = check_coverage(reading.refused, reading.grounds[0].parent, **Rules().limits(reading.crs))
        assert refused.invalid == tuple(range(reading.set_apart))


def _without_one(report: CoverageReport) -> CoverageReport:
    return replace(report, gaps=report.gaps[1:])


def _moved(report: CoverageReport) -> CoverageReport:
    gap = report.gaps[0]
    aside = shapely.transform(gap.geometry, lambda xy: xy + 1e-6)
    return replace(report, gaps=(Face(aside, gap.owners, gap.neighbours), *report.gaps[1:]))


def _given_away(report: CoverageReport) -> CoverageReport:
    first, *others = report.overlaps
    return replace(report, overlaps=(replace(first, owners=(0, 2)), *others))


def _cut_short(report: CoverageReport) -> CoverageReport:
    gap = report.gaps[0]
    return replace(report, gaps=(replace(gap, geometry=shapely.box(7, 0, 8, 5)), *report.gaps[1:]))


@pytest.mark.parametrize("spoil", [_without_one, _moved, _given_away, _cut_short])
def test_a_wrong_report_is_told(spoil: Callable[[CoverageReport], CoverageReport]) -> None:
    cells = [shapely.box(0, 0, 5, 10), shapely.box(4, 0, 7, 10), shapely.box(8, 0, 12, 10)]
    parent = shapely.box(0, 0, 12, 10)
    found, second = check_coverage(cells, parent, tolerance=1e-7), overlay.check_coverage(cells, parent)
    assert [len(getattr(found, kind)) for kind in KINDS] == [1, 1, 0]
    assert differences(found, second, 1e-7) == []
    assert {one.reason for one in differences(spoil(found), second, 1e-7)} == {"unexplained"}
