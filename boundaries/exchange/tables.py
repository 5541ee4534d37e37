"""Records of a file, and how they are found in a sheet full of titles and totals."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import BadInput
from boundaries.exchange.headers import known_headers, normal_form
from geo.crs import SourceCrs

Cell = Any  # whatever a cell of a sheet may hold: str, int, float, bool, datetime, None

_HEADER_WITHIN_ROWS = 30
_TOTAL = re.compile(r"^(合计|总计|小计|共计|总数|汇总)[::]?$")
_TOTAL_ENGLISH = re.compile(r"^(grandtotal|subtotal|total|sum)[::]?$", re.IGNORECASE)
_FOOTNOTE = re.compile(r"^(填表|制表|填报|审核|备注|注|说明|单位|日期|联系人)[^,,]{0,12}[::]")
_EXPLAINING = re.compile(r"必填|选填|示例|例如|如[::]|格式|^填|^请|说明|required|optional|e\.g\.", re.IGNORECASE)
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?%?$")


@dataclass(frozen=True, slots=True)
class Note:
    """Something done silently to the input that people should know."""

    zh: str
    en: str


@dataclass(frozen=True)
class Table:
    """Records of one file, all values as text.

    Attributes
    ----------
    file : str
        Name of the file, with the sheet or layer where it has several.
    columns : tuple of str
        Headers as in the file.
    rows : DataFrame
        One column of text or None for each header.
    geometry : ndarray of shapely geometries or None
        One for each record; None where the file has no shapes.
    crs : SourceCrs or None
        System of the shapes; None where nobody said.
    row_numbers : ndarray of int
        Row of each record as the user's program counts it; a header is row 1.
    numeric : mapping
        Column -> which cells were numbers in a spreadsheet, where any was.
    notes : tuple of Note
        What was skipped or dropped on the way.
    """

    file: str
    columns: tuple[str, ...]
    rows: pd.DataFrame
    geometry: NDArray[np.object_] | None
    crs: SourceCrs | None
    row_numbers: NDArray[np.int64]
    numeric: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.row_numbers)

    def values(self, column: str) -> list[str | None]:
        """All values of one column."""
        return list(self.rows[column])


def as_text(value: Cell, number_format: str = "General") -> str | None:
    """A cell as text: whole numbers without a point, dates as ISO, blanks as None.

    Parameters
    ----------
    value : object
    number_format : str
        The spreadsheet's own format; one of zeros only restores leading zeros.
    """
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, date):
        return _day_text(value)
    if isinstance(value, float | np.floating):
        value = float(value)
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, int | np.integer):
        text = str(int(value))
        return text.zfill(len(number_format)) if number_format and set(number_format) == {"0"} else text
    text = str(value).strip().strip("\u3000\ufeff")
    return text or None


def _day_text(value: date) -> str:
    if isinstance(value, datetime) and value.time() != datetime.min.time():
        return value.isoformat(sep=" ")
    return value.isoformat()[:10]


@dataclass(frozen=True)
class Sheet:
    """Cells of one sheet as text, with which of them were numbers."""

    file: str
    cells: Sequence[Sequence[str | None]]
    numeric: Sequence[Sequence[bool]] | None = None


def table_of(sheet: Sheet, *, headers: Collection[str] = ()) -> Table:
    """Find the header and the records of a sheet.

    Title rows above the header, an explaining second header row, totals, foot
    notes and blank rows are skipped and noted.

    Parameters
    ----------
    sheet : Sheet
    headers : collection of str
        Headers that the caller expects besides the known ones.

    Returns
    -------
    Table
        Without geometry.

    Raises
    ------
    BadInput
        If there is no row of headers with a record below it.
    """
    head = _header_row(sheet, known_headers() | {normal_form(header) for header in headers})
    columns = _headers(sheet.cells[head])
    notes: list[Note] = []
    if head:
        notes.append(Note(f"{sheet.file}:跳过表头上方 {head} 行标题", f"{sheet.file}: skipped {head} title rows"))
    first = head + 1
    if first < len(sheet.cells) and _explains(sheet.cells, first):
        notes.append(
            Note(
                f"{sheet.file}:跳过第 {first + 1} 行(表头说明)",
                f"{sheet.file}: skipped row {first + 1} (explains headers)",
            )
        )
        first += 1
    kept = [row for row in range(first, len(sheet.cells)) if _is_record(sheet, row, notes)]
    if not kept:
        raise BadInput(
            f"{sheet.file}:表头下没有数据行。请检查文件是否为空、表头是否在前 {_HEADER_WITHIN_ROWS} 行内。",
            f"{sheet.file}: no record below the header. Check that the file is not empty and its header stands in the "
            f"first {_HEADER_WITHIN_ROWS} rows.",
        )
    frame = pd.DataFrame(
        {
            name: pd.Series([_at(sheet.cells[row], index) for row in kept], dtype=object)
            for name, index in columns.items()
        }
    )
    numeric = {}
    if sheet.numeric is not None:
        marks = sheet.numeric
        numeric = {
            name: np.array([index < len(marks[row]) and marks[row][index] for row in kept], dtype=bool)
            for name, index in columns.items()
        }
    return Table(
        sheet.file,
        tuple(columns),
        frame,
        None,
        None,
        np.array([row + 1 for row in kept], dtype=np.int64),
        {name: marks for name, marks in numeric.items() if marks.any()},
        tuple(notes),
    )


def _at(row: Sequence[str | None], index: int) -> str | None:
    return row[index] if index < len(row) else None


def _headers(row: Sequence[str | None]) -> dict[str, int]:
    """Header -> position; a repeated one is told apart by a number."""
    found: dict[str, int] = {}
    for index, header in enumerate(row):
        if header is None:
            continue
        name = header.replace("\n", "")
        copies = 1
        while name in found:
            copies += 1
            name = f"{header} {copies}"
        found[name] = index
    return found


def _header_row(sheet: Sheet, known: Collection[str]) -> int:
    """The row with most known headers; else the first row as full as any."""
    rows = sheet.cells[:_HEADER_WITHIN_ROWS]
    if not rows or not any(any(row) for row in rows):
        raise BadInput(f"{sheet.file}:文件是空的。请换一个有数据的文件。", f"{sheet.file}: the file is empty.")
    matches = [len({normal_form(cell) for cell in row if cell} & set(known)) for row in rows]
    if max(matches) > 0:
        return matches.index(max(matches))
    filled = [len({cell for cell in row if cell}) for row in rows]
    return filled.index(max(filled))


def _explains(cells: Sequence[Sequence[str | None]], row: int) -> bool:
    """Whether the row below the header explains it: words above columns of numbers, or hints."""
    values = [(index, cell) for index, cell in enumerate(cells[row]) if cell]
    below = cells[row + 1 : row + 21]
    if not values or not below:
        return False
    if sum(1 for _, cell in values if _EXPLAINING.search(cell)) * 2 > len(values):
        return True
    if any(_NUMBER.match(cell) for _, cell in values):
        return False
    for index, _ in values:
        column = [cell for cell in (_at(line, index) for line in below) if cell]
        if sum(1 for cell in column if _NUMBER.match(cell)) * 2 > len(column):
            return True
    return False


def _is_record(sheet: Sheet, row: int, notes: list[Note]) -> bool:
    values = [cell for cell in sheet.cells[row] if cell]
    if not values:
        return False
    start = [re.sub(r"\s+", "", cell) for cell in values[:3]]
    # A shop may be named Total: the English word counts in the first cell only.
    if any(_TOTAL.match(cell) for cell in start) or _TOTAL_ENGLISH.match(start[0]):
        notes.append(Note(f"{sheet.file}:跳过第 {row + 1} 行(合计)", f"{sheet.file}: skipped row {row + 1} (a total)"))
        return False
    if _FOOTNOTE.match(start[0]) and len(set(values)) <= 3:
        notes.append(
            Note(f"{sheet.file}:跳过第 {row + 1} 行(表注)", f"{sheet.file}: skipped row {row + 1} (a foot note)")
        )
        return False
    if len(values) > 2 and len(set(values)) == 1:
        # A cell merged across the table names a section; it is no record.
        notes.append(
            Note(f"{sheet.file}:跳过第 {row + 1} 行(小标题)", f"{sheet.file}: skipped row {row + 1} (a section title)")
        )
        return False
    return True
