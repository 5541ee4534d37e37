"""``/v1/drafts``: open drafts, find them, share them, say that one has them open."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.auth import Caller, require, require_within
from api.dependencies import Now, ReadSession, WriteSession
from api.drafting import draft_fields, etag, own_draft, require_touched
from api.openapi import NOT_FOUND, error_answers
from api.problems import PROBLEM_KINDS
from api.schemas import drafts as schemas
from boundaries.errors import BadInput, Conflict
from boundaries.lifecycle import Draft
from boundaries.services import drafting, sharing

router = APIRouter(prefix="/v1/drafts", tags=["drafts"])

Number = Annotated[int, Path(ge=1, le=2**63 - 1, description="方案编号 / its number", examples=[7])]
Reader = Annotated[Caller, Depends(require("drafts:read"))]
Planner = Annotated[Caller, Depends(require("drafts:write"))]

_ERRORS = error_answers(NOT_FOUND)
_CONFLICTS = error_answers(NOT_FOUND, PROBLEM_KINDS[Conflict])


@router.post(
    "",
    status_code=201,
    summary="新建调整方案 / Open a draft",
    description=(
        "以最新版本为底稿;账号限于区域的,须写明区域。 / "
        "On the newest generation. Whoever is bound to areas names one of them."
    ),
    response_model=schemas.Draft,
    responses=_ERRORS,
)
def open_draft(
    session: WriteSession, response: Response, caller: Planner, now: Now, body: schemas.Opening
) -> dict[str, Any]:
    """Open a draft."""
    if caller.areas is not None:
        if body.area is None:
            raise BadInput(
                f"请写明区域(area):“{caller.name}”只能改动 {'、'.join(sorted(caller.areas))}。",
                f'Name the area: "{caller.name}" may act in {", ".join(sorted(caller.areas))} only.',
            )
        require_within(session, caller, [body.area])
    draft = drafting.open_draft(session, name=body.name, actor=caller.account, area=body.area, now=now)
    response.headers.update(etag(draft.revision) | {"Location": f"/v1/drafts/{draft.id}"})
    return _fields(session, draft, now)


@router.get(
    "",
    summary="列出调整方案 / List drafts",
    description="新的在前,默认列出未完成的。 / Newest first; by default those that are still being worked on.",
    response_model=schemas.DraftList,
    responses=error_answers(),
)
def list_drafts(
    session: ReadSession,
    caller: Reader,  # noqa: ARG001  the same to everybody who may see it
    now: Now,
    query: Annotated[schemas.DraftQuery, Query()],
) -> dict[str, Any]:
    """List drafts."""
    statuses = query.status or ["open", "submitted", "approved"]
    found = drafting.list_drafts(session, statuses=statuses, before=query.before, limit=query.limit)
    hands = sharing.hands_of(session, [draft.id for draft in found], now=now)
    return {"drafts": [draft_fields(draft, hands[draft.id]) for draft in found]}


@router.get("/{number}", summary="一个调整方案 / One draft", response_model=schemas.Draft, responses=_ERRORS)
def get_draft(
    session: ReadSession,
    response: Response,
    caller: Reader,  # noqa: ARG001  the same to everybody who may see it
    now: Now,
    number: Number,
) -> dict[str, Any]:
    """One draft; its ETag is its revision."""
    draft = drafting.get_draft(session, number)
    response.headers.update(etag(draft.revision))
    return _fields(session, draft, now)


@router.put(
    "/{number}/lease",
    summary="告知正在编辑 / Say that one has it open",
    description="只是提示,不锁定;到时自动失效。 / A hint for the others that runs out by itself; it locks nothing.",
    response_model=schemas.Lease,
    responses=_CONFLICTS,
)
def take_lease(
    session: WriteSession, caller: Planner, now: Now, number: Number, body: schemas.LeaseRequest
) -> dict[str, Any]:
    """Say that one has a draft open."""
    own_draft(session, caller, number, now)
    lease = sharing.take_lease(
        session, number, actor=caller.account, minutes=body.minutes, take_over=body.take_over, now=now
    )
    return {"holder": lease.holder, "since": lease.since, "until": lease.until}


@router.delete(
    "/{number}/lease",
    status_code=204,
    summary="不再编辑 / Say that one has it open no more",
    response_model=None,
    responses=_ERRORS,
)
def give_lease_back(session: WriteSession, caller: Planner, now: Now, number: Number) -> Response:
    """Say that one has a draft open no more."""
    own_draft(session, caller, number, now)
    sharing.give_lease_back(session, number, actor=caller.account, now=now)
    return Response(status_code=204)


@router.put(
    "/{number}/share",
    summary="共享 / Share with others",
    description="名单以外的人不再共享。 / With these people, and nobody else.",
    response_model=schemas.Draft,
    responses=_ERRORS,
)
def share(session: WriteSession, caller: Planner, now: Now, number: Number, body: schemas.Shares) -> dict[str, Any]:
    """Share a draft."""
    draft = own_draft(session, caller, number, now)
    require_touched(session, caller, draft)
    sharing.share(session, number, body.accounts, actor=caller.account, now=now)
    return _fields(session, draft, now)


@router.post(
    "/{number}/handover",
    summary="移交 / Hand over",
    description="原负责人仍可编辑。 / Who answered for it before keeps working on it.",
    response_model=schemas.Draft,
    responses=_ERRORS,
)
def hand_over(
    session: WriteSession, caller: Planner, now: Now, number: Number, body: schemas.HandOver
) -> dict[str, Any]:
    """Hand a draft over."""
    draft = own_draft(session, caller, number, now)
    require_touched(session, caller, draft)
    sharing.hand_over(session, number, body.to, actor=caller.account, now=now)
    return _fields(session, draft, now)


def _fields(session: ReadSession, draft: Draft, now: Now) -> dict[str, Any]:
    return draft_fields(draft, sharing.hands_of(session, [draft.id], now=now)[draft.id])
