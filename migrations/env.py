"""Run the steps on the connection that the caller hands in.

There is no ``alembic.ini`` and no address here: ``boundaries.store.migrate`` opens the
connection, holds the lock between deployers, and passes it as ``attributes["connection"]``.
"""

from alembic import context
from sqlalchemy import Connection, text

from boundaries.store.tables import SCHEMA, metadata

# A step that cannot have its lock at once gives way to the service rather than hold it up.
LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "60s"


def run(connection: Connection) -> None:
    """Run each step in a transaction of its own, with its time limits."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=lambda name, kind, _parents: kind != "schema" or name == SCHEMA,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
