"""What two planners changed at once, as a problem document with both shapes."""

import orjson
from fastapi.responses import Response

from api.problems import MEDIA_TYPE, kind_of
from boundaries.errors import EditConflict
from boundaries.services.editing_report import geojson
from geo.errors import Language


def edit_conflict_response(refusal: EditConflict, language: Language) -> Response:
    """A conflict as a problem document: each micro-grid with who changed it and both shapes."""
    kind = kind_of(refusal)
    body = {
        "type": kind.type,
        "title": kind.title(language),
        "status": kind.status,
        "detail": refusal.text(language),
        "revision": refusal.revision,
        "conflicts": [
            {
                "grid": one.grid,
                "by": one.by,
                "at": one.at,
                "change": one.change,
                "kind": one.kind,
                "version": one.version,
                "yours": geojson(one.yours),
                "theirs": geojson(one.theirs),
            }
            for one in refusal.conflicts
        ],
    }
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, "Cache-Control": "no-store"},
    )
