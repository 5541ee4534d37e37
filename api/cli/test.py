"""``test``: every check that a change has to pass, in order of how soon it answers."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import note

_ROOT = Path(__file__).resolve().parents[2]
# Modules, not their scripts: the first line of a script cannot name a path with a space.
_CHECKS = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format --check": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "lint-imports": ("-c", "from importlinter.cli import lint_imports_command as run; run()"),
}
_COVERED = ("geo", "boundaries", "maps")
_MIN_COVERAGE_PERCENT = 90

Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PYTEST_ARGUMENT]...", help="只运行这些测试 / run only the tests that these arguments of pytest name"
    ),
]

Cover = Annotated[
    bool, typer.Option("--cover", help="同时要求覆盖率,耗时加倍 / ask for coverage too; takes twice as long")
]


def test(
    arguments: Arguments = None,  # noqa: PT028 - a verb, not a test
    *,
    cover: Cover = False,  # noqa: PT028 - as above
) -> None:
    """Run lint, format, types, import contracts and the tests; the first failure ends it.

    With arguments, only the tests that they name run.
    """
    suite = _whole_suite(with_coverage=cover)
    checks = {"pytest": ("-m", "pytest", *arguments)} if arguments else {**_CHECKS, "pytest": suite}
    for name, command in checks.items():
        note(f"== {name}")
        code = subprocess.run([sys.executable, "-X", "utf8", *command], cwd=_ROOT, check=False).returncode  # noqa: S603 - our own tools and the caller's own arguments
        if code != 0:
            raise typer.Exit(code)


def _whole_suite(*, with_coverage: bool) -> tuple[str, ...]:
    suite = ("-m", "pytest", "-n", "2")
    if not with_coverage:
        return suite
    covered = [f"--cov={package}" for package in _COVERED]
    threshold = f"--cov-fail-under={_MIN_COVERAGE_PERCENT}"
    return (*suite, *covered, "--cov-report=term:skip-covered", threshold)
