"""Folders: made private, never mended where somebody else made them."""

import fcntl
import os

import pytest

from boundaries import cluster
from boundaries.cluster.account import Account, choose_account
from boundaries.cluster.folders import locked, make_root, make_socket_dir, places
from boundaries.errors import Unavailable


@pytest.fixture
def me():
    return Account("me", os.geteuid(), os.getegid())


@pytest.mark.parametrize("name", ["x/" * 500, "网" * 86, "线\n断"])
def test_a_home_that_cannot_be_a_path_is_refused(folder, name):
    with pytest.raises(Unavailable, match="MICROGRID_HOME") as refused:
        cluster.ensure_running(folder / name)
    assert "过长" in refused.value.zh
    assert list(folder.iterdir()) == []


def test_a_home_below_a_file_is_refused(folder):
    (folder / "file").touch()
    with pytest.raises(Unavailable, match="cannot be made"):
        cluster.ensure_running(folder / "file" / "home")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another user")
def test_a_home_closed_to_the_service_user_is_refused_and_stays_closed(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unavailable, match="may not enter") as refused:
        cluster.ensure_running(closed / "home")
    assert "/var/lib/microgrid" in refused.value.zh
    assert closed.stat().st_mode & 0o777 == 0o700
    assert list(closed.iterdir()) == []


def test_the_users_mask_does_not_close_what_is_made(folder, me):
    before = os.umask(0o777)
    try:
        make_root(places(folder / "new" / "home"), me)
    finally:
        os.umask(before)
    assert (folder / "new" / "home" / "cluster").stat().st_mode & 0o777 == 0o700
    assert (folder / "new").stat().st_mode & 0o777 == (0o755 if os.geteuid() == 0 else 0o700)


def test_the_socket_folder_is_private_and_the_same_each_time(folder, me):
    where = places(folder / "home")
    first = make_socket_dir(where, me, folder)
    assert first.parent == folder
    assert first.stat().st_mode & 0o777 == 0o700
    assert make_socket_dir(where, me, folder) == first
    assert make_socket_dir(places(folder / "other"), me, folder) != first


def test_a_socket_folder_that_others_can_enter_is_passed_over_as_it_is(folder, me):
    where = places(folder / "home")
    taken = make_socket_dir(where, me, folder)
    taken.chmod(0o755)
    assert make_socket_dir(where, me, folder) == taken.with_name(f"{taken.name}-1")
    assert taken.stat().st_mode & 0o777 == 0o755


def test_a_runtime_folder_too_long_for_a_socket_is_passed_over(folder, me):
    long = folder / ("目" * 30)
    long.mkdir()
    made = make_socket_dir(places(folder / "home"), me, long)
    assert made.parent != long
    assert len(os.fsencode(made / ".s.PGSQL.5432")) <= 107
    made.rmdir()


def test_a_start_does_not_wait_for_ever_for_another(folder, me):
    where = places(folder / "home")
    make_root(where, me)
    with locked(where, me, wait_s=1) as number:
        assert fcntl.fcntl(number, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
        with pytest.raises(Unavailable, match=r"0\.1 seconds"), locked(where, me, wait_s=0.1):
            pass
    with locked(where, me, wait_s=0.1):
        pass


def test_the_account_is_the_owner_of_the_data(folder, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    assert choose_account(folder / "absent").uid == 65534
    if folder.stat().st_uid != 65534:
        with pytest.raises(Unavailable, match="belongs to the user"):
            choose_account(folder)


def test_a_user_without_a_name_is_refused(folder, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 987654)
    with pytest.raises(Unavailable, match="987654 has no login name"):
        choose_account(folder / "absent")
