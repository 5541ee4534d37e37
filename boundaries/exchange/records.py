"""Tables as values of the plan: areas, micro-grids and parts.

Premises and the lines around them stand in :mod:`boundaries.exchange.premises`,
people in :mod:`boundaries.exchange.people`.
Strict reading refuses every row that cannot be loaded; reading for file mode lets
broken, missing and several-part polygons pass, since checks report those.
"""

from collections.abc import Mapping
from typing import cast

from boundaries.errors import BadInput
from boundaries.exchange.headers import Synonyms
from boundaries.exchange.rows import Parsed, Rows
from boundaries.exchange.tables import Table
from boundaries.exchange.values import (
    LAYER_WORDS,
    count,
    floor_range,
    kind_words,
    level_words,
    units,
    word,
)
from boundaries.model import Area, Kind, Layer, Level, MicroGrid, Part
from boundaries.snapshot import DEFAULT_KINDS, DEFAULT_LEVELS

_NUMBER_ZH, _NUMBER_EN = "不是整数。请只写数字", "is not a whole number. Write digits only"


def parse_areas(
    table: Table,
    *,
    columns: Mapping[str, str] | None = None,
    synonyms: Synonyms | None = None,
    levels: tuple[Level, ...] = DEFAULT_LEVELS,
    level: str | None = None,
    is_strict: bool = True,
) -> Parsed[Area]:
    """Read areas.

    Parameters
    ----------
    table : Table
    columns : mapping, optional
        Field -> header, given by hand.
    synonyms : mapping, optional
        An office's own headers.
    levels : tuple of Level
        The levels there are.
    level : str, optional
        Level of every area of a file that has no such column.
    is_strict : bool
        Refuse what checks could only report.

    Returns
    -------
    Parsed of Area
        ``parent`` is the text in the file: a code, or a name.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file lacks codes, levels or shapes, or there is no such level.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    rows = Rows.of(table, "areas", columns=columns, synonyms=synonyms, is_strict=is_strict)
    if is_strict:
        rows.require("code", *(() if level else ("level",)))
    rows.check_code("code")
    rows.check_code("parent")
    shapes = rows.shapes("polygon")
    words = level_words(levels)
    names = "、".join(each.name_zh for each in levels)
    given = None if level is None else word(level, words)
    if level is not None and given is None:
        raise BadInput(
            f"没有层级“{level}”。可用:{names}。", f'There is no level "{level}". Known are: {", ".join(words)}.'
        )
    values = []
    for index in range(len(rows)):
        own = given
        if own is None or "level" in rows.fields:
            zh, en = f"没有这个层级。可用:{names}", f"is no level. Known are: {', '.join(words)}"
            own = rows.read(index, "level", lambda text: word(text, words), zh, en) or given
        if own is None and is_strict and rows.text(index, "level") is None:
            rows.needed(index, "level")
        code = _code(rows, index)
        values.append(
            Area(
                index + 1,
                code,
                rows.text(index, "name") or code,
                own or "community",
                rows.text(index, "parent"),
                shapes[index],
            )
        )
    rows.unique((value.code for value in values), "code")
    return rows.parsed(values)


def parse_grids(
    table: Table,
    *,
    columns: Mapping[str, str] | None = None,
    synonyms: Synonyms | None = None,
    kinds: tuple[Kind, ...] = DEFAULT_KINDS,
    is_strict: bool = True,
) -> Parsed[MicroGrid]:
    """Read micro-grids; rank is the order of rows.

    Parameters are those of :func:`parse_areas`; ``kinds`` are the kinds there are.

    Returns
    -------
    Parsed of MicroGrid
        ``area`` is the text in the file, a code or a name, and empty where the file has none.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file lacks codes or shapes.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    rows = Rows.of(table, "grids", columns=columns, synonyms=synonyms, is_strict=is_strict)
    if is_strict:
        rows.require("code")
    rows.check_code("code")
    rows.check_code("parent")
    shapes = rows.shapes("polygon", one_part=True)
    words = kind_words(kinds)
    names = "、".join(kind.name_zh for kind in kinds)
    values = []
    for index in range(len(rows)):
        zh, en = (
            f"没有这种网格类型。可用:{names}",
            f"is no kind of grid. Known are: {', '.join(kind.code for kind in kinds)}",
        )
        kind = rows.read(index, "kind", lambda text: word(text, words), zh, en)
        layer = rows.read(
            index, "layer", lambda text: word(text, LAYER_WORDS), "请写“平铺”或“叠加”", "write tile or overlay"
        )
        code = _code(rows, index)
        values.append(
            MicroGrid(
                id=index + 1,
                rank=index + 1,
                code=code,
                name=rows.text(index, "name") or code,
                area=rows.text(index, "parent") or "",
                polygon=shapes[index],
                kind=kind or "residential",
                layer=cast(Layer, layer or "tile"),
                honorary_name=rows.text(index, "honorary_name"),
                street_group=rows.text(index, "street_group"),
            )
        )
    rows.unique((value.code for value in values), "code")
    return rows.parsed(values)


def _code(rows: Rows, index: int) -> str:
    """The code; in file mode the row number where the file has no codes."""
    if rows.is_strict:
        return rows.needed(index, "code")
    return rows.text(index, "code") or str(int(rows.table.row_numbers[index]))


def parse_parts(
    table: Table, *, columns: Mapping[str, str] | None = None, synonyms: Synonyms | None = None
) -> Parsed[tuple[str, Part]]:
    """Read parts of towers, each with the code of its micro-grid.

    Returns
    -------
    Parsed of (str, Part)

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file lacks the codes of parts or grids.
    """
    rows = Rows.of(table, "parts", columns=columns, synonyms=synonyms)
    rows.require("code", "grid")
    rows.check_code("code")
    rows.check_code("grid")
    values = []
    for index in range(len(rows)):
        code = rows.needed(index, "code")
        held = rows.read(index, "units", units, "写不成单元。请写成 1-2单元", "names no entrances. Write 1-2")
        floors = rows.read(index, "floors", floor_range, "写不成楼层。请写成 1-10层", "names no floors. Write 1-10")
        if (held is None) == (floors is None):
            rows.refuse(
                index, rows.fields.get("units"), rows.text(index, "units"),
                "分段要么按单元分,要么按楼层分,请填其中一项",
                "a part is told by units or by floors: fill in one of the two",
            )  # fmt: skip
        households = rows.read(index, "households", count, _NUMBER_ZH, _NUMBER_EN)
        part = Part(index + 1, code, rows.text(index, "name") or code, held or (), floors, households)
        values.append((rows.needed(index, "grid"), part))
    rows.unique((part.code for _, part in values), "code")
    return rows.parsed(values)
