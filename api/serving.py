"""One process that serves, or several on one address that a parent starts anew when they die.

A process answers its parent only once this module is read, so everything heavy is read later:
on a machine with much to do the parent would else take it for dead before it has begun.
"""

import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.settings import Settings

if TYPE_CHECKING:
    from api.locate_app import LocateApp

# A living process answers its parent within so long, and a killed one is missed after it.
_SIGN_OF_LIFE_S = 15


def make_service(url: str, settings: Settings, board: Path | None) -> "LocateApp":
    """Make the service in the process that will run it.

    Parameters
    ----------
    url : str
        Address of the database.
    settings : Settings
    board : Path or None
        Where the processes count together.
    """
    from api.app import create_service
    from api.logs import configure_logs
    from boundaries.store.engine import connect

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
    from api.locating.counters import new_board

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
            timeout_worker_healthcheck=_SIGN_OF_LIFE_S,
        )
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            Multiprocess(config, sockets=[listener]).run()
    finally:
        if board is not None:
            board.unlink(missing_ok=True)
