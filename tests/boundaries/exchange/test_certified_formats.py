"""What is certified can be proved from every format that keeps polygons, and one step of one vertex shows in each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from boundaries.certificate import compare, prove_areas
from boundaries.exchange.formats import SUFFIXES, write_columns
from boundaries.exchange.snapshot_files import snapshot_from_files
from boundaries.exchange.writing import in_crs, layer_columns
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP, round_to_storage
from tests.boundaries.certified import PLAN, certificate, nudged, with_shape

# Spreadsheets keep a point inside each shape; CSV keeps them as text, which no verb reads as shapes.
# A format that is added is tried without a word here.
POLYGONS = tuple(suffix for suffix in SUFFIXES if suffix not in {".csv", ".xlsx"})


def turned(plan: Snapshot) -> Snapshot:
    """The plan on vertices with nine random decimals: no digit may be lost on the way."""
    rng = np.random.default_rng(9)
    moved: dict[tuple[float, float], list[float]] = {}

    def jitter(xy):
        for x, y in xy.tolist():
            moved.setdefault((x, y), round_to_storage(np.array([x, y]) + rng.uniform(-2e-5, 2e-5, 2)).tolist())
        return np.array([moved[x, y] for x, y in xy.tolist()])

    return replace(
        plan,
        areas=tuple(replace(area, polygon=shapely.transform(area.polygon, jitter)) for area in plan.areas),
        grids=tuple(replace(grid, polygon=shapely.transform(grid.polygon, jitter)) for grid in plan.grids),
    )


WILD = turned(PLAN)


def there_and_back(folder: Path, plan: Snapshot, suffix: str, crs: str | None = None) -> Snapshot:
    paths = {layer: folder / f"{layer}{suffix}" for layer in ("grids", "areas")}
    for layer, path in paths.items():
        write_columns(path, in_crs(layer_columns(layer, plan, tier="public"), crs))
    return snapshot_from_files(grids=paths["grids"], parents=paths["areas"])


def test_the_wild_plan_is_exact_and_uses_nine_decimals() -> None:
    assert all(area.is_exact for area in prove_areas(WILD))
    xy = shapely.get_coordinates([grid.polygon for grid in WILD.grids])
    assert (np.round(xy, 8) != xy).mean() > 0.8


@pytest.mark.parametrize("suffix", POLYGONS)
def test_an_export_proves_what_is_certified(tmp_path: Path, suffix: str) -> None:
    found = there_and_back(tmp_path, WILD, suffix)
    assert compare(certificate(WILD), prove_areas(found)).holds
    assert prove_areas(found) == prove_areas(WILD)


@pytest.mark.parametrize("suffix", POLYGONS)
@pytest.mark.parametrize("code", ["G1", "G3"])
def test_one_step_of_one_vertex_shows(tmp_path: Path, suffix: str, code: str) -> None:
    moved = with_shape(code, nudged(WILD.grid_by_code[code].polygon), WILD)
    here = prove_areas(there_and_back(tmp_path, moved, suffix))
    assert not compare(certificate(WILD), here).holds
    assert [area.is_exact for area in here] == [code != "G1", code != "G3", True]
    # Back by the same step, everything holds again.
    again = with_shape(code, nudged(moved.grid_by_code[code].polygon, step=-STORAGE_STEP), moved)
    assert compare(certificate(WILD), prove_areas(there_and_back(tmp_path, again, suffix))).holds


@pytest.mark.parametrize("suffix", POLYGONS)
def test_an_export_in_metres_proves_it_too(tmp_path: Path, suffix: str) -> None:
    found = there_and_back(tmp_path, WILD, suffix, "EPSG:4549")
    assert found.crs.is_metric
    assert compare(certificate(WILD), prove_areas(found)).holds
