"""``POST /v1/locate``: where many points are, by one generation, in the form in which they came."""

from dataclasses import dataclass

from starlette.types import Receive, Send

from api.locating.arrow_points import answer_arrow
from api.locating.bodies import Answer, Body, BrokenOff, ClientGone
from api.locating.bulk_plan import BulkPlan, ask_of
from api.locating.json_points import answer_json
from api.locating.packed import answer_packed
from api.problems import UnsupportedMedia
from geo.errors import Problem

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"
PACKED = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class BulkQuestion:
    """What headers and query say of a body.

    Attributes
    ----------
    content_type, content_encoding : str or None
        As they stand in the headers.
    content_length : int or None
        Bytes of the body, where the client has said so.
    crs, for_ : str or None
        As they stand in the query.
    """

    content_type: str | None
    content_encoding: str | None = None
    content_length: int | None = None
    crs: str | None = None
    for_: str | None = None


async def answer_many(asked: BulkQuestion, plan: BulkPlan, receive: Receive, send: Send) -> int:
    """Answer for many points.

    Arrow and packed bodies are answered while they come, in constant memory: the next
    portion is read when the client has taken the answer to the last one.

    Parameters
    ----------
    asked : BulkQuestion
    plan : BulkPlan
        One generation answers the whole body.
    receive, send : ASGI callables

    Returns
    -------
    int
        Points that were answered; fewer than asked where the client has gone.

    Raises
    ------
    Problem
        If the body cannot be answered; nothing was sent then.
    BrokenOff
        If it cannot be answered to its end; the server must close the connection.
    """
    media_type = _media_type(asked)
    body, answer = Body(receive), Answer(send, [(b"content-type", media_type.encode())])
    try:
        if media_type == JSON:
            await answer_json(plan, asked.crs, asked.for_, body, answer, declared=asked.content_length)
        elif media_type == ARROW:
            await answer_arrow(plan, asked.crs, asked.for_, body, answer)
        else:
            ask = ask_of(asked.crs, asked.for_)
            await answer_packed(plan, ask, body, answer, declared=asked.content_length)
    except ClientGone:
        return answer.points
    except (Problem, TimeoutError) as problem:
        if answer.has_begun:
            raise BrokenOff(f"the answer broke off: {type(problem).__name__}") from None
        raise
    return answer.points


def _media_type(asked: BulkQuestion) -> str:
    """The form of a body; one that is packed in a way, or of another form, is refused unread."""
    if (asked.content_encoding or "identity").strip().lower() != "identity":
        raise UnsupportedMedia(
            "正文不能压缩(Content-Encoding)。请直接发送。",
            "The body must not be compressed (Content-Encoding). Send it as it is.",
        )
    media_type = (asked.content_type or "").partition(";")[0].strip().lower()
    if media_type not in (JSON, ARROW, PACKED):
        raise UnsupportedMedia(
            f"Content-Type 应为 {JSON}、{ARROW} 或 {PACKED}。请写明正文的格式。",
            f"Content-Type must be {JSON}, {ARROW} or {PACKED}. Say in which form the body is.",
        )
    return media_type
