"""Changes of a draft, kept whole so that each can be undone; leases and shares."""

revision = "2026_11_26_changes"
down_revision = "2026_11_25_certificates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
