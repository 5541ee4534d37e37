"""How the ``draft`` verbs that edit send commands, and tell what came of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.cli import context
from api.cli.context import OutputFormat
from api.cli.output import emit, note, write_json
from boundaries.errors import BadInput


def edit_draft(
    number: int,
    asked: Sequence[Any],
    *,
    as_: str | None,
    format: OutputFormat,  # noqa: A002  the option's own name
    key: str | None = None,
    dry_run: bool = False,
) -> None:
    """Edit a draft by commands as they are sent over HTTP, and tell what came of it.

    Raises
    ------
    BadInput
        If a command is not written as it should be, or cannot be done.
    """
    from pydantic import TypeAdapter, ValidationError

    from api.cli.rules import make_rules
    from api.schemas.commands import AnyCommand
    from boundaries.services.editing_batch import Batch, edit
    from boundaries.store.engine import writing

    try:
        commands: list[Any] = TypeAdapter(list[AnyCommand]).validate_python(list(asked))
    except ValidationError as error:
        raise _refusal(error) from error
    batch = Batch(
        commands=tuple(one.command() for one in commands),
        asked=[one.model_dump(mode="json", exclude_defaults=True) | {"do": one.do} for one in commands],
        idempotency_key=key,
        dry_run=dry_run,
    )
    with writing(context.engine()) as session:
        report = edit(
            session,
            number,
            batch,
            actor=context.actor(as_),
            today=context.today(),
            rules=make_rules(),
            metric_plane=context.settings().metric_crs,
            now=context.now(),
        )
    if format == "json":
        write_json(report)
        return
    _tell(report)


def _refusal(error: Any) -> BadInput:  # Any: what pydantic raises
    from api.problems import fault_text

    lines_zh = [f"{'/'.join(map(str, one['loc']))}:{fault_text(one, 'zh')}" for one in error.errors()[:10]]
    lines_en = [f"{'/'.join(map(str, one['loc']))}: {fault_text(one, 'en')}" for one in error.errors()[:10]]
    return BadInput("操作写得不对:\n" + "\n".join(lines_zh), "The commands are not right:\n" + "\n".join(lines_en))


def _tell(report: Mapping[str, Any]) -> None:
    zh = context.language() == "zh"
    households = report["households"]
    rows = [
        {
            ("编码" if zh else "code"): grid["code"],
            ("名称" if zh else "name"): grid["name"],
            ("户数(前→后)" if zh else "households"): _counts(households.get(grid["code"])),
        }
        for grid in report["grids"]
    ]
    if rows:
        emit(rows)
    counts = {
        ("撤销网格" if zh else "retired"): "、".join(report["retired"]),
        ("只加顶点" if zh else "refined"): len(report["refined"]) or "",
        ("随之划转" if zh else "assignments that follow"): len(report["assignments"]) or "",
        ("待定零块" if zh else "pieces to decide"): sum(not one["is_decided"] for one in report["remainders"]) or "",
        ("附近问题" if zh else "findings near"): len(report["findings"]) or "",
    }
    for name, value in counts.items():
        if value:
            note(f"{name}:{value}" if zh else f"{name}: {value}")
    if report["dry_run"]:
        note("只是试算,未写入。" if zh else "A dry run: nothing is written.")
    elif report["change"] is not None:
        step = report["change"]
        note(
            f"已作为第 {step} 步写入;撤销:draft undo {report['draft']}"
            if zh
            else f"Written as change {step}; take it back with draft undo {report['draft']}"
        )


def _counts(counts: Mapping[str, int | None] | None) -> str:
    if counts is None:
        return ""
    before, after = ("?" if counts[side] is None else str(counts[side]) for side in ("before", "after"))
    return f"{before} → {after}"
