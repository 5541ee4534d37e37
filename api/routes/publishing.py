"""``/v1/drafts/{id}/…``: the steps of a draft on its way to a generation."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy.orm import Session

from api.auth import Caller, require, require_within
from api.collisions import collided_response
from api.dependencies import Now, ReaderLanguage, ReadSession, SettingsHere, Today, WriteSession, app_engine
from api.openapi import NOT_FOUND, error_answers
from api.problems import PROBLEM_KINDS
from api.schemas import publishing as schemas
from api.settings import Settings
from boundaries.checks import run
from boundaries.errors import Blocked, Conflict, Forbidden
from boundaries.lifecycle import Draft
from boundaries.merging import Collided, collided
from boundaries.rules import Rules
from boundaries.services import acknowledging, publishing, reviewing
from boundaries.services.accounts import list_accounts, missing_roles
from boundaries.services.drafting import get_draft
from boundaries.services.rebasing import rebase
from boundaries.services.surroundings import look_at_draft, touched_codes
from geo.errors import Language

router = APIRouter(prefix="/v1/drafts", tags=["drafts"])

_CONFLICT, _BLOCKED = PROBLEM_KINDS[Conflict], PROBLEM_KINDS[Blocked]
_ROLE_OF = {"review": "reviewer", "publish": "publisher"}


@dataclass(frozen=True, slots=True)
class Office:
    """The settings, the reader's language, the instant and the day of a request."""

    settings: Settings
    language: Language
    now: datetime
    today: date


def office(settings: SettingsHere, language: ReaderLanguage, now: Now, today: Today) -> Office:
    """What every step asks for."""
    return Office(settings, language, now, today)


Here = Annotated[Office, Depends(office)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1, description="方案编号 / its number", examples=[7])]
Reader = Annotated[Caller, Depends(require("drafts:read"))]
Planner = Annotated[Caller, Depends(require("drafts:write"))]
Reviewer = Annotated[Caller, Depends(require("review"))]
Publisher = Annotated[Caller, Depends(require("publish"))]

_ERRORS = error_answers(NOT_FOUND, _CONFLICT)
_COLLIDING = {
    **_ERRORS,
    409: {"model": schemas.CollidedProblem, "description": "两边都改过的内容,附双方图形 / with both shapes"},
}


@router.post(
    "/{number}/submit",
    summary="提交审核 / Hand in for approval",
    description="提交后不能再编辑。 / It cannot be edited then.",
    response_model=schemas.DraftStep,
    responses=_ERRORS,
)
def submit(
    session: WriteSession,
    here: Here,
    caller: Planner,
    number: Number,
) -> dict[str, Any]:
    """Hand a draft in."""
    _require_mine(session, caller, number)
    draft = reviewing.submit(session, number, actor=caller.account, now=here.now)
    return _fields(session, draft, here)


@router.post(
    "/{number}/approve",
    summary="审核通过 / Approve",
    description=(
        "按设置的级别逐级审核,最后一级通过后可发布;可写明生效日。 / "
        "One review for each level that is set; after the last it may be published, at once or on a day."
    ),
    response_model=schemas.DraftStep,
    responses=_ERRORS,
)
def approve(
    session: WriteSession,
    here: Here,
    caller: Reviewer,
    number: Number,
    body: schemas.Approval,
) -> dict[str, Any]:
    """Take the next review."""
    _require_mine(session, caller, number)
    draft = get_draft(session, number)
    _require_level(session, caller, reviewing.next_review(session, draft, here.settings.review_steps), draft)
    draft = reviewing.approve(
        session,
        number,
        actor=caller.account,
        four_eyes=here.settings.four_eyes,
        levels=here.settings.review_steps,
        apart=here.settings.steps_apart,
        on=body.on,
        today=here.today,
        note=body.note,
        now=here.now,
    )
    return _fields(session, draft, here)


@router.post(
    "/{number}/return",
    summary="退回修改 / Give back for more work",
    response_model=schemas.DraftStep,
    responses=_ERRORS,
)
def return_draft(
    session: WriteSession,
    here: Here,
    caller: Reviewer,
    number: Number,
    body: schemas.Return,
) -> dict[str, Any]:
    """Give a draft back; reviews taken so far count no more."""
    _require_mine(session, caller, number)
    draft = reviewing.return_draft(session, number, actor=caller.account, note=body.note, now=here.now)
    return _fields(session, draft, here)


@router.post(
    "/{number}/abandon",
    summary="作废 / Give up",
    response_model=schemas.DraftStep,
    responses=_ERRORS,
)
def abandon(
    session: WriteSession,
    here: Here,
    caller: Planner,
    number: Number,
) -> dict[str, Any]:
    """Give a draft up; its rows stay for the record."""
    _require_mine(session, caller, number)
    return _fields(session, reviewing.abandon(session, number, actor=caller.account, now=here.now), here)


@router.post(
    "/{number}/publish",
    summary="发布为新版本 / Publish as the next generation",
    description=(
        "先检查并证明,有必须处理的问题则不发布;底稿不是最新版的先自动合并。 / "
        "Checked and proved first; what others published meanwhile is taken in, if nothing collides."
    ),
    response_model=schemas.Published,
    responses={**_COLLIDING},
)
def publish(
    request: Request,
    *,
    here: Here,
    caller: Publisher,
    session: ReadSession,
    number: Number,
    body: schemas.Publication,
) -> Any:  # Any: a generation, or a problem document
    """Make a draft the next generation, whole or not at all."""
    _require_mine(session, caller, number)
    try:
        generation = publishing.publish(
            app_engine(request),
            number,
            check=lambda plan: run(plan, Rules(day=here.today)),
            actor=caller.account,
            four_eyes=here.settings.four_eyes,
            now=here.now,
            today=here.today,
            metric_plane=here.settings.metric_crs,
            note=body.note,
            apart=here.settings.steps_apart,
        )
    except Collided as refusal:
        return collided_response(refusal, here.language)
    return {"generation": generation.number, "draft": number, "published_at": generation.published_at}


@router.post(
    "/{number}/rebase",
    summary="以最新版为底稿 / Carry over onto the newest generation",
    description=(
        "不冲突的内容自动合并;冲突的内容列出双方图形,用 `keep` 选定。 / "
        "What does not collide goes together by itself; what does is listed with both shapes, to be chosen by `keep`."
    ),
    response_model=schemas.Rebased,
    responses={**_COLLIDING},
)
def carry_over(
    session: WriteSession,
    here: Here,
    caller: Planner,
    number: Number,
    body: schemas.Choices,
) -> Any:  # Any: what was done, or a problem document
    """Carry a draft over; what collides stays as it is, and the rest is kept."""
    _require_mine(session, caller, number)
    found = rebase(session, number, actor=caller.account, keep=body.keep, now=here.now)
    if found.collisions:
        # Not raised: what does not collide is carried over all the same.
        return collided_response(collided(number, found.draft.name, found.since, found.collisions), here.language)
    return {
        "draft": _fields(session, found.draft, here),
        "since": found.since,
        "carried": list(found.carried),
        "needless": list(found.needless),
        "refined": list(found.refined),
    }


@router.get(
    "/{number}/reviews",
    summary="审核记录 / Decisions on a draft",
    response_model=schemas.ReviewList,
    responses=error_answers(NOT_FOUND),
)
def reviews(session: ReadSession, caller: Reader, number: Number) -> dict[str, Any]:  # noqa: ARG001  who may see it
    """Every decision on a draft, in their order."""
    return {"reviews": [asdict(review) for review in reviewing.reviews_of(session, number)]}


@router.post(
    "/{number}/findings/acknowledge",
    summary="确认保留建议处理的问题 / Let advisory findings stand",
    description=(
        "按类别、网格或对象选定,写明理由;必须处理的问题不能确认。 / "
        "Chosen by kind, grid or premises, with the reason; what blocks cannot be acknowledged."
    ),
    response_model=schemas.AcknowledgedList,
    responses=_ERRORS,
)
def acknowledge(
    session: WriteSession,
    here: Here,
    caller: Planner,
    number: Number,
    body: schemas.Reason,
) -> dict[str, Any]:
    """Let advisory findings of what a draft touches stand."""
    _require_mine(session, caller, number)
    looked = look_at_draft(session, number, today=here.today, metric_plane=here.settings.metric_crs)
    findings = acknowledging.chosen(
        run(looked.plan, Rules(day=here.today)), kinds=body.kinds, grids=body.grids, premises=body.premises
    )
    given = acknowledging.acknowledge(session, number, findings, reason=body.reason, actor=caller.account, now=here.now)
    return {
        "acknowledged": [
            {
                "kind": one.kind,
                "grids": list(one.grids),
                "premises": list(one.premises),
                "parent": one.parent,
                "reason": one.reason,
                "actor": one.actor,
            }
            for one in given
        ]
    }


def _require_mine(session: Session, caller: Caller, number: int) -> None:
    """Who is bound to areas takes no step of a draft that touches others."""
    draft = get_draft(session, number)
    if caller.areas is not None:
        require_within(session, caller, touched_codes(session, draft), draft_id=number)


def _require_level(session: Session, caller: Caller, level: str, draft: Draft) -> None:
    """A review of one level is taken by an office of that level, or of one above it."""
    if not level or caller.areas is None or reviewing.stands_at(session, caller.areas, level):
        return
    raise Forbidden(
        f"调整方案 {draft.id} 的这一步须由“{level}”一级审核,您的账号不在这一级。请交给该级同事。",
        f"This step of draft {draft.id} is for an office of the level {level}; your account is of another one.",
    )


def _fields(session: Session, draft: Draft, here: Office) -> dict[str, Any]:
    missing = missing_roles(session) if list_accounts(session) else ()
    comes = reviewing.what_comes_next(
        session,
        draft,
        four_eyes=here.settings.four_eyes,
        levels=here.settings.review_steps,
        may_anybody=lambda scope, _: _ROLE_OF[scope] not in missing,
    )
    return {
        "id": draft.id,
        "name": draft.name,
        "area": draft.area,
        "status": draft.status,
        "revision": draft.revision,
        "base_generation": draft.base_generation,
        "publish_on": draft.publish_on,
        "next": None if comes is None else comes[0 if here.language == "zh" else 1],
    }
