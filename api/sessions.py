"""Sessions of browsers: the cookie, and the defence against pages of other sites."""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from api.settings import Settings
from boundaries.accounts import Lockout, PasswordRule, SessionLimits
from boundaries.errors import Forbidden

COOKIE = "microgrid_session"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def session_limits(settings: Settings) -> SessionLimits:
    """How long sessions live, by the settings."""
    return SessionLimits(settings.idle_minutes, settings.session_hours)


def lockout(settings: Settings) -> Lockout:
    """When an account is locked, by the settings."""
    return Lockout(settings.sign_in_tries, settings.lock_minutes)


def password_rule(settings: Settings) -> PasswordRule:
    """What a password must be, by the settings."""
    return PasswordRule(settings.password_length, settings.password_classes)


def own_origin(request: Request, settings: Settings) -> str:
    """Scheme and host under which the browser has reached this service."""
    if settings.public_url is not None:
        return settings.public_url
    return f"{request.url.scheme}://{request.headers.get('host', '')}".lower()


def give_cookie(response: Response, token: str, request: Request, settings: Settings) -> None:
    """Hand the token of a session to the browser, which no script of a page can read."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=own_origin(request, settings).startswith("https://"),
    )


def take_cookie(response: Response) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def require_own_page(request: Request, settings: Settings) -> None:
    """Refuse what a page of another site lets a browser send.

    A browser says where a request comes from; a cookie alone proves nothing, because it
    goes along by itself. Reading is harmless: other sites cannot see the answer.

    Raises
    ------
    Forbidden
        If a request that changes something does not come from a page of this service.
    """
    if request.method in _SAFE or comes_from_here(request, settings):
        return
    raise _from_elsewhere()


def require_no_other_page(request: Request, settings: Settings) -> None:
    """Refuse what the browser itself says comes from another site; a program that says nothing may go on.

    Raises
    ------
    Forbidden
        If a page of another site makes the browser sign in.
    """
    says = request.headers.get("sec-fetch-site") or request.headers.get("origin")
    if says is not None and not comes_from_here(request, settings):
        raise _from_elsewhere()


def _from_elsewhere() -> Forbidden:
    return Forbidden(
        "请求不是从本服务的网页发出的,已拒绝。请在本服务的网页上操作;程序请用接口密钥。",
        "The request does not come from a page of this service and is refused. Use its pages, or a key in a program.",
    )


def comes_from_here(request: Request, settings: Settings) -> bool:
    """Whether the browser says that a page of this service has sent the request."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return site is not None
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.netloc}".lower() == own_origin(request, settings)
