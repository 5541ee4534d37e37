"""The queue of background jobs, in a schema of its own."""

from contextlib import closing

from alembic import op
from procrastinate.schema import SchemaManager

revision = "2026_11_29_jobs"
down_revision = "2026_11_28_sealing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS jobs")
    # The library's own tables and functions, of the version that pyproject.toml names; it calls them without a schema.
    op.execute("SELECT set_config('search_path', 'jobs, ' || current_setting('search_path'), true)")
    # Past SQLAlchemy, which would take its percent signs for parameters.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(SchemaManager.get_schema())


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
