"""Reviews of a draft, the day on which it is published, findings that were acknowledged."""

revision = "2026_12_01_steps"
down_revision = "2026_11_30_registers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
