"""First tables.

Written as SQL beside this file: it must say for ever what was built on that day,
whatever the tables in ``boundaries.store`` say later.
"""

from pathlib import Path

from alembic import op

revision = "2026_11_24_first"
down_revision: str | None = None
branch_labels = None
depends_on = None

_TABLES = (
    "charge person household_count shop_record street water wall "
    "assignment_state part_state building_state compound_state micro_grid_state area_state "
    "assignment part building compound micro_grid_code micro_grid shop "
    "finding api_key audit setting role grid_kind area_level"
)


def upgrade() -> None:
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(
        Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    )


def downgrade() -> None:
    for table in _TABLES.split():
        op.execute(f"DROP TABLE microgrid.{table}")
    # A generation names its draft and a draft its base generation.
    op.execute("ALTER TABLE microgrid.generation DROP CONSTRAINT fk_generation_draft_id")
    for table in ("draft", "generation", "area", "source"):
        op.execute(f"DROP TABLE microgrid.{table}")
    op.execute("DROP SEQUENCE microgrid.micro_grid_rank_seq")
