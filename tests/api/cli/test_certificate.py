"""Certificates from the command line: written from the database, compared with files and with drafts."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, text

from api.cli.certificate import SERVICE
from api.cli.main import run
from api.settings import load_settings
from boundaries.certificate import REASONS, division_digest
from boundaries.exchange.certificate_file import read_certificate, write_certificate
from boundaries.exchange.formats import write_columns
from boundaries.exchange.writing import layer_columns
from boundaries.snapshot import Snapshot
from boundaries.store import states
from boundaries.store.engine import connect, writing
from tests.boundaries import plans
from tests.boundaries.certified import PLAN, certificate, nudged, with_shape
from tests.conftest import PROJECT, copied

EAST = PLAN.areas[1].code
CONTRACTS = (PROJECT / "docs" / "contracts.md").read_text(encoding="utf-8")
FORMAT = (PROJECT / "docs" / "formats" / "certificate.md").read_text(encoding="utf-8")
VERIFIER = PROJECT / "docs" / "formats" / "verify_certificate.py"
Answer = Callable[..., tuple[int, str, str]]


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Answer:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The published plan as the database of the command line."""
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        monkeypatch.setenv("MICROGRID_FOUR_EYES", "false")
        load_settings.cache_clear()
        engine = connect(url)
        yield engine
        engine.dispose()
    load_settings.cache_clear()


def exported(folder: Path, plan: Snapshot = PLAN, *, suffix: str = "gpkg") -> list[str]:
    """Arguments of ``check`` for files of a plan and the certificate of the plan in order."""
    for layer in ("grids", "areas"):
        write_columns(folder / f"{layer}.{suffix}", layer_columns(layer, plan, tier="public"))
    write_certificate(folder / "证明.json", certificate())
    files = [str(folder / f"grids.{suffix}"), "--parents", str(folder / f"areas.{suffix}")]
    return ["check", *files, "--certificate", str(folder / "证明.json")]


def test_files_that_are_as_certified(tmp_path: Path, answer: Answer) -> None:
    code, out, _ = answer(*exported(tmp_path))
    assert code == 0
    assert out.splitlines()[-1] == "全覆盖证明(区划第 3 版)成立,3 个区域全部一致"
    told = json.loads(answer(*exported(tmp_path), "--format", "json")[1])["certificate"]
    assert (told["generation"], told["digest"], told["holds"]) == (3, certificate().digest, True)
    assert told["areas"][0] == {"code": EAST, "name": "东社区", "holds": True, "reasons": [], "place": None}


def test_a_step_of_one_vertex_in_a_file(tmp_path: Path, answer: Answer) -> None:
    arguments = exported(tmp_path, with_shape("G1", nudged(plans.square(0, 0))))
    code, out, _ = answer(*arguments)
    assert code == 1
    head, line = out.splitlines()[-2:]
    assert head == "全覆盖证明(区划第 3 版)不成立,3 个区域中 1 个不一致"
    assert re.fullmatch(
        rf"东社区\({EAST}\):网格有改动;边界有改动;网格没有恰好填满区域 119\.18\d{{7}},32\.27\d{{7}}", line
    )
    told = json.loads(answer(*arguments, "--format", "json")[1])["certificate"]
    assert [area["reasons"] for area in told["areas"]] == [["grids_changed", "boundary_changed", "not_exact"], [], []]
    assert told["areas"][0]["place"] == pytest.approx(plans.at(1, 0.5), abs=2e-3)


EDITS: dict[str, tuple[dict[str, object], list[str]]] = {
    "grids": ({"grids": 99}, ["grids_differ"]),
    "segments": ({"segments": 5}, ["segments_differ"]),
    "boundary segments": ({"boundary_segments": 5}, ["boundary_segments_differ"]),
    "an area inside": ({"inner": ["P9"]}, ["inner_changed"]),
    "a listed area inside": ({"inner": ["P"]}, ["inner_changed"]),
    "all at once": (
        {"grids": 1, "segments": 1, "boundary_segments": 1, "inner": ["P"]},
        ["inner_changed", "grids_differ", "segments_differ", "boundary_segments_differ"],
    ),
    "not exact": ({"exact": False}, ["not_exact"]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_certificate_is_refused_by_both_verifiers(
    tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch, edit: str
) -> None:
    change, reasons = EDITS[edit]
    arguments = exported(tmp_path, suffix="geojson")
    record = json.loads(Path(arguments[-1]).read_text(encoding="utf-8"))
    record["areas"][0].update(change)
    Path(arguments[-1]).write_text(json.dumps(record), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", VERIFIER, arguments[-1], arguments[1], arguments[3]], check=False)
    assert done.returncode == 1
    code, out, _ = answer(*arguments)
    assert (code, out.splitlines()[-1]) == (1, f"东社区({EAST}):" + ";".join(REASONS[key][0] for key in reasons))
    told = json.loads(answer(*arguments, "--format", "json")[1])["certificate"]
    assert (told["holds"], [area["reasons"] for area in told["areas"]]) == (False, [reasons, [], []])
    monkeypatch.setattr("api.cli.context.language", lambda: "en")
    assert answer(*arguments)[1].splitlines()[-1].endswith("; ".join(REASONS[key][1] for key in reasons))


@pytest.mark.parametrize("edit", [{"generation": 9}, {"published_at": "2030-01-01T00:00:00Z"}, {"service": "other"}])
def test_what_no_digest_covers_is_not_proved(tmp_path: Path, answer: Answer, edit: dict[str, object]) -> None:
    """The page says so."""
    arguments = exported(tmp_path, suffix="geojson")
    record = json.loads(Path(arguments[-1]).read_text(encoding="utf-8"))
    Path(arguments[-1]).write_text(json.dumps({**record, **edit}), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", VERIFIER, arguments[-1], arguments[1], arguments[3]], check=False)
    assert (done.returncode, answer(*arguments)[0]) == (0, 0)
    line = next(line for line in FORMAT.splitlines() if "not proved by the coordinates" in line)
    assert f"`{next(iter(edit))}`" in line


def spoil_count(record: dict[str, Any]) -> None:
    record["areas"][0]["grids"] = "2"


def list_twice(record: dict[str, Any]) -> None:
    twice = [*certificate().areas, certificate().areas[0]]
    record["areas"].insert(0, record["areas"][0])
    record["digest"] = division_digest(twice)


@pytest.mark.parametrize("spoil", [spoil_count, list_twice])
def test_what_nobody_would_write_is_no_certificate(
    tmp_path: Path, answer: Answer, spoil: Callable[[dict[str, Any]], None]
) -> None:
    arguments = exported(tmp_path, suffix="geojson")
    record = json.loads(Path(arguments[-1]).read_text(encoding="utf-8"))
    spoil(record)
    Path(arguments[-1]).write_text(json.dumps(record), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", VERIFIER, arguments[-1], arguments[1], arguments[3]], check=False)
    code, _, err = answer(*arguments)
    assert (done.returncode, code) == (1, 2)
    assert "不是全覆盖证明" in err


def test_another_division_that_is_exact_too_is_not_this_one(tmp_path: Path, answer: Answer) -> None:
    grids = tuple(replace(grid, code="G9") if grid.code == "G2" else grid for grid in PLAN.grids)
    code, out, _ = answer(*exported(tmp_path, replace(PLAN, grids=grids)))
    assert (code, out.splitlines()[-1]) == (1, f"东社区({EAST}):网格有改动")


def test_in_english(tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli.context.language", lambda: "en")
    assert answer(*exported(tmp_path))[1].endswith("the certificate of generation 3 holds for all of 3 areas\n")
    fewer = replace(PLAN, areas=PLAN.areas[:3], grids=PLAN.grids[:3])
    out = answer(*exported(tmp_path, fewer))[1]
    assert "the certificate of generation 3 does not hold for 2 of 3 areas" in out
    assert "公园 (P): the area is not here" in out


def test_what_is_no_certificate(tmp_path: Path, answer: Answer) -> None:
    arguments = exported(tmp_path)
    for wrong, reason in ((arguments[1], "不是全覆盖证明"), (tmp_path / "absent.json", "找不到文件")):
        code, out, err = answer(*arguments[:-1], wrong)
        assert (code, out) == (2, "")
        assert reason in err
    code, _, err = answer(*arguments[:2], *arguments[-2:])
    assert code == 2
    assert "--parents" in err


def test_written_from_the_database_and_verified_by_the_other_program(
    office: Engine, tmp_path: Path, answer: Answer
) -> None:
    """The walk of docs/formats/certificate.md."""
    proof, grids, areas = tmp_path / "证明.json", tmp_path / "网格.geojson", tmp_path / "区域.geojson"
    code, _, err = answer("export", "certificate", proof)
    found = read_certificate(proof)
    assert (code, found.service, found.generation, len(found.areas)) == (0, SERVICE, 1, 2)
    assert f"已写出区划第 1 版的全覆盖证明:证明.json,摘要 {found.digest}" in err
    assert answer("export", "grids", grids)[0] == answer("export", "areas", areas)[0] == 0
    done = subprocess.run([sys.executable, "-I", VERIFIER, proof, grids, areas], capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode().splitlines()[-1]) == (
        0,
        f"generation 1 成立 / exact {found.digest}",
    )
    told = answer("check", grids, "--parents", areas, "--certificate", proof, "--format", "json")[1]
    assert json.loads(told)["certificate"]["holds"] is True
    told = answer("check", "--certificate", proof, "--format", "json")[1]
    assert json.loads(told)["certificate"]["holds"] is True


def test_a_draft_and_one_area_against_a_certificate(office: Engine, tmp_path: Path, answer: Answer) -> None:
    proof = tmp_path / "证明.json"
    answer("export", "certificate", proof, "--generation", "1")
    assert answer("draft", "open", "改")[0] == 0
    with writing(office) as session:
        states.put_grids(session, 2, [replace(plans.GRIDS[0], polygon=nudged(plans.GRIDS[0].polygon))], source_id=None)
    code, out, _ = answer("check", "--draft", "2", "--certificate", proof, "--format", "json")
    assert code == 1
    told: dict[str, Any] = json.loads(out)["certificate"]
    assert {area["code"]: area["holds"] for area in told["areas"]} == {
        plans.AREAS[1].code: False,
        plans.AREAS[2].code: True,
    }
    part = ["check", "--draft", "2", "--certificate", proof, "--format", "json", "--area"]
    told = json.loads(answer(*part, plans.AREAS[2].code)[1])["certificate"]
    assert (told["holds"], [area["code"] for area in told["areas"]]) == (True, [plans.AREAS[2].code])
    assert json.loads(answer(*part, plans.AREAS[1].code)[1])["certificate"]["holds"] is False


def test_a_step_in_the_database_is_noticed(office: Engine, tmp_path: Path, answer: Answer) -> None:
    proof = tmp_path / "证明.json"
    answer("export", "certificate", proof)
    with office.begin() as connection:
        connection.execute(
            text(
                "UPDATE microgrid.micro_grid_state SET geom = ST_GeomFromText(replace(ST_AsText(geom, 9), "
                "'119.181 32.271', '119.181000001 32.271'), 4490) WHERE code = 'G1'"
            )
        )
    code, out, _ = answer("check", "--certificate", proof)
    assert code == 1
    assert "全覆盖证明(区划第 1 版)不成立" in out


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (["x.gpkg"], (2, ".json")),
        (["x.json", "--draft", "1"], (2, "--draft")),
        (["x.json", "--area", "C1", "--crs", "EPSG:4549"], (2, "--area、--crs")),
        (["x.json", "--generation", "7"], (4, "没有区划第 7 版")),
    ],
)
def test_certificates_that_cannot_be_written(
    office: Engine, tmp_path: Path, answer: Answer, arguments: list[str], refusal: tuple[int, str]
) -> None:
    code, _, err = answer("export", "certificate", tmp_path / arguments[0], *arguments[1:])
    assert code == refusal[0]
    assert refusal[1] in err
    assert list(tmp_path.iterdir()) == []


def test_the_pages_list_the_member_and_its_reasons(tmp_path: Path, answer: Answer) -> None:
    told = json.loads(answer(*exported(tmp_path), "--format", "json")[1])["certificate"]
    part = CONTRACTS.split("## Certificate in a check\n", 1)[1].split("\n## ", 1)[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", part, re.MULTILINE))
    assert set(rows) == {*told, *told["areas"][0], *REASONS}
    for code, (zh, _) in REASONS.items():
        assert zh in rows[code]
