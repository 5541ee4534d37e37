"""Drafts, checks, lookups and proposals from the command line, on a database."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import URL, Engine

from api.cli.main import run
from api.settings import load_settings
from boundaries.model import Compound, MicroGrid
from boundaries.services.reading import snapshot
from boundaries.store import states
from boundaries.store.engine import connect, reading, writing
from tests.boundaries import plans
from tests.conftest import copied

Answer = Callable[..., tuple[int, Any]]


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The published plan as the database of the command line; one person may do everything."""
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        monkeypatch.setenv("MICROGRID_FOUR_EYES", "false")
        load_settings.cache_clear()
        engine = connect(url)
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


def test_the_life_of_a_draft(office: Engine, answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    code, draft = answer("draft", "open", "沿街调整", "--area", plans.AREAS[1].code, "--as", "李安")
    assert code == 0
    assert isinstance(draft, dict)
    assert (draft["name"], draft["status"], draft["base_generation"]) == ("沿街调整", "open", 1)
    assert (draft["area"], draft["created_by"]) == (plans.AREAS[1].code, "李安")
    number = draft["id"]
    assert [one["id"] for one in answer("draft", "list")[1]] == [number]
    assert answer("draft", "show", str(number)) == (0, draft)
    with writing(office) as session:
        strip = plans.square(0, 0, 1, 0.2)
        front = MicroGrid(0, 0, "S1", "文化路沿街", plans.AREAS[1].code, strip, "street_front", "overlay")
        states.put_grids(session, number, [front], source_id=None)
    assert answer("draft", "submit", str(number))[1]["status"] == "submitted"
    assert answer("draft", "return", str(number), "--note", "再看看")[1]["status"] == "open"
    assert answer("draft", "submit", str(number))[0] == 0
    assert answer("draft", "approve", str(number))[1]["status"] == "approved"
    code, published = answer("draft", "publish", str(number), "--note", "沿街")
    assert code == 0
    assert published["generation"] == 2
    assert answer("draft", "list") == (0, [])
    assert [one["status"] for one in answer("draft", "list", "--all")[1]][:1] == ["published"]
    assert run(["draft", "abandon", str(number)]) == 3
    assert "不能" in capsys.readouterr().err


def test_drafts_for_people(office: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draft", "list"]) == 0
    assert "没有调整方案" in capsys.readouterr().err
    assert run(["draft", "open", "春季调整", "--as", "李安"]) == 0
    told = capsys.readouterr()
    assert "春季调整" in told.out
    assert "编辑中" in told.out
    assert "+00:00" not in told.out
    assert "load grids 文件 --draft 2" in told.err
    assert run(["draft", "submit", "2"]) == 0
    assert "draft approve 2" in capsys.readouterr().err
    assert run(["draft", "approve", "2"]) == 0
    assert "draft publish 2" in capsys.readouterr().err
    assert run(["draft", "show", "2"]) == 0
    assert capsys.readouterr().err == ""
    assert run(["draft", "show", "99"]) == 4


def test_a_blocked_draft_is_not_published(office: Engine, answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    number = plans.open_draft(office).id
    with writing(office) as session:
        states.retire(session, number, "grids", ["G3"])
    code, told = answer("draft", "check", str(number))
    assert code == 1
    assert told["counts"]["gap"] == 1
    assert answer("check", "--draft", str(number))[1]["counts"] == told["counts"]
    assert run(["draft", "publish", str(number)]) == 1
    assert "空白" in capsys.readouterr().err
    with reading(office) as session:
        assert snapshot(session, today=plans.TODAY).generation == 1


def test_the_current_generation_is_checked_where_nothing_is_named(answer: Answer) -> None:
    code, told = answer("check")
    assert code == 0
    assert isinstance(told, dict)
    assert (told["exact"], told["grids"], told["parents"], told["blocking"]) == (True, 4, 2, 0)
    assert told["counts"] == {"shop_undedicated": 1, "nobody_in_charge": 4, "volunteers_missing": 5}
    assert told["source"] == {"zh": "区划第 1 版", "en": "generation 1"}
    assert "volunteers_missing" not in answer("check", "--min-volunteers", "0")[1]["counts"]
    assert answer("check", "--rented-share", "0.1")[1]["counts"]["extra_hand_needed"] == 1
    assert answer("check", "--generation", "7")[0] == 4
    code, east = answer("check", "--area", plans.AREAS[1].code)
    assert (code, east["grids"], east["parents"]) == (0, 2, 1)


def test_points_are_looked_up_in_the_database(answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    lon, lat = plans.at(1.5, 0.5)
    code, found = answer("locate", "--point", f"{lon},{lat}", "--crs", "EPSG:4490")
    assert code == 0
    assert isinstance(found, dict)
    assert found["micro_grid"]["code"] == "G2"
    assert [area["code"] for area in found["areas"]] == [plans.AREAS[0].code, plans.AREAS[1].code]
    assert run(["locate", "--point", f"{lon},{lat}", "--crs", "EPSG:4490"]) == 0
    out = capsys.readouterr().out
    assert "区域名称  东社区" in out
    assert "area" not in out


def test_a_file_of_points_is_looked_up_in_the_database(
    office: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("points")
    rows = [f"{n},{x},{y}" for n, (x, y) in enumerate([plans.at(0.5, 0.5), plans.at(2.0, 0.5), plans.at(9, 9)])]
    (folder / "p.csv").write_text("\n".join(["编号,经度,纬度", *rows, ""]), encoding="utf-8")
    assert run(["locate", str(folder / "p.csv"), "--crs", "EPSG:4490", "--out", str(folder / "o.csv")]) == 0
    lines = (folder / "o.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",", 3)[3] for line in lines[1:]] == [
        f"G1,{plans.AREAS[1].code},False,False",
        f"G2,{plans.AREAS[1].code},True,False",
        ",,False,False",
    ]


def test_proposals_are_accepted_into_a_draft(office: Engine, answer: Answer) -> None:
    number = plans.open_draft(office).id
    with writing(office) as session:
        grown = Compound(0, "K2", "临江苑", plans.square(2.1, 0.1, 0.5, 0.5))
        states.put_compounds(session, number, [grown], source_id=None)
    code, proposed = answer("assign", "--draft", str(number))
    assert code == 0
    assert [(item["premises"], item["micro_grid"]) for item in proposed] == [("K2", "G3")]
    assert answer("assign", "--draft", str(number), "--accept", "--as", "李安")[0] == 0
    assert answer("assign", "--draft", str(number)) == (0, [])
    with reading(office) as session:
        (kept,) = (
            one for one in snapshot(session, today=plans.TODAY, draft=number).assignments if one.premises == "K2"
        )
    assert (kept.grid, kept.method, kept.accepted_by) == ("G3", "containment", "李安")
