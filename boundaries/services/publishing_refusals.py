"""Why a draft is not published, told with the places."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy.orm import Session

from boundaries.errors import BadInput, Blocked, Conflict
from boundaries.findings import KINDS, Finding, blocking
from boundaries.lifecycle import Draft
from boundaries.store import releases, states
from boundaries.store.overlay import Moment
from geo.errors import Language
from geo.metric import centre

_NAMED = 10


def require_clean(draft: Draft, findings: Sequence[Finding]) -> None:
    """Make sure that nothing blocks.

    Raises
    ------
    Blocked
        Naming what does, and where.
    """
    stand = blocking(findings)
    if not stand:
        return
    counts = Counter(finding.kind for finding in stand)
    sums_zh = "、".join(f"{KINDS[kind].name_zh} {count}" for kind, count in counts.items())
    sums_en = ", ".join(f"{KINDS[kind].name_en.lower()} {count}" for kind, count in counts.items())
    more = len(stand) - _NAMED
    lines_zh = [_place(finding, "zh") for finding in stand[:_NAMED]] + ([f"…… 另有 {more} 处"] if more > 0 else [])
    lines_en = [_place(finding, "en") for finding in stand[:_NAMED]] + ([f"… and {more} more"] if more > 0 else [])
    raise Blocked(
        f"调整方案 {draft.id}“{draft.name}”有 {len(stand)} 处必须处理的问题({sums_zh}),未发布。"
        f"请用 draft check {draft.id} 查看并改正:\n" + "\n".join(lines_zh),
        f'Draft {draft.id} "{draft.name}" has {len(stand)} blocking findings ({sums_en}); nothing is published. '
        f"See them with draft check {draft.id} and mend them:\n" + "\n".join(lines_en),
    )


def require_codes_apart(session: Session, draft: Draft, number: int) -> None:
    """Two drafts in different areas may each give a code: one to a micro-grid, the other to a part.

    Raises
    ------
    Blocked
        Naming the codes.
    """
    twice = releases.codes_twice(session, number)
    require_clean(draft, [Finding("duplicate_code", grids=(code,), value=2.0, limit=1.0) for code in twice])


def require_tree(session: Session, draft: Draft, number: int) -> None:
    """Of two drafts that are each in order, one may retire an area and the other hang one below it.

    Raises
    ------
    Conflict
        If areas of the new generation do not stand below their parents.
    """
    try:
        states.require_tree(session, Moment(number))
    except BadInput as wrong:
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”与之后发布的版本合在一起,区域的上下级不成立,未发布。"
            f"请改正后再发布。\n{wrong.zh}",
            f'Draft {draft.id} "{draft.name}" does not go with what was published since: areas do not stand below '
            f"their parents; nothing is published. Mend it and publish again.\n{wrong.en}",
        ) from wrong


def _place(finding: Finding, language: Language) -> str:
    words = [finding.name(language), *finding.grids, *finding.premises]
    if finding.parent:
        words.append(f"({finding.parent})" if language == "zh" else f"in {finding.parent}")
    if finding.area_m2 is not None:
        words.append(f"{finding.area_m2:.2f} m²")
    if finding.geometry is not None and not finding.geometry.is_empty:
        x, y = centre(finding.geometry)
        words.append(f"{x:.6f},{y:.6f}")
    return "  " + " ".join(words)
