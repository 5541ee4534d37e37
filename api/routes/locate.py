"""``/v1/locate``: which micro-grid a point is in, answered by PostGIS."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.auth import Caller, require
from api.dependencies import ReadSession, SettingsHere
from api.locating.question import require_place
from api.locating.rendering import located_fields
from api.openapi import NOT_FOUND, error_answers
from api.schemas import locate as schemas
from api.schemas.query import LocateQuery
from boundaries.errors import BadInput
from boundaries.services.lookup import locate

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
}


@router.get(
    "",
    summary="一个点在哪个微网格 / Which micro-grid is a point in",
    description=(
        "边界上的点归先登记的微网格。`responsible` 是按 `for` 应登记的网格或分段;坐标不保存、不记录。 / "
        "On a shared border the micro-grid that was registered first answers. `responsible` is the one to "
        "store for what was asked `for`. The point is neither kept nor logged."
    ),
    response_model=schemas.Located,
    response_model_exclude_unset=True,
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}, **error_answers(NOT_FOUND)},
)
def locate_point(
    session: ReadSession,
    settings: SettingsHere,
    caller: Annotated[Caller, Depends(require("locate"))],
    query: Annotated[LocateQuery, Query()],
) -> dict[str, Any]:
    """On a shared border the micro-grid that was registered first answers.

    `responsible` is the one to store for what was asked `for`; its `reason` is `contains`,
    `dedicated`, `no_dedicated`, `part` or `parts_undecided`. The point is neither kept nor logged.
    """
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
