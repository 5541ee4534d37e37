"""``draft``: the steps on the way to publication."""

from typing import Annotated

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.draft_shown import Number, tell, tell_next
from api.cli.output import emit
from api.cli.rules import SliverWidth, make_rules

app = typer.Typer(add_completion=False)

Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="说明 / what people should know")]


@app.command("submit", help="提交审核 / hand in for approval")
def submit(number: Number, *, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002
    """Hand a draft in for approval."""
    from boundaries.services.reviewing import submit as step
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        draft = step(session, number, actor=context.actor(as_), now=context.now())
    tell([draft], format, is_one=True)
    tell_next(draft, format)


@app.command("approve", help="审核通过 / approve")
def approve(number: Number, *, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002
    """Approve a submitted draft."""
    from boundaries.services.reviewing import approve as step
    from boundaries.store.engine import writing

    four_eyes = context.settings().four_eyes
    with writing(context.engine()) as session:
        draft = step(session, number, actor=context.actor(as_), four_eyes=four_eyes, now=context.now())
    tell([draft], format, is_one=True)
    tell_next(draft, format)


@app.command("return", help="退回修改 / give back for more work")
def return_(
    number: Number,
    *,
    note_text: Note = "",
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Give a submitted or approved draft back to its author."""
    from boundaries.services.reviewing import return_draft
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        draft = return_draft(session, number, actor=context.actor(as_), note=note_text, now=context.now())
    tell([draft], format, is_one=True)


@app.command("abandon", help="作废 / give a draft up")
def abandon(number: Number, *, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002
    """Give a draft up."""
    from boundaries.services.reviewing import abandon as step
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        draft = step(session, number, actor=context.actor(as_), now=context.now())
    tell([draft], format, is_one=True)


@app.command("publish", help="发布为新版本 / publish as the next generation")
def publish(
    number: Number,
    *,
    note_text: Note = "",
    sliver_width: SliverWidth = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Publish a draft; refused while anything blocks.

    Raises
    ------
    Blocked
        If blocking findings stand; they are listed and nothing is written.
    """
    from boundaries.checks import run
    from boundaries.services import publishing

    rules, settings = make_rules(sliver_width_m=sliver_width), context.settings()
    generation = publishing.publish(
        context.engine(),
        number,
        check=lambda plan: run(plan, rules),
        actor=context.actor(as_),
        four_eyes=settings.four_eyes,
        now=context.now(),
        today=context.today(),
        metric_plane=settings.metric_crs,
        note=note_text,
    )
    if format == "json":
        emit({"generation": generation.number, "draft": number, "published_at": generation.published_at}, format=format)
        return
    zh = context.language() == "zh"
    typer.echo(
        f"已发布:区划第 {generation.number} 版(调整方案 {number})"
        if zh
        else f"Published: generation {generation.number} (draft {number})"
    )
