"""The cluster's life, with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from boundaries import cluster
from boundaries.cluster import process
from boundaries.cluster.account import choose_account
from boundaries.cluster.folders import make_socket_dir, places
from boundaries.cluster.process import find_server, is_live
from boundaries.errors import Unavailable
from tests.boundaries.cluster.conftest import thrown_away

START = """
import sys
from pathlib import Path
from boundaries import cluster
made = cluster.ensure_running(Path(sys.argv[1]), durable=False)
print(cluster.status(made.home).pid)
"""


def start_elsewhere(home, **options):
    return subprocess.Popen(
        [sys.executable, "-c", START, str(home)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd(), **options
    )


def ask(url, statement):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        *_, last = connection.execute(statement).results()
        return last.fetchall()


def pid_of(home):
    return cluster.status(home).pid


def test_a_second_start_finds_the_first(running):
    before = pid_of(running.home)
    assert cluster.ensure_running(running.home) == running
    assert pid_of(running.home) == before


def test_encoding_roles_and_extensions(running):
    settings = ask(
        running.url(cluster.OWNER),
        "SELECT current_setting('server_encoding'), datcollate, current_setting('listen_addresses'),"
        " current_setting('TimeZone') FROM pg_database WHERE datname = current_database()",
    )
    assert settings == [("UTF8", "C.UTF-8", "", "UTC")]
    rights = ask(
        running.url(cluster.OWNER),
        "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname LIKE 'microgrid%' ORDER BY 1",
    )
    assert rights == [("microgrid_app", False, False, False), ("microgrid_owner", False, True, False)]
    extensions = ask(running.url(cluster.APP), "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")
    assert extensions == [("btree_gist",), ("postgis",)]
    owner = ask(running.url(cluster.APP), "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'microgrid'")
    assert owner == [("microgrid_owner",)]


def test_the_owner_copies_the_template_without_being_superuser(running):
    address = running.url(cluster.OWNER).replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE DATABASE copied TEMPLATE microgrid_template")
    assert ask(running.url(cluster.OWNER, "copied"), "SELECT ST_Area('POLYGON((0 0,2 0,2 1,0 0))')") == [(1.0,)]


def test_nobody_is_trusted(running):
    lines = (running.data_dir / "pg_hba.conf").read_text().splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]
    assert [rule[0] for rule in rules] == ["local", "local"]
    assert [rule[3] for rule in rules] == ["peer", "peer"]
    assert all(rule[4].startswith("map=microgrid") for rule in rules)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_is_refused(running):
    # Even through the socket's closed folder, which the test opens for a moment.
    running.socket_dir.chmod(0o755)
    socket = running.socket_dir / f".s.PGSQL.{running.port}"
    socket.chmod(0o777)
    try:
        command = ["psql", "-w", "-h", str(running.socket_dir), "-U", "microgrid_owner", "microgrid", "-c", "SELECT 1"]
        done = subprocess.run(command, user="nobody", cwd="/", capture_output=True, text=True, check=False)
    finally:
        running.socket_dir.chmod(0o700)
        socket.chmod(0o700)
    assert done.returncode != 0
    assert "Peer authentication failed" in done.stderr


def test_the_socket_and_the_data_are_closed_to_others(running):
    assert running.socket_dir.stat().st_mode & 0o777 == 0o700
    assert running.data_dir.stat().st_mode & 0o777 == 0o700
    owner = running.data_dir.stat().st_uid
    assert owner != 0
    assert Path(f"/proc/{pid_of(running.home)}").stat().st_uid == owner == running.socket_dir.stat().st_uid


def test_two_starts_at_once(folder):
    starts = [start_elsewhere(folder / "home") for _ in range(3)]
    told = [start.communicate(timeout=60)[0].strip() for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0]
    assert set(told) == {str(pid_of(folder / "home"))}


def test_an_initdb_killed_half_way_leaves_only_rubbish(folder):
    home = folder / "home"
    root = places(home).root
    start = start_elsewhere(home)
    deadline = time.monotonic() + 30
    while not list(root.glob("data.new-*/PG_VERSION")):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    start.kill()
    start.communicate()
    assert not (root / "data").exists()
    cluster.ensure_running(home, durable=False)
    assert list(root.glob("data.new-*")) == []
    assert cluster.status(home).is_running


def test_killed_server_comes_back_with_its_data(folder):
    made = cluster.ensure_running(folder / "home")
    ask(made.url(cluster.OWNER), "CREATE TABLE kept AS SELECT 7 AS n; SELECT 1")
    pid = pid_of(made.home)
    os.kill(pid, signal.SIGKILL)
    again = cluster.ensure_running(made.home)
    assert pid_of(made.home) != pid
    assert ask(again.url(cluster.OWNER), "SELECT n FROM kept") == [(7,)]


def test_a_statement_that_outlives_its_killed_server_is_ended_first(folder, monkeypatch):
    made = cluster.ensure_running(folder / "home", durable=False)
    with psycopg.connect(made.url(cluster.OWNER).replace("+psycopg", "")) as connection:
        worker = connection.info.backend_pid
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1000000000)")
        connection.pgconn.flush()
        time.sleep(0.2)
        os.kill(pid_of(made.home), signal.SIGKILL)
        assert is_live(worker)
        monkeypatch.setattr(process, "_ORPHANS_END_S", 0.1)
        # Two servers on one folder would spoil it: none is started while anything of the first lives.
        again = cluster.ensure_running(made.home, durable=False)
        assert is_live(worker) is False
        connection.close()
    assert ask(again.url(cluster.APP), "SELECT 1") == [(1,)]


def test_a_server_that_is_not_ready_in_time_is_left_to_get_ready(stopped):
    made, _ = stopped
    with pytest.raises(Unavailable, match="not ready within"):
        cluster.ensure_running(made.home, durable=False, wait_s=0.001)
    deadline = time.monotonic() + 10
    while (starting := process.find_starting(made.data_dir)) is None:
        assert time.monotonic() < deadline
    cluster.ensure_running(made.home, durable=False)
    assert pid_of(made.home) == starting


@pytest.fixture(scope="module")
def spare():
    with thrown_away() as folder:
        yield folder / "home"


@pytest.fixture
def stopped(spare):
    """A cluster that is made and stopped, and the lines of its last pid file."""
    made = cluster.ensure_running(spare, durable=False)
    lines = (made.data_dir / "postmaster.pid").read_text().splitlines()
    assert cluster.stop(made.home)
    assert not made.socket_dir.exists()
    return made, lines


def test_stale_pid_file_of_a_living_process_of_the_same_user(stopped, running):
    made, lines = stopped
    owner = made.data_dir.stat().st_uid
    identity = {"user": owner} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **identity) as sleeper:
        for other in (sleeper.pid, pid_of(running.home)):
            # A postgres is no proof either, when it stands on another data folder.
            write_as_owner(made.data_dir / "postmaster.pid", "\n".join([str(other), *lines[1:]]))
            socket_dir = make_socket_dir(places(made.home), choose_account(made.data_dir), None)
            assert socket_dir == made.socket_dir
            lock = socket_dir / f".s.PGSQL.{made.port}.lock"
            write_as_owner(lock, "\n".join([str(other), *lines[1:]]))
            assert cluster.status(made.home).is_running is False
            cluster.ensure_running(made.home, durable=False)
            assert pid_of(made.home) not in {None, other}
            assert cluster.stop(made.home)
        assert is_live(sleeper.pid)
        sleeper.kill()


def test_stale_pid_file_of_a_zombie(stopped):
    made, lines = stopped
    with subprocess.Popen(["true"]) as child:
        deadline = time.monotonic() + 10
        while Path(f"/proc/{child.pid}/stat").read_text().split()[2] != "Z":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        write_as_owner(made.data_dir / "postmaster.pid", "\n".join([str(child.pid), *lines[1:]]))
        assert is_live(child.pid) is False
        cluster.ensure_running(made.home, durable=False)
        assert cluster.status(made.home).is_running


def test_half_written_pid_file(stopped):
    made, _ = stopped
    write_as_owner(made.data_dir / "postmaster.pid", "12")
    assert find_server(made.data_dir) is None
    cluster.ensure_running(made.home, durable=False)
    assert cluster.status(made.home).is_running


def write_as_owner(path, text):
    path.write_text(text)
    found = path.parent.stat()
    os.chown(path, found.st_uid, found.st_gid)


def test_a_socket_swept_away_is_made_again(stopped):
    made, _ = stopped
    cluster.ensure_running(made.home, durable=False)
    before = pid_of(made.home)
    for left in made.socket_dir.iterdir():
        left.unlink()
    assert cluster.status(made.home).is_running is False
    again = cluster.ensure_running(made.home, durable=False)
    assert pid_of(made.home) != before
    assert ask(again.url(cluster.APP), "SELECT 1") == [(1,)]


def test_preparation_killed_half_way_is_made_again(stopped):
    made, _ = stopped
    cluster.ensure_running(made.home, durable=False)
    with psycopg.connect(made.url(cluster.SUPERUSER, "postgres").replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("DROP DATABASE microgrid")
        admin.execute("ALTER DATABASE microgrid_template IS_TEMPLATE false ALLOW_CONNECTIONS true")
    cluster.ensure_running(made.home, durable=False)
    assert ask(made.url(cluster.OWNER), "SELECT count(*) FROM pg_extension WHERE extname = 'postgis'") == [(1,)]


def test_a_server_that_cannot_start_says_why(stopped):
    made, _ = stopped
    settings = made.data_dir / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("shared_buffers = banana\n")
    with pytest.raises(Unavailable, match="banana") as refused:
        cluster.ensure_running(made.home, durable=False)
    settings.write_text(before)
    assert "没有启动" in refused.value.zh


def test_long_chinese_home_with_spaces_and_no_locale(folder):
    home = folder / "微网格 划分 服务" / ("数据" * 30)
    with start_elsewhere(home, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}) as start:
        told = start.communicate(timeout=60)[0].strip()
    assert start.returncode == 0
    assert told == str(pid_of(home))
    assert ask(cluster.ensure_running(home).url(cluster.OWNER), "SELECT '微网格'") == [("微网格",)]


def test_nothing_there(folder):
    assert cluster.stop(folder / "home") is False
    found = cluster.status(folder / "home")
    assert (found.is_made, found.is_running, found.pid, found.major) == (False, False, None, None)
    assert list(folder.iterdir()) == []
