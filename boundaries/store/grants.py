"""What the service's own role may do with the tables."""

from sqlalchemy import Connection, text

from boundaries.store.tables import SCHEMA, metadata

APP_ROLE = "microgrid_app"
# Nobody who runs the service can rewrite what was published, proved or done.
APPEND_ONLY = frozenset({"audit", "certificate", "generation"})


def grant(connection: Connection) -> bool:
    """Give the service's role its rights; run after every upgrade, harmless to repeat.

    Parameters
    ----------
    connection : Connection
        As the owner of the tables.

    Returns
    -------
    bool
        Whether there is such a role; a database of another office may do without.
    """
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": APP_ROLE}).first()
    if known is None:
        return False
    connection.execute(text(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP_ROLE}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {APP_ROLE}"))
    connection.execute(text(f"GRANT SELECT ON {SCHEMA}.alembic_version TO {APP_ROLE}"))
    for table in metadata.sorted_tables:
        rights = "SELECT, INSERT" if table.name in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(text(f"REVOKE ALL ON {table.fullname} FROM {APP_ROLE}"))
        connection.execute(text(f"GRANT {rights} ON {table.fullname} TO {APP_ROLE}"))
    return True
