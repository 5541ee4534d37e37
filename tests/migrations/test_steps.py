"""The steps build what the tables say, and can be taken back."""

import ast
import hashlib
import json
import os
import re
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from boundaries.errors import BadInput, Unavailable
from boundaries.services import journal, sealing
from boundaries.services.trail_check import verify_trail
from boundaries.store import migrate
from boundaries.store.engine import connect, reading, writing
from boundaries.store.tables import SCHEMA, metadata
from tests.conftest import PROJECT, drop_database

# Everything that a table is made of, as the database itself writes it.
_CATALOGUE = """
    SELECT 'column', c.relname, a.attname,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                     pg_get_expr(d.adbin, d.adrelid))
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'microgrid'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      FROM pg_constraint
     WHERE connamespace = 'microgrid'::regnamespace AND conrelid <> 'microgrid.alembic_version'::regclass
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef
      FROM pg_indexes WHERE schemaname = 'microgrid' AND tablename <> 'alembic_version'
"""


_ADDED_TO = ("audit", "audit_seal", "audit_sealed", "certificate", "generation")


def _catalogue(connection: Connection) -> set[tuple[str, ...]]:
    connection.execute(text("CREATE TABLE IF NOT EXISTS microgrid.alembic_version (version_num text)"))
    return {tuple(row) for row in connection.execute(text(_CATALOGUE))}


def test_up_down_up(empty_database_url):
    assert migrate.current(empty_database_url) is None
    steps = migrate.upgrade(empty_database_url)
    assert steps[-1] == migrate.head() == migrate.current(empty_database_url)
    assert migrate.upgrade(empty_database_url) == []
    migrate.downgrade(empty_database_url, "base")
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        left = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'microgrid'::regnamespace AND relkind IN ('r', 'S')"
            )
        )
        assert left.scalars().all() == ["alembic_version"]
    engine.dispose()
    assert migrate.upgrade(empty_database_url) == steps


def test_nothing_drifted_by_alembic(kept_plan):
    # Server defaults are compared in the next test: the database writes them in its own words.
    with kept_plan.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _parents: (
                    name == SCHEMA if kind == "schema" else name != "alembic_version"
                ),
                "compare_type": True,
                "version_table_schema": SCHEMA,
            },
        )
        assert compare_metadata(context, metadata) == []


def test_nothing_drifted_by_the_catalogue(database, empty_database_url):
    engine = connect(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA microgrid"))
        metadata.create_all(connection)
        wanted = _catalogue(connection)
    engine.dispose()
    with database.connect() as connection:
        assert _catalogue(connection) == wanted


def test_names_for_beginners_are_the_defaults_of_a_snapshot(kept_plan):
    from boundaries.snapshot import DEFAULT_KINDS, DEFAULT_LEVELS, DEFAULT_ROLES  # noqa: PLC0415

    with kept_plan.connect() as connection:
        levels = connection.execute(
            text("SELECT code, name_zh, name_en, depth FROM microgrid.area_level ORDER BY depth")
        )
        assert [tuple(row) for row in levels] == [
            (level.code, level.name_zh, level.name_en, level.depth) for level in DEFAULT_LEVELS
        ]
        kinds = connection.execute(text("SELECT code, name_zh FROM microgrid.grid_kind ORDER BY position"))
        assert [tuple(row) for row in kinds] == [(kind.code, kind.name_zh) for kind in DEFAULT_KINDS]
        roles = connection.execute(text("SELECT code, name_zh, name_en FROM microgrid.role ORDER BY position"))
        assert [tuple(row) for row in roles] == [(role.code, role.name_zh, role.name_en) for role in DEFAULT_ROLES]


def test_the_owner_need_not_be_superuser(server, admin, empty_database_url):
    with admin.connect() as connection:
        owner = connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar_one()
    if owner:
        pytest.skip("the tests run as a superuser on this server")
    assert migrate.upgrade(empty_database_url)[-1] == migrate.head()


def test_a_database_without_postgis_is_refused_with_the_way_out(admin, server):
    name = f"microgrid_test_bare_{os.getpid()}"
    with admin.connect() as connection:
        if connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar_one():
            pytest.skip("a superuser makes the extension itself")
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    try:
        with pytest.raises(Unavailable) as refusal:
            migrate.upgrade(server.set(database=name).render_as_string(hide_password=False))
        assert "CREATE EXTENSION postgis" in refusal.value.en
        assert "CREATE EXTENSION postgis" in refusal.value.zh
        assert migrate.current(server.set(database=name).render_as_string(hide_password=False)) is None
    finally:
        drop_database(admin, name)


def test_the_service_may_only_add_to_what_was_published_and_done(kept_plan):
    with kept_plan.connect() as connection:
        if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = 'microgrid_app'")).first():
            pytest.skip("this server has no role microgrid_app")
        rights = {
            (table, right): connection.execute(
                text("SELECT has_table_privilege('microgrid_app', :table, :right)"),
                {"table": f"microgrid.{table}", "right": right},
            ).scalar_one()
            for table in (*_ADDED_TO, "micro_grid_state")
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
        }
    assert {key for key, may in rights.items() if may} == {
        *((table, right) for table in (*_ADDED_TO, "micro_grid_state") for right in ("SELECT", "INSERT")),
        ("micro_grid_state", "UPDATE"),
        ("micro_grid_state", "DELETE"),
    }


def test_entries_that_were_chained_as_they_were_written_come_under_the_first_seal(empty_database_url):
    migrate.upgrade(empty_database_url)
    migrate.downgrade(empty_database_url, "2026_11_27_accounts")
    engine = connect(empty_database_url)
    with engine.begin() as connection:
        _chain_as_before(connection, 3)
    assert migrate.upgrade(empty_database_url)[0] == "2026_11_28_sealing"
    with writing(engine) as session:
        journal.record(session, actor="陈晨", action="draft.open", subject="draft:1", detail={})
        assert sealing.seal(session).entries == 4
    with reading(engine) as session:
        assert verify_trail(session).is_whole
        assert [entry.number for entry in journal.entries(session)] == [4, 3, 2, 1]
    # One who knows how seals are made, and not how the older service chained, is still found out.
    with writing(engine) as session:
        session.execute(text("DELETE FROM microgrid.audit_sealed; DELETE FROM microgrid.audit_seal"))
        session.execute(text("UPDATE microgrid.audit SET actor = '别人' WHERE number = 2"))
        session.execute(text("INSERT INTO microgrid.audit_waiting SELECT number FROM microgrid.audit"))
        sealing.seal(session)
    with reading(engine) as session:
        fault = verify_trail(session).fault
    assert (fault.kind, fault.entry) == ("changed", 2)
    engine.dispose()


def test_an_older_service_finds_a_chain_of_its_own(empty_database_url):
    migrate.upgrade(empty_database_url)
    engine = connect(empty_database_url)
    for number in (1, 2, 4):
        with engine.begin() as connection:
            connection.execute(text("SELECT setval('microgrid.audit_number_seq', :n, false)"), {"n": number})
        with writing(engine) as session:
            journal.record(session, actor="陈晨", action="draft.open", subject=f"draft:{number}", detail={"面积": 1e16})
            sealing.seal(session)
    migrate.downgrade(empty_database_url, "2026_11_27_accounts")
    with engine.connect() as connection:
        numbers = connection.execute(text("SELECT number FROM microgrid.audit ORDER BY number")).scalars().all()
    assert numbers == [1, 2, 3]
    # Its chain is verified with the first seal.
    migrate.upgrade(empty_database_url)
    with writing(engine) as session:
        assert sealing.seal(session).entries == 3
    with reading(engine) as session:
        assert verify_trail(session).is_whole
    engine.dispose()


def _chain_as_before(connection: Connection, count: int) -> None:
    digest = bytes(32)
    for number in range(1, count + 1):
        at = datetime(2026, 3, number, tzinfo=UTC)
        content = [number, at.isoformat(timespec="microseconds"), "王敏", "draft.open", f"draft:{number}", "{}"]
        digest = hashlib.sha256(digest + json.dumps(content, ensure_ascii=False).encode()).digest()
        connection.execute(
            text(
                "INSERT INTO microgrid.audit (number, previous, at, actor, action, subject, detail, digest)"
                " VALUES (:number, nullif(:number - 1, 0), :at, '王敏', 'draft.open', :subject, '{}', :digest)"
            ),
            {"number": number, "at": at, "subject": f"draft:{number}", "digest": digest},
        )


def test_we_store_no_functions_or_triggers(kept_plan):
    with kept_plan.connect() as connection:
        functions = text("SELECT count(*) FROM pg_proc WHERE pronamespace = 'microgrid'::regnamespace")
        assert connection.execute(functions).scalar_one() == 0
        # Those of the queue are a library's own.
        triggers = (
            "SELECT count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND relnamespace <> 'jobs'::regnamespace"
        )
        assert connection.execute(text(triggers)).scalar_one() == 0


def test_a_second_deployer_waits_for_the_first(empty_database_url, monkeypatch):
    engine = create_engine(empty_database_url)
    monkeypatch.setattr(migrate, "_WAIT_FOR_DEPLOYER", "50ms")
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": migrate._DEPLOYERS})
        with pytest.raises(Exception, match="Somebody else"):
            migrate.upgrade(empty_database_url)
    engine.dispose()
    assert migrate.upgrade(empty_database_url)[-1] == migrate.head()


def test_every_step_runs_under_time_limits():
    assert re.search(r"SET lock_timeout", (PROJECT / "migrations/env.py").read_text())
    for path in (PROJECT / "migrations/versions").glob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not {name for name in names if name.endswith("_timeout")}, f"{path.name} sets its own limits"


def test_an_address_that_is_none_is_refused():
    with pytest.raises(BadInput):
        migrate.upgrade("sqlite:///x")
    with pytest.raises(Unavailable):
        migrate.upgrade("postgresql:///nothing?host=/tmp/there-is-no-such-folder")
