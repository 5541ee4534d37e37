"""What was proved of each generation, as rows."""

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from boundaries.certificate import AreaProof
from boundaries.store import tables

_certificate, _audit = tables.certificate, tables.audit
_PUBLISHED = "generation.publish"


def keep_proofs(session: Session, generation: int, proofs: Sequence[AreaProof]) -> None:
    """Keep what was proved with a new generation; nobody can change it afterwards.

    Parameters
    ----------
    generation : int
    proofs : sequence of AreaProof
        Exact ones of areas that the generation holds.
    """
    if not proofs:
        return
    codes = select(tables.area.c.code, tables.area.c.id).where(tables.area.c.code.in_([proof.code for proof in proofs]))
    numbers = {row.code: row.id for row in session.execute(codes)}
    rows = [
        {
            "generation": generation,
            "area_id": numbers[proof.code],
            "name": proof.name,
            "inner_areas": list(proof.inner),
            "grids": proof.grids,
            "segments": proof.segments,
            "boundary_segments": proof.boundary_segments,
            "grids_digest": bytes.fromhex(proof.grids_digest),
            "boundary_digest": bytes.fromhex(proof.boundary_digest),
        }
        for proof in proofs
    ]
    session.execute(insert(_certificate), rows)


def kept_proofs(session: Session, generation: int) -> tuple[AreaProof, ...]:
    """What was proved when a generation was published, by code; nothing for one of an older service."""
    query = select(_certificate, tables.area.c.code).join(tables.area, tables.area.c.id == _certificate.c.area_id)
    found = [
        AreaProof(
            code=row.code,
            name=row.name,
            inner=tuple(row.inner_areas),
            grids=row.grids,
            segments=row.segments,
            boundary_segments=row.boundary_segments,
            grids_digest=bytes(row.grids_digest).hex(),
            boundary_digest=bytes(row.boundary_digest).hex(),
        )
        for row in session.execute(query.where(_certificate.c.generation == generation))
    ]
    return tuple(sorted(found, key=lambda proof: proof.code))


def recorded_digest(session: Session, generation: int) -> str | None:
    """The digest of a generation's certificate as the audit trail has it, None where it has none."""
    query = select(_audit.c.detail).where(_audit.c.action == _PUBLISHED, _audit.c.subject == f"generation:{generation}")
    detail = session.execute(query).scalar_one_or_none()
    return None if detail is None else detail.get("certificate")
