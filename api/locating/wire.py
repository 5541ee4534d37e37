"""Requests and answers of the look-up as they go over the wire, below the framework."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

import orjson
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.guard import HEADERS
from boundaries.errors import BadInput

Headers = Mapping[bytes, bytes]
Pair = tuple[bytes, bytes]

# Of the headers of pages those that mean something to data.
_FOR_DATA = ("Cache-Control", "X-Content-Type-Options", "Cross-Origin-Resource-Policy")
COMMON: tuple[Pair, ...] = tuple((name.lower().encode(), HEADERS[name].encode()) for name in _FOR_DATA)
JSON_TYPE: Pair = (b"content-type", b"application/json")


async def send_whole(send: Send, status: int, headers: Sequence[Pair], body: bytes) -> None:
    """Send an answer that is there already."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"%d" % len(body))] if status != 304 else headers,
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_response(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a framework's answer with the headers that every answer has."""
    own = {name for name, _ in response.raw_headers}
    response.raw_headers.extend(pair for pair in COMMON if pair[0] not in own)
    await response(scope, receive, send)


async def read_whole(receive: Receive, *, limit: int) -> bytes:
    """Read a body that is short.

    Raises
    ------
    BadInput
        If it is cut short or longer than was said.
    """
    body, is_more = b"", True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect" or len(body) > limit:
            raise BadInput("请求正文不完整。请重新发送。", "The body is not as long as was said. Send it again.")
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    return body


def again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, to be read once more; then what the server says next."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again


def declared_length(headers: Headers) -> int | None:
    """The length that the client has said, where it is a number."""
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() and len(text) < 19 else None


def query_values(query: bytes) -> dict[str, str]:
    """The parameters of an address; of one that stands twice, the last."""
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))


def is_many(body: bytes) -> bool:
    """Whether a short JSON body asks for many points; one that is no JSON does not."""
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(values, dict) and "points" in values
