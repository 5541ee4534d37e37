"""``/v1/areas``: the administrative areas that micro-grids fill."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request

from api.auth import Caller, require
from api.dependencies import ReadSession
from api.fields import area_fields
from api.geojson import feature, output_crs, parse_bbox
from api.openapi import NOT_FOUND, error_answers, geojson_answer
from api.paging import GeoJson, collection
from api.schemas.plan import AreaCollection, AreaFeature
from api.schemas.query import AreasQuery, OneQuery
from boundaries.errors import NotFound
from boundaries.model import Area
from boundaries.services.listing import list_areas
from boundaries.tiers import Tier
from geo.crs import SourceCrs, parse_crs

router = APIRouter(prefix="/v1/areas", tags=["plan"])

Reader = Annotated[Caller, Depends(require("grids:read"))]

_EXAMPLE = {
    "type": "Feature",
    "id": "321081001001",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[119.18, 32.27], [119.19, 32.27], [119.18, 32.28], [119.18, 32.27]]],
    },
    "properties": {"code": "321081001001", "name": "锦绣社区", "level": "community", "parent": "321081001"},
}


@router.get(
    "",
    summary="区域列表 / Areas",
    description=(
        "镇街、社区、综合网格和专属网格;`area` 只取某区域及其下级。 / "
        "Towns, communities, composite and dedicated grids; `area` keeps one and all below it."
    ),
    response_class=GeoJson,
    responses={200: geojson_answer(AreaCollection, _EXAMPLE), **error_answers(NOT_FOUND)},
)
def list_all(request: Request, session: ReadSession, caller: Reader, query: Annotated[AreasQuery, Query()]) -> GeoJson:
    """Towns, communities, composite and dedicated grids; `area` keeps one and all below it."""
    crs = output_crs(query.crs)
    page = list_areas(
        session,
        generation=query.generation,
        level=query.level,
        within=query.area,
        bbox=parse_bbox(query.bbox, parse_crs(query.bbox_crs) if query.bbox_crs else crs),
        after=query.cursor,
        limit=query.page_size,
    )
    features = [_feature(area, caller.tier, crs) for area in page.rows]
    return GeoJson(orjson.dumps(collection(request, features, generation=page.generation, following=page.cursor)))


@router.get(
    "/{code}",
    summary="一个区域 / One area",
    description=("边界、名称、级别和上级。 / Its border, name, level and parent."),
    response_class=GeoJson,
    responses={200: geojson_answer(AreaFeature, _EXAMPLE, is_one=True), **error_answers(NOT_FOUND)},
)
def one(
    session: ReadSession,
    caller: Reader,
    code: Annotated[str, Path(max_length=100, description="区域编码 / its code", examples=["321081001001"])],
    query: Annotated[OneQuery, Query()],
) -> GeoJson:
    """Its border, name, level and parent."""
    page = list_areas(session, generation=query.generation, codes=[code], limit=1)
    if not page.rows:
        raise NotFound(
            f"没有编码为 {code} 的区域。请在 /v1/areas 查看编码。",
            f"There is no area {code}. See /v1/areas for the codes.",
        )
    return GeoJson(orjson.dumps(_feature(page.rows[0], caller.tier, output_crs(query.crs))))


def _feature(area: Area, tier: Tier, crs: SourceCrs) -> dict[str, Any]:
    return feature(area.code, area.polygon, area_fields(area, tier), crs)
