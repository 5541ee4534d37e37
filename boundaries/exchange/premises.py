"""Tables as premises (buildings, compounds, shops) and the lines around them.

What a file leaves without a code gets the key by which a second load finds it
again: compound and number for a building, the name for a compound, the credit
code, else street, door number and name, for a shop, else what it is and where.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import shapely

from boundaries.exchange.headers import Synonyms
from boundaries.exchange.rows import Parsed, Rows
from boundaries.exchange.tables import Table
from boundaries.exchange.values import SIDES, STATES, count, first_number, flag, word
from boundaries.model import Building, Compound, Shop, ShopState, Street, StreetSide, Wall, Water

_NUMBER_ZH, _NUMBER_EN = "不是整数。请只写数字", "is not a whole number. Write digits only"
_FLAG_ZH, _FLAG_EN = "请写“是”或“否”", "write yes or no"
_COUNTS = ("entrances", "dwellings", "households", "rented", "garages")
_CREDIT_LENGTHS = {15, 18}
Columns = Mapping[str, str]


def content_key(shape: Any) -> str:
    """A key made of the shape itself, for what has neither code nor name.

    Parameters
    ----------
    shape : shapely geometry

    Returns
    -------
    str
        The same for the same coordinates, whichever end they begin at.
    """
    text = shapely.to_wkb(shapely.normalize(shape), byte_order=1)
    return "k" + hashlib.blake2b(text, digest_size=8).hexdigest()


def parse_buildings(
    table: Table,
    *,
    columns: Columns | None = None,
    synonyms: Synonyms | None = None,
    is_strict: bool = True,
    may_lack_shapes: bool = False,
) -> Parsed[Building]:
    """Read buildings, by outline or by point.

    Parameters
    ----------
    table : Table
    columns : mapping, optional
        Field -> header, given by hand.
    synonyms : mapping, optional
        An office's own headers.
    is_strict : bool
        Refuse what checks could only report.
    may_lack_shapes : bool
        Let a table without shapes in, each row with an empty polygon: an update of what stands.

    Returns
    -------
    Parsed of Building
        ``code`` is the file's, else ``compound/number``.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file has neither codes nor numbers, or no shapes.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    rows = Rows.of(table, "buildings", columns=columns, synonyms=synonyms, is_strict=is_strict)
    if is_strict and "code" not in rows.fields:
        rows.require("number")
    rows.check_code("code")
    shapes = rows.shapes_or_none("polygon", "point") if may_lack_shapes else rows.shapes("polygon", "point")
    values = []
    for index in range(len(rows)):
        number = rows.text(index, "number")
        compound = rows.text(index, "compound")
        key = f"{compound}/{number}" if compound and number else number
        code = rows.text(index, "code") or key or (None if is_strict else str(int(table.row_numbers[index])))
        if code is None:
            rows.needed(index, "number")
        counts = {name: rows.read(index, name, count, _NUMBER_ZH, _NUMBER_EN) for name in _COUNTS}
        floors = rows.read(index, "floors", first_number, "不是层数。请只写数字", "is no number of floors")
        values.append(Building(index + 1, code or "", number or "", shapes[index], compound, floors, **counts))
    rows.unique((value.code for value in values), "code" if "code" in rows.fields else "number")
    return rows.parsed(values)


def parse_compounds(
    table: Table,
    *,
    columns: Columns | None = None,
    synonyms: Synonyms | None = None,
    is_strict: bool = True,
    may_lack_shapes: bool = False,
) -> Parsed[Compound]:
    """Read compounds; parameters, result and refusals as for :func:`parse_buildings`.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file has neither codes nor names, or no shapes.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    rows = Rows.of(table, "compounds", columns=columns, synonyms=synonyms, is_strict=is_strict)
    if is_strict and "code" not in rows.fields:
        rows.require("name")
    rows.check_code("code")
    shapes = rows.shapes_or_none("polygon") if may_lack_shapes else rows.shapes("polygon")
    values = []
    for index in range(len(rows)):
        name = rows.text(index, "name")
        code = rows.text(index, "code") or name or (None if is_strict else str(int(table.row_numbers[index])))
        if code is None:
            rows.needed(index, "name")
        managed = rows.read(index, "property_managed", flag, _FLAG_ZH, _FLAG_EN)
        resettled = rows.read(index, "resettlement", flag, _FLAG_ZH, _FLAG_EN)
        values.append(Compound(index + 1, code or "", name or code or "", shapes[index], managed, resettled))
    rows.unique((value.code for value in values), "code" if "code" in rows.fields else "name")
    return rows.parsed(values)


def parse_shops(
    table: Table,
    *,
    columns: Columns | None = None,
    synonyms: Synonyms | None = None,
    is_strict: bool = True,
    may_lack_shapes: bool = False,
) -> Parsed[Shop]:
    """Read shops by their door points; parameters as for :func:`parse_buildings`.

    Returns
    -------
    Parsed of Shop
        ``code`` is the credit code, else the file's own, else street, door number and name.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file has neither codes nor names, or no points.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    rows = Rows.of(table, "shops", columns=columns, synonyms=synonyms, is_strict=is_strict)
    if is_strict and not {"code", "credit_code"} & set(rows.fields):
        rows.require("name")
    rows.check_code("code")
    rows.check_code("credit_code")
    doors = rows.shapes_or_none("point") if may_lack_shapes else rows.shapes("point")
    values = [_shop(rows, index, doors[index]) for index in range(len(rows))]
    rows.unique((value.code for value in values), "credit_code" if "credit_code" in rows.fields else "code")
    return rows.parsed(values)


def _shop(rows: Rows, index: int, door: Any) -> Shop:
    credit = rows.text(index, "credit_code")
    if credit is not None and rows.is_strict and not (credit.isalnum() and len(credit) in _CREDIT_LENGTHS):
        rows.refuse(
            index, rows.fields["credit_code"], credit,
            f"统一社会信用代码应为 18 位,这里是 {len(credit)} 位。请核对,没有就留空",
            f"a credit code has 18 characters, this one {len(credit)}. Correct it or leave it blank",
        )  # fmt: skip
    name, number, street = (rows.text(index, field) for field in ("name", "door_number", "street"))
    told = " ".join(part for part in (street, number, name) if part)
    code = credit or rows.text(index, "code")
    if code is None and not number and told and not rows.is_strict:
        code = f"{told} {content_key(door)}"
    if code is None and not told:
        code = "" if rows.is_strict else str(int(rows.table.row_numbers[index]))
        if rows.is_strict:
            rows.needed(index, "name")
    side = rows.read(index, "side", lambda text: word(text, SIDES), "请写“左”或“右”", "write left or right")
    state = rows.read(
        index, "state", lambda text: word(text, STATES), "请写“营业”“空置”或“关闭”", "write open, vacant or closed"
    )
    return Shop(
        id=index + 1,
        code=code if code is not None else told,
        name=name or "",
        door=door,
        door_number=number,
        credit_code=credit,
        street=street,
        side=cast(StreetSide | None, side),
        trade=rows.text(index, "trade"),
        state=cast(ShopState, state or "open"),
        contact=rows.text(index, "contact"),
    )


def parse_streets(
    table: Table, *, columns: Columns | None = None, synonyms: Synonyms | None = None, is_strict: bool = True
) -> Parsed[Street]:
    """Read centre lines; pieces of one name without codes are one street.

    Parameters and refusals as for :func:`parse_buildings`.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file has no shapes.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    rows = Rows.of(table, "streets", columns=columns, synonyms=synonyms, is_strict=is_strict)
    rows.check_code("code")
    lines = rows.shapes("line")
    rows.finish()
    groups: dict[str, list[int]] = {}
    for index in range(len(rows)):
        key = rows.text(index, "code") or rows.text(index, "name") or content_key(lines[index])
        groups.setdefault(key, []).append(index)
    if "code" in rows.fields:
        rows.unique((rows.text(index, "code") or "" for index in range(len(rows))), "code")
        rows.finish()
    values = []
    for number, (key, members) in enumerate(groups.items(), start=1):
        pieces = shapely.get_parts(np.asarray([lines[index] for index in members], dtype=object))
        line: Any = pieces[0] if len(pieces) == 1 else shapely.multilinestrings(pieces)
        values.append(Street(number, key, rows.text(members[0], "name") or "", line))
    numbers = tuple(int(table.row_numbers[members[0]]) for members in groups.values())
    return Parsed(tuple(values), numbers, table, rows.fields)


def parse_waters(
    table: Table, *, columns: Columns | None = None, synonyms: Synonyms | None = None, is_strict: bool = True
) -> Parsed[Water]:
    """Read water, lines or polygons; parameters and refusals as for :func:`parse_buildings`.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file has no shapes.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    rows = Rows.of(table, "waters", columns=columns, synonyms=synonyms, is_strict=is_strict)
    rows.check_code("code")
    shapes = rows.shapes("polygon", "line")
    rows.finish()
    names = Counter(rows.text(index, "name") for index in range(len(rows)))
    values = []
    for index in range(len(rows)):
        name = rows.text(index, "name")
        named = name if name and names[name] == 1 else None
        key = rows.text(index, "code") or named or content_key(shapes[index])
        values.append(Water(index + 1, key, name or "", shapes[index]))
    rows.unique((value.code for value in values), "code")
    return rows.parsed(values)


def parse_walls(
    table: Table, *, columns: Columns | None = None, synonyms: Synonyms | None = None, is_strict: bool = True
) -> Parsed[Wall]:
    """Read walls; a closed outline counts as the line round it. As :func:`parse_buildings`.

    Raises
    ------
    RefusedRows
        If any row cannot be used.
    BadInput
        If the file has no shapes.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    rows = Rows.of(table, "walls", columns=columns, synonyms=synonyms, is_strict=is_strict)
    rows.check_code("code")
    shapes = rows.shapes("line", "polygon")
    rows.finish()
    lines = [shape.boundary if shape.geom_type.endswith("Polygon") else shape for shape in shapes]
    values = [Wall(index + 1, rows.text(index, "code") or content_key(line), line) for index, line in enumerate(lines)]
    rows.unique((value.code for value in values), "code")
    return rows.parsed(values)
