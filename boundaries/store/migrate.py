"""Bring the tables up to date, one deployer at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from boundaries.store.engine import connect, require_versions
from boundaries.store.grants import grant
from boundaries.store.refusals import told
from boundaries.store.tables import SCHEMA

_SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"
# Any number, the same for every deployer; a second one waits for the first this long.
_DEPLOYERS = 0x6D67_0001
_WAIT_FOR_DEPLOYER = "120s"


def upgrade(url: str) -> list[str]:
    """Run every step that this database has not seen, then set what the service may do.

    Parameters
    ----------
    url : str
        Address, as a role that owns the tables.

    Returns
    -------
    list of str
        The steps that were run, oldest first.

    Raises
    ------
    Unavailable
        If the database cannot be reached, PostGIS is missing or too old, or
        another deployer does not finish.
    BadInput
        If the address is not one of PostgreSQL.
    """
    with _deploying(url) as connection:
        require_versions(connection)
        before = _current(connection)
        command.upgrade(_config(connection), "head")
        grant(connection)
        connection.commit()
        return _between(before, _current(connection))


def downgrade(url: str, revision: str) -> None:
    """Take steps back to ``revision`` (``base`` for all). Data in dropped tables is lost.

    Raises
    ------
    Unavailable
        If the database cannot be reached.
    """
    with _deploying(url) as connection:
        command.downgrade(_config(connection), revision)


def current(url: str) -> str | None:
    """The step that the database is at, None before the first.

    Raises
    ------
    Unavailable
        If the database cannot be reached.
    """
    engine = connect(url)
    try:
        with told(), engine.connect() as connection:
            return _current(connection)
    finally:
        engine.dispose()


def head() -> str:
    """The newest step that this program knows."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA}).get_current_revision()


def _between(before: str | None, after: str | None) -> list[str]:
    if before == after or after is None:
        return []
    steps = ScriptDirectory.from_config(_config()).iterate_revisions(after, before or "base")
    return [step.revision for step in steps][::-1]


@contextmanager
def _deploying(url: str) -> Iterator[Connection]:
    engine = connect(url, statement_timeout_s=0, pool_size=1)
    try:
        with told(), engine.connect() as connection:
            connection.execute(text(f"SET lock_timeout = '{_WAIT_FOR_DEPLOYER}'"))
            # Held by the session, not by a transaction: every step has a transaction of its own.
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _DEPLOYERS})
            connection.commit()
            yield connection
    finally:
        engine.dispose()
