"""``/v1/audit``: the trail of who did what, for the auditor alone."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from api.auth import Caller, require
from api.dependencies import ReaderLanguage, ReadSession
from api.openapi import error_answers
from api.paging import links, read_number_cursor
from api.schemas.audit import AuditList, AuditQuery, TrailVerdict, VerifyQuery
from boundaries.services.journal import entries
from boundaries.services.trail_check import verify_trail
from boundaries.store.trail import Sought

router = APIRouter(prefix="/v1/audit", tags=["audit"])

Auditor = Annotated[Caller, Depends(require("audit:read"))]

_ENTRY = {
    "number": 12,
    "at": "2026-01-31T08:00:00Z",
    "actor": "陈晨",
    "action": "draft.open",
    "subject": "draft:3",
    "detail": {},
    "seal": 4,
    "digest": "9e" * 32,
}
_VERDICT = {
    "whole": True,
    "entries": 12,
    "pruned": 0,
    "unsealed": 0,
    "head": {"seal": 4, "entries": 12, "digest": "5b" * 32, "sealed_at": "2026-01-31T08:01:00Z"},
    "fault": None,
}


@router.get(
    "",
    summary="操作日志 / The audit trail",
    description=(
        "新的在前;只有审计员(`audit:read`)能看。时间须带时区,不带时视为 UTC。 / "
        "Newest first, for the auditor alone (`audit:read`). Instants name their zone; without one they are UTC."
    ),
    response_model=AuditList,
    responses={
        200: {"content": {"application/json": {"example": {"entries": [_ENTRY], "links": []}}}},
        **error_answers(),
    },
)
def list_entries(
    request: Request,
    session: ReadSession,
    caller: Auditor,  # noqa: ARG001  the same to everybody who may read it
    query: Annotated[AuditQuery, Query()],
) -> dict[str, Any]:
    """Newest first."""
    sought = Sought(_zoned(query.since), _zoned(query.until), query.actor, query.action, query.subject)
    found = entries(session, sought=sought, before=read_number_cursor(query.cursor), limit=query.page_size + 1)
    rows, rest = found[: query.page_size], found[query.page_size :]
    following = str(rows[-1].number) if rest else None
    return {
        "entries": [asdict(one) for one in rows],
        "links": links(request, following, "application/json"),
    }


@router.get(
    "/verify",
    summary="核对操作日志 / Verify the trail",
    description=(
        "从第一条起重算全部封记;`head` 给出证书或备份中记下的封记摘要,可查出尾部是否被截。 / "
        "Every seal computed again from the first entry on; `head` names digests that certificates and backups have, "
        "so that a cut end shows."
    ),
    response_model=TrailVerdict,
    responses={200: {"content": {"application/json": {"example": _VERDICT}}}, **error_answers()},
)
def verify(
    session: ReadSession,
    caller: Auditor,  # noqa: ARG001  the same to everybody who may read it
    language: ReaderLanguage,
    query: Annotated[VerifyQuery, Query()],
) -> dict[str, Any]:
    """From the first entry to the last."""
    state = verify_trail(session, known=query.head)
    fault = state.fault
    return {
        "whole": state.is_whole,
        "entries": state.entries,
        "pruned": state.pruned,
        "unsealed": state.waiting,
        "head": asdict(state.head) if state.head is not None else None,
        "fault": None
        if fault is None
        else {
            "kind": fault.kind,
            "position": fault.position,
            "entry": fault.entry,
            "detail": fault.text(language),
        },
    }


def _zoned(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant
