"""``repair`` on files of every kind, and on a draft."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from shapely import GeometryCollection, Point, Polygon, box
from sqlalchemy import URL, Engine, text

from api.cli.main import run
from api.settings import load_settings
from boundaries.exchange import formats
from boundaries.exchange.reading import read_table
from boundaries.services import file_repair
from boundaries.store import states
from boundaries.store.engine import connect, writing
from geo.residual import prove
from tests.api.cli.office import buildings_file, grids_file, parents_file, write
from tests.boundaries.boxes import GRIDS, X, Y, square
from tests.boundaries.plans import GRIDS as STORED
from tests.boundaries.plans import open_draft
from tests.boundaries.plans import square as stored_square
from tests.conftest import copied

# A gap of 8 m and a hole; a strip beyond the area on two sides, and an overlap of 3 m.
BROKEN: Mapping[str, Polygon] = {
    "G1": square(0, 0, 92),
    "G2": square(100, 0, 103).difference(square(140, 40, 5, 5)),
    "G3": square(197, -4, 106, 104),
}


def told(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["repair", *map(str, arguments), "--format", "json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def check(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    capsys.readouterr()
    run(["check", *map(str, arguments), "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def layer(
    path: Path,
    shapes: Sequence[Any],
    *,
    codes: Sequence[str] | None = None,
    crs: str = "EPSG:4549",
    **options: Any,
) -> Path:
    columns = {
        "网格编码": list(codes or [f"G{number}" for number in range(1, len(shapes) + 1)]),
        "社区": ["C1" if number < 2 else "C2" for number in range(len(shapes))],
        "户数": pd.array([*range(40, 39 + len(shapes)), None], dtype="Int32"),
        "备注": [None, "沿街", *[""] * (len(shapes) - 2)],
    }
    frame = geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, **options)
    return path


def broken_shapes(move: Callable[[Polygon], Polygon] = lambda shape: shape) -> list[Polygon]:
    return [move(BROKEN.get(grid.code, grid.polygon)) for grid in GRIDS]


def areas(path: Path, crs: str = "EPSG:4549", move: Callable[[Polygon], Polygon] = lambda shape: shape) -> Path:
    shapes = [move(square(0, 0, 200)), move(square(200, 0, 200))]
    columns = {"编码": ["C1", "C2"], "名称": ["文昌社区", "茶坊社区"], "层级": ["community"] * 2}
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return path


def refined(out: Path) -> Path:
    """Where the areas are written that the proof is about."""
    return out if out.suffix == ".gpkg" else out.with_name(f"{out.stem}_parents{out.suffix}")


def test_gaps_overlaps_and_overshoot_are_closed_and_all_columns_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grids = layer(tmp_path / "g.gpkg", broken_shapes())
    parents = areas(tmp_path / "p.gpkg")
    out = tmp_path / "修补.gpkg"
    assert run(["repair", str(grids), "--parents", str(parents), "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("g.gpkg:4 个网格,2 个区域;")
    assert lines[0].endswith(",0 处须由人决定")
    assert lines[1] == "改动 4 个网格,新建 0 个,1 个区域的边界补了顶点"
    assert "已证明全覆盖;已写入" in lines[2]
    after, before = geopandas.read_file(out, layer=0), geopandas.read_file(grids)
    pd.testing.assert_frame_equal(after.drop(columns="geometry"), before.drop(columns="geometry"))
    assert after.geometry[0].equals(square(0, 0))
    result = check(capsys, out, "--parents", refined(out))
    assert (result["exact"], result["proved"], result["blocking"]) == (True, True, 0)


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "fgb", "parquet", "csv"])
def test_every_format_keeps_what_it_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str) -> None:
    options = {"shp": {"encoding": "GBK"}, "fgb": {"SPATIAL_INDEX": "NO"}}.get(suffix, {})
    source = tmp_path / f"g.{suffix}"
    if suffix == "csv":
        rows = [f'G{n},{"C1" if n < 3 else "C2"},"{shape.wkt}"' for n, shape in enumerate(broken_shapes(), 1)]
        source.write_text("\n".join(["网格编码,社区,WKT", *rows]) + "\n", encoding="gbk")
    else:
        layer(source, broken_shapes(), **options)
    parents, out = areas(tmp_path / "p.gpkg"), tmp_path / f"o.{suffix}"
    crs = ["--crs", "EPSG:4549"] if suffix == "csv" else []
    report = told(capsys, source, "--parents", parents, "--out", out, *crs)
    assert (report["proved"], report["written"], report["left"]) == (True, True, 0)
    assert {Path(name).name for name in report["files"]} >= {f"o.{suffix}"}
    assert {face["kind"] for face in report["log"]} == {"gap", "overlap", "overshoot"}
    was, now = (read_table(path, crs=(*crs, None, None)[1], kind="grids") for path in (source, out))
    assert now.columns == was.columns
    for name in was.columns:
        if name != "WKT":
            assert now.values(name) == was.values(name)
    result = check(capsys, out, "--parents", refined(out), *crs)
    assert (result["exact"], result["proved"]) == (True, True)
    # The areas as they were lack the corner where two grids now meet on their border.
    result = check(capsys, out, "--parents", parents, *crs)
    assert (result["exact"], result["proved"], result["counts"]) == (True, False, {"edge_mismatch": 2})


def feet(shape: Polygon) -> Polygon:
    return shapely.transform(shape, lambda xy: (xy - (X, Y)) * 3937 / 1200 + (3_140_000, 1_690_000))


def degrees(shape: Polygon) -> Polygon:
    return shapely.transform(shape, lambda xy: np.round((xy - (X, Y)) * 1e-5 + (119.18, 32.27), 7))


@pytest.mark.parametrize(("crs", "move"), [("EPSG:2232", feet), ("EPSG:4490", degrees)])
@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "parquet"])
def test_feet_and_degrees_are_proved_in_their_own_coordinates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str, crs: str, move: Callable[[Polygon], Polygon]
) -> None:
    options = {"encoding": "GBK"} if suffix == "shp" else {}
    source = layer(tmp_path / f"g.{suffix}", broken_shapes(move), crs=crs, **options)
    parents, out = areas(tmp_path / "p.gpkg", crs, move), tmp_path / f"o.{suffix}"
    report = told(capsys, source, "--parents", parents, "--out", out)
    assert report["proved"]
    gap = max(face["area_m2"] for face in report["log"] if face["kind"] == "gap")
    assert gap == pytest.approx(800 if crs == "EPSG:2232" else 8e-5 * 1e-3 * 111_320 * 110_900 * 0.8455, rel=5e-3)
    result = check(capsys, out, "--parents", refined(out))
    assert (result["exact"], result["proved"], result["crs"]) == (True, True, crs)


def test_areas_that_took_in_vertices_are_written_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Neither the areas nor the neighbour have the corners of the grids.
    halves = [box(X, Y, X + 200, Y + 40), box(X, Y + 40, X + 200, Y + 100), box(X + 200, Y, X + 395, Y + 100)]
    plain = [box(X, Y, X + 200, Y + 100), box(X + 200, Y, X + 400, Y + 100)]
    columns = {"编码": ["C1", "C2"], "名称": ["文昌社区", "茶坊社区"], "面积": [1.5, 2.5]}
    parents = write(tmp_path / "p.gpkg", columns, plain)
    for suffix in ("gpkg", "shp", "geojson", "parquet"):
        source = layer(tmp_path / f"g.{suffix}", halves, **({"encoding": "GBK"} if suffix == "shp" else {}))
        out = tmp_path / f"o.{suffix}"
        report = told(capsys, source, "--parents", parents, "--out", out)
        assert (report["proved"], set(report["refined"])) == (True, {"C1", "C2"})
        assert check(capsys, out, "--parents", refined(out))["proved"] is True
        assert check(capsys, out, "--parents", parents)["proved"] is False
        table = read_table(refined(out), kind="areas")
        assert (table.columns, table.values("面积")) == (("编码", "名称", "面积"), ["1.5", "2.5"])
    assert run(["repair", str(source), "--parents", str(parents), "--out", str(tmp_path / "x.gpkg")]) == 0
    assert "证明以它为准" in capsys.readouterr().out


def test_without_areas_the_outline_stands_in_and_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inner = [square(0, 0), square(100, 0).difference(square(140, 40, 5, 5)), square(200, 0), square(300, 0)]
    out = tmp_path / "o.gpkg"
    report = told(capsys, layer(tmp_path / "g.gpkg", inner), "--out", out)
    assert "外轮廓" in report["source"]["zh"]
    assert [(face["kind"], face["winner"], face["parent"]) for face in report["log"]] == [("gap", "G2", "union")]
    assert check(capsys, out)["proved"] is True


def test_nothing_to_repair_writes_the_same_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids, out = grids_file(tmp_path), tmp_path / "o.gpkg"
    assert run(["repair", str(grids), "--parents", str(parents_file(tmp_path)), "--out", str(out)]) == 0
    assert "没有需要修补的地方" in capsys.readouterr().out
    before, after = geopandas.read_file(grids), geopandas.read_file(out)
    pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(after))


def test_a_gap_becomes_a_grid_with_a_provisional_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = [square(0, 0, 50), *(grid.polygon for grid in GRIDS[1:])]
    source, parents = layer(tmp_path / "g.gpkg", shapes), areas(tmp_path / "p.gpkg")
    out = tmp_path / "o.gpkg"
    report = told(capsys, source, "--parents", parents, "--out", out, "--new-cell-min-area", 100)
    assert (report["new"], report["changed"]) == (["新增-1"], [])
    made = geopandas.read_file(out, layer="grids").iloc[4]
    assert (made["网格编码"], made["社区"]) == ("新增-1", "C1")
    assert pd.isna(made["户数"])
    assert made.geometry.equals(square(50, 0, 50))
    again = told(capsys, out, "--parents", parents, "--out", tmp_path / "p2.gpkg")
    assert (again["faces"], again["grids"]) == (0, 5)


def test_options_say_who_gets_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = [square(0, 0, 110), square(100, 0), square(200, 0, 95), square(300, 0)]
    source, parents = layer(tmp_path / "g.gpkg", shapes), areas(tmp_path / "p.gpkg")

    def winners(*options: str) -> list[str]:
        report = told(capsys, source, "--parents", parents, "--out", tmp_path / "o.gpkg", *options)
        return [face["winner"] for face in report["log"]]

    assert winners() == ["G1", "G3"]
    assert winners("--keep", "G2", "--gap-to", "G4") == ["G2", "G4"]
    assert winners("--overlap", "share") == ["G2", "G3"]
    assert winners("--overlap", "border", "--gap-to", "G1")[1] == "G3"


def test_a_building_keeps_a_rule_from_cutting_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = [square(0, 0, 110), square(100, 0), square(200, 0), square(300, 0)]
    source, parents = layer(tmp_path / "g.gpkg", shapes), areas(tmp_path / "p.gpkg")
    home = write(tmp_path / "b.gpkg", {"楼栋号": ["B7"], "户数": [60]}, [square(102, 40, 20, 12)])
    report = told(capsys, source, "--parents", parents, "--buildings", home, "--out", tmp_path / "o.gpkg")
    assert [face["winner"] for face in report["log"]] == ["G2"]
    gone = [square(0, 0), *(grid.polygon for grid in GRIDS[2:])]
    source = layer(tmp_path / "h.gpkg", gone, codes=["G1", "G3", "G4"])
    report = told(
        capsys,
        grids_file(tmp_path, {"G2": None}),
        "--parents",
        parents,
        "--buildings",
        buildings_file(tmp_path),
        "--out",
        tmp_path / "o2.gpkg",
    )
    assert report["log"][0]["buildings"] == ["B1", "B2"]


def test_what_is_left_to_a_person_comes_back_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids, parents = grids_file(tmp_path, {"G2": None}), parents_file(tmp_path)
    out, log = tmp_path / "o.gpkg", tmp_path / "记录.xlsx"
    arguments = [str(grids), "--parents", str(parents), "--out", str(out), "--max-auto-area", "500"]
    assert run(["repair", *arguments, "--log", str(log)]) == 1
    captured = capsys.readouterr()
    assert "1 处须由人决定" in captured.out
    assert "面积超过 --max-auto-area" in captured.out
    assert "文昌社区" in captured.out
    assert "什么都没有写" in captured.err
    assert not out.exists()
    book = openpyxl.load_workbook(log)
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(row=2, column=columns["归属网格"]).value is None
    sheet.cell(row=2, column=columns["归属网格"], value="G1")
    book.save(log)
    report = told(capsys, *arguments, "--decide", log)
    assert [(face["rule"], face["winner"]) for face in report["log"]] == [("decision", "G1")]
    assert check(capsys, out, "--parents", parents)["proved"] is True


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "gpkg", "geojson"])
def test_the_log_goes_into_any_table(tmp_path: Path, suffix: str) -> None:
    source, parents = layer(tmp_path / "g.gpkg", broken_shapes()), areas(tmp_path / "p.gpkg")
    log = tmp_path / f"log.{suffix}"
    arguments = ["--parents", str(parents), "--out", str(tmp_path / "o.gpkg"), "--log", str(log)]
    assert run(["repair", str(source), *arguments]) == 0
    table = read_table(log, crs="EPSG:4549", is_fallback=True)
    assert {"空白", "重叠", "越界"} == set(table.values("类别"))
    assert all(place is not None for name in ("经度", "纬度", "x", "y") for place in table.values(name))


def test_areas_without_grids_are_left_alone_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids = grids_file(tmp_path, {"G1": square(0, 0, 90), "G3": None, "G4": None})
    out = tmp_path / "o.gpkg"
    assert run(["repair", str(grids), "--parents", str(parents_file(tmp_path)), "--out", str(out)]) == 0
    assert "没有网格的区域未处理:C2" in capsys.readouterr().out
    assert out.exists()


def test_areas_that_overlap_keep_the_result_from_being_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"编码": ["C1", "C2"], "名称": ["文昌社区", "茶坊社区"], "层级": ["community"] * 2}
    parents = write(tmp_path / "p.gpkg", columns, [square(0, 0, 210), square(200, 0, 200)])
    report = told(capsys, grids_file(tmp_path), "--parents", parents, "--out", tmp_path / "o.gpkg", code=1)
    assert not report["written"]
    assert "重叠" in report["problem"]["zh"]
    assert not (tmp_path / "o.gpkg").exists()


def test_english(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli.context.language", lambda: "en")
    grids, parents = grids_file(tmp_path, {"G2": None}), parents_file(tmp_path)
    arguments = ["repair", str(grids), "--parents", str(parents), "--out", str(tmp_path / "o.gpkg")]
    assert run([*arguments, "--max-auto-area", "1"]) == 1
    captured = capsys.readouterr()
    assert "1 left to a person" in captured.out
    assert "nothing is written" in captured.err
    assert run([*arguments, "--new-cell-min-area", "1"]) == 0
    captured = capsys.readouterr()
    assert "0 grids changed, 1 made" in captured.out
    assert not any(
        "\u4e00" <= char <= "\u9fff" for char in captured.out.replace("文昌社区", "").replace("茶坊社区", "")
    )
    assert geopandas.read_file(tmp_path / "o.gpkg")["网格编码"].tolist()[-1] == "NEW-1"


BOWTIE = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
NOT_A_NUMBER = shapely.transform(square(0, 0), lambda xy: np.where(xy == xy.max(axis=0), np.nan, xy))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (BOWTIE, "网格 G1:图形无效(边界自相交"),
        (NOT_A_NUMBER, "网格 G1:图形无效(坐标不是数字"),
        (GeometryCollection([square(0, 0), Point(X, Y)]), "网格 G1:图形是GeometryCollection"),
        (Polygon(), "网格 G1:没有图形"),
        (None, "网格 G1:没有图形"),
        (Point(X, Y), "图形是点"),
    ],
    ids=["self-crossing", "not a number", "collection", "empty", "missing", "point"],
)
@pytest.mark.parametrize("with_parents", [True, False])
def test_shapes_that_cannot_be_used_are_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: Any, message: str, with_parents: bool
) -> None:
    source = layer(tmp_path / "g.parquet", [shape, *(grid.polygon for grid in GRIDS[1:])])
    parents = ["--parents", str(areas(tmp_path / "p.gpkg"))] if with_parents else []
    before = sorted(tmp_path.iterdir())
    log = ["--log", str(tmp_path / "log.csv")]
    assert run(["repair", str(source), *parents, "--out", str(tmp_path / "o.gpkg"), *log]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert sorted(tmp_path.iterdir()) == before
    # The check tells the same without a crash, and judges the other area.
    report = check(capsys, source, *parents, "--out", tmp_path / "found.gpkg")
    assert (report["exact"], report["proved"], report["blocking"]) == (False, False, 1)
    assert report["counts"] == {"invalid_shape": 1}
    assert report["findings"][0]["grids"] == ["G1"]
    assert report["summary"]["zh"][0].endswith(":1 个网格图形无效")


def test_a_broken_area_and_one_in_another_place_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = {"编码": ["C1", "C2"], "名称": ["文昌社区", "茶坊社区"]}
    broken = write(tmp_path / "b.gpkg", columns, [BOWTIE, square(200, 0, 200)])
    assert run(["repair", str(grids_file(tmp_path)), "--parents", str(broken), "--out", str(tmp_path / "o.gpkg")]) == 2
    assert "区域 C1:图形无效" in capsys.readouterr().err
    far = write(tmp_path / "f.gpkg", columns, [square(9000, 0, 200), square(200, 0, 200)])
    assert run(["repair", str(grids_file(tmp_path)), "--parents", str(far), "--out", str(tmp_path / "o.gpkg")]) == 2
    assert "区域 C1:网格与区域不在同一处,请核对坐标系" in capsys.readouterr().err
    other = write(tmp_path / "c.gpkg", {"编码": ["C1"], "名称": ["文昌社区"]}, [square(0, 0, 200)])
    assert run(["repair", str(grids_file(tmp_path)), "--parents", str(other), "--out", str(tmp_path / "o.gpkg")]) == 2
    assert "所属区域“C2”不存在" in capsys.readouterr().err
    assert not (tmp_path / "o.gpkg").exists()


def test_ten_thousand_duplicates_are_one_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = [*(grid.polygon for grid in GRIDS[:2]), *[square(0, 0)] * 10_000]
    columns = {"网格编码": [f"G{number}" for number in range(len(shapes))]}
    source = write(tmp_path / "g.gpkg", columns, shapes)
    report = told(capsys, source, "--out", tmp_path / "o.gpkg", code=1)
    assert [(face["layers"], len(face["owners"])) for face in report["log"]] == [(10_001, 20)]
    assert not (tmp_path / "o.gpkg").exists()
    result = check(capsys, source)
    assert result["counts"] == {"duplicate_shape": 1, "overlap": 1}
    assert len(result["findings"][0]["grids"]) == 10_001


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "请给出微网格文件"),
        (["GRIDS"], "请用 --out 给出"),
        (["GRIDS", "--out", "o.xlsx"], "不会写 .xlsx"),
        (["GRIDS", "--out", "GRIDS"], "会覆盖读入的文件"),
        (["GRIDS", "--out", "no/folder/o.gpkg"], "不能写入"),
        (["GRIDS", "--out", "o.gpkg", "--area", "C1"], "--area 只用于 --draft"),
        (["GRIDS", "--out", "o.gpkg", "--keep", "G9"], "--keep G9"),
        (["GRIDS", "--out", "o.gpkg", "--gap-to", "G9"], "--gap-to G9"),
        (["GRIDS", "--out", "o.gpkg", "--overlap", "coin"], "--overlap"),
        (["GRIDS", "--out", "o.gpkg", "--decide", "GRIDS"], "不是修补记录"),
        (["GRIDS", "--out", "o.gpkg", "--log", "GRIDS"], "会覆盖读入的文件(GRIDS)。请给 --log 换"),
        (["GRIDS", "--out", "o.gpkg", "--log", "./o.gpkg"], "--log 和 --out 会写入同一个文件"),
        (["GRIDS", "--out", "o.csv", "--log", "o_parents.csv"], "--log 和 --out 会写入同一个文件"),
        (["GRIDS", "--out", "o.gpkg", "--decide", "l.csv", "--log", "l.csv"], "会覆盖读入的文件(--decide)"),
        (["GRIDS", "--out", "o.gpkg", "--log", "l.doc"], "--log l.doc:不会写 .doc"),
        (["GRIDS", "--out", "o.gpkg", "--log", "no/l.csv"], "--log no/l.csv:不能写入 no"),
        (["--draft", "1", "--decide", "l.csv", "--log", "l.csv"], "会覆盖读入的文件(--decide)"),
        (["--draft", "1", "--log", "l.doc"], "--log l.doc:不会写 .doc"),
        (["GRIDS", "--draft", "1"], "GRIDS 用于文件"),
        (["--draft", "1", "--out", "o.gpkg"], "--out 用于文件"),
        (["missing.gpkg", "--out", "o.gpkg"], "找不到文件"),
    ],
)
def test_bad_usage_leaves_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    grids = grids_file(tmp_path)
    bytes_before = grids.read_bytes()
    assert run(["repair", *(str(grids) if word == "GRIDS" else word for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == [grids]
    assert grids.read_bytes() == bytes_before


def test_areas_do_not_replace_a_file_that_stands_beside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, parents = layer(tmp_path / "g.gpkg", broken_shapes()), areas(tmp_path / "p.gpkg")
    (tmp_path / "o_parents.geojson").write_text("somebody's own", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    arguments = ["repair", str(source), "--parents", str(parents), "--out"]
    assert run([*arguments, str(tmp_path / "o.geojson")]) == 2
    told = capsys.readouterr().err
    assert "o_parents.geojson,该文件已存在,不会覆盖" in told
    assert "请给 --out 换一个文件名" in told
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "o_parents.geojson").read_text(encoding="utf-8") == "somebody's own"
    # A GeoPackage holds the areas itself.
    assert run([*arguments, str(tmp_path / "o.gpkg")]) == 0


def test_the_log_and_the_result_are_in_place_together_or_not_at_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, parents = layer(tmp_path / "g.gpkg", broken_shapes()), areas(tmp_path / "p.gpkg")
    before = sorted(tmp_path.iterdir())
    arguments = ["repair", str(source), "--parents", str(parents), "--out", str(tmp_path / "o.gpkg")]

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "log.csv")

    with monkeypatch.context() as patch:
        patch.setattr(formats, "_write_csv", full)
        assert run([*arguments, "--log", str(tmp_path / "log.csv")]) == 2
    captured = capsys.readouterr()
    assert "磁盘已满" in captured.err
    assert "记录已写入" not in captured.err
    assert sorted(tmp_path.iterdir()) == before
    assert run([*arguments, "--log", str(tmp_path / "log.csv")]) == 0
    assert (tmp_path / "o.gpkg").exists()
    assert (tmp_path / "log.csv").exists()


def test_what_is_not_proved_as_it_is_read_back_is_not_put_in_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "o.gpkg"
    out.write_text("what stood here before", encoding="utf-8")
    write_layers = file_repair.write_layers

    def lossy(place: Path, layers: Mapping[str, Any], **options: Any) -> None:
        # As if the format kept millimetres only.
        grids = layers["grids"]
        shapes = shapely.transform(grids.geometry, lambda xy: np.where(xy[:, :1] == xy[0, 0], xy + 1e-3, xy))
        write_layers(place, {**layers, "grids": replace(grids, geometry=shapes)}, **options)

    monkeypatch.setattr(file_repair, "write_layers", lossy)
    source, parents = layer(tmp_path / "g.gpkg", broken_shapes()), areas(tmp_path / "p.gpkg")
    before = sorted(tmp_path.iterdir())
    report = told(capsys, source, "--parents", parents, "--out", out, code=1)
    assert (report["proved"], report["written"], report["files"]) == (False, False, [])
    assert "仍不能证明" in report["problem"]["zh"]
    assert sorted(tmp_path.iterdir()) == before
    assert out.read_text(encoding="utf-8") == "what stood here before"


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "o.gpkg")

    monkeypatch.setattr(file_repair, "write_layers", full)
    source, parents = layer(tmp_path / "g.gpkg", broken_shapes()), areas(tmp_path / "p.gpkg")
    before = sorted(tmp_path.iterdir())
    assert run(["repair", str(source), "--parents", str(parents), "--out", str(tmp_path / "o.gpkg")]) == 2
    assert "磁盘已满" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
    assert formats.SUFFIXES


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database with a draft, number 2, whose first grid is drawn too small."""
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        load_settings.cache_clear()
        engine = connect(url)
        draft = open_draft(engine)
        with writing(engine) as session:
            rows = [replace(STORED[0], polygon=stored_square(0, 0, 0.95))]
            states.put_grids(session, draft.id, rows, source_id=None)
        yield engine
        engine.dispose()
    load_settings.cache_clear()


def test_a_draft_is_repaired_in_the_database(
    office: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(capsys, "--draft", 2)["exact"] is False
    assert run(["repair", "--draft", "2", "--log", str(tmp_path / "log.csv"), "--as", "周平"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("调整方案 2:4 个网格,2 个区域;1 处问题,可修补 1 处,0 处须由人决定")
    assert "已证明全覆盖;已写入 调整方案 2" in out
    assert check(capsys, "--draft", 2)["proved"] is True
    with office.connect() as connection:
        query = text("SELECT actor, subject FROM microgrid.audit WHERE action = 'draft.repair'")
        assert connection.execute(query).all() == [("周平", "draft:2")]
    assert read_table(tmp_path / "log.csv").values("归属网格") == ["G1"]


def test_a_draft_whose_log_cannot_be_written_stays_as_it_is(
    office: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "log.csv")

    with monkeypatch.context() as patch:
        patch.setattr(formats, "_write_csv", full)
        assert run(["repair", "--draft", "2", "--log", str(tmp_path / "log.csv"), "--as", "周平"]) == 2
    assert "磁盘已满" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert check(capsys, "--draft", 2)["exact"] is False
    with office.connect() as connection:
        query = text("SELECT count(*) FROM microgrid.audit WHERE action = 'draft.repair'")
        assert connection.execute(query).scalar_one() == 0


def test_a_draft_with_open_questions_stays_as_it_is(office: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    report = told(capsys, "--draft", 2, "--max-auto-area", 1, code=1)
    assert (report["written"], report["left"]) == (False, 1)
    assert check(capsys, "--draft", 2)["exact"] is False
    assert run(["repair", "--draft", "99"]) == 4


def test_the_cells_of_a_file_are_proved_by_the_library_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, parents, out = layer(tmp_path / "g.gpkg", broken_shapes()), areas(tmp_path / "p.gpkg"), tmp_path / "o.gpkg"
    told(capsys, source, "--parents", parents, "--out", out)
    cells = geopandas.read_file(out, layer="grids")
    whole = geopandas.read_file(out, layer="parents")
    for code, area in zip(whole["编码"], whole.geometry, strict=True):
        assert prove(cells.geometry[cells["社区"] == code], area, is_strict=True).is_exact
