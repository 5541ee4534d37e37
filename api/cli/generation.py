"""``generation``: the published states, and a draft that brings an older one back."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.draft_shown import tell, tell_next
from api.cli.output import emit, note

if TYPE_CHECKING:
    from boundaries.lifecycle import Generation

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)

_HEADERS = ("版本", "发布时间", "发布人", "方案", "说明")
Number = Annotated[int, typer.Argument(metavar="N", min=1, help="版本号 / number of the generation")]


@app.command("list", help="列出已发布的版本 / list generations, newest first")
def list_(*, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """List the published states."""
    from boundaries.services.reading import list_generations
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = list_generations(session)
    if not found and format == "table":
        note("尚未发布任何版本。" if context.language() == "zh" else "No generation is published yet.")
        return
    records = [_record(one) for one in found]
    if format == "json":
        emit(records, format=format)
        return
    names = _HEADERS if context.language() == "zh" else tuple(records[0])
    for record, one in zip(records, found, strict=True):
        record["published_at"] = context.local_time(one.published_at)
    emit([dict(zip(names, record.values(), strict=True)) for record in records])


@app.command("show", help="查看一个版本,或某日的版本 / show a generation, by number or day")
def show(
    name: Annotated[str, typer.Argument(metavar="N|DAY", help="版本号或日期 / its number, or a day")],
    *,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Show one generation.

    Raises
    ------
    BadInput
        If it is neither a number nor a day.
    NotFound
        If there is none.
    """
    from boundaries.errors import BadInput
    from boundaries.services.comparing import named_state
    from boundaries.services.reading import get_generation
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        moment = named_state(session, name, timezone=context.settings().timezone)
        if moment.draft is not None or moment.generation is None:
            raise BadInput("这里只能给版本号或日期。", "Give a number or a day here.")
        found = get_generation(session, moment.generation)
    record = {**_record(found), "summary": dict(found.summary)}
    if format == "table":
        record["published_at"] = context.local_time(found.published_at)
    emit(record, format=format, label=context.label)


@app.command("revert", help="新建一个恢复旧版的调整方案 / open a draft that brings an older generation back")
def revert(
    *,
    to: Annotated[int, typer.Option("--to", metavar="N", min=1, help="要恢复的版本号 / generation to bring back")],
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="方案名称 / name of the draft")] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Open a draft that brings back a generation exactly; publish it like any other."""
    from boundaries.services import rolling_back
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        draft = rolling_back.revert(session, to, actor=context.actor(as_), name=name, now=context.now())
    tell([draft], format, is_one=True)
    tell_next(draft, format)


def _record(one: "Generation") -> dict[str, object]:
    return {
        "number": one.number,
        "published_at": one.published_at,
        "published_by": one.published_by,
        "draft": one.draft,
        "note": one.note,
    }
