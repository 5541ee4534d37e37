"""CSV and XLSX files as sheets of text."""

import csv
import io
import itertools
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from boundaries.errors import BadInput
from boundaries.exchange.charsets import decode
from boundaries.exchange.tables import Note, Sheet, as_text


def read_csv(path: Path, *, encoding: str | None) -> tuple[Sheet, tuple[Note, ...]]:
    """Read a delimited text file.

    Parameters
    ----------
    path : Path
    encoding : str or None
        None detects UTF-8, GBK, Big5 and EUC-KR.

    Returns
    -------
    Sheet
    tuple of Note

    Raises
    ------
    BadInput
        If the encoding is not the given one or cannot be told.
    """
    text, used = decode(path.read_bytes(), encoding=encoding, file=path.name)
    # A border of ten thousand vertices is one long cell.
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    cells = [[as_text(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator_of(text))]
    return Sheet(path.name, cells), encoding_notes(path, used, encoding)


def separator_of(text: str) -> str:
    """What stands between the cells of a line: the mark that is most frequent in the first lines."""
    lines = list(itertools.islice(io.StringIO(text), 20))
    return max(",\t;", key=lambda mark: sum(line.count(mark) for line in lines))


def encoding_notes(path: Path, used: str, encoding: str | None) -> tuple[Note, ...]:
    """That a text was not UTF-8, where nobody had said so."""
    if used.startswith("utf") or encoding:
        return ()
    return (Note(f"{path.name}:按 {used} 编码读取", f"{path.name}: read as {used}"),)


def read_xlsx(path: Path, *, sheet: str | None) -> tuple[Sheet, tuple[Note, ...]]:
    """Read one sheet of a workbook; merged cells are filled.

    Parameters
    ----------
    path : Path
    sheet : str or None
        Name of the sheet; None takes the first visible one that holds anything.

    Returns
    -------
    Sheet
    tuple of Note

    Raises
    ------
    BadInput
        If the workbook cannot be opened or has no such sheet.
    """
    try:
        with warnings.catch_warnings():
            # Office programs leave styles and extensions that openpyxl only remarks on.
            warnings.simplefilter("ignore", UserWarning)
            book = openpyxl.load_workbook(path, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise BadInput(
            f"{path.name}:打不开,可能已损坏或不是真正的 .xlsx。请用 WPS 或 Excel 重新另存为 .xlsx。",
            f"{path.name}: cannot be opened; it may be damaged or no real .xlsx. Save it again as .xlsx.",
        ) from error
    sheets = [ws for ws in book.worksheets if ws.sheet_state == "visible" and ws.max_row and _has_cells(ws)]
    if sheet is not None:
        sheets = [ws for ws in book.worksheets if ws.title == sheet]
    if not sheets:
        names = "、".join(book.sheetnames)
        raise BadInput(
            f"{path.name}:没有" + (f"工作表“{sheet}”,现有:{names}。" if sheet else "数据,文件是空的。"),
            f"{path.name}: " + (f'no sheet "{sheet}"; it has {names}.' if sheet else "no data, the file is empty."),
        )
    chosen = sheets[0]
    name = path.name if len(book.sheetnames) == 1 else f"{path.name}[{chosen.title}]"
    notes: tuple[Note, ...] = ()
    if len(sheets) > 1:
        others = "、".join(ws.title for ws in sheets[1:])
        notes = (
            Note(
                f"{path.name}:只读工作表“{chosen.title}”,未读:{others}",
                f"{path.name}: read sheet {chosen.title} only, not {others}",
            ),
        )
    return _cells(chosen, name), notes


def _has_cells(sheet: Any) -> bool:
    return any(value is not None for row in sheet.iter_rows(values_only=True, max_row=50) for value in row)


def _cells(sheet: Any, name: str) -> Sheet:
    rows: list[list[Any]] = [list(row) for row in sheet.iter_rows()]
    cells = [[as_text(cell.value, cell.number_format) for cell in row] for row in rows]
    numeric = [[_lost_text(cell) for cell in row] for row in rows]
    _fill_merged(cells, sheet.merged_cells.ranges)
    return Sheet(name, cells, numeric)


def _lost_text(cell: Any) -> bool:
    """Whether the cell is a number, whose leading zeros would be gone."""
    padded = bool(cell.number_format) and set(cell.number_format) == {"0"} and len(cell.number_format) > 1
    return cell.data_type == "n" and cell.value is not None and not padded


def _fill_merged(cells: Sequence[list[str | None]], ranges: Any) -> None:
    for merged in ranges:
        value = cells[merged.min_row - 1][merged.min_col - 1]
        for row in range(merged.min_row - 1, min(merged.max_row, len(cells))):
            for column in range(merged.min_col - 1, min(merged.max_col, len(cells[row]))):
                cells[row][column] = value
