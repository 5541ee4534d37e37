"""``docs/contracts.md`` and the code say the same."""

import re
from dataclasses import fields
from pathlib import Path

from api.cli.assign import COLUMNS
from api.cli.main import DONE, EXIT_CODES
from boundaries.checks import CHECKS, run
from boundaries.exchange.repair_log import log_columns
from boundaries.exchange.writing import finding_columns
from boundaries.findings import KINDS
from boundaries.lookup.answer import Located
from boundaries.pay import ISSUES
from boundaries.repairing import RepairOrder, mend
from boundaries.repairing.log import RULES as REPAIR_WORDS
from boundaries.rules import Rules
from boundaries.services.auditing import report
from boundaries.services.file_lookup import ADDED
from boundaries.services.repairing import Outcome
from boundaries.services.repairing import report as repair_report
from tests.boundaries.boxes import PLAN, RULES, plan, square, with_grid

TEXT = (Path(__file__).parent.parent / "docs" / "contracts.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `?([^|`]+?)`? \|(.*)\|$", re.MULTILINE)


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(title: str, part: int = 0) -> dict[str, list[str]]:
    """First cell -> the others, of one table of a section."""
    tables = re.split(r"\n\n(?=[^|])", section(title))
    found = [ROW.findall(table) for table in tables if ROW.search(table)][part]
    return {first: [cell.strip() for cell in rest.split("|")] for first, rest in found[1:] if first.strip("- ")}


def test_kinds_of_findings() -> None:
    told = {code: tuple(cells[:3]) for code, cells in rows("Kinds of findings").items()}
    assert told == {code: (kind.severity, kind.name_zh, kind.name_en) for code, kind in KINDS.items()}
    assert list(told) == list(KINDS)
    assert all(len(cells[3]) > 20 for cells in rows("Kinds of findings").values())


def test_every_kind_comes_from_a_check() -> None:
    assert {kind for check in CHECKS for kind in check.kinds} == set(KINDS)


def test_thresholds_are_those_of_the_rules() -> None:
    meanings = {code: cells[3] for code, cells in rows("Kinds of findings").items()}
    rules = Rules()
    assert f"({rules.sliver_width_m} m unless" in meanings["sliver"]
    assert f"({rules.min_households} to {rules.max_households} unless" in meanings["outside_band"]
    assert f"({rules.mixed_shops} unless" in meanings["mixed_management"]
    assert f"({rules.min_volunteers} unless" in meanings["volunteers_missing"]
    assert f"(a share of {rules.rented_share} unless" in meanings["extra_hand_needed"]
    assert (
        f"more than {rules.cut_area_m2} m² and more than {rules.cut_share:.0%}".replace("1%", "1 %")
        in (meanings["building_cut"])
    )
    assert "2e-9 degree" in meanings["dust"]
    assert (rules.dust_width_degrees, rules.dust_area_m2) == (2e-9, 1e-6)


def test_report_of_a_check() -> None:
    broken = plan(grids=with_grid(0, polygon=square(0, 0, 90)))
    told = report(broken, run(broken, RULES))
    assert list(rows("Report of a check", 0)) == list(told)
    assert set(rows("Report of a check", 1)) == set(told["findings"][0])


def test_columns_of_findings() -> None:
    for column in finding_columns([], PLAN.crs).values:
        assert column in section("Report of a check")


def test_columns_of_locate() -> None:
    assert tuple(rows("Columns of `locate`")) == ADDED


def test_answer_of_a_look_up() -> None:
    assert list(rows("Answer of a look-up")) == [field.name for field in fields(Located)]


def test_columns_of_assign() -> None:
    assert tuple(rows("Columns of `assign`")) == COLUMNS


def test_what_keeps_pay_from_being_whole() -> None:
    assert set(rows("Pay of a quarter", 0)) == set(ISSUES)


def test_exit_codes() -> None:
    assert {int(code) for code in rows("Exit codes")} == {DONE, *EXIT_CODES.values()}


def test_report_of_a_repair() -> None:
    broken = plan(grids=with_grid(0, polygon=square(0, 0, 90)))
    mended = mend(broken, RepairOrder(), name_new=str)
    told = repair_report(Outcome(broken, mended))
    assert list(rows("Report of a repair", 0)) == list(told)
    assert list(rows("Report of a repair", 1)) == list(told["log"][0])
    rule = rows("Report of a repair", 1)["rule"][0]
    assert all(f"`{name}`" in rule for name in REPAIR_WORDS)


def test_columns_of_the_log_of_a_repair() -> None:
    for column in log_columns([], PLAN.crs).values:
        assert column in section("Report of a repair")
