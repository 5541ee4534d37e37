"""``/v1/premises``: buildings, compounds and shops, with the fields that the caller's tier allows."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from shapely.geometry.base import BaseGeometry

from api.auth import Caller, require
from api.dependencies import ReadSession, Today
from api.fields import LAYERS, premises_fields
from api.geojson import feature, output_crs, parse_bbox
from api.openapi import NOT_FOUND, error_answers, geojson_answer
from api.paging import GeoJson, collection
from api.reads import ReadLog, Reads
from api.schemas.plan import PremisesCollection
from api.schemas.query import PremisesQuery
from boundaries.model import Building, Compound, PremisesKind, Shop
from boundaries.services.listing import Premises, list_premises
from boundaries.tiers import Tier
from geo.crs import SourceCrs, parse_crs

router = APIRouter(prefix="/v1/premises", tags=["premises"])

Reader = Annotated[Caller, Depends(require("premises:read"))]

KINDS: tuple[PremisesKind, ...] = ("building", "compound", "shop")

_EXAMPLE = {
    "type": "Feature",
    "id": "building:JX-03",
    "geometry": {"type": "Point", "coordinates": [119.1805, 32.2705]},
    "properties": {
        "kind": "building",
        "code": "JX-03",
        "number": "3幢",
        "compound": "JX",
        "floors": 6,
        "grid": "321081001001003",
    },
}


@router.get(
    "",
    summary="楼栋、小区、商铺 / Buildings, compounds and shops",
    description=(
        "必须有密钥。户数、小区标记、商铺编码从 internal 级起可见,联系电话须 restricted 级;`grid` 是划入的网格。 / "
        "Never without a key. Counts, flags and codes of shops from the internal tier, contacts in the "
        "restricted; `grid` is the micro-grid each is assigned to."
    ),
    response_class=GeoJson,
    responses={200: geojson_answer(PremisesCollection, _EXAMPLE), **error_answers(NOT_FOUND)},
)
def list_all(
    request: Request,
    session: ReadSession,
    *,
    today: Today,
    caller: Reader,
    reads: Reads,
    query: Annotated[PremisesQuery, Query()],
) -> GeoJson:
    """Never without a key; counts, flags and codes of shops from the internal tier, contacts in the restricted.

    `area` keeps what touches the area's polygon. `grid` is the micro-grid each is assigned to.
    """
    crs = output_crs(query.crs)
    page = list_premises(
        session,
        today=today,
        kinds=[query.kind] if query.kind is not None else KINDS,
        generation=query.generation,
        within=query.area,
        bbox=parse_bbox(query.bbox, parse_crs(query.bbox_crs) if query.bbox_crs else crs),
        after=query.cursor,
        limit=query.page_size,
    )
    features = [_feature(premises, caller.tier, crs, reads) for premises in page.rows]
    return GeoJson(orjson.dumps(collection(request, features, generation=page.generation, following=page.cursor)))


def _shape(value: Building | Compound | Shop) -> BaseGeometry:
    if isinstance(value, Building):
        return value.shape
    return value.polygon if isinstance(value, Compound) else value.door


def _feature(premises: Premises, tier: Tier, crs: SourceCrs, reads: ReadLog) -> dict[str, Any]:
    fields = premises_fields(premises, tier)
    reads.note(LAYERS[premises.kind], fields)
    # The id is the code, and a tier that may not see the code gets no id.
    code = fields.get("code")
    found = feature(f"{premises.kind}:{code}", _shape(premises.value), fields, crs)
    if code is None:
        del found["id"]
    return found
