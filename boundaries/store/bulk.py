"""Many rows at once: COPY into a temporary table, and permanent numbers for what is new."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import BigInteger, Column, CursorResult, Executable, MetaData, Table, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from boundaries.errors import BadInput
from boundaries.store import tables
from boundaries.store.overlay import ASSIGNMENT, GRID, Thing
from geo.crs import round_to_storage

_SRID = 4490
_NAMED = 5

Values = Sequence[Any]  # one row for COPY; Any: each column has a type of its own


def copy_rows(session: Session, table: Table, columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Write rows with COPY.

    Parameters
    ----------
    table : Table
        One of ours, or a temporary one without a schema.
    columns : sequence of str
    rows : iterable of sequence
        Values in the order of the columns; shapes as :func:`to_database` gives them.
    """
    name = sql.Identifier(*([table.schema] if table.schema else []), table.name)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(name, sql.SQL(", ").join(map(sql.Identifier, columns)))
    driver = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def affected(session: Session, statement: Executable) -> int:
    """Run an INSERT, UPDATE or DELETE and say how many rows it touched."""
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(cast("CursorResult[Any]", result).rowcount)


def incoming(session: Session, like: Table, columns: Sequence[str], rows: Iterable[Values]) -> Table:
    """A temporary table with these columns of ``like``, filled and analysed.

    It is dropped when the transaction ends, or by the next call.
    """
    connection = session.connection()
    table = Table(
        "incoming",
        MetaData(),
        *(Column(name, like.c[name].type) for name in columns),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.incoming"))
    table.create(connection, checkfirst=False)
    copy_rows(session, table, columns, rows)
    connection.execute(text("ANALYZE pg_temp.incoming"))
    return table


def to_database(shapes: Sequence[Any], codes: Sequence[str], *, noun_zh: str, noun_en: str) -> NDArray[Any]:
    """Shapes as the database takes them, after making sure that it will.

    Parameters
    ----------
    shapes : sequence of shapely geometry
        In EPSG:4490, rounded by :func:`geo.crs.round_to_storage`.
    codes : sequence of str
        Of the things, to name them in a refusal.
    noun_zh, noun_en : str
        What the things are.

    Returns
    -------
    ndarray of str
        EWKB in hexadecimal.

    Raises
    ------
    BadInput
        If a shape is missing, empty, invalid, or off the storage grid.
    """
    array = np.asarray(shapes, dtype=object)
    _refuse(
        ~shapely.is_valid(array) | shapely.is_empty(array) | shapely.is_missing(array),
        codes,
        f"{noun_zh}图形为空或自相交",
        f"{noun_en} whose shape is missing, empty or crosses itself",
        ("请在制图软件中修复几何后再导入。", "Mend the geometry in the drawing program, then load it."),
    )
    coordinates, owners = shapely.get_coordinates(array, return_index=True)
    off = np.zeros(len(array), dtype=bool)
    off[owners[(coordinates != round_to_storage(coordinates)).any(axis=1)]] = True
    _refuse(
        off | shapely.has_z(array),
        codes,
        f"{noun_zh}坐标不在 1e-9 度的存储网格上",
        f"{noun_en} with coordinates off the storage grid of 1e-9 degree",
        ("请用 load 导入,由它换算坐标。", "Bring it in with load, which converts coordinates."),
    )
    return np.asarray(shapely.to_wkb(shapely.set_srid(array, _SRID), hex=True, include_srid=True))


def _refuse(bad: NDArray[np.bool_], codes: Sequence[str], zh: str, en: str, way_out: tuple[str, str]) -> None:
    named = [codes[index] for index in np.flatnonzero(bad).tolist()]
    if named:
        more_zh = f" 等 {len(named)} 个" if len(named) > _NAMED else ""
        more_en = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        raise BadInput(
            f"{zh}:{'、'.join(named[:_NAMED])}{more_zh}。{way_out[0]}",
            f"{en}: {', '.join(named[:_NAMED])}{more_en}. {way_out[1]}",
        )


def require_distinct(codes: Sequence[str], *, noun_zh: str, noun_en: str) -> None:
    """Make sure that no code stands twice in what is being written.

    Raises
    ------
    BadInput
        If one does.
    """
    times = Counter(codes)
    _refuse(
        np.array([times[code] > 1 for code in codes], dtype=np.bool_),
        codes,
        f"{noun_zh}编码在同一批数据中出现两次",
        f"{noun_en} whose code stands twice in the same data",
        ("请改正其中一个编码。", "Correct one of the codes."),
    )


def known_ids(session: Session, thing: Thing, codes: Iterable[str]) -> dict[str, int]:
    """Permanent numbers of the codes that were ever given."""
    table = tables.micro_grid_code if thing is GRID else thing.identity
    number = table.c.micro_grid_id if thing is GRID else table.c.id
    query = select(table.c.code, number).where(table.c.code == func.any(bindparam("codes", type_=ARRAY(Text))))
    rows = session.execute(query, {"codes": sorted(set(codes))})
    return {row[0]: row[1] for row in rows}


def require_ids(
    session: Session, thing: Thing, codes: Iterable[str | None], *, noun_zh: str, noun_en: str
) -> dict[str | None, int | None]:
    """Permanent numbers of codes that others refer to; None stays None.

    Raises
    ------
    BadInput
        If a code was never given.
    """
    wanted = {code for code in codes if code is not None}
    found: dict[str | None, int | None] = dict(known_ids(session, thing, wanted).items())
    missing = sorted(wanted.difference(found))
    _refuse(
        np.ones(len(missing), dtype=bool),
        missing,
        f"引用的{noun_zh}不存在",
        f"There is no {noun_en}",
        (f"请先导入该{noun_zh},或改正编码。", f"Load the {noun_en} first, or correct the code."),
    )
    return found | {None: None}


def registered_ids(session: Session, thing: Thing, codes: Sequence[str]) -> dict[str, int]:
    """Permanent numbers of codes, giving new ones, in the order of ``codes``, to those without."""
    found = known_ids(session, thing, codes)
    new = [code for code in codes if code not in found]
    if not new:
        return found
    numbers = next_numbers(session, thing.identity, len(new))
    given = dict(zip(new, numbers, strict=True))
    if thing is GRID:
        query = select(tables.micro_grid_rank.next_value()).select_from(func.generate_series(1, len(new)))
        ranks = sorted(session.execute(query).scalars())
        copy_rows(session, tables.micro_grid, ("id", "rank"), zip(numbers, ranks, strict=True))
        copy_rows(session, tables.micro_grid_code, ("code", "micro_grid_id"), given.items())
    else:
        copy_rows(session, thing.identity, ("code", "id"), given.items())
    return found | given


def registered_assignments(session: Session, column: str, premises: Sequence[int]) -> dict[int, int]:
    """Permanent numbers of the assignments of premises, giving new ones to those without.

    Parameters
    ----------
    column : {"building_id", "compound_id", "shop_id"}
    premises : sequence of int
        Permanent numbers of the premises.
    """
    table = ASSIGNMENT.identity
    wanted = bindparam("premises", type_=ARRAY(BigInteger))
    query = select(table.c[column], table.c.id).where(table.c[column] == func.any(wanted))
    rows = session.execute(query, {"premises": list(premises)})
    found: dict[int, int] = {row[0]: row[1] for row in rows}
    new = [number for number in premises if number not in found]
    if new:
        given = dict(zip(new, next_numbers(session, table, len(new)), strict=True))
        copy_rows(session, table, (column, "id"), given.items())
        found |= given
    return found


def next_numbers(session: Session, table: Table, count: int) -> list[int]:
    """Permanent numbers for new rows of a table, ascending."""
    sequence = func.pg_get_serial_sequence(table.fullname, "id")
    query = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
    return sorted(session.execute(query).scalars())
