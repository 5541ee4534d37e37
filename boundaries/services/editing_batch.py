"""Commands on a draft: all of them or none, on what somebody saw, told with what they found."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from boundaries.edits import Command
from boundaries.errors import BadInput, Forbidden, KeyReused
from boundaries.lifecycle import Draft, require_open
from boundaries.rules import Rules
from boundaries.services import journal
from boundaries.services.editing_conflicts import require_seen, require_versions
from boundaries.services.editing_drawing import draw, touched
from boundaries.services.editing_plan import read_plan
from boundaries.services.editing_report import Outcome, report_of
from boundaries.services.editing_writing import write
from boundaries.services.live_findings import findings_near
from boundaries.snapshot import Snapshot
from boundaries.store import editing as store
from boundaries.store.drafts import read_draft

MAX_COMMANDS = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """What is asked of a draft.

    Attributes
    ----------
    commands : tuple of Command
    asked : sequence of mapping
        The same as JSON can hold it, for the history.
    base_revision : int or None
        The draft's, as it was seen; what others changed since is carried along, unless
        these commands change it too.
    versions : mapping of str to int
        Versions of micro-grids as they were seen, by code.
    idempotency_key : str or None
        Sent again, it gives the same answer again and changes nothing.
    dry_run : bool
        Whether to say only what would come of it.
    """

    commands: tuple[Command, ...]
    asked: Sequence[Mapping[str, Any]]
    base_revision: int | None = None
    versions: Mapping[str, int] = field(default_factory=dict)
    idempotency_key: str | None = None
    dry_run: bool = False

    @property
    def digest(self) -> bytes:
        """SHA-256 of what is asked."""
        asked = [list(self.asked), self.base_revision, dict(self.versions), self.dry_run]
        return hashlib.sha256(json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()).digest()


def edit(
    session: Session,
    draft_id: int,
    batch: Batch,
    *,
    actor: str,
    today: date,
    rules: Rules | None = None,
    metric_plane: str | None = None,
    allow: Callable[[frozenset[str]], None] = lambda _: None,
    now: datetime | None = None,
) -> Mapping[str, Any]:
    """Edit a draft by commands, as one change that can be undone.

    Parameters
    ----------
    draft_id : int
        Locked until the transaction ends.
    batch : Batch
    actor : str
    today : date
        The day for which the registers are read.
    rules : Rules, optional
        What the neighbourhood is held to; by default the usual ones.
    metric_plane : str, optional
        The metric system to measure in.
    allow : callable
        Raises where the actor may not change these areas; told their codes.
    now : datetime, optional
        By default the database's clock.

    Returns
    -------
    mapping
        The report, ready to be written as JSON; ``docs/contracts.md`` lists every key.

    Raises
    ------
    EditConflict
        If somebody changed the same grids since they were seen; both shapes stand in it.
    KeyReused
        If the key stands for another batch already.
    BadInput, GeometryProblem
        If a command cannot be done; the message tells the nearest that can.
    Forbidden
        If a grid lies outside the area that the draft is about.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    draft = read_draft(session, draft_id, lock=True)
    earlier = _earlier(session, draft_id, batch)
    if earlier is not None:
        return earlier
    require_open(draft)
    _require_sane(draft, batch)
    plan, used = read_plan(session, draft, batch.commands, today=today, metric_plane=metric_plane)
    require_versions(session, draft, plan, batch.versions, draw=lambda seen: draw(seen, batch.commands, used))
    require_seen(session, draft, plan, batch.base_revision, draw=lambda seen: draw(seen, batch.commands, used))
    drawn = draw(plan, batch.commands, used)
    turn = session.begin_nested() if batch.dry_run else None
    outcome = write(session, draft, plan, drawn, batch.asked, actor=actor, today=today, now=now)
    _require_inside(draft, drawn.plan, outcome.concerned)
    allow(outcome.concerned)
    outcome = replace(outcome, findings=findings_near(drawn.plan, touched(plan, drawn), rules or Rules()))
    if turn is not None:
        turn.rollback()
        return report_of(replace(outcome, draft=draft, change=None, dry_run=True))
    _record(session, outcome, batch, actor=actor, now=now)
    report = report_of(outcome)
    if batch.idempotency_key is not None:
        store.keep_answer(session, draft_id, batch.idempotency_key, digest=batch.digest, answer=report)
    return report


def _record(session: Session, outcome: Outcome, batch: Batch, *, actor: str, now: datetime | None) -> None:
    journal.record(
        session,
        actor=actor,
        action="draft.edit",
        subject=f"draft:{outcome.draft.id}",
        detail={
            "change": outcome.change,
            "commands": [one.get("do") for one in batch.asked],
            "grids": [grid.code for grid in outcome.grids],
            "retired": list(outcome.retired),
        },
        now=now,
    )


def _earlier(session: Session, draft_id: int, batch: Batch) -> Mapping[str, Any] | None:
    """The answer that was given to the same batch before."""
    if batch.idempotency_key is None:
        return None
    kept = store.kept_answer(session, draft_id, batch.idempotency_key)
    if kept is None:
        return None
    digest, answer = kept
    if digest != batch.digest:
        raise KeyReused(
            "这个幂等键已用于另一组操作,未写入任何内容。请换一个键。",
            "This idempotency key was used for other commands before; nothing is written. Send another key.",
        )
    found: Mapping[str, Any] = answer
    return found


def _require_sane(draft: Draft, batch: Batch) -> None:
    if not 0 < len(batch.commands) <= MAX_COMMANDS:
        raise BadInput(
            f"一次须有 1 至 {MAX_COMMANDS} 个操作。请分批提交。",
            f"A batch holds 1 to {MAX_COMMANDS} commands. Send them in parts.",
        )
    if batch.base_revision is not None and batch.base_revision > draft.revision:
        raise BadInput(
            f"调整方案 {draft.id} 只有 {draft.revision} 次修改,没有第 {batch.base_revision} 次。请刷新后再试。",
            f"Draft {draft.id} is at revision {draft.revision}; there is no {batch.base_revision}. Reload and retry.",
        )


def _require_inside(draft: Draft, plan: Snapshot, concerned: frozenset[str]) -> None:
    """Refuse what lies outside the area that the draft is about."""
    if draft.area is None:
        return
    beyond = sorted(code for code in concerned if draft.area not in {area.code for area in plan.ancestors(code)})
    if beyond:
        named = plan.area_by_code[beyond[0]]
        raise Forbidden(
            f"调整方案 {draft.id} 只涉及区域 {draft.area},不能改动 {named.code}({named.name})。"
            f"请为 {named.code} 或共同的上级区域新建调整方案。",
            f"Draft {draft.id} is about area {draft.area} and cannot change {named.code} ({named.name}). "
            f"Open a draft on {named.code}, or on an area above both.",
        )
