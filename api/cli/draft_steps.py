"""``draft``: the steps on the way to publication."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.draft_shown import Number, tell, tell_next
from api.cli.draft_shown import acknowledged as shown_acknowledged
from api.cli.output import emit, note, table
from api.cli.rules import SliverWidth, make_rules
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.merging import Collision
    from boundaries.services.rebasing import Side

app = typer.Typer(add_completion=False)

Keep = Annotated[
    list[str] | None,
    typer.Option(
        "--keep", metavar="mine|theirs=CODE,…", help="冲突内容保留哪一方,可重复 / which side to keep of what collides"
    ),
]
OnDay = Annotated[
    datetime | None,
    typer.Option("--on", metavar="DATE", formats=["%Y-%m-%d"], help="生效日,到日由后台任务发布 / day to publish it on"),
]
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
def approve(
    number: Number,
    *,
    on: OnDay = None,
    note_text: Note = "",
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Take the next review of a submitted draft; with the last one it is approved."""
    from boundaries.services.reviewing import approve as step
    from boundaries.store.engine import writing

    settings = context.settings()
    with writing(context.engine()) as session:
        draft = step(
            session,
            number,
            actor=context.actor(as_),
            four_eyes=settings.four_eyes,
            levels=settings.review_steps,
            apart=settings.steps_apart,
            on=on.date() if on is not None else None,
            today=context.today(),
            note=note_text,
            now=context.now(),
        )
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
        apart=settings.steps_apart,
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


@app.command("rebase", help="以最新版为底稿,列出冲突 / carry over onto the newest generation")
def rebase(
    number: Number,
    *,
    keep: Keep = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> int:
    """Carry a draft over; what collides stays as it is until it is chosen.

    Returns
    -------
    int
        3 while anything collides, else 0.
    """
    from boundaries.services.rebasing import rebase as carry_over
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        found = carry_over(session, number, actor=context.actor(as_), keep=_choices(keep or []), now=context.now())
    zh = context.language() == "zh"
    base = found.draft.base_generation
    if format == "json":
        record = {
            "draft": number,
            "from": found.since,
            "to": base,
            "carried": list(found.carried),
            "needless": list(found.needless),
            "refined": list(found.refined),
            "collisions": [_collision(one) for one in found.collisions],
        }
        emit(record, format=format)
        return 3 if found.collisions else 0
    told = f"调整方案 {number} 现以第 {base} 版为底稿" if zh else f"Draft {number} stands on generation {base} now"
    both = len(found.carried) + len(found.refined)
    if both:
        told += f",{both} 处两边的改动已合并" if zh else f"; {both} things go together with what was published"
    typer.echo(told + ("。" if zh else "."))
    if found.collisions:
        _tell_collisions(found.collisions, number, zh=zh)
        return 3
    return 0


@app.command("acknowledge", help="确认保留建议处理的问题 / let advisory findings stand, with the reason")
def acknowledge(
    number: Number,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="为什么可以保留 / why they may stand")],
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="问题类别,可重复 / kind of finding")
    ] = None,
    grid: Annotated[
        list[str] | None, typer.Option("--grid", metavar="CODE", help="涉及的网格,可重复 / a grid that they name")
    ] = None,
    premises: Annotated[
        list[str] | None,
        typer.Option("--premises", metavar="building:CODE", help="涉及的楼栋小区商铺 / premises that they name"),
    ] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Let advisory findings of a draft stand; without kind, grid and premises, all that it has."""
    from boundaries.checks import run
    from boundaries.services import acknowledging
    from boundaries.services.surroundings import look_at_draft
    from boundaries.store.engine import reading, writing

    engine, settings = context.engine(), context.settings()
    with reading(engine) as session:
        looked = look_at_draft(session, number, today=context.today(), metric_plane=settings.metric_crs)
    findings = acknowledging.chosen(
        run(looked.plan, make_rules()), kinds=kind or (), grids=grid or (), premises=premises or ()
    )
    with writing(engine) as session:
        given = acknowledging.acknowledge(
            session, number, findings, reason=reason, actor=context.actor(as_), now=context.now()
        )
    if format == "json":
        records = [shown_acknowledged(one) for one in given]
        emit(records, format=format)
        return
    zh = context.language() == "zh"
    typer.echo(f"已确认保留 {len(given)} 处问题:{reason}" if zh else f"{len(given)} findings may stand: {reason}")


def _choices(keep: list[str]) -> "dict[str, Side]":
    """What ``--keep mine=CODE`` and ``--keep theirs=CODE`` choose, by code."""
    chosen: dict[str, Side] = {}
    for text in keep:
        side, _, codes = text.partition("=")
        if side not in ("mine", "theirs") or not codes.strip():
            raise BadInput(
                f"--keep {text} 写法不对。应为 mine=编码 或 theirs=编码,多个编码用逗号隔开。",
                f"--keep {text} is not understood. Write mine=CODE or theirs=CODE, several codes with commas.",
            )
        for code in codes.split(","):
            chosen[code.strip()] = "mine" if side == "mine" else "theirs"
    return chosen


def _collision(one: "Collision") -> dict[str, object]:
    from shapely.geometry import mapping

    return {
        "thing": one.thing,
        "code": one.code,
        "columns": list(one.columns),
        "mine": None if one.mine is None else mapping(one.mine),
        "theirs": None if one.theirs is None else mapping(one.theirs),
        "drawn_by": list(one.drawn_by),
        "generation": one.generation,
        "published_by": one.published_by,
        "published_at": one.published_at,
        "their_authors": list(one.their_authors),
    }


def _tell_collisions(collisions: "tuple[Collision, ...]", number: int, *, zh: bool) -> None:
    columns = (
        ("内容", "编码", "版本", "对方", "我方") if zh else ("thing", "code", "generation", "theirs by", "mine by")
    )
    rows = [
        (one.thing, one.code, one.generation, "、".join(one.their_authors), "、".join(one.drawn_by))
        for one in collisions
    ]
    table("", columns, rows)
    note(
        f"以上内容两边都改过,均未改动。保留我方:draft rebase {number} --keep mine=编码;采用对方:--keep theirs=编码。"
        if zh
        else "Both sides changed these; they stay as they are. Keep yours with "
        f"draft rebase {number} --keep mine=CODE, take theirs with --keep theirs=CODE."
    )
