"""The page about HTTP and the code say the same."""

from pathlib import Path

from api.auth import SCOPES
from api.problems import all_kinds

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "http.md").read_text("utf-8")


def test_every_kind_of_problem_stands_in_the_page_with_its_status() -> None:
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| `/problems/")]
    told = {(cells[1].strip().strip("`"), int(cells[2])) for cells in rows}
    assert told == {(kind.type, kind.status) for kind in all_kinds()}


def test_every_scope_stands_in_the_page() -> None:
    for scope in SCOPES:
        assert f"| `{scope}` |" in PAGE
