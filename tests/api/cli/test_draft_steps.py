"""Steps of a draft on the command line: a day, a rebase that is chosen, findings that may stand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import URL, Engine

from api.cli.main import run
from api.settings import load_settings
from boundaries.store import states
from boundaries.store.engine import connect, writing
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


def drawn(office: Engine, answer: Answer, name: str) -> str:
    """A draft that renames the first grid."""
    number = answer("draft", "open", name, "--as", "李安")[1]["id"]
    with writing(office) as session:
        states.put_grids(session, number, [replace(plans.GRIDS[0], name=name)], source_id=None)
    return str(number)


def test_a_draft_waits_for_its_day(office: Engine, answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    number, day = drawn(office, answer, "甲"), date(2999, 1, 1)
    assert answer("draft", "submit", number, "--as", "李安")[0] == 0
    assert answer("draft", "approve", number, "--on", "2020-01-01", "--as", "周平")[0] == 2
    capsys.readouterr()
    assert run(["draft", "approve", number, "--on", f"{day}", "--note", "可以", "--as", "周平"]) == 0
    assert f"{day}" in capsys.readouterr().err
    assert answer("draft", "publish", number, "--as", "周平")[1]["generation"] == 2


def test_what_collides_is_listed_and_chosen(office: Engine, answer: Answer) -> None:
    first, second = (drawn(office, answer, name) for name in "甲乙")
    assert answer("draft", "publish", first)[0] == 0
    assert answer("draft", "publish", second)[0] == 3
    code, found = answer("draft", "rebase", second)
    assert code == 3
    assert [(one["code"], one["columns"], one["generation"]) for one in found["collisions"]] == [("G1", ["name"], 2)]
    assert found["collisions"][0]["mine"]["type"] == "Polygon"
    assert answer("draft", "rebase", second, "--keep", "G1")[0] == 2
    code, found = answer("draft", "rebase", second, "--keep", "mine=G1")
    assert (code, found["to"], found["collisions"]) == (0, 2, [])
    assert answer("draft", "publish", second)[1]["generation"] == 3


def test_acknowledged_findings_stand_apart(office: Engine, answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    number = drawn(office, answer, "甲")
    assert answer("draft", "acknowledge", number, "--reason", "小", "--kind", "gap")[0] == 2
    code, given = answer("draft", "acknowledge", number, "--reason", "下月补人", "--grid", "G2")
    assert code == 0
    assert "nobody_in_charge" in {one["kind"] for one in given}
    found = answer("draft", "check", number)[1]
    assert [one["reason"] for one in found["acknowledged"]] == ["下月补人"] * len(given)
    assert found["counts"]["nobody_in_charge"] > 0
    assert run(["draft", "check", number]) == 0
    assert "下月补人" in capsys.readouterr().out
