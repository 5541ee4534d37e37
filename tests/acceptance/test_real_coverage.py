"""Real layers through the checks in file mode: what is exact is called exact, what is broken is found."""

from collections.abc import Iterable
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.checks import run
from boundaries.exchange.snapshot_files import filled, snapshot_from_files
from boundaries.findings import Finding
from boundaries.rules import Rules
from boundaries.services.auditing import counts, is_exact, report
from boundaries.snapshot import Snapshot

pytestmark = pytest.mark.acceptance

TILES = ("shapes", "codes", "duplicates", "parents", "tiles")
GONE = ("A6301-0055-00", "A6310-1213-00")
MOVED, TWICE = "A6306-0120-00", "A6308-0146-00"


@pytest.fixture(scope="module")
def taipei(real_data: Path) -> geopandas.GeoDataFrame:
    return geopandas.read_parquet(real_data / "tw_microgrid" / "taipei_base.parquet")


@pytest.fixture(scope="module")
def towns(taipei: geopandas.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [(town, shapely.union_all(part.geometry.to_numpy())) for town, part in taipei.groupby("TOWN_ID")]
    path = tmp_path_factory.mktemp("towns") / "towns.gpkg"
    geopandas.GeoDataFrame(
        {"编码": [town for town, _ in rows], "名称": [town for town, _ in rows]},
        geometry=[shape for _, shape in rows],
        crs=taipei.crs,
    ).to_file(path)
    return path


def _check(grids: Path, towns: Path) -> tuple[Snapshot, tuple[Finding, ...]]:
    snapshot = snapshot_from_files(grids=grids, parents=towns, code_column="CODEBASE", parent_column="TOWN_ID")
    return snapshot, run(snapshot, Rules(), only=TILES)


def test_a_whole_city_is_exact(real_data: Path, towns: Path) -> None:
    snapshot, findings = _check(real_data / "tw_microgrid" / "taipei_base.parquet", towns)
    told = report(snapshot, findings)
    assert (told["exact"], told["grids"], told["parents"], told["findings"]) == (True, 11_490, 12, [])


@pytest.fixture(scope="module")
def shifted(taipei: geopandas.GeoDataFrame) -> shapely.Polygon:
    """A cell two metres to the east of where it belongs."""
    east = 2 / (111_320 * np.cos(np.radians(25.05)))
    return shapely.transform(_cell(taipei, MOVED), lambda xy: xy + np.array([east, 0.0]))


@pytest.fixture(scope="module")
def broken(
    taipei: geopandas.GeoDataFrame, towns: Path, shifted: shapely.Polygon, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Snapshot, tuple[Finding, ...]]:
    """The city with two cells deleted, one shifted and one doubled, and what the checks say."""
    kept = taipei[~taipei.CODEBASE.isin(GONE)].copy()
    kept.loc[kept.CODEBASE == MOVED, "geometry"] = shifted
    twin = kept[kept.CODEBASE == TWICE].assign(CODEBASE="TWIN")
    path = tmp_path_factory.mktemp("broken") / "broken.parquet"
    geopandas.GeoDataFrame(pd.concat([kept, twin], ignore_index=True)).to_parquet(path)
    return _check(path, towns)


def _cell(layer: geopandas.GeoDataFrame, code: str) -> shapely.Polygon:
    return layer.set_index("CODEBASE").geometry[code]


def _area_m2(findings: Iterable[Finding]) -> float:
    return sum(finding.area_m2 or 0.0 for finding in findings)


def test_nothing_else_is_found(broken: tuple[Snapshot, tuple[Finding, ...]]) -> None:
    snapshot, findings = broken
    assert not is_exact(snapshot, findings)
    assert len(snapshot.grids) == 11_490 - 2 + 1
    found = counts(findings)
    # The shifted cell opens a gap on its west and overlaps its neighbours; along borders that
    # run east and west both are slivers.
    assert {kind: found[kind] for kind in ("gap", "overlap", "duplicate_shape")} == {
        "gap": 3,
        "overlap": 2,
        "duplicate_shape": 1,
    }
    assert set(found) <= {"gap", "overlap", "duplicate_shape", "sliver", "dust"}
    assert {finding.parent for finding in findings} == {"63000010", "63000060", "63000080", "63000100"}


@pytest.mark.parametrize(("code", "town"), [(GONE[0], "63000010"), (GONE[1], "63000100")])
def test_a_deleted_cell_is_a_gap_of_its_size(
    taipei: geopandas.GeoDataFrame, broken: tuple[Snapshot, tuple[Finding, ...]], code: str, town: str
) -> None:
    snapshot, findings = broken
    (gap,) = (finding for finding in findings if finding.kind == "gap" and finding.parent == town)
    cell = _cell(taipei, code)
    assert gap.geometry is not None
    assert gap.geometry.equals(cell)
    assert gap.area_m2 == pytest.approx(float(snapshot.metric.area_m2(cell)), abs=1e-6)


def test_a_doubled_cell_is_a_shape_and_ground_twice(
    taipei: geopandas.GeoDataFrame, broken: tuple[Snapshot, tuple[Finding, ...]]
) -> None:
    snapshot, findings = broken
    twins = [finding for finding in findings if finding.parent == "63000080"]
    assert [(finding.kind, finding.grids) for finding in twins] == [
        ("duplicate_shape", (TWICE, "TWIN")),
        ("overlap", (TWICE, "TWIN")),
    ]
    whole = float(snapshot.metric.area_m2(_cell(taipei, TWICE)))
    assert [finding.area_m2 for finding in twins] == pytest.approx([whole, whole], abs=1e-6)


def test_a_shifted_cell_is_what_it_left_and_what_it_took(
    taipei: geopandas.GeoDataFrame, shifted: shapely.Polygon, broken: tuple[Snapshot, tuple[Finding, ...]]
) -> None:
    snapshot, findings = broken
    mine = [finding for finding in findings if finding.parent == "63000060" and finding.kind != "dust"]
    assert all(MOVED in finding.grids for finding in mine)
    cell, area_m2 = _cell(taipei, MOVED), snapshot.metric.area_m2
    left = _area_m2(finding for finding in mine if finding.value == 0)
    taken = _area_m2(finding for finding in mine if finding.value == 2)
    assert left == pytest.approx(float(area_m2(cell.difference(shifted))), abs=1e-3)
    assert taken == pytest.approx(float(area_m2(shifted.difference(cell))), abs=1e-3)


def test_a_county_in_feet_has_its_ten_gaps(real_data: Path) -> None:
    path = real_data / "us_precincts_denver" / "DenverCo_precincts2018_orig.shp"
    snapshot = snapshot_from_files(grids=path)
    findings = run(snapshot, Rules(), only=TILES)
    assert counts(findings) == {"multi_part": 1, "gap": 10}
    gaps = [finding for finding in findings if finding.kind == "gap"]
    foot_m = 1200 / 3937
    whole = shapely.union_all([grid.polygon for grid in snapshot.grids])
    expected_m2 = (filled(whole).area - whole.area) * foot_m**2
    assert _area_m2(gaps) == pytest.approx(expected_m2)
    # The largest holds islands of a precinct, which are no gap.
    assert expected_m2 == pytest.approx(3_151_742, abs=1)
    assert [gap.area_m2 for gap in gaps] == sorted((gap.area_m2 or 0.0 for gap in gaps), reverse=True)
    assert (gaps[0].area_m2, gaps[-1].area_m2) == (pytest.approx(1_494_555, abs=1), pytest.approx(799, abs=1))
