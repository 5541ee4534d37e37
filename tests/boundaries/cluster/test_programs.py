"""Which programs open which data folder."""

import pytest

from boundaries import cluster
from boundaries.cluster import programs
from boundaries.cluster.folders import places
from boundaries.errors import Unavailable


def make_programs(folder, major, *, has_postgis=True):
    binaries = folder / str(major) / "bin"
    binaries.mkdir(parents=True)
    for name in ("initdb", "postgres", "pg_dump", "pg_restore"):
        program = binaries / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.4 (invented)'\n")
        program.chmod(0o755)
    if has_postgis:
        extension = folder / str(major) / "share" / "extension"
        extension.mkdir(parents=True)
        (extension / "postgis.control").touch()


@pytest.fixture
def installed(folder, monkeypatch):
    make_programs(folder, 12)
    make_programs(folder, 91)
    make_programs(folder, 93)
    make_programs(folder, 95, has_postgis=False)
    monkeypatch.setattr(programs, "_FOLDERS", ((str(folder), "*/bin"),))
    monkeypatch.setenv("PATH", "/nowhere")
    return folder


def test_newest_first(installed):
    found = cluster.find_programs()
    assert [(one.major, one.has_postgis) for one in found] == [(95, False), (93, True), (91, True), (12, True)]


def test_a_new_folder_gets_the_newest_with_postgis(installed):
    assert programs.programs_for(installed / "absent").major == 93


def test_pg_config_on_the_path_is_asked(installed, monkeypatch):
    make_programs(installed / "elsewhere", 97)
    asked = installed / "elsewhere" / "pg_config"
    asked.write_text(f"#!/bin/sh\necho '{installed}/elsewhere/97/bin'\n")
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", str(asked.parent))
    assert cluster.find_programs()[0].major == 97


@pytest.mark.parametrize(("major", "reason"), [(92, "made by PostgreSQL 92"), (95, "PostgreSQL 95 has no PostGIS")])
def test_a_folder_of_a_version_that_is_not_here_stays_untouched(installed, major, reason):
    data_dir = places(installed / "home").data_dir
    data_dir.mkdir(parents=True)
    (data_dir / "PG_VERSION").write_text(f"{major}\n")
    before = look(installed / "home")
    with pytest.raises(Unavailable, match=reason) as refused:
        cluster.ensure_running(installed / "home")
    assert f"postgresql-{major}-postgis-3" in refused.value.zh
    assert look(installed / "home") == before


def look(folder):
    found = {path: path.stat() for path in folder.rglob("*")}
    return {path: (one.st_ino, one.st_mode, one.st_uid, one.st_size, one.st_mtime_ns) for path, one in found.items()}


def test_an_own_version_is_taken_though_a_newer_is_here(installed):
    data_dir = installed / "data"
    data_dir.mkdir()
    (data_dir / "PG_VERSION").write_text("91\n")
    assert programs.programs_for(data_dir).major == 91


@pytest.mark.parametrize("content", [None, "fifteen"])
def test_a_folder_of_something_else_is_refused(installed, content):
    data_dir = installed / "data"
    data_dir.mkdir()
    (data_dir / "notes.txt").touch()
    if content:
        (data_dir / "PG_VERSION").write_text(content)
    with pytest.raises(Unavailable, match="no PostgreSQL data folder"):
        programs.programs_for(data_dir)


def test_no_programs_at_all_names_the_package(folder, monkeypatch):
    monkeypatch.setattr(programs, "_FOLDERS", ())
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Unavailable, match="apt-get install postgresql-postgis"):
        programs.programs_for(folder / "absent")


def test_the_dump_programs_fit_the_server(installed):
    assert cluster.client_for(91).major == 91
    assert cluster.client_for(92).major == 93
    with pytest.raises(Unavailable, match="postgresql-client-96"):
        cluster.client_for(96)
