"""Findings kept with a draft or a generation.

Those of a generation hold until a later one looks at their place again, as states do.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from sqlalchemy import BigInteger, ColumnElement, Row, Text, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.acknowledging import Acknowledgement, place_of
from boundaries.findings import Finding
from boundaries.looking import Looking
from boundaries.store import tables
from boundaries.store.bulk import affected, copy_rows
from boundaries.store.queries import Query, shape_column, shapes
from boundaries.store.steps import to_acknowledgement
from geo.crs import STORAGE_CRS, SourceCrs, to_storage

_finding = tables.finding
_CONTENT = ("kind", "severity", "grids", "premises", "parent", "area_m2", "width_m", "value", "threshold", "households")


def keep_findings(
    session: Session, findings: Sequence[Finding], *, draft: int | None = None, generation: int | None = None
) -> int:
    """Keep findings with a draft, in place of those kept before, or with a new generation.

    Parameters
    ----------
    findings : sequence of Finding
        Of a snapshot from the database; faces are rounded to the storage grid.
    draft, generation : int
        Exactly one of the two.

    Returns
    -------
    int
        How many are kept.

    Raises
    ------
    BadInput
        By the rules of the table, if a blocking one were kept with a generation.
    """
    if draft is not None:
        affected(session, delete(_finding).where(_finding.c.draft_id == draft))
    _add(session, _rounded(findings), draft=draft, generation=generation)
    return len(findings)


def carry_findings(
    session: Session,
    generation: int,
    findings: Sequence[Finding],
    *,
    looking: Looking,
    known: Mapping[bytes, Acknowledgement],
) -> tuple[Finding, ...]:
    """Keep what a new generation was found to have where it was looked at; elsewhere what was found before holds on.

    Parameters
    ----------
    generation : int
    findings : sequence of Finding
        Of the snapshot that was looked at, which may show more than was looked at.
    looking : Looking
        What was looked at.
    known : mapping of bytes to Acknowledgement
        Acknowledgements that count, by place.

    Returns
    -------
    tuple of Finding
        Those that were written; what is as it was writes nothing.
    """
    found = [finding for finding in _rounded(findings) if looking.sees(finding)]
    columns = [_finding.c.id, _finding.c.acknowledgement_id, *_columns(), shape_column(_finding)]
    nowhere = or_(_finding.c.parent.is_(None), _finding.c.parent == func.any(_texts(looking.shown)))
    query: Query = select(*columns).where(_finding.c.generation.is_not(None), _finding.c.until.is_(None), nowhere)
    rows = session.execute(query.order_by(_finding.c.id)).all()
    stood = {
        row.id: (_to_finding(row, shape), row.acknowledgement_id)
        for row, shape in zip(rows, shapes(rows), strict=True)
        if looking.sees(_to_finding(row, None))
    }
    reasons = [_reason(finding, known) for finding in found]
    same = _pairs(list(zip(found, reasons, strict=True)), stood)
    ended = [number for number in stood if number not in same.values()]
    if ended:
        numbers = bindparam("ended", ended, type_=ARRAY(BigInteger))
        session.execute(update(_finding).where(_finding.c.id == func.any(numbers)).values(until=generation))
    new = [index for index in range(len(found)) if index not in same]
    fresh = [*(found[index] for index in new), *(looking.rest(stood[number][0]) for number in ended)]
    why = [*(reasons[index] for index in new), *(None for _ in ended)]
    kept = [(finding, reason) for finding, reason in zip(fresh, why, strict=True) if finding is not None]
    _add(session, [one for one, _ in kept], generation=generation, reasons=[reason for _, reason in kept])
    return tuple(one for one, _ in kept)


def _reason(finding: Finding, known: Mapping[bytes, Acknowledgement]) -> int | None:
    found = known.get(place_of(finding)) if known and finding.severity == "advisory" else None
    return None if found is None else found.id


def _pairs(
    found: Sequence[tuple[Finding, int | None]], stood: Mapping[int, tuple[Finding, int | None]]
) -> dict[int, int]:
    """Positions of findings that stood before in every word, and the numbers of their rows."""
    by_words: dict[tuple[object, ...], list[int]] = {}
    for number, (finding, _) in stood.items():
        by_words.setdefault(_words(finding), []).append(number)
    same: dict[int, int] = {}
    for index, one in enumerate(found):
        for number in by_words.get(_words(one[0]), []):
            if stood[number] == one:
                same[index] = number
                by_words[_words(one[0])].remove(number)
                break
    return same


def _words(finding: Finding) -> tuple[object, ...]:
    return finding.kind, finding.parent, finding.grids, finding.premises


def _rounded(findings: Sequence[Finding]) -> list[Finding]:
    faces = np.array([finding.geometry for finding in findings], dtype=object)
    if not len(faces):
        return []
    rounded = to_storage(faces, SourceCrs(STORAGE_CRS, STORAGE_CRS))
    return [replace(finding, geometry=shape) for finding, shape in zip(findings, rounded.tolist(), strict=True)]


def _add(
    session: Session,
    findings: Sequence[Finding],
    *,
    draft: int | None = None,
    generation: int | None = None,
    reasons: Sequence[int | None] | None = None,
) -> None:
    faces = np.array([finding.geometry for finding in findings], dtype=object)
    wkb = shapely.to_wkb(shapely.set_srid(faces, 4490), hex=True, include_srid=True) if len(faces) else faces
    rows = (
        (
            draft,
            generation,
            reason,
            one.kind,
            one.severity,
            list(one.grids),
            list(one.premises),
            one.parent,
            one.area_m2,
            one.width_m,
            one.value,
            one.limit,
            one.households,
            shape,
        )
        for one, shape, reason in zip(findings, wkb, reasons or [None] * len(findings), strict=True)
    )
    copy_rows(session, _finding, ("draft_id", "generation", "acknowledgement_id", *_CONTENT, "geom"), rows)


def kept_findings(session: Session, *, draft: int | None = None, generation: int | None = None) -> tuple[Finding, ...]:
    """Findings kept with a draft, or those that hold in a generation, in their order."""
    query: Query = select(*_columns(), shape_column(_finding)).order_by(_finding.c.id)
    rows = session.execute(query.where(_holds(draft, generation))).all()
    return tuple(_to_finding(row, shape) for row, shape in zip(rows, shapes(rows), strict=True))


def acknowledged_findings(session: Session, generation: int) -> tuple[tuple[Finding, Acknowledgement], ...]:
    """Findings of a generation that were acknowledged, each with why."""
    why = tables.finding_acknowledgement
    named = [column.label(f"why_{column.name}") for column in why.c]
    query: Query = select(*_columns(), shape_column(_finding), *named).order_by(_finding.c.id)
    query = query.join(why, why.c.id == _finding.c.acknowledgement_id).where(_holds(None, generation))
    rows = session.execute(query).all()
    return tuple(
        (_to_finding(row, shape), to_acknowledgement(row, prefix="why_"))
        for row, shape in zip(rows, shapes(rows), strict=True)
    )


def _holds(draft: int | None, generation: int | None) -> ColumnElement[bool]:
    if draft is not None:
        return _finding.c.draft_id == draft
    return and_(_finding.c.generation <= generation, func.coalesce(_finding.c.until > generation, True))


def _columns() -> list[Any]:  # Any: columns of several types
    return [_finding.c[name] for name in _CONTENT]


def _texts(codes: Collection[str]) -> ColumnElement[Any]:  # Any: an array
    # One parameter however many there are.
    return bindparam("codes", sorted(codes), type_=ARRAY(Text))


def _to_finding(row: Row[Any], shape: Any) -> Finding:  # Any: the columns of the table; a shape or None
    return Finding(
        kind=row.kind,
        grids=tuple(row.grids),
        premises=tuple(row.premises),
        parent=row.parent,
        area_m2=row.area_m2,
        width_m=row.width_m,
        value=row.value,
        limit=row.threshold,
        geometry=shape,
        households=row.households,
    )
