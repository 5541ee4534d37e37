"""The audit trail sealed in order after it is written."""

revision = "2026_11_28_sealing"
down_revision = "2026_11_27_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
