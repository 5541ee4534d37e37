"""Tables as people in charge: a row each, or named in columns of a table of grids."""

import re
from collections.abc import Mapping

from boundaries.exchange.headers import Synonyms
from boundaries.exchange.rows import Parsed, Rows
from boundaries.exchange.tables import Table
from boundaries.exchange.values import day, flag, phone, role_words, word
from boundaries.identity_numbers import has_identity_number
from boundaries.model import Person, Role
from boundaries.snapshot import DEFAULT_ROLES

_PEOPLE_COLUMNS = ("liaison", "full_time", "chief")
_DAY_ZH, _DAY_EN = "不是日期。请写成 2026-01-31", "is not a date. Write 2026-01-31"
_FLAG_ZH, _FLAG_EN = "请写“是”或“否”", "write yes or no"
# The number itself is never told again.
_IDENTITY_ZH, _IDENTITY_EN = "有身份证号。本服务不保存,请删去", "holds the number of an identity card: take it out"


def parse_people(
    table: Table,
    *,
    columns: Mapping[str, str] | None = None,
    synonyms: Synonyms | None = None,
    roles: tuple[Role, ...] = DEFAULT_ROLES,
    is_strict: bool = True,
) -> Parsed[Person]:
    """Read people in charge, a row each, or named in columns of a table of grids.

    Parameters
    ----------
    table : Table
    columns, synonyms : mapping, optional
        As for :func:`boundaries.exchange.records.parse_areas`.
    roles : tuple of Role
        The roles there are; a file without such a column names liaisons.
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
    words = role_words(roles)
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
                        words=words,
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
    if _refuse_identity(rows, index, raw, own or rows.fields.get("phone")):
        raw = None
    _refuse_identity(rows, index, cell, rows.fields.get(column))
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
    rows: Rows,
    index: int,
    *,
    number: int,
    name: str,
    own_phone: str | None,
    column: str | None,
    words: Mapping[str, str],
) -> Person:
    known = "、".join(text for text in words if not text.isascii())
    _refuse_identity(rows, index, rows.text(index, "standing"), rows.fields.get("standing"))
    own_role = column or rows.read(
        index,
        "role",
        lambda text: word(text, words) or (None if rows.is_strict else text),
        f"没有这种职务。可用:{known}",
        f"is no known role. Known are: {', '.join(sorted(set(words.values())))}",
    )
    return Person(
        id=number,
        name=name,
        role=own_role or "liaison",
        target=rows.needed(index, "target"),
        phone=own_phone,
        phone_published=rows.read(index, "phone_published", flag, _FLAG_ZH, _FLAG_EN) or False,
        standing=rows.text(index, "standing"),
        since=rows.read(index, "since", day, _DAY_ZH, _DAY_EN),
        until=rows.read(index, "until", day, _DAY_ZH, _DAY_EN),
    )


def _refuse_identity(rows: Rows, index: int, text: str | None, column: str | None) -> bool:
    """Note where a text holds the number of an identity card, and say whether it does."""
    if text is None or not has_identity_number(text):
        return False
    rows.refuse(index, column, None, _IDENTITY_ZH, _IDENTITY_EN)
    return True
