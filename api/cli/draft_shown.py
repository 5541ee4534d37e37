"""How the ``draft`` verbs show a draft, and say what comes next."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import OutputFormat
from api.cli.output import emit, note, table

if TYPE_CHECKING:
    from boundaries.acknowledging import Acknowledgement
    from boundaries.findings import Finding
    from boundaries.lifecycle import Draft

Number = Annotated[int, typer.Argument(metavar="N", min=1, help="调整方案编号 / number of the draft")]


def tell(drafts: "Sequence[Draft]", format: OutputFormat, *, is_one: bool = False) -> None:  # noqa: A002  the option's own name
    """Show drafts, as a table for people or as JSON."""
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
# Where a day is named.
_ON_ITS_DAY = (
    "将于 {day} 由后台任务(worker)发布;用 draft publish {n} 可立即发布。",
    "The worker publishes it on {day}; draft publish {n} does so at once.",
)


def tell_next(draft: "Draft", format: OutputFormat) -> None:  # noqa: A002  the option's own name
    """Say to people what comes next."""
    if format != "table" or draft.status not in _NEXT:
        return
    words = _ON_ITS_DAY if draft.status == "approved" and draft.publish_on is not None else _NEXT[draft.status]
    note(words[0 if context.language() == "zh" else 1].format(n=draft.id, day=draft.publish_on))


def acknowledged(why: "Acknowledgement") -> dict[str, object]:
    """What may stand and why, as a record."""
    return {
        "kind": why.kind,
        "grids": list(why.grids),
        "premises": list(why.premises),
        "parent": why.parent,
        "reason": why.reason,
        "actor": why.actor,
    }


def tell_acknowledged(found: "Sequence[tuple[Finding, Acknowledgement]]") -> None:
    """Say to people what was acknowledged, and why."""
    if not found:
        return
    zh = context.language() == "zh"
    typer.echo("")
    columns = ("已确认保留", "网格", "理由", "确认人") if zh else ("acknowledged", "grids", "reason", "by")
    rows = [
        (finding.name("zh" if zh else "en"), "、".join(finding.grids), why.reason, why.actor) for finding, why in found
    ]
    table("", columns, rows)
