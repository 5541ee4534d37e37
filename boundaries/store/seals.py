"""Seals over the audit trail as rows: which entries wait for one, and where each stands."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, cast, delete, exists, func, insert, select, text
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from boundaries.chain import Place, Seal, Written
from boundaries.store import tables

_audit, _waiting = tables.audit, tables.audit_waiting
_seal, _sealed = tables.audit_seal, tables.audit_sealed
# Any number: whoever seals holds it until the transaction ends. Who writes an entry does not ask for it.
_SEALING = 0x6D67_0002
_BATCH = 5_000


def lock_seals(session: Session) -> Seal | None:
    """Be the only one who seals, until the transaction ends; the last seal."""
    session.execute(select(func.pg_advisory_xact_lock(_SEALING)))
    return last_seal(session)


def clock(session: Session) -> datetime:
    """The instant, by the database; of two seals the later one has the later instant."""
    now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now


def last_seal(session: Session) -> Seal | None:
    """The newest seal, None before the first."""
    row = session.execute(select(_seal).order_by(_seal.c.number.desc()).limit(1)).first()
    return None if row is None else _seal_row(row)


def seal_of(session: Session, *, action: str, subject: str) -> Seal | None:
    """The seal that holds an entry, None where no seal does."""
    query = select(_seal).join(_sealed, _sealed.c.seal == _seal.c.number)
    query = query.join(_audit, _audit.c.number == _sealed.c.entry)
    row = session.execute(
        query.where(_audit.c.action == action, _audit.c.subject == subject).order_by(_seal.c.number).limit(1)
    ).first()
    return None if row is None else _seal_row(row)


def unsealed(session: Session) -> Iterator[Written]:
    """Entries that wait for a seal, by number."""
    query = select(*_written_columns()).join(_waiting, _waiting.c.entry == _audit.c.number)
    for row in session.execute(query.order_by(_audit.c.number).execution_options(yield_per=_BATCH)):
        yield _written(row)


def count_waiting(session: Session) -> int:
    """How many entries wait for a seal."""
    return int(session.execute(select(func.count()).select_from(_waiting)).scalar_one())


def add_seal(session: Session, seal: Seal, entries: Sequence[tuple[int, bytes]]) -> None:
    """Write a seal behind the last one, and where its entries stand.

    Parameters
    ----------
    seal : Seal
    entries : sequence of (number, digest)
        In order.
    """
    session.execute(
        insert(_seal).values(
            number=seal.number,
            previous=seal.number - 1 or None,
            sealed_at=seal.sealed_at,
            first_position=seal.first_position,
            entries=seal.entries,
            digest=seal.digest,
        )
    )
    session.execute(
        text(
            f"INSERT INTO {_sealed.fullname} (position, entry, seal, digest)"  # noqa: S608 - a constant
            " SELECT :first + place - 1, entry, :seal, digest"
            " FROM unnest(CAST(:entries AS bigint[]), CAST(:digests AS bytea[])) WITH ORDINALITY"
            " AS given (entry, digest, place)"
        ),
        {
            "first": seal.first_position,
            "seal": seal.number,
            "entries": [number for number, _ in entries],
            "digests": [digest for _, digest in entries],
        },
    )
    numbers = [number for number, _ in entries]
    session.execute(delete(_waiting).where(_waiting.c.entry == func.any(numbers)))


def read_seals(session: Session) -> Iterator[tuple[Seal, tuple[Place, ...]]]:
    """Every seal with its entries, from the first on."""
    query: Select[Any] = (
        select(
            _seal.c.number.label("seal_number"),
            _seal.c.sealed_at,
            _seal.c.first_position,
            _seal.c.entries,
            _seal.c.digest.label("seal_digest"),
            _sealed.c.position,
            _sealed.c.entry,
            _sealed.c.digest.label("entry_digest"),
            *_written_columns(),
        )
        .outerjoin(_sealed, _sealed.c.seal == _seal.c.number)
        .outerjoin(_audit, _audit.c.number == _sealed.c.entry)
        .order_by(_seal.c.number, _sealed.c.position)
        .execution_options(yield_per=_BATCH)
    )
    current: Seal | None = None
    places: list[Place] = []
    for row in session.execute(query):
        if current is None or row.seal_number != current.number:
            if current is not None:
                yield current, tuple(places)
            current, places = _joined_seal(row), []
        if row.position is not None:
            entry = None if row.number is None else _written(row)
            places.append(Place(row.position, row.entry, bytes(row.entry_digest), entry))
    if current is not None:
        yield current, tuple(places)


def first_outside(session: Session) -> int | None:
    """The first entry that neither stands under a seal nor waits for one."""
    is_sealed = exists().where(_sealed.c.entry == _audit.c.number)
    is_waiting = exists().where(_waiting.c.entry == _audit.c.number)
    query = select(func.min(_audit.c.number)).where(~is_sealed, ~is_waiting)
    number: int | None = session.execute(query).scalar_one()
    return number


def known_digests(session: Session, digests: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these digests seals have."""
    found = session.execute(select(_seal.c.digest).where(_seal.c.digest.in_(digests))).scalars()
    return frozenset(map(bytes, found))


def first_untold_generation(session: Session, *, action: str) -> int | None:
    """The first generation that no entry tells of."""
    generation = tables.generation
    subject = func.concat("generation:", generation.c.number)
    told = exists().where(_audit.c.action == action, _audit.c.subject == subject)
    number: int | None = session.execute(select(func.min(generation.c.number)).where(~told)).scalar_one()
    return number


def _written_columns() -> tuple[Any, ...]:  # Any: columns, whose types are of no use to the caller
    """Those of an entry; its detail as the text that it is, so that nobody reads it as JSON."""
    kept = [column for column in _audit.c if column is not _audit.c.detail]
    return *kept, cast(_audit.c.detail, Text).label("written")


def _written(row: Row[Any]) -> Written:
    digest = None if row.digest is None else bytes(row.digest)
    return Written(row.number, row.at, row.actor, row.action, row.subject, row.written, digest)


def _seal_row(row: Row[Any]) -> Seal:
    return Seal(row.number, row.sealed_at, row.first_position, row.entries, bytes(row.digest))


def _joined_seal(row: Row[Any]) -> Seal:
    return Seal(row.seal_number, row.sealed_at, row.first_position, row.entries, bytes(row.seal_digest))
