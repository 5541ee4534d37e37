"""``/v1/session``: signing in and out, by password or at the office's own sign-in service."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api import oidc
from api.auth import PUBLIC, SCOPES, Caller, known_caller
from api.dependencies import Now, SettingsHere, WriteSession, app_engine
from api.openapi import NOT_FOUND, error_answers
from api.pace import Paces
from api.problems import PROBLEM_KINDS, KeyNeeded, TooMany
from api.schemas.accounts import NewPassword, SignIn, WhoAmI
from api.sessions import (
    COOKIE,
    give_cookie,
    lockout,
    own_origin,
    password_rule,
    require_no_other_page,
    session_limits,
    take_cookie,
)
from api.settings import Settings
from boundaries.errors import BadInput, Forbidden
from boundaries.services.accounts import set_password
from boundaries.services.passwords import matches, new_hash
from boundaries.services.signing_in import (
    credentials,
    find_session,
    sign_in,
    sign_in_by_identity,
    sign_out,
    token_digest,
)
from boundaries.store.engine import reading, writing

router = APIRouter(prefix="/v1/session", tags=["session"])

_BUSY = PROBLEM_KINDS[TooMany]
_CALLBACK = "/v1/session/oidc/callback"

AnybodyKnown = Annotated[Caller, Depends(known_caller)]
Token = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)]


@router.post(
    "",
    status_code=204,
    response_class=Response,
    summary="登录 / Sign in",
    description=(
        "成功后浏览器得到会话 cookie。连续输错会锁定账号一段时间。 / The browser is given the cookie of a session. "
        "Wrong passwords in a row lock the account for a while."
    ),
    responses=error_answers(_BUSY),
)
def begin_session(request: Request, settings: SettingsHere, now: Now, body: SignIn, former: Token = None) -> Response:
    """Compare the password outside of any transaction, and say the same whatever is wrong."""
    _count_attempt(request)
    require_no_other_page(request, settings)
    engine = app_engine(request)
    with reading(engine) as session:
        known = credentials(session, body.name)
    is_match = matches(body.password, known.password_hash)
    with writing(engine) as session:
        token = sign_in(
            session, known, is_match=is_match, lockout=lockout(settings), limits=session_limits(settings), now=now
        )
        if token is not None:
            _end(session, former, settings, now)
    if token is None:
        raise KeyNeeded(
            f"账号或密码不对,或账号已锁定、停用。连续输错 {settings.sign_in_tries} 次锁定 "
            f"{settings.lock_minutes} 分钟。",
            f"Name or password are wrong, or the account is locked or closed. {settings.sign_in_tries} wrong passwords "
            f"in a row lock it for {settings.lock_minutes} minutes.",
        )
    answer = Response(status_code=204)
    give_cookie(answer, token, request, settings)
    return answer


@router.get(
    "",
    summary="我是谁,能做什么 / Who am I, and what is open to me",
    response_model=WhoAmI,
    responses=error_answers(),
)
def who_am_i(caller: AnybodyKnown) -> dict[str, Any]:
    """The caller and how far each scope reaches."""
    reach = {scope: caller.within(scope) for scope in SCOPES if caller.may(scope)}
    return {
        "account": caller.account,
        "must_change": caller.must_change,
        "scopes": {
            scope: {"tier": one.tier, "areas": _listed(one.areas), "departments": _listed(one.departments)}
            for scope, one in reach.items()
        },
    }


@router.delete("", status_code=204, response_class=Response, summary="退出 / Sign out", responses=error_answers())
def end_session(
    session: WriteSession, settings: SettingsHere, now: Now, caller: AnybodyKnown, token: Token = None
) -> Response:
    """End the session, if there is one, and let the browser forget it."""
    if caller is not PUBLIC:
        _end(session, token, settings, now)
    answer = Response(status_code=204)
    take_cookie(answer)
    return answer


@router.put(
    "/password",
    status_code=204,
    response_class=Response,
    summary="修改自己的密码 / Change the own password",
    description="其他会话随即结束。 / Other sessions end at once.",
    responses=error_answers(_BUSY),
)
def change_password(
    *, request: Request, settings: SettingsHere, now: Now, caller: AnybodyKnown, body: NewPassword, token: Token = None
) -> Response:
    """Count a wrong old password as an attempt to sign in."""
    _count_attempt(request)
    engine = app_engine(request)
    with reading(engine) as session:
        _require_signed_in(session, token, settings, now)
        known = credentials(session, caller.account)
    if not matches(body.old, known.password_hash):
        with writing(engine) as session:
            sign_in(session, known, is_match=False, lockout=lockout(settings), limits=session_limits(settings), now=now)
        raise BadInput("原密码不对。请重新输入。", "The old password is wrong. Give it again.")
    if body.new == body.old:
        raise BadInput("新密码与原密码相同。请另选一个。", "The new password is the old one. Choose another.")
    made = new_hash(body.new, name=caller.account, rule=password_rule(settings))
    kept = token_digest(token or "")
    with writing(engine) as session:
        set_password(session, caller.account, made, actor=caller.account, now=now, must_change=False, kept_session=kept)
    return Response(status_code=204)


@router.get(
    "/oidc",
    status_code=307,
    response_class=RedirectResponse,
    summary="到统一认证登录 / Sign in at the office's own service",
    responses=error_answers(NOT_FOUND, _BUSY),
)
def begin_at_the_office(
    request: Request,
    settings: SettingsHere,
    to: Annotated[str, Query(max_length=500, description="登录后打开的页面 / page to open then")] = "/",
) -> RedirectResponse:
    """Send the browser there, with what it must bring back."""
    _count_attempt(request)
    service: oidc.SignInService = request.app.state.oidc
    begun = service.begin(redirect_uri=own_origin(request, settings) + _CALLBACK, path=_own_path(to))
    answer = RedirectResponse(begun.url)
    answer.set_cookie(
        oidc.COOKIE,
        begun.cookie,
        max_age=oidc.MINUTES * 60,
        path=_CALLBACK,
        httponly=True,
        samesite="lax",
        secure=own_origin(request, settings).startswith("https://"),
    )
    return answer


@router.get(
    "/oidc/callback",
    status_code=303,
    response_class=RedirectResponse,
    summary="从统一认证返回 / Coming back from the office's own service",
    responses=error_answers(NOT_FOUND, _BUSY),
)
def come_back(
    *,
    request: Request,
    settings: SettingsHere,
    now: Now,
    state: Annotated[str | None, Query(max_length=500, description="原样带回 / brought back as it was")] = None,
    code: Annotated[str | None, Query(max_length=4000, description="一次性授权码 / good once")] = None,
    attempt: Annotated[str | None, Cookie(alias=oidc.COOKIE, include_in_schema=False)] = None,
) -> RedirectResponse:
    """Begin a session of the account that is linked to whoever comes back."""
    _count_attempt(request)
    service: oidc.SignInService = request.app.state.oidc
    identity, path = service.finish(cookie=attempt, state=state, code=code)
    with writing(app_engine(request)) as session:
        token = sign_in_by_identity(session, identity, limits=session_limits(settings), now=now)
    answer = RedirectResponse(path, status_code=303)
    answer.delete_cookie(oidc.COOKIE, path=_CALLBACK, httponly=True, samesite="lax")
    give_cookie(answer, token, request, settings)
    return answer


def _require_signed_in(session: Session, token: str | None, settings: Settings, now: datetime) -> None:
    if token is None or find_session(session, token, limits=session_limits(settings), now=now) is None:
        raise Forbidden(
            "只有登录的账号可以修改自己的密码。请先登录。", "Only who has signed in can change a password. Sign in."
        )


def _end(session: Session, token: str | None, settings: Settings, now: datetime) -> None:
    signed = find_session(session, token, limits=session_limits(settings), now=now) if token is not None else None
    if signed is not None and token is not None:
        sign_out(session, token, signed.account, now=now)


def _count_attempt(request: Request) -> None:
    paces: Paces = request.app.state.paces
    paces.of_sign_in(request)


def _own_path(text: str) -> str:
    """A page of ours; anything that could lead elsewhere becomes the first page."""
    is_ours = text.startswith("/") and not text.startswith("//") and text.isascii() and text.isprintable()
    return text if is_ours and "\\" not in text else "/"


def _listed(values: frozenset[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)
