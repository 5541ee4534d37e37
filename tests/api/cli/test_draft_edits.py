"""Edit a draft from the command line: by short verbs, by a file of commands, back and forth."""

import json

import geopandas
import pytest
import shapely

from api.cli.main import run
from api.settings import load_settings
from boundaries.services.reading import snapshot
from boundaries.store.engine import connect, reading
from tests.boundaries import fine_plans, plans
from tests.conftest import copied


@pytest.fixture
def office(admin, server, office_template, monkeypatch):
    """The published plan with fine borders as the database of the command line."""
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        load_settings.cache_clear()
        engine = connect(url)
        fine_plans.refine(engine)
        yield engine
        engine.dispose()
    load_settings.cache_clear()


@pytest.fixture
def answer(office, capsys):
    """Run a verb, read its JSON."""

    def call(*arguments):
        code = run([*arguments, "--format", "json"])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else None

    return call


def drawn(*places):
    """Places as they are typed."""
    return " ".join(f"{x},{y}" for x, y in (plans.at(*place) for place in places))


def grids(engine, draft):
    """Micro-grids of a draft, by code."""
    with reading(engine) as session:
        return snapshot(session, draft=draft, today=plans.TODAY).grid_by_code


def test_verbs_edit_and_are_undone(office, answer, tmp_path, capsys):
    number = answer("draft", "open", "调整")[1]["id"]
    n = str(number)
    before = grids(office, number)
    cut = ("--line", drawn((0.5, 0), (0.5, 1)), "--crs", "EPSG:4490", "--code", "G1B")
    assert answer("draft", "split", n, "G1", *cut, "--dry-run")[1]["revision"] == 0
    code, told = answer("draft", "split", n, "G1", *cut, "--as", "陈晨")
    assert (code, told["change"]) == (0, 1)
    assert {grid["code"] for grid in told["grids"]} == {"G1", "G1B"}
    assert answer("draft", "rename", n, "G1B", "新网格", "--honorary", "红旗网格")[0] == 0
    assert answer("draft", "kind", n, "G1B", "commercial")[0] == 0
    assert answer("draft", "renumber", n, "G1B=G7")[0] == 0
    found = grids(office, number)["G7"]
    assert (found.name, found.honorary_name, found.kind) == ("新网格", "红旗网格", "commercial")
    assert answer("draft", "merge", n, "G1", "G7", "--keep", "G1")[1]["retired"] == ["G7"]

    line = tmp_path / "border.gpkg"
    border = shapely.LineString([plans.at(1, 0), plans.at(1.2, 0.5), plans.at(1, 1)])
    geopandas.GeoDataFrame({"name": ["新边界"]}, geometry=[border], crs="EPSG:4490").to_file(line)
    code, told = answer("draft", "border", n, "G1", "G2", "--line-file", str(line))
    assert (code, sorted(grid["code"] for grid in told["grids"])) == (0, ["G1", "G2"])
    ground = tmp_path / "strip.geojson"
    strip = geopandas.GeoDataFrame(
        {"name": ["街"]}, geometry=[fine_plans.fine(plans.square(2, 0, 2, 0.3))], crs="EPSG:4490"
    )
    strip.to_file(ground)
    code, told = answer("draft", "carve", n, "--area", plans.AREAS[2].code, "--shape-file", str(ground), "--code", "Z1")
    assert (code, grids(office, number)["Z1"].kind) == (0, "street_front")

    history = answer("draft", "history", n)[1]
    assert [one["status"] for one in history] == ["done"] * 7
    assert history[-1]["actor"] == "陈晨"
    for _ in history:
        assert answer("draft", "undo", n)[0] == 0
    assert grids(office, number) == before
    assert answer("draft", "undo", n)[0] == 3
    assert answer("draft", "redo", n)[1]["touched"] == {"micro_grid": ["G1", "G1B"]}
    assert run(["draft", "history", n]) == 0
    assert "已撤销" in capsys.readouterr().out


def test_a_file_of_commands_is_one_change_and_its_key_holds(office, answer, tmp_path, capsys):
    number = answer("draft", "open", "调整")[1]["id"]
    file = tmp_path / "commands.json"
    commands = [{"do": "rename", "grid": "G1", "name": "甲"}, {"do": "rename", "grid": "G2", "name": "乙"}]
    file.write_text(json.dumps({"commands": commands}), encoding="utf-8")
    call = ("draft", "apply", str(number), str(file), "--key", "k1")
    first = answer(*call)
    assert (first[0], first[1]["change"]) == (0, 1)
    assert answer(*call) == first
    file.write_text(json.dumps([{"do": "rename", "grid": "G1"}]), encoding="utf-8")
    assert answer("draft", "apply", str(number), str(file))[0] == 2
    file.write_text("no", encoding="utf-8")
    assert answer("draft", "apply", str(number), str(file))[0] == 2
    assert answer("draft", "rename", str(number), "NONE", "甲")[0] == 4
    assert len(answer("draft", "history", str(number))[1]) == 1


def test_what_is_given_badly_is_refused(office, answer):
    n = str(answer("draft", "open", "调整")[1]["id"])
    assert answer("draft", "split", n, "G1", "--line", "119.18,32.27 119.19,32.28")[0] == 2
    assert answer("draft", "split", n, "G1", "--crs", "EPSG:4490")[0] == 2
    assert answer("draft", "split", n, "G1", "--line", "here", "--crs", "EPSG:4490")[0] == 2
    assert answer("draft", "give", n, "G1")[0] == 2
    assert answer("draft", "renumber", n, "G1")[0] == 2
    assert answer("draft", "history", n)[1] == []


def test_a_draft_is_shared_handed_over_and_held(office, answer):
    n = str(answer("draft", "open", "调整", "--as", "陈晨")[1]["id"])
    assert answer("draft", "share", n, "李安", "王宁", "--as", "陈晨")[1]["shared_with"] == ["李安", "王宁"]
    assert answer("draft", "lease", n, "--as", "李安")[1]["lease"]["holder"] == "李安"
    assert answer("draft", "lease", n, "--as", "王宁")[0] == 3
    assert answer("draft", "lease", n, "--as", "王宁", "--take-over")[1]["lease"]["holder"] == "王宁"
    assert answer("draft", "lease", n, "--as", "王宁", "--end")[1]["lease"] is None
    told = answer("draft", "handover", n, "王宁", "--as", "陈晨")[1]
    assert (told["owner"], told["shared_with"]) == ("王宁", ["李安", "陈晨"])
