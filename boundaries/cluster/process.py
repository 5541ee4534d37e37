"""The server's process: believed only if a live postgres on this data folder stands behind the pid file."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from boundaries.cluster.account import Account
from boundaries.cluster.folders import PORT, Places
from boundaries.cluster.programs import Programs
from boundaries.errors import Unavailable

# For clusters that tests throw away: a crash may lose them.
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# Processes of a killed server end by themselves within this time, unless one is deep in a statement.
_ORPHANS_END_S = 5.0
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, as its pid file tells.

    Attributes
    ----------
    pid : int
        The postmaster's process number.
    port : int
        Part of the socket's name.
    socket_dir : Path
        Where the socket lies.
    is_ready : bool
        Whether it takes connections.
    """

    pid: int
    port: int
    socket_dir: Path
    is_ready: bool

    @property
    def has_socket(self) -> bool:
        """Whether the socket still lies where the server made it (a log-out may sweep it away)."""
        return (self.socket_dir / f".s.PGSQL.{self.port}").exists()


def find_server(data_dir: Path) -> Server | None:
    """The live server of a data folder; None where the pid file is missing, stale or half-written.

    Raises
    ------
    Unavailable
        The data folder may not be read.
    """
    lines = _pid_lines(data_dir)
    if len(lines) < 5 or not lines[0].isdigit() or not lines[3].isdigit():
        return None
    pid = int(lines[0])
    if not _is_postmaster(pid, data_dir):
        return None
    is_ready = len(lines) > 7 and lines[7].strip() == "ready"
    return Server(pid, int(lines[3]), Path(lines[4]), is_ready)


def start_server(
    where: Places, programs: Programs, account: Account, *, socket_dir: Path, durable: bool, wait_s: float
) -> Server:
    """Start the server and wait until it takes connections. The caller holds the lock.

    Raises
    ------
    Unavailable
        It ended at once, or is not ready in time; the message quotes its log.
    """
    deadline = time.monotonic() + wait_s
    _clear_stale(where.data_dir, socket_dir, deadline)
    settings = ["listen_addresses=", f'unix_socket_directories="{socket_dir}"', f"port={PORT}"]
    settings += [] if durable else list(_NOT_DURABLE)
    command = [programs.path("postgres"), "-D", str(where.data_dir)]
    for setting in settings:
        command += ["-c", setting]
    return await_server(where, _launch(command, where, account), wait_s=deadline - time.monotonic())


def find_starting(data_dir: Path) -> int | None:
    """The process of a server that lives, whether or not it has written its pid file or takes connections yet."""
    server = find_server(data_dir)
    if server is not None:
        return server.pid
    return next((pid for pid in _processes_on(data_dir) if _is_postmaster(pid, data_dir)), None)


def await_server(where: Places, pid: int, *, wait_s: float) -> Server:
    """Wait until a server takes connections; one that recovers after a crash may need long, and is left to it.

    Raises
    ------
    Unavailable
        It ended, or is not ready in time; the message quotes its log.
    """
    deadline = time.monotonic() + wait_s
    while True:
        server = find_server(where.data_dir)
        if server is not None and server.pid == pid and server.is_ready:
            return server
        if not is_live(pid):
            raise _did_not_start(where)
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    raise Unavailable(
        f"数据库在 {wait_s:g} 秒内未能就绪(可能正在恢复)。请稍后再试;日志:{where.start_log}",
        f"The database was not ready within {wait_s:g} seconds (it may be recovering). "
        f"Try again later; its log: {where.start_log}",
    )


def stop_server(server: Server, *, wait_s: float) -> None:
    """Stop a server without waiting for its sessions to end.

    Raises
    ------
    Unavailable
        It belongs to another user, or still runs after the wait.
    """
    try:
        os.kill(server.pid, signal.SIGINT)
    except ProcessLookupError:
        return
    except PermissionError:
        raise Unavailable(
            f"无权停止数据库进程 {server.pid}。请以启动它的用户运行。",
            f"This user may not stop the database's process {server.pid}. Run as the user who started it.",
        ) from None
    if not _gone((server.pid,), time.monotonic() + wait_s):
        raise Unavailable(
            f"数据库进程 {server.pid} 在 {wait_s:g} 秒内没有停止。请稍后再试。",
            f"The database's process {server.pid} has not stopped within {wait_s:g} seconds. Try again later.",
        )


def is_live(pid: int) -> bool:
    """Whether a process runs; a zombie, which only waits to be counted, does not."""
    return _state(pid) not in {"", "Z", "X"}


def _launch(command: list[str], where: Places, account: Account) -> int:
    # The shell in between ends at once: the server is nobody's child, so that it outlives this process and
    # leaves no zombie here. No part of the command is read by the shell.
    script = 'log=$1; shift; umask 077; "$@" </dev/null >>"$log" 2>&1 & echo $!'
    done = subprocess.run(  # noqa: S603 - see above
        ["/bin/sh", "-c", script, "sh", str(where.start_log), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        cwd="/",
        env=program_environment(),
        start_new_session=True,
        **account.identity(),  # type: ignore[call-overload]  # mypy cannot spread options into the overloads
    )
    return int(done.stdout)


def program_environment() -> dict[str, str]:
    """The environment of every PostgreSQL program: one locale, one time zone, no PG* variable of the user."""
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC"}


def _did_not_start(where: Places) -> Unavailable:
    tail = _tail(where.start_log) or _tail(_newest(where.data_dir / "log"))
    return Unavailable(
        f"数据库没有启动。日志 {where.start_log} 的末尾:\n{tail}",
        f"The database did not start. The end of its log {where.start_log}:\n{tail}",
    )


def _newest(folder: Path) -> Path | None:
    logs = sorted(folder.glob("*.log"), key=lambda one: one.stat().st_mtime) if folder.is_dir() else []
    return logs[-1] if logs else None


def _tail(path: Path | None) -> str:
    if path is None or not path.is_file():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])


def _clear_stale(data_dir: Path, socket_dir: Path, deadline: float) -> None:
    """Remove what a killed server left, once nobody of it lives any more.

    PostgreSQL itself trusts a pid file whose number any live process or zombie of the same user bears.
    """
    orphans = tuple(_processes_on(data_dir))
    if not _gone(orphans, min(deadline, time.monotonic() + _ORPHANS_END_S)):
        for pid in orphans:
            if is_live(pid):
                os.kill(pid, signal.SIGQUIT)
        if not _gone(orphans, deadline):
            raise Unavailable(
                f"上次运行留下的数据库进程仍在:{', '.join(map(str, orphans))}。请结束它们后再试。",
                f"Processes of an earlier run still hold the database: {', '.join(map(str, orphans))}. "
                "End them and try again.",
            )
    (data_dir / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (socket_dir / name).unlink(missing_ok=True)


def _gone(pids: Iterable[int], deadline: float) -> bool:
    waiting = tuple(pids)
    while True:
        waiting = tuple(pid for pid in waiting if is_live(pid))
        if not waiting:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)


def _pid_lines(data_dir: Path) -> list[str]:
    try:
        return (data_dir / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError:
        raise Unavailable(
            f"无权读取 {data_dir}。请以建立它的用户运行,或改用另一个 MICROGRID_HOME。",
            f"{data_dir} may not be read by this user. Run as the user who made it, or choose another MICROGRID_HOME.",
        ) from None


def _processes_on(data_dir: Path) -> Iterator[int]:
    if not _PROC.joinpath("self").exists():
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and _is_postgres_on(int(entry.name), data_dir):
            yield int(entry.name)


def _is_postgres_on(pid: int, data_dir: Path) -> bool:
    # A session's process calls itself "postgres: role database ...".
    words = _words(pid)
    if not words or Path(words[0].partition(":")[0].partition(" ")[0]).name != "postgres":
        return False
    # One that has only just begun is not in the data folder yet.
    return is_live(pid) and (_works_in(pid, data_dir) or words[1:3] == ["-D", str(data_dir)])


def _is_postmaster(pid: int, data_dir: Path) -> bool:
    words = _words(pid)
    if not words or Path(words[0]).name not in {"postgres", "postmaster"} or not is_live(pid):
        return False
    if _PROC.joinpath("self").exists():
        return _works_in(pid, data_dir) or words[1:3] == ["-D", str(data_dir)]
    return str(data_dir) in " ".join(words)


def _works_in(pid: int, data_dir: Path) -> bool:
    # Every process of a server has the data folder as its working folder.
    try:
        return (_PROC / str(pid) / "cwd").samefile(data_dir)
    except OSError:
        return False


def _state(pid: int) -> str:
    try:
        # The name in brackets may hold anything, so the state is what follows its last bracket.
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return "" if _PROC.joinpath("self").exists() else _ps(pid, "state")[:1]


def _words(pid: int) -> list[str]:
    try:
        text = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return [] if _PROC.joinpath("self").exists() else _ps(pid, "command").split(" ")
    return [os.fsdecode(word) for word in text.rstrip(b"\0").split(b"\0") if word]


def _ps(pid: int, column: str) -> str:
    done = subprocess.run(  # noqa: S603 - a number and a fixed word
        ["/bin/ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
