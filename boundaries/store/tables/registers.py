"""What changes by days: shops, counts, people in charge, streets, water, walls."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint
from sqlalchemy.schema import SchemaItem

from boundaries.store.tables.base import (
    LINES,
    POLYGONS,
    SCHEMA,
    counted,
    filled,
    identifier,
    metadata,
    reference,
    shape,
)


def _dated(table: str, *same: str, where: str | None = None) -> tuple[SchemaItem, ...]:
    """Days for which a row holds: never empty, no two rows of the ``same`` at once."""
    suffix = f"_{same[0]}" if where else ""
    return (
        Column("during", DATERANGE, nullable=False),
        CheckConstraint("NOT isempty(during) AND NOT lower_inf(during)", name="during_filled"),
        ExcludeConstraint(
            *((column, "=") for column in same),
            ("during", "&&"),
            using="gist",
            name=f"ex_{table}{suffix}_during",
            where=text(where) if where else None,
        ),
    )


def _of_source() -> Column[int]:
    return reference("source_id", "source.id", nullable=True, index=False)


role = Table(
    "role",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    CheckConstraint("btrim(code) <> ''", name="code_filled"),
)

shop = Table(
    "shop",
    metadata,
    identifier(),
    Column("code", Text, nullable=False, unique=True),
    CheckConstraint("btrim(code) <> ''", name="code_filled"),
)

shop_record = Table(
    "shop_record",
    metadata,
    identifier(),
    reference("shop_id", "shop.id", index=False),
    *_dated("shop_record", "shop_id"),
    Column("name", Text, nullable=False),
    Column("door_number", Text),
    Column("credit_code", Text, index=True),
    Column("street", Text),
    Column("side", Text),
    Column("trade", Text),
    Column("state", Text, nullable=False, server_default="open"),
    Column("contact", Text),
    *shape(("POINT",)),
    _of_source(),
    CheckConstraint("side IN ('left', 'right')", name="side_known"),
    CheckConstraint("state IN ('open', 'vacant', 'closed')", name="state_known"),
)

# Households, rented homes and garage tenancies of a building, or households of a part.
household_count = Table(
    "household_count",
    metadata,
    identifier(),
    reference("building_id", "building.id", nullable=True),
    reference("part_id", "part.id", nullable=True),
    Column("during", DATERANGE, nullable=False),
    *counted("households"),
    *counted("rented"),
    *counted("garages"),
    _of_source(),
    CheckConstraint("num_nonnulls(building_id, part_id) = 1", name="one_counted"),
    CheckConstraint("num_nonnulls(households, rented, garages) > 0", name="something_counted"),
    CheckConstraint("NOT isempty(during) AND NOT lower_inf(during)", name="during_filled"),
    *(
        ExcludeConstraint(
            (key, "="),
            ("during", "&&"),
            using="gist",
            name=f"ex_household_count_{key}_during",
            where=text(f"{key} IS NOT NULL"),
        )
        for key in ("building_id", "part_id")
    ),
)

person = Table(
    "person",
    metadata,
    identifier(),
    *filled("name"),
    Column("phone", Text),
    Column("phone_published", Boolean, nullable=False, server_default=text("false")),
    Column("standing", Text),
    _of_source(),
    Index(None, "name"),
)

# In charge of exactly one of: a micro-grid, a part, an area.
charge = Table(
    "charge",
    metadata,
    identifier(),
    reference("person_id", "person.id"),
    Column("role", ForeignKey(f"{SCHEMA}.role.code"), nullable=False),
    reference("micro_grid_id", "micro_grid.id", nullable=True),
    reference("part_id", "part.id", nullable=True),
    reference("area_id", "area.id", nullable=True),
    Column("during", DATERANGE, nullable=False),
    _of_source(),
    CheckConstraint("num_nonnulls(micro_grid_id, part_id, area_id) = 1", name="one_target"),
    CheckConstraint("NOT isempty(during) AND NOT lower_inf(during)", name="during_filled"),
    *(
        ExcludeConstraint(
            ("person_id", "="),
            ("role", "="),
            (key, "="),
            ("during", "&&"),
            using="gist",
            name=f"ex_charge_{key}_during",
            where=text(f"{key} IS NOT NULL"),
        )
        for key in ("micro_grid_id", "part_id", "area_id")
    ),
)


def _ground(name: str, kinds: tuple[str, ...], *content: SchemaItem) -> Table:
    """Something on the ground for context and as a barrier: its code is its identity."""
    return Table(
        name,
        metadata,
        identifier(),
        Column("code", Text, nullable=False),
        *_dated(name, "code"),
        *content,
        *shape(kinds),
        _of_source(),
        CheckConstraint("btrim(code) <> ''", name="code_filled"),
    )


street = _ground("street", LINES, Column("name", Text, nullable=False))
water = _ground("water", (*POLYGONS, *LINES), Column("name", Text, nullable=False))
wall = _ground("wall", LINES)
