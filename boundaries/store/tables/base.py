"""How our tables are written: names, shapes on the storage grid, ranges, states."""

from collections.abc import Sequence

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import INT4RANGE, ExcludeConstraint
from sqlalchemy.schema import SchemaItem

SCHEMA = "microgrid"
# The queue of background jobs: a library's tables and functions, none of them ours.
JOBS_SCHEMA = "jobs"

# Names are fixed, because a refusal by the database is told to people by its constraint's name.
metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    },
)

POLYGONS = ("POLYGON", "MULTIPOLYGON")
LINES = ("LINESTRING", "MULTILINESTRING")


def identifier() -> Column[int]:
    """A permanent number, given by the database or, in bulk, by us from its sequence."""
    return Column("id", BigInteger, Identity(), primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False, index: bool = True) -> Column[int]:
    """A foreign key to ``target`` (``table.column``), indexed unless another index leads with it."""
    return Column(name, ForeignKey(f"{SCHEMA}.{target}"), nullable=nullable, index=index)


def shape(kinds: Sequence[str], *beside: str, nullable: bool = False) -> tuple[SchemaItem, ...]:
    """A column ``geom`` in EPSG:4490 on the storage grid, of these kinds, with its index.

    Rings are checked for validity; ``ST_IsValid`` says nothing on points and lines, so
    the one check serves all. The index holds the columns ``beside`` too: what is asked
    for by place and by something else is found by both at once, whatever statistics the
    server has gathered.
    """
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        Column("geom", Geometry("GEOMETRY", srid=4490, spatial_index=False), nullable=nullable),
        CheckConstraint("ST_OrderingEquals(geom, ST_GeomFromText(ST_AsText(geom, 9), 4490))", name="storage_grid"),
        CheckConstraint(f"GeometryType(geom) IN ({listed})", name="shape_kind"),
        CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name="valid_shape"),
        Index(None, "geom", *beside, postgresql_using="gist"),
    )


def counted(name: str) -> tuple[SchemaItem, ...]:
    """A count that may be unknown but never negative."""
    return Column(name, Integer), CheckConstraint(f"{name} >= 0", name=f"{name}_counted")


def filled(name: str) -> tuple[SchemaItem, ...]:
    """A text that must not be empty."""
    return Column(name, Text, nullable=False), CheckConstraint(f"btrim({name}) <> ''", name=f"{name}_filled")


def states(thing: str, *content: SchemaItem) -> Table:
    """The states of a thing: published ones for a range of generations, and drafts' ones.

    A row is either published (``valid``, never empty, no two at once) or belongs to a
    draft; ``since`` and ``until`` follow from ``valid`` and must name generations that
    exist. A draft's row remembers the version it started from, and may retire the thing.
    """
    key = f"{thing}_id"
    table = f"{thing}_state"
    return Table(
        table,
        metadata,
        identifier(),
        reference(key, f"{thing}.id", index=False),
        Column("valid", INT4RANGE),
        Column(
            "since",
            Integer,
            Computed("lower(valid)", persisted=True),
            ForeignKey(f"{SCHEMA}.generation.number"),
            index=True,
        ),
        Column(
            "until",
            Integer,
            Computed("upper(valid)", persisted=True),
            ForeignKey(f"{SCHEMA}.generation.number"),
            index=True,
        ),
        reference("draft_id", "draft.id", nullable=True, index=False),
        Column("retired", Boolean, nullable=False, server_default=text("false")),
        Column("base_version", Integer),
        Column("version", Integer, nullable=False),
        *content,
        reference("source_id", "source.id", nullable=True, index=False),
        CheckConstraint("(valid IS NULL) <> (draft_id IS NULL)", name="published_or_draft"),
        CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid)", name="valid_range"),
        CheckConstraint("draft_id IS NOT NULL OR (NOT retired AND base_version IS NULL)", name="draft_only"),
        CheckConstraint("NOT retired OR base_version IS NOT NULL", name="retires_something"),
        CheckConstraint("version >= 1 AND version > coalesce(base_version, 0)", name="version_counted"),
        UniqueConstraint("draft_id", key),
        ExcludeConstraint(
            (key, "="), ("valid", "&&"), where=text("valid IS NOT NULL"), using="gist", name=f"ex_{table}_valid"
        ),
    )
