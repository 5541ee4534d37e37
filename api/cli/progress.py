"""A moving line on stderr for work that cannot count its steps."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

_QUIET_S = 2.0


@contextmanager
def phase(label: str) -> Iterator[None]:
    """Show what is being done, and for how long, once it takes over two seconds; on a terminal only.

    Parameters
    ----------
    label : str
        In the language of the reader.
    """
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    shown = Progress(*columns, console=Console(stderr=True), transient=True)
    shown.add_task(label, total=None)
    timer = Timer(_QUIET_S, shown.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        shown.stop()
