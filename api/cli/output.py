"""How a verb answers: tables for people, JSON for programs, notes and progress on stderr."""

import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Literal

import orjson

Format = Literal["table", "json"]

_QUIET_S = 2.0


def emit(
    data: Any,
    *,
    format: Format = "table",  # noqa: A002  the option's own name
    title: str = "",
    label: Callable[[str], str] = str,
) -> None:
    """Answer with a value: JSON for programs, else a table.

    Parameters
    ----------
    data : mapping, or sequence of mappings
        One record, or rows whose keys are the columns (those of the first row).
    format : {"table", "json"}
    title : str
        Line above the table.
    label : function of str
        What people call a member of one record.
    """
    if format == "json":
        write_json(data)
    elif isinstance(data, Mapping):
        table(title, (), [(label(str(key)), value) for key, value in data.items()])
    else:
        rows = list(data)
        columns = list(rows[0]) if rows else []
        table(title, columns, [[row.get(column) for column in columns] for row in rows])


def write_json(data: Any) -> None:
    """Write one JSON document to stdout, ending with a newline."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    sys.stdout.write(orjson.dumps(data, default=_plain, option=options).decode())


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table to stdout: framed on a terminal, plain aligned text elsewhere.

    Parameters
    ----------
    title : str
        Line above it; empty for none.
    columns : sequence of str
        Headers; empty for a list of names and values.
    rows : sequence of sequences
        Cells; numbers are aligned right, None is left empty.
    """
    cells = [[cell_text(value) for value in row] for row in rows]
    numeric = [
        all(isinstance(row[i], int | float | None) for row in rows)
        for i in range(len(rows[0]) if rows else len(columns))
    ]
    if sys.stdout.isatty():
        _rich_table(title, columns, cells, numeric)
        return
    lines = [title] if title else []
    body = [list(columns), *cells] if columns else cells
    widths = [max(text_width(row[i]) for row in body) for i in range(len(body[0]))] if body else []
    for row in body:
        padded = [_pad(cell, width, right) for cell, width, right in zip(row, widths, numeric, strict=True)]
        lines.append("  ".join(padded).rstrip())
    sys.stdout.write("\n".join([*lines, ""]))


def cell_text(value: object) -> str:
    """A cell for people: empty for None, at most three decimals, a tick for true."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "-"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, date):
        return value.isoformat(*((" ", "seconds") if hasattr(value, "hour") else ()))
    if isinstance(value, list | tuple):
        return "、".join(map(cell_text, value))
    return str(value)


def text_width(text: str) -> int:
    """Columns that a text takes on a terminal; a Chinese character takes two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def note(text: str) -> None:
    """Say something to people on stderr."""
    sys.stderr.write(text.rstrip("\n") + "\n")


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr for work that takes over two seconds.

    Parameters
    ----------
    label : str
        What is being done.
    total : int or None
        Steps in all, where known.

    Yields
    ------
    function of int
        Call it with the steps just done.
    """
    started, done, shown = time.monotonic(), 0, 0.0
    is_terminal = sys.stderr.isatty()

    def advance(steps: int = 1) -> None:
        nonlocal done, shown
        done += steps
        now = time.monotonic()
        if is_terminal and now - started > _QUIET_S and now - shown > 0.1:
            shown = now
            share = f" {100 * done // total} %" if total else f" {done}"
            sys.stderr.write(f"\r\x1b[K{label}{share}")
            sys.stderr.flush()

    try:
        yield advance
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _pad(cell: str, width: int, is_right: bool) -> str:
    space = " " * (width - text_width(cell))
    return space + cell if is_right else cell + space


def _rich_table(title: str, columns: Sequence[str], cells: list[list[str]], numeric: list[bool]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    frame = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, show_header=bool(columns))
    for index, is_right in enumerate(numeric):
        header = columns[index] if columns else ""
        frame.add_column(header, justify="right" if is_right else "left", overflow="fold")
    for row in cells:
        frame.add_row(*map(Text, row))
    Console().print(frame)


def _plain(value: Any) -> Any:
    """What orjson does not know: shapes become GeoJSON, paths and numbers text."""
    shape = getattr(value, "__geo_interface__", None)
    if shape is not None:
        return shape
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"not JSON: {type(value).__name__}")
