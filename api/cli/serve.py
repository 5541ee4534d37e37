"""``serve``: the HTTP service on the address of the settings."""

import errno
import signal
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.output import note
from boundaries.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Engine

Host = Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="监听地址 / address to listen on")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="端口,0 为任意空闲端口 / 0: any free one")]

Workers = Annotated[
    int | None, typer.Option("--workers", min=1, max=64, help="并行服务的进程数 / processes that answer side by side")
]


def serve(host: Host = None, port: Port = None, workers: Workers = None) -> None:
    """Serve until stopped by Ctrl-C or a termination signal.

    Raises
    ------
    Unavailable
        If the database cannot be used or the port is taken.
    BadInput
        If the address is not one of this machine.
    """
    settings = context.settings()
    serve_engine(
        context.engine(),
        host=host or settings.host,
        port=settings.port if port is None else port,
        workers=workers or settings.workers,
    )


def serve_engine(engine: "Engine", *, host: str, port: int, workers: int = 1) -> None:
    """Serve one database on one address, and say the address.

    Parameters
    ----------
    engine : Engine
        The database, migrated.
    host : str
        Address to listen on.
    port : int
        0 for any free one.
    workers : int
        Processes that answer side by side.

    Raises
    ------
    Unavailable
        If the port is taken.
    BadInput
        If the address is not one of this machine.
    """
    listener = listen(host, port)
    from api.logs import configure_logs
    from api.serving import run

    configure_logs()
    settings = context.settings().model_copy(update={"host": host})
    # uvicorn raises the signal again once it has stopped; a stop that was asked for is no failure.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    note(_greeting(f"http://{_in_url(host)}:{listener.getsockname()[1]}/"))
    run(engine.url.render_as_string(hide_password=False), settings, listener, workers=workers)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is refused before anything starts.

    Raises
    ------
    Unavailable
        If the port is taken, or may not be taken by this user.
    BadInput
        If the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(
                f"端口 {port} 已被其他程序占用。请换一个:microgrid serve --port {port + 1 if port < 65535 else 0}",
                f"Port {port} is taken by another program. Choose another: "
                f"microgrid serve --port {port + 1 if port < 65535 else 0}",
            ) from error
        if error.errno == errno.EACCES:
            raise Unavailable(
                f"当前用户不能使用端口 {port}。请用 1024 以上的端口。",
                f"This user may not listen on port {port}. Use one above 1024.",
            ) from error
        raise BadInput(
            f"不能监听地址“{host}”。请用本机的地址,如 127.0.0.1 或 0.0.0.0。",
            f'Cannot listen on "{host}". Use an address of this machine, such as 127.0.0.1 or 0.0.0.0.',
        ) from error
    return listener


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _greeting(url: str) -> str:
    if context.language() == "zh":
        return f"服务已启动:{url}(按 Ctrl-C 停止)"
    return f"Serving on {url} (stop with Ctrl-C)"
