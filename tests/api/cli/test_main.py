"""The command line finds its verb, and every refusal becomes a message and an exit code."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from api.cli import main
from api.cli.main import EXIT_CODES, SUMMARIES, VERBS, exit_code, run
from boundaries.errors import BadInput, Blocked, Conflict, Forbidden, NotFound, RefusedRows, Unavailable
from geo.errors import CrsProblem, Problem


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Blocked("甲", "a"), 1),
        (BadInput("甲", "a"), 2),
        (RefusedRows([]), 2),
        (CrsProblem("甲", "a"), 2),
        (Problem("甲", "a"), 2),
        (Forbidden("甲", "a"), 2),
        (Conflict("甲", "a"), 3),
        (NotFound("甲", "a"), 4),
        (Unavailable("甲", "a"), 5),
        (FileNotFoundError(2, "No such file", "a.gpkg"), 2),
        (OSError(28, "No space left on device"), 70),
        (ValueError("x"), 70),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
    ],
)
def test_exit_codes(error: BaseException, code: int) -> None:
    assert exit_code(error) == code
    assert code in {*EXIT_CODES.values()}


def test_every_verb_has_a_line_of_help_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(VERBS) == list(SUMMARIES)
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    for verb, summary in SUMMARIES.items():
        assert f"  {verb}" in text
        assert summary.zh in text
        assert summary.en in text


def test_no_verb_is_a_usage_error_that_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "microgrid VERB" in capsys.readouterr().out


def test_a_mistyped_verb_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["chek"]) == 2
    message = capsys.readouterr().err
    assert "chek" in message
    assert "check" in message


@pytest.mark.parametrize(
    "arguments", [["key", "create"], ["key", "nothing"], ["serve", "--port", "x"], ["serve", "--no"]]
)
def test_usage_errors_name_the_help_page(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "--help" in capsys.readouterr().err


def _raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail() -> None:
        raise error

    module = type(sys)("verb_that_fails")
    module.fail = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "verb_that_fails", module)
    monkeypatch.setitem(main.VERBS, "check", "verb_that_fails:fail")


def test_a_refusal_is_told_in_the_language_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, NotFound("没有区域 1。", "No area 1."))
    monkeypatch.setattr("api.cli.context.language", lambda: "en")
    assert run(["check"]) == 4
    assert capsys.readouterr().err == "No area 1.\n"
    monkeypatch.setattr("api.cli.context.language", lambda: "zh")
    assert run(["check"]) == 4
    assert capsys.readouterr().err == "没有区域 1。\n"


def test_an_internal_error_logs_where_but_not_what(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, ValueError("phone 13800000000"))
    assert run(["check"]) == 70
    text = capsys.readouterr().err
    assert "13800000000" not in text
    assert "test_main.py" in text
    assert "ValueError" in text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file or directory", "图.pdf"), "“图.pdf”:没有这个文件或文件夹。"),
        (PermissionError(13, "Permission denied", "图.pdf"), "“图.pdf”:没有权限。"),
        (OSError(28, "No space left on device", "图.pdf"), "“图.pdf”:磁盘已满。"),
        (OSError(5, "Input/output error", "图.pdf"), "“图.pdf”:Input/output error。"),
    ],
)
def test_what_the_system_refuses_is_told_in_chinese(
    error: OSError, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, error)
    assert run(["check"]) == 2
    assert said in capsys.readouterr().err


def test_a_verb_may_name_its_own_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    _raising(monkeypatch, typer.Exit(1))
    assert run(["check"]) == 1


def test_interruption(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _raising(monkeypatch, KeyboardInterrupt())
    assert run(["check"]) == 130
    assert capsys.readouterr().err


def _program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    root = Path(__file__).resolve().parents[3]
    return subprocess.run(
        [sys.executable, "-m", "api.cli.main", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_the_program_writes_utf8_without_any_locale() -> None:
    done = _program("--help", LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 0
    assert "检查" in done.stdout.decode("utf-8")


def test_help_imports_nothing_of_the_plan() -> None:
    code = (
        "import sys; from api.cli.main import run; run(['--help']);"
        "print([m for m in ('shapely', 'sqlalchemy', 'fastapi', 'geopandas', 'rich', 'pydantic') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_stops_early_is_no_error() -> None:
    code = "import sys; from api.cli.main import main; sys.argv = ['microgrid', '--help']; main()"
    root = Path(__file__).resolve().parents[3]
    writer = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    complaint = writer.stderr.read()
    writer.stderr.close()
    assert (writer.wait(timeout=60), complaint) == (0, b"")
