"""The register as a workbook."""

import json
from pathlib import Path

import openpyxl
import pytest

from boundaries.errors import BadInput
from boundaries.exchange.placing import write_whole
from boundaries.exchange.register_sheet import FIELDS, built_in, read_template, register_writer
from boundaries.register_of_changes import RegisterRow

ROWS = (
    RegisterRow(
        "001234567890123456", "第一网格", "住宅", "C1", "锦绣社区", 60, "锦绣花园1-3幢", 3, 0, 10000.5,
        "联络员 李安", "东至大庆路，南至护城河", "=新设",
    ),
    RegisterRow("002", "第二网格", "住宅", "C1", "锦绣社区", None, "", 0, 2, 9000.0, "", "", ""),
)  # fmt: skip


def cells(path: Path) -> list[list[object]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path).worksheets[0].iter_rows()]


def test_all_columns_are_built_in(tmp_path: Path) -> None:
    path = tmp_path / "登记表.xlsx"
    write_whole(path, register_writer(ROWS, title="微网格登记表"))
    title, head, first, second = cells(path)
    assert title[0] == "微网格登记表"
    assert head == [headers[0] for headers in FIELDS.values()]
    assert first[:3] == [1, "001234567890123456", "第一网格"]
    assert first[-1] == "=新设"
    assert openpyxl.load_workbook(path).worksheets[0].cell(3, len(FIELDS)).data_type == "s"
    assert second[6] is None
    assert [column.header for column in built_in("en").columns][:2] == ["No.", "code"]


def test_a_workbook_of_the_office_is_filled_in(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["仪征市网格调整登记表"])
    sheet.append(["填报单位:"])
    sheet.append(["序号", "网格编码", "四 至", "户数", "审核意见"])
    book.save(tmp_path / "模板.xlsx")
    form = read_template(tmp_path / "模板.xlsx")
    assert [column.field for column in form.columns] == ["number", "code", "bounds", "households", None]
    write_whole(tmp_path / "out.xlsx", register_writer(ROWS, title="", template=form))
    found = cells(tmp_path / "out.xlsx")
    assert found[0][0] == "仪征市网格调整登记表"
    assert found[3] == [1, "001234567890123456", "东至大庆路，南至护城河", 60, None]
    assert found[4] == [2, "002", None, None, None]


def test_columns_may_be_named_in_json(tmp_path: Path) -> None:
    path = tmp_path / "columns.json"
    path.write_text(json.dumps(["name", {"header": "四至范围", "field": "bounds"}, {"header": "签字"}]), "utf-8")
    form = read_template(path)
    assert [(column.header, column.field) for column in form.columns] == [
        ("网格名称", "name"), ("四至范围", "bounds"), ("签字", None),
    ]  # fmt: skip


@pytest.mark.parametrize("content", ['["nothing"]', "[]", "{}", "no json", "[{}]"])
def test_a_template_that_names_nothing_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "columns.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=r"columns\.json"):
        read_template(path)
    with pytest.raises(BadInput, match="no template"):
        read_template(tmp_path / "columns.docx")
