"""Drafts and generations as rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.orm import Session

from boundaries.errors import NotFound
from boundaries.lifecycle import DRAWS_NOTHING, Draft, DraftStatus, Generation, require_open
from boundaries.store import changes, tables
from boundaries.store.overlay import Moment

_draft, _generation = tables.draft, tables.generation


def read_draft(session: Session, draft_id: int, *, lock: bool = False) -> Draft:
    """One draft, locked until the transaction ends where asked.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    query = _drafts().where(_draft.c.id == draft_id)
    row = session.execute(query.with_for_update(of=_draft) if lock else query).first()
    if row is None:
        raise NotFound(
            f"没有编号为 {draft_id} 的调整方案。请用 draft list 查看已有方案。",
            f"There is no draft {draft_id}. See the drafts with draft list.",
        )
    return _to_draft(row)


def add_draft(session: Session, *, name: str, area_id: int | None, actor: str, now: datetime | None) -> Draft:
    """Branch a draft from the newest generation; without ``now`` at the database's clock."""
    values = {
        "name": name,
        "area_id": area_id,
        "base_generation": newest_generation(session),
        "created_by": actor,
        "created_at": now or func.now(),
    }
    return read_draft(session, session.execute(insert(_draft).values(values).returning(_draft.c.id)).scalar_one())


def area_number(session: Session, code: str) -> int:
    """Permanent number of an area, in whatever state.

    Raises
    ------
    NotFound
        If there is none of this code.
    """
    number: int | None = session.execute(
        select(tables.area.c.id).where(tables.area.c.code == code)
    ).scalar_one_or_none()
    if number is None:
        raise NotFound(
            f"没有编码为 {code} 的区域。请先导入区域,或改正编码。",
            f"There is no area with the code {code}. Load the areas first, or correct the code.",
        )
    return number


def read_drafts(
    session: Session,
    statuses: Sequence[DraftStatus] | None = None,
    *,
    before: int | None = None,
    limit: int | None = None,
) -> tuple[Draft, ...]:
    """Drafts, newest first, of these statuses or of all; only those below ``before``, at most ``limit``."""
    query = _drafts().order_by(_draft.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_draft.c.id < before)
    if statuses is not None:
        query = query.where(_draft.c.status.in_(statuses))
    return tuple(_to_draft(row) for row in session.execute(query))


def mark(session: Session, draft_id: int, status: DraftStatus, **also: str) -> None:
    """Give a draft another status, and what goes with it (``submitted_by``, ``approved_by``, ``note``)."""
    session.execute(update(_draft).where(_draft.c.id == draft_id).values(status=status, **also))


def edit(session: Session, draft_id: int) -> Moment:
    """Lock a draft for an edit, count its revision, and say what it stands on.

    What is written then belongs to the change that the session is in, which counts once;
    outside of one it makes a change of its own, by whoever opened the draft.

    Raises
    ------
    NotFound
        If there is none of this number.
    Conflict
        If it is not open.
    """
    draft = read_draft(session, draft_id, lock=True)
    require_open(draft)
    change = changes.current(session, draft_id) or changes.Intent(draft_id, draft.created_by, "write", None)
    if not change.is_counted:
        count_revision(session, draft_id)
    changes.begin(session, replace(change, is_counted=change.kind != "write"))
    return Moment(draft.base_generation, draft_id)


def count_revision(session: Session, draft_id: int) -> int:
    """Count one more revision of a draft, and say which it is."""
    query = update(_draft).where(_draft.c.id == draft_id).values(revision=_draft.c.revision + 1)
    revision: int = session.execute(query.returning(_draft.c.revision)).scalar_one()
    return revision


def authors(session: Session, draft: Draft) -> frozenset[str]:
    """Everybody who drew in a draft: who opened it, and who loaded, assigned or retired anything in it.

    Told by the audit trail, which nobody can rewrite: the sources of a draft's rows do not
    say who retired them, and name those who once loaded what has only gained vertices since.
    """
    audit = tables.audit
    query = select(audit.c.actor).where(
        audit.c.subject == f"draft:{draft.id}",
        audit.c.action.not_in([f"draft.{deed}" for deed in sorted(DRAWS_NOTHING)]),
    )
    return frozenset({draft.created_by, *session.execute(query.distinct()).scalars()})


def newest_generation(session: Session) -> int | None:
    """Number of the newest generation, None before the first."""
    number: int | None = session.execute(select(func.max(_generation.c.number))).scalar_one()
    return number


def moment_of(session: Session, *, generation: int | None = None, draft: int | None = None) -> Moment:
    """Which state is meant: the newest generation where nothing is named.

    Raises
    ------
    NotFound
        If there is no such generation or draft.
    """
    if draft is not None:
        found = read_draft(session, draft)
        if found.status == "published":
            # Its rows are the generation's now.
            numbers = select(_generation.c.number).where(_generation.c.draft_id == draft)
            return Moment(session.execute(numbers).scalar_one())
        return Moment(found.base_generation, found.id)
    if generation is not None:
        return Moment(read_generation(session, generation).number)
    return Moment(newest_generation(session))


def read_generation(session: Session, number: int) -> Generation:
    """One generation.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    row = session.execute(select(_generation).where(_generation.c.number == number)).first()
    if row is None:
        newest = newest_generation(session)
        raise NotFound(
            f"没有区划第 {number} 版。" + (f"最新为第 {newest} 版。" if newest else "尚未发布任何版本。"),
            f"There is no generation {number}. " + (f"The newest is {newest}." if newest else "None is published yet."),
        )
    return _to_generation(row)


def read_generations(
    session: Session, *, before: int | None = None, limit: int | None = None
) -> tuple[Generation, ...]:
    """Generations, newest first; only those below ``before``, at most ``limit``."""
    query = select(_generation).order_by(_generation.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(_generation.c.number < before)
    return tuple(_to_generation(row) for row in session.execute(query))


def _to_generation(row: Row[Any]) -> Generation:  # Any: the columns are those of the table
    return Generation(row.number, row.draft_id, row.published_at, row.published_by, row.note, row.summary)


def _drafts() -> Select[Any]:
    return select(_draft, tables.area.c.code.label("area_code")).outerjoin(
        tables.area, tables.area.c.id == _draft.c.area_id
    )


def _to_draft(row: Row[Any]) -> Draft:
    return Draft(
        id=row.id,
        name=row.name,
        area=row.area_code,
        base_generation=row.base_generation,
        status=row.status,
        revision=row.revision,
        created_by=row.created_by,
        created_at=row.created_at,
        submitted_by=row.submitted_by,
        approved_by=row.approved_by,
        note=row.note,
        publish_on=row.publish_on,
    )
