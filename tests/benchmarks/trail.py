"""What the audit trail costs: writing by many at once, sealing behind them, verifying all of it.

``python -m tests.benchmarks.trail [entries]`` prints one line for each, on a private cluster that is thrown away.
"""

import sys
import threading
import time
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from boundaries.services import journal, sealing
from boundaries.services.trail_check import verify_trail
from boundaries.store.engine import connect, reading, writing
from tests.benchmarks.served_plan import database

_WRITERS = 8
_EACH = 100


def _deeds(engine: Engine) -> None:
    for number in range(_EACH):
        with writing(engine) as session:
            journal.record(session, actor="陈晨", action="draft.edit", subject=f"draft:{number}", detail={"n": number})


def _many(engine: Engine, entries: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "WITH added AS (INSERT INTO microgrid.audit (actor, action, subject, detail)"
                " SELECT '陈晨', 'draft.edit', 'draft:' || n, json_build_object('n', n)"
                " FROM generate_series(1, :entries) AS n RETURNING number)"
                " INSERT INTO microgrid.audit_waiting SELECT number FROM added"
            ),
            {"entries": entries},
        )


def main(arguments: list[str]) -> None:
    """Measure and print."""
    entries = int(arguments[0]) if arguments else 100_000
    with database("trail") as plan:
        engine = connect(plan.url, pool_size=_WRITERS)
        threads = [threading.Thread(target=_deeds, args=(engine,)) for _ in range(_WRITERS)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - begun
        sys.stdout.write(f"{_WRITERS} writers, a transaction each: {_WRITERS * _EACH / took:,.0f} entries/s\n")
        _many(engine, entries)
        begun = time.perf_counter()
        with writing(engine) as session:
            sealing.seal(session, now=datetime.now(UTC))
        sys.stdout.write(f"seal of {entries:,} entries: {time.perf_counter() - begun:.2f} s\n")
        _many(engine, 100)
        begun = time.perf_counter()
        with writing(engine) as session:
            sealing.seal(session, now=datetime.now(UTC))
        sys.stdout.write(f"seal of 100 entries behind them: {1000 * (time.perf_counter() - begun):.1f} ms\n")
        begun = time.perf_counter()
        with reading(engine) as session:
            state = verify_trail(session)
        took = time.perf_counter() - begun
        sys.stdout.write(f"verify {state.entries:,} entries: {took:.2f} s, whole: {state.is_whole}\n")
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1:])
