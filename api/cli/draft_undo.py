"""``draft``: undo, redo, history."""

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.draft_shown import Number
from api.cli.output import emit, note

app = typer.Typer(add_completion=False)

_STATUS = {"done": ("有效", "done"), "undone": ("已撤销", "undone"), "superseded": ("撤销后作废", "superseded")}


@app.command("undo", help="撤销上一步 / take the last change back")
def undo(number: Number, *, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002
    """Take the last change of a draft back, whatever made it."""
    _turn(number, is_undo=True, as_=as_, format=format)


@app.command("redo", help="重做 / do again what was undone")
def redo(number: Number, *, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002
    """Do again what was undone last."""
    _turn(number, is_undo=False, as_=as_, format=format)


@app.command("history", help="修改记录 / what was done to a draft")
def history(number: Number, *, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """List the changes of a draft, newest first."""
    from boundaries.services.editing import history as changes
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = changes(session, number)
    zh = context.language() == "zh"
    if not found and format == "table":
        note("还没有修改。" if zh else "Nothing has been changed yet.")
        return
    records = [
        {
            "number": one.number,
            "at": one.at if format == "json" else context.local_time(one.at),
            "actor": one.actor,
            "kind": one.kind,
            "status": one.status if format == "json" else _STATUS[one.status][0 if zh else 1],
            "commands": one.commands if format == "json" else _verbs(one.commands),
        }
        for one in found
    ]
    if format == "json":
        emit(records, format=format)
        return
    headers = ("步号", "时间", "操作人", "方式", "状态", "操作") if zh else tuple(records[0])
    emit([dict(zip(headers, record.values(), strict=True)) for record in records])


def _verbs(commands: object) -> str:
    return "、".join(str(one.get("do")) for one in commands) if isinstance(commands, list) else ""


def _turn(number: int, *, is_undo: bool, as_: str | None, format: OutputFormat) -> None:  # noqa: A002
    from boundaries.services import editing
    from boundaries.store.engine import writing

    act = editing.undo if is_undo else editing.redo
    with writing(context.engine()) as session:
        turned = act(session, number, actor=context.actor(as_), now=context.now())
    touched = {thing: list(codes) for thing, codes in turned.touched.items()}
    if format == "json":
        emit(
            {"draft": number, "revision": turned.draft.revision, "change": turned.change.number, "touched": touched},
            format=format,
        )
        return
    zh = context.language() == "zh"
    did = ("已撤销" if is_undo else "已重做") if zh else ("Undone" if is_undo else "Done again")
    what = "、".join(code for codes in touched.values() for code in codes[:20])
    change = turned.change
    typer.echo(
        f"{did}第 {change.number} 步({change.kind},{change.actor}):{what}"
        if zh
        else f"{did}: change {change.number} ({change.kind}, {change.actor}): {what}"
    )
