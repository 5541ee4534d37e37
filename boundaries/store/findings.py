"""Findings kept with a draft or a generation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from boundaries.findings import Finding
from boundaries.store import tables
from boundaries.store.bulk import affected, copy_rows
from boundaries.store.queries import Query, shape_column, shapes
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
    faces = np.array([finding.geometry for finding in findings], dtype=object)
    rounded = to_storage(faces, SourceCrs(STORAGE_CRS, STORAGE_CRS)) if len(faces) else faces
    wkb = shapely.to_wkb(shapely.set_srid(rounded, 4490), hex=True, include_srid=True) if len(faces) else faces
    rows = (
        (
            draft,
            generation,
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
        for one, shape in zip(findings, wkb, strict=True)
    )
    copy_rows(session, _finding, ("draft_id", "generation", *_CONTENT, "geom"), rows)
    return len(findings)


def kept_findings(session: Session, *, draft: int | None = None, generation: int | None = None) -> tuple[Finding, ...]:
    """Findings kept with a draft or a generation, in their order."""
    columns = [_finding.c[name] for name in _CONTENT]
    query: Query = select(*columns, shape_column(_finding)).order_by(_finding.c.id)
    if draft is not None:
        query = query.where(_finding.c.draft_id == draft)
    else:
        query = query.where(_finding.c.generation == generation)
    rows = session.execute(query).all()
    return tuple(_to_finding(row, shape) for row, shape in zip(rows, shapes(rows), strict=True))


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
