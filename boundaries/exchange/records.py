"""Tables as values of the plan: areas, micro-grids, parts and people.

Premises and the lines around them stand in :mod:`boundaries.exchange.premises`.
Strict reading refuses every row that cannot be loaded; reading for file mode lets
broken, missing and several-part polygons pass, since checks report those.
"""

import re
from collections.abc import Mapping
from typing import cast

from boundaries.exchange.headers import Synonyms
from boundaries.exchange.rows import Parsed, Rows
from boundaries.exchange.tables import Table
from boundaries.exchange.values import (
    LAYER_WORDS,
    ROLE_WORDS,
    count,
    day,
    flag,
    floor_range,
    kind_words,
    level_words,
    phone,
    units,
    word,
)
from boundaries.model import Area, Kind, Layer, Level, MicroGrid, Part, Person
from boundaries.snapshot import DEFAULT_KINDS, DEFAULT_LEVELS

_PEOPLE_COLUMNS = ("liaison", "full_time", "chief")
_NUMBER_ZH, _NUMBER_EN = "不是整数。请只写数字", "is not a whole number. Write digits only"
_DAY_ZH, _DAY_EN = "不是日期。请写成 2026-01-31", "is not a date. Write 2026-01-31"
_FLAG_ZH, _FLAG_EN = "请写“是”或“否”", "write yes or no"


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
        If the file lacks codes, levels or shapes.
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
    values = []
    for index in range(len(rows)):
        own = level
        if own is None or "level" in rows.fields:
            zh, en = f"没有这个层级。可用:{names}", f"is no level. Known are: {', '.join(words)}"
            own = rows.read(index, "level", lambda text: word(text, words), zh, en) or level
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


def parse_people(
    table: Table,
    *,
    columns: Mapping[str, str] | None = None,
    synonyms: Synonyms | None = None,
    role: str = "liaison",
    is_strict: bool = True,
) -> Parsed[Person]:
    """Read people in charge, a row each, or named in columns of a table of grids.

    Parameters
    ----------
    table : Table
    columns, synonyms : mapping, optional
        As for :func:`parse_areas`.
    role : str
        Role of everybody in a file that has no such column.
    is_strict : bool
        Refuse roles that are not known.

    Returns
    -------
    Parsed of Person
        ``target`` is the text in the file: the code of a grid, part or area, or its name.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file has no names or does not say who is in charge of what.
    """
    rows = Rows.of(table, "people", columns=columns, synonyms=synonyms, is_strict=is_strict)
    rows.require("target")
    rows.check_code("target")
    wide = () if "name" in rows.fields else tuple(name for name in _PEOPLE_COLUMNS if name in rows.fields)
    if not wide:
        rows.require("name")
    values: list[Person] = []
    numbers: list[int] = []
    for index in range(len(rows)):
        for column in wide or ("name",):
            for name, number in _names_and_phones(rows, index, column):
                values.append(
                    _person(
                        rows,
                        index,
                        number=len(values) + 1,
                        name=name,
                        own_phone=number,
                        column=column if wide else None,
                        role=role,
                    )
                )
                numbers.append(int(table.row_numbers[index]))
    rows.finish()
    return Parsed(tuple(values), tuple(numbers), table, rows.fields)


def _names_and_phones(rows: Rows, index: int, column: str) -> list[tuple[str, str | None]]:
    """The people of one cell: ``甲、乙`` with as many phones beside are two."""
    cell = rows.text(index, column)
    if cell is None:
        if column == "name":
            rows.needed(index, "name")
        return []
    own = rows.phone_column(column)
    raw = rows.cell(index, own) if own else rows.text(index, "phone")
    if raw is not None and phone(raw) is None:
        rows.refuse(
            index,
            own or rows.fields.get("phone"),
            raw,
            "不是电话号码。请写 11 位手机号或带区号的座机",
            "is no phone number",
        )
    names = [name for name in re.split(r"[、,,;;/]", cell) if name.strip()]
    phones = [] if raw is None else [number for number in re.split(r"[、,,;;/]", raw) if number.strip()]
    if len(names) != len(phones):
        return [(name.strip(), raw if len(names) == 1 else None) for name in names]
    return [(name.strip(), number.strip()) for name, number in zip(names, phones, strict=True)]


def _person(
    rows: Rows, index: int, *, number: int, name: str, own_phone: str | None, column: str | None, role: str
) -> Person:
    known = "、".join(ROLE_WORDS)
    own_role = column or rows.read(
        index, "role", lambda text: word(text, ROLE_WORDS) or (None if rows.is_strict else text),
        f"没有这种职务。可用:{known}", f"is no known role. Known are: {', '.join(sorted(set(ROLE_WORDS.values())))}",
    )  # fmt: skip
    return Person(
        id=number,
        name=name,
        role=own_role or role,
        target=rows.needed(index, "target"),
        phone=own_phone,
        phone_published=rows.read(index, "phone_published", flag, _FLAG_ZH, _FLAG_EN) or False,
        standing=rows.text(index, "standing"),
        since=rows.read(index, "since", day, _DAY_ZH, _DAY_EN),
        until=rows.read(index, "until", day, _DAY_ZH, _DAY_EN),
    )
