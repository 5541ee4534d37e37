"""The connection to PostGIS, and the two kinds of session: reading and writing.

A writing session commits once, at its end; whatever goes wrong before, nothing is
written. What the database refuses is told as our own refusals (``refusals``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from boundaries.errors import BadInput, Unavailable
from boundaries.store.refusals import told
from boundaries.store.tables import SCHEMA

MINIMUM_POSTGRESQL = 14
MINIMUM_POSTGIS = (3, 3)
EXTENSIONS = ("postgis", "btree_gist")

_CONNECT_TIMEOUT_S = 5
_STATEMENT_TIMEOUT_S = 120
_IDLE_TIMEOUT_S = 600
# A network that falls silent is noticed in seconds, not when the kernel gives up after a quarter of an hour.
_SILENT_PEER = {"tcp_user_timeout": 10_000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}


def connect(url: str, *, statement_timeout_s: int = _STATEMENT_TIMEOUT_S, pool_size: int = 5) -> Engine:
    """Prepare a pool of connections; none is opened yet.

    Parameters
    ----------
    url : str
        ``postgresql://…`` or ``postgresql+psycopg://…``.
    statement_timeout_s : int
        Longest time for one statement, in seconds; 0 for no limit.
    pool_size : int
        Connections kept open.

    Returns
    -------
    Engine

    Raises
    ------
    BadInput
        If the address is not one of PostgreSQL.
    """
    # Compiling a query takes longer than any of ours runs.
    limits = {
        "jit": "off",
        "statement_timeout": f"{statement_timeout_s}s",
        "idle_in_transaction_session_timeout": f"{_IDLE_TIMEOUT_S}s",
    }
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    engine = create_engine(
        database_address(url),
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=pool_size * 2,
        pool_timeout=_CONNECT_TIMEOUT_S,
        connect_args={
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "application_name": "microgrid",
            "options": options,
            **_SILENT_PEER,
        },
    )
    event.listen(engine, "connect", _set_search_path)
    return engine


def database_address(url: str) -> URL:
    """The address with the driver that we use.

    Raises
    ------
    BadInput
        If it is not an address of PostgreSQL.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        address = None
    if address is None or address.get_backend_name() not in {"postgresql", "postgres"}:
        raise BadInput(
            "数据库地址无法识别。请写成 postgresql://用户:密码@主机:5432/数据库。",
            "The database address is not understood. Write it as postgresql://user:password@host:5432/database.",
        )
    return address.set(drivername="postgresql+psycopg")


def _set_search_path(connection: Any, _record: Any) -> None:  # Any: the driver's connection, as the pool hands it over
    # PostGIS may live in any schema; its functions are called by their bare names.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('search_path', concat_ws(', ', %s::text, 'public', (SELECT quote_ident(nspname)"
            " FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis')), false)",
            (SCHEMA,),
        )
    connection.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one state of the database and cannot write.

    Raises
    ------
    Unavailable
        If the database cannot be reached or goes away.
    """
    steady = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with told(), Session(steady) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that commits once, when the block ends without an exception.

    Raises
    ------
    Unavailable
        If the database cannot be reached or goes away; nothing is written then.
    Conflict
        If somebody else wrote the same things at the same time.
    BadInput
        If a value breaks a rule that the database itself holds.
    """
    with told(), Session(engine) as session, session.begin():
        yield session


def require_postgis(engine: Engine) -> None:
    """Make sure that the database is new enough and has what we need.

    Raises
    ------
    Unavailable
        If the database cannot be reached, PostgreSQL or PostGIS is too old, or an
        extension is missing and may not be made by this user.
    """
    with told(), engine.connect() as connection:
        require_versions(connection)


def require_versions(connection: Connection) -> None:
    """Check the versions, making missing extensions where this user may.

    Raises
    ------
    Unavailable
        As :func:`require_postgis`.
    """
    server = connection.dialect.server_version_info or (0,)
    if int(server[0]) < MINIMUM_POSTGRESQL:
        raise Unavailable(
            f"PostgreSQL {server[0]} 版本过低,需要 {MINIMUM_POSTGRESQL} 或更高。请升级,或改用其他数据库地址。",
            f"PostgreSQL {server[0]} is too old; {MINIMUM_POSTGRESQL} or later is needed. Upgrade it or name another.",
        )
    installed = _extensions(connection)
    for extension in EXTENSIONS:
        if extension not in installed:
            _make_extension(connection, extension)
    found = tuple(int(number) for number in _extensions(connection)["postgis"].split(".")[:2])
    if found < MINIMUM_POSTGIS:
        raise Unavailable(
            f"PostGIS {found[0]}.{found[1]} 版本过低,需要 3.3 或更高。请升级后执行 ALTER EXTENSION postgis UPDATE。",
            f"PostGIS {found[0]}.{found[1]} is too old; 3.3 or later is needed. Upgrade it, then run "
            "ALTER EXTENSION postgis UPDATE.",
        )


def _extensions(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT extname, extversion FROM pg_extension"))
    return {str(row.extname): str(row.extversion) for row in rows}


def _make_extension(connection: Connection, extension: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public"))
        connection.commit()
    except DBAPIError as error:
        raise Unavailable(
            f"数据库“{connection.engine.url.database}”没有扩展 {extension},当前用户也无权创建。"
            f"请安装 PostGIS 3.3 或更高版本,并由数据库管理员在该库执行:CREATE EXTENSION {extension};",
            f'Database "{connection.engine.url.database}" has no extension {extension}, and this user may not make it. '
            f"Install PostGIS 3.3 or later and have the administrator run there: CREATE EXTENSION {extension};",
        ) from error
