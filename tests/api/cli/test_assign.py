import json
from pathlib import Path

import geopandas
import pytest

from api.cli.main import run
from tests.api.cli.office import compounds_file, grids_file, parents_file, shops_file, streets_file


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    given = {
        "--grids": grids_file(tmp_path, {"G2": None}),
        "--parents": parents_file(tmp_path),
        "--compounds": compounds_file(tmp_path),
        "--shops": shops_file(tmp_path),
        "--streets": streets_file(tmp_path),
    }
    return [text for name, path in given.items() for text in (name, str(path))]


def test_proposals_for_people(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assign", *files]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 条建议,其中 3 条有去向,0 条须人工处理\n")
    assert "锦绣花园" in out
    assert "共边最长" in out


def test_proposals_for_programs(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assign", *files, "--format", "json"]) == 0
    compound, first, second = json.loads(capsys.readouterr().out)
    assert (compound["premises_kind"], compound["premises"], compound["name"]) == ("compound", "K1", "锦绣花园")
    assert (compound["micro_grid"], compound["method"]) == ("G1", "longest_border")
    assert {first["micro_grid"], second["micro_grid"]} == {"G1"}
    assert first["method"] == "locality"


def test_proposals_as_a_layer(tmp_path: Path, files: list[str]) -> None:
    out = tmp_path / "建议.gpkg"
    assert run(["assign", *files, "--out", str(out)]) == 0
    layer = geopandas.read_file(out)
    assert list(layer.columns) == [
        "premises_kind", "premises", "name", "micro_grid", "method", "reason_zh", "reason_en", "alternatives",
        "geometry",
    ]  # fmt: skip
    assert layer["premises_kind"].tolist() == ["compound", "shop", "shop"]
    assert layer.geom_type.tolist() == ["Polygon", "Point", "Point"]


def test_nothing_to_propose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assign", "--grids", str(grids_file(tmp_path))]) == 0
    assert capsys.readouterr().out == "0 条建议,其中 0 条有去向,0 条须人工处理\n"


def test_accepting_needs_a_draft(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assign", *files, "--accept"]) == 2
    assert "--draft N" in capsys.readouterr().err


def test_files_need_the_grids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assign", "--shops", str(shops_file(tmp_path))]) == 2
    assert "--grids" in capsys.readouterr().err


def test_english(files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli.context.language", lambda: "en")
    assert run(["assign", *files]) == 0
    assert "3 proposals: 3 with a grid, 0 left to a person" in capsys.readouterr().out
