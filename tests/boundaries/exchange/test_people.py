"""People in charge, a row each or in columns beside their grid."""

from datetime import date

import pytest

from boundaries.errors import BadInput, RefusedRows
from boundaries.exchange.people import parse_people
from tests.boundaries.drawn import table


def test_a_row_each():
    drawn = table(
        {
            "姓名": ["李安", "王平"],
            "职务": ["联络员", "机关志愿者"],
            "网格编码": ["001", "001"],
            "手机号": ["13800000000", None],
            "电话公开": ["是", None],
            "身份": ["楼栋长", "无"],
            "任职日期": ["2026年1月5日", None],
        }
    )
    first, second = parse_people(drawn).values
    assert (first.name, first.role, first.target, first.phone) == ("李安", "liaison", "001", "13800000000")
    assert (first.phone_published, first.standing, first.since) == (True, "楼栋长", date(2026, 1, 5))
    assert (second.role, second.phone, second.phone_published, second.standing) == ("volunteer", None, False, None)


def test_columns_of_a_table_of_grids():
    drawn = table(
        {
            "网格编码": ["001", "002"],
            "网格名称": ["第一", "第二"],
            "联络员": ["李安、王平", None],
            "联系电话": ["13800000001、13800000002", None],
            "网格长": ["赵宁", "赵宁"],
            "网格长手机号": ["13900000000", "13900000000"],
        }
    )
    found = parse_people(drawn)
    assert [(p.name, p.role, p.target, p.phone) for p in found.values] == [
        ("李安", "liaison", "001", "13800000001"),
        ("王平", "liaison", "001", "13800000002"),
        ("赵宁", "chief", "001", "13900000000"),
        ("赵宁", "chief", "002", "13900000000"),
    ]
    assert found.rows == (2, 2, 2, 3)


def test_everybody_is_a_liaison_where_nobody_says_otherwise():
    drawn = table({"姓名": ["李安"], "网格编码": ["001"]})
    assert parse_people(drawn).values[0].role == "liaison"


def test_bad_phones_roles_days_and_blanks_are_refused():
    drawn = table(
        {
            "姓名": ["李安", None],
            "职务": ["国王", None],
            "网格编码": ["001", None],
            "手机号": ["见备注", None],
            "任职日期": ["去年", None],
        }
    )
    with pytest.raises(RefusedRows) as refusal:
        parse_people(drawn)
    assert [(row.row, row.column) for row in refusal.value.rows] == [
        (2, "手机号"), (2, "职务"), (2, "任职日期"), (3, "姓名"),
    ]  # fmt: skip
    assert "联络员" in refusal.value.rows[1].zh


def test_file_mode_keeps_roles_it_does_not_know():
    drawn = table({"姓名": ["李安"], "职务": ["河长"], "网格编码": ["001"]})
    assert parse_people(drawn, is_strict=False).values[0].role == "河长"


@pytest.mark.parametrize("columns", [{"姓名": ["李安"]}, {"网格编码": ["001"], "备注": ["x"]}])
def test_a_table_that_does_not_say_who_or_of_what_is_refused(columns):
    with pytest.raises(BadInput, match="--column"):
        parse_people(table(columns))


def test_numbers_of_identity_cards_are_refused_by_row_and_not_told():
    drawn = table(
        {
            "姓名": ["李安321081196803074512", "王平", "赵宁"],
            "网格编码": ["001", "002", "003"],
            "手机号": [None, "32108119680307451X", None],
            "身份": [None, None, "党员 321081 19680307 4512"],
        }
    )
    with pytest.raises(RefusedRows) as refusal:
        parse_people(drawn)
    assert [(row.row, row.column, row.value) for row in refusal.value.rows] == [
        (2, "姓名", ""),
        (3, "手机号", ""),
        (4, "身份", ""),
    ]
    assert all("身份证" in row.zh for row in refusal.value.rows)
    assert "19680307" not in refusal.value.zh + refusal.value.en
