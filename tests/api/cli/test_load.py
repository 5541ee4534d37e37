"""Loading and exporting from the command line, on a database."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pytest
from shapely import Polygon, box
from sqlalchemy import func, select

from api.cli.load import column_names
from api.cli.main import run
from api.settings import load_settings
from boundaries.errors import BadInput
from boundaries.exchange.reading import read_table
from boundaries.services.journal import entries
from boundaries.store import tables
from boundaries.store.engine import connect, reading

X, Y = 422_000, 3_572_000
Answer = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def answer(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Answer]:
    monkeypatch.setenv("MICROGRID_DATABASE_URL", database_url)
    monkeypatch.setenv("MICROGRID_HOME", str(tmp_path / "home"))
    load_settings.cache_clear()

    def call(*arguments: object) -> tuple[int, dict[str, Any], str]:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        is_json = "json" in arguments and captured.out
        return code, json.loads(captured.out) if is_json else {"out": captured.out}, captured.err

    yield call
    load_settings.cache_clear()


def write(path: Path, shapes: list[Polygon], crs: str = "EPSG:4549", **columns: list[str]) -> Path:
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return path


@pytest.fixture
def areas(tmp_path: Path) -> Path:
    return write(tmp_path / "区域.gpkg", [box(X, Y, X + 200, Y + 100)], 编码=["C1"], 名称=["锦绣社区"])


@pytest.fixture
def grids(tmp_path: Path) -> Path:
    cells = [box(X, Y, X + 90, Y + 100), box(X + 90, Y, X + 200, Y + 100)]
    return write(tmp_path / "网格.gpkg", cells, 编码=["001", "002"], 名称=["第一", "第二"])


def test_a_load_says_what_it_does_and_where_it_lands(answer: Answer, areas: Path, grids: Path) -> None:
    code, found, err = answer("load", "areas", areas, "--level", "社区", "--as", "李安", "--format", "json")
    assert code == 0
    assert (found["layer"], found["draft"], found["new"], found["written"]) == ("areas", 1, 1, True)
    assert "draft publish 1" not in err
    code, shown, err = answer("load", "grids", grids, "--draft", "1", "--department", "社会治理办公室")
    assert code == 0
    assert "新增  001" in shown["out"]
    assert "已写入调整方案 1" in err


def test_a_dry_run_writes_nothing(answer: Answer, areas: Path, database_url: str) -> None:
    code, found, err = answer("load", "areas", areas, "--level", "community", "--dry-run")
    assert code == 0
    assert "没有写入" in err
    assert "C1" in found["out"]
    engine = connect(database_url)
    with reading(engine) as session:
        assert session.execute(select(func.count()).select_from(tables.draft)).scalar_one() == 0
    engine.dispose()


def test_a_second_load_shows_the_fields_that_change(answer: Answer, areas: Path, grids: Path, tmp_path: Path) -> None:
    answer("load", "areas", areas, "--level", "社区")
    answer("load", "grids", grids, "--draft", "1")
    cells = [box(X, Y, X + 90, Y + 100)]
    renamed = write(tmp_path / "新.gpkg", cells, 编号=["001"], GRIDNAME=["红旗"])
    options = ("--draft", "1", "--column", "name=GRIDNAME", "--missing", "close")
    code, shown, _ = answer("load", "grids", renamed, *options)
    assert code == 0
    assert "变化  001   网格名称  第一  红旗" in shown["out"]
    assert "缺少  002" in shown["out"]
    code, found, _ = answer("load", "grids", renamed, *options, "--format", "json")
    assert (found["unchanged"], found["missing"], found["closed"]) == (1, 0, 0)


def test_refused_rows_are_listed_with_their_place_and_leave_no_trace(
    answer: Answer, areas: Path, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer("load", "areas", areas, "--level", "社区")
    bow_tie = Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])
    bad = write(tmp_path / "坏.gpkg", [box(X, Y, X + 90, Y + 100), bow_tie], 编码=["001", "001"])
    code, _, err = answer("load", "grids", bad, "--draft", "1")
    assert code == 2
    assert "坏.gpkg 第 2 行" in err
    assert "自相交" in err
    assert "与第 1 行重复" in err
    monkeypatch.setenv("MICROGRID_LANG", "en")
    load_settings.cache_clear()
    code, _, err = answer("load", "grids", bad, "--draft", "1")
    assert 'row 2 column "编码" value "001": stands in row 1 too' in err
    engine = connect(database_url)
    with reading(engine) as session:
        assert session.execute(select(func.count()).select_from(tables.micro_grid)).scalar_one() == 0
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("load", "trees", "x.gpkg"), "找不到文件"),
        (("load", "grids", "FILE", "--missing", "drop"), "keep 或 close"),
        (("load", "grids", "FILE", "--level", "社区"), "--level 只用于"),
        (("load", "areas", "FILE", "--level", "片区"), "没有层级“片区”"),
        (("load", "grids", "FILE", "--column", "name"), "字段=表头"),
        (("load", "grids", "FILE", "--column", "name=没有"), "文件里没有“没有”列"),
        (("load", "grids", "FILE", "--crs", "EPSG:4610"), "基准面"),
        (("load", "grids", "FILE", "--crs", "EPSG:4490"), "矛盾"),
        (("load", "areas", "FILE"), "--column level=表头"),
        (("load", "grids", "FILE"), "还没有任何区域"),
        (("export", "trees", "out.csv"), "没有图层"),
        (("export", "grids", "out.csv", "--tier", "secret"), "没有级别"),
        (("export", "grids", "out.csv", "--draft", "1", "--generation", "1"), "只能给一个"),
    ],
)
def test_bad_options_are_refused_with_the_way_out(
    answer: Answer, grids: Path, arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = answer(*(str(grids) if argument == "FILE" else argument for argument in arguments))
    assert code == 2
    assert words in err


def test_an_office_has_headers_of_its_own(answer: Answer, areas: Path, tmp_path: Path) -> None:
    answer("load", "areas", areas, "--level", "社区")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "headers.toml").write_text('[grids]\ncode = ["格子号"]\n', encoding="utf-8")
    drawn = write(tmp_path / "格子.gpkg", [box(X, Y, X + 90, Y + 100)], 格子号=["G1"])
    code, found, _ = answer("load", "grids", drawn, "--draft", "1", "--format", "json")
    assert (code, found["codes"]["new"]) == (0, ["G1"])


def test_a_code_with_leading_zeros_from_a_workbook(answer: Answer, areas: Path, tmp_path: Path) -> None:
    answer("load", "areas", areas, "--level", "社区")
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (("店名", "门牌号", "信用代码", "x", "y"), ("早点铺", "12号", 91321081000000001, X, Y)):
        sheet.append(row)
    book.save(tmp_path / "店.xlsx")
    code, _, err = answer("load", "shops", tmp_path / "店.xlsx", "--crs", "EPSG:4549")
    assert code == 2
    assert "“文本”格式" in err


def test_layers_go_out_as_they_came_in(answer: Answer, areas: Path, grids: Path, tmp_path: Path) -> None:
    answer("load", "areas", areas, "--level", "社区")
    answer("load", "grids", grids, "--draft", "1")
    out = tmp_path / "导出.shp"
    code, _, err = answer("export", "grids", out, "--draft", "1", "--crs", "EPSG:4549")
    assert code == 0
    assert "已写出 2 条" in err
    table = read_table(out)
    assert table.values("网格编码") == ["001", "002"]
    assert table.crs is not None
    assert table.crs.name == "EPSG:4549"
    assert table.geometry is not None
    assert table.geometry[0].symmetric_difference(box(X, Y, X + 90, Y + 100)).area < 0.1
    code, found, _ = answer("load", "grids", out, "--draft", "1", "--format", "json")
    assert (code, found["unchanged"], found["changed"]) == (0, 2, 0)
    code, _, err = answer("export", "grids", tmp_path / "a.gpkg")
    assert code == 4
    assert "--draft N" in err


def test_contacts_go_out_only_when_asked_for_and_on_record(
    answer: Answer, areas: Path, tmp_path: Path, database_url: str
) -> None:
    answer("load", "areas", areas, "--level", "社区")
    csv = tmp_path / "店.csv"
    csv.write_text(f"店名,门牌号,联系电话,x,y\n早点铺,12号,13800000000,{X + 5},{Y + 5}\n", encoding="utf-8")
    assert answer("load", "shops", csv, "--crs", "EPSG:4549")[0] == 0
    answer("export", "shops", tmp_path / "内部.csv", "--draft", "1")
    assert "联系电话" not in read_table(tmp_path / "内部.csv").columns
    answer("export", "shops", tmp_path / "全部.csv", "--tier", "restricted", "--as", "李安")
    assert read_table(tmp_path / "全部.csv").values("联系电话") == ["13800000000"]
    engine = connect(database_url)
    with reading(engine) as session:
        deed = entries(session, limit=1)[0]
    engine.dispose()
    assert (deed.action, deed.subject, deed.actor) == ("export.restricted", "shops", "李安")


def test_column_options_are_a_mapping() -> None:
    assert column_names(["code=网格编码", " name = 名称 "]) == {"code": "网格编码", "name": "名称"}
    assert column_names(None) == {}
    for wrong in ("code", "=名称", "code="):
        with pytest.raises(BadInput):
            column_names([wrong])
