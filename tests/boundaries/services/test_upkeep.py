"""Backup and restore, on real databases."""

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from boundaries import cluster
from boundaries.errors import BadInput, Conflict, Unavailable
from boundaries.services import certifying, journal, sealing, upkeep
from boundaries.services.trail_check import verify_trail
from boundaries.store import migrate, states
from boundaries.store.engine import connect, reading, writing
from boundaries.store.jobs import count_due_jobs
from boundaries.store.upkeep import count_rows, is_blank, wrong_rights
from tests.boundaries.plans import GRIDS, open_draft, publish
from tests.conftest import drop_database

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
SETTINGS = {"lang": "zh", "metric_crs": "EPSG:4549"}


@contextmanager
def made_database(admin, server, template):
    name = f"microgrid_test_upkeep_{os.getpid()}_{template}"[:60]
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    yield server.set(database=name).render_as_string(hide_password=False)
    drop_database(admin, name)


@pytest.fixture(scope="module")
def worked_in(admin, server, template):
    """Address of a database with two deeds and a source in it; the tests only read it."""
    with made_database(admin, server, template) as url:
        engine = connect(url)
        with writing(engine) as session:
            work(session)
        engine.dispose()
        yield url


@pytest.fixture(scope="module")
def blank(admin, server):
    """Address of an empty database; the tests leave it so."""
    with made_database(admin, server, "microgrid_template") as url:
        yield url


def work(session):
    session.execute(text("INSERT INTO microgrid.source (file, actor) VALUES ('网格.xlsx', '王敏')"))
    for number in (1, 2):
        journal.record(session, actor="王敏", action="table.load", subject=f"source:{number}", detail={}, now=NOW)


@pytest.fixture(scope="module")
def backup_bytes(worked_in, tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "x.zip"
    upkeep.backup(worked_in, path, settings=SETTINGS, service="9.9", now=NOW)
    return path.read_bytes()


@pytest.fixture
def kept(backup_bytes, tmp_path):
    path = tmp_path / "备份 一.zip"
    path.write_bytes(backup_bytes)
    return path


def rows_of(url):
    engine = connect(url)
    try:
        with engine.connect() as connection:
            return count_rows(connection)
    finally:
        engine.dispose()


def rewrite(path, name, content):
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts[name] = content(parts[name])
    with zipfile.ZipFile(path, "w") as archive:
        for one, value in parts.items():
            archive.writestr(one, value)


def changed_manifest(**changes):
    return lambda before: json.dumps({**json.loads(before), **changes})


def test_what_a_backup_holds(worked_in, tmp_path):
    kept = tmp_path / "备份 一.zip"
    upkeep.backup(worked_in, kept, settings=SETTINGS, service="9.9", now=NOW)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    with zipfile.ZipFile(kept) as archive:
        assert archive.namelist() == ["manifest.json", "settings.json", "database.dump"]
        manifest = json.loads(archive.read("manifest.json"))
        assert json.loads(archive.read("settings.json")) == SETTINGS
    assert manifest["made_at"] == "2026-03-01T08:30:00+00:00"
    assert manifest["revision"] == migrate.head()
    assert manifest["rows"]["audit"] == 2
    assert manifest["rows"]["source"] == 1
    engine = connect(worked_in)
    with reading(engine) as session:
        head = sealing.head(session)
    engine.dispose()
    assert (head.entries, head.digest) == (2, manifest["audit_digest"])
    assert manifest["rows"] == rows_of(worked_in)


def test_a_restore_brings_all_of_it_back(worked_in, kept, empty_database_url):
    report = upkeep.restore(empty_database_url, kept, actor="李强", now=NOW)
    assert (report.manifest.service, report.settings, report.steps, report.has_app_role) == ("9.9", SETTINGS, (), True)
    assert report.audit_entries == 2
    before = rows_of(worked_in)
    assert rows_of(empty_database_url) == {**before, "audit": 3, "audit_sealed": 3, "audit_seal": 2}
    engine = connect(empty_database_url)
    with reading(engine) as session:
        assert verify_trail(session).is_whole
        assert wrong_rights(session.connection()) == []
        last = journal.entries(session, limit=1)[0]
        file = session.execute(text("SELECT file FROM microgrid.source")).scalar_one()
    engine.dispose()
    assert (last.actor, last.action, last.detail["file"]) == ("李强", "database.restore", kept.name)
    assert file == "网格.xlsx"


def test_what_was_published_comes_back_whole_on_another_cluster(planned, tmp_path):
    draft = open_draft(planned)
    with writing(planned) as session:
        states.put_grids(session, draft.id, [replace(GRIDS[0], name="改名")], source_id=None)
    assert publish(planned, draft).number == 2
    address = planned.url.render_as_string(hide_password=False)
    manifest = upkeep.backup(address, tmp_path / "x.zip", settings={}, service="9.9", now=NOW)
    home = Path(tempfile.gettempdir()) / f"microgrid-restored-{os.getpid()}"
    try:
        running = cluster.ensure_running(home, durable=False)
        report = upkeep.restore(running.url(cluster.OWNER), tmp_path / "x.zip", actor="李强", now=NOW)
        assert report.has_app_role
        assert report.areas_proved > 0
        service = connect(running.url(cluster.APP))
        with reading(service) as session:
            state = verify_trail(session, known=[manifest.audit_digest])
            certificates = [certifying.get_certificate(session, number, service="x") for number in (1, 2)]
            # Certificates name seals that the trail has.
            assert verify_trail(session, known=[one.seal.digest for one in certificates]).is_whole
            assert count_due_jobs(session) == 0
        assert (state.is_whole, state.waiting) == (True, 0)
        with reading(planned) as session:
            assert [certifying.get_certificate(session, number, service="x") for number in (1, 2)] == certificates
        for table in ("audit", "audit_seal", "audit_sealed", "generation", "certificate"):
            for deed in (f"DELETE FROM microgrid.{table}", f"TRUNCATE microgrid.{table} CASCADE"):  # noqa: S608
                with service.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
                    connection.execute(text(deed))
        with service.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text("UPDATE microgrid.audit SET actor = '别人'"))
        third = open_draft(service)
        with writing(service) as session:
            states.put_grids(session, third.id, [replace(GRIDS[0], name="再改名")], source_id=None)
        assert publish(service, third).number == 3
        service.dispose()
    finally:
        cluster.stop(home)
        shutil.rmtree(home, ignore_errors=True)


def test_a_database_that_was_only_migrated_is_empty_enough(kept, empty_database_url):
    migrate.upgrade(empty_database_url)
    assert upkeep.restore(empty_database_url, kept, actor="李强", now=NOW).manifest.rows["audit"] == 2


def test_a_restore_goes_into_an_empty_database_only(worked_in, kept):
    before = rows_of(worked_in)
    with pytest.raises(Conflict, match="not empty") as refused:
        upkeep.restore(worked_in, kept, actor="李强", now=NOW)
    assert "未作任何改动" in refused.value.zh
    assert rows_of(worked_in) == before


@pytest.mark.parametrize(
    ("part", "change", "reason"),
    [
        ("database.dump", lambda before: before[:-100], "no sound backup"),
        ("manifest.json", lambda _: b"{", "no sound backup"),
        ("manifest.json", changed_manifest(format=2), "of format 2"),
        ("manifest.json", changed_manifest(revision="2099_01_01_later"), "does not know"),
        ("manifest.json", changed_manifest(rows={"audit": 7}), "not what the manifest says"),
        ("manifest.json", changed_manifest(audit_digest="00"), "tables: audit"),
    ],
)
def test_a_changed_backup_is_refused_and_leaves_nothing(kept, blank, part, change, reason):
    rewrite(kept, part, change)
    with pytest.raises(BadInput, match=reason):
        upkeep.restore(blank, kept, actor="李强", now=NOW)
    assert rows_of(blank) == {}


@pytest.mark.parametrize("content", [None, b"", b"not a zip"])
def test_a_file_of_something_else_is_refused(tmp_path, blank, content):
    path = tmp_path / "x.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match="backup file"):
        upkeep.restore(blank, path, actor="李强", now=NOW)


def test_a_broken_audit_trail_is_told_and_nothing_stays(database, database_url, tmp_path, blank):
    with writing(database) as session:
        work(session)
        sealing.seal(session)
        session.execute(text("UPDATE microgrid.audit SET actor = '别人' WHERE number = 1"))
    upkeep.backup(database_url, tmp_path / "x.zip", settings={}, service="9.9", now=NOW)
    with pytest.raises(BadInput, match="entry 1 was changed"):
        upkeep.restore(blank, tmp_path / "x.zip", actor="李强", now=NOW)
    assert rows_of(blank) == {}


def test_a_dump_that_does_not_load_leaves_nothing(kept, blank):
    garbage = b"no dump"
    rewrite(kept, "database.dump", lambda _: garbage)
    rewrite(kept, "manifest.json", changed_manifest(dump_sha256=hashlib.sha256(garbage).hexdigest()))
    with pytest.raises(Unavailable, match="restore failed"):
        upkeep.restore(blank, kept, actor="李强", now=NOW)
    assert rows_of(blank) == {}


def test_a_backup_overwrites_nothing(worked_in, kept, tmp_path):
    before = kept.read_bytes()
    with pytest.raises(BadInput, match="exists already"):
        upkeep.backup(worked_in, kept, settings={}, service="9.9", now=NOW)
    with pytest.raises(BadInput, match="no folder"):
        upkeep.backup(worked_in, tmp_path / "absent" / "x.zip", settings={}, service="9.9", now=NOW)
    assert kept.read_bytes() == before


def test_an_empty_database_has_nothing_to_back_up(blank, tmp_path):
    with pytest.raises(BadInput, match="no tables"):
        upkeep.backup(blank, tmp_path / "x.zip", settings={}, service="9.9", now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_an_upgrade_keeps_what_was_there(worked_in, tmp_path, monkeypatch):
    options = {"folder": tmp_path / "kept", "settings": SETTINGS, "service": "9.9", "now": NOW}
    assert upkeep.upgrade(worked_in, **options) == upkeep.UpgradeReport((), None)
    monkeypatch.setattr(migrate, "head", lambda: "a later step")
    report = upkeep.upgrade(worked_in, **options)
    assert report.backup == tmp_path / "kept" / f"before-upgrade-{migrate.current(worked_in)}-20260301T083000Z.zip"
    assert zipfile.is_zipfile(report.backup)


def test_the_first_upgrade_has_nothing_to_keep(empty_database_url, tmp_path):
    report = upkeep.upgrade(empty_database_url, folder=tmp_path / "kept", settings={}, service="9.9", now=NOW)
    assert report.steps[-1] == migrate.head()
    assert report.backup is None
    assert not (tmp_path / "kept").exists()


def test_state(worked_in, blank):
    state = upkeep.database_state(worked_in)
    assert (state.revision, state.generation) == (migrate.head(), None)
    assert state.size_bytes > 1_000_000
    empty = upkeep.database_state(blank)
    assert (empty.revision, empty.generation) == (None, None)
    assert empty.postgis.startswith("3.")


def test_blank_and_wide_rights_are_seen(database):
    with database.connect() as connection:
        assert is_blank(connection)
        connection.execute(text("GRANT DELETE ON microgrid.audit TO microgrid_app"))
        connection.execute(text("REVOKE INSERT ON microgrid.shop FROM microgrid_app"))
        assert wrong_rights(connection) == ["audit DELETE", "shop INSERT"]
        connection.rollback()
