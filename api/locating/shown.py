"""Look-ups that showed somebody's phone that is not published, counted in memory and put on record by the minute."""

import threading
from collections import Counter

from sqlalchemy import Engine

from api.caller import Caller
from boundaries.services.journal import record_read
from boundaries.store.engine import writing

# As it stands in an answer behind a phone that only few may see; behind none stands ``null``.
_HIDDEN = b'","phone_published":false'


class Shown:
    """Who was shown how many such answers since they were put on record last."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, caller: Caller, body: bytes) -> None:
        """Count an answer, if it shows what only few may see."""
        if caller.tier == "restricted" and _HIDDEN in body:
            with self._guard:
                self._counts[caller.account] += 1

    def put_on_record(self, engine: Engine) -> None:
        """Write one entry for each caller; what cannot be written is kept for the next time.

        Raises
        ------
        Unavailable
            If the database cannot be reached.
        """
        with self._guard:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            with writing(engine) as session:
                for account, answers in counts.items():
                    detail = {"fields": ["phone"], "answers": answers}
                    record_read(session, actor=account, way="read", subject="layer:people", detail=detail)
        except BaseException:
            with self._guard:
                self._counts.update(counts)
            raise
