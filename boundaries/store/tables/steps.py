"""The steps of a draft towards publication: who reviewed it, and which findings were acknowledged."""

from sqlalchemy import CheckConstraint, Column, DateTime, Integer, LargeBinary, Table, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY

from boundaries.store.tables.base import filled, identifier, metadata, reference

# One row for each decision on a draft; the step counts from 1, the level is that of the office that decides.
draft_review = Table(
    "draft_review",
    metadata,
    identifier(),
    reference("draft_id", "draft.id"),
    Column("step", Integer, nullable=False),
    Column("level", Text, nullable=False, server_default=""),
    *filled("actor"),
    Column("decision", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("revision", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("decision IN ('approve', 'return')", name="decision_known"),
    CheckConstraint("step >= 1 AND revision >= 0", name="everything_counted"),
)

# Why an advisory finding may stand. ``place`` is a digest of what it concerns and where it lies.
finding_acknowledgement = Table(
    "finding_acknowledgement",
    metadata,
    identifier(),
    reference("draft_id", "draft.id", index=False),
    Column("place", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("grids", ARRAY(Text), nullable=False),
    Column("premises", ARRAY(Text), nullable=False),
    Column("parent", Text),
    *filled("reason"),
    *filled("actor"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("octet_length(place) = 32", name="place_sha256"),
    UniqueConstraint("draft_id", "place"),
)
