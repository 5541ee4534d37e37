"""Publish a draft: check, lock, compare, write, then check and prove what is read back.

The checks come in as a function, so that this module knows nothing of their rules.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from boundaries.certificate import AreaProof, division_digest
from boundaries.errors import BadInput, Blocked, Conflict
from boundaries.findings import KINDS, Finding, blocking
from boundaries.lifecycle import Draft, Generation, next_status
from boundaries.services import journal, sealing
from boundaries.services.certifying import require_exact
from boundaries.services.reading import get_generation, snapshot
from boundaries.snapshot import Snapshot
from boundaries.store import releases, states
from boundaries.store.bulletins import announce
from boundaries.store.certificates import keep_proofs
from boundaries.store.drafts import authors, mark, newest_generation, read_draft
from boundaries.store.engine import reading, writing
from boundaries.store.findings import keep_findings
from boundaries.store.overlay import Moment
from geo.errors import Language
from geo.metric import centre

Check = Callable[[Snapshot], Sequence[Finding]]

_NAMED = 10
_NOUNS_ZH = {
    "area": "区域",
    "micro_grid": "微网格",
    "part": "分段",
    "building": "楼栋",
    "compound": "小区",
    "assignment": "划分",
}


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
) -> Generation:
    """Make a draft the next generation, whole or not at all.

    The draft is checked first without a lock. Then, in one transaction and one publisher
    at a time: what it touches is compared with what it started from, the generation is
    written, read back, checked again, and proved: what the proof says is its certificate.

    Parameters
    ----------
    draft_id : int
    check : callable
        From a snapshot to its findings, such as ``lambda plan: checks.run(plan, rules)``.
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
        later generation changed too.
    Forbidden
        If four eyes are asked for and the actor drew the draft.
    BadInput
        If there is nothing in the draft.
    Unavailable
        If the database goes away; nothing is written.
    """
    order = Publication(draft_id, actor, four_eyes, now, today, metric_plane, note)
    with reading(engine) as session:
        draft = _require_ready(session, order)
        _require_no_clash(session, draft)
        plan = snapshot(session, draft=draft_id, today=today, metric_plane=metric_plane)
    _require_clean(draft, check(plan))
    require_exact(draft, plan)
    with writing(engine) as session:
        return _write(session, order, draft, check)


def _write(session: Session, order: Publication, checked: Draft, check: Check) -> Generation:
    releases.wait_for_publisher(session)
    draft = _require_ready(session, order, lock=True)
    if draft.revision != checked.revision:
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”在检查期间又被编辑,未发布。请重新发布。",
            f'Draft {draft.id} "{draft.name}" was edited while it was checked; nothing is published. Publish it again.',
        )
    _require_no_clash(session, draft)
    newest = newest_generation(session)
    summary = {"changes": releases.changes(session, draft.id)}
    number = releases.add_generation(
        session, draft.id, newest=newest, actor=order.actor, now=order.now, note=order.note, summary=summary
    )
    releases.turn(session, draft.id, number)
    _require_tree(session, draft, number)
    mark(session, draft.id, "published")
    findings, proofs = _check_read_back(session, order, draft, number, check)
    keep_findings(session, findings, generation=number)
    keep_proofs(session, number, proofs)
    counts = Counter(finding.kind for finding in findings)
    journal.record(
        session,
        actor=order.actor,
        action="generation.publish",
        subject=f"generation:{number}",
        detail={"draft": draft.id, "findings": dict(counts), "certificate": division_digest(proofs), **summary},
        now=order.now,
    )
    sealing.seal(session, now=order.now)
    announce(session, "generation", str(number))
    return get_generation(session, number)


def _require_tree(session: Session, draft: Draft, number: int) -> None:
    """Of two drafts that are each in order, one may retire an area and the other hang one below it."""
    try:
        states.require_tree(session, Moment(number))
    except BadInput as wrong:
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”与之后发布的版本合在一起,区域的上下级不成立,未发布。"
            f"请以最新版新建调整方案并重做。\n{wrong.zh}",
            f'Draft {draft.id} "{draft.name}" does not go with what was published since: areas do not stand below '
            f"their parents; nothing is published. Open a new draft on the newest generation.\n{wrong.en}",
        ) from wrong


def _check_read_back(
    session: Session, order: Publication, draft: Draft, number: int, check: Check
) -> tuple[Sequence[Finding], Sequence[AreaProof]]:
    plan = snapshot(session, generation=number, today=order.today, metric_plane=order.metric_plane)
    findings = check(plan)
    try:
        _require_clean(draft, findings)
        return findings, require_exact(draft, plan)
    except Blocked as blocked:
        if number - 1 == (draft.base_generation or 0):
            raise
        # Alone it was clean: what was published since the draft branched off does not go with it.
        since = ", ".join(str(one) for one in range((draft.base_generation or 0) + 1, number))
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”与之后发布的第 {since} 版合在一起有问题,未发布。"
            f"请以最新版新建调整方案并重做。\n{blocked.zh}",
            f'Draft {draft.id} "{draft.name}" does not go with generation {since}, published since; nothing is '
            f"published. Open a new draft on the newest generation.\n{blocked.en}",
        ) from blocked


def _require_ready(session: Session, order: Publication, *, lock: bool = False) -> Draft:
    draft = read_draft(session, order.draft_id, lock=lock)
    drew = authors(session, draft)
    next_status(draft, "publish", actor=order.actor, four_eyes=order.four_eyes, authors=drew)
    if not releases.changes(session, draft.id):
        raise BadInput(
            f"调整方案 {draft.id}“{draft.name}”没有任何改动,无可发布。请先导入或编辑。",
            f'There is nothing in draft {draft.id} "{draft.name}" to publish. Load or edit something first.',
        )
    return draft


def _require_no_clash(session: Session, draft: Draft) -> None:
    found = releases.clashes(session, draft.id)
    if found:
        zh = "、".join(f"{_NOUNS_ZH[one.thing]} {one.code}(第 {one.generation} 版)" for one in found[:_NAMED])
        en = ", ".join(f"{one.thing} {one.code} (generation {one.generation})" for one in found[:_NAMED])
        base_zh = f"第 {draft.base_generation} 版" if draft.base_generation else "空白底稿"
        base_en = f"generation {draft.base_generation}" if draft.base_generation else "nothing"
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”以{base_zh}为底稿,但以下内容已被后来发布的版本改动:{zh}。"
            "方案内容保持不变;请以最新版新建调整方案并合并。",
            f'Draft {draft.id} "{draft.name}" branched from {base_en}, but later generations changed: {en}. '
            "The draft is kept as it is; open a new one on the newest generation and bring the changes over.",
        )


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
