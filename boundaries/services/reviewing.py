"""The steps of a draft on its way: hand it in, approve it, give it back, give it up."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from boundaries.errors import BadInput
from boundaries.lifecycle import Action, Draft, Review, next_level, next_status, require_apart, standing
from boundaries.services import journal
from boundaries.store.drafts import authors, mark, read_draft
from boundaries.store.steps import add_review, area_levels, level_depths, read_reviews, set_day

# Takes ``review`` or ``publish``, and the level of the office or None for any: whether somebody's account may do it.
MayAnybody = Callable[[str, str | None], bool]
_NOBODY_PUBLISHES = (
    "没有能发布的账号。请管理员用 user add 新建账号,并用 user role 授予 publisher 角色。",
    "No account may publish it. Have the administrator make one with user add and give it the role publisher.",
)


def submit(session: Session, draft_id: int, *, actor: str, now: datetime | None = None) -> Draft:
    """Hand a draft in for approval; it cannot be edited then.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    draft = read_draft(session, draft_id, lock=True)
    status = next_status(draft, "submit", actor=actor, four_eyes=False)
    mark(session, draft_id, status, submitted_by=actor)
    return _recorded(session, draft, "submit", actor=actor, now=now)


def approve(
    session: Session,
    draft_id: int,
    *,
    actor: str,
    four_eyes: bool,
    levels: Sequence[str] = (),
    apart: bool = False,
    on: date | None = None,
    today: date | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Draft:
    """Take the next review of a submitted draft; with the last one it is approved.

    Parameters
    ----------
    four_eyes : bool
        Whether whoever drew it may not review it.
    levels : sequence of str
        Levels of the offices that review, in their order; none for one review by anybody.
    apart : bool
        Whether nobody takes two steps of one draft.
    on : date, optional
        The day on which it is to be published; without one it waits to be published by hand.
    today : date, optional
        Needed with ``on``.
    note : str
        What people should know about the decision.
    now : datetime, optional
        By default the database's clock, here and below.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft, or it is not submitted.
    Forbidden
        If four eyes are asked for and the actor drew it, or took a review before.
    BadInput
        If the day is over.
    """
    draft = read_draft(session, draft_id, lock=True)
    status = next_status(draft, "approve", actor=actor, four_eyes=four_eyes, authors=authors(session, draft))
    taken = standing(draft, read_reviews(session, draft_id))
    if apart:
        require_apart(draft, "approve", actor=actor, taken=taken)
    if on is not None:
        _require_to_come(draft, on, today)
        set_day(session, draft_id, on)
    review = Review(
        step=len(taken) + 1,
        level=next_level(levels, taken) or "",
        actor=actor,
        decision="approve",
        revision=draft.revision,
        at=now,
        note=note,
    )
    add_review(session, draft_id, review)
    if next_level(levels, (*taken, review)) is None:
        mark(session, draft_id, status, approved_by=actor)
    detail = {"step": review.step, "level": review.level, "on": on.isoformat() if on else None}
    return _recorded(session, draft, "approve", actor=actor, now=now, note=note, **detail)


def return_draft(session: Session, draft_id: int, *, actor: str, note: str = "", now: datetime | None = None) -> Draft:
    """Give a submitted or approved draft back for more work; reviews taken so far count no more.

    Parameters
    ----------
    note : str
        What is to be done, for its author.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft, or it is neither submitted nor approved.
    """
    draft = read_draft(session, draft_id, lock=True)
    status = next_status(draft, "return", actor=actor, four_eyes=False)
    step = len(standing(draft, read_reviews(session, draft_id))) + 1
    add_review(session, draft_id, Review(step, "", actor, "return", draft.revision, now, note))
    mark(session, draft_id, status, **({"note": note} if note else {}))
    set_day(session, draft_id, None)
    return _recorded(session, draft, "return", actor=actor, now=now, note=note)


def abandon(session: Session, draft_id: int, *, actor: str, now: datetime | None = None) -> Draft:
    """Give a draft up; its rows stay for the record.

    Raises
    ------
    NotFound, Conflict
        If there is no such draft, or it is published or abandoned already.
    """
    draft = read_draft(session, draft_id, lock=True)
    mark(session, draft_id, next_status(draft, "abandon", actor=actor, four_eyes=False))
    return _recorded(session, draft, "abandon", actor=actor, now=now)


def reviews_of(session: Session, draft_id: int) -> tuple[Review, ...]:
    """Every decision on a draft, in their order.

    Raises
    ------
    NotFound
        If there is no such draft.
    """
    read_draft(session, draft_id)
    return read_reviews(session, draft_id)


def next_review(session: Session, draft: Draft, levels: Sequence[str]) -> str:
    """Level of the office whose review comes next, empty where anybody's does."""
    return next_level(levels, standing(draft, read_reviews(session, draft.id))) or ""


def stands_at(session: Session, areas: Collection[str], level: str) -> bool:
    """Whether any of these areas is of a level, or of one above it."""
    depths = level_depths(session)
    wanted = depths.get(level)
    return wanted is None or any(depths.get(one, wanted + 1) <= wanted for one in area_levels(session, areas))


def what_comes_next(
    session: Session,
    draft: Draft,
    *,
    four_eyes: bool,
    levels: Sequence[str] = (),
    may_anybody: MayAnybody | None = None,
) -> tuple[str, str] | None:
    """What a draft waits for, and what to do where nobody may do it.

    Parameters
    ----------
    draft : Draft
    four_eyes : bool
    levels : sequence of str
        As for :func:`approve`.
    may_anybody : callable, optional
        Whether somebody has an account for the next step. Without it accounts are not looked at.

    Returns
    -------
    tuple of (str, str) or None
        In Chinese and in English; None where nothing comes any more.
    """
    if draft.status == "submitted":
        level = next_review(session, draft, levels)
        is_dead_end = may_anybody is not None and not may_anybody("review", level or None)
        return _nobody_reviews(level) if is_dead_end else _review_comes(draft, level)
    if draft.status == "approved":
        is_dead_end = may_anybody is not None and not may_anybody("publish", None)
        return _NOBODY_PUBLISHES if is_dead_end else _publication_comes(draft)
    if draft.status == "open" and four_eyes:
        return (
            f"下一步:用 draft check {draft.id} 检查,再用 draft submit {draft.id} 提交审核。",
            f"Next: draft check {draft.id}, then draft submit {draft.id}.",
        )
    return None


def _nobody_reviews(level: str) -> tuple[str, str]:
    office_zh, office_en = (f"“{level}”一级", f" for the level {level}") if level else ("", "")
    zh = (
        f"{office_zh}没有能审核的账号。请管理员用 user add 新建账号,并用 user role 授予 reviewer 角色;"
        "只有一个人的单位可设 MICROGRID_FOUR_EYES=false 后直接发布。"
    )
    en = (
        f"No account may review it{office_en}. Have the administrator make one with user add and give it the role "
        "reviewer with user role; an office of one can set MICROGRID_FOUR_EYES=false and publish."
    )
    return zh, en


def _review_comes(draft: Draft, level: str) -> tuple[str, str]:
    office_zh, office_en = (f"“{level}”一级的", f" of the level {level}") if level else ("另一位", "")
    zh = f"下一步:由{office_zh}同事用 draft approve {draft.id} 审核通过,或用 draft return {draft.id} 退回。"
    en = f"Next: a colleague{office_en} approves it with draft approve {draft.id}, or gives it back with draft return."
    return zh, en


def _publication_comes(draft: Draft) -> tuple[str, str]:
    if draft.publish_on is None:
        return f"下一步:用 draft publish {draft.id} 发布。", f"Next: draft publish {draft.id}."
    return (
        f"将于 {draft.publish_on:%Y-%m-%d} 由后台任务(worker)发布;用 draft publish {draft.id} 可立即发布。",
        f"The worker publishes it on {draft.publish_on}; draft publish {draft.id} does so at once.",
    )


def _require_to_come(draft: Draft, on: date, today: date | None) -> None:
    if today is None or on < today:
        raise BadInput(
            f"调整方案 {draft.id} 的生效日 {on:%Y-%m-%d} 已过。请写今天或以后的日期。",
            f"The day of draft {draft.id}, {on}, is over. Name today or a later day.",
        )


def _recorded(
    session: Session,
    draft: Draft,
    action: Action,
    *,
    actor: str,
    now: datetime | None,
    note: str = "",
    **detail: object,
) -> Draft:
    """Put a step into the trail and say what the draft is now."""
    journal.record(
        session,
        actor=actor,
        action=f"draft.{action}",
        subject=f"draft:{draft.id}",
        detail={"revision": draft.revision, "note": note, **detail},
        now=now,
    )
    return read_draft(session, draft.id)
