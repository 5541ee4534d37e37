"""What upkeep asks of a database: versions, counts, emptiness, rights."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from boundaries.store import tables
from boundaries.store.grants import APP_ROLE, APPEND_ONLY
from boundaries.store.tables import JOBS_SCHEMA, SCHEMA, metadata

# Rows that the migrations themselves write; a database with nothing else holds no work.
_FIXED_LISTS = frozenset({"alembic_version", "area_level", "grid_kind", "pay_rate", "role", "setting"})


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What a database is and holds.

    Attributes
    ----------
    postgresql, postgis : str
        Versions; an empty text where PostGIS is missing.
    revision : str or None
        The migration that it is at.
    generation : int or None
        The newest published one.
    size_bytes : int
        On disk.
    """

    postgresql: str
    postgis: str
    revision: str | None
    generation: int | None
    size_bytes: int


def describe(connection: Connection) -> DatabaseState:
    """Versions, revision, generation and size of a database."""
    server = connection.execute(
        text(
            "SELECT current_setting('server_version') AS postgresql, pg_database_size(current_database()) AS size,"
            " (SELECT extversion FROM pg_extension WHERE extname = 'postgis') AS postgis"
        )
    ).one()
    names = _tables(connection)
    revision = generation = None
    if "alembic_version" in names:
        revision = connection.execute(text(f"SELECT version_num FROM {SCHEMA}.alembic_version")).scalar()  # noqa: S608 - a constant
    if "generation" in names:
        generation = connection.execute(select(func.max(tables.generation.c.number))).scalar()
    return DatabaseState(str(server.postgresql), str(server.postgis or ""), revision, generation, int(server.size))


def server_major(connection: Connection) -> int:
    """The server's major version."""
    return int((connection.dialect.server_version_info or (0,))[0])


def export_snapshot(connection: Connection) -> str:
    """Open a snapshot that ``pg_dump`` can share; it lives as long as the connection's transaction."""
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    return str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows of every table, by the table's name."""
    return {
        name: int(connection.execute(text(f'SELECT count(*) FROM {SCHEMA}."{name}"')).scalar_one())  # noqa: S608 - a name that the catalogue gave
        for name in _tables(connection)
    }


def last_audit_digest(connection: Connection) -> str | None:
    """The digest that ends the audit trail, in hexadecimal: of its last seal, of an older service's last entry."""
    names = _tables(connection)
    chain = next((table for table in (tables.audit_seal, tables.audit) if table.name in names), None)
    if chain is None:
        return None
    digest = connection.execute(select(chain.c.digest).order_by(chain.c.number.desc()).limit(1)).scalar()
    return digest.hex() if digest is not None else None


def is_blank(connection: Connection) -> bool:
    """Whether a database holds no table of ours, or only such as were just made."""
    return not any(count for name, count in count_rows(connection).items() if name not in _FIXED_LISTS)


def clear(connection: Connection) -> None:
    """Drop everything of ours."""
    for schema in (SCHEMA, JOBS_SCHEMA):
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))


def make_app_role(connection: Connection) -> bool:
    """See that the service's role exists; False where it does not and this user may not make it."""
    known = text("SELECT 1 FROM pg_roles WHERE rolname = :name")
    if connection.execute(known, {"name": APP_ROLE}).first() is not None:
        return True
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE ROLE {APP_ROLE} NOLOGIN"))
    except DBAPIError:
        return False
    return True


def wrong_rights(connection: Connection) -> list[str]:
    """What the service's role may do but must not, or must be able to and cannot: ``table right``."""
    wrong = []
    for table in metadata.sorted_tables:
        wanted = {"SELECT", "INSERT"} if table.name in APPEND_ONLY else {"SELECT", "INSERT", "UPDATE", "DELETE"}
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            question = text("SELECT has_table_privilege(:role, :table, :right)")
            given = connection.execute(question, {"role": APP_ROLE, "table": table.fullname, "right": right})
            if given.scalar_one() is not (right in wanted):
                wrong.append(f"{table.name} {right}")
    return wrong


def _tables(connection: Connection) -> list[str]:
    statement = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY tablename")
    return [str(name) for name in connection.execute(statement, {"schema": SCHEMA}).scalars()]
