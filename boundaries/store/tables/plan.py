"""What changes by generations: areas, micro-grids, parts, buildings, compounds, assignments."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT4RANGE, JSONB

from boundaries.store.tables.base import (
    POLYGONS,
    SCHEMA,
    counted,
    filled,
    identifier,
    metadata,
    reference,
    shape,
    states,
)


def _code() -> Column[str]:
    return Column("code", Text, nullable=False, unique=True)


def _code_filled() -> CheckConstraint:
    return CheckConstraint("btrim(code) <> ''", name="code_filled")


area_level = Table(
    "area_level",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("depth", Integer, nullable=False),
    _code_filled(),
)

grid_kind = Table(
    "grid_kind",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("holds_households", Boolean, nullable=False),
    Column("holds_shops", Boolean, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    _code_filled(),
)

area = Table("area", metadata, identifier(), _code(), _code_filled())

area_state = states(
    "area",
    *filled("name"),
    Column("level", ForeignKey(f"{SCHEMA}.area_level.code"), nullable=False),
    reference("parent_id", "area.id", nullable=True),
    *shape(POLYGONS, "valid"),
    CheckConstraint("parent_id <> area_id", name="parent_other"),
)

# The order of registration decides who answers for a point on a shared border.
micro_grid_rank = Sequence("micro_grid_rank_seq", metadata=metadata, data_type=BigInteger)

micro_grid = Table(
    "micro_grid",
    metadata,
    identifier(),
    Column(
        "rank", BigInteger, micro_grid_rank, server_default=micro_grid_rank.next_value(), nullable=False, unique=True
    ),
)

# Every code a grid ever had: none is given to another.
micro_grid_code = Table(
    "micro_grid_code",
    metadata,
    Column("code", Text, primary_key=True),
    reference("micro_grid_id", "micro_grid.id", index=False),
    UniqueConstraint("micro_grid_id", "code"),
    _code_filled(),
)

micro_grid_state = states(
    "micro_grid",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("honorary_name", Text),
    Column("kind", ForeignKey(f"{SCHEMA}.grid_kind.code"), nullable=False),
    Column("layer", Text, nullable=False),
    Column("street_group", Text),
    reference("area_id", "area.id"),
    *shape(("POLYGON",), "valid"),
    CheckConstraint("layer IN ('tile', 'overlay')", name="layer_known"),
    ForeignKeyConstraint(
        ["micro_grid_id", "code"], [f"{SCHEMA}.micro_grid_code.micro_grid_id", f"{SCHEMA}.micro_grid_code.code"]
    ),
)

part = Table("part", metadata, identifier(), _code(), _code_filled())

part_state = states(
    "part",
    reference("micro_grid_id", "micro_grid.id"),
    Column("name", Text, nullable=False),
    Column("units", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("floors", INT4RANGE),
    CheckConstraint("(cardinality(units) > 0) <> (floors IS NOT NULL)", name="units_or_floors"),
    CheckConstraint("NOT isempty(floors) AND NOT lower_inf(floors) AND NOT upper_inf(floors)", name="floors_range"),
)

building = Table("building", metadata, identifier(), _code(), _code_filled())

building_state = states(
    "building",
    Column("number", Text, nullable=False),
    reference("compound_id", "compound.id", nullable=True),
    *counted("floors"),
    *counted("entrances"),
    *counted("dwellings"),
    *shape((*POLYGONS, "POINT"), "valid"),
)

compound = Table("compound", metadata, identifier(), _code(), _code_filled())

compound_state = states(
    "compound",
    *filled("name"),
    Column("property_managed", Boolean),
    Column("resettlement", Boolean),
    *shape(POLYGONS, "valid"),
)

# Which premises: exactly one of the three, and each only once.
assignment = Table(
    "assignment",
    metadata,
    identifier(),
    Column("building_id", ForeignKey(f"{SCHEMA}.building.id"), unique=True),
    Column("compound_id", ForeignKey(f"{SCHEMA}.compound.id"), unique=True),
    Column("shop_id", ForeignKey(f"{SCHEMA}.shop.id"), unique=True),
    CheckConstraint("num_nonnulls(building_id, compound_id, shop_id) = 1", name="one_premises"),
)

assignment_state = states(
    "assignment",
    reference("micro_grid_id", "micro_grid.id"),
    *filled("method"),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("alternatives", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    *filled("accepted_by"),
    Column("accepted_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("jsonb_typeof(alternatives) = 'array'", name="alternatives_list"),
)

# Published states are read by generation more than by thing; those with shapes have it in the index of their place.
for _states in (part_state, assignment_state):
    Index(None, _states.c.valid, postgresql_using="gist")
