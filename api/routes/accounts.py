"""``/v1/accounts``: opened and closed by the system administrator, given roles by the security administrator."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.auth import Caller, require
from api.dependencies import Now, ReadSession, SettingsHere, WriteSession
from api.openapi import NOT_FOUND, error_answers
from api.problems import PROBLEM_KINDS
from api.schemas import accounts as schemas
from api.sessions import password_rule
from boundaries.accounts import APART, HeldRole, account_name
from boundaries.errors import Conflict, Forbidden, NotFound
from boundaries.services import accounts
from boundaries.services.passwords import new_hash

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])

_CONFLICT = PROBLEM_KINDS[Conflict]

Opener = Annotated[Caller, Depends(require("accounts"))]
Guardian = Annotated[Caller, Depends(require("security"))]
Either = Annotated[Caller, Depends(require("accounts", "security"))]
Name = Annotated[str, Path(max_length=50, description="账号名 / name of the account", examples=["wang.fang"])]


@router.get(
    "",
    summary="全部账号 / Every account",
    description="并列出还没有人担任的角色。 / With the roles that nobody holds yet.",
    response_model=schemas.AccountList,
    responses=error_answers(),
)
def everybody(session: ReadSession, caller: Either) -> dict[str, Any]:  # noqa: ARG001  who may see them
    """Every account, by name."""
    found = [_fields(account) for account in accounts.list_accounts(session)]
    return {"accounts": found, "missing_roles": list(accounts.missing_roles(session))}


@router.post(
    "",
    status_code=201,
    summary="新建账号 / Open an account",
    description="新账号没有角色,初始密码首次登录须修改。 / It has no role, and its first password must be changed.",
    response_model=schemas.Account,
    responses=error_answers(_CONFLICT),
)
def open_one(
    session: WriteSession, settings: SettingsHere, now: Now, caller: Opener, body: schemas.NewAccount
) -> dict[str, Any]:
    """Open an account."""
    made = None
    if body.password is not None:
        made = new_hash(body.password, name=account_name(body.name), rule=password_rule(settings))
    account = accounts.create_account(
        session, name=body.name, display_name=body.display_name, password_hash=made, actor=caller.account, now=now
    )
    return _fields(account)


@router.get(
    "/{name}", summary="一个账号 / One account", response_model=schemas.Account, responses=error_answers(NOT_FOUND)
)
def one(session: ReadSession, caller: Either, name: Name) -> dict[str, Any]:  # noqa: ARG001  who may see it
    """One account."""
    return _fields(accounts.get_account(session, name))


@router.put(
    "/{name}/roles",
    summary="设定角色 / Set the roles of an account",
    description="替换全部角色,立即生效;不能给自己设角色。 / Replaces them all at once; nobody sets their own.",
    response_model=schemas.Account,
    responses=error_answers(NOT_FOUND, _CONFLICT),
)
def set_roles(
    *, session: WriteSession, settings: SettingsHere, now: Now, caller: Guardian, name: Name, body: schemas.Roles
) -> dict[str, Any]:
    """Set the roles of somebody else."""
    if accounts.get_account(session, name).name == caller.account:
        raise Forbidden(
            "不能给自己设角色。请另一位安全管理员办理。",
            "Nobody sets their own roles. Ask another security administrator.",
        )
    wanted = [HeldRole(held.role, held.area, held.department) for held in body.roles]
    account = accounts.set_roles(
        session, name, wanted, is_small_office=settings.small_office, actor=caller.account, now=now
    )
    return _fields(account)


@router.put(
    "/{name}/password",
    status_code=204,
    response_class=Response,
    summary="重设密码 / Set a first password anew",
    description="并解锁;持有人登录后须修改。 / Unlocks too; its holder must change it.",
    responses=error_answers(NOT_FOUND),
)
def set_password(
    *, session: WriteSession, settings: SettingsHere, now: Now, caller: Opener, name: Name, body: schemas.SetPassword
) -> Response:
    """Give somebody a first password again."""
    kept = _within_reach(session, name, caller, is_small_office=settings.small_office)
    made = new_hash(body.password, name=kept, rule=password_rule(settings))
    accounts.set_password(session, kept, made, actor=caller.account, now=now)
    return Response(status_code=204)


@router.put(
    "/{name}/identity",
    status_code=204,
    response_class=Response,
    summary="关联统一认证身份 / Link the identity at the office's own sign-in service",
    responses=error_answers(NOT_FOUND, _CONFLICT),
)
def set_identity(
    *, session: WriteSession, settings: SettingsHere, now: Now, caller: Opener, name: Name, body: schemas.Identity
) -> Response:
    """Link an identity of the office's sign-in service, or unlink it."""
    kept = _within_reach(session, name, caller, is_small_office=settings.small_office)
    if settings.oidc_issuer is None:
        raise NotFound(
            "本单位没有设置统一认证(MICROGRID_OIDC_ISSUER)。",
            "This office has no sign-in service (MICROGRID_OIDC_ISSUER).",
        )
    identity = accounts.Identity(settings.oidc_issuer, body.subject) if body.subject is not None else None
    accounts.link(session, kept, identity, actor=caller.account, now=now)
    return Response(status_code=204)


@router.post(
    "/{name}/disable",
    status_code=204,
    response_class=Response,
    summary="停用账号 / Close an account",
    description="其会话立即结束。 / Its sessions end at once.",
    responses=error_answers(NOT_FOUND),
)
def disable(session: WriteSession, settings: SettingsHere, now: Now, caller: Opener, name: Name) -> Response:
    """Close an account."""
    kept = _within_reach(session, name, caller, is_small_office=settings.small_office)
    accounts.set_disabled(session, kept, True, actor=caller.account, now=now)
    return Response(status_code=204)


@router.post(
    "/{name}/enable",
    status_code=204,
    response_class=Response,
    summary="恢复账号 / Open a closed account again",
    responses=error_answers(NOT_FOUND),
)
def enable(session: WriteSession, now: Now, caller: Opener, name: Name) -> Response:
    """Open a closed account again."""
    accounts.set_disabled(session, name, False, actor=caller.account, now=now)
    return Response(status_code=204)


@router.post(
    "/{name}/unlock",
    status_code=204,
    response_class=Response,
    summary="解除锁定 / Unlock an account",
    responses=error_answers(NOT_FOUND),
)
def unlock(session: WriteSession, now: Now, caller: Opener, name: Name) -> Response:
    """Let somebody try again."""
    accounts.unlock(session, name, actor=caller.account, now=now)
    return Response(status_code=204)


def _within_reach(session: Session, name: str, caller: Caller, *, is_small_office: bool) -> str:
    """The name of an account that a system administrator may take in hand: none of who watches over them."""
    account = accounts.get_account(session, name)
    watching = {held.role for held in account.roles} & (APART - {"system_admin"})
    if watching and not is_small_office and account.name != caller.account:
        raise Forbidden(
            f"账号“{account.name}”属于安全管理员或审计员,不能在此处理。请在服务器上用 microgrid user 命令。",
            f'The account "{account.name}" is of a security administrator or an auditor and out of reach here. '
            "Use microgrid user on the server.",
        )
    return account.name


def _fields(account: accounts.Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "display_name": account.display_name,
        "roles": [asdict(held) for held in account.roles],
        "has_password": account.has_password,
        "must_change": account.must_change,
        "subject": account.identity.subject if account.identity is not None else None,
        "locked_until": account.locked_until,
        "disabled_at": account.disabled_at,
        "created_by": account.created_by,
        "created_at": account.created_at,
    }
