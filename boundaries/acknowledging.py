"""Findings that somebody has looked at and lets stand, with the reason.

An acknowledgement holds for what a finding concerns and where it lies. When a border there
moves, or other grids or premises come into it, it is asked for again; a grid that only
received vertices is the same place.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from boundaries.errors import BadInput
from boundaries.findings import Finding

# About 0.1 m: a vertex put into a border moves its middle far less, a border that is meant to move moves it more.
_PLACE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Why a finding may stand.

    Attributes
    ----------
    place : bytes
        As :func:`place_of` gives it.
    kind : str
    grids, premises : tuple of str
        Those that the finding names.
    parent : str or None
    reason : str
    actor : str
    at : datetime or None
        None before it is kept.
    id : int or None
    """

    place: bytes
    kind: str
    grids: tuple[str, ...]
    premises: tuple[str, ...]
    parent: str | None
    reason: str
    actor: str
    at: datetime | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Sorted:
    """Findings apart: those that stand open, and those acknowledged, each with why."""

    open: tuple[Finding, ...]
    acknowledged: tuple[tuple[Finding, Acknowledgement], ...]


def place_of(finding: Finding) -> bytes:
    """A digest of what a finding concerns and where it lies.

    Parameters
    ----------
    finding : Finding
        Of a state from the database.

    Returns
    -------
    bytes
        SHA-256; the same for a shape that only received vertices.
    """
    shape = finding.geometry
    where: list[float] = []
    if shape is not None and not shape.is_empty:
        middle = shape.centroid
        # Adding nothing turns the negative zero into the positive one.
        where = [round(value, _PLACE_DECIMALS) + 0.0 for value in (*shape.bounds, middle.x, middle.y)]
    content = [finding.kind, finding.parent, sorted(finding.grids), sorted(finding.premises), where]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()


def acknowledge(findings: Iterable[Finding], *, reason: str, actor: str) -> tuple[Acknowledgement, ...]:
    """Acknowledge findings.

    Parameters
    ----------
    findings : iterable of Finding
        Advisory ones.
    reason : str
        Why they may stand.
    actor : str

    Returns
    -------
    tuple of Acknowledgement

    Raises
    ------
    BadInput
        If one blocks, or there is no reason.
    """
    if not reason.strip():
        raise BadInput(
            "没有写明理由。请用 --reason 说明这些问题为什么可以保留。",
            "No reason is given. Say with --reason why these findings may stand.",
        )
    chosen = tuple(findings)
    for finding in chosen:
        if finding.severity == "blocking":
            named = "、".join((*finding.grids, *finding.premises)) or finding.parent or ""
            raise BadInput(
                f"“{finding.name('zh')}”({named})必须处理,不能确认保留。请改正后再检查。",
                f'"{finding.name("en")}" ({named}) blocks and cannot be acknowledged. Mend it and check again.',
            )
    return tuple(
        Acknowledgement(
            place_of(one), one.kind, one.grids, one.premises, one.parent, reason=reason.strip(), actor=actor
        )
        for one in chosen
    )


def sort_out(findings: Sequence[Finding], known: Iterable[Acknowledgement]) -> Sorted:
    """Part the findings that are acknowledged from those that are not.

    Parameters
    ----------
    findings : sequence of Finding
    known : iterable of Acknowledgement
        Of one place the last counts.

    Returns
    -------
    Sorted
        In the order of the findings; blocking ones are always open.
    """
    by_place: Mapping[bytes, Acknowledgement] = {one.place: one for one in known}
    pairs = [
        (finding, None if finding.severity == "blocking" or not by_place else by_place.get(place_of(finding)))
        for finding in findings
    ]
    return Sorted(
        tuple(finding for finding, why in pairs if why is None),
        tuple((finding, why) for finding, why in pairs if why is not None),
    )
