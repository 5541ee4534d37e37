"""Drafts, generations, certificates, findings, sources and settings."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from boundaries.store.tables.base import LINES, POLYGONS, SCHEMA, filled, identifier, metadata, reference, shape


def _now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


# Where rows came from: department, file, day, and who loaded them.
source = Table(
    "source",
    metadata,
    identifier(),
    Column("department", Text),
    *filled("file"),
    _now("loaded_at"),
    *filled("actor"),
)

setting = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSONB, nullable=False),
    CheckConstraint("btrim(key) <> ''", name="key_filled"),
)

# Each generation names the one before it, which makes the numbers gapless.
generation = Table(
    "generation",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("previous", Integer, ForeignKey(f"{SCHEMA}.generation.number")),
    Column("draft_id", ForeignKey(f"{SCHEMA}.draft.id", use_alter=True), nullable=False),
    _now("published_at"),
    *filled("published_by"),
    Column("note", Text, nullable=False, server_default=""),
    Column("summary", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    CheckConstraint(
        "(number = 1 AND previous IS NULL) OR (number > 1 AND previous IS NOT NULL AND previous = number - 1)",
        name="gapless",
    ),
    UniqueConstraint("previous"),
    UniqueConstraint("draft_id"),
)

# What was proved when a generation was published: one row for each area that tile grids must fill.
certificate = Table(
    "certificate",
    metadata,
    Column("generation", Integer, ForeignKey(f"{SCHEMA}.generation.number"), primary_key=True, autoincrement=False),
    Column("area_id", ForeignKey(f"{SCHEMA}.area.id"), primary_key=True, index=True),
    *filled("name"),
    Column("inner_areas", ARRAY(Text), nullable=False),
    Column("grids", Integer, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("boundary_segments", Integer, nullable=False),
    Column("grids_digest", LargeBinary, nullable=False),
    Column("boundary_digest", LargeBinary, nullable=False),
    CheckConstraint("grids >= 0 AND segments >= 0 AND boundary_segments >= 0", name="everything_counted"),
    CheckConstraint("octet_length(grids_digest) = 32 AND octet_length(boundary_digest) = 32", name="digest_sha256"),
)

draft = Table(
    "draft",
    metadata,
    identifier(),
    *filled("name"),
    reference("area_id", "area.id", nullable=True),
    Column("base_generation", Integer, ForeignKey(f"{SCHEMA}.generation.number")),
    Column("status", Text, nullable=False, server_default="open"),
    Column("revision", Integer, nullable=False, server_default="0"),
    *filled("created_by"),
    _now("created_at"),
    # Who answers for it, where it was handed over.
    Column("owner", Text),
    Column("submitted_by", Text),
    Column("approved_by", Text),
    Column("note", Text, nullable=False, server_default=""),
    # The day on which an approved draft is to be published, where it is not at once.
    Column("publish_on", Date),
    CheckConstraint("status IN ('open', 'submitted', 'approved', 'published', 'abandoned')", name="status_known"),
    CheckConstraint("status NOT IN ('submitted', 'approved') OR submitted_by IS NOT NULL", name="submitted_by_one"),
    CheckConstraint("status <> 'approved' OR approved_by IS NOT NULL", name="approved_by_one"),
    CheckConstraint("revision >= 0", name="revision_counted"),
    CheckConstraint("btrim(owner) <> ''", name="owner_filled"),
    Index(None, "status"),
)

finding = Table(
    "finding",
    metadata,
    identifier(),
    reference("draft_id", "draft.id", nullable=True),
    Column("generation", Integer, ForeignKey(f"{SCHEMA}.generation.number"), index=True),
    # The first later generation that looked at its place again.
    Column("until", Integer, ForeignKey(f"{SCHEMA}.generation.number")),
    reference("acknowledgement_id", "finding_acknowledgement.id", nullable=True, index=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("grids", ARRAY(Text), nullable=False),
    Column("premises", ARRAY(Text), nullable=False),
    Column("parent", Text),
    Column("area_m2", Float),
    Column("width_m", Float),
    Column("value", Float),
    Column("threshold", Float),
    Column("households", Integer, nullable=False, server_default="0"),
    # A face may be as thin as the storage grid, so its validity is not asked for.
    *(
        item
        for item in shape(("POINT", "MULTIPOINT", *LINES, *POLYGONS, "GEOMETRYCOLLECTION"), nullable=True)
        if getattr(item, "name", None) != "valid_shape"
    ),
    CheckConstraint("num_nonnulls(draft_id, generation) = 1", name="one_owner"),
    CheckConstraint("until > generation", name="until_later"),
    CheckConstraint("severity IN ('blocking', 'advisory')", name="severity_known"),
    CheckConstraint("generation IS NULL OR severity <> 'blocking'", name="published_not_blocked"),
    CheckConstraint("area_m2 >= 0 AND width_m >= 0 AND households >= 0", name="measures_counted"),
)
