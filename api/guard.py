"""The outermost layer of the HTTP door, a plain ASGI callable.

Gives every request a number, every answer its security headers, refuses a body that
is too large, writes one log line (the route only: what was asked may hold a coordinate), and turns
what nobody caught into a problem document without a trace in it.
"""

import secrets
import time
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import logger
from api.problems import INTERNAL, PROBLEM_KINDS, TooLarge, problem_response, reader_language
from geo.errors import Language

MAX_BODY_BYTES = 1_000_000

# No script, style, picture or frame from anywhere but here; nobody frames us.
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# The exported map carries its scripts, styles and pictures in itself and reaches nothing.
MAP_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"
)

HEADERS = {
    # What a key may see is not for a cache that others share.
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}


class _BodyTooLarge(HTTPException):
    """More bytes have come than were allowed; the framework lets its own exceptions through."""

    def __init__(self) -> None:
        super().__init__(413)


def _route_path(scope: Scope) -> str | None:
    """The route's own pattern: an address that is none of ours, mistyped, may hold a coordinate or a key."""
    path: str | None = getattr(scope.get("route"), "path", None)
    return path


class Guard:
    """Wrap an ASGI application.

    Parameters
    ----------
    app : ASGI callable
    language : {"zh", "en"}
        Language of the settings.
    max_body_bytes : int
        Largest body that is read.
    """

    def __init__(self, app: ASGIApp, language: Language, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.language = language
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, _limited(scope, receive, self.max_body_bytes), send_guarded)
        except _BodyTooLarge:
            await self._refuse_size(scope, receive, send_guarded, request_id)
        except Exception as error:  # the edge: nothing below may reach the reader as it is
            log_failure(error, request_id)
            if status:
                # The answer has begun and cannot be taken back; the server logs what it catches, so not its text.
                raise RuntimeError("the answer broke off") from None
            await self._answer_failure(scope, receive, send_guarded, request_id)
        finally:
            logger().info(
                "request",
                id=request_id,
                method=scope["method"],
                path=_route_path(scope),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )

    def _language(self, scope: Scope) -> Language:
        return reader_language(Headers(scope=scope).get("accept-language"), self.language)

    async def _refuse_size(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        language = self._language(scope)
        zh = f"请求正文不能超过 {self.max_body_bytes} 字节。请分批发送。"
        en = f"A body may have at most {self.max_body_bytes} bytes. Send it in parts."
        answer = problem_response(
            PROBLEM_KINDS[TooLarge], language=language, detail=zh if language == "zh" else en, request_id=request_id
        )
        await answer(scope, receive, send)

    async def _answer_failure(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        await failure_response(self._language(scope), request_id)(scope, receive, send)


def failure_response(language: Language, request_id: str) -> Response:
    """The answer after something failed that nobody caught."""
    zh = f"服务出错,已记入日志(编号 {request_id})。请把编号告诉管理员。"
    en = f"The service failed; the log has it under {request_id}. Tell the administrator that number."
    return problem_response(INTERNAL, language=language, detail=zh if language == "zh" else en, request_id=request_id)


def _limited(scope: Scope, receive: Receive, max_bytes: int) -> Receive:
    """Refuse a body by its declared length; one without is counted as it comes."""
    if int(Headers(scope=scope).get("content-length") or 0) > max_bytes:
        raise _BodyTooLarge
    seen = 0

    async def receive_limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > max_bytes:
            raise _BodyTooLarge
        return message

    return receive_limited


def log_failure(error: Exception, request_id: str) -> None:
    """Log where something failed that nobody caught, under a number to find it by."""
    # Where, not what: the text of an exception may quote a name, a phone or a coordinate.
    frames = traceback.extract_tb(error.__traceback__)
    logger().error(
        "internal_error",
        id=request_id,
        error=type(error).__name__,
        trace=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )
