"""Advisory findings of a draft that somebody lets stand, with the reason."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from boundaries import acknowledging
from boundaries.acknowledging import Acknowledgement, Sorted
from boundaries.errors import BadInput
from boundaries.findings import Finding
from boundaries.services import journal
from boundaries.store.drafts import read_draft
from boundaries.store.findings import acknowledged_findings as kept
from boundaries.store.steps import acknowledgements, keep_acknowledgements


def sort_out(session: Session, draft_id: int, findings: Sequence[Finding]) -> Sorted:
    """Part the findings of a draft that were acknowledged, in it or in what it stands on, from those that were not.

    Raises
    ------
    NotFound
        If there is no such draft.
    """
    draft = read_draft(session, draft_id)
    known = acknowledgements(session, draft=draft_id, base=draft.base_generation)
    return acknowledging.sort_out(findings, known)


def acknowledge(
    session: Session,
    draft_id: int,
    findings: Sequence[Finding],
    *,
    reason: str,
    actor: str,
    now: datetime | None = None,
) -> tuple[Acknowledgement, ...]:
    """Let findings of a draft stand. They are looked for again at every check; only the reason is kept.

    Parameters
    ----------
    draft_id : int
    findings : sequence of Finding
        As a check of the draft gives them.
    reason : str
    actor : str
    now : datetime, optional
        By default the database's clock.

    Returns
    -------
    tuple of Acknowledgement

    Raises
    ------
    NotFound
        If there is no such draft.
    BadInput
        If one of them blocks, there is none, or there is no reason.
    """
    draft = read_draft(session, draft_id, lock=True)
    if not findings:
        raise BadInput(
            f"调整方案 {draft_id} 没有这样的建议处理问题。请用 draft check {draft_id} 查看问题的类别和网格。",
            f"Draft {draft_id} has no such advisory finding. See kinds and grids with draft check {draft_id}.",
        )
    given = acknowledging.acknowledge(findings, reason=reason, actor=actor)
    keep_acknowledgements(session, draft_id, given)
    journal.record(
        session,
        actor=actor,
        action="draft.acknowledge",
        subject=f"draft:{draft_id}",
        detail={
            "revision": draft.revision,
            "reason": reason.strip(),
            "findings": [{"kind": one.kind, "grids": one.grids, "premises": one.premises} for one in given],
        },
        now=now,
    )
    return given


def acknowledged_in(session: Session, generation: int) -> tuple[tuple[Finding, Acknowledgement], ...]:
    """Findings of a generation that were acknowledged, each with why."""
    return kept(session, generation)


def chosen(
    findings: Sequence[Finding],
    *,
    kinds: Sequence[str] = (),
    grids: Sequence[str] = (),
    premises: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Advisory findings of these kinds that name any of these grids or premises; what is not named is not asked for."""
    return tuple(
        finding
        for finding in findings
        if finding.severity == "advisory"
        and (not kinds or finding.kind in kinds)
        and (not (grids or premises) or {*grids, *premises} & {*finding.grids, *finding.premises})
    )
