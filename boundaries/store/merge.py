"""Rows into a draft: what is new or changed is written, what is as it was is not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery
from sqlalchemy.types import BigInteger, NullType

from boundaries.store.bulk import Values, affected, incoming
from boundaries.store.changes import highest_version, kept
from boundaries.store.overlay import Moment, Thing, effective


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows of a draft were written, and how many were as they stood."""

    written: int
    unchanged: int


def merge(session: Session, thing: Thing, moment: Moment, rows: Iterable[Values], *, source_id: int | None) -> Written:
    """Bring states into a draft.

    Parameters
    ----------
    thing : Thing
    moment : Moment
        Of the draft, as :func:`boundaries.store.drafts.edit` gives it.
    rows : iterable of sequence
        Permanent number, then the thing's content.
    source_id : int or None
        Where they came from; None leaves what stands its own source, for rows that
        only gained vertices.

    Returns
    -------
    Written
    """
    columns = (thing.key, *thing.content)
    arrived = incoming(session, thing.state, columns, rows)
    written = merge_from(session, thing, moment, arrived, source_id=source_id)
    total = session.execute(select(func.count()).select_from(arrived)).scalar_one()
    return Written(written, total - written)


def merge_from(session: Session, thing: Thing, moment: Moment, arrived: FromClause, *, source_id: int | None) -> int:
    """The same from rows that are in the database already; gives how many the draft took.

    Parameters
    ----------
    arrived : FromClause
        Columns named as the thing's key and content.
    """
    with kept(session, thing, draft_of(moment), select(arrived.c[thing.key])):
        return _write(session, thing, moment, arrived, source_id=source_id)


def _write(session: Session, thing: Thing, moment: Moment, arrived: FromClause, *, source_id: int | None) -> int:
    columns = (thing.key, *thing.content)
    _drop_returned(session, thing, moment, arrived)
    base = effective(thing, Moment(moment.generation), name="base")
    # What was retired and comes back counts on, so that no version ever stands for two shapes.
    past = thing.state.alias("past")
    last = select(func.max(past.c.version)).where(past.c[thing.key] == arrived.c[thing.key]).scalar_subquery()
    highest = highest_version(thing, moment.draft, arrived.c[thing.key])
    fresh = (
        select(
            *_select(arrived, columns),
            literal(moment.draft),
            base.c.version,
            func.greatest(func.coalesce(base.c.version, last, 0), highest) + 1,
            base.c.source_id if source_id is None else literal(source_id),
        )
        .select_from(arrived.outerjoin(base, base.c[thing.key] == arrived.c[thing.key]))
        .where(or_(base.c.id.is_(None), ~_same(thing, arrived, base)))
        .order_by(arrived.c[thing.key])
    )
    return _upsert(session, thing, moment, fresh, retired=False, keeps_source=source_id is None)


def retire_ids(session: Session, thing: Thing, moment: Moment, numbers: Sequence[int]) -> int:
    """Mark things as retired by a draft; what only the draft knew is taken out of it.

    Parameters
    ----------
    thing : Thing
    moment : Moment
    numbers : sequence of int
        Permanent numbers.

    Returns
    -------
    int
        How many were marked or taken out.
    """
    if not numbers:
        return 0
    wanted = bindparam("numbers", list(numbers), type_=ARRAY(BigInteger), unique=True)
    with kept(session, thing, draft_of(moment), select(func.unnest(wanted))):
        return _retire(session, thing, moment, wanted)


def _retire(session: Session, thing: Thing, moment: Moment, wanted: ColumnElement[Any]) -> int:
    state = thing.state
    base = effective(thing, Moment(moment.generation), name="base")
    based = exists().where(base.c[thing.key] == state.c[thing.key])
    own = and_(state.c.draft_id == moment.draft, state.c[thing.key] == func.any(wanted))
    dropped = affected(session, delete(state).where(own, ~based))
    columns = (thing.key, *thing.content)
    version = func.greatest(base.c.version, highest_version(thing, moment.draft, base.c[thing.key])) + 1
    gone = select(*_select(base, columns), literal(moment.draft), base.c.version, version, base.c.source_id).where(
        base.c[thing.key] == func.any(wanted)
    )
    return dropped + _upsert(session, thing, moment, gone, retired=True)


def draft_of(moment: Moment) -> int:
    """The draft of a moment that is written to."""
    if moment.draft is None:
        raise ValueError("a generation is not written to")
    return moment.draft


def _upsert(
    session: Session,
    thing: Thing,
    moment: Moment,
    rows: Select[*tuple[Any, ...]],
    *,
    retired: bool,
    keeps_source: bool = False,
) -> int:
    state = thing.state
    columns = (thing.key, *thing.content, "draft_id", "base_version", "version", "source_id")
    statement = insert(state).from_select([*columns, "retired"], rows.add_columns(literal(retired)), False)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["draft_id", thing.key],
        set_={
            **{name: new[name] for name in (*thing.content, "retired")},
            "source_id": state.c.source_id if keeps_source else new.source_id,
            "version": func.greatest(state.c.version, highest_version(thing, moment.draft, state.c[thing.key])) + 1,
        },
        where=or_(
            state.c.retired != new.retired, *(state.c[name].is_distinct_from(new[name]) for name in thing.content)
        ),
    )
    return affected(session, statement)


def _drop_returned(session: Session, thing: Thing, moment: Moment, arrived: FromClause) -> None:
    """Take a draft's row out where what arrives is again as in the base."""
    base = effective(thing, Moment(moment.generation), name="base")
    state = thing.state
    session.execute(
        delete(state).where(
            state.c.draft_id == moment.draft,
            state.c[thing.key] == base.c[thing.key],
            state.c[thing.key] == arrived.c[thing.key],
            _same(thing, arrived, base),
        )
    )


def _same(thing: Thing, one: FromClause, other: Subquery) -> ColumnElement[bool]:
    # PostGIS's "=" on shapes is true only where every coordinate is equal, in order.
    return and_(true(), *(_bare(one, name).is_not_distinct_from(_bare(other, name)) for name in thing.content))


def _select(table: FromClause, columns: Sequence[str]) -> list[ColumnElement[Any]]:
    return [_bare(table, name) for name in columns]


def _bare(table: FromClause, name: str) -> ColumnElement[Any]:  # Any: of whatever type the column is
    # Without its type, so that a shape passes from table to table as it is, not by way of text.
    return type_coerce(table.c[name], NullType())
