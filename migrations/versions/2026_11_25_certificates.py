"""What is proved of each generation.

Generations that were published before have no certificate: it is made of the coordinates
as they are read back in the transaction that publishes them.
"""

from alembic import op

revision = "2026_11_25_certificates"
down_revision = "2026_11_24_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE microgrid.certificate (
            generation INTEGER NOT NULL,
            area_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            inner_areas TEXT[] NOT NULL,
            grids INTEGER NOT NULL,
            segments INTEGER NOT NULL,
            boundary_segments INTEGER NOT NULL,
            grids_digest BYTEA NOT NULL,
            boundary_digest BYTEA NOT NULL,
            CONSTRAINT pk_certificate PRIMARY KEY (generation, area_id),
            CONSTRAINT ck_certificate_name_filled CHECK (btrim(name) <> ''),
            CONSTRAINT ck_certificate_everything_counted
                CHECK (grids >= 0 AND segments >= 0 AND boundary_segments >= 0),
            CONSTRAINT ck_certificate_digest_sha256
                CHECK (octet_length(grids_digest) = 32 AND octet_length(boundary_digest) = 32),
            CONSTRAINT fk_certificate_generation FOREIGN KEY (generation) REFERENCES microgrid.generation (number),
            CONSTRAINT fk_certificate_area_id FOREIGN KEY (area_id) REFERENCES microgrid.area (id)
        )
        """
    )
    op.execute("CREATE INDEX ix_certificate_area_id ON microgrid.certificate (area_id)")


def downgrade() -> None:
    op.execute("DROP TABLE microgrid.certificate")
