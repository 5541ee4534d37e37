"""The audit trail and the seals that chain it: the digest of an entry, and the digest of a seal.

``docs/formats/audit.md`` is the definition.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

# What stands before the first of all.
START = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed.

    Attributes
    ----------
    number : int
        Given when it was written; numbers may have holes.
    at : datetime
    actor : str
    action : str
        ``noun.verb``.
    subject : str
        ``noun:number``.
    detail : mapping
    seal : int or None
        The seal that holds it; None while it waits for one.
    digest : str or None
        What the seal knows it by, in hexadecimal.
    """

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object]
    seal: int | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """One entry as it was written: ``detail`` is the JSON text; ``digest`` only of an older service's."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal; ``first_position`` is that of its first entry."""

    number: int
    sealed_at: datetime
    first_position: int
    entries: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands under a seal; ``entry`` is None where it is not there any more."""

    position: int
    number: int
    digest: bytes
    entry: Written | None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the sealed trail: whoever kept its digest sees whether the end was cut off.

    Attributes
    ----------
    seal : int
        Number of the last seal.
    entries : int
        All that are sealed, from the first on.
    digest : str
        SHA-256, in hexadecimal.
    sealed_at : datetime
    """

    seal: int
    entries: int
    digest: str
    sealed_at: datetime


def next_seal(last: Seal | None, sealed_at: datetime, digests: Sequence[bytes]) -> Seal:
    """The seal behind another.

    Parameters
    ----------
    last : Seal or None
        The one before; None for the first.
    sealed_at : datetime
        With its time zone.
    digests : sequence of bytes
        Of the entries that it holds, in order.

    Returns
    -------
    Seal
    """
    number, previous = (1, START) if last is None else (last.number + 1, last.digest)
    first = 1 if last is None else last.first_position + last.entries
    header = [number, _instant(sealed_at), first, len(digests)]
    whole = hashlib.sha256(previous + json.dumps(header).encode())
    for digest in digests:
        whole.update(digest)
    return Seal(number, sealed_at, first, len(digests), whole.digest())


def entry_digest(entry: Written) -> bytes:
    """SHA-256 over what an entry says and, for one of an older service, the digest that it has."""
    return hashlib.sha256(_content(entry) + (entry.digest or b"")).digest()


def chained_digest(before: bytes, entry: Written) -> bytes:
    """The digest that an older service gave an entry, behind that of the entry before it."""
    return hashlib.sha256(before + _content(entry)).digest()


def _content(entry: Written) -> bytes:
    words = (entry.actor, entry.action, entry.subject)
    content = [entry.number, _instant(entry.at), *words, entry.detail]
    return json.dumps(content, ensure_ascii=False).encode()


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
