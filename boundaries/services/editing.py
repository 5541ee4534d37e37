"""Changes of a draft: every one is whole, told to the trail, and can be undone."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from boundaries.errors import Conflict
from boundaries.lifecycle import Draft, require_open
from boundaries.services import journal
from boundaries.store import changes
from boundaries.store.changes import Change, ChangeStatus
from boundaries.store.drafts import count_revision, read_draft
from boundaries.store.naming import codes_of


@dataclass(frozen=True, slots=True)
class Turned:
    """What an undo or a redo did.

    Attributes
    ----------
    change : Change
        As it was before.
    draft : Draft
        As it is now.
    touched : mapping of str to sequence of str
        Codes of what is now another, by thing (``micro_grid``, ``area``, ``assignment`` ...).
    """

    change: Change
    draft: Draft
    touched: Mapping[str, Sequence[str]]


@contextmanager
def changing(
    session: Session,
    draft_id: int,
    *,
    actor: str,
    kind: str,
    now: datetime | None = None,
    commands: object = None,
) -> Iterator[None]:
    """Let everything that the block writes into a draft be one change, undone and redone as one.

    A block within another belongs to the outer one. A change of nothing leaves no trace.
    The trail is told by whoever changes; what is registers is not part of a draft and not undone.

    Parameters
    ----------
    draft_id : int
    actor : str
        Who changes.
    kind : str
        What it is, in one word: ``edit``, ``load``, ``repair``, ``assign`` ...
    now : datetime, optional
        By default the database's clock.
    commands : object, optional
        What was asked for, as JSON can hold it.
    """
    outer = changes.current(session, draft_id)
    if outer is not None and outer.kind != "write":
        yield
        return
    changes.begin(session, changes.Intent(draft_id, actor, kind, now, commands))
    try:
        yield
    finally:
        changes.end(session)


def undo(
    session: Session, draft_id: int, *, actor: str, revision: int | None = None, now: datetime | None = None
) -> Turned:
    """Take back the last change of a draft that stands, whoever made it: every row is as it was before.

    Parameters
    ----------
    draft_id : int
    actor : str
    revision : int, optional
        The draft's, as the actor saw it.
    now : datetime, optional
        By default the database's clock.

    Returns
    -------
    Turned

    Raises
    ------
    NotFound
        If there is no such draft.
    Conflict
        If the draft is not open, was edited meanwhile, or there is nothing to undo.
    """
    return _turn(session, draft_id, "undone", actor=actor, revision=revision, now=now)


def redo(
    session: Session, draft_id: int, *, actor: str, revision: int | None = None, now: datetime | None = None
) -> Turned:
    """Do again what was undone last; parameters and refusals as of :func:`undo`."""
    return _turn(session, draft_id, "done", actor=actor, revision=revision, now=now)


def history(session: Session, draft_id: int, *, before: int | None = None, limit: int = 100) -> tuple[Change, ...]:
    """Changes of a draft, newest first; only those below ``before``, at most ``limit``.

    Raises
    ------
    NotFound
        If there is no such draft.
    """
    read_draft(session, draft_id)
    return changes.history(session, draft_id, before=before, limit=limit)


def require_revision(draft: Draft, revision: int | None) -> None:
    """Make sure that a draft is as somebody saw it.

    Raises
    ------
    Conflict
        If it was edited since.
    """
    if revision is not None and draft.revision != revision:
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”现为第 {draft.revision} 次修改,您看到的是第 {revision} 次。请刷新再试。",
            f'Draft {draft.id} "{draft.name}" is at revision {draft.revision}; you saw {revision}. Reload and retry.',
        )


def _turn(
    session: Session,
    draft_id: int,
    status: ChangeStatus,
    *,
    actor: str,
    revision: int | None,
    now: datetime | None,
) -> Turned:
    draft = read_draft(session, draft_id, lock=True)
    require_open(draft)
    require_revision(draft, revision)
    is_undo = status == "undone"
    change = changes.next_undo(session, draft_id) if is_undo else changes.next_redo(session, draft_id)
    _require_turnable(draft, change, is_undo=is_undo)
    assert change is not None  # noqa: S101  required just now
    touched = changes.turn(
        session,
        draft_id,
        change.number,
        status=status,
        revision=count_revision(session, draft_id),
        actor=actor,
        at=now,
    )
    journal.record(
        session,
        actor=actor,
        action="draft.undo" if is_undo else "draft.redo",
        subject=f"draft:{draft_id}",
        detail={"change": change.number, "kind": change.kind, "by": change.actor},
        now=now,
    )
    named = {thing: codes_of(session, thing, numbers) for thing, numbers in touched.items()}
    return Turned(change, read_draft(session, draft_id), named)


def _require_turnable(draft: Draft, change: Change | None, *, is_undo: bool) -> None:
    which_zh, which_en = f"调整方案 {draft.id}“{draft.name}”", f'Draft {draft.id} "{draft.name}"'
    did_zh, did_en = ("撤销", "undo") if is_undo else ("重做", "redo")
    if change is None:
        raise Conflict(
            f"{which_zh}没有可以{did_zh}的操作。用 draft history {draft.id} 查看全部操作。",
            f"{which_en} has nothing to {did_en}. See what was done with draft history {draft.id}.",
        )
    if change.base_generation != draft.base_generation:
        raise Conflict(
            f"{which_zh}已移到区划第 {draft.base_generation} 版之上,此前的第 {change.number} 步操作不能再{did_zh}。"
            "请直接修改。",
            f"{which_en} has been moved onto generation {draft.base_generation}; change {change.number}, made before, "
            f"cannot be taken to {did_en} any more. Edit it instead.",
        )
