"""What was done to drafts, so that it can be undone; and who works on which draft."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from boundaries.store.tables.base import SCHEMA, filled, metadata


def _at(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def _draft(*, is_key: bool = True) -> Column[int]:
    return Column("draft_id", ForeignKey(f"{SCHEMA}.draft.id"), primary_key=is_key, autoincrement=False)


# One act on a draft. ``revision`` is the draft's after it was first done, ``turned_at_revision`` after it was last
# done, undone or redone, and by whom. A change after an undo supersedes what was undone; nothing is thrown away.
draft_change = Table(
    "draft_change",
    metadata,
    _draft(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _at("at"),
    *filled("actor"),
    *filled("kind"),
    Column("commands", JSONB),
    Column("revision", Integer, nullable=False),
    Column("base_generation", Integer),
    Column("status", Text, nullable=False, server_default="done"),
    Column("turned_at_revision", Integer, nullable=False),
    *filled("turned_by"),
    _at("turned_at"),
    CheckConstraint("number >= 1 AND revision >= 1 AND turned_at_revision >= revision", name="numbers_counted"),
    CheckConstraint("status IN ('done', 'undone', 'superseded')", name="status_known"),
)

# The other side of each row that a change touched: what the draft had before while the change stands, what it had
# after while it is undone. Nothing in ``content`` says that the draft had no row of its own.
draft_image = Table(
    "draft_image",
    metadata,
    Column("draft_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("thing", Text, primary_key=True),
    Column("thing_id", BigInteger, primary_key=True, autoincrement=False),
    Column("content", JSONB),
    Column("version", Integer),
    ForeignKeyConstraint(["draft_id", "number"], [f"{SCHEMA}.draft_change.draft_id", f"{SCHEMA}.draft_change.number"]),
    CheckConstraint("(content IS NULL) = (version IS NULL)", name="row_or_none"),
    Index(None, "draft_id", "thing", "thing_id"),
)

# The answer to a batch that carried a key, given again to whoever sends it again.
draft_answer = Table(
    "draft_answer",
    metadata,
    _draft(),
    Column("idempotency_key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("answer", JSON, nullable=False),
    _at("at"),
    CheckConstraint("btrim(idempotency_key) <> ''", name="idempotency_key_filled"),
    CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
)

# Who has a draft open just now: a hint for the others, nothing more.
draft_lease = Table(
    "draft_lease",
    metadata,
    _draft(),
    *filled("holder"),
    _at("since"),
    Column("until", DateTime(timezone=True), nullable=False),
    CheckConstraint("until > since", name="until_later"),
)

# Who works on a draft beside its owner.
draft_share = Table(
    "draft_share",
    metadata,
    _draft(),
    Column("account", Text, primary_key=True),
    _at("since"),
    *filled("shared_by"),
    CheckConstraint("btrim(account) <> ''", name="account_filled"),
)
