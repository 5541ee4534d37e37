"""``user``: accounts of people, their roles and passwords; the first administrator is made here."""

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.output import emit, note
from api.cli.user_shown import shown, spoken
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.accounts import HeldRole
    from boundaries.services.accounts import Identity

app = typer.Typer(add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="账号名 / name of the account")]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="ROLE[@AREA][/DEPARTMENT]",
        help=(
            "角色,可重复:viewer、registrar、planner、reviewer、publisher、system_admin、security_admin、auditor;"
            "registrar 和 planner 须写区域编码 / may be repeated; registrar and planner name an area"
        ),
    ),
]


@app.command(help="新建账号 / open an account")
def add(
    name: Name,
    *,
    display: Annotated[
        str | None, typer.Option("--display", metavar="TEXT", help="姓名或称呼 / what others say")
    ] = None,
    role: Roles = None,
    subject: Annotated[
        str | None,
        typer.Option("--subject", metavar="ID", help="统一认证身份,不设密码 / identity elsewhere, without a password"),
    ] = None,
    as_: AsName = None,
) -> None:
    """Open an account, with a first password from standard input or the terminal.

    Raises
    ------
    BadInput
        If a name, a role or the password is not usable.
    Conflict
        If there is such an account, or two roles are kept apart.
    NotFound
        If there is no such area.
    """
    from boundaries.accounts import account_name
    from boundaries.services.accounts import create_account, link, set_roles
    from boundaries.store.engine import writing

    roles = _roles(role)
    kept = account_name(name)
    made = None if subject is not None else _new_hash(kept)
    actor, now = context.actor(as_), context.now()
    with writing(context.engine()) as session:
        create_account(session, name=kept, display_name=display or name, password_hash=made, actor=actor, now=now)
        if subject is not None:
            link(session, kept, _identity(subject), actor=actor, now=now)
        if roles:
            is_small = context.settings().small_office
            set_roles(session, kept, roles, is_small_office=is_small, actor=actor, now=now)
    if made is None:
        _said(f"账号“{kept}”已建立。", f'The account "{kept}" is open.')
    else:
        _said(
            f"账号“{kept}”已建立。首次登录须修改密码。",
            f'The account "{kept}" is open; its first password must be changed.',
        )


@app.command("list", help="列出账号和角色 / list accounts and their roles")
def list_(*, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """List every account."""
    from boundaries.services.accounts import list_accounts
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = list_accounts(session)
    emit(shown(found, for_people=format == "table"), format=format)


@app.command(help="设定全部角色(替换原有) / set all roles of an account, in place of those before")
def role(name: Name, role: Roles = None, *, as_: AsName = None) -> None:
    """Set the roles of an account; without any it has none.

    Raises
    ------
    BadInput
        If a role is not known or lacks its area.
    Conflict
        If two roles are kept apart.
    NotFound
        If there is no such account or area.
    """
    from boundaries.services.accounts import set_roles
    from boundaries.store.engine import writing

    roles = _roles(role)
    with writing(context.engine()) as session:
        account = set_roles(
            session,
            name,
            roles,
            is_small_office=context.settings().small_office,
            actor=context.actor(as_),
            now=context.now(),
        )
    held = ", ".join(map(spoken, account.roles)) or "-"
    _said(f"账号“{account.name}”的角色:{held}。", f'Roles of "{account.name}": {held}.')


@app.command(help="停用账号,会话立即结束 / close an account; its sessions end at once")
def disable(name: Name, as_: AsName = None) -> None:
    """Close an account.

    Raises
    ------
    NotFound
        If there is no such account; here and below.
    """
    _set_disabled(name, as_, is_disabled=True)
    _said(f"账号“{name}”已停用。", f'The account "{name}" is closed.')


@app.command(help="恢复停用的账号 / open a closed account again")
def enable(name: Name, as_: AsName = None) -> None:
    """Open a closed account again."""
    _set_disabled(name, as_, is_disabled=False)
    _said(f"账号“{name}”已恢复。", f'The account "{name}" is open again.')


@app.command(help="重设密码并解锁;首次登录须修改 / set a first password anew, and unlock")
def password(name: Name, as_: AsName = None) -> None:
    """Set a password that must be changed; from standard input or the terminal."""
    from boundaries.services.accounts import get_account, set_password
    from boundaries.store.engine import reading, writing

    with reading(context.engine()) as session:
        kept = get_account(session, name).name
    made = _new_hash(kept)
    with writing(context.engine()) as session:
        set_password(session, kept, made, actor=context.actor(as_), now=context.now())
    _said(f"账号“{kept}”的密码已重设,登录后须修改。", f'The password of "{kept}" is set; it must be changed.')


@app.command(help="解除锁定 / let somebody try again after wrong passwords")
def unlock(name: Name, as_: AsName = None) -> None:
    """Unlock an account."""
    from boundaries.services import accounts
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        accounts.unlock(session, name, actor=context.actor(as_), now=context.now())
    _said(f"账号“{name}”已解除锁定。", f'The account "{name}" is unlocked.')


@app.command(help="关联统一认证身份;不写则解除 / link an identity of the office's sign-in service, or unlink")
def link(
    name: Name,
    subject: Annotated[str | None, typer.Argument(metavar="[ID]", help="在统一认证中的身份 / who it is there")] = None,
    as_: AsName = None,
) -> None:
    """Link an account to an identity elsewhere.

    Raises
    ------
    BadInput
        If the office has no such service.
    Conflict
        If the identity belongs to another account.
    """
    from boundaries.services import accounts
    from boundaries.store.engine import writing

    identity = _identity(subject) if subject is not None else None
    with writing(context.engine()) as session:
        accounts.link(session, name, identity, actor=context.actor(as_), now=context.now())
    _said(f"账号“{name}”的关联已更新。", f'The link of "{name}" is set.')


@app.command(help="缺哪些角色的账号,方案才能走完流程 / which roles nobody holds that the steps of a draft need")
def check(*, format: OutputFormat = "table") -> int:  # noqa: A002  the option's own name
    """Name the roles that nobody holds; exit code 1 where there are any."""
    from api.cli.main import BLOCKED, DONE
    from boundaries.accounts import ROLES
    from boundaries.services.accounts import missing_roles
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        missing = missing_roles(session)
    if format == "json":
        emit({"missing_roles": list(missing)}, format="json")
    elif not missing:
        _said("规划员、审核员、发布员都有人担任。", "There are a planner, a reviewer and a publisher.")
    for one in missing if format == "table" else ():
        _said(
            f"还没有{ROLES[one].zh}({one})的账号。请用 user add 或 user role 指定。",
            f"Nobody is {ROLES[one].en}. Name somebody with user add or user role ({one}).",
        )
    return BLOCKED if missing else DONE


def _roles(texts: list[str] | None) -> "list[HeldRole]":
    from boundaries.accounts import HeldRole, require_roles

    found = []
    for text in texts or []:
        place, _, department = text.partition("/")
        role_name, _, area = place.partition("@")
        found.append(HeldRole(role_name, area or None, department or None))
    require_roles(found, is_small_office=context.settings().small_office)
    return found


def _identity(subject: str) -> "Identity":
    from boundaries.services.accounts import Identity

    issuer = context.settings().oidc_issuer
    if issuer is None:
        raise BadInput(
            "没有设置统一认证。请先设 MICROGRID_OIDC_ISSUER 等。",
            "No sign-in service is set up. Set MICROGRID_OIDC_ISSUER and its client first.",
        )
    return Identity(issuer, subject)


def _new_hash(name: str) -> str:
    """The hash of a password that is asked for: hidden and twice of a person, one line of a program."""
    from api.sessions import password_rule
    from boundaries.services.passwords import new_hash

    if sys.stdin.isatty():
        is_zh = context.language() == "zh"
        given = getpass.getpass("密码:" if is_zh else "Password: ")
        if getpass.getpass("再输一遍:" if is_zh else "Once more: ") != given:
            raise BadInput("两次输入的密码不同。请重新运行。", "The two passwords differ. Run it again.")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    return new_hash(given, name=name, rule=password_rule(context.settings()))


def _set_disabled(name: str, as_: str | None, *, is_disabled: bool) -> None:
    from boundaries.services.accounts import set_disabled
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        set_disabled(session, name, is_disabled, actor=context.actor(as_), now=context.now())


def _said(zh: str, en: str) -> None:
    note(zh if context.language() == "zh" else en)
