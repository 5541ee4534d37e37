"""The cluster's life: running, status, stop."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from boundaries.cluster.account import choose_account
from boundaries.cluster.folders import Places, locked, make_root, make_socket_dir, places, remove_socket_dir
from boundaries.cluster.init import clear_rubbish, make_data_dir
from boundaries.cluster.process import Server, await_server, find_server, find_starting, start_server, stop_server
from boundaries.cluster.programs import Programs, data_major, programs_for
from boundaries.cluster.roles import DATABASE, prepare


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running private cluster.

    Attributes
    ----------
    home : Path
        The data directory of the service.
    data_dir : Path
        PostgreSQL's own folder in it.
    socket_dir : Path
        Where the socket lies; the only way in.
    port : int
        Part of the socket's name; nothing listens on a network port.
    programs : Programs
        The PostgreSQL that runs it.
    """

    home: Path
    data_dir: Path
    socket_dir: Path
    port: int
    programs: Programs

    def url(self, role: str, database: str = DATABASE) -> str:
        """The SQLAlchemy URL of one role in one database."""
        return cluster_url(self.socket_dir, self.port, role, database)


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What stands in a home.

    Attributes
    ----------
    home, data_dir : Path
        Where it would be.
    is_made : bool
        Whether the data folder exists.
    is_running : bool
        Whether its server takes connections.
    pid : int or None
        The server's process.
    socket_dir : Path or None
        Where its socket lies.
    port : int or None
        Part of the socket's name.
    major : int or None
        The PostgreSQL version that made the folder.
    """

    home: Path
    data_dir: Path
    is_made: bool
    is_running: bool
    pid: int | None
    socket_dir: Path | None
    port: int | None
    major: int | None


def cluster_url(socket_dir: Path, port: int, role: str, database: str = DATABASE) -> str:
    """The SQLAlchemy URL of a role on a socket."""
    return f"postgresql+psycopg://{role}@/{database}?host={quote(str(socket_dir), safe='/')}&port={port}"


def ensure_running(home: Path, *, wait_s: float = 60, durable: bool = True, runtime_dir: Path | None = None) -> Cluster:
    """Have the cluster of a home running: found, made, started and prepared as far as each is missing.

    Parameters
    ----------
    home : Path
        The data directory of the service.
    wait_s : float
        Seconds to wait for another start, and for the server to take connections.
    durable : bool
        False for clusters that tests throw away: nothing is forced to the disk.
    runtime_dir : Path or None
        The session's folder for sockets ($XDG_RUNTIME_DIR), tried first.

    Raises
    ------
    Unavailable
        PostgreSQL or PostGIS is missing, a folder cannot be used, or the server does not start.
    """
    where = places(home)
    programs = programs_for(where.data_dir)
    account = choose_account(where.data_dir)
    make_root(where, account)
    with locked(where, account, wait_s=wait_s) as lock:
        clear_rubbish(where)
        pid = find_starting(where.data_dir)
        server = await_server(where, pid, wait_s=wait_s) if pid is not None else None
        if server is not None and not server.has_socket:
            # Nobody can reach it any more, and it cannot make its socket again.
            stop_server(server, wait_s=wait_s)
            server = None
        if server is None:
            if data_major(where.data_dir) is None:
                make_data_dir(where, programs, account, lock=lock, durable=durable)
            socket_dir = make_socket_dir(where, account, runtime_dir)
            server = start_server(where, programs, account, socket_dir=socket_dir, durable=durable, wait_s=wait_s)
        prepare(server.socket_dir, server.port)
    return _cluster(where, server, programs)


def stop(home: Path, *, wait_s: float = 60) -> bool:
    """Stop the cluster of a home; False where none was running.

    Raises
    ------
    Unavailable
        It belongs to another user, or does not stop in time.
    """
    where = places(home)
    if find_server(where.data_dir) is None:
        return False
    account = choose_account(where.data_dir)
    with locked(where, account, wait_s=wait_s):
        server = find_server(where.data_dir)
        if server is None:
            return False
        stop_server(server, wait_s=wait_s)
        remove_socket_dir(server.socket_dir)
    return True


def status(home: Path) -> ClusterStatus:
    """What stands in a home; changes nothing.

    Raises
    ------
    Unavailable
        The folder may not be read, or holds something else than a cluster.
    """
    where = places(home)
    major = data_major(where.data_dir)
    server = find_server(where.data_dir)
    return ClusterStatus(
        home=where.home,
        data_dir=where.data_dir,
        is_made=major is not None,
        is_running=server is not None and server.is_ready and server.has_socket,
        pid=server.pid if server else None,
        socket_dir=server.socket_dir if server else None,
        port=server.port if server else None,
        major=major,
    )


def _cluster(where: Places, server: Server, programs: Programs) -> Cluster:
    return Cluster(where.home, where.data_dir, server.socket_dir, server.port, programs)
