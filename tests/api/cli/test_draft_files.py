"""The round trip through QGIS on the command line."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pytest
from sqlalchemy import URL, Engine

from api.cli.main import run
from api.settings import load_settings
from boundaries.services.reading import snapshot
from boundaries.store.engine import connect, reading
from tests.boundaries.plans import TODAY
from tests.boundaries.services.test_draft_repair import changed, square
from tests.conftest import copied

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        load_settings.cache_clear()
        engine = connect(url)
        yield engine
        engine.dispose()
    load_settings.cache_clear()


@pytest.fixture
def said(office: Engine, capsys: pytest.CaptureFixture[str]) -> Said:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        heard = capsys.readouterr()
        return code, heard.out, heard.err

    return call


@pytest.fixture
def draft(office: Engine) -> str:
    return str(changed(office, **{f"G{number + 1}": square(number, 0) for number in range(4)}))


def redrawn(path: Path, name: str, **drawn: Any) -> Path:
    back = path.with_name(name)
    shutil.copy(path, back)
    frame = pyogrio.read_dataframe(path, layer="grids")
    shapes = [drawn.get(code, shape) for code, shape in zip(frame["code"], frame.geometry, strict=True)]
    frame = frame.set_geometry(geopandas.GeoSeries(shapes, crs=frame.crs))
    pyogrio.write_dataframe(frame, back, layer="grids", driver="GPKG", geometry_type="Polygon")
    return back


def test_there_and_back(office: Engine, said: Said, draft: str, tmp_path: Path) -> None:
    path = tmp_path / "方案.gpkg"
    code, _, err = said("draft", "export", draft, str(path), "--as", "陈晨")
    assert (code, path.with_suffix(".qgs").exists()) == (0, True)
    assert "已写出 4 个网格" in err
    assert f"draft edit {draft} --from 方案.gpkg" in err
    back = redrawn(path, "back.gpkg", G1=square(0, 0, 0.9), G2=square(0.903, 0, 1.097))
    code, out, _ = said("draft", "edit", draft, "--from", str(back), "--dry-run")
    assert (code, "试算,未写入" in out) == (0, True)
    log = tmp_path / "记录.csv"
    code, out, err = said("draft", "edit", draft, "--from", str(back), "--log", str(log), "--as", "周平")
    assert (code, err) == (0, "")
    assert "back.gpkg:4 行,未改 2,改动 2,新增 0,缺少 0" in out
    assert "容差内自动对齐:1 处空白" in out
    assert "边界改动:G1、G2" in out
    assert f"已写入调整方案 {draft},全覆盖已证明" in out
    assert "standing_border" in log.read_text(encoding="utf-8-sig")
    with reading(office) as session:
        plan = snapshot(session, today=TODAY, draft=int(draft))
    assert plan.grid_by_code["G1"].polygon.equals(square(0, 0, 0.9))


def test_a_refusal_is_told_with_its_places(said: Said, draft: str, tmp_path: Path) -> None:
    path = tmp_path / "draft.gpkg"
    assert said("draft", "export", draft, str(path))[0] == 0
    back = redrawn(path, "back.gpkg", G1=square(0, 0, 0.9))
    code, out, err = said("draft", "edit", draft, "--from", str(back))
    assert (code, "空白宽于容差" in out, "什么都没有写" in err) == (1, True, True)
    code, out, _ = said("draft", "edit", draft, "--from", str(back), "--format", "json")
    told = json.loads(out)
    assert (code, told["written"], told["changed"]) == (1, False, [{"code": "G1", "row": 1, "fields": ["shape"]}])
    assert [one["kind"] for one in told["obstacles"]] == ["gap"]


def test_what_cannot_be_used_is_refused(said: Said, draft: str, tmp_path: Path) -> None:
    path = tmp_path / "draft.gpkg"
    assert said("draft", "export", draft, str(tmp_path / "draft.shp"))[0] == 2
    assert said("draft", "export", "99", str(path))[0] == 4
    assert said("draft", "export", draft, str(path), "--tier", "secret")[0] == 2
    assert said("draft", "edit", draft, "--from", str(path))[0] == 2
    assert said("draft", "export", draft, str(path))[0] == 0
    assert said("draft", "edit", draft, "--from", str(path), "--log", str(path))[0] == 2
    code, out, _ = said("draft", "edit", draft, "--from", str(path))
    assert (code, "没有要改的" in out) == (0, True)
