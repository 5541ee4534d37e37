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
from boundaries.errors import BadInput, Blocked, Conflict
from boundaries.findings import KINDS, Finding, blocking
from boundaries.lifecycle import Draft, Generation, next_status, require_apart, standing
from boundaries.looking import looking_at
from boundaries.merging import collided
from boundaries.services import journal, sealing
from boundaries.services.certifying import require_exact
from boundaries.services.reading import get_generation
from boundaries.services.rebasing import rebase
from boundaries.services.surroundings import Looked, look
from boundaries.snapshot import Snapshot
from boundaries.store import releases, states
from boundaries.store.bulletins import announce
from boundaries.store.certificates import keep_proofs, kept_proofs
from boundaries.store.drafts import authors, mark, newest_generation, read_draft
from boundaries.store.engine import reading, writing
from boundaries.store.findings import carry_findings
from boundaries.store.overlay import Moment
from boundaries.store.steps import acknowledgements, read_reviews
from boundaries.store.surroundings import lock_areas
from geo.errors import Language
from geo.metric import centre

Check = Callable[[Snapshot], Sequence[Finding]]

_NAMED = 10
# What others publish beside a draft while it is checked seldom touches it twice.
_TRIES = 4


class _OvertakenError(Exception):
    """What the draft touches was published by somebody else since it was checked."""


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
    raise Conflict(
        f"调整方案 {draft_id} 在检查期间,它涉及的区域一再被别人发布改动,未发布。请稍后重新发布。",
        f"While draft {draft_id} was checked, others kept publishing what it touches; nothing is published. Try again.",
    )


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
    _require_clean(draft, findings)
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
    _require_tree(session, draft, number)
    _require_clean(draft, [_twice(code) for code in releases.codes_twice(session, number)])
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


def _twice(code: str) -> Finding:
    return Finding("duplicate_code", grids=(code,), value=2.0, limit=1.0)


def _require_sound(draft: Draft, looked: Looked, check: Check, *, since: int | None) -> None:
    try:
        _require_clean(draft, check(looked.plan))
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


def _require_tree(session: Session, draft: Draft, number: int) -> None:
    """Of two drafts that are each in order, one may retire an area and the other hang one below it."""
    try:
        states.require_tree(session, Moment(number))
    except BadInput as wrong:
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”与之后发布的版本合在一起,区域的上下级不成立,未发布。"
            f"请改正后再发布。\n{wrong.zh}",
            f'Draft {draft.id} "{draft.name}" does not go with what was published since: areas do not stand below '
            f"their parents; nothing is published. Mend it and publish again.\n{wrong.en}",
        ) from wrong


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


def _require_clean(draft: Draft, findings: Sequence[Finding]) -> None:
    stand = blocking(findings)
    if not stand:
        return
    counts = Counter(finding.kind for finding in stand)
    sums_zh = "、".join(f"{KINDS[kind].name_zh} {count}" for kind, count in counts.items())
    sums_en = ", ".join(f"{KINDS[kind].name_en.lower()} {count}" for kind, count in counts.items())
    more = len(stand) - _NAMED
    lines_zh = [_place(finding, "zh") for finding in stand[:_NAMED]] + ([f"…… 另有 {more} 处"] if more > 0 else [])
    lines_en = [_place(finding, "en") for finding in stand[:_NAMED]] + ([f"… and {more} more"] if more > 0 else [])
    raise Blocked(
        f"调整方案 {draft.id}“{draft.name}”有 {len(stand)} 处必须处理的问题({sums_zh}),未发布。"
        f"请用 draft check {draft.id} 查看并改正:\n" + "\n".join(lines_zh),
        f'Draft {draft.id} "{draft.name}" has {len(stand)} blocking findings ({sums_en}); nothing is published. '
        f"See them with draft check {draft.id} and mend them:\n" + "\n".join(lines_en),
    )


def _place(finding: Finding, language: Language) -> str:
    words = [finding.name(language), *finding.grids, *finding.premises]
    if finding.parent:
        words.append(f"({finding.parent})" if language == "zh" else f"in {finding.parent}")
    if finding.area_m2 is not None:
        words.append(f"{finding.area_m2:.2f} m²")
    if finding.geometry is not None and not finding.geometry.is_empty:
        x, y = centre(finding.geometry)
        words.append(f"{x:.6f},{y:.6f}")
    return "  " + " ".join(words)
