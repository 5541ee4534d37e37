"""The demo's whole walk on a database of its own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyogrio
import pytest
from sqlalchemy import Engine

from api.cli import demo as verb
from api.cli.demo_walk import PLANNER, REVIEWER, Stage, Teller, published, seen_before
from api.cli.main import BAD_INPUT, CONFLICT, DONE, run
from api.settings import load_settings
from boundaries import checks
from boundaries.demo.town import build_town
from boundaries.errors import Unavailable
from boundaries.rules import Rules
from boundaries.services import drafting, showcase
from boundaries.services.reading import current_generation, list_generations, snapshot
from boundaries.services.switches import public_tier
from boundaries.store.engine import reading, writing

NOW = datetime(2026, 2, 1, 8, tzinfo=UTC)


@pytest.fixture
def settled(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MICROGRID_DATABASE_URL", database_url)
    monkeypatch.setenv("MICROGRID_HOME", str(tmp_path / "home"))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def test_the_demo_finds_mends_assigns_publishes_and_prints(
    settled: None, database: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # An earlier run was interrupted after it had begun.
    with writing(database) as session:
        showcase.claim(session, actor=PLANNER)
        drafting.open_draft(session, name="中断", actor=PLANNER)
    folder = tmp_path / "演示 结果"
    assert run(["demo", "--no-serve", "--out", str(folder)]) == DONE
    told = capsys.readouterr()
    for words in ("新开路沿线", "重叠", "农机厂宿舍、丝织厂宿舍", "杏林路", "被网格线切开", "没有联络员"):
        assert words in told.out
    assert "校正后剩余        0" in told.out
    assert "管理员密钥(只显示这一次" in told.out
    assert "校正图" in told.err

    with reading(database) as session:
        (generation,) = list_generations(session)
        assert (generation.number, generation.published_by) == (1, REVIEWER)
        assert public_tier(session)
        plan = snapshot(session, today=datetime.now(ZoneInfo("Asia/Shanghai")).date())
        drafts = drafting.list_drafts(session)
    assert [(draft.status, draft.created_by) for draft in drafts] == [("published", PLANNER), ("abandoned", PLANNER)]
    assert (len(plan.areas), len(plan.grids), len(plan.buildings), len(plan.shops)) == (28, 163, 450, 300)
    assert len(plan.people) == 649
    assert checks.run(plan, Rules()) == ()
    assert {assignment.premises_kind for assignment in plan.assignments} == {"compound", "shop"}
    assert len(plan.assignments) == 4 + sum(shop.state == "open" for shop in plan.shops)

    for name in ("桂坊社区", "仓桥社区", "柳岸社区"):
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "321081199001001" in (folder / "微网格地图.html").read_text(encoding="utf-8")
    assert len(pyogrio.read_dataframe(folder / "原图问题.gpkg")) == 24

    # A second run finds the town and writes nothing.
    told_again: list[str] = []
    stage = Stage(database, Teller(told_again.append, "zh"), date(2026, 2, 1), NOW, "EPSG:4549")
    assert published(stage) == 1
    seen = seen_before(stage, build_town().defective, 1)
    assert (len(seen.found), seen.left, seen.assigned["compound"]) == (24, (), 4)
    assert "已在库中(区划第 1 版)" in told_again[0]
    with reading(database) as session:
        assert current_generation(session) == 1


def test_an_offices_data_are_left_alone(
    settled: None, database: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing(database) as session:
        drafting.open_draft(session, name="2026年度网格调整", actor="张三")
    assert run(["demo", "--no-serve", "--out", str(tmp_path / "out")]) == CONFLICT
    assert "不是演示小镇的" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_told(
    settled: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert run(["demo", "--no-serve", "--out", str(tmp_path / "file" / "out")]) == BAD_INPUT
    assert "--out" in capsys.readouterr().err


def test_the_demo_serves_on_loopback_and_takes_any_port_where_its_own_is_taken(
    monkeypatch: pytest.MonkeyPatch, database: Engine
) -> None:
    served: list[tuple[str, int]] = []

    def serve_engine(engine: Engine, *, host: str, port: int) -> None:
        served.append((host, port))
        if port:
            raise Unavailable("端口被占用", "the port is taken")

    monkeypatch.setattr("api.cli.serve.serve_engine", serve_engine)
    verb.serve_town(database)
    assert served == [("127.0.0.1", 8712), ("127.0.0.1", 0)]
