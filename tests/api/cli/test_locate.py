import json
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from api.cli.main import run
from geo.crs import parse_crs, project
from geo.datum import wgs84_to_gcj02
from tests.api.cli.office import grids_file, parents_file, points_csv, write
from tests.boundaries.boxes import point, square


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    return ["--grids", str(grids_file(tmp_path, {"G2": None})), "--parents", str(parents_file(tmp_path))]


def test_every_column_is_kept_and_four_are_added(tmp_path: Path, files: list[str]) -> None:
    out = tmp_path / "out.csv"
    assert run(["locate", str(points_csv(tmp_path)), "--crs", "EPSG:4549", *files, "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(out, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert list(table.columns) == ["编号", "东坐标", "北坐标", "micro_grid", "area", "on_border", "in_gap"]
    assert table["编号"].tolist() == ["001", "002", "003", "004", "005"]
    assert table["micro_grid"].tolist() == ["G1", "G3", "", "", ""]
    assert table["area"].tolist() == ["C1", "C2", "C1", "", ""]
    assert table["on_border"].tolist() == ["False", "True", "False", "False", "False"]
    assert table["in_gap"].tolist() == ["False", "False", "True", "False", "False"]


def test_a_layer_of_points_stays_a_layer(tmp_path: Path, files: list[str]) -> None:
    layer = write(tmp_path / "points.gpkg", {"名称": ["甲", "乙"]}, [point(50, 50), point(350, 50)])
    out = tmp_path / "out.gpkg"
    assert run(["locate", str(layer), *files, "--out", str(out)]) == 0
    found = geopandas.read_file(out)
    assert found["micro_grid"].tolist() == ["G1", "G4"]
    assert found["名称"].tolist() == ["甲", "乙"]
    assert found.geometry.tolist() == [point(50, 50), point(350, 50)]
    assert found.crs.to_epsg() == 4549


def _place(crs: str) -> tuple[float, float]:
    lon, lat = project(np.array([[*point(50, 50).coords[0]]]), parse_crs("EPSG:4549"), "EPSG:4326")[0]
    if crs == "GCJ-02":
        x, y = wgs84_to_gcj02(np.array([lon]), np.array([lat]))
        return float(x[0]), float(y[0])
    return float(lon), float(lat)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "GCJ-02"])
def test_one_point_in_any_system(files: list[str], capsys: pytest.CaptureFixture[str], crs: str) -> None:
    x, y = _place(crs)
    assert run(["locate", "--point", f"{x},{y}", "--crs", crs, *files, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "micro_grid": "G1",
        "area": "C1",
        "on_border": False,
        "in_gap": False,
    }


def test_an_unlabelled_shift_would_be_another_grid(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    x, y = _place("GCJ-02")
    assert run(["locate", "--point", f"{x},{y}", "--crs", "EPSG:4326", *files, "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["micro_grid"] is None
    assert "不在任何区域内" in captured.err


def test_a_full_width_comma_is_a_comma(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    place = point(50, 50)
    assert run(["locate", "--point", f"{place.x},{place.y}", "--crs", "EPSG:4549", *files]) == 0
    assert "G1" in capsys.readouterr().out


def test_the_outline_of_the_grids_is_no_area(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = point(50, 50)
    arguments = ["--point", f"{place.x},{place.y}", "--crs", "EPSG:4549", "--grids", str(grids_file(tmp_path))]
    assert run(["locate", *arguments, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["area"] is None


def test_columns_of_coordinates_can_be_named(tmp_path: Path, files: list[str]) -> None:
    place = point(50, 50)
    table, out = tmp_path / "points.csv", tmp_path / "out.csv"
    table.write_text(f"编号,甲,乙\n1,{place.x},{place.y}\n", encoding="utf-8")
    arguments = ["locate", str(table), "--crs", "EPSG:4549", *files, "--out", str(out)]
    assert run(arguments) == 2
    assert run([*arguments, "--column", "x=甲", "--column", "y=乙"]) == 0
    assert "G1" in out.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "二者之一"),
        (["POINTS", "--point", "1,2"], "二者之一"),
        (["POINTS", "--crs", "EPSG:4549"], "--out FILE"),
        (["--point", "1;2", "--crs", "EPSG:4549"], "写法不对"),
        (["--point", "1,2,3", "--crs", "EPSG:4549"], "写法不对"),
        (["--point", "1,2"], "没有说明坐标系"),
        (["--point", "1,2", "--crs", "EPSG:4610"], "基准面"),
        (["--point", "3572050,422050", "--crs", "EPSG:4549"], "横纵坐标颠倒"),
        (["POINTS", "--out", "OUT"], "没有说明坐标系"),
        (["BAD", "--crs", "EPSG:4549", "--out", "OUT"], "第 3 行“东坐标”列:“四十”不是数字"),
        (["TAKEN", "--crs", "EPSG:4549", "--out", "OUT"], "已有“area”列"),
        (["POLYGONS", "--out", "OUT"], "图形不是点"),
    ],
)
def test_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: list[str], arguments: list[str], message: str
) -> None:
    (tmp_path / "bad.csv").write_text("编号,东坐标,北坐标\n1,2,3\n2,四十,3\n", encoding="utf-8")
    (tmp_path / "taken.csv").write_text("area,东坐标,北坐标\n1,422050,3572050\n", encoding="utf-8")
    names = {
        "POINTS": str(points_csv(tmp_path)),
        "BAD": str(tmp_path / "bad.csv"),
        "TAKEN": str(tmp_path / "taken.csv"),
        "OUT": str(tmp_path / "out.csv"),
        "POLYGONS": str(write(tmp_path / "polygons.gpkg", {"a": ["1"]}, [square(0, 0)])),
    }
    assert run(["locate", *(names.get(text, text) for text in arguments), *files]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_broken_grids_do_not_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corners = square(0, 0).exterior.coords
    bowtie = type(square(0, 0))([corners[0], corners[2], corners[1], corners[3]])
    grids = grids_file(tmp_path, {"G1": bowtie})
    place: Point = point(50, 50)
    assert run(["locate", "--point", f"{place.x},{place.y}", "--crs", "EPSG:4549", "--grids", str(grids)]) == 2
    assert "G1 的图形无效" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("west", "width", "words"),
    [(50, 150, "网格 G1、G2 相互重叠"), (100.0000001, 100, "网格 G2、G3 相互重叠或边界顶点不一致")],
)
def test_grids_that_could_give_two_answers_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], west: float, width: float, words: str
) -> None:
    grids = grids_file(tmp_path, {"G2": square(west, 0, width)})
    assert run(["locate", "--point", "422050,3572050", "--crs", "EPSG:4549", "--grids", str(grids)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "请先用 repair 修补" in told
