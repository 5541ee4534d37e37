"""The trail from the command line."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine, text

from api.cli.main import run
from api.settings import load_settings
from boundaries.exchange.certificate_file import read_certificate
from boundaries.services import journal, sealing
from boundaries.store.engine import connect, reading, writing
from tests.conftest import copied

Command = Callable[..., tuple[int, str, str]]
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


@pytest.fixture
def office(admin: Engine, server: object, office_template: str) -> Iterator[str]:
    """Address of a database of this test's own, whose generation 1 is published."""
    with copied(admin, server, office_template) as url:  # type: ignore[arg-type]
        yield url


@pytest.fixture
def trail(office: str) -> Iterator[Engine]:
    engine = connect(office)
    yield engine
    engine.dispose()


@pytest.fixture
def command(office: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs the command line on this test's database: exit code, stdout, stderr."""
    monkeypatch.setenv("MICROGRID_DATABASE_URL", office)
    load_settings.cache_clear()

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    yield call
    load_settings.cache_clear()


def _add(engine: Engine, at: datetime = NOON, subject: str = "shop:1") -> None:
    with writing(engine) as session:
        journal.record(session, actor="李强", action="shop.load", subject=subject, detail={"行": 2}, now=at)


def test_entries_are_listed_by_days_of_the_office(command: Command, trail: Engine) -> None:
    _add(trail, datetime(2026, 3, 1, 15, 59, tzinfo=UTC), "shop:1")
    _add(trail, datetime(2026, 3, 1, 16, 0, tzinfo=UTC), "shop:2")
    common = ("audit", "list", "--action", "shop", "--format", "json")
    _, out, _ = command(*common, "--until", "2026-03-01")
    assert [entry["subject"] for entry in orjson.loads(out)] == ["shop:1"]
    _, out, _ = command(*common, "--since", "2026-03-02")
    assert [entry["subject"] for entry in orjson.loads(out)] == ["shop:2"]
    code, out, _ = command("audit", "list", "--actor", "李强")
    assert code == 0
    assert "操作人" in out
    assert "2026-03-02 00:00" in out


def test_a_whole_trail_is_verified_and_a_changed_one_has_exit_code_1(command: Command, trail: Engine) -> None:
    _add(trail)
    code, out, _ = command("audit", "verify", "--format", "json")
    told = orjson.loads(out)
    assert (code, told["whole"], told["unsealed"]) == (0, True, 1)
    assert command("audit", "verify", "--head", told["digest"])[0] == 0
    assert command("audit", "verify", "--head", "00" * 32)[0] == 1
    with trail.begin() as connection:
        connection.execute(text("UPDATE microgrid.audit SET actor = '别人' WHERE number = 1"))
    code, out, err = command("audit", "verify", "--format", "json")
    told = orjson.loads(out)
    assert (code, told["whole"], told["fault"], told["position"], told["entry"]) == (1, False, "changed", 1, 1)
    assert "编号 1 的记录被改动" in err


def test_a_certificate_shows_that_the_end_was_cut_off(command: Command, trail: Engine, tmp_path: Path) -> None:
    file = tmp_path / "证明.json"
    assert command("export", "certificate", str(file))[0] == 0
    seal = read_certificate(file).seal
    assert seal is not None
    assert seal.entries > 0
    assert command("audit", "verify", "--certificate", str(file))[0] == 0
    with trail.begin() as connection:
        connection.execute(text("TRUNCATE microgrid.audit_sealed, microgrid.audit_seal, microgrid.audit_waiting"))
        connection.execute(text("DELETE FROM microgrid.audit WHERE action <> 'generation.publish'"))
        connection.execute(text("INSERT INTO microgrid.audit_waiting SELECT number FROM microgrid.audit"))
    with writing(trail) as session:
        sealing.seal(session)
    assert command("audit", "verify")[0] == 0
    code, _, err = command("audit", "verify", "--certificate", str(file))
    assert code == 1
    assert seal.digest in err


def test_a_certificate_without_a_seal_is_refused(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    command("export", "certificate", str(file))
    record = json.loads(file.read_text(encoding="utf-8"))
    del record["audit"]
    file.write_text(json.dumps(record), encoding="utf-8")
    code, _, err = command("audit", "verify", "--certificate", str(file))
    assert code == 2
    assert "封记" in err


def test_entries_are_exported_and_that_is_on_record(command: Command, trail: Engine, tmp_path: Path) -> None:
    _add(trail)
    lines = tmp_path / "日志.jsonl"
    code, out, _ = command("audit", "export", str(lines), "--action", "shop", "--as", "周平", "--format", "json")
    assert (code, orjson.loads(out)["entries"]) == (0, 1)
    (line,) = map(json.loads, lines.read_text(encoding="utf-8").splitlines())
    assert (line["actor"], line["detail"], line["at"]) == ("李强", {"行": 2}, NOON.isoformat())
    table = tmp_path / "日志.csv"
    assert command("audit", "export", str(table), "--since", "2026-01-01")[0] == 0
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:4] == ["编号", "时间", "操作人", "操作"]
    with reading(trail) as session:
        newest, before = journal.entries(session, limit=2)
    assert (newest.action, newest.subject, newest.detail) == ("export.restricted", "layer:audit", {"file": "日志.csv"})
    assert before.actor == "周平"
    assert command("audit", "export", str(tmp_path / "x.xlsx"))[0] == 2


def test_what_is_younger_than_the_setting_is_kept(
    command: Command, trail: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    _add(trail, now - timedelta(days=300), "shop:old")
    _add(trail, now - timedelta(days=10), "shop:new")
    with writing(trail) as session:
        sealing.seal(session)
    code, _, err = command("audit", "prune", "--days", "90")
    assert code == 2
    assert "180" in err
    code, out, _ = command("audit", "prune", "--as", "周平", "--format", "json")
    told = orjson.loads(out)
    assert (code, told["kept_days"]) == (0, 180)
    assert told["pruned"] >= 1
    _, out, _ = command("audit", "list", "--action", "shop", "--format", "json")
    assert [entry["subject"] for entry in orjson.loads(out)] == ["shop:new"]
    assert command("audit", "verify")[0] == 0
    monkeypatch.setenv("MICROGRID_AUDIT_KEEP_DAYS", "30")
    load_settings.cache_clear()
    assert command("audit", "prune")[0] == 2
