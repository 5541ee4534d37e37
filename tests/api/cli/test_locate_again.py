"""``locate --since``: a former result is asked again where the plan has changed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from pyarrow import parquet
from shapely import Polygon
from sqlalchemy import URL, Engine

from api.cli.main import run
from api.settings import load_settings
from boundaries.store import states
from boundaries.store.engine import connect, writing
from boundaries.store.sources import add_source
from tests.boundaries import plans
from tests.conftest import copied

IN = ["--crs", "EPSG:4490"]


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        load_settings.cache_clear()
        engine = connect(url)
        yield engine
        engine.dispose()
    load_settings.cache_clear()


def _move_a_border(engine: Engine) -> None:
    """Generation 2: the first grid takes a wedge of the second."""
    draft = plans.open_draft(engine)
    wedge = [(1, 0), (1.5, 0.5), (1, 1)]
    wider, narrower = (Polygon([plans.at(*place) for place in (*wedge, (x, 1), (x, 0))]) for x in (0, 2))
    with writing(engine) as session:
        source = add_source(session, department="民政办", file="edit.gpkg", actor="陈晨")
        moved = [replace(plans.GRIDS[0], polygon=wider), replace(plans.GRIDS[1], polygon=narrower)]
        states.put_grids(session, draft.id, moved, source_id=source)
    plans.publish(engine, draft)


def _points(path: Path) -> None:
    rng = np.random.default_rng(3)
    places = [plans.at(x, y) for x, y in rng.uniform((-0.2, -0.2), (4.2, 1.2), (200, 2))]
    places += [plans.at(x / 2, y / 2) for x in range(9) for y in range(3)]
    rows = [f"{number:03},{x!r},{y!r}" for number, (x, y) in enumerate(places)]
    path.write_text("\n".join(["编号,x,y", *rows, '"甲,乙",,']), encoding="utf-8")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_the_result_is_the_one_of_now(
    tmp_path: Path, office: Engine, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    points, (then, again, now) = (
        tmp_path / "given.csv",
        (tmp_path / f"{name}{suffix}" for name in ("then", "again", "now")),
    )
    _points(points)
    asked = [*IN, "--for", "shop"]
    assert run(["locate", str(points), *asked, "--out", str(then)]) == 0
    _move_a_border(office)
    assert run(["locate", str(points), *asked, "--out", str(now)]) == 0
    capsys.readouterr()
    assert run(["locate", str(then), *asked, "--since", "1", "--out", str(again)]) == 0
    said = capsys.readouterr().err
    assert _content(again) == _content(now)
    assert _content(then) != _content(now)
    assert "第 1 版到第 2 版:228 行中重查 " in said
    looked_at, changed = (int(part.split(" 行")[0]) for part in (said.split("重查 ")[1], said.split("行,")[1]))
    assert 0 < changed <= looked_at < 60


def _content(path: Path) -> object:
    if path.suffix == ".xlsx":
        return [[cell.value for cell in row] for row in openpyxl.load_workbook(path).worksheets[0].iter_rows()]
    return path.read_bytes() if path.suffix == ".csv" else parquet.ParquetFile(path).read().to_pylist()


def test_rows_on_unchanged_ground_are_left_as_they_are(tmp_path: Path, office: Engine) -> None:
    then, again = tmp_path / "then.csv", tmp_path / "again.csv"
    rows = ["x,y,micro_grid,area,on_border,in_gap"]
    for place, code in (((0.5, 0.5), "按人工"), ((1.2, 0.5), "G2"), ((3.5, 0.5), "旧码")):
        x, y = plans.at(*place)
        rows.append(f"{x!r},{y!r},{code},320000000001,False,False")
    then.write_bytes(b"\xef\xbb\xbf" + "".join(f"{row}\r\n" for row in rows).encode())
    _move_a_border(office)
    assert run(["locate", str(then), *IN, "--since", "1", "--out", str(again)]) == 0
    rows[2] = rows[2].replace("G2", "G1")
    assert again.read_bytes() == b"\xef\xbb\xbf" + "".join(f"{row}\r\n" for row in rows).encode()
    same = tmp_path / "same.csv"
    assert run(["locate", str(again), *IN, "--since", "2", "--out", str(same)]) == 0
    assert same.read_bytes() == again.read_bytes()


@pytest.mark.usefixtures("office")
def test_what_is_no_former_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _points(tmp_path / "points.csv")
    out = ["--out", str(tmp_path / "out.csv")]
    asked = ["locate", str(tmp_path / "points.csv"), *IN]
    for more, code, message in (
        (["--since", "1"], 2, "没有“micro_grid”列,不是 locate 的结果"),
        (["--since", "1", "--grids", "g.gpkg"], 2, "不能与网格文件一起用"),
        (["--since", "1", "--place-column", "编号"], 2, "只能用一个"),
    ):
        assert run([*asked, *more, *out]) == code
        assert message in capsys.readouterr().err
    former = str(tmp_path / "former.csv")
    assert run([*asked, "--for", "shop", "--out", former]) == 0
    for more, code, message in (
        (["--since", "1"], 2, "请写明当时的 --for"),
        (["--since", "9", "--for", "shop"], 4, "9"),
    ):
        assert run(["locate", former, *IN, *more, *out]) == code
        assert message in capsys.readouterr().err
    assert run(["locate", former, *IN, "--since", "1", "--for", "shop", "--out", former]) == 2
    assert "会覆盖读入的文件" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()
