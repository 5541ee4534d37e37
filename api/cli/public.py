"""``public``: the switch of the public tier (look-up, names, borders and the public map without a key)."""

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.output import emit, note

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command(help="打开公开查询 / let everybody look up, see names, borders and the public map")
def on(as_: AsName = None) -> None:
    """Switch the public tier on."""
    _switch(is_on=True, as_=as_)


@app.command(help="关闭公开查询,一切都需要密钥 / close it: everything needs a key")
def off(as_: AsName = None) -> None:
    """Switch the public tier off."""
    _switch(is_on=False, as_=as_)


@app.command(help="现在是开还是关 / whether it is on")
def status(*, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Say whether the public tier is on."""
    from boundaries.services.switches import public_tier
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        is_on = public_tier(session)
    if format == "json":
        emit({"public_tier": is_on}, format="json")
    else:
        typer.echo(_said(is_on))


def _switch(*, is_on: bool, as_: str | None) -> None:
    from boundaries.services.switches import set_public_tier
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        set_public_tier(session, is_on, actor=context.actor(as_), now=context.now())
    note(_said(is_on))


def _said(is_on: bool) -> str:
    if context.language() == "zh":
        return "公开查询:开" if is_on else "公开查询:关"
    return "Public tier: on" if is_on else "Public tier: off"
