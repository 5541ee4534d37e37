"""Who is asking and what they may see, decided in this one place.

A caller shows a key (``X-API-Key``, or in a browser as the password of HTTP Basic on
reads). Without one, only ``/healthz`` answers until an administrator switches the public tier on;
then look-up, names, borders and the public map are open to everybody.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from api.dependencies import Now, ReadSession, app_settings
from api.problems import KeyNeeded
from boundaries.errors import Forbidden
from boundaries.services.keys import ApiKey, verify_key
from boundaries.services.switches import public_tier
from boundaries.tiers import Tier

# Scope -> what it opens, as `key create` and the documents page tell it.
SCOPES: dict[str, tuple[str, str]] = {
    "locate": ("查点所在的网格", "which grid a point is in"),
    "grids:read": ("读取区域、网格、版本和网页地图", "areas, micro-grids, generations and the map"),
    "premises:read": ("读取楼栋、小区、商铺", "buildings, compounds and shops"),
    "admin": ("全部权限", "everything"),
}

_HEADER = APIKeyHeader(
    name="X-API-Key",
    auto_error=False,
    scheme_name="key",
    description="mg_<id>_<secret>, 由 microgrid key create 生成 / made by microgrid key create",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.

    Attributes
    ----------
    name : str
        Name of the key, or ``public``.
    tier : {"public", "internal", "restricted"}
        The most secret fields they may see.
    scopes : frozenset of str
        Keys of ``SCOPES``.
    """

    name: str
    tier: Tier
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether a scope is open to this caller."""
        return scope in self.scopes or "admin" in self.scopes


PUBLIC = Caller("public", "public", frozenset({"locate", "grids:read"}))


def known_caller(
    request: Request, session: ReadSession, now: Now, header: Annotated[str | None, Security(_HEADER)] = None
) -> Caller:
    """The caller of a request: by key, or the public where the public tier is on.

    Raises
    ------
    KeyNeeded
        If there is no key and the public tier is off, or the key is not good.
    """
    text = header if header is not None else basic_password(request.headers.get("authorization", ""), request.method)
    return judge(text, lambda shown: verify_key(session, shown, now), lambda: public_tier(session))


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
            "需要接口密钥。请在请求头 X-API-Key 中给出密钥;密钥由管理员用 microgrid key create 生成。",
            "An API key is needed. Send it in the header X-API-Key; an administrator makes one with "
            "microgrid key create.",
        )
    key = find(text)
    if key is None:
        raise KeyNeeded(
            "密钥无效、已过期或已吊销。请向管理员索取新的密钥。",
            "The key is unknown, expired or revoked. Ask the administrator for a new one.",
        )
    return Caller(key.name, key.tier, frozenset(key.scopes))


def require(scope: str) -> Callable[..., Caller]:
    """A dependency that lets only callers with this scope through.

    Parameters
    ----------
    scope : str
        A key of ``SCOPES``.

    Returns
    -------
    function
        Gives the :class:`Caller`.
    """

    def allowed(caller: Annotated[Caller, Depends(known_caller)]) -> Caller:
        return let_through(caller, scope)

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
        If the key lacks the scope.
    """
    if caller.may(scope):
        return caller
    zh, en = SCOPES[scope]
    if caller is PUBLIC:
        raise KeyNeeded(
            f"公开查询不包括“{zh}”。请在请求头 X-API-Key 中给出带有 {scope} 权限的密钥。",
            f'The public tier does not include "{en}". Send a key with the scope {scope} in the header X-API-Key.',
        )
    raise Forbidden(
        f"密钥“{caller.name}”没有“{zh}”的权限({scope})。请向管理员申请。",
        f'The key "{caller.name}" lacks the scope {scope} ({en}). Ask the administrator.',
    )


def require_documents(
    request: Request, session: ReadSession, now: Now, header: Annotated[str | None, Security(_HEADER)] = None
) -> Caller:
    """The reader of the documents page: any key, or anybody at a demonstration.

    A demonstration is: the public tier is on, the service listens on the loopback
    address only, and the request has come straight to it, not through a proxy.

    Raises
    ------
    KeyNeeded
        If no good key was shown and this is no demonstration.
    """
    caller = known_caller(request, session, now, header)
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
