"""Two who write at the same time."""

import threading
from collections.abc import Callable

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from boundaries.store.engine import writing

Deed = Callable[[Session], object]


def at_once(engine: Engine, first: Deed, second: Deed) -> None:
    """Do the first, begin the second before it is committed, and let the second wait for it."""

    def late() -> None:
        with writing(engine) as session:
            second(session)

    thread = threading.Thread(target=late)
    with writing(engine) as session:
        first(session)
        thread.start()
        waiting = text(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = any(pg_blocking_pids(pid))"
        )
        while thread.is_alive() and not session.execute(waiting).scalar_one():
            thread.join(0.02)
    thread.join()
