"""Sheets and the web map from the command line: from plain files and from the database."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from api.cli.main import run
from api.settings import load_settings
from boundaries.errors import Unavailable
from boundaries.services.journal import entries
from boundaries.store.engine import connect, reading
from tests.api.cli.office import (
    buildings_file,
    compounds_file,
    grids_file,
    parents_file,
    shops_file,
    streets_file,
    write,
)
from tests.boundaries import plans
from tests.boundaries.boxes import square, street
from tests.conftest import copied
from tests.maps.reading import text_of


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The published plan as the database of the command line."""
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        load_settings.cache_clear()
        yield
    load_settings.cache_clear()


def _files(folder: Path) -> list[str]:
    water = write(folder / "water.gpkg", {"名称": ["清水河"]}, [square(-50, -60, 600, 30)])
    walls = write(folder / "walls.gpkg", {"编号": ["1"]}, [street("", (10, 10), (90, 10)).line])
    return [
        *("--grids", str(grids_file(folder)), "--parents", str(parents_file(folder))),
        *("--buildings", str(buildings_file(folder)), "--compounds", str(compounds_file(folder))),
        *("--shops", str(shops_file(folder)), "--streets", str(streets_file(folder))),
        *("--water", str(water), "--walls", str(walls)),
    ]


def test_a_sheet_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, proof = tmp_path / "文昌.pdf", tmp_path / "proof.json"
    code = run(
        ["print", "sheet", *_files(tmp_path), "--area", "C1", "--paper", "A3", "--date", "2026-11-24",
         "--publisher", "文昌社区居民委员会", "--credit", "数据来源:自测", "--out", str(out), "--proof", str(proof),
         "--format", "json"]
    )  # fmt: skip
    assert code == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["grids"], told["named"], told["missing"], told["paper"]) == (2, 2, 0, "A3")
    text = text_of(out)
    for said in ("文昌社区微网格划分区域图", "2026年11月24日", "早点铺", "文化路", "清水河", "数据来源:自测"):
        assert said in text
    report = json.loads(proof.read_text("utf-8"))
    assert report["scale_error"] < 1e-3
    assert report["fonts"] == ["NotoSansCJKsc-Regular", "NotoSansCJKsc-Bold"]


def test_pictures_get_a_file_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.png"
    assert run(["print", "sheet", *_files(tmp_path), "--dpi", "60", "--style", "bw", "--out", str(out)]) == 0
    assert out.exists()
    assert out.with_name("sheet-2.png").exists()
    assert str(out) in capsys.readouterr().out


def test_what_found_no_room_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids = grids_file(tmp_path, {"G1": square(0, 0, 0.2, 0.2), "G2": square(0.2, 0, 199.8)})
    out = tmp_path / "sheet.pdf"
    run(["print", "sheet", "--grids", str(grids), "--out", str(out)])
    assert "G1" in capsys.readouterr().err
    assert out.exists()


def test_a_web_map_from_files_shows_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "map.html"
    grids = grids_file(tmp_path, {"G2": None})
    arguments = ["print", "web", "--grids", str(grids), "--parents", str(parents_file(tmp_path)), "--out", str(out)]
    assert run([*arguments, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["grids"] == 3
    assert told["findings"] >= 1
    assert "Finding: Gap (1)" not in out.read_text("utf-8")
    assert run([*arguments, "--lang", "en"]) == 0
    assert "Finding: Gap (1)" in out.read_text("utf-8")
    assert run([*arguments, "--lang", "en", "--no-findings"]) == 0
    assert "Finding:" not in out.read_text("utf-8")


def test_a_sheet_from_the_database_shows_the_areas_beside_it(
    office: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    community = plans.AREAS[1]
    out = tmp_path / "sheet.pdf"
    code = run(["print", "sheet", "--area", community.code, "--out", str(out), "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert code == int(told["missing"] > 0)
    text = text_of(out)
    assert community.name in text
    assert "区划第 1 版" in text
    assert all(area.name in text for area in plans.AREAS[1:] if area.level == community.level)


def test_unpublished_phones_go_out_on_record_or_not_at_all(
    office: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = plans.AREAS[1].code
    sheet, web = tmp_path / "sheet.pdf", tmp_path / "map.html"
    run(["print", "sheet", "--area", code, "--out", str(sheet), "--all-phones", "--as", "李安"])
    assert run(["print", "web", "--out", str(web), "--all-phones", "--as", "李安"]) == 0
    assert run(["print", "web", "--out", str(web)]) == 0
    engine = connect(load_settings().database_url or "")
    with reading(engine) as session:
        deeds = [(deed.action, deed.subject, deed.actor) for deed in entries(session, limit=3)]
    engine.dispose()
    assert deeds[:2] == [("print.restricted", "web", "李安"), ("print.restricted", f"sheet:{code}", "李安")]
    assert deeds[2][0] != "print.restricted"

    def unreachable(*_: object, **__: object) -> None:
        raise Unavailable("断开", "gone")

    monkeypatch.setattr("boundaries.services.journal.record", unreachable)
    later = tmp_path / "later.pdf"
    assert run(["print", "sheet", "--area", code, "--out", str(later), "--all-phones"]) == 5
    assert run(["export", "people", str(later.with_suffix(".csv")), "--tier", "restricted"]) in {4, 5}
    assert run(["export", "grids", str(later.with_suffix(".xlsx")), "--tier", "restricted"]) == 5
    assert [*tmp_path.glob("later*")] == []


def test_the_web_map_from_the_database(office: None, tmp_path: Path) -> None:
    out = tmp_path / "map.html"
    assert run(["print", "web", "--area", plans.AREAS[1].code, "--out", str(out)]) == 0
    assert plans.GRIDS[0].code in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sheet", "--out", "x.doc"], "x.doc"[-4:]),
        (["sheet", "--out", "x.pdf", "--grids", "GRIDS", "--paper", "B5"], "B5"),
        (["sheet", "--out", "x.pdf", "--grids", "GRIDS", "--orientation", "upright"], "upright"),
        (["sheet", "--out", "x.pdf", "--grids", "GRIDS", "--style", "sepia"], "sepia"),
        (["sheet", "--out", "x.pdf", "--grids", "GRIDS", "--lang", "fr"], "fr"),
        (["sheet", "--out", "x.pdf", "--grids", "GRIDS", "--draft", "1"], "--draft"),
        (["sheet", "--out", "x.pdf", "--water", "GRIDS"], "--grids"),
        (["web", "--out", "x.pdf", "--grids", "GRIDS"], ".html"),
        (["web", "--out", "x.html", "--grids", "GRIDS", "--area", "C1"], "--area"),
    ],
)
def test_what_is_not_known_is_refused_and_nothing_written(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    grids = str(grids_file(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert run(["print", *(grids if each == "GRIDS" else each for each in arguments)]) == 2
    assert said in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_an_area_that_is_not_there_is_not_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["print", "sheet", *_files(tmp_path), "--area", "C9", "--out", str(tmp_path / "x.pdf")]) == 4
    assert "C9" in capsys.readouterr().err
