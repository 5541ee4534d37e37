"""Keys and the public tier from the command line."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import Engine

from api.cli.context import close_engines
from api.cli.key import first_key, offer_first_key
from api.cli.main import run
from api.settings import load_settings
from boundaries.services.journal import entries
from boundaries.services.keys import verify_key
from boundaries.services.switches import public_tier
from boundaries.store.engine import reading

KEY = re.compile(r"mg_\d+_[a-z2-7]{52}")
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Runs the command line on this test's database: exit code, stdout, stderr."""
    monkeypatch.setenv("MICROGRID_DATABASE_URL", database_url)
    load_settings.cache_clear()

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    yield call
    load_settings.cache_clear()


def test_the_first_key_is_made_once_and_shown_once(command: Command, database: Engine) -> None:
    code, shown, warned = command("key", "first", "--as", "管理员")
    assert code == 0
    assert KEY.fullmatch(shown.strip())
    assert "只显示这一次" in warned
    assert shown.strip() not in warned
    with reading(database) as session:
        key = verify_key(session, shown.strip(), datetime.now(UTC))
        assert key is not None
        assert (key.scopes, key.tier, key.created_by) == (("admin",), "restricted", "管理员")
    code, out, err = command("key", "first")
    assert (code, out) == (3, "")
    assert "key create" in err
    assert first_key(database, actor="x", now=datetime.now(UTC)) is None


def test_at_set_up_a_person_is_shown_the_first_key_and_a_program_is_told_how(
    command: Command, database: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    offer_first_key()
    assert "microgrid key first" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    offer_first_key()
    shown = KEY.search(capsys.readouterr().err)
    assert shown is not None
    with reading(database) as session:
        assert verify_key(session, shown[0], datetime.now(UTC)) is not None
    offer_first_key()
    assert capsys.readouterr().err == ""
    close_engines()


def test_the_life_of_a_key(command: Command, database: Engine) -> None:
    code, out, _ = command(
        "key", "create", "平台", "--scope", "locate", "--tier", "internal", "--days", "30", "--format", "json"
    )
    assert code == 0
    made = orjson.loads(out)
    assert made["name"] == "平台"
    assert KEY.fullmatch(made["key"])

    code, out, _ = command("key", "list", "--format", "json")
    (listed,) = orjson.loads(out)
    assert (listed["name"], listed["scopes"], listed["tier"], listed["is_good"]) == (
        "平台",
        ["locate"],
        "internal",
        True,
    )
    assert made["key"] not in out
    assert "secret" not in listed

    assert command("key", "revoke", str(made["id"]), "--as", "审计员")[0] == 0
    with reading(database) as session:
        assert verify_key(session, made["key"], datetime.now(UTC)) is None
        actions = [(entry.action, entry.actor) for entry in entries(session)]
    assert actions[0] == ("key.revoke", "审计员")
    assert actions[1][0] == "key.create"
    _, out, _ = command("key", "list")
    assert out.splitlines()[0].split()[:3] == ["编号", "名称", "权限"]


def test_a_key_is_replaced_while_the_old_one_goes_on(command: Command, database: Engine) -> None:
    old = orjson.loads(
        command("key", "create", "平台", "--scope", "drafts:write", "--days", "30", "--format", "json")[1]
    )
    code, out, _ = command("key", "rotate", str(old["id"]), "--grace", "2", "--format", "json")
    assert code == 0
    new = orjson.loads(out)
    assert (new["name"], new["id"] != old["id"]) == ("平台", True)
    now = datetime.now(UTC)
    with reading(database) as session:
        assert verify_key(session, old["key"], now) is not None
        assert verify_key(session, old["key"], now + timedelta(days=2)) is None
        successor = verify_key(session, new["key"], now + timedelta(days=29))
        assert successor is not None
        assert successor.scopes == ("drafts:write",)
        assert entries(session)[0].action == "key.rotate"
    assert command("key", "rotate", str(new["id"]), "--grace", "0")[0] == 0
    assert command("key", "rotate", str(new["id"]))[0] == 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", "平台", "--area", "没有"), 4),
        (("create", "平台", "--department", "army"), 2),
        (("rotate", "77"), 4),
        (("create", "平台", "--scope", "everything"), 2),
        (("create", "平台", "--tier", "secret"), 2),
        (("create", " "), 2),
        (("create", "平台", "--days", "0"), 2),
        (("create", "平台", "--as", ""), 2),
        (("revoke", "77"), 4),
        (("revoke", "x"), 2),
    ],
)
def test_what_makes_no_sense_is_refused(command: Command, arguments: tuple[str, ...], code: int) -> None:
    found, out, err = command("key", *arguments)
    assert (found, out) == (code, "")
    assert err.strip()


def test_the_switch_of_the_public_tier(command: Command, database: Engine) -> None:
    assert command("public", "status")[1].strip() == "公开查询:关"
    assert command("public", "on", "--as", "管理员")[0] == 0
    with reading(database) as session:
        assert public_tier(session) is True
        assert entries(session)[0].actor == "管理员"
    assert orjson.loads(command("public", "status", "--format", "json")[1]) == {"public_tier": True}
    assert command("public", "off")[0] == 0
    with reading(database) as session:
        assert public_tier(session) is False


def test_a_database_without_tables_is_told_with_the_way_out(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MICROGRID_DATABASE_URL", empty_database_url)
    load_settings.cache_clear()
    try:
        assert run(["key", "list"]) == 5
    finally:
        load_settings.cache_clear()
    assert "db upgrade" in capsys.readouterr().err
