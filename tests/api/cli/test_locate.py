import json
from collections.abc import Iterator
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from shapely import Point
from sqlalchemy import URL, Engine

from api.cli.main import run
from api.settings import load_settings
from boundaries.services.lookup import locate, locate_many
from boundaries.store.engine import connect, reading
from geo.crs import parse_crs, project
from geo.datum import wgs84_to_gcj02
from tests.api.cli.office import grids_file, parents_file, points_csv, write
from tests.boundaries import plans
from tests.boundaries.boxes import point, square
from tests.conftest import copied


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
    assert table["on_border"].tolist() == ["False", "True", "False", "False", ""]
    assert table["in_gap"].tolist() == ["False", "False", "True", "False", ""]


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
        (["BAD", "--crs", "EPSG:4549", "--out", "OUT"], "没有一行坐标可用:第 2 行“1e999, 3”;第 3 行“四十, 3”"),
        (["SWAPPED", "--crs", "EPSG:4549", "--out", "OUT"], "横纵坐标颠倒"),
        (["METRES", "--crs", "EPSG:4490", "--out", "OUT"], "不是 EPSG:4490 的经纬度"),
        (["POINTS", "--crs", "EPSG:4549", "--out", "POINTS"], "会覆盖读入的文件(POINTS)"),
        (["POINTS", "--crs", "EPSG:4549", "--out", "GRIDS"], "会覆盖读入的文件(--grids)"),
        (["POINTS", "--crs", "EPSG:4549", "--out", "NOWHERE"], "请换一个存在且可写的文件夹"),
        (["POINTS", "--crs", "EPSG:4549", "--out", "OUT", "--generation", "1"], "不能与文件一起用"),
        (["TAKEN", "--crs", "EPSG:4549", "--out", "OUT"], "已有“area”列"),
        (["POLYGONS", "--out", "OUT"], "图形不是点"),
    ],
)
def test_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: list[str], arguments: list[str], message: str
) -> None:
    (tmp_path / "bad.csv").write_text("编号,东坐标,北坐标\n1,1e999,3\n2,四十,3\n", encoding="utf-8")
    (tmp_path / "taken.csv").write_text("area,东坐标,北坐标\n1,422050,3572050\n", encoding="utf-8")
    (tmp_path / "swapped.csv").write_text("x,y\n3572050,422050\n3572051,422050\n一,二\n", encoding="utf-8")
    names = {
        "SWAPPED": str(tmp_path / "swapped.csv"),
        "METRES": str(points_csv(tmp_path)),
        "GRIDS": str(tmp_path / "grids.gpkg"),
        "NOWHERE": str(tmp_path / "none" / "out.csv"),
        "POINTS": str(points_csv(tmp_path)),
        "BAD": str(tmp_path / "bad.csv"),
        "TAKEN": str(tmp_path / "taken.csv"),
        "OUT": str(tmp_path / "out.csv"),
        "POLYGONS": str(write(tmp_path / "polygons.gpkg", {"a": ["1"]}, [square(0, 0)])),
    }
    assert run(["locate", *(names.get(text, text) for text in arguments), *files]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_a_bad_row_is_told_and_the_others_are_answered(
    tmp_path: Path, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    west, south = _place("EPSG:4490")
    texts = [f"{west},{south}", f"{west},三十二度", f"{west},", f"nan,{south}", f"{west},inf", f"{west},132.27"]
    table, out = tmp_path / "points.csv", tmp_path / "out.csv"
    rows = [f'"{number}, 号",{text}' for number, text in enumerate([*texts, f" {west} ,{south}"])]
    table.write_text("\n".join(["地址,经度,纬度", *rows]), encoding="utf-8")
    assert run(["locate", str(table), "--crs", "EPSG:4490", *files, "--out", str(out)]) == 0
    found = pd.read_csv(out, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert found["micro_grid"].tolist() == ["G1", "", "", "", "", "", "G1"]
    assert found["in_gap"].tolist() == ["False", "", "", "", "", "", "False"]
    assert found["地址"].tolist() == [f"{number}, 号" for number in range(7)]
    assert found["纬度"].tolist() == [text.partition(",")[2] for text in texts] + [str(south)]
    told = capsys.readouterr().err
    assert "7 个点:2 个在网格内,0 个在空白处,0 个在所有区域之外" in told
    assert f"5 行坐标不可用,答案留空:第 3 行“{west}, 三十二度”;第 4 行“{west}”;第 5 行“nan, {south}”" in told


def test_a_point_that_its_system_cannot_place_is_a_bad_row(
    tmp_path: Path, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    place = point(50, 50)
    table, out = tmp_path / "points.csv", tmp_path / "out.csv"
    table.write_text(f"x,y\n1e30,{place.y}\n{place.x},{place.y}\n1,1e300\n", encoding="utf-8")
    # Another plane than that of the grids, so that points are converted.
    assert run(["locate", str(table), "--crs", "EPSG:4548", *files, "--out", str(out)]) == 0
    assert "1 行坐标不可用,答案留空:第 2 行“1e30" in capsys.readouterr().err


def test_titles_and_totals_of_a_sheet_are_no_points(tmp_path: Path, files: list[str]) -> None:
    place = point(50, 50)
    table, out = tmp_path / "points.csv", tmp_path / "out.csv"
    text = f"文昌社区地址表,,\n编号,x,y\n001,{place.x},{place.y}\n合 计,1,\n"
    table.write_bytes(text.encode("gbk"))
    assert run(["locate", str(table), "--crs", "EPSG:4549", *files, "--out", str(out)]) == 0
    found = pd.read_csv(out, dtype=str, encoding="utf-8-sig")
    assert found[["编号", "micro_grid"]].to_numpy().tolist() == [["001", "G1"]]


def test_columns_of_parquet_keep_their_types(tmp_path: Path, files: list[str]) -> None:
    place, times = point(50, 50), pa.array([1, None], type=pa.timestamp("us", tz="Asia/Shanghai"))
    columns = {
        "x": pa.array([place.x, 0.0]),
        "y": pa.array([place.y, None]),
        "户数": pa.array([3, None], type=pa.int16()),
        "时间": times,
        "标签": pa.array([["甲", "乙"], []]),
        "类": pa.array(["店", "店"]).dictionary_encode(),
    }
    table, out = tmp_path / "points.parquet", tmp_path / "out.parquet"
    given = pa.table(columns).replace_schema_metadata({"office": "真州"})
    parquet.write_table(given, table)
    assert run(["locate", str(table), "--crs", "EPSG:4549", *files, "--out", str(out)]) == 0
    found = parquet.ParquetFile(out).read()
    assert found.select(given.column_names).equals(given)
    assert found.schema.metadata[b"office"] == "真州".encode()
    assert found["micro_grid"].to_pylist() == ["G1", None]
    assert found["on_border"].to_pylist() == [False, None]
    assert run(["locate", str(table), "--crs", "EPSG:4549", *files, "--out", str(tmp_path / "out.csv")]) == 0
    assert "['甲', '乙']" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_a_layer_of_geoparquet_stays_one(tmp_path: Path, files: list[str]) -> None:
    layer, out = tmp_path / "points.parquet", tmp_path / "out.parquet"
    given = geopandas.GeoDataFrame({"层": [6, 7]}, geometry=[point(50, 50), point(350, 50)], crs="EPSG:4549")
    given.to_parquet(layer)
    assert run(["locate", str(layer), *files, "--out", str(out)]) == 0
    found = geopandas.read_parquet(out)
    assert found[["层", "geometry"]].equals(given)
    assert found.crs == given.crs
    assert found["micro_grid"].tolist() == ["G1", "G4"]
    assert run(["locate", str(layer), *files, "--out", str(tmp_path / "out.csv")]) == 0
    flat = pd.read_csv(tmp_path / "out.csv", encoding="utf-8-sig")
    assert flat["x"].tolist() == [point(50, 50).x, point(350, 50).x]


def test_a_layer_keeps_the_types_of_its_fields(tmp_path: Path, files: list[str]) -> None:
    layer, out = tmp_path / "points.gpkg", tmp_path / "out.gpkg"
    days = pd.to_datetime(["2026-01-31 08:30", "2026-02-01 09:00"])
    columns = {"编码": ["001", None], "层": [6, 7], "面积": [0.5, 1.5], "时间": days}
    write(layer, columns, [point(50, 50), point(350, 50)])
    assert run(["locate", str(layer), *files, "--out", str(out)]) == 0
    given, found = geopandas.read_file(layer), geopandas.read_file(out)
    assert found[list(given.columns)].equals(given)
    assert found["on_border"].tolist() == [False, False]


def test_numbers_of_a_workbook_stay_numbers(tmp_path: Path, files: list[str]) -> None:
    place = point(50, 50)
    table, out = tmp_path / "points.xlsx", tmp_path / "out.xlsx"
    pd.DataFrame({"编码": ["007"], "户数": [36], "x": [place.x], "y": [place.y]}).to_excel(table, index=False)
    assert run(["locate", str(table), "--crs", "EPSG:4549", *files, "--out", str(out)]) == 0
    found = openpyxl.load_workbook(out).worksheets[0]
    assert [cell.value for cell in found[2]] == ["007", 36, place.x, place.y, "G1", "C1", False, False]


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        load_settings.cache_clear()
        engine = connect(url)
        yield engine
        engine.dispose()
    load_settings.cache_clear()


def _points_of_the_plan(folder: Path) -> tuple[Path, list[tuple[float, float]]]:
    places = [plans.at(x / 2, y / 2) for x in range(-1, 10) for y in range(-1, 4)]
    path = folder / "points.csv"
    path.write_text("\n".join(["x,y", *(f"{x!r},{y!r}" for x, y in places)]), encoding="utf-8")
    return path, places


def test_the_database_answers_as_postgis_does(tmp_path: Path, office: Engine) -> None:
    table, places = _points_of_the_plan(tmp_path)
    out = tmp_path / "out.parquet"
    for generation in ([], ["--generation", "1"]):
        assert run(["locate", str(table), "--crs", "EPSG:4490", "--out", str(out), *generation]) == 0
        with reading(office) as session:
            truth = locate_many(session, xy=np.array(places), crs="EPSG:4490")
        found = parquet.ParquetFile(out).read()
        assert found["micro_grid"].to_pylist() == list(truth.micro_grid)
        assert found["area"].to_pylist() == list(truth.area)
        assert found["on_border"].to_pylist() == truth.on_border.tolist()
        assert found["in_gap"].to_pylist() == truth.in_gap.tolist()


def test_whom_to_store_for_a_purpose(tmp_path: Path, office: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    table, places = _points_of_the_plan(tmp_path)
    out = tmp_path / "out.parquet"
    assert run(["locate", str(table), "--crs", "EPSG:4490", "--for", "shop", "--out", str(out)]) == 0
    found = parquet.ParquetFile(out).read()["responsible"].to_pylist()
    with reading(office) as session:
        for code, (x, y) in zip(found, places, strict=True):
            truth = locate(session, x=x, y=y, crs="EPSG:4490", for_="shop").responsible
            assert code == (None if truth is None else truth.code)
    capsys.readouterr()
    x, y = plans.at(0.5, 0.5)
    assert run(["locate", "--point", f"{x},{y}", "--crs", "EPSG:4490", "--for", "household"]) == 0
    assert capsys.readouterr().out.count("G1") == 2


@pytest.mark.usefixtures("office")
def test_no_such_generation(tmp_path: Path) -> None:
    table, _ = _points_of_the_plan(tmp_path)
    out = tmp_path / "out.csv"
    assert run(["locate", str(table), "--crs", "EPSG:4490", "--generation", "9", "--out", str(out)]) == 4
    assert not out.exists()


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
