"""The life of a draft, as pure steps.

::

    open ──submit──> submitted ──approve──> approved ──publish──> published
      ^                  │                      │
      └─────return───────┴──────────────────────┘          any of the three ──abandon──> abandoned

With four eyes, whoever drew a draft neither approves nor publishes it. Without, as in
a small office, a draft may be published from any of the three. An office may ask for
several reviews, each by a level of its own; the draft stays submitted until the last.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from boundaries.errors import Conflict, Forbidden

DraftStatus = Literal["open", "submitted", "approved", "published", "abandoned"]
Action = Literal["submit", "approve", "return", "publish", "abandon"]
Decision = Literal["approve", "return"]

STATUS_NAMES: dict[DraftStatus, tuple[str, str]] = {
    "open": ("编辑中", "open"),
    "submitted": ("已提交", "submitted"),
    "approved": ("已审核", "approved"),
    "published": ("已发布", "published"),
    "abandoned": ("已作废", "abandoned"),
}
_ACTION_NAMES: dict[Action, tuple[str, str]] = {
    "submit": ("提交", "submitted"),
    "approve": ("审核通过", "approved"),
    "return": ("退回", "returned"),
    "publish": ("发布", "published"),
    "abandon": ("作废", "abandoned"),
}
# Action -> from which statuses, and to which.
STEPS: dict[Action, tuple[tuple[DraftStatus, ...], DraftStatus]] = {
    "submit": (("open",), "submitted"),
    "approve": (("submitted",), "approved"),
    "return": (("submitted", "approved"), "open"),
    "publish": (("approved",), "published"),
    "abandon": (("open", "submitted", "approved"), "abandoned"),
}
# What a draft waits for on its way to publication.
_FORWARD: dict[DraftStatus, Action] = {"open": "submit", "submitted": "approve"}
_LIVING: tuple[DraftStatus, ...] = ("open", "submitted", "approved")
# Deeds on a draft that draw nothing in it, so that whoever does them is none of its authors.
DRAWS_NOTHING: frozenset[str] = frozenset({*STEPS, "rebase", "acknowledge", "share", "hand_over"})


@dataclass(frozen=True, slots=True)
class Draft:
    """An editable branch of the division (调整方案).

    ``area`` is the code of the area it is about, None for all. ``base_generation`` is
    what it branched from, None before the first. ``revision`` counts its edits.
    ``publish_on`` is the day on which it is to be published once it is approved, None
    for at once.
    """

    id: int
    name: str
    area: str | None
    base_generation: int | None
    status: DraftStatus
    revision: int
    created_by: str
    created_at: datetime
    submitted_by: str | None = None
    approved_by: str | None = None
    note: str = ""
    publish_on: date | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """One decision on a draft.

    Attributes
    ----------
    step : int
        Which of the reviews it was, from 1.
    level : str
        Level of the office that decided; empty where the office names none.
    actor : str
    decision : {"approve", "return"}
    revision : int
        Of the draft that was looked at.
    at : datetime or None
        UTC; None before it is kept.
    note : str
    """

    step: int
    level: str
    actor: str
    decision: Decision
    revision: int
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """A published, numbered, unchangeable state (版本)."""

    number: int
    draft: int
    published_at: datetime
    published_by: str
    note: str = ""
    summary: Mapping[str, object] = field(default_factory=dict)


def next_status(
    draft: Draft, action: Action, *, actor: str, four_eyes: bool, authors: Collection[str] = ()
) -> DraftStatus:
    """What a draft becomes, if this actor may do that to it now.

    Parameters
    ----------
    draft : Draft
    action : {"submit", "approve", "return", "publish", "abandon"}
    actor : str
        Who wants it.
    four_eyes : bool
        Whether whoever drew it may neither approve nor publish it.
    authors : collection of str
        Those who put rows into it, besides who opened it.

    Returns
    -------
    DraftStatus

    Raises
    ------
    Conflict
        If a draft in this status cannot take this step.
    Forbidden
        If four eyes are asked for and these are the same two.
    """
    allowed, result = STEPS[action]
    if action == "publish" and not four_eyes:
        allowed = _LIVING
    did_zh, did_en = _ACTION_NAMES[action]
    if draft.status not in allowed:
        is_zh, is_en = STATUS_NAMES[draft.status]
        wanted_zh = "、".join(STATUS_NAMES[status][0] for status in allowed)
        wanted_en = " or ".join(STATUS_NAMES[status][1] for status in allowed)
        step = _FORWARD.get(draft.status) if action in {"approve", "publish"} else None
        hint_zh = f"下一步:draft {step} {draft.id}。" if step else ""
        hint_en = f" Next: draft {step} {draft.id}." if step else ""
        which_zh, which_en = f"调整方案 {draft.id}“{draft.name}”", f'Draft {draft.id} "{draft.name}"'
        raise Conflict(
            f"{which_zh}{is_zh},不能{did_zh}。须先处于:{wanted_zh}。{hint_zh}",
            f"{which_en} is {is_en} and cannot be {did_en}; it must be {wanted_en} first.{hint_en}",
        )
    if four_eyes and action in {"approve", "publish"} and actor in {draft.created_by, *authors}:
        raise Forbidden(
            f"调整方案 {draft.id}“{draft.name}”由 {actor} 编制,须由他人{did_zh}(双人审核)。"
            "请换一位同事操作,或由管理员关闭双人审核。",
            f'{actor} drew draft {draft.id} "{draft.name}", so somebody else must have it {did_en} (four eyes). '
            "Ask a colleague, or have the administrator switch four eyes off.",
        )
    return result


def require_open(draft: Draft) -> None:
    """Make sure that a draft can be edited.

    Raises
    ------
    Conflict
        If it is not open.
    """
    if draft.status != "open":
        is_zh, is_en = STATUS_NAMES[draft.status]
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”{is_zh},不能再编辑。请退回后编辑,或新建一个调整方案。",
            f'Draft {draft.id} "{draft.name}" is {is_en} and cannot be edited. Return it first, or open a new one.',
        )


def standing(draft: Draft, reviews: Iterable[Review]) -> tuple[Review, ...]:
    """The approvals that still count: those since the draft was last given back, of what it holds now.

    Parameters
    ----------
    draft : Draft
    reviews : iterable of Review
        All of the draft's, in their order.

    Returns
    -------
    tuple of Review
    """
    since: list[Review] = []
    for review in reviews:
        since = [] if review.decision == "return" else [*since, review]
    return tuple(review for review in since if review.revision == draft.revision)


def next_level(levels: Sequence[str], taken: Sequence[Review]) -> str | None:
    """Level of the office whose review comes next; empty where anybody's does, None where all are done."""
    wanted = levels or ("",)
    return wanted[len(taken)] if len(taken) < len(wanted) else None


def require_apart(draft: Draft, action: Literal["approve", "publish"], *, actor: str, taken: Sequence[Review]) -> None:
    """Make sure that nobody takes two steps of one draft.

    Raises
    ------
    Forbidden
        If the actor has reviewed it already.
    """
    if any(review.actor == actor for review in taken):
        did_zh, did_en = _ACTION_NAMES[action]
        raise Forbidden(
            f"调整方案 {draft.id}“{draft.name}”已由 {actor} 审核过一步,须由他人{did_zh}。"
            "请换一位同事操作;人手少的单位可由管理员打开“小单位”设置。",
            f'{actor} has reviewed draft {draft.id} "{draft.name}" already, so somebody else must have it {did_en}. '
            "Ask a colleague; for a small office the administrator can relax this.",
        )
