"""What was done to a draft, row by row, so that every change has an exact inverse.

Whatever writes into a draft does so inside a change: what it touches is kept as it was
before. Undoing swaps the rows of the draft with those kept, so that redoing is the same
swap again, whatever made the change.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType, Text

from boundaries.store import tables
from boundaries.store.overlay import THINGS, Thing

ChangeStatus = Literal["done", "undone", "superseded"]

_change, _image = tables.draft_change, tables.draft_image
# Where a session keeps the change that it is in.
_OPEN = "draft_change"
_THING_OF = {thing.name: thing for thing in THINGS}


@dataclass(frozen=True, slots=True)
class Change:
    """One act on a draft.

    Attributes
    ----------
    number : int
        Within the draft, from 1.
    at : datetime
    actor : str
    kind : str
        What it was: ``edit``, ``load``, ``repair``, ``assign`` ...
    commands : object or None
        What was asked for, where it came as commands.
    revision : int
        Of the draft, after it was first done.
    status : {"done", "undone", "superseded"}
        Superseded is what was undone before something else was done.
    turned_by : str
        Who last did, undid or redid it, and when: ``turned_at``.
    turned_at : datetime
    base_generation : int or None
        What the draft stood on then.
    """

    number: int
    at: datetime
    actor: str
    kind: str
    commands: object
    revision: int
    status: ChangeStatus
    turned_by: str
    turned_at: datetime
    base_generation: int | None


@dataclass(frozen=True, slots=True)
class Intent:
    """A change that has begun and may yet turn out to change nothing."""

    draft_id: int
    actor: str
    kind: str
    at: datetime | None
    commands: object = None
    is_counted: bool = False
    number: int | None = None
    has_touched: bool = False


def begin(session: Session, intent: Intent) -> None:
    """Let what is written from now on belong to one change."""
    session.info[_OPEN] = intent


def end(session: Session) -> Intent | None:
    """Let what is written from now on belong to another change; what the one that ends has become."""
    intent: Intent | None = session.info.pop(_OPEN, None)
    return intent


def current(session: Session, draft_id: int) -> Intent | None:
    """The change of this draft that has begun, if there is one."""
    intent: Intent | None = session.info.get(_OPEN)
    return intent if intent is not None and intent.draft_id == draft_id else None


@contextmanager
def kept(session: Session, thing: Thing, draft_id: int, numbers: Select[Any]) -> Iterator[None]:
    """Keep the rows that a draft has of some things, then let the block write.

    Parameters
    ----------
    thing : Thing
    draft_id : int
        Locked, with a change begun.
    numbers : Select
        Permanent numbers of the things, one column.
    """
    intent = current(session, draft_id)
    if intent is None:
        raise RuntimeError("a draft is written without a change")
    if intent.number is None:
        intent = _add_change(session, intent)
    wanted = numbers.subquery()
    state = thing.state
    own = and_(state.c.draft_id == draft_id, state.c[thing.key] == wanted.c[0])
    rows = select(
        literal(draft_id), literal(intent.number), literal(thing.name), wanted.c[0], _content(state), state.c.version
    ).select_from(wanted.outerjoin(state, own))
    columns = ["draft_id", "number", "thing", "thing_id", "content", "version"]
    session.execute(upsert(_image).from_select(columns, rows, False).on_conflict_do_nothing())
    yield
    _drop_untouched(session, thing, draft_id, intent)


def highest_version(thing: Thing, draft_id: int | None, number: ColumnElement[Any]) -> ColumnElement[Any]:
    """The highest version that a draft ever gave a thing and keeps, so that none ever stands for two shapes."""
    of_it = and_(_image.c.draft_id == draft_id, _image.c.thing == thing.name, _image.c.thing_id == number)
    return select(func.max(_image.c.version)).where(of_it).correlate_except(_image).scalar_subquery()


def _content(state: FromClause) -> ColumnElement[Any]:  # Any: JSON
    """A row as JSON from which the very same row can be made."""
    pairs: list[Any] = []
    for column in _columns(state):
        # In hexadecimal, with every bit; as JSON it would become GeoJSON.
        value = cast(type_coerce(column, NullType()), Text) if column.name == "geom" else column
        pairs += [literal_column(f"'{column.name}'"), value]
    return case((state.c.id.is_(None), null()), else_=func.jsonb_build_object(*pairs))


def _columns(state: FromClause) -> list[Any]:  # Any: of all types
    return [column for column in state.c if column.computed is None]


def _add_change(session: Session, intent: Intent) -> Intent:
    last = select(func.coalesce(func.max(_change.c.number), 0)).where(_change.c.draft_id == intent.draft_id)
    draft = session.execute(
        select(tables.draft.c.revision, tables.draft.c.base_generation).where(tables.draft.c.id == intent.draft_id)
    ).one()
    values = {
        "draft_id": intent.draft_id,
        "number": last.scalar_subquery() + 1,
        "at": intent.at or func.now(),
        "actor": intent.actor,
        "kind": intent.kind,
        "commands": null() if intent.commands is None else intent.commands,
        "revision": draft.revision,
        "base_generation": draft.base_generation,
        "turned_at_revision": draft.revision,
        "turned_by": intent.actor,
        "turned_at": intent.at or func.now(),
    }
    number = session.execute(insert(_change).values(values).returning(_change.c.number)).scalar_one()
    intent = replace(intent, number=number)
    begin(session, intent)
    return intent


def _drop_untouched(session: Session, thing: Thing, draft_id: int, intent: Intent) -> None:
    """Forget what is as it was; a change of nothing leaves no trace, and what was undone can still be redone."""
    state = thing.state
    mine = and_(_image.c.draft_id == draft_id, _image.c.number == intent.number)
    now = (
        select(state.c.version)
        .where(state.c.draft_id == draft_id, state.c[thing.key] == _image.c.thing_id)
        .scalar_subquery()
    )
    session.execute(
        delete(_image).where(mine, _image.c.thing == thing.name, _image.c.version.is_not_distinct_from(now))
    )
    if intent.has_touched:
        return
    if session.execute(select(exists().where(mine))).scalar_one():
        _supersede(session, draft_id)
        begin(session, replace(intent, has_touched=True))
        return
    session.execute(delete(_change).where(_change.c.draft_id == draft_id, _change.c.number == intent.number))
    begin(session, replace(intent, number=None))


def _supersede(session: Session, draft_id: int) -> None:
    undone = and_(_change.c.draft_id == draft_id, _change.c.status == "undone")
    session.execute(update(_change).where(undone).values(status="superseded"))


def next_undo(session: Session, draft_id: int) -> Change | None:
    """The change that an undo would take back."""
    return _one(session, draft_id, "done", _change.c.number.desc())


def next_redo(session: Session, draft_id: int) -> Change | None:
    """The change that a redo would do again."""
    return _one(session, draft_id, "undone", _change.c.number)


def _one(session: Session, draft_id: int, status: ChangeStatus, order: ColumnElement[Any]) -> Change | None:
    query = select(_change).where(_change.c.draft_id == draft_id, _change.c.status == status).order_by(order).limit(1)
    row = session.execute(query).first()
    return _to_change(row) if row is not None else None


def history(session: Session, draft_id: int, *, before: int | None = None, limit: int = 100) -> tuple[Change, ...]:
    """Changes of a draft, newest first; only those below ``before``."""
    query = select(_change).where(_change.c.draft_id == draft_id).order_by(_change.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(_change.c.number < before)
    return tuple(_to_change(row) for row in session.execute(query))


def _to_change(row: Row[Any]) -> Change:  # Any: the columns are those of the table
    return Change(
        number=row.number,
        at=row.at,
        actor=row.actor,
        kind=row.kind,
        commands=row.commands,
        revision=row.revision,
        status=row.status,
        turned_by=row.turned_by,
        turned_at=row.turned_at,
        base_generation=row.base_generation,
    )


def turn(
    session: Session,
    draft_id: int,
    number: int,
    *,
    status: ChangeStatus,
    revision: int,
    actor: str,
    at: datetime | None,
) -> Mapping[str, Sequence[int]]:
    """Swap what a draft has of the things that a change touched with what was kept of them.

    Parameters
    ----------
    draft_id : int
        Locked.
    number : int
        Of the change.
    status : {"done", "undone"}
        What the change is afterwards.
    revision : int
        Of the draft, afterwards.
    actor : str
    at : datetime or None

    Returns
    -------
    mapping of str to sequence of int
        Permanent numbers of what was touched, by thing.
    """
    touched = touched_by(session, draft_id, [number])
    for name in touched:
        _swap(session, _THING_OF[name], {"draft": draft_id, "number": number, "thing": name})
    session.execute(
        update(_change)
        .where(_change.c.draft_id == draft_id, _change.c.number == number)
        .values(status=status, turned_at_revision=revision, turned_by=actor, turned_at=at or func.now())
    )
    return touched


def _swap(session: Session, thing: Thing, which: dict[str, Any]) -> None:
    state, key = thing.state, thing.key
    names = [column.name for column in _columns(state)]
    session.execute(
        text(
            "CREATE TEMPORARY TABLE swapped ON COMMIT DROP AS SELECT thing_id, content FROM microgrid.draft_image"
            " WHERE draft_id = :draft AND number = :number AND thing = :thing"
        ),
        which,
    )
    own = and_(_image.c.draft_id == which["draft"], _image.c.number == which["number"], _image.c.thing == thing.name)
    here = state.alias("here")
    held = and_(here.c.draft_id == which["draft"], here.c[key] == _image.c.thing_id)
    # A row that is not there leaves nothing in both.
    session.execute(
        update(_image)
        .where(own)
        .values(
            content=select(_content(here)).where(held).scalar_subquery(),
            version=select(here.c.version).where(held).scalar_subquery(),
        )
    )
    session.execute(
        text(f"DELETE FROM {state.fullname} s USING swapped WHERE s.draft_id = :draft AND s.{key} = swapped.thing_id"),  # noqa: S608  names of our own tables
        which,
    )
    session.execute(
        text(
            f"INSERT INTO {state.fullname} ({', '.join(names)}) SELECT {', '.join(f'r.{name}' for name in names)}"  # noqa: S608  names of our own tables
            f" FROM swapped, LATERAL jsonb_populate_record(NULL::{state.fullname}, swapped.content) AS r"
            " WHERE swapped.content IS NOT NULL"
        )
    )
    session.execute(text("DROP TABLE swapped"))


def touched_by(session: Session, draft_id: int, numbers: Sequence[int]) -> dict[str, list[int]]:
    """Permanent numbers of what some changes touched, by thing."""
    query = (
        select(_image.c.thing, _image.c.thing_id)
        .where(_image.c.draft_id == draft_id, _image.c.number.in_(numbers))
        .distinct()
        .order_by(_image.c.thing, _image.c.thing_id)
    )
    found: dict[str, list[int]] = {}
    for thing, number in session.execute(query):
        found.setdefault(thing, []).append(number)
    return found
