"""``draft``: the life of a draft without a browser."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.check import show as show_findings
from api.cli.context import AreaCode, AsName, OutFile, OutputFormat
from api.cli.output import emit, note
from api.cli.rules import MaxUnits, MinUnits, MixedShops, ShopUnits, SliverWidth, make_rules

if TYPE_CHECKING:
    from boundaries.lifecycle import Draft

app = typer.Typer(add_completion=False, no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="N", min=1, help="调整方案编号 / number of the draft")]
Strict = Annotated[bool, typer.Option("--strict", help="有任何问题都返回 1 / leave with 1 for advisory findings too")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="说明 / what people should know")]


@app.command("open", help="新建调整方案 / open a draft on the newest generation")
def open_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="方案名称 / what people call it")],
    *,
    area: AreaCode = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Open a draft."""
    from boundaries.services.drafting import open_draft
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        draft = open_draft(session, name=name, actor=context.actor(as_), area=area, now=context.now())
    _tell([draft], format, is_one=True)
    _tell_next(draft, format)


@app.command("list", help="列出调整方案 / list drafts, newest first")
def list_(
    *,
    every: Annotated[
        bool, typer.Option("--all", help="包括已发布和已作废的 / published and abandoned ones too")
    ] = False,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """List the drafts that are still being worked on."""
    from boundaries.services.drafting import list_drafts
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        drafts = list_drafts(session, statuses=None if every else ("open", "submitted", "approved"))
    if not drafts and format == "table":
        note("没有调整方案。" if context.language() == "zh" else "There are no drafts.")
        return
    _tell(drafts, format)


@app.command("show", help="查看一个调整方案 / show one draft")
def show(number: Number, *, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Show one draft."""
    from boundaries.services.drafting import get_draft
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        draft = get_draft(session, number)
    _tell([draft], format, is_one=True)


@app.command("check", help="检查一个调整方案 / find everything wrong with a draft")
def check(
    number: Number,
    *,
    min_units: MinUnits = None,
    max_units: MaxUnits = None,
    sliver_width: SliverWidth = None,
    mixed_shops: MixedShops = None,
    shop_units: ShopUnits = None,
    strict: Strict = False,
    out: OutFile = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> int:
    """Check a draft as publishing will.

    Returns
    -------
    int
        1 where something blocks (with ``--strict``: where anything was found), else 0.
    """
    from api.cli.sources import Files, State, read_snapshot
    from boundaries.checks import run

    rules = make_rules(
        min_units=min_units,
        max_units=max_units,
        sliver_width_m=sliver_width,
        mixed_shops=mixed_shops,
        shop_units=shop_units,
    )
    snapshot = read_snapshot(Files(), State(draft=number))
    findings = run(snapshot, rules)
    show_findings(snapshot, findings, out=out, format=format)
    return int(any(strict or finding.severity == "blocking" for finding in findings))


@app.command("submit", help="提交审核 / hand in for approval")
def submit(number: Number, *, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002
    """Hand a draft in for approval."""
    from boundaries.services.drafting import submit as step
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        draft = step(session, number, actor=context.actor(as_), now=context.now())
    _tell([draft], format, is_one=True)
    _tell_next(draft, format)


@app.command("approve", help="审核通过 / approve")
def approve(number: Number, *, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002
    """Approve a submitted draft."""
    from boundaries.services.drafting import approve as step
    from boundaries.store.engine import writing

    four_eyes = context.settings().four_eyes
    with writing(context.engine()) as session:
        draft = step(session, number, actor=context.actor(as_), four_eyes=four_eyes, now=context.now())
    _tell([draft], format, is_one=True)
    _tell_next(draft, format)


@app.command("return", help="退回修改 / give back for more work")
def return_(
    number: Number,
    *,
    note_text: Note = "",
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Give a submitted or approved draft back to its author."""
    from boundaries.services.drafting import return_draft
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        draft = return_draft(session, number, actor=context.actor(as_), note=note_text, now=context.now())
    _tell([draft], format, is_one=True)


@app.command("abandon", help="作废 / give a draft up")
def abandon(number: Number, *, as_: AsName = None, format: OutputFormat = "table") -> None:  # noqa: A002
    """Give a draft up."""
    from boundaries.services.drafting import abandon as step
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        draft = step(session, number, actor=context.actor(as_), now=context.now())
    _tell([draft], format, is_one=True)


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


def _tell(drafts: "Sequence[Draft]", format: OutputFormat, *, is_one: bool = False) -> None:  # noqa: A002
    from boundaries.lifecycle import STATUS_NAMES

    zh = context.language() == "zh"
    records = [
        {
            "id": draft.id,
            "name": draft.name,
            "area": draft.area,
            "base_generation": draft.base_generation,
            "status": draft.status,
            "revision": draft.revision,
            "created_by": draft.created_by,
            "created_at": draft.created_at,
        }
        for draft in drafts
    ]
    if format == "json":
        emit(records[0] if is_one else records, format=format)
        return
    headers = (
        ("编号", "名称", "区域", "基于版本", "状态", "修改次数", "编制人", "建立时间") if zh else tuple(records[0])
    )
    for record, draft in zip(records, drafts, strict=True):
        record["created_at"] = context.local_time(draft.created_at)
        record["status"] = STATUS_NAMES[draft.status][0 if zh else 1]
    emit([dict(zip(headers, record.values(), strict=True)) for record in records])


# What comes after each step; {n} is the number of the draft.
_NEXT = {
    "open": (
        "下一步:用 load grids 文件 --draft {n} 导入改好的图,再用 draft check {n} 检查。",
        "Next: load the changed drawing with load grids FILE --draft {n}, then draft check {n}.",
    ),
    "submitted": (
        "下一步:由另一位同事用 draft approve {n} 审核通过,或用 draft return {n} 退回。",
        "Next: a colleague approves it with draft approve {n}, or gives it back with draft return {n}.",
    ),
    "approved": ("下一步:用 draft publish {n} 发布。", "Next: draft publish {n}."),
}


def _tell_next(draft: "Draft", format: OutputFormat) -> None:  # noqa: A002  the option's own name
    """Say to people what comes next."""
    if format == "table" and draft.status in _NEXT:
        note(_NEXT[draft.status][0 if context.language() == "zh" else 1].format(n=draft.id))
