"""``/v1/micro-grids``: the micro-grids of a generation."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request

from api.auth import Caller, require
from api.dependencies import ReadSession, Today
from api.fields import grid_fields
from api.geojson import feature, output_crs, parse_bbox
from api.openapi import NOT_FOUND, error_answers, geojson_answer
from api.paging import GeoJson, collection
from api.schemas.plan import MicroGridCollection, MicroGridFeature
from api.schemas.query import GridsQuery, OneQuery
from boundaries.errors import NotFound
from boundaries.model import MicroGrid
from boundaries.services.listing import list_micro_grids
from boundaries.tiers import Tier
from geo.crs import SourceCrs, parse_crs

router = APIRouter(prefix="/v1/micro-grids", tags=["plan"])

Reader = Annotated[Caller, Depends(require("grids:read"))]

_EXAMPLE = {
    "type": "Feature",
    "id": "321081001001003",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[119.18, 32.27], [119.181, 32.27], [119.18, 32.271], [119.18, 32.27]]],
    },
    "properties": {
        "code": "321081001001003",
        "name": "锦绣花园第三微网格",
        "parent": "321081001001",
        "kind": "residential",
        "layer": "tile",
        "honorary_name": None,
        "street_group": None,
        "parts": [],
    },
}


@router.get(
    "",
    summary="微网格列表 / Micro-grids",
    description=("按登记次序排列。 / By rank, the order of registration."),
    response_class=GeoJson,
    responses={200: geojson_answer(MicroGridCollection, _EXAMPLE), **error_answers(NOT_FOUND)},
)
def list_all(
    request: Request, session: ReadSession, today: Today, caller: Reader, query: Annotated[GridsQuery, Query()]
) -> GeoJson:
    """By rank, the order of registration: on a shared border the lower rank answers."""
    crs = output_crs(query.crs)
    page = list_micro_grids(
        session,
        today=today,
        generation=query.generation,
        kind=query.kind,
        layer=query.layer,
        within=query.area,
        bbox=parse_bbox(query.bbox, parse_crs(query.bbox_crs) if query.bbox_crs else crs),
        after=query.cursor,
        limit=query.page_size,
    )
    features = [_feature(grid, caller.tier, crs) for grid in page.rows]
    return GeoJson(orjson.dumps(collection(request, features, generation=page.generation, following=page.cursor)))


@router.get(
    "/{code}",
    summary="一个微网格 / One micro-grid",
    description=("边界、名称、类型和分段。 / Its border, name, kind and parts."),
    response_class=GeoJson,
    responses={200: geojson_answer(MicroGridFeature, _EXAMPLE, is_one=True), **error_answers(NOT_FOUND)},
)
def one(
    session: ReadSession,
    today: Today,
    caller: Reader,
    code: Annotated[str, Path(max_length=100, description="网格编码 / its code", examples=["321081001001003"])],
    query: Annotated[OneQuery, Query()],
) -> GeoJson:
    """Its border, name, kind and parts."""
    page = list_micro_grids(session, today=today, generation=query.generation, codes=[code], limit=1)
    if not page.rows:
        raise NotFound(
            f"{_state(page.generation, 'zh')}没有编码为 {code} 的微网格。请在 /v1/micro-grids 查看编码。",
            f"There is no micro-grid {code}{_state(page.generation, 'en')}. See /v1/micro-grids for the codes.",
        )
    return GeoJson(orjson.dumps(_feature(page.rows[0], caller.tier, output_crs(query.crs))))


def _feature(grid: MicroGrid, tier: Tier, crs: SourceCrs) -> dict[str, Any]:
    return feature(grid.code, grid.polygon, grid_fields(grid, tier), crs)


def _state(generation: int | None, language: str) -> str:
    if generation is None:
        return "尚未发布任何版本," if language == "zh" else " (nothing is published yet)"
    return f"第 {generation} 版" if language == "zh" else f" in generation {generation}"
