"""``/v1/locate`` behind the index: old generations from PostGIS, and why there is no index where there is none.

:mod:`api.locate_app` stands in front and answers of the generation in force; what is
described here is described for both.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from api.auth import Caller, require
from api.dependencies import ReadSession, SettingsHere
from api.locating.bulk import ARROW, JSON, PACKED
from api.locating.question import require_place
from api.locating.rendering import located_fields
from api.openapi import NOT_FOUND, error_answers
from api.problems import PROBLEM_KINDS, TooLarge, TooMany, UnsupportedMedia
from api.schemas import locate as schemas
from api.schemas.bulk import GridTable, LocatedMany, ManyPoints
from api.schemas.query import LocateQuery
from boundaries.errors import BadInput, NotFound, Unavailable
from boundaries.services.lookup import locate
from boundaries.services.reading import current_generation

router = APIRouter(prefix="/v1/locate", tags=["locate"])

_EXAMPLE = {
    "generation": 2,
    "micro_grid": {"code": "321081001001003", "name": "锦绣花园第三微网格", "kind": "residential", "parts": []},
    "dedicated": [],
    "responsible": {"code": "321081001001003", "reason": "contains"},
    "areas": [
        {"code": "321081001", "name": "真州镇", "level": "town"},
        {"code": "321081001001", "name": "锦绣社区", "level": "community"},
    ],
    "on_border": False,
    "in_gap": False,
    "outside": False,
}
_MANY_EXAMPLE = {
    "generation": 2,
    "micro_grid": ["321081001001003", None],
    "area": ["321081001001", None],
    "on_border": [False, False],
    "in_gap": [False, False],
}
_TABLE_EXAMPLE = {"generation": 2, "codes": ["321081001001001", "321081001001002"]}
_BUSY = PROBLEM_KINDS[TooMany]

_BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {"anyOf": [ManyPoints.model_json_schema(), schemas.LocateOne.model_json_schema()]},
                "example": {"crs": "EPSG:4490", "points": [[119.1805, 32.2705], [119.2, 32.3]]},
            },
            ARROW: {"schema": {"type": "string", "contentEncoding": "binary", "description": "x, y float64; ?crs="}},
            PACKED: {"schema": {"type": "string", "contentEncoding": "binary", "description": "x, y float64; ?crs="}},
        },
    }
}

Asker = Annotated[Caller, Depends(require("locate"))]


@router.get(
    "",
    summary="一个点或一个地址在哪个微网格 / Which micro-grid is a point or an address in",
    description=(
        "给坐标(x、y、crs),或 building、shop、place 之一。边界上的点归先登记的微网格。`responsible` 是按 `for` "
        "应登记的网格或分段;坐标不保存、不记录。 / Give a point (x, y, crs) or one of building, shop and place. On a "
        "shared border the micro-grid that was registered first answers. `responsible` is the one to store for what "
        "was asked `for`. The point is neither kept nor logged."
    ),
    response_model=schemas.Located,
    response_model_exclude_unset=True,
    responses={200: {"content": {JSON: {"example": _EXAMPLE}}}, **error_answers(NOT_FOUND, _BUSY)},
)
def locate_point(
    session: ReadSession, settings: SettingsHere, caller: Asker, query: Annotated[LocateQuery, Query()]
) -> dict[str, Any]:
    """Answer of a generation that is not in memory."""
    require_place(query, "query")
    if query.x is None or query.y is None or query.within_m is not None:
        raise BadInput(
            "building、shop、place、within_m 只能查现行版本。历史版本请给坐标(x、y、crs),不要 within_m。",
            "building, shop, place and within_m are answered of the generation in force only. "
            "Ask old ones by a point (x, y, crs), without within_m.",
        )
    found = locate(
        session,
        x=query.x,
        y=query.y,
        crs=query.crs,
        for_=query.for_,
        generation=query.generation,
        day=query.date,
        unit=query.unit,
        floor=query.floor,
        timezone=settings.timezone,
    )
    return located_fields(found, caller.tier, {})


@router.post(
    "",
    summary="许多点,或一个点而不写进网址 / Many points, or one that stands in no address",
    description=(
        "JSON 最多 10 万点;更多请用 Arrow 流或 float64 二进制,边发边收。一次请求只由一个版本回答。 / JSON takes up to "
        "100,000 points; for more send an Arrow stream or packed float64 pairs, answered while they come. One "
        "generation answers a whole request. Packed answers are int32 positions in `/v1/locate/table`, -1 in a gap, "
        "-2 outside."
    ),
    response_model=LocatedMany | schemas.Located,
    responses={
        200: {"content": {JSON: {"example": _MANY_EXAMPLE}}},
        **error_answers(NOT_FOUND, PROBLEM_KINDS[TooLarge], PROBLEM_KINDS[UnsupportedMedia], _BUSY),
    },
    openapi_extra=_BODIES,
    dependencies=[Depends(require("locate"))],
)
def locate_many_points(request: Request, session: ReadSession) -> None:
    """Say why the index in front has not answered."""
    raise why_not_served(request, session)


@router.get(
    "/table",
    summary="紧凑应答中的序号代表哪个网格 / What the numbers of packed answers stand for",
    description="每个版本一份,ETag 为版本号。 / One for each generation, whose number is the ETag.",
    response_model=GridTable,
    responses={200: {"content": {JSON: {"example": _TABLE_EXAMPLE}}}, **error_answers(NOT_FOUND, _BUSY)},
    dependencies=[Depends(require("locate"))],
)
def grid_table(request: Request, session: ReadSession) -> None:
    """Say why the index in front has not answered."""
    raise why_not_served(request, session)


def why_not_served(request: Request, session: ReadSession) -> Unavailable | NotFound:
    """Why nothing is served from memory."""
    if current_generation(session) is None:
        return NotFound(
            "尚未发布任何版本,无法查询。请先发布区划。",
            "No generation is published yet, so nothing can be looked up. Publish a division first.",
        )
    refusal = request.app.state.watch.live.refusal if request.app.state.watch is not None else None
    if refusal is not None:
        return Unavailable(
            f"现行版本不能用来批量查点:{refusal.zh}", f"The generation in force cannot answer many points: {refusal.en}"
        )
    return Unavailable("查询索引正在建立,请稍后再试。", "The index is being built. Try again in a moment.")
