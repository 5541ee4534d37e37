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
    """Restricted fields that a request has given so far.

    Attributes
    ----------
    given : dict of str to Counter
        Layer -> field -> how many were given.
    """

    given: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, layer: str, fields: Mapping[str, Any]) -> None:
        """Count what stands in the restricted fields of one thing that the answer holds.

        Parameters
        ----------
        layer : str
            A key of ``FIELDS``.
        fields : mapping
            As they go out.
        """
        for name, value in fields.items():
            wanted = FIELDS[layer].get(name)
            is_restricted = wanted is not None and not sees("internal", wanted.tier)
            # A phone is public or restricted as its owner says.
            is_restricted |= name == "phone" and fields.get("phone_published") is False
            if value is not None and is_restricted:
                self.given.setdefault(layer, Counter())[name] += 1


def read_log(request: Request, caller: Annotated[Caller, Depends(known_caller)]) -> Iterator[ReadLog]:
    """A log for one request, written when the route has returned and before its answer leaves.

    Raises
    ------
    Unavailable
        If it cannot be written: then nothing is given.
    """
    log = ReadLog()
    yield log
    if log.given:
        with writing(app_engine(request)) as session:
            for layer, counts in log.given.items():
                journal.record_read(
                    session, actor=caller.account, way="read", subject=f"layer:{layer}", detail=dict(counts)
                )


Reads = Annotated[ReadLog, Depends(read_log, scope="function")]
