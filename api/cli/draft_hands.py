"""``draft``: share a draft, hand it over, say that one has it open."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.draft_shown import Number
from api.cli.output import emit, note

if TYPE_CHECKING:
    from boundaries.store.sharing import Hands

app = typer.Typer(add_completion=False)

Accounts = Annotated[
    list[str] | None, typer.Argument(metavar="ACCOUNT…", help="账号;不写则收回共享 / none takes all shares back")
]


@app.command("share", help="共享给同事 / share with colleagues")
def share(
    number: Number,
    accounts: Accounts = None,
    *,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Share a draft with these people, and with nobody else."""
    from boundaries.services import sharing
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        hands = sharing.share(session, number, accounts or [], actor=context.actor(as_), now=context.now())
    _tell(number, hands, format)


@app.command("handover", help="移交 / let somebody else answer for it")
def hand_over(
    number: Number,
    to: Annotated[str, typer.Argument(metavar="ACCOUNT", help="账号 / whose it is to be")],
    *,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Hand a draft over."""
    from boundaries.services import sharing
    from boundaries.store.engine import writing

    with writing(context.engine()) as session:
        hands = sharing.hand_over(session, number, to, actor=context.actor(as_), now=context.now())
    _tell(number, hands, format)


@app.command("lease", help="告知同事正在编辑 / say that one has it open")
def lease(
    number: Number,
    *,
    minutes: Annotated[int, typer.Option("--minutes", min=1, max=480, help="多久 / for how long")] = 60,
    take_over: Annotated[bool, typer.Option("--take-over", help="接管 / end the lease of somebody else")] = False,
    end: Annotated[bool, typer.Option("--end", help="不再编辑 / say that one has it open no more")] = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Say that one has a draft open; it locks nothing."""
    from boundaries.services import sharing
    from boundaries.store.engine import writing

    actor, now = context.actor(as_), context.now()
    with writing(context.engine()) as session:
        if end:
            sharing.give_lease_back(session, number, actor=actor, now=now)
        else:
            sharing.take_lease(session, number, actor=actor, minutes=minutes, take_over=take_over, now=now)
        hands = sharing.hands_of(session, [number], now=now)[number]
    _tell(number, hands, format)


def _tell(number: int, hands: "Hands", format: OutputFormat) -> None:  # noqa: A002  the option's own name
    held = hands.lease
    if format == "json":
        emit(
            {
                "draft": number,
                "owner": hands.owner,
                "shared_with": list(hands.shared_with),
                "lease": None if held is None else {"holder": held.holder, "until": held.until},
            },
            format=format,
        )
        return
    zh = context.language() == "zh"
    note(f"负责人:{hands.owner}" if zh else f"Owner: {hands.owner}")
    if hands.shared_with:
        note(f"共享:{'、'.join(hands.shared_with)}" if zh else f"Shared with: {', '.join(hands.shared_with)}")
    if held is not None:
        until = context.local_time(held.until)
        note(f"{held.holder} 正在编辑,到 {until}" if zh else f"{held.holder} has it open until {until}")
