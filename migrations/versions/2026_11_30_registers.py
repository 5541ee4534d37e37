"""What the registers need: earlier phones, photos, rates and factors of pay."""

revision = "2026_11_30_registers"
down_revision = "2026_11_29_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
