"""Accounts, the roles they hold, their sessions, and API keys."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from boundaries.store.tables.base import filled, identifier, metadata, reference


def _now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


# ``name`` is in the one spelling of boundaries.accounts.account_name. Who signs in elsewhere has no password.
account = Table(
    "account",
    metadata,
    identifier(),
    *filled("name"),
    *filled("display_name"),
    Column("password_hash", Text),
    Column("must_change", Boolean, nullable=False, server_default=text("false")),
    Column("issuer", Text),
    Column("subject", Text),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("locked_until", DateTime(timezone=True)),
    Column("disabled_at", DateTime(timezone=True)),
    *filled("created_by"),
    _now("created_at"),
    CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="identity_whole"),
    CheckConstraint("failed >= 0", name="failed_counted"),
    UniqueConstraint("name"),
    UniqueConstraint("issuer", "subject"),
)

# The area is that in which the role is held, none for everywhere.
account_role = Table(
    "account_role",
    metadata,
    identifier(),
    reference("account_id", "account.id", index=False),
    Column("role", Text, nullable=False),
    reference("area_id", "area.id", nullable=True),
    Column("department", Text),
    *filled("granted_by"),
    _now("granted_at"),
    CheckConstraint(
        "role IN ('viewer', 'registrar', 'planner', 'reviewer', 'publisher', 'system_admin', 'security_admin', "
        "'auditor')",
        name="role_known",
    ),
    UniqueConstraint("account_id", "role", "area_id"),
    Index("uq_account_role_everywhere", "account_id", "role", unique=True, postgresql_where=text("area_id IS NULL")),
)

# A session is known by the digest of its token; the token is with the browser only.
account_session = Table(
    "account_session",
    metadata,
    identifier(),
    reference("account_id", "account.id"),
    Column("digest", LargeBinary, nullable=False, unique=True),
    _now("created_at"),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
    CheckConstraint("ends_at > created_at", name="ends_later"),
)

api_key = Table(
    "api_key",
    metadata,
    identifier(),
    *filled("name"),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("tier", Text, nullable=False),
    *filled("created_by"),
    _now("created_at"),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("areas", ARRAY(Text)),
    Column("department", Text),
    Column("last_used", Date),
    CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
    CheckConstraint(
        "cardinality(scopes) > 0 AND scopes <@ ARRAY['locate', 'grids:read', 'premises:read', 'drafts:read', "
        "'drafts:write', 'review', 'publish', 'registers:read', 'registers:write', 'audit:read', 'accounts', "
        "'security', 'admin']::text[]",
        name="scopes_known",
    ),
    CheckConstraint("tier IN ('public', 'internal', 'restricted')", name="tier_known"),
    CheckConstraint("expires_at > created_at", name="expires_later"),
    CheckConstraint("cardinality(areas) > 0", name="areas_named"),
)
