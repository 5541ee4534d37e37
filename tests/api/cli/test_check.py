import json
from pathlib import Path

import geopandas
import pytest

from api.cli.main import run
from tests.api.cli.office import buildings_file, grids_file, parents_file
from tests.boundaries.boxes import square


def test_a_division_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(grids_file(tmp_path)), "--parents", str(parents_file(tmp_path))]) == 0
    assert capsys.readouterr().out == "grids.gpkg:4 个网格,2 个区域;全覆盖(已证明)\n"


def test_a_gap_is_told_to_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids = grids_file(tmp_path, {"G2": None})
    code = run(
        ["check", str(grids), "--parents", str(parents_file(tmp_path)), "--buildings", str(buildings_file(tmp_path))]
    )
    assert code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "grids.gpkg:3 个网格,2 个区域;未全覆盖"
    assert lines[1] == "文昌社区:1 处空白,共 10,000 m²,含 2 栋 96 户;2 栋楼栋未划入网格"
    assert [line.split()[:3] for line in lines if line.startswith(("空白", "楼栋"))][:2] == [
        ["空白", "必须处理", "1"],
        ["楼栋未划入网格", "必须处理", "2"],
    ]


def test_json_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids = grids_file(tmp_path, {"G2": square(101, 0, 100)})
    assert run(["check", str(grids), "--parents", str(parents_file(tmp_path)), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"gap": 1, "overlap": 1, "overshoot": 1}
    assert told["area_m2"] == pytest.approx({"gap": 100, "overlap": 100, "overshoot": 100})
    assert (told["exact"], told["grids"], told["parents"]) == (False, 4, 2)
    assert {finding["parent"] for finding in told["findings"]} == {"C1", "C2"}


def test_without_parents_the_report_says_what_stood_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(grids_file(tmp_path)), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["exact"], told["proved"]) == (True, True)
    assert told["parents"] == 1
    assert "外轮廓" in told["source"]["zh"]


def test_findings_as_a_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids = grids_file(tmp_path, {"G2": None})
    out = tmp_path / "问题.gpkg"
    assert run(["check", str(grids), "--parents", str(parents_file(tmp_path)), "--out", str(out)]) == 1
    layer = geopandas.read_file(out)
    assert layer["类别"].tolist() == ["gap"]
    assert layer.geometry.area.tolist() == pytest.approx([10_000])
    assert str(out) in capsys.readouterr().err


def test_strict_counts_advice_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(grids_file(tmp_path)), "--parents", str(parents_file(tmp_path))]
    files += ["--buildings", str(buildings_file(tmp_path)), "--max", "90"]
    assert run(["check", *files]) == 0
    assert run(["check", *files, "--strict"]) == 1
    assert "规模超出范围" in capsys.readouterr().out


def test_what_lies_in_a_gap_is_told_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids = grids_file(tmp_path, {"G2": None})
    files = [str(grids), "--parents", str(parents_file(tmp_path)), "--buildings", str(buildings_file(tmp_path))]
    assert run(["check", *files]) == 1
    out = capsys.readouterr().out
    assert "  楼栋 " in out
    assert "building:" not in out


def test_english(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli.context.language", lambda: "en")
    grids = grids_file(tmp_path, {"G2": None})
    assert run(["check", str(grids), "--parents", str(parents_file(tmp_path))]) == 1
    out = capsys.readouterr().out
    assert "3 grids, 2 areas; not an exact coverage" in out
    assert "1 × gap, 10,000 m² in all" in out
    assert "blocking" in out
    assert "、" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--draft", "1", "--generation", "2"], "只能给一个"),
        (["GRIDS", "--draft", "1"], "--draft 用于数据库"),
        (["--buildings", "GRIDS"], "缺少 --grids"),
        (["GRIDS", "--min", "50", "--max", "40"], "--min 50 大于 --max 40"),
        (["GRIDS", "--shop-units", "commercial"], "commercial=1"),
        (["GRIDS", "--shop-units", "commercial=-2"], "commercial=1"),
        (["missing.gpkg"], "找不到文件"),
        (["GRIDS", "--out", "GRIDS"], "会覆盖读入的文件(GRIDS)。请给 --out 换一个文件名"),
        (["GRIDS", "--buildings", "b.csv", "--out", "b.csv"], "会覆盖读入的文件(--buildings)"),
        (["GRIDS", "--certificate", "c.json", "--out", "./c.json"], "会覆盖读入的文件(--certificate)"),
        (["GRIDS", "--out", "found.doc"], "--out found.doc:不会写 .doc"),
        (["GRIDS", "--out", "no/found.csv"], "不能写入 no"),
    ],
)
def test_bad_usage(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    grids = str(grids_file(tmp_path))
    before = Path(grids).read_bytes()
    assert run(["check", *(grids if text == "GRIDS" else text for text in arguments)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert Path(grids).read_bytes() == before
