"""What a request gave that only few may see goes on record, before the answer leaves."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from api.auth import known_caller
from api.caller import Caller
from api.dependencies import app_engine
from boundaries.services import journal
from boundaries.store.engine import writing
from boundaries.tiers import FIELDS, sees


@dataclass(slots=True)
class ReadLog:
    """What a request has given so far of which only few may see some fields.

    Attributes
    ----------
    rows : Counter of str
        Layer -> things.
    fields : dict of str to set of str
        Layer -> fields that were given.
    """

    rows: Counter[str] = field(default_factory=Counter)
    fields: dict[str, set[str]] = field(default_factory=dict)

    def note(self, layer: str, fields: Mapping[str, Any]) -> None:
        """Count one thing that the answer holds, if it gives any restricted field of it.

        Parameters
        ----------
        layer : str
            A key of ``FIELDS``.
        fields : mapping
            As they go out.
        """
        known = FIELDS[layer]
        given = {
            name
            for name, value in fields.items()
            if value is not None and name in known and not sees("internal", known[name].tier)
        }
        if given:
            self.rows[layer] += 1
            self.fields.setdefault(layer, set()).update(given)


def read_log(request: Request, caller: Annotated[Caller, Depends(known_caller)]) -> Iterator[ReadLog]:
    """A log for one request, written when the route has returned and before its answer leaves.

    Raises
    ------
    Unavailable
        If it cannot be written: then nothing is given.
    """
    log = ReadLog()
    yield log
    if log.rows:
        with writing(app_engine(request)) as session:
            for layer, rows in log.rows.items():
                detail = {"fields": sorted(log.fields[layer]), "rows": rows}
                journal.record_read(session, actor=caller.account, way="read", subject=f"layer:{layer}", detail=detail)


Reads = Annotated[ReadLog, Depends(read_log, scope="function")]
