"""``worker``: what is done in the background, until stopped."""

import asyncio
import signal

from api.cli import context
from api.cli.output import note


def worker() -> None:
    """Seal the audit trail each minute and publish what is due, until Ctrl-C or a termination signal.

    Several may run side by side: each duty is done by one of them.

    Raises
    ------
    Unavailable
        If the database cannot be used at the start; one that goes away later is waited for.
    """
    from api.jobs import duties, work
    from api.logs import configure_logs

    engine = context.engine()
    configure_logs()
    note("后台任务已启动(按 Ctrl-C 停止)" if context.language() == "zh" else "Working (stop with Ctrl-C)")

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await work(engine.url, duties(engine, context.settings()), stop)

    asyncio.run(until_stopped())
