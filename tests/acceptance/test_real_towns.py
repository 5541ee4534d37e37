"""The whole chain on real towns: load, check, assign, publish, locate, print."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import run
from api.settings import load_settings
from tests.acceptance.street_blocks import AREA, write_street_blocks

Microgrid = Callable[..., tuple[int, Any]]


@pytest.fixture
def microgrid(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Microgrid]:
    """Run a verb on a database of this test's own; gives its exit code and its JSON."""
    monkeypatch.setenv("MICROGRID_DATABASE_URL", database_url)

    def call(*arguments: object, plane: str) -> tuple[int, Any]:
        monkeypatch.setenv("MICROGRID_METRIC_CRS", plane)
        load_settings.cache_clear()
        code = run([*(str(argument) for argument in arguments), "--format", "json"])
        told = capsys.readouterr()
        assert code in (0, 1), told.err
        return code, json.loads(told.out)

    yield call
    load_settings.cache_clear()


@dataclass(frozen=True)
class Town:
    """A real town's extract, and how much of each layer it holds."""

    extract: str
    plane: str
    counts: dict[str, int]


TOWNS = {
    "wudaokou": Town(
        "osm_cn/beijing_wudaokou.gpkg", "EPSG:4548", {"buildings": 521, "streets": 678, "shops": 163, "water": 6}
    ),
    "helsinki": Town(
        "osm_dense_city/helsinki_centre.gpkg",
        "EPSG:3067",
        {"buildings": 446, "streets": 2468, "shops": 1192, "water": 13},
    ),
}
SOURCES = {"buildings": "buildings", "streets": "roads", "shops": "shops_poi", "water": "water_areas"}


@pytest.mark.acceptance
@pytest.mark.parametrize("town", TOWNS.values(), ids=TOWNS)
def test_a_real_town_goes_through_the_whole_chain(
    real_data: Path, tmp_path: Path, microgrid: Microgrid, town: Town
) -> None:
    extract, plane = real_data / town.extract, town.plane
    division = write_street_blocks(extract, tmp_path, plane=plane)
    _, loaded = microgrid("load", "areas", division.parents, plane=plane)
    assert loaded["draft"] == 1
    for layer, source in SOURCES.items():
        draft = ["--draft", 1] if layer == "buildings" else []
        _, loaded = microgrid(
            "load", layer, extract, "--layer-name", source, "--column", "code=osm_id", *draft, plane=plane
        )
        assert loaded["new"] == town.counts[layer]
    microgrid("load", "grids", division.grids, "--draft", 1, plane=plane)

    code, report = microgrid("check", "--draft", 1, plane=plane)
    assert (code, report["exact"], report["grids"], report["parents"]) == (0, True, division.count, 1)
    assert not {"gap", "overlap", "overshoot", "sliver", "building_cut", "shop_undedicated"} & set(report["counts"])

    _, assigned = microgrid("assign", "--draft", 1, "--accept", plane=plane)
    assert len(assigned) == town.counts["shops"]
    assert all(one["premises_kind"] == "shop" and one["micro_grid"] for one in assigned)

    microgrid("draft", "submit", 1, "--as", "甲", plane=plane)
    microgrid("draft", "approve", 1, "--as", "乙", plane=plane)
    code, _ = microgrid("draft", "publish", 1, "--as", "乙", plane=plane)
    assert code == 0
    _, printed = microgrid("print", "sheet", "--area", AREA, "--out", tmp_path / "sheet.pdf", plane=plane)
    assert printed["missing_characters"] == ""
    assert printed["missing"] == 0
    assert abs(printed["scale_error"]) < 0.001
