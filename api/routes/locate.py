"""``/v1/locate``: which micro-grid a point is in, answered by PostGIS."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.auth import Caller, require
from api.dependencies import ReadSession, SettingsHere
from api.fields import part_fields
from api.openapi import NOT_FOUND, error_answers
from api.schemas import locate as schemas
from api.schemas.query import LocateQuery
from boundaries.lookup.answer import LocatedGrid
from boundaries.services.lookup import locate
from boundaries.tiers import Tier

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
    responsible = found.responsible
    return {
        "generation": found.generation,
        "micro_grid": _grid(found.micro_grid, caller.tier) if found.micro_grid is not None else None,
        "dedicated": [_grid(grid, caller.tier) for grid in found.dedicated],
        "responsible": {"code": responsible.code, "reason": responsible.reason} if responsible is not None else None,
        "areas": [{"code": area.code, "name": area.name, "level": area.level} for area in found.areas],
        "on_border": found.on_border,
        "in_gap": found.in_gap,
    }


def _grid(grid: LocatedGrid, tier: Tier) -> dict[str, Any]:
    parts = [part_fields(grid.code, part, tier) for part in grid.parts]
    return {"code": grid.code, "name": grid.name, "kind": grid.kind, "parts": parts}
