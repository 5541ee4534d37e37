"""Records in a sheet full of titles, merged cells and totals."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from boundaries.errors import BadInput
from boundaries.exchange.tables import Sheet, as_text, table_of


def sheet(*rows):
    return Sheet("表.xlsx", [list(row) for row in rows])


def test_titles_explanations_totals_and_notes_are_skipped_and_told():
    table = table_of(
        sheet(
            ("青禾镇楼栋表", "青禾镇楼栋表", "青禾镇楼栋表"),
            (None, None, None),
            ("小区名称", "幢", "户数"),
            ("填小区全称", "如:3幢", "填整数"),
            ("锦绣花园", "1幢", "36"),
            ("真州", "真州", "真州"),
            ("锦绣花园", "2幢", "24"),
            ("合 计", None, "60"),
            ("填表人:李安", None, None),
        )
    )
    assert table.columns == ("小区名称", "幢", "户数")
    assert table.rows.to_numpy().tolist() == [["锦绣花园", "1幢", "36"], ["锦绣花园", "2幢", "24"]]
    assert table.row_numbers.tolist() == [5, 7]
    assert [note.en.removeprefix("表.xlsx: ") for note in table.notes] == [
        "skipped 2 title rows",
        "skipped row 4 (explains headers)",
        "skipped row 6 (a section title)",
        "skipped row 8 (a total)",
        "skipped row 9 (a foot note)",
    ]


def test_words_above_a_column_of_numbers_explain_it():
    table = table_of(sheet(("CODE2", "H_CNT"), ("二級發布區代碼", "戶數"), ("A1", "40"), ("A2", "66")))
    assert table.values("H_CNT") == ["40", "66"]


def test_a_table_of_words_loses_no_row():
    table = table_of(sheet(("名称", "街道"), ("甲", "乙"), ("丙", "丁")))
    assert len(table) == 2


def test_a_shop_named_total_is_no_total():
    table = table_of(sheet(("编码", "店名"), ("1", "Total"), ("Total", None)))
    assert table.values("店名") == ["Total"]


def test_headers_that_stand_twice_are_told_apart():
    assert table_of(sheet(("编码", "电话", "电话"), ("1", "2", "3"))).columns == ("编码", "电话", "电话 2")


def test_headers_the_caller_expects_find_the_header_row():
    rows = sheet(("导出", "2026", None, None), ("GRIDNO", "PARK", None, None), ("7", "A", None, None))
    assert table_of(rows, headers=["gridno"]).values("GRIDNO") == ["7"]


@pytest.mark.parametrize("rows", [(), ((None, None),), (("编码", "名称"),), (("编码", "名称"), ("合计", "0"))])
def test_a_table_without_records_is_refused(rows):
    with pytest.raises(BadInput):
        table_of(sheet(*rows))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (float("nan"), None),
        ("  锦绣　", "锦绣"),
        ("", None),
        (3.0, "3"),
        (3.25, "3.25"),
        (np.int64(12), "12"),
        (True, "true"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, tzinfo=UTC).replace(tzinfo=None), "2026-01-31"),
        (datetime(2026, 1, 31, 8, 30, tzinfo=UTC).replace(tzinfo=None), "2026-01-31 08:30:00"),
        (321081001001.0, "321081001001"),
    ],
)
def test_cells_as_text(value, text):
    assert as_text(value) == text


def test_a_format_of_zeros_gives_leading_zeros_back():
    assert as_text(32, "00000") == "00032"
