"""``db`` and ``doctor`` on a cluster of their own."""

import json
import os
import shutil
import socket

import pytest

from api.cli.main import run
from api.settings import load_settings
from boundaries import cluster
from boundaries.store import migrate
from tests.boundaries.cluster.conftest import thrown_away


@pytest.fixture(scope="module")
def homes():
    with thrown_away() as folder:
        yield folder


@pytest.fixture
def environment(monkeypatch):
    """Sets variables, in English, and has the settings read afresh."""

    def change(**variables):
        for name in [*os.environ]:
            if name.startswith("MICROGRID_"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("MICROGRID_LANG", "en")
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        load_settings.cache_clear()

    yield change
    load_settings.cache_clear()


@pytest.fixture
def answer(capsys):
    """Runs a verb; gives its exit code and its JSON."""

    def call(*arguments):
        code = run([*arguments, "--format", "json"])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else None

    return call


def test_up_status_backup_restore_down(homes, environment, answer, tmp_path):
    environment(MICROGRID_HOME=homes / "one")
    assert answer("db", "status")[0] == 5
    code, state = answer("db", "up")
    assert code == 0
    assert (state["running"], state["tables"]) == (True, migrate.head())
    assert state["tables"] == state["tables_wanted"]
    assert answer("db", "status") == (0, state)
    assert answer("db", "upgrade") == (0, {"steps": [], "backup": None})
    kept = tmp_path / "x.zip"
    code, made = answer("db", "backup", str(kept))
    assert (code, made["bytes"], made["generation"]) == (0, kept.stat().st_size, None)
    code, back = answer("db", "restore", str(kept), "--as", "李强")
    assert (code, back["audit_entries_verified"], back["rights_verified"]) == (0, 0, True)
    # The restore itself is a deed now, so the database is not empty any more.
    assert answer("db", "restore", str(kept))[0] == 3
    assert answer("db", "down") == (0, {"stopped": True})
    assert answer("db", "down") == (0, {"stopped": False})
    assert cluster.status(homes / "one").is_running is False


def test_a_named_database_is_used_and_never_stopped(environment, answer, database_url):
    environment(MICROGRID_DATABASE_URL=database_url)
    code, state = answer("db", "status")
    assert (code, state["tables"]) == (0, migrate.head())
    assert "home" not in state
    assert answer("db", "down")[0] == 2


def test_settings_that_differ_from_the_backup_are_told(environment, empty_database_url, database_url, tmp_path, capsys):
    environment(MICROGRID_DATABASE_URL=database_url)
    assert run(["db", "backup", str(tmp_path / "x.zip")]) == 0
    environment(MICROGRID_DATABASE_URL=empty_database_url, MICROGRID_METRIC_CRS="EPSG:4548")
    assert run(["db", "restore", str(tmp_path / "x.zip")]) == 0
    told = capsys.readouterr().err
    assert "MICROGRID_METRIC_CRS=EPSG:4549" in told
    assert "TIMEZONE" not in told


def lines_of(answer):
    code, lines = answer("doctor")
    return code, {line["name"]: line for line in lines}


def test_the_doctor_tells_and_changes_nothing(homes, environment, answer):
    home = homes / "absent"
    with socket.create_server(("127.0.0.1", 0)) as server:
        environment(MICROGRID_HOME=home, MICROGRID_PORT=server.getsockname()[1])
        _, lines = lines_of(answer)
        assert "in use" in lines["HTTP"]["detail"]
    assert "free" in lines_of(answer)[1]["HTTP"]["detail"]
    assert lines["PostgreSQL + PostGIS"]["is_good"] is True
    assert lines["cluster running"]["detail"] == "-"
    assert str(home) in lines["cluster data"]["detail"]
    assert lines["home"]["is_good"] is True
    assert "microgrid_owner, microgrid_app" in lines["cluster roles"]["detail"]
    assert not home.exists()


def test_the_doctor_names_what_is_missing(homes, environment, answer, monkeypatch, capsys):
    environment(MICROGRID_HOME=homes / "absent")
    monkeypatch.setenv("PATH", "/nowhere")
    code, lines = lines_of(answer)
    assert code == 5
    assert (lines["poppler-utils"]["is_good"], lines["poppler-utils"]["package"]) == (False, "poppler-utils")
    assert run(["doctor"]) == 5
    told = capsys.readouterr()
    assert "✗  poppler-utils" in told.out
    assert "apt-get install --no-install-recommends poppler-utils" in told.err


def test_the_doctor_looks_at_a_named_database(environment, answer, database_url):
    environment(MICROGRID_DATABASE_URL=database_url)
    _, lines = lines_of(answer)
    assert lines["MICROGRID_DATABASE_URL"]["is_good"] is True
    assert "PostGIS 3." in lines["MICROGRID_DATABASE_URL"]["detail"]
    assert "cluster data" not in lines
    environment(MICROGRID_DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing")
    code, lines = lines_of(answer)
    assert (code, lines["MICROGRID_DATABASE_URL"]["is_good"]) == (5, False)


def test_any_verb_backs_up_before_it_upgrades_the_tables(homes, environment, answer, monkeypatch, capsys):
    session = homes / "run"
    session.mkdir()
    if os.geteuid() == 0:
        shutil.chown(session, "postgres")
    environment(MICROGRID_HOME=homes / "older", XDG_RUNTIME_DIR=session)
    assert answer("public", "status") == (0, {"public_tier": False})
    assert cluster.status(homes / "older").socket_dir.parent == session
    assert not (homes / "older" / "backups").exists()
    found = migrate.head()
    monkeypatch.setattr(migrate, "head", lambda: "a later step")
    assert run(["public", "status", "--format", "json"]) == 0
    (kept,) = (homes / "older" / "backups").iterdir()
    assert kept.name.startswith(f"before-upgrade-{found}-")
    assert str(kept) in capsys.readouterr().err
