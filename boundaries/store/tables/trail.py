"""The audit trail, and the seals that chain it."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSON

from boundaries.store.tables.base import SCHEMA, filled, metadata

# Written with the deed and by nobody waited for; numbers may have holes and come late, so the order that counts is
# that of the seals. ``detail`` is JSON as text: JSONB would rewrite numbers, and digests are over what stands there.
# Only entries of an older service have a digest of their own, over the one before it.
audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    *filled("actor"),
    *filled("action"),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("digest", LargeBinary),
    CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
    UniqueConstraint("digest"),
    Index(None, "subject"),
    Index(None, "at"),
)

# Entries that no seal holds yet.
audit_waiting = Table(
    "audit_waiting",
    metadata,
    Column("entry", ForeignKey(f"{SCHEMA}.audit.number"), primary_key=True, autoincrement=False),
)

# A chain: each seal is over the one before it and over all that came since, so nothing can be changed or taken out
# unseen.
audit_seal = Table(
    "audit_seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("previous", BigInteger, ForeignKey(f"{SCHEMA}.audit_seal.number")),
    Column("sealed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("first_position", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    CheckConstraint(
        "(number = 1 AND previous IS NULL) OR (number > 1 AND previous IS NOT NULL AND previous = number - 1)",
        name="gapless",
    ),
    CheckConstraint("first_position >= 1 AND entries >= 1", name="entries_counted"),
    CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
    UniqueConstraint("previous"),
    UniqueConstraint("digest"),
)

# Where each entry stands under the seals. It outlives the entry: what was thrown away after its years is still counted.
audit_sealed = Table(
    "audit_sealed",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", BigInteger, nullable=False, unique=True),
    Column("seal", ForeignKey(f"{SCHEMA}.audit_seal.number"), nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),
    CheckConstraint("position >= 1", name="position_counted"),
    CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
)
