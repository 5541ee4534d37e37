"""The queue of background jobs, in a schema of its own."""

revision = "2026_11_29_jobs"
down_revision = "2026_11_28_sealing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
