"""``draft``: the life of a draft without a browser."""

from typing import Annotated

import typer

from api.cli import context
from api.cli.check import show as show_findings
from api.cli.context import AreaCode, AsName, OutFile, OutputFormat
from api.cli.draft_edits import app as edits
from api.cli.draft_files import app as files
from api.cli.draft_hands import app as hands
from api.cli.draft_shown import Number, acknowledged, tell, tell_acknowledged, tell_next
from api.cli.draft_steps import app as steps
from api.cli.draft_undo import app as undoing
from api.cli.output import note
from api.cli.rules import MaxUnits, MinUnits, MixedShops, ShopUnits, SliverWidth, make_rules

app = typer.Typer(add_completion=False, no_args_is_help=True)
# Without a name its commands are ours: submit, approve, return, publish, abandon; export, edit.
app.add_typer(steps)
app.add_typer(edits)
app.add_typer(undoing)
app.add_typer(hands)
app.add_typer(files)

Strict = Annotated[bool, typer.Option("--strict", help="有任何问题都返回 1 / leave with 1 for advisory findings too")]


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
    tell([draft], format, is_one=True)
    tell_next(draft, format)


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
    tell(drafts, format)


@app.command("show", help="查看一个调整方案 / show one draft")
def show(number: Number, *, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Show one draft."""
    from boundaries.services.drafting import get_draft
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        draft = get_draft(session, number)
    tell([draft], format, is_one=True)


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
        1 where something blocks (with ``--strict``: where anything was found that nobody
        acknowledged), else 0.
    """
    from api.cli.sources import Files, State, read_snapshot
    from boundaries.checks import run
    from boundaries.services.acknowledging import sort_out
    from boundaries.store.engine import reading

    rules = make_rules(
        min_units=min_units,
        max_units=max_units,
        sliver_width_m=sliver_width,
        mixed_shops=mixed_shops,
        shop_units=shop_units,
    )
    snapshot = read_snapshot(Files(), State(draft=number))
    findings = run(snapshot, rules)
    with reading(context.engine()) as session:
        apart = sort_out(session, number, findings)
    told = [{**acknowledged(why), "at": why.at} for _, why in apart.acknowledged]
    shown = findings if format == "json" else apart.open
    show_findings(snapshot, shown, more={"acknowledged": told}, out=out, format=format)
    if format == "table":
        tell_acknowledged(apart.acknowledged)
    return int(any(strict or finding.severity == "blocking" for finding in apart.open))
