"""The check against drawn defects whose truth is known, and against real layers."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.coverage import CoverageReport, check_coverage
from geo.segments import as_shapes

DUST_M2 = 1e-6


def test_given_hard_cases(real_data: Path) -> None:
    for case in json.loads((real_data / "coverage" / "hard_cases_dev.json").read_text()):
        cells = [shapely.from_wkt(text) for text in case["polys"]]
        report = check_coverage(cells, shapely.from_wkt(case["parent"]), tolerance=1e-7, dust_area=DUST_M2)
        if case["name"] == "bowtie_neighbour":
            assert report.invalid == (0,), case["name"]
            continue
        gaps = [area for area in case["gap_areas"] if area > DUST_M2]
        assert sorted(face.geometry.area for face in report.gaps) == pytest.approx(sorted(gaps)), case["name"]
        assert _pair_areas(report) == pytest.approx(sorted(case["overlap_areas"])), case["name"]
        outside = sum(face.geometry.area for face in report.overshoots)
        assert outside == pytest.approx(case["outside_area"], abs=DUST_M2), case["name"]


def _pair_areas(report: CoverageReport) -> list[float]:
    """Overlap of each pair, put together again from faces with constant owners."""
    pairs: dict[tuple[int, int], float] = {}
    for face in report.overlaps:
        for index, first in enumerate(face.owners):
            for second in face.owners[index + 1 :]:
                pairs[first, second] = pairs.get((first, second), 0.0) + face.geometry.area
    return sorted(pairs.values())


@pytest.fixture(scope="module")
def drawn(real_data: Path) -> tuple[CoverageReport, gpd.GeoDataFrame]:
    folder = real_data / "coverage"
    cells = gpd.read_parquet(folder / "mid1k.parquet").geometry.to_numpy()
    parent = gpd.read_parquet(folder / "mid1k_parent.parquet").geometry.iloc[0]
    report = check_coverage(cells, parent, tolerance=1e-7, dust_area=DUST_M2)
    return report, gpd.read_parquet(folder / "mid1k_truth.parquet")


@pytest.mark.parametrize(("kind", "tier"), [("gap", "gaps"), ("overlap", "overlaps"), ("outside", "overshoots")])
def test_every_drawn_defect_is_found_and_nothing_else(
    drawn: tuple[CoverageReport, gpd.GeoDataFrame], kind: str, tier: str
) -> None:
    report, truth = drawn
    faces = as_shapes(face.geometry for face in getattr(report, tier))
    wanted = truth[(truth.kind == kind) & (truth.area > DUST_M2)].geometry.to_numpy()
    share_found = _area_inside(wanted, faces) / shapely.area(wanted)
    share_true = _area_inside(faces, truth[truth.kind == kind].geometry.to_numpy()) / shapely.area(faces)
    assert len(wanted) > 0
    assert share_found.min() >= 0.9
    assert share_true.min() >= 0.5


def _area_inside(shapes: np.ndarray, others: np.ndarray) -> np.ndarray:
    together = shapely.union_all(others)
    return np.asarray(shapely.area(shapely.intersection(shapes, together)))
