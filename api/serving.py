"""One process that serves, or several on one address that a parent starts anew when they die."""

import socket
from functools import partial
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.app import create_service
from api.locate_app import LocateApp
from api.locating.counters import new_board
from api.logs import configure_logs
from api.settings import Settings
from boundaries.store.engine import connect


def make_service(url: str, settings: Settings, board: Path | None) -> LocateApp:
    """Make the service in the process that will run it.

    Parameters
    ----------
    url : str
        Address of the database.
    settings : Settings
    board : Path or None
        Where the processes count together.
    """
    configure_logs()
    return create_service(engine=connect(url), settings=settings, board=board)


def run(url: str, settings: Settings, listener: socket.socket, *, workers: int) -> None:
    """Serve until stopped.

    Parameters
    ----------
    url : str
        Address of the database, with its password where it has one.
    settings : Settings
    listener : socket
        Bound and listening already.
    workers : int
        Processes; one that dies is started anew.
    """
    board = new_board() if workers > 1 else None
    try:
        config = uvicorn.Config(
            partial(make_service, url, settings, board),
            factory=True,
            workers=workers,
            # Our own line says the path alone; uvicorn's would print the query, which may hold a coordinate.
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
            # One that was killed while it was asked is missed only after so long; one that builds answers sooner.
            timeout_worker_healthcheck=8,
        )
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            Multiprocess(config, sockets=[listener]).run()
    finally:
        if board is not None:
            board.unlink(missing_ok=True)
