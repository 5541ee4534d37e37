"""``key``: the API keys of other programs; a secret is shown once and stored only as a hash."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.output import emit, note
from boundaries.errors import Conflict
from boundaries.tiers import Tier

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command(help="新建密钥,只显示一次 / make a key; it is shown once")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="谁用它,如“街道数据平台” / who will use it")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            help=(
                "权限,可重复 / may be repeated: locate, grids:read, premises:read, drafts:read, drafts:write, review, "
                "publish, registers:read, registers:write, audit:read, accounts, security, admin"
            ),
        ),
    ] = None,
    tier: Annotated[Tier, typer.Option("--tier", help="可见级别 / most secret fields it shows")] = "public",
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650, help="有效天数 / days it is good for")] = None,
    area: Annotated[
        list[str] | None,
        typer.Option("--area", metavar="CODE", help="只能改动这些区域,可重复 / where it may change something"),
    ] = None,
    department: Annotated[
        str | None,
        typer.Option("--department", help="只填写该部门的内容 / writes what this department keeps"),
    ] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Make a key and show it once.

    Raises
    ------
    BadInput
        If a scope or a department is not known, or the name is empty.
    NotFound
        If there is no such area.
    """
    from boundaries.services.keys import create_key
    from boundaries.store.engine import writing

    scopes = tuple(scope or ("locate", "grids:read"))
    now = context.now()
    expires = now + timedelta(days=days) if days is not None else None
    with writing(context.engine()) as session:
        key, secret = create_key(
            session,
            name=name,
            scopes=scopes,
            tier=tier,
            actor=context.actor(as_),
            now=now,
            expires=expires,
            areas=area or (),
            department=department,
        )
    _show_once(key.id, key.name, secret, format)


@app.command(help="首个管理员密钥(还没有任何密钥时) / the first administrator's key, while there is none")
def first(*, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Make the first administrator's key and show it once.

    Raises
    ------
    Conflict
        If there is a key already.
    """
    made = first_key(context.engine(), actor=context.actor(as_), now=context.now())
    if made is None:
        raise Conflict(
            "已经有密钥了。请用 microgrid key list 查看,用 microgrid key create 新建。",
            "There are keys already. See them with microgrid key list; make one with microgrid key create.",
        )
    _show_once(*made, format)


@app.command("list", help="列出密钥(不含密钥本身) / list the keys, not their secrets")
def list_(*, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """List every key, without its secret."""
    from boundaries.services.keys import list_keys
    from boundaries.store.engine import reading

    is_zh = context.language() == "zh"
    with reading(context.engine()) as session:
        keys = list_keys(session)
    now = context.now()
    shown: Callable[[datetime | None], object] = context.local_time if format == "table" else lambda instant: instant
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "scopes": list(key.scopes),
            "tier": key.tier,
            "is_good": key.is_good(now),
            "created_at": shown(key.created_at),
            "created_by": key.created_by,
            "expires_at": shown(key.expires_at),
            "revoked_at": shown(key.revoked_at),
            "areas": list(key.areas or ()),
            "department": key.department,
            "last_used": key.last_used,
        }
        for key in keys
    ]
    if format == "table" and is_zh:
        rows = [{_HEADERS_ZH[name]: value for name, value in row.items()} for row in rows]
    emit(rows, format=format)


@app.command(help="更换密钥:生成同样的新密钥,旧的到期停用 / make a second key like one that ends after a while")
def rotate(
    key_id: Annotated[int, typer.Argument(metavar="ID", help="编号,见 key list / its number in key list")],
    *,
    grace: Annotated[
        int, typer.Option("--grace", metavar="DAYS", min=0, max=90, help="旧密钥还有效几天 / days the old one goes on")
    ] = 7,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Make a successor of a key and show it once.

    Raises
    ------
    NotFound
        If there is no such key, or it opens nothing any more.
    """
    from boundaries.services.keys import rotate_key
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        key, secret = rotate_key(
            session, key_id, grace=timedelta(days=grace), actor=context.actor(as_), now=context.now()
        )
    _show_once(key.id, key.name, secret, format)


@app.command(help="吊销密钥,立即生效 / revoke a key, at once")
def revoke(
    key_id: Annotated[int, typer.Argument(metavar="ID", help="编号,见 key list / its number in key list")],
    as_: AsName = None,
) -> None:
    """Revoke a key.

    Raises
    ------
    NotFound
        If there is no such key.
    """
    from boundaries.services.keys import revoke_key
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        revoke_key(session, key_id, actor=context.actor(as_), now=context.now())
    note(f"密钥 {key_id} 已吊销。" if context.language() == "zh" else f"Key {key_id} is revoked.")


def first_key(engine: "Engine", *, actor: str, now: datetime) -> tuple[int, str, str] | None:
    """Make the first administrator's key, unless there is any key.

    Parameters
    ----------
    engine : Engine
        The database, migrated.
    actor : str
        Who sets the service up.
    now : datetime
        UTC.

    Returns
    -------
    tuple of (id, name, secret) or None
        The secret is stored only as a hash: show it now or never.
    """
    from boundaries.services.keys import create_key, list_keys
    from boundaries.store.engine import writing

    with writing(engine) as session:
        if list_keys(session):
            return None
        key, secret = create_key(
            session, name="administrator", scopes=("admin",), tier="restricted", actor=actor, now=now, expires=None
        )
        return key.id, key.name, secret


def offer_first_key() -> None:
    """At set-up: make and show the first administrator's key to a person, tell anybody else how.

    What is not a terminal is a log or a program, where a key must not end up unasked.

    Raises
    ------
    Unavailable
        If the database cannot be used.
    """
    from boundaries.services.keys import list_keys
    from boundaries.store.engine import reading

    engine = context.engine()
    with reading(engine) as session:
        if list_keys(session):
            return
    is_zh = context.language() == "zh"
    if sys.stdout.isatty() and sys.stderr.isatty():
        made = first_key(engine, actor=context.actor(), now=context.now())
        if made is not None:
            note(("管理员密钥:" if is_zh else "The administrator's key: ") + made[2])
            note(_shown_once(made[0], made[1]))
    else:
        note(
            "还没有管理员密钥。请运行 microgrid key first 生成(只显示一次)。"
            if is_zh
            else "There is no administrator's key yet. Make it with microgrid key first; it is shown once."
        )


_HEADERS_ZH = {
    "id": "编号",
    "name": "名称",
    "scopes": "权限",
    "tier": "级别",
    "is_good": "有效",
    "created_at": "新建时间",
    "created_by": "新建人",
    "expires_at": "到期",
    "revoked_at": "吊销时间",
    "areas": "区域",
    "department": "部门",
    "last_used": "最近使用",
}


def _show_once(key_id: int, name: str, secret: str, as_format: str) -> None:
    if as_format == "json":
        emit({"id": key_id, "name": name, "key": secret}, format="json")
    else:
        typer.echo(secret)
    note(_shown_once(key_id, name))


def _shown_once(key_id: int, name: str) -> str:
    if context.language() == "zh":
        return f"密钥 {key_id}(“{name}”)只显示这一次,请立即妥善保存;服务只保存它的哈希值。"
    return f'Key {key_id} ("{name}") is shown only now: keep it safe. The service stores only its hash.'
