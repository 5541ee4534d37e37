"""``/v1/generations``: the published states, newest first."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from api import VERSION
from api.auth import Caller, require
from api.dependencies import ReadSession
from api.openapi import NOT_FOUND, error_answers
from api.paging import links, read_number_cursor
from api.schemas import plan
from api.schemas.certificate import Certificate
from api.schemas.query import NoQuery, PageQuery
from boundaries.exchange.certificate_file import certificate_record
from boundaries.lifecycle import Generation
from boundaries.services.auditing import counts
from boundaries.services.certifying import get_certificate
from boundaries.services.reading import generation_findings, get_generation, list_generations
from boundaries.tiers import Tier, sees

router = APIRouter(prefix="/v1/generations", tags=["generations"])

_EXAMPLE = {"number": 2, "published_at": "2026-01-31T08:00:00Z"}

_CERTIFICATE = {
    "format": "microgrid-certificate",
    "version": 1,
    "service": f"microgrid {VERSION}",
    "generation": 2,
    "published_at": "2026-01-31T08:00:00Z",
    "crs": "EPSG:4490",
    "step": "1e-9",
    "areas": [
        {
            "code": "321081001001",
            "name": "锦绣社区",
            "inner": [],
            "grids": 2,
            "segments": 8,
            "boundary_segments": 6,
            "grids_digest": "3f" * 32,
            "boundary_digest": "a0" * 32,
            "exact": True,
        }
    ],
    "digest": "7c" * 32,
}

Number = Annotated[int, Path(ge=1, le=2**31 - 2, description="版本号 / its number", examples=[1])]
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
    number: Number,
    query: Annotated[NoQuery, Query()],  # noqa: ARG001  declared so that unknown parameters are refused
) -> dict[str, Any]:
    """When it was published, and what was advised then."""
    fields = _fields(get_generation(session, number), caller.tier)
    if sees(caller.tier, "internal"):
        fields["findings"] = counts(generation_findings(session, number))
    return fields


@router.get(
    "/{number}/certificate",
    summary="全覆盖证明 / Certificate of a generation",
    description=(
        "每个区域的网格恰好填满区域的证明,可用导出的网格和区域自行核对。 / "
        "Proof for each area that its grids fill it exactly, to be recomputed from the exported grids and areas."
    ),
    response_model=Certificate,
    responses={200: {"content": {"application/json": {"example": _CERTIFICATE}}}, **error_answers(NOT_FOUND)},
)
def certificate(
    session: ReadSession,
    caller: Reader,  # noqa: ARG001  whoever may read the grids may read that they are exact
    number: Number,
    query: Annotated[NoQuery, Query()],  # noqa: ARG001  declared so that unknown parameters are refused
) -> dict[str, Any]:
    """The same object that the command line writes to a file."""
    return certificate_record(get_certificate(session, number, service=f"microgrid {VERSION}"))


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
