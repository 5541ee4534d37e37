"""Who is asking and what they may see, decided in this one place.

A caller shows a key (``X-API-Key``, or in a browser as the password of HTTP Basic on
reads), or has signed in and sends the cookie of a session. Without either, only
``/healthz`` answers until an administrator switches the public tier on; then look-up,
names, borders and the public map are open to everybody.
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader
from sqlalchemy.orm import Session

from api.caller import PUBLIC, Caller, of_account, of_key
from api.dependencies import Now, ReadSession, app_engine, app_settings
from api.pace import Paces
from api.problems import KeyNeeded
from api.sessions import COOKIE, require_own_page, session_limits
from boundaries.accounts import SCOPES
from boundaries.errors import Forbidden
from boundaries.services.keys import ApiKey, note_key_use, verify_key
from boundaries.services.reach import outside
from boundaries.services.signing_in import find_session, note_session_use
from boundaries.services.switches import public_tier
from boundaries.store.engine import writing

__all__ = ["PUBLIC", "SCOPES", "Caller"]  # part of what routes import from here

_HEADER = APIKeyHeader(
    name="X-API-Key",
    auto_error=False,
    scheme_name="key",
    description="mg_<id>_<secret>, 由 microgrid key create 生成 / made by microgrid key create",
)
_COOKIE = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description="POST /v1/session 登录后由浏览器保存 / kept by the browser after POST /v1/session",
)


def known_caller(
    request: Request,
    session: ReadSession,
    now: Now,
    header: Annotated[str | None, Security(_HEADER)] = None,
    cookie: Annotated[str | None, Security(_COOKIE)] = None,
) -> Caller:
    """The caller of a request: by key, by session, or the public where the public tier is on.

    Raises
    ------
    KeyNeeded
        If there is neither and the public tier is off, or the key is not good.
    Forbidden
        If a page of another site makes the browser change something.
    TooMany
        If the caller must wait.
    """
    paces: Paces = request.app.state.paces
    try:
        caller = _identified(request, session, now, header, cookie)
    except KeyNeeded:
        paces.of_address(request)
        raise
    if caller is PUBLIC:
        paces.of_address(request)
    else:
        paces.of_caller(caller.account)
    return caller


def _identified(request: Request, session: Session, now: datetime, header: str | None, cookie: str | None) -> Caller:
    text = header if header is not None else basic_password(request.headers.get("authorization", ""), request.method)
    if text is None and cookie is not None:
        signed = find_session(session, cookie, limits=session_limits(app_settings(request)), now=now)
        if signed is not None:
            require_own_page(request, app_settings(request))
            if signed.is_due:
                with writing(app_engine(request)) as notes:
                    note_session_use(notes, signed.id, now)
            return of_account(signed.account)

    def find(shown: str) -> ApiKey | None:
        key = verify_key(session, shown, now)
        day = now.astimezone(ZoneInfo(app_settings(request).timezone)).date()
        if key is not None and key.last_used != day:
            with writing(app_engine(request)) as notes:
                note_key_use(notes, key.id, day)
        return key

    return judge(text, find, lambda: public_tier(session))


def judge(text: str | None, find: Callable[[str], ApiKey | None], is_public: Callable[[], bool]) -> Caller:
    """Say who is asking.

    Parameters
    ----------
    text : str or None
        The key that was shown.
    find : callable
        Gives the key that a text is, if it is good now.
    is_public : callable
        Whether the public tier is on.

    Returns
    -------
    Caller

    Raises
    ------
    KeyNeeded
        If there is no key and the public tier is off, or the key is not good.
    """
    if text is None:
        if is_public():
            return PUBLIC
        raise KeyNeeded(
            "需要登录或接口密钥。程序请在请求头 X-API-Key 中给出密钥;密钥由管理员用 microgrid key create 生成。",
            "Sign in, or send an API key in the header X-API-Key; an administrator makes one with "
            "microgrid key create.",
        )
    key = find(text)
    if key is None:
        raise KeyNeeded(
            "密钥无效、已过期或已吊销。请向管理员索取新的密钥。",
            "The key is unknown, expired or revoked. Ask the administrator for a new one.",
        )
    return of_key(key)


def require_within(session: Session, caller: Caller, area_codes: Iterable[str], *, draft_id: int | None = None) -> None:
    """Refuse what a caller may not do in these areas.

    Parameters
    ----------
    session : Session
    caller : Caller
        As :func:`require` has given it: with the areas of the scope that was asked for.
    area_codes : iterable of str
        The areas that are touched.
    draft_id : int, optional
        The draft whose areas are meant; by default those in force.

    Raises
    ------
    Forbidden
        If an area lies in none of the caller's, or is not known.
    """
    if caller.areas is None:
        return
    beyond = outside(session, area_codes, caller.areas, draft_id=draft_id)
    if beyond:
        raise Forbidden(
            f"“{caller.name}”无权改动区域 {'、'.join(beyond)},只能改动 {'、'.join(sorted(caller.areas))}。"
            "请由负责该区域的人办理,或向安全管理员申请。",
            f'"{caller.name}" may not act in {", ".join(beyond)}, only in {", ".join(sorted(caller.areas))}. '
            "Ask whoever is bound to that area, or the security administrator.",
        )


def as_seen_in(session: Session, caller: Caller, area: str | None) -> Caller:
    """The caller as far as they may look into an area: whoever is bound to areas sees restricted fields there only.

    Parameters
    ----------
    session : Session
    caller : Caller
        As :func:`require` has given it.
    area : str or None
        Code of the area that is asked about, None for all.

    Returns
    -------
    Caller
    """
    if caller.areas is None or caller.tier != "restricted":
        return caller
    if area is not None and not outside(session, [area], caller.areas):
        return caller
    return replace(caller, tier="internal")


def require(scope: str, *others: str) -> Callable[..., Caller]:
    """A dependency that lets only callers with this scope through, or with one of the others.

    Parameters
    ----------
    scope, *others : str
        Keys of ``SCOPES``.

    Returns
    -------
    function
        Gives the :class:`Caller`.
    """

    def allowed(caller: Annotated[Caller, Depends(known_caller)]) -> Caller:
        return let_through(caller, next((one for one in (scope, *others) if caller.may(one)), scope))

    return allowed


def let_through(caller: Caller, scope: str) -> Caller:
    """The caller, if a scope is open to them.

    Parameters
    ----------
    caller : Caller
    scope : str
        A key of ``SCOPES``.

    Returns
    -------
    Caller

    Raises
    ------
    KeyNeeded
        If somebody without a key asks for more than the public tier.
    Forbidden
        If the key or the account lacks the scope, or a new password is due.
    """
    if caller.may(scope):
        return caller.within(scope)
    zh, en = SCOPES[scope]
    if caller.must_change:
        raise Forbidden(
            "请先设置新密码(PUT /v1/session/password),再使用其他功能。",
            "Set a new password first (PUT /v1/session/password).",
        )
    if caller is PUBLIC:
        raise KeyNeeded(
            f"公开查询不包括“{zh}”。请登录,或在请求头 X-API-Key 中给出带有 {scope} 权限的密钥。",
            f'The public tier does not include "{en}". Sign in, or send a key with the scope {scope} in the header '
            "X-API-Key.",
        )
    raise Forbidden(
        f"“{caller.name}”没有“{zh}”的权限({scope})。请向管理员申请。",
        f'"{caller.name}" lacks the scope {scope} ({en}). Ask the administrator.',
    )


def require_documents(request: Request, caller: Annotated[Caller, Depends(known_caller)]) -> Caller:
    """The reader of the documents page: anybody known, or the public at a demonstration.

    A demonstration is: the public tier is on, the service listens on the loopback
    address only, and the request has come straight to it, not through a proxy.

    Raises
    ------
    KeyNeeded
        If no good key was shown and this is no demonstration.
    """
    if caller is PUBLIC and not _is_demonstration(request):
        raise KeyNeeded(
            "接口文档需要密钥。浏览器弹出登录框时,用户名任意,密码填密钥。",
            "The documents need a key. Where the browser asks, give any name and the key as the password.",
        )
    return caller


def _is_demonstration(request: Request) -> bool:
    is_direct = "forwarded" not in request.headers and "x-forwarded-for" not in request.headers
    return is_direct and is_loopback(app_settings(request).host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def basic_password(authorization: str, method: str) -> str | None:
    """The password of HTTP Basic: the browser's way to show a key. Reads only, so no page can make it write."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or method not in ("GET", "HEAD"):
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
