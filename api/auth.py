"""Who is asking and what they may see, decided in this one place.

A caller shows a key (``X-API-Key``, or in a browser as the password of HTTP Basic on
reads). Without one, only ``/healthz`` answers until an administrator switches the public tier on;
then look-up, names, borders and the public map are open to everybody.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader
from sqlalchemy.orm import Session

from api.dependencies import Now, ReadSession, app_settings
from api.problems import KeyNeeded
from boundaries.accounts import SCOPES, Grant
from boundaries.errors import Forbidden
from boundaries.services.accounts import outside
from boundaries.services.keys import ApiKey, verify_key
from boundaries.services.switches import public_tier
from boundaries.tiers import Tier

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
    account : str
        What the audit trail calls them: the name of the account, ``key:NAME`` for a key.
    areas : frozenset of str or None
        Codes of the areas in which they may act, None for everywhere. A route that has
        asked for a scope by :func:`require` is given the areas and the tier of that scope.
    departments : frozenset of str or None
        For which they write, None for all.
    grants : mapping of str to Grant
        How far each scope reaches, where they differ.
    """

    name: str
    tier: Tier
    scopes: frozenset[str]
    account: str = "public"
    areas: frozenset[str] | None = None
    departments: frozenset[str] | None = None
    grants: Mapping[str, Grant] = field(default_factory=dict)

    def within(self, scope: str) -> "Caller":
        """The caller as far as one scope reaches."""
        grant = self.grants.get(scope)
        if grant is None:
            return self
        return replace(self, tier=grant.tier, areas=grant.areas, departments=grant.departments)

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
    return of_key(key)


def of_key(key: ApiKey) -> Caller:
    """Whoever holds a key."""
    return Caller(key.name, key.tier, frozenset(key.scopes), account=f"key:{key.name}")


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
        return caller.within(scope)
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
