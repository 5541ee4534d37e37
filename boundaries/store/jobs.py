"""What waits in the queue of background jobs, read where it stands; only ``api.jobs`` writes it."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from boundaries.store.tables import JOBS_SCHEMA


def count_due_jobs(session: Session) -> int:
    """Jobs that should have begun and have not: without a worker they grow in number."""
    query = text(
        f"SELECT count(*) FROM {JOBS_SCHEMA}.procrastinate_jobs"  # noqa: S608 - a constant
        " WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()"
    )
    return int(session.execute(query).scalar_one())
