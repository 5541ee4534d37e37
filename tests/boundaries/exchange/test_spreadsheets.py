"""CSV and XLSX files as sheets of text."""

import openpyxl
import pytest

from boundaries.errors import BadInput
from boundaries.exchange.spreadsheets import read_csv, read_xlsx
from boundaries.exchange.tables import table_of


@pytest.fixture
def book(tmp_path):
    def make(*rows, merged=(), sheets=("表一",), name="表.xlsx"):
        workbook = openpyxl.Workbook()
        for index, title in enumerate(sheets):
            sheet = workbook.worksheets[0] if index == 0 else workbook.create_sheet()
            sheet.title = title
            for row in rows:
                sheet.append(row)
            for area in merged:
                sheet.merge_cells(area)
        path = tmp_path / name
        workbook.save(path)
        return path

    return make


def test_merged_cells_stand_in_every_cell_they_cover(book):
    path = book(
        ("楼栋表", None, None), ("小区名称", "楼栋", None), (None, "幢", "户数"),
        ("锦绣花园", "1幢", 30), (None, "2幢", 24),
        merged=("A1:C1", "A2:A3", "B2:C2", "A4:A5"),
    )  # fmt: skip
    table = table_of(read_xlsx(path, sheet=None)[0])
    assert table.columns == ("小区名称", "幢", "户数")
    assert table.values("小区名称") == ["锦绣花园", "锦绣花园"]
    assert table.numeric["户数"].tolist() == [True, True]
    assert "幢" not in table.numeric


def test_the_first_sheet_is_read_and_the_others_are_told(book):
    path = book(("编码", "名称"), ("1", "甲"), sheets=("真州", "新城"))
    sheet, notes = read_xlsx(path, sheet=None)
    assert sheet.file == "表.xlsx[真州]"
    assert "未读:新城" in notes[0].zh
    assert read_xlsx(path, sheet="新城")[0].file == "表.xlsx[新城]"


def test_a_sheet_that_does_not_exist_is_refused(book):
    with pytest.raises(BadInput, match="it has 表一"):
        read_xlsx(book(("编码",), ("1",)), sheet="表九")


def test_an_empty_book_is_refused(book):
    with pytest.raises(BadInput, match="empty"):
        read_xlsx(book(), sheet=None)


def test_a_file_that_only_says_it_is_xlsx_is_refused(tmp_path):
    path = tmp_path / "表.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0 an old workbook")
    with pytest.raises(BadInput) as refusal:
        read_xlsx(path, sheet=None)
    assert "另存为 .xlsx" in refusal.value.zh


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_in_gbk_with_any_separator(tmp_path, separator):
    path = tmp_path / "楼栋.csv"
    rows = [("小区名称", "幢", "户数"), ("锦绣花园", "1幢", "036")]
    path.write_bytes("\r\n".join(separator.join(row) for row in rows).encode("gbk"))
    sheet, notes = read_csv(path, encoding=None)
    assert [list(row) for row in sheet.cells] == [list(row) for row in rows]
    assert "gb18030" in notes[0].zh
    assert read_csv(path, encoding="gbk")[1] == ()
