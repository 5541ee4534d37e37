"""What a single look-up asks, read from a query or a body."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import parse_qsl

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.schemas.query import LocateQuery
from boundaries.errors import BadInput

Place = Literal["query", "body"]

_LONGEST_CRS = 100
_POINT = ("x", "y", "crs")
_PREMISES = ("building", "shop", "place")


def quick(query: bytes) -> tuple[float, float, bytes, bool] | None:
    """Read the usual question without ceremony: x, y, crs and perhaps for.

    Parameters
    ----------
    query : bytes
        As it stands in the address.

    Returns
    -------
    tuple of (float, float, bytes, bool) or None
        x, y, the system as it stands there, and whether a shop is to be stored. None for
        any other question, and for one with a fault: :func:`read_query` says which.
    """
    x = y = crs = None
    is_shop = False
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name == b"x":
            x = value
        elif name == b"y":
            y = value
        elif name == b"crs":
            crs = value
        elif name == b"for" and value in (b"shop", b"household"):
            is_shop = value == b"shop"
        else:
            return None
    if x is None or y is None or crs is None or len(crs) > _LONGEST_CRS:
        return None
    try:
        return float(x), float(y), crs, is_shop
    except ValueError:
        return None


def read_query(query: bytes) -> LocateQuery:
    """Read any question from an address.

    Raises
    ------
    RequestValidationError
        With every fault and its place.
    BadInput
        If a point and premises are asked for at once.
    """
    return _read(dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)), "query")


def read_body(body: bytes) -> LocateQuery:
    """Read any question from a body, where the point stands in no log of addresses.

    Raises
    ------
    RequestValidationError
        With every fault and its place.
    BadInput
        If a point and premises are asked for at once.
    """
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": ""}]) from error
    if not isinstance(values, dict):
        raise RequestValidationError([{"type": "dict_type", "loc": ("body",), "msg": ""}])
    return _read(values, "body")


def _read(values: Mapping[str, Any], place: Place) -> LocateQuery:
    try:
        query = LocateQuery.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**fault, "loc": (place, *fault["loc"])} for fault in faults]) from None
    require_place(query, place)
    return query


def require_place(query: LocateQuery, place: Place) -> None:
    """Refuse a question without a place, or with two.

    Raises
    ------
    RequestValidationError
        If x, y or crs is missing where no premises are named.
    BadInput
        If a point and premises are asked for at once, or two kinds of premises.
    """
    named, located = _given(query, _PREMISES), _given(query, _POINT)
    if len(named) > 1 or (named and located):
        raise BadInput(
            "只能用一种方式查:坐标(x、y、crs),或 building、shop、place 之一;"
            f"这里给了 {'、'.join([*located, *named])}。",
            "Ask by one thing: a point (x, y, crs), or one of building, shop and place; "
            f"here are {', '.join([*located, *named])}.",
        )
    missing = [] if named else [name for name in _POINT if name not in located]
    if missing:
        raise RequestValidationError([{"type": "missing", "loc": (place, name), "msg": ""} for name in missing])


def _given(query: LocateQuery, names: Sequence[str]) -> list[str]:
    return [name for name in names if getattr(query, name) is not None]
