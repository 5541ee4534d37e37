"""Tables on paper: rows that break lines rather than cut text, and run on to another page rather than end.

Type shrinks to the floor before anything moves to another page, and never under it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maps.blocks import BASELINE_EM
from maps.display import Op, Rect, TextOp, box_op, line_op
from maps.style import Style
from maps.typeface import SMALLEST_TYPE_MM, Typeface

RowKind = Literal["row", "part", "group"]
Align = Literal["left", "centre"]

_LINE_EM = 1.2
_PAD_EM = 0.55
_MOST_PAD_EM = 1.5
_SIDE_EM = 0.45


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``fill`` colours its first cell, a group row spans the table."""

    cells: tuple[str, ...]
    kind: RowKind = "row"
    fill: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table's heads and rows; ``flexible`` is the column whose text may break."""

    title: str
    heads: tuple[str, ...]
    aligns: tuple[Align, ...]
    rows: tuple[Row, ...]
    flexible: int
    bold: int = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """How a table stands in a rectangle: type size, columns, lines of each row, and how many rows fit."""

    size_mm: float
    pad_mm: float
    widths_mm: tuple[float, ...]
    lines: tuple[tuple[tuple[str, ...], ...], ...]
    count: int

    def row_height(self, row: int) -> float:
        """Height of a row in millimetres."""
        return max(len(cell) for cell in self.lines[row]) * self.size_mm * _LINE_EM + self.pad_mm


def head_height(size_mm: float) -> tuple[float, float]:
    """Heights of the title bar and of the row of heads."""
    return size_mm * 2.3, size_mm * 2.0


def fit_table(
    table: Table,
    rows: Sequence[Row],
    *,
    width_mm: float,
    height_mm: float,
    largest_mm: float,
    typeface: Typeface,
    run_on_mm: float,
    may_shrink: bool = True,
) -> Fit:
    """Choose the largest type at which all rows fit; where none does, fill at ``run_on_mm``.

    Parameters
    ----------
    table : Table
    rows : sequence of Row
        Rows still to be set.
    width_mm, height_mm : float
        The room, heads included.
    largest_mm : float
        Type size to begin with.
    typeface : Typeface
    run_on_mm : float
        Type size where the rest runs on.
    may_shrink : bool
        False to fill at the largest size alone.

    Returns
    -------
    Fit
    """
    if not may_shrink:
        return _fit_at(table, rows, width_mm=width_mm, height_mm=height_mm, size=largest_mm, typeface=typeface)
    size = largest_mm
    while size > SMALLEST_TYPE_MM - 1e-9:
        fit = _fit_at(table, rows, width_mm=width_mm, height_mm=height_mm, size=size, typeface=typeface)
        if fit.count == len(rows):
            return _spread(fit, rows, height_mm)
        size = max(SMALLEST_TYPE_MM, size - 0.1) if size > SMALLEST_TYPE_MM else 0.0
    return _fit_at(table, rows, width_mm=width_mm, height_mm=height_mm, size=run_on_mm, typeface=typeface)


def _fit_at(
    table: Table, rows: Sequence[Row], *, width_mm: float, height_mm: float, size: float, typeface: Typeface
) -> Fit:
    widths = _widths(table, rows, width_mm, size, typeface)
    side = 2 * _SIDE_EM * size
    lines = tuple(
        (
            ((row.cells[0],), *((cell,) for cell in row.cells[1:]))
            if row.kind == "group"
            else tuple(
                tuple(typeface.broken(cell, width - side + 1e-6, size, is_bold=index == table.bold))
                for index, (cell, width) in enumerate(zip(row.cells, widths, strict=True))
            )
        )
        for row in rows
    )
    fit = Fit(size, size * _PAD_EM, widths, lines, len(rows))
    room = height_mm - sum(head_height(size))
    count = 0
    for row in range(len(rows)):
        room -= fit.row_height(row)
        if room < -1e-6:
            break
        count += 1
    return Fit(size, size * _PAD_EM, widths, lines, without_orphans(rows, count))


def without_orphans(rows: Sequence[Row], count: int) -> int:
    """How many of ``count`` rows may stand in one place: a group's heading goes with its first row, to the next."""
    if count >= len(rows):
        return count
    kept = count
    while kept and rows[kept - 1].kind == "group":
        kept -= 1
    # Where nothing but headings has room, they stand as they are rather than never.
    return kept or count


def _spread(fit: Fit, rows: Sequence[Row], height_mm: float) -> Fit:
    """Use room that is left over for taller rows, up to a comfortable height."""
    if not rows:
        return fit
    left = height_mm - sum(head_height(fit.size_mm)) - sum(fit.row_height(row) for row in range(len(rows)))
    pad = min(fit.pad_mm + left / len(rows), fit.size_mm * _MOST_PAD_EM)
    return Fit(fit.size_mm, max(pad, fit.pad_mm), fit.widths_mm, fit.lines, fit.count)


def _widths(table: Table, rows: Sequence[Row], width_mm: float, size: float, typeface: Typeface) -> tuple[float, ...]:
    """Natural widths; the flexible column takes what is left, and all share what is too much."""
    side = 2 * _SIDE_EM * size
    natural = []
    for column, head in enumerate(table.heads):
        texts = [head, *(row.cells[column] for row in rows if row.kind != "group")]
        natural.append(side + max(typeface.width_mm(t, size, is_bold=column == table.bold or t is head) for t in texts))
    spare = width_mm - sum(natural)
    if spare >= 0:
        return tuple(width + spare * width / sum(natural) for width in natural)
    floor = side + 4 * size
    flexible = max(floor, natural[table.flexible] + spare)
    rest = width_mm - flexible
    others = sum(natural) - natural[table.flexible]
    share = min(1.0, rest / others)
    widths = [width * share for width in natural]
    widths[table.flexible] = width_mm - sum(w for i, w in enumerate(widths) if i != table.flexible)
    return tuple(widths)


def table_height(fit: Fit) -> float:
    """Height of the rows that fit, heads included."""
    return sum(head_height(fit.size_mm)) + sum(fit.row_height(row) for row in range(fit.count))


def table_ops(
    table: Table, rows: Sequence[Row], fit: Fit, rect: Rect, *, style: Style, typeface: Typeface, title: str
) -> list[Op]:
    """Draw the rows that fit.

    Returns
    -------
    list of operations
    """
    bar, head = head_height(fit.size_mm)
    ops: list[Op] = [*bar_ops(Rect(rect.x, rect.y, rect.width, bar), title, style=style, typeface=typeface)]
    ops.append(box_op(Rect(rect.x, rect.y + bar, rect.width, head), fill=style.accent_pale))
    x = rect.x
    for text, width in zip(table.heads, fit.widths_mm, strict=True):
        cell = Rect(x, rect.y + bar, width, head)
        ops.extend(
            _cell_ops(cell, (text,), size=fit.size_mm, align="centre", ink=style.ink, typeface=typeface, is_bold=True)
        )
        x += width
    y = rect.y + bar + head
    stripe = False
    for index, row in enumerate(rows[: fit.count]):
        height = fit.row_height(index)
        line = Rect(rect.x, y, rect.width, height)
        stripe = not stripe
        if row.kind == "group":
            ops.extend(_group_ops(line, row, fit, style, typeface))
            stripe = False
        else:
            if stripe:
                ops.append(box_op(line, fill=style.table_stripe))
            ops.extend(_row_ops(line, table, row, fit=fit, index=index, style=style, typeface=typeface))
        ops.append(line_op(rect.x, line.bottom, rect.right, line.bottom, colour=style.table_line, width_mm=0.12))
        y = line.bottom
    ops.extend(_rule_ops(rect, rows, fit, y, style))
    return ops


def _rule_ops(rect: Rect, rows: Sequence[Row], fit: Fit, bottom: float, style: Style) -> list[Op]:
    """The upright rules, broken at group rows, and the box around everything."""
    bar, head = head_height(fit.size_mm)
    spans: list[tuple[float, float]] = []
    top = y = rect.y + bar
    y += head
    for index, row in enumerate(rows[: fit.count]):
        height = fit.row_height(index)
        if row.kind == "group":
            spans.append((top, y))
            top = y + height
        y += height
    spans.append((top, bottom))
    ops: list[Op] = []
    x = rect.x
    for width in fit.widths_mm[:-1]:
        x += width
        ops.extend(
            line_op(x, low, x, high, colour=style.table_line, width_mm=0.12) for low, high in spans if high > low
        )
    ops.append(box_op(Rect(rect.x, rect.y, rect.width, bottom - rect.y), stroke=style.ink, width_mm=0.3))
    return ops


def bar_ops(rect: Rect, text: str, *, style: Style, typeface: Typeface) -> list[Op]:
    """A dark bar with a panel's title."""
    size = rect.height * 0.56
    width = typeface.width_mm(text, size, is_bold=True)
    x, y = rect.middle
    return [
        box_op(rect, fill=style.accent),
        TextOp(x - width / 2, y + BASELINE_EM * size, text, size, style.paper, is_bold=True),
    ]


def _group_ops(line: Rect, row: Row, fit: Fit, style: Style, typeface: Typeface) -> list[Op]:
    """A row over the whole width: what on the left, who on the right."""
    size = fit.size_mm
    side = _SIDE_EM * size
    y = line.middle[1] + BASELINE_EM * size
    ops: list[Op] = [box_op(line, fill=style.accent_pale)]
    right = " ".join(cell for cell in row.cells[1:] if cell)
    room = line.width - 3 * side - typeface.width_mm(right, size)
    ops.append(
        TextOp(
            line.x + side,
            y,
            row.cells[0],
            typeface.fitted(row.cells[0], room, size, is_bold=True),
            style.accent,
            is_bold=True,
        )
    )
    if right:
        ops.append(TextOp(line.right - side - typeface.width_mm(right, size), y, right, size, style.ink))
    return ops


def _row_ops(line: Rect, table: Table, row: Row, *, fit: Fit, index: int, style: Style, typeface: Typeface) -> list[Op]:
    ops: list[Op] = []
    x = line.x
    for column, (width, lines) in enumerate(zip(fit.widths_mm, fit.lines[index], strict=True)):
        cell = Rect(x, line.y, width, line.height)
        if column == 0 and row.fill is not None:
            ops.append(box_op(cell.inset(0.35), fill=row.fill, stroke=style.table_line, width_mm=0.1))
        ink = style.ink_soft if row.kind == "part" else style.ink
        is_bold = column == table.bold and row.kind == "row"
        ops.extend(
            _cell_ops(
                cell, lines, size=fit.size_mm, align=table.aligns[column], ink=ink, typeface=typeface, is_bold=is_bold
            )
        )
        x += width
    return ops


def _cell_ops(
    cell: Rect, lines: Sequence[str], *, size: float, align: Align, ink: str, typeface: Typeface, is_bold: bool = False
) -> list[Op]:
    ops: list[Op] = []
    pitch = size * _LINE_EM
    y = cell.middle[1] - pitch * (len(lines) - 1) / 2 + BASELINE_EM * size
    for text in lines:
        if text:
            width = typeface.width_mm(text, size, is_bold=is_bold)
            x = cell.middle[0] - width / 2 if align == "centre" else cell.x + _SIDE_EM * size
            ops.append(TextOp(x, y, text, size, ink, is_bold=is_bold))
        y += pitch
    return ops
