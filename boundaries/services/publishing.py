"""Publish a draft: carry it over, check without a lock, lock what it touches, check and prove again, write.

The checks come in as a function, so that this module knows nothing of their rules. Only
what a draft touches is looked at; publishers in different communities wait for each other
from the numbering to the end of the transaction, and no longer.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from boundaries.certificate import division_digest
from boundaries.errors import BadInput, Blocked, Conflict, Unavailable
from boundaries.findings import Finding
from boundaries.lifecycle import Draft, Generation, next_status, require_apart, standing
from boundaries.looking import looking_at
from boundaries.merging import collided
from boundaries.services import journal, sealing
from boundaries.services.certifying import require_exact
from boundaries.services.publishing_refusals import require_clean, require_codes_apart, require_tree
from boundaries.services.reading import get_generation
from boundaries.services.rebasing import rebase
from boundaries.services.reviewing import return_draft
from boundaries.services.surroundings import Looked, look
from boundaries.snapshot import Snapshot
from boundaries.store import releases
from boundaries.store.bulletins import announce
from boundaries.store.certificates import keep_proofs, kept_proofs
from boundaries.store.drafts import authors, mark, newest_generation, read_draft
from boundaries.store.engine import reading, writing
from boundaries.store.findings import carry_findings
from boundaries.store.steps import acknowledgements, due_drafts, read_reviews
from boundaries.store.surroundings import lock_areas
from geo.errors import Problem

Check = Callable[[Snapshot], Sequence[Finding]]

# What others publish beside a draft while it is checked seldom touches it twice.
_TRIES = 4
# Who gives a draft back that could not be published on its day.
_WORKER = "worker"


class _OvertakenError(Exception):
    """What the draft touches was published by somebody else since it was checked."""


class Overtaken(Conflict):
    """Others keep publishing what the draft touches; nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Due:
    """What became of a draft whose day has come.

    Attributes
    ----------
    draft : int
    generation : int or None
        None where it went back to its author.
    refusal : Problem or None
        Why it did.
    """

    draft: int
    generation: int | None
    refusal: Problem | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """Who publishes which draft, when and under what rules."""

    draft_id: int
    actor: str
    four_eyes: bool
    now: datetime
    today: date
    metric_plane: str | None
    note: str
    apart: bool = False


def publish(
    engine: Engine,
    draft_id: int,
    *,
    check: Check,
    actor: str,
    four_eyes: bool,
    now: datetime,
    today: date,
    metric_plane: str | None = None,
    note: str = "",
    apart: bool = False,
) -> Generation:
    """Make a draft the next generation, whole or not at all.

    A draft that stands on an older generation is carried over first, if nothing collides.
    Then what it touches is checked without a lock. Then, in one transaction, the areas that
    it touches are held, read back, checked again, and proved: what the proof says is their
    certificate. The generation is numbered and written last, one publisher at a time.

    Parameters
    ----------
    draft_id : int
    check : callable
        From a snapshot to its findings, such as ``lambda plan: checks.run(plan, rules)``.
        The snapshot is what the draft touches, see :class:`boundaries.services.surroundings.Looked`.
    actor : str
        Who publishes.
    four_eyes : bool
        Whether it must be approved, and somebody else must have drawn it.
    now : datetime
        UTC.
    today : date
        The day for which the registers are read.
    metric_plane : str, optional
        The metric system to measure in.
    note : str
        What people should know about this generation.
    apart : bool
        Whether nobody takes two steps of one draft: who reviewed it does not publish it.

    Returns
    -------
    Generation

    Raises
    ------
    NotFound
        If there is no such draft.
    Blocked
        If blocking findings stand, or borders do not match vertex by vertex; nothing is written.
    Conflict
        If the draft is not ready to be published, was edited meanwhile, or changes what a
        later generation changed too (:class:`~boundaries.merging.Collided`, with both shapes).
    Forbidden
        If four eyes are asked for and the actor drew the draft.
    BadInput
        If there is nothing in the draft.
    Unavailable
        If the database goes away; nothing is written.
    """
    order = Publication(draft_id, actor, four_eyes, now, today, metric_plane, note, apart)
    since: int | None = None
    for _ in range(_TRIES):
        moved_from = _carry_over(engine, order)
        since = since if moved_from is None else moved_from
        with reading(engine) as session:
            draft = _require_ready(session, order)
            looked = _look(session, order, draft)
        _require_sound(draft, looked, check, since=since)
        try:
            with writing(engine) as session:
                return _write(session, order, draft, looked, check)
        except _OvertakenError:
            continue
    raise Overtaken(
        f"调整方案 {draft_id} 在检查期间,它涉及的区域一再被别人发布改动,未发布。请稍后重新发布。",
        f"While draft {draft_id} was checked, others kept publishing what it touches; nothing is published. Try again.",
    )


def publish_due(
    engine: Engine,
    *,
    check: Check,
    four_eyes: bool,
    now: datetime,
    today: date,
    metric_plane: str | None = None,
) -> tuple[Due, ...]:
    """Publish the approved drafts whose day has come, in the name of whoever approved them last.

    One that cannot be published goes back to its author with the reason. One that others
    keep overtaking waits for the next time.

    Parameters
    ----------
    check, four_eyes, now, today, metric_plane
        As for :func:`publish`.

    Returns
    -------
    tuple of Due
        What was published or went back.

    Raises
    ------
    Unavailable
        If the database goes away; what is due stays due.
    """
    with reading(engine) as session:
        waiting = [read_draft(session, number) for number in due_drafts(session, today)]
    done: list[Due] = []
    for draft in waiting:
        actor = draft.approved_by or draft.created_by
        try:
            generation = publish(
                engine,
                draft.id,
                check=check,
                actor=actor,
                four_eyes=four_eyes,
                now=now,
                today=today,
                metric_plane=metric_plane,
            )
        except Unavailable:
            raise
        except Overtaken:
            continue
        except Problem as refusal:
            if _give_back(engine, draft, refusal, now=now):
                done.append(Due(draft.id, None, refusal))
        else:
            done.append(Due(draft.id, generation.number))
    return tuple(done)


def _give_back(engine: Engine, draft: Draft, refusal: Problem, *, now: datetime) -> bool:
    """Return a draft that is still waiting; another worker may have published it meanwhile."""
    with writing(engine) as session:
        if read_draft(session, draft.id, lock=True).status != "approved":
            return False
        return_draft(session, draft.id, actor=_WORKER, note=refusal.zh, now=now)
    return True


def _carry_over(engine: Engine, order: Publication) -> int | None:
    """Let the draft stand on the newest generation; the one that it stood on before, None where it stays."""
    with reading(engine) as session:
        draft = _require_ready(session, order)
        if draft.base_generation == newest_generation(session) and not releases.clashes(session, draft.id, limit=1):
            return None
    with writing(engine) as session:
        rebased = rebase(session, order.draft_id, actor=order.actor, now=order.now)
        if rebased.collisions:
            # Raised in here, so that a draft that cannot be published stays as it was.
            raise collided(draft.id, draft.name, draft.base_generation, rebased.collisions)
    return draft.base_generation or 0


def _look(session: Session, order: Publication, draft: Draft) -> Looked:
    return look(
        session,
        draft.id,
        base=newest_generation(session),
        today=order.today,
        metric_plane=order.metric_plane,
    )


def _write(session: Session, order: Publication, checked: Draft, before: Looked, check: Check) -> Generation:
    draft = _require_ready(session, order, lock=True)
    if draft.revision != checked.revision:
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”在检查期间又被编辑,未发布。请重新发布。",
            f'Draft {draft.id} "{draft.name}" was edited while it was checked; nothing is published. Publish it again.',
        )
    held = before.surroundings
    lock_areas(session, touched=held.touched, shown=held.shown, is_topmost=held.is_topmost)
    looked = _look(session, order, draft)
    if not held.covers(looked.surroundings) or releases.clashes(session, draft.id, limit=1):
        raise _OvertakenError
    findings = check(looked.plan)
    require_clean(draft, findings)
    proofs = require_exact(draft, looked.plan)
    summary = {"changes": releases.changes(session, draft.id)}
    releases.wait_for_publisher(session)
    newest = newest_generation(session)
    if releases.clashes(session, draft.id, limit=1):
        raise _OvertakenError
    number = releases.add_generation(
        session, draft.id, newest=newest, actor=order.actor, now=order.now, note=order.note, summary=summary
    )
    releases.turn(session, draft.id, number)
    require_tree(session, draft, number)
    require_codes_apart(session, draft, number)
    mark(session, draft.id, "published")
    known = {one.place: one for one in acknowledgements(session, draft=draft.id, base=newest)}
    carry_findings(session, number, findings, looking=looking_at(looked.plan, looked.codes), known=known)
    keep_proofs(session, number, [proof for proof in proofs if proof.code in looked.codes])
    counts = Counter(finding.kind for finding in findings)
    journal.record(
        session,
        actor=order.actor,
        action="generation.publish",
        subject=f"generation:{number}",
        detail={
            "draft": draft.id,
            "areas": len(looked.codes),
            "findings": dict(counts),
            "certificate": division_digest(kept_proofs(session, number)),
            **summary,
        },
        now=order.now,
    )
    sealing.seal(session, now=order.now)
    announce(session, "generation", str(number))
    return get_generation(session, number)


def _require_sound(draft: Draft, looked: Looked, check: Check, *, since: int | None) -> None:
    try:
        require_clean(draft, check(looked.plan))
        require_exact(draft, looked.plan)
    except Blocked as blocked:
        if since is None:
            raise
        # Alone it was clean, as far as anybody knows: what was published since does not go with it.
        base = looked.plan.generation or 0
        others = ", ".join(str(one) for one in range(since + 1, base + 1))
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”与之后发布的第 {others} 版合在一起有问题,未发布。"
            f"方案已改以最新版为底稿,请用 draft check {draft.id} 查看并改正。\n{blocked.zh}",
            f'Draft {draft.id} "{draft.name}" does not go with generation {others}, published since; nothing is '
            f"published. It stands on the newest generation now; see draft check {draft.id} and mend it.\n{blocked.en}",
        ) from blocked


def _require_ready(session: Session, order: Publication, *, lock: bool = False) -> Draft:
    draft = read_draft(session, order.draft_id, lock=lock)
    drew = authors(session, draft)
    next_status(draft, "publish", actor=order.actor, four_eyes=order.four_eyes, authors=drew)
    if order.apart:
        require_apart(draft, "publish", actor=order.actor, taken=standing(draft, read_reviews(session, draft.id)))
    if not releases.changes(session, draft.id):
        raise BadInput(
            f"调整方案 {draft.id}“{draft.name}”没有任何改动,无可发布。请先导入或编辑。",
            f'There is nothing in draft {draft.id} "{draft.name}" to publish. Load or edit something first.',
        )
    return draft
