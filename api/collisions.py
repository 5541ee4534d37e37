"""What collides between a draft and what was published, as a problem document with both shapes."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi.responses import Response

from api.geojson import geometry, output_crs
from api.problems import MEDIA_TYPE, kind_of
from boundaries.merging import Collided, Collision
from geo.errors import Language


def collided_response(refusal: Collided, language: Language) -> Response:
    """A conflict as a problem document, with both shapes of everything that collides."""
    kind = kind_of(refusal)
    body = {
        "type": kind.type,
        "title": kind.title(language),
        "status": kind.status,
        "detail": refusal.text(language),
        "collisions": _shapes(refusal.collisions),
    }
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, "Cache-Control": "no-store"},
    )


def _shapes(collisions: Sequence[Collision]) -> list[dict[str, Any]]:
    crs = output_crs(None)
    return [
        {
            "thing": one.thing,
            "code": one.code,
            "columns": list(one.columns),
            "mine": None if one.mine is None else geometry(one.mine, crs),
            "theirs": None if one.theirs is None else geometry(one.theirs, crs),
            "drawn_by": list(one.drawn_by),
            "generation": one.generation,
            "published_by": one.published_by,
            "published_at": one.published_at,
            "their_authors": list(one.their_authors),
        }
        for one in collisions
    ]
