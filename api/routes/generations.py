"""``/v1/generations``: the published states, newest first."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import shapely
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from api import VERSION
from api.auth import Caller, let_through, require
from api.delta_files import BINARY, FILE_TYPES, file_answer, wanted_suffix
from api.dependencies import ReaderLanguage, ReadSession, SettingsHere, Today
from api.geojson import geometry, output_crs
from api.openapi import NOT_FOUND, error_answers
from api.paging import links, read_number_cursor
from api.schemas import delta as changes
from api.schemas import plan
from api.schemas.certificate import Certificate
from api.schemas.query import NoQuery, PageQuery
from boundaries.diff import Delta
from boundaries.errors import NotFound
from boundaries.exchange.certificate_file import certificate_record
from boundaries.exchange.change_layers import delta_record, move_records
from boundaries.lifecycle import Generation
from boundaries.services.auditing import counts
from boundaries.services.certifying import get_certificate
from boundaries.services.change_report import Form, change_writer
from boundaries.services.comparing import all_changes, changes_between, named_state, require_order
from boundaries.services.reading import generation_findings, generation_of_day, get_generation, list_generations
from boundaries.tiers import Tier, sees
from geo.crs import SourceCrs

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

# The key "content" is there, empty, since an answer without a body has none.
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "没有变化 / Not modified", "content": {}}}
_ASK_AGAIN = "private, max-age=0, must-revalidate"
# Generations never change, so neither does what differs between two of them.
_KEEP = "private, max-age=31536000, immutable"
# An edge between vertices further apart (50 m) bows away from a metric one by more than a millimetre or so.
_STEP_DEGREES = 0.0005

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
    "/current",
    summary="现行版本 / The current generation",
    description=(
        "版本号即 `ETag`:用 `If-None-Match` 询问,未发布新版时回答 304。 / "
        "Its number is the `ETag`: ask with `If-None-Match`, and the answer is 304 until a new one is published."
    ),
    responses={
        200: {"model": changes.CurrentGeneration, "content": {"application/json": {"example": _EXAMPLE}}},
        **_UNCHANGED,
        **error_answers(NOT_FOUND),
    },
)
def current(
    request: Request,
    session: ReadSession,
    caller: Reader,  # noqa: ARG001  the same to all who may read generations
    query: Annotated[NoQuery, Query()],  # noqa: ARG001  declared so that unknown parameters are refused
) -> Response:
    """The newest one, in one small answer to be asked for again and again."""
    newest = next(iter(list_generations(session, limit=1)), None)
    if newest is None:
        raise NotFound("尚未发布任何版本。请先发布区划。", "No generation is published yet. Publish a division first.")
    headers = {"ETag": f'"{newest.number}"', "Cache-Control": _ASK_AGAIN}
    return _unchanged(request, headers) or _json(_fields(newest, "public"), headers)


@router.get(
    "/at",
    summary="某一天的版本 / The generation in force on a day",
    description="当天结束时的现行版本。 / The newest one that was published by the end of the day.",
    responses={
        200: {"model": changes.CurrentGeneration, "content": {"application/json": {"example": _EXAMPLE}}},
        **error_answers(NOT_FOUND),
    },
)
def on_day(
    session: ReadSession,
    *,
    settings: SettingsHere,
    caller: Reader,  # noqa: ARG001  the same to all who may read generations
    query: Annotated[changes.DayQuery, Query()],
) -> Response:
    """By a day instead of a number."""
    number = generation_of_day(session, query.date, timezone=settings.timezone)
    return _json(_fields(get_generation(session, number), "public"), {"Cache-Control": _ASK_AGAIN})


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
    response_model_exclude_unset=True,
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


@router.get(
    "/{number}/delta",
    summary="变更对照 / What changed since an older generation",
    description=(
        "存有网格编码的系统据此更新:一个旧编码只对应一个新编码的,直接替换;对应多个的,用地址重新查询;"
        "`changed` 范围之外查询结果不变。用 `Accept` 可取 GeoPackage(图层)或 XLSX(登记表)。 / "
        "For those who store codes: where one code follows an old one, it takes its place; where several do, look the "
        "address up again. Outside `changed` no answer changed. With `Accept` as a GeoPackage (layers) or as XLSX "
        "(the register of changes); both, and `moved`, need premises:read."
    ),
    responses={
        200: {
            "model": changes.Delta,
            "content": {"application/json": {"example": changes.DELTA_EXAMPLE}}
            | dict.fromkeys(FILE_TYPES.values(), BINARY),
        },
        **_UNCHANGED,
        **error_answers(NOT_FOUND),
    },
)
def delta(
    request: Request,
    session: ReadSession,
    *,
    settings: SettingsHere,
    caller: Reader,
    today: Today,
    language: ReaderLanguage,
    number: Number,
    query: Annotated[changes.DeltaQuery, Query()],
) -> Response:
    """Borders, codes and areas that changed; to be kept, since it never changes itself."""
    crs = output_crs(query.crs)
    require_order(session, query.from_, number)
    suffix = wanted_suffix(request.headers.get("accept", ""))
    if query.moved or suffix is not None:
        let_through(caller, "premises:read")
        zone = settings.timezone
        old, new = (named_state(session, str(one), timezone=zone) for one in (query.from_, number))
        found = all_changes(session, old, new, today=today, timezone=zone, metric_plane=settings.metric_crs)
        if suffix is not None:
            # Phones that nobody published leave for a file on the command line only, on record.
            form = Form(suffix, "internal" if sees(caller.tier, "internal") else "public", language, today)
            return file_answer(change_writer(session, found, form), f"delta-{query.from_}-{number}{suffix}")
        moved = move_records(found.moves, caller.tier)
        told = {"from": query.from_, "to": number, **_changes(found.delta, crs), "moved": moved}
        # Counts are those of today, and not everybody may see them.
        return _json(told, {"Cache-Control": "no-store"})
    # Weak: the same delta goes out packed and not.
    headers = {"ETag": f'W/"{query.from_}-{number}"', "Cache-Control": _KEEP, "Vary": "Accept"}
    kept = _unchanged(request, headers)
    if kept is not None:
        return kept
    delta = changes_between(session, query.from_, number, metric_plane=settings.metric_crs)
    return _json({"from": query.from_, "to": number, **_changes(delta, crs)}, headers)


def _changes(found: Delta, crs: SourceCrs) -> dict[str, Any]:
    ground = found.ground if crs.is_geographic else shapely.segmentize(found.ground, _STEP_DEGREES)
    return {**delta_record(found), "changed": None if ground.is_empty else geometry(ground, crs)}


def _unchanged(request: Request, headers: Mapping[str, str]) -> Response | None:
    """The answer to a caller who has what there is already."""
    tag = headers["ETag"].removeprefix("W/")
    given = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    return Response(status_code=304, headers=headers) if given & {tag, "*"} else None


def _json(content: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json", headers=headers)


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
