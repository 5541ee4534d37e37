"""``audit``: the trail of who did what, shown, verified, taken out, and pruned after its years."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.output import emit, note
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.chain import Entry
    from boundaries.services.trail_check import TrailState
    from boundaries.store.trail import Sought

app = typer.Typer(add_completion=False, no_args_is_help=True)

_NOT_WHOLE = 1

Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], metavar="DAY", help="从这一天起 / from this day on"),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], metavar="DAY", help="到这一天为止 / up to and with this day"),
]
Actor = Annotated[str | None, typer.Option("--actor", metavar="NAME", help="谁做的 / who did it")]
Action = Annotated[
    str | None,
    typer.Option("--action", metavar="WORD", help="做了什么,如 draft 或 draft.open / what was done"),
]
Subject = Annotated[
    str | None, typer.Option("--subject", metavar="NAME", help="对什么做的,如 draft:3 / to what, such as draft:3")
]


@app.command("list", help="查看操作日志,新的在前 / show entries, newest first")
def list_(
    *,
    since: Since = None,
    until: Until = None,
    actor: Actor = None,
    action: Action = None,
    subject: Subject = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="最多多少条 / at most so many")] = 50,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Show entries, newest first."""
    from boundaries.exchange.audit_file import COLUMNS
    from boundaries.services.journal import entries
    from boundaries.store.engine import reading

    sought = _sought(since, until, actor, action, subject)
    with reading(context.engine()) as session:
        found = entries(session, sought=sought, limit=limit)
    rows = [_row(entry) for entry in found]
    if format == "table":
        rows = [{**row, "at": context.local_time(entry.at)} for row, entry in zip(rows, found, strict=True)]
        for row in rows:
            del row["digest"]
        if context.language() == "zh":
            rows = [{COLUMNS[name]: value for name, value in row.items()} for row in rows]
    emit(rows, format=format)


@app.command(help="从头核对全部封记;不完整时退出码为 1 / verify every seal; exit code 1 where the trail is not whole")
def verify(
    *,
    head: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="DIGEST", help="已知的封记摘要,可重复 / digest of a seal that is known"),
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option("--certificate", metavar="FILE", help="其中记有封记的全覆盖证明 / a certificate that names one"),
    ] = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Compute every digest again, and look for those that are known from elsewhere.

    Raises
    ------
    BadInput
        If a certificate names no seal, or cannot be read.
    """
    from boundaries.services.trail_check import verify_trail
    from boundaries.store.engine import reading

    known = [*(head or []), *map(_head_in, certificate or [])]
    with reading(context.engine()) as session:
        state = verify_trail(session, known=known)
    emit(trail_record(state), format=format, label=context.label)
    if state.fault is not None:
        note(state.fault.text(context.language()))
        raise typer.Exit(_NOT_WHOLE)


@app.command(help="导出操作日志,导出本身也记入日志 / write entries to a file; that is an entry, too")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl 或 .csv,由后缀决定 / by suffix")],
    *,
    since: Since = None,
    until: Until = None,
    actor: Actor = None,
    action: Action = None,
    subject: Subject = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Write entries to a file, oldest first.

    Raises
    ------
    BadInput
        If the suffix is another, or the folder cannot be written to.
    """
    from boundaries.exchange.audit_file import write_audit
    from boundaries.services import journal
    from boundaries.store.engine import reading, writing

    sought = _sought(since, until, actor, action, subject)
    engine = context.engine()
    with writing(engine) as session:
        journal.record_read(
            session,
            actor=context.actor(as_),
            way="export",
            subject="layer:audit",
            detail={"file": file.name},
            now=context.now(),
        )
    with reading(engine) as session:
        rows = (_row(entry) for entry in journal.every_entry(session, sought=sought))
        count = write_audit(file, rows, language=context.language())
    emit({"file": file, "entries": count}, format=format, label=context.label)


@app.command(help="清理保存期已满的日志,封记保留 / throw away entries that are old enough; the seals stay")
def prune(
    *,
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", help="保留最近多少天,不少于设定的天数 / keep so many days at least"),
    ] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Throw away entries that are old enough, but those about drafts, generations and the trail itself.

    Raises
    ------
    BadInput
        If fewer days are to be kept than the setting says.
    """
    from api.cli.owner import owner_url
    from boundaries.services.sealing import prune as prune_trail
    from boundaries.store.engine import connect, writing

    least = context.settings().audit_keep_days
    kept = least if days is None else days
    if kept < least:
        raise BadInput(
            f"操作日志至少保留 {least} 天,不能只留 {kept} 天。请用更大的 --days,或改设定 MICROGRID_AUDIT_KEEP_DAYS。",
            f"Entries are kept for at least {least} days, not {kept}. Give more --days, or set "
            "MICROGRID_AUDIT_KEEP_DAYS.",
        )
    now = context.now()
    # The service's own role may throw nothing away.
    engine = connect(owner_url(), pool_size=1, statement_timeout_s=0)
    try:
        with writing(engine) as session:
            count = prune_trail(session, older_than=now - timedelta(days=kept), actor=context.actor(as_), now=now)
    finally:
        engine.dispose()
    emit({"pruned": count, "kept_days": kept}, format=format, label=context.label)


def trail_record(state: "TrailState") -> dict[str, Any]:
    """What is told of a verified trail."""
    head, fault = state.head, state.fault
    return {
        "whole": state.is_whole,
        "entries": state.entries,
        "pruned": state.pruned,
        "unsealed": state.waiting,
        "seal": head.seal if head is not None else None,
        "digest": head.digest if head is not None else None,
        "fault": fault.kind if fault is not None else None,
        "position": fault.position if fault is not None else None,
        "entry": fault.entry if fault is not None else None,
    }


def _sought(
    since: datetime | None, until: datetime | None, actor: str | None, action: str | None, subject: str | None
) -> "Sought":
    from boundaries.store.trail import Sought

    zone = ZoneInfo(context.settings().timezone)
    return Sought(
        since=since.replace(tzinfo=zone) if since is not None else None,
        until=(until + timedelta(days=1)).replace(tzinfo=zone) if until is not None else None,
        actor=actor,
        action=action,
        subject=subject,
    )


def _row(entry: "Entry") -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "seal": entry.seal,
        "digest": entry.digest,
    }


def _head_in(path: Path) -> str:
    from boundaries.exchange.certificate_file import read_certificate

    seal = read_certificate(path).seal
    if seal is None:
        raise BadInput(
            f"{path.name} 没有记录操作日志的封记(由旧版程序写出)。请给出较新的全覆盖证明。",
            f"{path.name} names no seal of the audit trail; an older program wrote it. Give a newer certificate.",
        )
    return seal.digest
