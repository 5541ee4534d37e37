"""The workbook of a quarter's pay: what its formulas give is what was worked out."""

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest

from boundaries.exchange.pay_sheet import write_pay_sheet
from boundaries.pay import compute
from boundaries.pay_facts import Counted, Factor, Held, Rate, Term
from boundaries.quarters import Days, Quarter

QUARTER = Quarter(2026, 1)
ALWAYS = Days(date(2000, 1, 1), date.max)
AREAS = (("C1", "community", "锦绣社区"),)
EVIL = '=HYPERLINK("http://x","x")'


@pytest.fixture
def pay():
    first, then = Days(date(2026, 1, 1), date(2026, 2, 11)), Days(date(2026, 2, 11), date(2027, 1, 1))
    return compute(
        QUARTER,
        held=[Held("G1", "commercial", AREAS, ALWAYS), Held(EVIL, "market", AREAS, ALWAYS)],
        counted=[Counted("G1", ALWAYS, 67), Counted("G1", then, shops=3), Counted(EVIL, ALWAYS, shops=2)],
        terms=[Term(1, "李安", "G1", first), Term(2, EVIL, "G1", then), Term(1, "李安", EVIL, ALWAYS)],
        rates=[Rate(Decimal("40.00"), ALWAYS, level="community")],
        factors=[Factor("commercial", Decimal("1.5000"), ALWAYS)],
    )


@pytest.fixture
def book(pay, tmp_path):
    path = tmp_path / "pay.xlsx"
    write_pay_sheet(path, pay, generations=[(3, QUARTER.days)], names={"G1": "第一网格"}, is_zh=True)
    return openpyxl.load_workbook(path)


def rows(sheet):
    heads = [cell.value for cell in sheet[1]]
    return [dict(zip(heads, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=2)]


def worked_out(row):
    """What a line's formulas give."""
    days = (row["止"] - row["起"]).days + 1
    units = row["户数"] + row["商铺数"] * Fraction(str(row["每铺折合户数"] or 0))
    yearly = Fraction(str(row["年标准(元)"]))
    return units * yearly / 4 * days / row["季度天数"] / row["共同负责人数"]


def test_a_line_gives_what_was_worked_out(book, pay):
    lines = rows(book["明细"])
    assert [worked_out(row) for row in lines] == [line.amount for line in pay.lines]
    assert [row["网格名称"] for row in lines] == [None, "第一网格", "第一网格"]
    assert (lines[0]["天数"], lines[0]["折合户数合计"]) == ("=F2-E2+1", "=I2+J2*N(K2)")
    assert lines[0]["应计(元)"] == "=L2*M2/4*G2/H2/N2"
    assert len(lines) == 3


def test_a_sum_is_that_of_its_lines_rounded_once(book, pay):
    lines = rows(book["明细"])
    *people, total = rows(book["汇总"])
    assert [row["人员号"] for row in people] == [one.person for one in pay.sums]
    for row, one in zip(people, pay.sums, strict=True):
        exact = sum(worked_out(line) for line in lines if line["人员号"] == row["人员号"])
        assert exact == one.exact == Fraction(row["精确值(分数)"])
        assert row["系统核算(元)"] == float(one.rounded)
        assert abs(row["舍入差(元)"] - float(one.difference)) < 1e-6
    assert people[0]["应发(元)"] == "=ROUND(SUMIFS('明细'!$O$2:$O$4,'明细'!$A$2:$A$4,A2),2)"
    assert total["应发(元)"] == "=SUM(C2:C3)"


def test_only_numbers_of_our_own_have_formulas(book):
    formulas = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas
    assert all(re.fullmatch(r"=[A-Z0-9()'!$:,*/+\-明细SUMIFROND]+", cell.value) for cell in formulas)
    texts = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == EVIL]
    assert len(texts) == 4
    assert {cell.data_type for cell in texts} == {"s"}


def test_what_is_not_whole_and_how_it_was_done_stand_beside(book):
    (issue,) = rows(book["问题"])
    assert (issue["网格编码"], issue["数量"], issue["天数"]) == (EVIL, 2, 90)
    assert [row[0].value for row in book["说明"].iter_rows()] == ["季度", "区划第 3 版", "算法", "舍入"]


def test_nothing_to_pay_is_a_workbook_too(tmp_path):
    empty = compute(QUARTER, held=[], counted=[], terms=[], rates=[], factors=[])
    write_pay_sheet(tmp_path / "pay.xlsx", empty, generations=[], names={}, is_zh=False)
    book = openpyxl.load_workbook(tmp_path / "pay.xlsx")
    assert book.sheetnames == ["Sums", "Lines", "Findings", "Notes"]
    assert rows(book["Sums"]) == []
