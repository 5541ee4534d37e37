"""What cannot be cannot be written, not even by a careless program: the database itself refuses."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

GRID = (
    "INSERT INTO microgrid.micro_grid_state (micro_grid_id, code, name, kind, layer, area_id, version, {columns}, geom)"
    " SELECT g.micro_grid_id, g.code, 'x', 'residential', 'tile', (SELECT min(id) FROM microgrid.area), 9, {values},"
    " {geom} FROM microgrid.micro_grid_code g WHERE g.code = 'G1'"
)
SQUARE = "ST_GeomFromText('POLYGON((119 32,119.1 32,119.1 32.1,119 32))', 4490)"


def _grid(columns, values, geom=SQUARE):
    return GRID.format(columns=columns, values=values, geom=geom)


def _shape(wkt):
    return _grid("draft_id", "(SELECT min(id) FROM microgrid.draft)", f"ST_GeomFromText('{wkt}', 4490)")


REFUSED = {
    "ck_micro_grid_state_storage_grid": _shape("POLYGON((119 32,119.10000000004 32,119.1 32.1,119 32))"),
    "ck_micro_grid_state_shape_kind": _shape("MULTIPOLYGON(((119 32,119.1 32,119.1 32.1,119 32)))"),
    "ck_micro_grid_state_valid_shape": _shape("POLYGON((119 32,119.1 32.1,119.1 32,119 32.1,119 32))"),
    "ck_micro_grid_state_published_or_draft": _grid("draft_id", "NULL"),
    "ck_micro_grid_state_valid_range": _grid("valid", "'empty'::int4range"),
    "ex_micro_grid_state_valid": _grid("valid", "'[1,)'::int4range"),
    "fk_micro_grid_state_since": "UPDATE microgrid.micro_grid_state SET valid = '[7,8)' WHERE code = 'G1'",
    "fk_micro_grid_state_draft_id": _grid("draft_id", "99"),
    "ck_micro_grid_state_draft_only": _grid("valid, retired", "'[1,1]'::int4range, true"),
    "ck_micro_grid_state_retires_something": _grid("draft_id, retired", "(SELECT min(id) FROM microgrid.draft), true"),
    "ck_micro_grid_state_layer_known": "UPDATE microgrid.micro_grid_state SET layer = 'third'",
    "ck_micro_grid_state_version_counted": "UPDATE microgrid.micro_grid_state SET version = 0",
    "fk_micro_grid_state_micro_grid_id_code": "UPDATE microgrid.micro_grid_state SET code = 'G2' WHERE code = 'G1'",
    "pk_micro_grid_code": "UPDATE microgrid.micro_grid_code SET code = 'G2' WHERE code = 'G1'",
    "uq_micro_grid_rank": "UPDATE microgrid.micro_grid SET rank = 1",
    "uq_area_code": "INSERT INTO microgrid.area (code) VALUES ('320000000001')",
    "ck_area_state_parent_other": "UPDATE microgrid.area_state SET parent_id = area_id",
    "fk_area_state_level": "UPDATE microgrid.area_state SET level = 'empire'",
    "ck_part_state_units_or_floors": "UPDATE microgrid.part_state SET units = '{}', floors = NULL",
    "ck_part_state_floors_range": "UPDATE microgrid.part_state SET units = '{}', floors = '[3,)'",
    "ck_building_state_dwellings_counted": "UPDATE microgrid.building_state SET dwellings = -1",
    "ck_household_count_households_counted": "UPDATE microgrid.household_count SET households = -1",
    "ck_household_count_one_counted": "UPDATE microgrid.household_count SET building_id = NULL, part_id = NULL",
    "ck_household_count_something_counted": "UPDATE microgrid.household_count SET households = NULL, rented = NULL",
    "ex_household_count_building_id_during": (
        "INSERT INTO microgrid.household_count (building_id, during, households)"
        " SELECT building_id, '[2026-03-05,)', 1 FROM microgrid.household_count WHERE building_id IS NOT NULL"
    ),
    "ck_shop_record_during_filled": "UPDATE microgrid.shop_record SET during = 'empty'",
    "ck_shop_record_state_known": "UPDATE microgrid.shop_record SET state = 'haunted'",
    "ex_shop_record_during": (
        "INSERT INTO microgrid.shop_record (shop_id, during, name, geom)"
        " SELECT shop_id, '[2026-03-05,)', name, geom FROM microgrid.shop_record"
    ),
    "ck_assignment_one_premises": "UPDATE microgrid.assignment SET shop_id = NULL, compound_id = NULL",
    "ex_person_record_during": (
        "INSERT INTO microgrid.person_record (person_id, during)"
        " SELECT person_id, '[2026-03-05,)' FROM microgrid.person_record"
    ),
    "ck_person_photo_photo_small": (
        "INSERT INTO microgrid.person_photo (person_id, media_type, photo)"
        " SELECT min(id), 'image/png', convert_to(repeat('x', 204801), 'UTF8') FROM microgrid.person"
    ),
    "ex_shop_grid_during": (
        "INSERT INTO microgrid.shop_grid (shop_id, during, generation, method, reason_zh, reason_en, accepted_by)"
        " SELECT (SELECT min(id) FROM microgrid.shop), '[2026-03-05,)', 1, 'x', 'x', 'x', 'x'"
        " FROM generate_series(1, 2)"
    ),
    "ck_pay_rate_one_scope": "UPDATE microgrid.pay_rate SET area_id = (SELECT min(id) FROM microgrid.area)",
    "ck_pay_rate_yearly_counted": "UPDATE microgrid.pay_rate SET yearly = -1",
    "ex_pay_rate_level_during": "UPDATE microgrid.pay_rate SET name_ending = ''",
    "ck_shop_factor_units_counted": (
        "INSERT INTO microgrid.shop_factor (kind, during, units) VALUES ('market', '[2026-01-01,)', -1)"
    ),
    "ck_charge_one_target": "UPDATE microgrid.charge SET micro_grid_id = NULL, part_id = NULL, area_id = NULL",
    "ck_generation_gapless": (
        "INSERT INTO microgrid.generation (number, previous, draft_id, published_by) VALUES (3, 1, 1, 'x')"
    ),
    "fk_generation_previous": (
        "WITH fresh AS (INSERT INTO microgrid.draft (name, created_by) VALUES ('x', 'x') RETURNING id)"
        " INSERT INTO microgrid.generation (number, previous, draft_id, published_by) SELECT 3, 2, id, 'x' FROM fresh"
    ),
    "uq_generation_draft_id": (
        "INSERT INTO microgrid.generation (number, previous, draft_id, published_by)"
        " VALUES (2, 1, (SELECT draft_id FROM microgrid.generation), 'x')"
    ),
    "pk_certificate": "UPDATE microgrid.certificate SET area_id = (SELECT min(area_id) FROM microgrid.certificate)",
    "fk_certificate_generation": "UPDATE microgrid.certificate SET generation = 7",
    "ck_certificate_everything_counted": "UPDATE microgrid.certificate SET segments = -1",
    "ck_certificate_digest_sha256": "UPDATE microgrid.certificate SET grids_digest = 'x'",
    "ck_draft_status_known": "UPDATE microgrid.draft SET status = 'lost'",
    "ck_draft_approved_by_one": "UPDATE microgrid.draft SET status = 'approved', submitted_by = 'x'",
    "ck_finding_published_not_blocked": (
        "INSERT INTO microgrid.finding (generation, kind, severity, grids, premises)"
        " VALUES (1, 'gap', 'blocking', '{}', '{}')"
    ),
    "ck_finding_one_owner": (
        "INSERT INTO microgrid.finding (kind, severity, grids, premises) VALUES ('gap', 'blocking', '{}', '{}')"
    ),
    "ck_api_key_scopes_known": (
        "INSERT INTO microgrid.api_key (name, digest, scopes, tier, created_by)"
        " VALUES ('x', sha256('x'), '{all}', 'public', 'x')"
    ),
    "ck_api_key_digest_sha256": (
        "INSERT INTO microgrid.api_key (name, digest, scopes, tier, created_by)"
        " VALUES ('x', 'x', '{locate}', 'public', 'x')"
    ),
    "ck_api_key_tier_known": (
        "INSERT INTO microgrid.api_key (name, digest, scopes, tier, created_by)"
        " VALUES ('x', sha256('x'), '{locate}', 'secret', 'x')"
    ),
    "fk_area_state_area_id": "UPDATE microgrid.area_state SET area_id = 99 WHERE parent_id IS NULL",
}


@pytest.mark.parametrize("rule", REFUSED)
def test_the_database_refuses(kept_plan, rule):
    with kept_plan.connect() as connection:
        with pytest.raises(IntegrityError) as refusal:
            connection.execute(text(REFUSED[rule]))
        assert refusal.value.orig.diag.constraint_name == rule


def test_every_shape_is_held_to_the_storage_grid(kept_plan):
    with kept_plan.connect() as connection:
        shapes = connection.execute(
            text("SELECT f_table_name FROM geometry_columns WHERE f_table_schema = 'microgrid' AND srid = 4490")
        )
        held = connection.execute(
            text(
                "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname LIKE '%storage\\_grid'"
                " AND pg_get_constraintdef(oid)"
                " LIKE '%st_orderingequals(geom, st_geomfromtext(st_astext(geom, 9), 4490))%'"
            )
        )
        assert sorted(shapes.scalars()) == sorted(name.removeprefix("microgrid.") for name in held.scalars())


def test_numpy_and_the_database_round_alike(kept_plan):
    from random import Random  # noqa: PLC0415

    from shapely import MultiPoint  # noqa: PLC0415

    from geo.crs import parse_crs, to_storage  # noqa: PLC0415

    chance = Random(4490)  # noqa: S311  no secret
    points = MultiPoint([(chance.uniform(73, 135), chance.uniform(18, 54)) for _ in range(20_000)])
    stored = to_storage(points, parse_crs("EPSG:4490"))
    with kept_plan.connect() as connection:
        query = text(
            "SELECT count(*) FROM ST_DumpPoints(ST_GeomFromWKB(:wkb, 4490)) AS d"
            " WHERE ST_OrderingEquals(d.geom, ST_GeomFromText(ST_AsText(d.geom, 9), 4490))"
        )
        assert connection.execute(query, {"wkb": stored.wkb}).scalar_one() == 20_000
