"""What writers tell and readers hear: NOTIFY when a transaction commits, and marks to poll behind it.

A notice can be lost with its connection, so who listens compares the marks as well.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Engine, Numeric, Table, Text, cast, func, literal_column, select
from sqlalchemy.orm import Session

from boundaries.store import tables
from boundaries.store.refusals import told

Bulletin = Literal["generation", "access", "register"]

Hear = Callable[[float], frozenset[Bulletin]]
Mark = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands: other marks mean that something was written.

    Attributes
    ----------
    generation : int or None
        The newest one.
    access : tuple of Mark
        Of keys and of settings: how many rows, and the sum of the transactions that wrote them.
    """

    generation: int | None
    access: tuple[Mark, ...]


def announce(session: Session, what: Bulletin, detail: str = "") -> None:
    """Tell every listener, when the transaction commits."""
    session.execute(select(func.pg_notify(channel(what), detail)))


def channel(what: Bulletin) -> str:
    """Name under which PostgreSQL passes a bulletin on."""
    return f"microgrid_{what}"


def read_marks(session: Session) -> Marks:
    """The marks of generations and of who may see what."""
    newest = session.execute(select(func.max(tables.generation.c.number))).scalar_one()
    return Marks(newest, (_mark(session, tables.api_key), _mark(session, tables.setting)))


def read_register_marks(session: Session) -> tuple[Mark, ...]:
    """The marks of the registers that look-ups tell from: shops and their grids, and people in charge."""
    told = (tables.shop_record, tables.shop_grid, tables.charge, tables.person, tables.person_record)
    return tuple(_mark(session, table) for table in told)


def _mark(session: Session, table: Table) -> Mark:
    # The number of the transaction that wrote a row; every change of a row writes a new one. Their sum, not the
    # youngest: of two transactions the one that began first may commit last.
    written = cast(cast(literal_column(f"{table.fullname}.xmin"), Text), Numeric)
    row = session.execute(select(func.count(), func.coalesce(func.sum(written), 0)).select_from(table)).one()
    return (int(row[0]), int(row[1]))


@contextmanager
def listening(engine: Engine) -> Iterator[Hear]:
    """Listen on a connection of its own.

    Yields
    ------
    callable
        Waits at most so many seconds, and gives what was announced meanwhile.

    Raises
    ------
    Unavailable
        If the database cannot be reached or goes away.
    """
    names = {channel(what): what for what in get_args(Bulletin)}
    with told(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in names:
            connection.exec_driver_sql(f"LISTEN {name}")
        driver = connection.connection.driver_connection
        if driver is None:  # a pool that has let go of its connection: the caller connects again
            yield lambda _: frozenset()
            return

        def hear(timeout_s: float) -> frozenset[Bulletin]:
            heard = driver.notifies(timeout=timeout_s, stop_after=1)
            return frozenset(names[notice.channel] for notice in heard)

        try:
            yield hear
        finally:
            # The connection goes back into the pool: nobody there listens.
            if not driver.closed:
                connection.exec_driver_sql("UNLISTEN *")
