"""Generations from the command line: compared, brought back, archived."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from sqlalchemy import URL, Engine

from api.cli.main import run
from api.settings import load_settings
from boundaries.errors import BadInput
from boundaries.services.archiving import verify_archive
from boundaries.services.journal import entries
from boundaries.store import states
from boundaries.store.engine import connect, reading, writing
from tests.boundaries import plans
from tests.boundaries.services.test_comparing import REFINED, REFINED_AREAS, fine, publish_with
from tests.conftest import copied

Answer = Callable[..., tuple[int, Any]]


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Two generations as the database of the command line: in the second, most of G1 is G2's, and called otherwise."""
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        monkeypatch.setenv("MICROGRID_FOUR_EYES", "false")
        load_settings.cache_clear()
        engine = connect(url)
        grids = [replace(REFINED[0], polygon=fine(0, 0.3), name="朝阳"), replace(REFINED[1], polygon=fine(0.3, 1.7))]
        publish_with(engine, *grids, *REFINED[2:], areas=REFINED_AREAS)
        yield engine
        engine.dispose()
    load_settings.cache_clear()


@pytest.fixture
def answer(office: Engine, capsys: pytest.CaptureFixture[str]) -> Answer:
    def call(*arguments: str) -> tuple[int, Any]:
        code = run([*arguments, "--format", "json"])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else None

    return call


def test_what_differs_is_shown_and_written(answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer("diff", "1", "2")
    assert code == 0
    assert (found["grids"]["reshaped"], found["grids"]["renamed"]) == (["G1", "G2"], ["G1"])
    assert [(one["old"], one["new"]) for one in found["moved"]] == [("G1", "G2")]
    assert run(["diff", "1", plans.TODAY.isoformat()]) == 0
    shown = capsys.readouterr().out
    assert "边界调整" in shown
    assert "旧编码" in shown
    assert run(["diff", "2", "2"]) == 0
    assert "没有变化" in capsys.readouterr().out
    for suffix in ("gpkg", "xlsx", "json"):
        assert run(["diff", "1", "2", "--out", str(tmp_path / f"变更.{suffix}")]) == 0
    layers = {
        name: len(pyogrio.read_dataframe(tmp_path / "变更.gpkg", layer=name))
        for name, _ in pyogrio.list_layers(tmp_path / "变更.gpkg")
    }
    assert layers == {"调整前": 2, "调整后": 2, "划转": 1, "新设": 0, "撤销": 0}
    assert json.loads((tmp_path / "变更.json").read_text(encoding="utf-8")) == found
    sheet = openpyxl.load_workbook(tmp_path / "变更.xlsx").worksheets[0]
    assert [sheet.cell(row, 2).value for row in (3, 4)] == ["G1", "G2"]
    assert "划给 G2" in str(sheet.cell(3, 14).value)


def test_what_makes_no_sense_is_refused(answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "1", "9"]) == 4
    assert run(["diff", "1", "x"]) == 2
    assert run(["diff", "1", "2", "--out", str(tmp_path / "a.pdf")]) == 2
    assert run(["diff", "1", "2", "--tier", "secret"]) == 2
    assert run(["generation", "show", "2020-01-01"]) == 4
    assert run(["generation", "revert", "--to", "2"]) == 2
    assert run(["archive", "--out", str(tmp_path / "a")]) == 2
    assert run(["archive", "2020", "--out", str(tmp_path / "a")]) == 4
    capsys.readouterr()


def test_a_state_may_be_named_by_a_day(answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = plans.TODAY.isoformat()
    assert answer("check", "--on", day)[1]["source"]["zh"] == "区划第 2 版"
    assert run(["export", "grids", str(tmp_path / "a.csv"), "--on", day]) == 0
    assert "朝阳" in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    assert run(["export", "grids", str(tmp_path / "b.csv"), "--on", "2020-01-01"]) == 4
    assert run(["check", "--on", day, "--generation", "1"]) == 2
    assert run(["export", "certificate", str(tmp_path / "c.json"), "--on", day]) == 2
    capsys.readouterr()


def test_generations_are_listed_and_brought_back(office: Engine, answer: Answer) -> None:
    assert [one["number"] for one in answer("generation", "list")[1]] == [2, 1]
    assert answer("generation", "show", plans.TODAY.isoformat())[1]["number"] == 2
    code, draft = answer("generation", "revert", "--to", "1", "--as", "周平")
    assert (code, draft["name"], draft["base_generation"]) == (0, "恢复第 1 版", 2)
    assert answer("diff", "1", f"draft:{draft['id']}")[1]["grids"]["reshaped"] == []
    assert answer("draft", "publish", str(draft["id"]), "--as", "陈晨")[0] == 0
    assert answer("diff", "1", "3")[1]["moved"] == []


def test_an_archive_is_whole_and_can_be_checked(office: Engine, answer: Answer, tmp_path: Path) -> None:
    folder = tmp_path / "2026"
    code, told = answer("archive", "--generation", "2", "--out", str(folder), "--as", "档案员")
    assert (code, told["generation"], told["since"]) == (0, 2, 1)
    manifest = verify_archive(folder)
    names = {one["path"] for one in manifest["files"]}
    sheets = {f"图纸/{area.code}.pdf" for area in plans.AREAS[1:]}
    assert names == sheets | {
        "README.txt", "区划.gpkg", "登记表.xlsx", "全覆盖证明.json",
        "变更对照.gpkg", "变更登记表.xlsx", "变更对照.json",
    }  # fmt: skip
    assert all((folder / name).read_bytes().startswith(b"%PDF") for name in sheets)
    layers = {str(name) for name, _ in pyogrio.list_layers(folder / "区划.gpkg")}
    assert {"区域", "微网格", "高层分段", "楼栋", "小区", "商铺", "道路", "水系", "围墙", "人员", "归属"} == layers
    assert "13900000000" not in (folder / "登记表.xlsx").read_bytes().decode("latin-1")
    assert "微网格" in (folder / "README.txt").read_text(encoding="utf-8-sig")
    # The archive proves itself: its own layers agree with its certificate.
    package = folder / "区划.gpkg"
    code, report = answer(
        "check", f"{package}|layername=微网格", "--parents", f"{package}|layername=区域",
        "--certificate", str(folder / "全覆盖证明.json"),
    )  # fmt: skip
    assert report["certificate"]["holds"]
    with reading(office) as session:
        entry = entries(session, limit=1)[0]
    assert (entry.actor, entry.action, entry.subject) == ("档案员", "generation.archive", "generation:2")
    assert run(["archive", "--generation", "2", "--out", str(folder)]) == 2
    (folder / "登记表.xlsx").write_bytes(b"")
    with pytest.raises(BadInput, match="登记表"):
        verify_archive(folder)


def test_the_archive_of_a_year_has_its_last_generation(office: Engine, answer: Answer, tmp_path: Path) -> None:
    draft = plans.open_draft(office)
    with writing(office) as session:
        states.put_grids(session, draft.id, [replace(REFINED[3], name="明年")], source_id=None)
    plans.publish(office, draft)
    code, told = answer("archive", "2026", "--out", str(tmp_path / "a"), "--tier", "public")
    assert (code, told["generation"], told["since"]) == (0, 3, None)
    buildings = pyogrio.read_dataframe(tmp_path / "a" / "区划.gpkg", layer="楼栋")
    assert "户数" not in buildings.columns
    assert verify_archive(tmp_path / "a")["tier"] == "public"
