"""Folders of the cluster: made with the right owner and rights, never mended where somebody else made them."""

import fcntl
import hashlib
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from boundaries.cluster.account import Account
from boundaries.errors import Unavailable, system_reason_zh

PORT = 5432
# sun_path of a socket address holds 108 bytes with its final zero.
MAX_SOCKET_PATH_BYTES = 107
# PostgreSQL keeps paths in 1,024 bytes and appends names of its own.
MAX_DATA_PATH_BYTES = 900
# Of one folder's name, on every file system in use; a Chinese character takes three.
MAX_NAME_BYTES = 255

_SOCKET_DIR = "mg-"


@dataclass(frozen=True, slots=True)
class Places:
    """Where one home keeps its cluster.

    Attributes
    ----------
    home : Path
        The data directory of the service.
    root : Path
        Its folder for the cluster, closed to all but the cluster's account.
    data_dir : Path
        What PostgreSQL calls its data directory.
    """

    home: Path
    root: Path
    data_dir: Path

    @property
    def start_log(self) -> Path:
        """What the server said before its own log began."""
        return self.root / "start.log"


def places(home: Path) -> Places:
    """The places of a home; nothing is made.

    Raises
    ------
    Unavailable
        The path is too long, or holds a line break.
    """
    absolute = Path(os.path.abspath(home))  # noqa: PTH100 - a symlink in the path is the user's wish
    root = absolute / "cluster"
    data_dir = root / "data"
    text = os.fsencode(data_dir)
    longest = max(map(len, text.split(b"/")))
    if len(text) > MAX_DATA_PATH_BYTES or longest > MAX_NAME_BYTES or b"\n" in text or b"\r" in text:
        raise Unavailable(
            f"数据目录路径过长(共 {len(text)} 字节,至多 {MAX_DATA_PATH_BYTES};其中一级 {longest} 字节,"
            f"至多 {MAX_NAME_BYTES})或含换行:{absolute}。请用 MICROGRID_HOME 另选一个。",
            f"The path of the data folder is too long ({len(text)} bytes, at most {MAX_DATA_PATH_BYTES}; its longest "
            f"name {longest}, at most {MAX_NAME_BYTES}) or holds a line break: {absolute}. "
            "Choose another with MICROGRID_HOME.",
        )
    return Places(absolute, root, data_dir)


def make_root(where: Places, account: Account) -> None:
    """Make the home and the cluster's folder, and see that the account can use it.

    Raises
    ------
    Unavailable
        A folder cannot be made, or the account may not enter it.
    """
    made: list[Path] = []
    try:
        for folder in reversed((where.root, *where.root.parents)):
            if not folder.exists():
                _make_folder(folder, mode=0o700 if folder == where.root or os.geteuid() != 0 else 0o755)
                made.append(folder)
        if where.root in made:
            account.own(where.root)
    except OSError as error:
        _unmake(made)
        raise Unavailable(
            f"无法建立数据目录 {where.home}({system_reason_zh(error)})。请用 MICROGRID_HOME 另选一个。",
            f"The data folder {where.home} cannot be made ({error.strerror}). Choose another with MICROGRID_HOME.",
        ) from error
    if not _may_write(where.root, account):
        _unmake(made)
        raise Unavailable(
            f"用户 {account.name} 不能进入或写入 {where.root}(它或其上级目录未对该用户开放)。"
            "请用 MICROGRID_HOME 选一个该用户可进入的目录,例如 /var/lib/microgrid。",
            f"The user {account.name} may not enter or write {where.root} (it, or a folder above it, is closed "
            "to that user). Choose a folder that user can enter with MICROGRID_HOME, such as /var/lib/microgrid.",
        )


def _make_folder(folder: Path, *, mode: int) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        # Another start was quicker.
        if not folder.is_dir():
            raise
    else:
        # In so many words: the user's mask must not close a folder to the account.
        folder.chmod(mode)


def _unmake(folders: list[Path]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):  # somebody else has put something there
            folder.rmdir()


def _may_write(folder: Path, account: Account) -> bool:
    if account.is_me:
        return os.access(folder, os.W_OK | os.X_OK)
    script = 'cd "$1" && test -w .'
    done = subprocess.run(  # noqa: S603 - the folder is an argument, not part of the script
        ["/bin/sh", "-c", script, "sh", str(folder)],
        capture_output=True,
        check=False,
        cwd="/",
        **account.identity(),  # type: ignore[call-overload]  # mypy cannot spread options into the overloads
    )
    return bool(done.returncode == 0)


@contextmanager
def locked(where: Places, account: Account, *, wait_s: float) -> Iterator[int]:
    """Hold the one lock round find, init and start; gives its file number.

    A program that inherits the number keeps the lock: an ``initdb`` whose parent was killed holds it to its end.

    Raises
    ------
    Unavailable
        Another start has held the lock for the whole wait.
    """
    path = where.root / "lock"
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        account.own(path)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"另一个进程正在启动或停止 {where.root} 的数据库,等待 {wait_s:g} 秒仍未结束。请稍后再试。",
                        f"Another process has been starting or stopping the database in {where.root} "
                        f"for {wait_s:g} seconds. Try again later.",
                    ) from None
                time.sleep(0.05)
        yield number
    finally:
        os.close(number)


def make_socket_dir(where: Places, account: Account, runtime_dir: Path | None) -> Path:
    """A folder of mode 0700 with a short name for the socket; the same one each time, where it is still ours.

    Raises
    ------
    Unavailable
        No place is writable, short and ours.
    """
    mark = hashlib.sha256(os.fsencode(where.data_dir.resolve()) + b"%d" % account.uid).hexdigest()[:10]
    for base in _socket_bases(account, runtime_dir):
        for tail in ("", "-1", "-2", "-3"):
            folder = base / f"{_SOCKET_DIR}{mark}{tail}"
            if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= MAX_SOCKET_PATH_BYTES and _make_private(
                folder, account
            ):
                return folder
    raise Unavailable(
        "找不到放置数据库套接字的目录:$XDG_RUNTIME_DIR、/run 和临时目录都不可写,或路径超过 107 字节。"
        "请设置较短且可写的 TMPDIR。",
        "There is no folder for the database's socket: $XDG_RUNTIME_DIR, /run and the temporary folder cannot be "
        "written, or their paths exceed 107 bytes. Set TMPDIR to a short writable folder.",
    )


def remove_socket_dir(folder: Path) -> None:
    """Remove the folder of a stopped server's socket, where it is one of ours and empty."""
    if folder.name.startswith(_SOCKET_DIR):
        with suppress(OSError):
            folder.rmdir()


def _socket_bases(account: Account, runtime_dir: Path | None) -> Iterator[Path]:
    # Root's own runtime folder is closed to the account that root starts the server as.
    if runtime_dir is not None and runtime_dir.is_dir() and runtime_dir.stat().st_uid == account.uid:
        yield runtime_dir
    yield Path("/run")
    yield Path(tempfile.gettempdir())
    yield Path("/tmp")  # noqa: S108 - the folder below it is made private, or refused


def _make_private(folder: Path, account: Account) -> bool:
    # A comma or quote would split PostgreSQL's list of folders.
    if any(char in str(folder) for char in ',"\n'):
        return False
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and not stat.S_IMODE(found.st_mode) & 0o077
    except OSError:
        return False
    account.own(folder)
    return _may_write(folder, account)
