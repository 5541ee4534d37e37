"""Changes of a draft, kept whole so that each can be undone; leases and shares.

What was drawn in a draft before has no change of its own: it stands as it is and is not undone.
"""

from alembic import op

revision = "2026_11_26_changes"
down_revision = "2026_11_25_certificates"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE microgrid.draft_change (
        draft_id BIGINT NOT NULL,
        number INTEGER NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        actor TEXT NOT NULL,
        kind TEXT NOT NULL,
        commands JSONB,
        revision INTEGER NOT NULL,
        base_generation INTEGER,
        status TEXT DEFAULT 'done' NOT NULL,
        turned_at_revision INTEGER NOT NULL,
        turned_by TEXT NOT NULL,
        turned_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_draft_change PRIMARY KEY (draft_id, number),
        CONSTRAINT ck_draft_change_actor_filled CHECK (btrim(actor) <> ''),
        CONSTRAINT ck_draft_change_kind_filled CHECK (btrim(kind) <> ''),
        CONSTRAINT ck_draft_change_turned_by_filled CHECK (btrim(turned_by) <> ''),
        CONSTRAINT ck_draft_change_numbers_counted
            CHECK (number >= 1 AND revision >= 1 AND turned_at_revision >= revision),
        CONSTRAINT ck_draft_change_status_known CHECK (status IN ('done', 'undone', 'superseded')),
        CONSTRAINT fk_draft_change_draft_id FOREIGN KEY (draft_id) REFERENCES microgrid.draft (id)
    )
    """,
    """
    CREATE TABLE microgrid.draft_image (
        draft_id BIGINT NOT NULL,
        number INTEGER NOT NULL,
        thing TEXT NOT NULL,
        thing_id BIGINT NOT NULL,
        content JSONB,
        version INTEGER,
        CONSTRAINT pk_draft_image PRIMARY KEY (draft_id, number, thing, thing_id),
        CONSTRAINT fk_draft_image_draft_id_number FOREIGN KEY (draft_id, number)
            REFERENCES microgrid.draft_change (draft_id, number),
        CONSTRAINT ck_draft_image_row_or_none CHECK ((content IS NULL) = (version IS NULL))
    )
    """,
    "CREATE INDEX ix_draft_image_draft_id_thing_thing_id ON microgrid.draft_image (draft_id, thing, thing_id)",
    """
    CREATE TABLE microgrid.draft_answer (
        draft_id BIGINT NOT NULL,
        idempotency_key TEXT NOT NULL,
        digest BYTEA NOT NULL,
        answer JSON NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_draft_answer PRIMARY KEY (draft_id, idempotency_key),
        CONSTRAINT ck_draft_answer_idempotency_key_filled CHECK (btrim(idempotency_key) <> ''),
        CONSTRAINT ck_draft_answer_digest_sha256 CHECK (octet_length(digest) = 32),
        CONSTRAINT fk_draft_answer_draft_id FOREIGN KEY (draft_id) REFERENCES microgrid.draft (id)
    )
    """,
    """
    CREATE TABLE microgrid.draft_lease (
        draft_id BIGINT NOT NULL,
        holder TEXT NOT NULL,
        since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        until TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_draft_lease PRIMARY KEY (draft_id),
        CONSTRAINT ck_draft_lease_holder_filled CHECK (btrim(holder) <> ''),
        CONSTRAINT ck_draft_lease_until_later CHECK (until > since),
        CONSTRAINT fk_draft_lease_draft_id FOREIGN KEY (draft_id) REFERENCES microgrid.draft (id)
    )
    """,
    """
    CREATE TABLE microgrid.draft_share (
        draft_id BIGINT NOT NULL,
        account TEXT NOT NULL,
        since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        shared_by TEXT NOT NULL,
        CONSTRAINT pk_draft_share PRIMARY KEY (draft_id, account),
        CONSTRAINT ck_draft_share_shared_by_filled CHECK (btrim(shared_by) <> ''),
        CONSTRAINT ck_draft_share_account_filled CHECK (btrim(account) <> ''),
        CONSTRAINT fk_draft_share_draft_id FOREIGN KEY (draft_id) REFERENCES microgrid.draft (id)
    )
    """,
)


def upgrade() -> None:
    op.execute("ALTER TABLE microgrid.draft ADD COLUMN owner TEXT")
    op.execute("ALTER TABLE microgrid.draft ADD CONSTRAINT ck_draft_owner_filled CHECK (btrim(owner) <> '')")
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in ("draft_share", "draft_lease", "draft_answer", "draft_image", "draft_change"):
        op.execute(f"DROP TABLE microgrid.{table}")
    op.execute("ALTER TABLE microgrid.draft DROP COLUMN owner")
