"""``/v1/drafts/{id}/…``: what is in a draft, and the changes of it."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Query, Response

from api.auth import Caller, require, require_within
from api.dependencies import Now, ReaderLanguage, ReadSession, SettingsHere, Today, WriteSession
from api.drafting import etag, if_match, own_draft, require_touched
from api.edit_conflicts import edit_conflict_response
from api.openapi import NOT_FOUND, error_answers
from api.problems import PROBLEM_KINDS
from api.routes.drafts import Number
from api.schemas import drafts as schemas
from boundaries.checks import run
from boundaries.errors import Conflict, EditConflict, KeyReused
from boundaries.rules import Rules
from boundaries.services import editing
from boundaries.services.draft_grids import grids_of
from boundaries.services.drafting import get_draft
from boundaries.services.editing import Turned
from boundaries.services.editing_batch import Batch, edit
from boundaries.services.editing_report import finding_record, grid_record
from boundaries.services.surroundings import look_at_draft
from boundaries.store.changes import Change

router = APIRouter(prefix="/v1/drafts", tags=["drafts"])

Reader = Annotated[Caller, Depends(require("drafts:read"))]
Planner = Annotated[Caller, Depends(require("drafts:write"))]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=100, description="您看到的 ETag / the ETag that you saw", examples=['"12"']),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="重发同一键得到同一答复 / sent again it gives the same answer and changes nothing",
    ),
]

_READ = error_answers(NOT_FOUND)
_TURN = error_answers(NOT_FOUND, PROBLEM_KINDS[Conflict])
_EDIT = {
    **error_answers(NOT_FOUND, PROBLEM_KINDS[KeyReused]),
    409: {
        "model": schemas.EditConflictProblem,
        "description": "他人改过的网格,附双方图形 / grids that somebody else changed, with both shapes",
    },
}


@router.post(
    "/{number}/edits",
    summary="编辑 / Edit by commands",
    description=(
        "一组操作要么全部完成、要么都不做,算作一次可撤销的修改;答复中有改动的网格和附近的问题。 / "
        "All of the commands or none, as one change that can be undone; the answer holds the grids that are others "
        "now and the findings near them. Coordinates are longitude, latitude with nine decimals."
    ),
    response_model=schemas.Edited,
    responses=_EDIT,
)
def edit_draft(
    *,
    session: WriteSession,
    caller: Planner,
    settings: SettingsHere,
    now: Now,
    today: Today,
    language: ReaderLanguage,
    number: Number,
    body: schemas.Batch,
    match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Edit a draft."""
    draft = own_draft(session, caller, number, now)
    if key is None:
        editing.require_revision(draft, if_match(match))
    batch = Batch(
        commands=tuple(one.command() for one in body.commands),
        asked=[one.model_dump(mode="json", exclude_defaults=True) | {"do": one.do} for one in body.commands],
        base_revision=body.base_revision,
        versions=body.versions,
        idempotency_key=key,
        dry_run=body.dry_run,
    )
    try:
        report = edit(
            session,
            number,
            batch,
            actor=caller.account,
            today=today,
            rules=Rules(day=today),
            metric_plane=settings.metric_crs,
            allow=lambda areas: require_within(session, caller, areas, draft_id=number),
            now=now,
        )
    except EditConflict as refusal:
        # Raised before anything is written.
        return edit_conflict_response(refusal, language)
    return _json(report, report["revision"])


@router.get(
    "/{number}/edits",
    summary="修改记录 / History",
    description="新的在前;撤销过的也在其中。 / Newest first, what was undone among it.",
    response_model=schemas.History,
    responses=_READ,
)
def list_edits(
    session: ReadSession,
    caller: Reader,  # noqa: ARG001  the same to everybody who may see it
    number: Number,
    query: Annotated[schemas.HistoryQuery, Query()],
) -> dict[str, Any]:
    """The changes of a draft."""
    found = editing.history(session, number, before=query.before, limit=query.limit)
    return {"changes": [_change(one) for one in found]}


@router.post("/{number}/undo", summary="撤销 / Undo", response_model=schemas.Turned, responses=_TURN)
def undo(
    *, session: WriteSession, response: Response, caller: Planner, now: Now, number: Number, match: IfMatch = None
) -> dict[str, Any]:
    """Take the last change of a draft back, whoever made it."""
    require_touched(session, caller, own_draft(session, caller, number, now))
    return _turned(response, editing.undo(session, number, actor=caller.account, revision=if_match(match), now=now))


@router.post("/{number}/redo", summary="重做 / Redo", response_model=schemas.Turned, responses=_TURN)
def redo(
    *, session: WriteSession, response: Response, caller: Planner, now: Now, number: Number, match: IfMatch = None
) -> dict[str, Any]:
    """Do again what was undone last."""
    require_touched(session, caller, own_draft(session, caller, number, now))
    return _turned(response, editing.redo(session, number, actor=caller.account, revision=if_match(match), now=now))


@router.get(
    "/{number}/grids",
    summary="方案中的网格 / Micro-grids of a draft",
    description=(
        "一个区域及其下级的全部网格,坐标九位小数,可直接编辑。 / "
        "All of an area and below it, with nine decimals, as they are edited."
    ),
    response_model=schemas.GridList,
    responses=_READ,
)
def list_grids(
    session: ReadSession,
    caller: Reader,  # noqa: ARG001  the same to everybody who may see it
    today: Today,
    number: Number,
    query: Annotated[schemas.GridsQuery, Query()],
) -> Response:
    """The micro-grids of a draft in an area."""
    draft = get_draft(session, number)
    grids = grids_of(session, draft, area=query.area, today=today)
    return _json({"revision": draft.revision, "grids": [grid_record(grid) for grid in grids]}, draft.revision)


@router.get(
    "/{number}/findings",
    summary="检查方案 / Check a draft",
    description="完整检查方案涉及的范围。 / The full check of everything that the draft touches.",
    response_model=schemas.FindingList,
    responses=_READ,
)
def list_findings(
    session: ReadSession,
    caller: Reader,  # noqa: ARG001  the same to everybody who may see it
    settings: SettingsHere,
    today: Today,
    number: Number,
) -> Response:
    """Everything wrong with what a draft touches."""
    draft = get_draft(session, number)
    looked = look_at_draft(session, number, today=today, metric_plane=settings.metric_crs)
    found = run(looked.plan, Rules(day=today))
    return _json({"revision": draft.revision, "findings": [finding_record(one) for one in found]}, draft.revision)


def _json(body: Mapping[str, Any], revision: int) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers=etag(revision))


def _turned(response: Response, turned: Turned) -> dict[str, Any]:
    response.headers.update(etag(turned.draft.revision))
    return {
        "revision": turned.draft.revision,
        "change": _change(turned.change),
        "touched": {thing: list(codes) for thing, codes in turned.touched.items()},
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": one.at,
        "actor": one.actor,
        "kind": one.kind,
        "commands": one.commands,
        "revision": one.revision,
        "status": one.status,
        "turned_by": one.turned_by,
        "turned_at": one.turned_at,
    }
