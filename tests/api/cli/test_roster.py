"""People in charge and their pay from the command line."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image
from sqlalchemy import URL, Engine

from api.cli import context
from api.cli.main import run
from api.settings import load_settings
from boundaries.services import journal
from boundaries.store.engine import connect, reading
from tests.conftest import copied
from tests.test_contracts import rows

TODAY = date(2026, 5, 1)

Answer = Callable[..., tuple[int, Any]]


@pytest.fixture
def office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The published plan as the database of the command line, on a day of its own."""
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        monkeypatch.setattr(context, "today", lambda: TODAY)
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


def names(answer: Answer, *arguments: str) -> list[tuple[str, str]]:
    return [(row["target"], row["name"]) for row in answer("roster", *arguments)[1]]


def actions(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        return [(entry.action, entry.actor) for entry in journal.entries(session, limit=3)]


def test_set_replace_end_and_who_it_was(office: Engine, answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    assert names(answer, "list", "G1", "G3") == [("G1", "李安")]
    assert run(["roster", "set", "G3", "孙悦", "--phone", "13700000009", "--standing", "楼栋长", "--as", "周平"]) == 0
    assert run(["roster", "replace", "G1", "吴越", "--on", "2026-05-10"]) == 0
    assert "李安 → 吴越" in capsys.readouterr().err
    assert names(answer, "list", "G1", "G3") == [("G1", "李安"), ("G3", "孙悦")]
    assert names(answer, "on", "2026-05-10", "--role", "联络员") == [("G1", "吴越"), ("G3", "孙悦")]
    assert run(["roster", "end", "G3", "孙悦", "--on", "2026-06-01"]) == 0
    assert names(answer, "on", "2026-06-01", "--role", "liaison") == [("G1", "吴越")]
    assert names(answer, "on", "2026-05-31", "--role", "liaison") == [("G1", "吴越"), ("G3", "孙悦")]
    assert [action for action, _ in actions(office)] == ["roster.end", "roster.replace", "roster.set"]
    assert actions(office)[-1] == ("roster.set", "周平")


def test_phones_that_are_not_published_are_shown_only_when_asked_for(office: Engine, answer: Answer) -> None:
    run(["roster", "set", "G3", "孙悦", "--phone", "13700000009"])
    assert [row["phone"] for row in answer("roster", "list", "G1", "G3")[1]] == ["13800000001", None]
    assert [row["phone"] for row in answer("roster", "list", "G1", "G3", "--tier", "restricted")[1]] == [
        "13800000001",
        "13700000009",
    ]
    assert actions(office)[0][0] == "read.restricted"


def test_a_correction_keeps_what_is_not_said(office: Engine, answer: Answer) -> None:
    assert run(["roster", "set", "G1", "李安", "--standing", "五老"]) == 0
    (row,) = answer("roster", "list", "G1")[1]
    assert (row["phone"], row["phone_published"], row["standing"]) == ("13800000001", True, "五老")


def test_from_a_file_all_or_nothing(office: Engine, answer: Answer, tmp_path: Path) -> None:
    good, bad = tmp_path / "people.csv", tmp_path / "bad.csv"
    good.write_text(
        "网格编码,姓名,职务,电话\nG1,吴越,联络员,13700000001\nG3,孙悦,联络员,13700000002\n", encoding="utf-8"
    )
    bad.write_text("网格编码,姓名,职务,电话\nG3,孙悦,联络员,\nG9,吴越,联络员,\n", encoding="utf-8")
    code, plan = answer("roster", "import", str(good), "--missing", "close", "--dry-run")
    assert (code, plan["new"], plan["missing"], plan["written"]) == (0, 2, 1, False)
    assert plan["codes"]["missing"] == ["G1/liaison/李安"]
    assert run(["roster", "import", str(bad)]) == 2
    assert names(answer, "list", "G1", "G3") == [("G1", "李安")]
    assert answer("roster", "import", str(good), "--missing", "close")[1]["closed"] == 1
    assert names(answer, "list", "G1", "G3") == [("G1", "吴越"), ("G3", "孙悦")]


def test_numbers_of_identity_cards_are_refused_with_the_row(
    office: Engine, answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("网格编码,姓名,职务\nG3,孙悦32108119680307451X,联络员\n", encoding="utf-8")
    assert run(["roster", "import", str(people)]) == 2
    told = capsys.readouterr().err
    assert "身份证" in told
    assert "19680307" not in told
    assert run(["roster", "set", "G3", "孙悦", "--standing", "321081196803074512"]) == 2
    assert "身份证" in capsys.readouterr().err
    assert names(answer, "list", "G3") == []


def test_a_photo(office: Engine, tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"none")
    assert run(["roster", "set", "G3", "孙悦", "--photo", str(tmp_path / "b.png")]) == 2
    assert run(["roster", "set", "G3", "孙悦", "--photo", str(tmp_path / "a.png")]) == 0
    assert [action for action, _ in actions(office)[:2]] == ["roster.photo", "roster.set"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["end", "G1", "甲"], 4),
        (["replace", "G4", "甲"], 4),
        (["replace", "G1", "李安"], 3),
        (["set", "G9", "甲"], 2),
        (["set", "G1", "甲", "--role", "皇帝"], 2),
        (["set", "G1", "甲", "--on", "昨天"], 2),
        (["list", "--area", "9"], 4),
        (["on", "2026"], 2),
        (["pay", "--quarter", "2026"], 2),
        (["pay", "--quarter", "2026Q2", "--out", "pay.csv"], 2),
        (["rate", "set", "四十", "--level", "community"], 2),
        (["factor", "set", "castle", "1"], 2),
    ],
)
def test_what_cannot_be_done_is_told_by_the_exit_code(office: Engine, arguments: list[str], code: int) -> None:
    assert run(["roster", *arguments]) == code


def test_the_pay_of_a_quarter(office: Engine, answer: Answer, tmp_path: Path) -> None:
    assert run(["roster", "rate", "set", "48", "--area", "320000000001", "--on", "2026-04-01"]) == 0
    assert run(["roster", "factor", "set", "market", "1.5"]) == 0
    rates = answer("roster", "rate", "list")[1]
    assert [(one["area"], one["level"], one["names_ending"], one["yearly"]) for one in rates] == [
        (None, "community", "", "40.00"),
        (None, "community", "村", "20.00"),
        ("320000000001", None, "", "48.00"),
    ]
    assert answer("roster", "factor", "list")[1] == [
        {"kind": "market", "units": "1.5000", "from": "2026-05-01", "until": None}
    ]
    out = tmp_path / "pay.xlsx"
    code, told = answer("roster", "pay", "--quarter", "2026Q2", "--out", str(out))
    assert code == 0
    assert list(told) == list(rows("Pay of a quarter", 1))
    # 36 households x 48 / 4.
    assert (told["total"], told["sums"][0]["name"]) == ("432.00", "李安")
    assert told["generations"] == [{"generation": 1, "from": "2026-04-01", "until": "2026-06-30"}]
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["汇总", "明细", "问题", "说明"]
    assert book["汇总"]["D2"].value == 432
    assert actions(office)[0][0] == "pay.sheet"
