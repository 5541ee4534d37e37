"""Words and numbers of cells as values."""

from datetime import date

import pytest

from boundaries.exchange import values
from boundaries.snapshot import DEFAULT_KINDS, DEFAULT_LEVELS, DEFAULT_ROLES


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("36", 36),
        ("36户", 36),
        ("1,204", 1204),
        ("12.0", 12),
        ("约30户", 30),
        ("三十", None),
        ("-3", None),
        ("3.5", None),
    ],
)
def test_counts(text, number):
    assert values.count(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3.5", 3),
        ("6层", 6),
        ("3;4", 3),
        ("多层", None),
    ],
)
def test_first_number(text, number):
    assert values.first_number(text) == number


@pytest.mark.parametrize(
    "text", ["2026-01-05", "2026/1/5", "2026.1.5", "2026年1月5日", "20260105", "2026-01-05 08:00:00"]
)
def test_days(text):
    assert values.day(text) == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["2026-13-01", "去年", "5/1"])
def test_no_days(text):
    assert values.day(text) is None


@pytest.mark.parametrize(
    ("text", "found"), [("是", True), ("有", True), ("TRUE", True), ("否", False), ("0", False), ("也许", None)]
)
def test_flags(text, found):
    assert values.flag(text) is found


@pytest.mark.parametrize("text", ["13800000000", "0514-83400000", "+86 138 0000 0000", "13800000000、13900000000"])
def test_phones(text):
    assert values.phone(text) == text


@pytest.mark.parametrize("text", ["见备注", "123", "1380000000O"])
def test_no_phones(text):
    assert values.phone(text) is None


@pytest.mark.parametrize(
    ("text", "found"), [("1-3单元", ("1", "2", "3")), ("1、2", ("1", "2")), ("甲单元", ("甲",)), ("", None)]
)
def test_units(text, found):
    assert values.units(text) == found


@pytest.mark.parametrize(
    ("text", "found"), [("1-10层", (1, 10)), ("11~18", (11, 18)), ("3F", (3, 3)), ("9-3", None), ("顶层", None)]
)
def test_floors(text, found):
    assert values.floor_range(text) == found


def test_words_of_lists_are_codes_names_and_what_people_say():
    levels = values.level_words(DEFAULT_LEVELS)
    assert {levels[word] for word in ("town", "镇街", "街道", "镇")} == {"town"}
    assert {levels[word] for word in ("社区", "村", "community")} == {"community"}
    kinds = values.kind_words(DEFAULT_KINDS)
    assert {kinds[word] for word in ("沿街商铺", "商铺", "street_front")} == {"street_front"}
    roles = values.role_words(DEFAULT_ROLES)
    assert {roles[word] for word in ("联络员", "微网格员", "liaison")} == {"liaison"}
    assert roles["网格长"] == "chief"


def test_words_of_a_level_that_an_office_does_not_have_are_unknown():
    assert "村" not in values.level_words(DEFAULT_LEVELS[:2])
    assert values.word("村", values.level_words(DEFAULT_LEVELS[:2])) is None
