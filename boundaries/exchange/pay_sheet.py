"""The pay of a quarter as a workbook that finance can follow and work out again.

Formulas stand on our own numbers only. Whatever came from outside (names, codes) is
written as text, whatever it looks like.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from boundaries.exchange.placing import write_whole
from boundaries.pay import ISSUES, Line, Pay
from boundaries.quarters import Days

# Chinese, English; the sheets stand in this order.
_SHEETS = {
    "sums": ("汇总", "Sums"),
    "lines": ("明细", "Lines"),
    "issues": ("问题", "Findings"),
    "notes": ("说明", "Notes"),
}
_SUMS = (
    ("人员号", "person"),
    ("姓名", "name"),
    ("应发(元)", "paid"),
    ("系统核算(元)", "worked out"),
    ("精确值(分数)", "exact"),
    ("舍入差(元)", "rounding"),
)
_LINES = (
    ("人员号", "person"),
    ("姓名", "name"),
    ("网格编码", "code"),
    ("网格名称", "grid"),
    ("起", "from"),
    ("止", "until"),
    ("天数", "days"),
    ("季度天数", "days of quarter"),
    ("户数", "households"),
    ("商铺数", "shops"),
    ("每铺折合户数", "factor"),
    ("折合户数合计", "units"),
    ("年标准(元)", "yearly rate"),
    ("共同负责人数", "sharers"),
    ("应计(元)", "amount"),
)
_ISSUES = (
    ("网格编码", "code"),
    ("问题", "finding"),
    ("起", "from"),
    ("止", "until"),
    ("天数", "days"),
    ("数量", "count"),
)
_MONEY, _DAY = "0.00", "yyyy-mm-dd"


@dataclass(frozen=True, slots=True)
class _Formula:
    """A formula of ours."""

    text: str
    number_format: str = "General"


def write_pay_sheet(
    path: Path, pay: Pay, *, generations: Sequence[tuple[int, Days]], names: Mapping[str, str], is_zh: bool
) -> None:
    """Write a workbook with the sums, the lines that they come from, and what is not whole.

    Parameters
    ----------
    path : Path
        An ``.xlsx``; one that is there is replaced.
    pay : Pay
    generations : sequence of (int, Days)
        Which generation was in force on which days.
    names : mapping of str to str
        Code of a target -> its name.
    is_zh : bool
        Whether it is in Chinese.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    book = openpyxl.Workbook()
    word = 0 if is_zh else 1
    sheets = [book.worksheets[0], *(book.create_sheet() for _ in range(3))]
    for sheet, title in zip(sheets, _SHEETS.values(), strict=True):
        sheet.title = title[word]
    lines = _SHEETS["lines"][word]
    _fill(sheets[0], [head[word] for head in _SUMS], _sums(pay, lines, word))
    _fill(
        sheets[1],
        [head[word] for head in _LINES],
        [_line(line, pay, names, at) for at, line in enumerate(pay.lines, 2)],
    )
    _fill(sheets[2], [head[word] for head in _ISSUES], _issues(pay, word))
    _fill(sheets[3], [], _notes(pay, generations, is_zh=is_zh))
    write_whole(path, book.save)


def _sums(pay: Pay, lines: str, word: int) -> list[list[object]]:
    last = max(len(pay.lines) + 1, 2)
    rows: list[list[object]] = []
    for at, one in enumerate(pay.sums, 2):
        formula = f"=ROUND(SUMIFS('{lines}'!$O$2:$O${last},'{lines}'!$A$2:$A${last},A{at}),2)"
        exact = f"{one.exact.numerator}/{one.exact.denominator}"
        difference = round(float(one.difference), 6)
        rows.append([one.person, one.name, _Formula(formula, _MONEY), one.rounded, exact, difference])
    if rows:
        total = [_Formula(f"=SUM({column}2:{column}{len(rows) + 1})", _MONEY) for column in "CD"]
        rows.append([None, ("合计", "total")[word], *total])
    return rows


def _line(line: Line, pay: Pay, names: Mapping[str, str], at: int) -> list[object]:
    return [
        line.person,
        line.name,
        line.target,
        names.get(line.target, ""),
        line.during.start,
        _last_day(line.during),
        _Formula(f"=F{at}-E{at}+1", "0"),
        len(pay.quarter.days),
        line.households,
        line.shops,
        line.factor,
        _Formula(f"=I{at}+J{at}*N(K{at})"),
        line.yearly,
        line.sharers,
        _Formula(f"=L{at}*M{at}/4*G{at}/H{at}/N{at}", "0.0000"),
    ]


def _issues(pay: Pay, word: int) -> list[list[object]]:
    return [
        [
            one.target,
            ISSUES[one.kind][word],
            one.during.start,
            _last_day(one.during),
            len(one.during),
            one.count or None,
        ]
        for one in pay.issues
    ]


def _notes(pay: Pay, generations: Sequence[tuple[int, Days]], *, is_zh: bool) -> list[list[object]]:
    rows: list[list[object]] = [["季度" if is_zh else "quarter", str(pay.quarter)]]
    for number, days in generations:
        name = f"区划第 {number} 版" if is_zh else f"generation {number}"
        rows.append([name, f"{days.start} – {_last_day(days)}"])
    rule = (
        "应计 = (户数 + 商铺数 × 每铺折合户数) × 年标准 ÷ 4 × 天数 ÷ 季度天数 ÷ 共同负责人数"
        if is_zh
        else "amount = (households + shops x factor) x yearly rate / 4 x days / days of the quarter / sharers"
    )
    rounding = (
        "每人应发 = 各行应计之和,四舍五入到分;精确值是分数,舍入差 = 应发 − 精确值"
        if is_zh
        else "paid = the amounts of a person summed, rounded half up to cents; rounding = paid - exact"
    )
    return [*rows, ["算法" if is_zh else "rule", rule], ["舍入" if is_zh else "rounding", rounding]]


def _last_day(days: Days) -> date:
    return days.end - timedelta(days=1)


def _fill(sheet: Any, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Heads and rows; columns as wide as what stands in them."""
    widths: dict[int, int] = {}
    everything: list[Sequence[object]] = [heads, *rows] if heads else list(rows)
    for row, values in enumerate(everything, 1):
        for column, value in enumerate(values, 1):
            if value is None:
                continue
            cell = sheet.cell(row=row, column=column)
            _put(cell, value)
            if heads and row == 1:
                cell.font = Font(bold=True)
            text = "" if isinstance(value, _Formula) else str(value)
            wide = sum(1 if letter.isascii() else 2 for letter in text)
            widths[column] = max(widths.get(column, 8), min(wide + 2, 60))
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = width
    if heads:
        sheet.freeze_panes = "A2"


def _put(cell: Any, value: object) -> None:
    if isinstance(value, _Formula):
        cell.value, cell.number_format = value.text, value.number_format
    elif isinstance(value, date):
        cell.value, cell.number_format = value, _DAY
    elif isinstance(value, int | float | Decimal):
        cell.value = value
    else:
        cell.value, cell.data_type, cell.number_format = str(value), "s", "@"
