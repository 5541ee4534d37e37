"""What changes by days: shops, counts, people in charge, rates of pay, streets, water, walls."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
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

# The grid that a shop was given on the day when it opened or moved, none where its door was in no
# dedicated one. `generation` was the newest then: what a later one assigns goes before it.
shop_grid = Table(
    "shop_grid",
    metadata,
    identifier(),
    reference("shop_id", "shop.id", index=False),
    *_dated("shop_grid", "shop_id"),
    reference("micro_grid_id", "micro_grid.id", nullable=True),
    Column("generation", Integer, ForeignKey(f"{SCHEMA}.generation.number"), nullable=False),
    *filled("method"),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    *filled("accepted_by"),
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
    _of_source(),
    Index(None, "name"),
)

# Who had which phone and which standing, and when.
person_record = Table(
    "person_record",
    metadata,
    identifier(),
    reference("person_id", "person.id", index=False),
    *_dated("person_record", "person_id"),
    Column("phone", Text, index=True),
    Column("phone_published", Boolean, nullable=False, server_default=text("false")),
    Column("standing", Text),
    _of_source(),
)

person_photo = Table(
    "person_photo",
    metadata,
    Column("person_id", ForeignKey(f"{SCHEMA}.person.id"), primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("photo", LargeBinary, nullable=False),
    CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name="media_type_known"),
    CheckConstraint("octet_length(photo) BETWEEN 1 AND 204800", name="photo_small"),
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

# What a unit is worth in a year: for one area and all below it, or for areas of a level,
# narrowed to those whose name has an ending (村) where it is not empty.
pay_rate = Table(
    "pay_rate",
    metadata,
    identifier(),
    reference("area_id", "area.id", nullable=True),
    Column("level", ForeignKey(f"{SCHEMA}.area_level.code")),
    Column("name_ending", Text, nullable=False, server_default=""),
    Column("during", DATERANGE, nullable=False),
    Column("yearly", Numeric(12, 2), nullable=False),
    CheckConstraint("num_nonnulls(area_id, level) = 1", name="one_scope"),
    CheckConstraint("level IS NOT NULL OR name_ending = ''", name="ending_of_level"),
    CheckConstraint("NOT isempty(during) AND NOT lower_inf(during)", name="during_filled"),
    CheckConstraint("yearly >= 0", name="yearly_counted"),
    ExcludeConstraint(
        ("area_id", "="),
        ("during", "&&"),
        using="gist",
        name="ex_pay_rate_area_id_during",
        where=text("area_id IS NOT NULL"),
    ),
    ExcludeConstraint(
        ("level", "="),
        ("name_ending", "="),
        ("during", "&&"),
        using="gist",
        name="ex_pay_rate_level_during",
        where=text("level IS NOT NULL"),
    ),
)

# Units that an open shop counts for, by kind of grid.
shop_factor = Table(
    "shop_factor",
    metadata,
    identifier(),
    Column("kind", ForeignKey(f"{SCHEMA}.grid_kind.code"), nullable=False),
    *_dated("shop_factor", "kind"),
    Column("units", Numeric(10, 4), nullable=False),
    CheckConstraint("units >= 0", name="units_counted"),
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
