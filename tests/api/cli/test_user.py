"""Accounts from the command line."""

import io
from collections.abc import Callable, Iterator

import orjson
import pytest
from sqlalchemy import Engine

from api.cli.main import run
from api.settings import load_settings
from boundaries.services.journal import entries
from boundaries.services.passwords import matches
from boundaries.services.signing_in import credentials
from boundaries.store.engine import reading

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Runs the command line on this test's database, with a line on standard input: exit code, stdout, stderr."""
    monkeypatch.setenv("MICROGRID_DATABASE_URL", database_url)
    monkeypatch.setenv("MICROGRID_OIDC_ISSUER", "https://sso.office")
    load_settings.cache_clear()

    def call(*arguments: str, line: str = "Yangtze-2026") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))
        code = run(("user", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    yield call
    load_settings.cache_clear()


def _listed(command: Command) -> dict[str, dict[str, object]]:
    return {one["name"]: one for one in orjson.loads(command("list", "--format", "json")[1])}


def test_the_first_administrator_and_the_life_of_an_account(command: Command, database: Engine) -> None:
    code, out, err = command("add", "Zhang", "--display", "张", "--role", "system_admin", "--as", "root")
    assert (code, out) == (0, "")
    assert "Yangtze" not in err
    with reading(database) as session:
        assert matches("Yangtze-2026", credentials(session, "zhang").password_hash)
    assert _listed(command)["zhang"]["state"] == "new password due"
    assert _listed(command)["zhang"]["roles"] == ["system_admin"]

    assert command("role", "zhang", "--role", "reviewer", "--role", "viewer/civil")[0] == 0
    assert _listed(command)["zhang"]["roles"] == ["reviewer", "viewer/civil"]
    assert command("disable", "zhang")[0] == 0
    assert _listed(command)["zhang"]["state"] == "closed"
    assert command("enable", "zhang")[0] == 0
    assert command("unlock", "zhang")[0] == 0
    assert command("password", "zhang", line="Hongqi-2027")[0] == 0
    with reading(database) as session:
        assert matches("Hongqi-2027", credentials(session, "zhang").password_hash)
        told = entries(session)
    assert [entry.actor for entry in told if entry.action == "account.create"] == ["root"]
    out = command("list")[1]
    assert out.split()[:4] == ["账号", "姓名", "角色", "状态"]
    assert "待改密码" in out


def test_an_identity_elsewhere_needs_no_password(command: Command) -> None:
    assert command("add", "li", "--subject", "u-1", line="")[0] == 0
    assert _listed(command)["li"]["state"] == "open"
    assert command("link", "li")[0] == 0
    assert _listed(command)["li"]["state"] == "no way in"
    assert command("link", "li", "u-2")[0] == 0


def test_who_is_missing_for_the_steps_of_a_draft_is_named(command: Command) -> None:
    code, _, err = command("check")
    assert code == 1
    assert "审核员" in err
    assert "user add" in err
    assert orjson.loads(command("check", "--format", "json")[1])["missing_roles"] == [
        "planner",
        "reviewer",
        "publisher",
    ]


@pytest.mark.parametrize(
    ("arguments", "line", "code"),
    [
        (("add", "a b"), "Yangtze-2026", 2),
        (("add", "li"), "short", 2),
        (("add", "li"), "", 2),
        (("add", "li", "--role", "king"), "Yangtze-2026", 2),
        (("add", "li", "--role", "planner"), "Yangtze-2026", 2),
        (("add", "li", "--role", "planner@没有"), "Yangtze-2026", 4),
        (("add", "li", "--role", "auditor", "--role", "system_admin"), "Yangtze-2026", 3),
        (("role", "nobody", "--role", "viewer"), "", 4),
        (("disable", "nobody"), "", 4),
    ],
)
def test_what_makes_no_sense_leaves_nothing(command: Command, arguments: tuple[str, ...], line: str, code: int) -> None:
    found, out, err = command(*arguments, line=line)
    assert (found, out) == (code, "")
    assert err.strip()
    assert _listed(command) == {}
