"""What the service's own role may do with the tables."""

from sqlalchemy import Connection, text

from boundaries.store.tables import JOBS_SCHEMA, SCHEMA, metadata

APP_ROLE = "microgrid_app"
# Nobody who runs the service can rewrite what was published, proved or done.
APPEND_ONLY = frozenset({"audit", "audit_seal", "audit_sealed", "certificate", "generation"})


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
    # The queue is the library's own; whoever runs the service runs all of it.
    connection.execute(text(f"GRANT USAGE ON SCHEMA {JOBS_SCHEMA} TO {APP_ROLE}"))
    connection.execute(
        text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {JOBS_SCHEMA} TO {APP_ROLE}")
    )
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {JOBS_SCHEMA} TO {APP_ROLE}"))
    return True
