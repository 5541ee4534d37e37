"""Pages of a list: the cursor is opaque to callers, and the link to the next page is made here."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from api.geojson import MEDIA_TYPE
from boundaries.errors import BadInput


class GeoJson(Response):
    """An answer in GeoJSON."""

    media_type = MEDIA_TYPE


def links(
    request: Request, following: str | None, media_type: str, *, generation: int | None = None
) -> list[dict[str, str]]:
    """Links of a page: to itself, and to the next where there is one.

    Parameters
    ----------
    request : Request
    following : str or None
        Cursor of the next page.
    media_type : str
    generation : int or None
        The one that was read: the next page is asked of the same, whatever is published meanwhile.

    Returns
    -------
    list of dict
        ``href`` has no host, so that it holds behind any proxy.
    """
    found = [{"rel": "self", "href": _address(request, {}), "type": media_type}]
    if following is not None:
        more = {"generation": generation} if generation is not None else {}
        found.append({"rel": "next", "href": _address(request, {**more, "cursor": following}), "type": media_type})
    return found


def collection(
    request: Request, features: list[dict[str, Any]], *, generation: int | None, following: str | None
) -> dict[str, Any]:
    """A page of features as a GeoJSON collection."""
    return {
        "type": "FeatureCollection",
        "generation": generation,
        "numberReturned": len(features),
        "links": links(request, following, MEDIA_TYPE, generation=generation),
        "features": features,
    }


def read_number_cursor(text: str | None) -> int | None:
    """The number in the cursor of a list that is ordered by number.

    Raises
    ------
    BadInput
        If it is none of ours.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput(
            "cursor 无效。请从第一页开始,按 links 里的 next 继续。",
            "The cursor is none of ours. Begin at the first page and follow the link next.",
        )
    return int(text)


def _address(request: Request, more: Mapping[str, str | int]) -> str:
    url = request.url.include_query_params(**more) if more else request.url
    return f"{url.path}?{url.query}" if url.query else url.path
