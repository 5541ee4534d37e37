"""Roles, databases and extensions: the superuser's few statements."""

from pathlib import Path
from typing import LiteralString

import psycopg

from boundaries.errors import Unavailable

SUPERUSER = "postgres"
OWNER = "microgrid_owner"
APP = "microgrid_app"
DATABASE = "microgrid"
TEMPLATE = "microgrid_template"
APP_ROLES = (OWNER, APP)
ALL_ROLES = (SUPERUSER, *APP_ROLES)

# The owner may make databases: tests and restores copy the template, which carries the extensions
# that only a superuser can create.
_ROLE_STATEMENTS: dict[str, LiteralString] = {
    OWNER: "CREATE ROLE microgrid_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE",
    APP: "CREATE ROLE microgrid_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE",
}


def prepare(socket_dir: Path, port: int) -> None:
    """Make what is missing of roles, template and database. The caller holds the lock.

    Raises
    ------
    Unavailable
        The server refuses this user, or lacks an extension.
    """
    try:
        with _connect(socket_dir, port, "postgres") as connection:
            roles = _names(connection, "SELECT rolname FROM pg_roles")
            for role, statement in _ROLE_STATEMENTS.items():
                if role not in roles:
                    connection.execute(statement)
            databases = _names(connection, "SELECT datname FROM pg_database")
            templates = _names(connection, "SELECT datname FROM pg_database WHERE datistemplate AND NOT datallowconn")
        if TEMPLATE not in templates:
            _make_template(socket_dir, port, is_begun=TEMPLATE in databases)
        if DATABASE not in databases:
            _make_database(socket_dir, port)
    except psycopg.Error as error:
        reason = str(error).strip()
        raise Unavailable(
            f"无法准备数据库的角色与扩展:{reason}",
            f"The database's roles and extensions cannot be prepared: {reason}",
        ) from error


def _make_template(socket_dir: Path, port: int, *, is_begun: bool) -> None:
    with _connect(socket_dir, port, "postgres") as connection:
        if is_begun:
            # A start killed half-way: it is made again from nothing.
            connection.execute("DROP DATABASE microgrid_template WITH (FORCE)")
        connection.execute("CREATE DATABASE microgrid_template TEMPLATE template0")
    with _connect(socket_dir, port, TEMPLATE) as connection:
        connection.execute("CREATE EXTENSION postgis")
        connection.execute("CREATE EXTENSION btree_gist")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with _connect(socket_dir, port, "postgres") as connection:
        # Closed to sessions, since an open one would forbid every copy.
        connection.execute("ALTER DATABASE microgrid_template IS_TEMPLATE true ALLOW_CONNECTIONS false")


def _make_database(socket_dir: Path, port: int) -> None:
    with _connect(socket_dir, port, "postgres") as connection:
        connection.execute("CREATE DATABASE microgrid OWNER microgrid_owner TEMPLATE microgrid_template")
        connection.execute("REVOKE ALL ON DATABASE microgrid FROM PUBLIC")
        connection.execute("GRANT CONNECT, TEMPORARY ON DATABASE microgrid TO microgrid_app")


def _connect(socket_dir: Path, port: int, database: str) -> psycopg.Connection[tuple[str]]:
    return psycopg.connect(
        host=str(socket_dir), port=port, user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=10
    )


def _names(connection: psycopg.Connection[tuple[str]], statement: LiteralString) -> set[str]:
    return {row[0] for row in connection.execute(statement)}
