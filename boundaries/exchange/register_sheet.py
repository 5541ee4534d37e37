"""The register of micro-grids (登记表) as a workbook: columns by a template, else those that are built in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from boundaries.errors import BadInput
from boundaries.exchange.placing import Write
from boundaries.exchange.spreadsheets import read_xlsx
from boundaries.register_of_changes import RegisterRow
from geo.errors import Language

# Field -> header, and other headers that a template may have for it.
FIELDS: dict[str, tuple[str, ...]] = {
    "number": ("序号", "编号", "No."),
    "code": ("网格编码", "微网格编码", "网格代码", "code"),
    "name": ("网格名称", "微网格名称", "名称", "name"),
    "kind": ("网格类型", "类别", "类型", "kind"),
    "area": ("所属社区", "社区", "所属区域", "area"),
    "area_code": ("社区编码", "区域编码", "area code"),
    "households": ("户数", "总户数", "households"),
    "buildings": ("楼栋", "楼栋范围", "管辖范围", "buildings"),
    "building_count": ("楼栋数", "building count"),
    "shops": ("商铺数", "商铺", "shops"),
    "area_m2": ("面积(m²)", "面积", "面积m2", "area m²"),
    "people": ("责任人", "负责人", "人员", "people in charge"),
    "bounds": ("四至", "四至范围", "bounds"),
    "remark": ("变更说明", "备注", "remark"),
}
_HEAD_ROWS = 15
_WIDE = frozenset({"buildings", "people", "bounds", "remark"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, and the field that fills it, None for one that people fill in by hand."""

    header: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """Which columns a register has, in order.

    Attributes
    ----------
    columns : tuple of Column
    book : Path or None
        A workbook whose head and styles are kept; rows go below ``head_row``.
    head_row : int
        Counted from 1.
    """

    columns: tuple[Column, ...]
    book: Path | None = None
    head_row: int = 2


def built_in(language: Language = "zh") -> Template:
    """All fields, in the order in which offices file them."""
    place = 0 if language == "zh" else -1
    return Template(tuple(Column(headers[place], field) for field, headers in FIELDS.items()))


def read_template(path: Path) -> Template:
    """Read a template: a workbook with a row of headers, or JSON that names columns.

    Parameters
    ----------
    path : Path
        ``.xlsx``, whose first row with at least three known headers is the head, or ``.json``: a list
        whose members are fields (``"code"``) or objects (``{"header": "编号", "field": "code"}``).

    Raises
    ------
    BadInput
        If it is neither, or names no column that is known.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        return Template(_json_columns(path))
    if suffix != ".xlsx":
        raise _no_template(path)
    known = {_key(header): field for field, headers in FIELDS.items() for header in headers}
    sheet, _ = read_xlsx(path, sheet=None)
    for number, cells in enumerate(sheet.cells[:_HEAD_ROWS], start=1):
        columns = tuple(Column(cell or "", known.get(_key(cell or ""))) for cell in cells)
        if sum(column.field is not None for column in columns) >= min(3, len(cells)):
            return Template(columns, path, number)
    raise _no_template(path)


def register_writer(
    rows: Sequence[RegisterRow], *, title: str, template: Template | None = None, language: Language = "zh"
) -> Write:
    """How a register is written, for :func:`boundaries.exchange.placing.write_whole`.

    Parameters
    ----------
    rows : sequence of RegisterRow
    title : str
        Above the head; a template that is a workbook keeps its own.
    template : Template, optional
    language : {"zh", "en"}
    """
    form = template or built_in(language)

    def write(place: Path) -> None:
        book, sheet = _opened(form, title)
        _fill(sheet, form, rows)
        book.save(place)

    return write


def _opened(form: Template, title: str) -> tuple[Any, Any]:
    if form.book is not None:
        book = openpyxl.load_workbook(form.book)
        return book, next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible" and sheet.max_row)
    book = openpyxl.Workbook()
    sheet: Any = book.worksheets[0]
    sheet.title = "登记表"
    sheet.cell(1, 1, title).font = Font(bold=True, size=16)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center")
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(form.columns))
    for index, column in enumerate(form.columns, start=1):
        head = sheet.cell(form.head_row, index, column.header)
        head.font, head.alignment = Font(bold=True), Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(index)].width = 36 if column.field in _WIDE else 14
    sheet.freeze_panes = f"A{form.head_row + 1}"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{form.head_row}"
    return book, sheet


def _fill(sheet: Any, form: Template, rows: Sequence[RegisterRow]) -> None:
    thin = Side(style="thin")
    for number, row in enumerate(rows, start=1):
        for index, column in enumerate(form.columns, start=1):
            cell: Any = sheet.cell(row=form.head_row + number, column=index)
            cell.border = Border(left=thin, right=thin, top=thin, bottom=thin)
            cell.alignment = Alignment(vertical="center", wrap_text=column.field in _WIDE)
            value = number if column.field == "number" else getattr(row, column.field) if column.field else None
            if isinstance(value, int | float):
                cell.value = value
            elif value:
                # Text whatever it looks like: codes keep zeros, "=" starts no formula.
                cell.value, cell.data_type, cell.number_format = str(value), "s", "@"


def _json_columns(path: Path) -> tuple[Column, ...]:
    try:
        named = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise _no_template(path) from error
    columns = []
    for one in named if isinstance(named, list) else []:
        field = one.get("field") if isinstance(one, dict) else one
        header = one.get("header") if isinstance(one, dict) else None
        if (field is not None and field not in FIELDS) or not (field or header):
            raise BadInput(
                f"模板 {path.name} 中没有名为“{field}”的栏目。可用:{'、'.join(FIELDS)}。",
                f'The template {path.name} names a column "{field}" that there is not. Known: {", ".join(FIELDS)}.',
            )
        columns.append(Column(str(header or FIELDS[str(field)][0]), field))
    if not columns:
        raise _no_template(path)
    return tuple(columns)


def _key(header: str) -> str:
    return "".join(header.split()).casefold()


def _no_template(path: Path) -> BadInput:
    return BadInput(
        f"{path.name} 不是登记表模板。请给出有表头的 .xlsx,或列出栏目的 .json(可用:{'、'.join(FIELDS)})。",
        f"{path.name} is no template of a register. Give an .xlsx with a row of headers, or a .json that lists "
        f"columns (known: {', '.join(FIELDS)}).",
    )
