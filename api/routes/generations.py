"""``/v1/generations``: the published states, newest first."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from api.auth import Caller, require
from api.dependencies import ReadSession
from api.openapi import NOT_FOUND, error_answers
from api.paging import links, read_number_cursor
from api.schemas import plan
from api.schemas.query import NoQuery, PageQuery
from boundaries.lifecycle import Generation
from boundaries.services.auditing import counts
from boundaries.services.reading import generation_findings, get_generation, list_generations
from boundaries.tiers import Tier, sees

router = APIRouter(prefix="/v1/generations", tags=["generations"])

_EXAMPLE = {"number": 2, "published_at": "2026-01-31T08:00:00Z"}

Reader = Annotated[Caller, Depends(require("grids:read"))]


@router.get(
    "",
    summary="已发布的版本 / Published generations",
    description=(
        "新的在前;发布人和说明从 internal 级起可见。 / "
        "Newest first; who published and the notes from the internal tier."
    ),
    response_model=plan.GenerationList,
    response_model_exclude_unset=True,
    responses={
        200: {"content": {"application/json": {"example": {"generations": [_EXAMPLE], "links": []}}}},
        **error_answers(),
    },
)
def list_all(
    request: Request, session: ReadSession, caller: Reader, query: Annotated[PageQuery, Query()]
) -> dict[str, Any]:
    """Newest first; who published and the notes only from the internal tier on."""
    before = read_number_cursor(query.cursor)
    found = list_generations(session, before=before, limit=query.page_size + 1)
    rows, rest = found[: query.page_size], found[query.page_size :]
    following = str(rows[-1].number) if rest else None
    return {
        "generations": [_fields(one, caller.tier) for one in rows],
        "links": links(request, following, "application/json"),
    }


@router.get(
    "/{number}",
    summary="一个版本 / One generation",
    description=(
        "何时发布;发布时的建议处理问题按种类计数,从 internal 级起可见。 / "
        "When it was published; what was advised then, counted by kind, from the internal tier."
    ),
    response_model=plan.Generation,
    response_model_exclude_unset=True,
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}, **error_answers(NOT_FOUND)},
)
def one(
    session: ReadSession,
    caller: Reader,
    number: Annotated[int, Path(ge=1, le=2**31 - 2, description="版本号 / its number", examples=[1])],
    query: Annotated[NoQuery, Query()],  # noqa: ARG001  declared so that unknown parameters are refused
) -> dict[str, Any]:
    """When it was published, and what was advised then."""
    fields = _fields(get_generation(session, number), caller.tier)
    if sees(caller.tier, "internal"):
        fields["findings"] = counts(generation_findings(session, number))
    return fields


def _fields(generation: Generation, tier: Tier) -> dict[str, Any]:
    public = {"number": generation.number, "published_at": generation.published_at}
    if not sees(tier, "internal"):
        return public
    return {
        **public,
        "published_by": generation.published_by,
        "note": generation.note,
        "summary": dict(generation.summary),
    }
