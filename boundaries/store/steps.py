"""Reviews of drafts and acknowledged findings, as rows."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from boundaries.acknowledging import Acknowledgement
from boundaries.lifecycle import Review
from boundaries.store import tables

_KEPT = ("id", "place", "kind", "grids", "premises", "parent", "reason", "actor", "at")
_review, _kept, _draft = tables.draft_review, tables.finding_acknowledgement, tables.draft


def read_reviews(session: Session, draft_id: int) -> tuple[Review, ...]:
    """Every decision on a draft, in their order."""
    rows = session.execute(select(_review).where(_review.c.draft_id == draft_id).order_by(_review.c.id))
    return tuple(
        Review(row.step, row.level, row.actor, row.decision, row.revision, row.at, row.note) for row in rows.all()
    )


def add_review(session: Session, draft_id: int, review: Review) -> None:
    """Keep a decision."""
    values = {
        "draft_id": draft_id,
        "step": review.step,
        "level": review.level,
        "actor": review.actor,
        "decision": review.decision,
        "revision": review.revision,
        "at": review.at or func.now(),
        "note": review.note,
    }
    session.execute(insert(_review).values(values))


def set_day(session: Session, draft_id: int, day: date | None) -> None:
    """Name the day on which a draft is to be published, None for none."""
    session.execute(update(_draft).where(_draft.c.id == draft_id).values(publish_on=day))


def due_drafts(session: Session, today: date) -> tuple[int, ...]:
    """Approved drafts whose day has come, the earliest day first."""
    query = select(_draft.c.id).where(_draft.c.status == "approved", _draft.c.publish_on <= today)
    return tuple(session.execute(query.order_by(_draft.c.publish_on, _draft.c.id)).scalars())


def last_reviewer(session: Session, draft_id: int) -> str | None:
    """Who took the last decision on a draft, None where nobody did."""
    query = select(_review.c.actor).where(_review.c.draft_id == draft_id).order_by(_review.c.id.desc()).limit(1)
    return session.execute(query).scalar_one_or_none()


def level_depths(session: Session) -> dict[str, int]:
    """How deep each level of areas lies, by its code."""
    table = tables.area_level
    return {row.code: row.depth for row in session.execute(select(table.c.code, table.c.depth))}


def area_levels(session: Session, codes: Collection[str]) -> set[str]:
    """Levels of these areas, as they are in force."""
    state, area = tables.area_state, tables.area
    query = select(state.c.level).join(area, area.c.id == state.c.area_id)
    query = query.where(area.c.code.in_(codes), func.upper_inf(state.c.valid))
    return set(session.execute(query).scalars())


def keep_acknowledgements(session: Session, draft_id: int, given: Iterable[Acknowledgement]) -> None:
    """Keep why findings of a draft may stand; a place that is acknowledged again takes the new reason."""
    rows = [
        {
            "draft_id": draft_id,
            "place": one.place,
            "kind": one.kind,
            "grids": list(one.grids),
            "premises": list(one.premises),
            "parent": one.parent,
            "reason": one.reason,
            "actor": one.actor,
            "at": one.at or func.now(),
        }
        for one in given
    ]
    if rows:
        statement = upsert(_kept).values(rows)
        new = statement.excluded
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["draft_id", "place"], set_={name: new[name] for name in ("reason", "actor", "at")}
            )
        )


def acknowledgements(
    session: Session, *, draft: int, base: int | None, places: Sequence[bytes] | None = None
) -> tuple[Acknowledgement, ...]:
    """Acknowledgements that count in a draft: its own, and those published with the generations that it stands on.

    Where a place was acknowledged more than once, the latest comes last.
    """
    published = select(tables.generation.c.draft_id).where(tables.generation.c.number <= (base or 0))
    query = select(_kept).where(or_(_kept.c.draft_id == draft, _kept.c.draft_id.in_(published)))
    if places is not None:
        query = query.where(_kept.c.place.in_(places))
    rows = session.execute(query.order_by(_kept.c.draft_id == draft, _kept.c.at, _kept.c.id))
    return tuple(map(to_acknowledgement, rows.all()))


def to_acknowledgement(row: Row[Any], *, prefix: str = "") -> Acknowledgement:  # Any: the columns of the table
    """A row as a value; its columns may be named with something before."""
    of = {name: row._mapping[f"{prefix}{name}"] for name in _KEPT}
    return Acknowledgement(
        place=bytes(of["place"]),
        kind=of["kind"],
        grids=tuple(of["grids"]),
        premises=tuple(of["premises"]),
        parent=of["parent"],
        reason=of["reason"],
        actor=of["actor"],
        at=of["at"],
        id=of["id"],
    )
