"""What was proved of each generation, as rows.

A generation proves the areas that it touches. Of the others the row of the last generation
that touched them holds on: not a vertex of theirs has moved since.
"""

from collections.abc import Sequence

from sqlalchemy import Text, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import Session

from boundaries.certificate import AreaProof
from boundaries.store import tables
from boundaries.store.overlay import Moment
from boundaries.store.surroundings import area_tree

_certificate, _audit = tables.certificate, tables.audit
_PUBLISHED = "generation.publish"


def keep_proofs(session: Session, generation: int, proofs: Sequence[AreaProof]) -> None:
    """Keep what was proved with a new generation; nobody can change it afterwards.

    Parameters
    ----------
    generation : int
    proofs : sequence of AreaProof
        Exact ones of areas that the generation holds. What is as the last row of its area
        says is not written again.
    """
    last = _last_rows(session, generation - 1, [proof.code for proof in proofs])
    proofs = [proof for proof in proofs if last.get(proof.code) != proof]
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
    """What is proved of a generation, by code; nothing for one of an older service, or that is not there."""
    published = select(tables.generation.c.number).where(tables.generation.c.number == generation)
    if session.execute(published).first() is None:
        return ()
    tree = area_tree(session, Moment(generation))
    found = _last_rows(session, generation, [tree.codes[number] for number in tree.to_fill()])
    return tuple(found[code] for code in sorted(found))


def _last_rows(session: Session, generation: int, codes: Sequence[str]) -> dict[str, AreaProof]:
    """The last row of each of these areas up to a generation."""
    code = tables.area.c.code
    query = (
        select(_certificate, code)
        .ext(distinct_on(_certificate.c.area_id))
        .join(tables.area, tables.area.c.id == _certificate.c.area_id)
        .where(_certificate.c.generation <= generation, code == func.any(bindparam("codes", type_=ARRAY(Text))))
        .order_by(_certificate.c.area_id, _certificate.c.generation.desc())
    )
    return {
        row.code: AreaProof(
            code=row.code,
            name=row.name,
            inner=tuple(row.inner_areas),
            grids=row.grids,
            segments=row.segments,
            boundary_segments=row.boundary_segments,
            grids_digest=bytes(row.grids_digest).hex(),
            boundary_digest=bytes(row.boundary_digest).hex(),
        )
        for row in session.execute(query, {"codes": sorted(codes)})
    }


def recorded_digest(session: Session, generation: int) -> str | None:
    """The digest of a generation's certificate as the audit trail has it, None where it has none."""
    query = select(_audit.c.detail).where(_audit.c.action == _PUBLISHED, _audit.c.subject == f"generation:{generation}")
    detail = session.execute(query).scalar_one_or_none()
    return None if detail is None else detail.get("certificate")
