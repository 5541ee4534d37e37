"""Prove a division when it is published, hand the certificate out, and prove it again after a restore."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from boundaries.certificate import AreaProof, Certificate, division_digest, prove_areas
from boundaries.errors import BadInput, Blocked, NotFound
from boundaries.lifecycle import Draft
from boundaries.services.reading import current_generation, get_generation, snapshot
from boundaries.services.sealing import head_at_publication
from boundaries.snapshot import Snapshot
from boundaries.store.certificates import kept_proofs, recorded_digest
from geo.errors import Language

_NAMED = 10


def require_exact(draft: Draft, plan: Snapshot) -> tuple[AreaProof, ...]:
    """Prove every area of a plan that a draft would publish.

    Parameters
    ----------
    draft : Draft
        Named in the refusal.
    plan : Snapshot
        As read from the database.

    Returns
    -------
    tuple of AreaProof
        By code, all of them exact.

    Raises
    ------
    Blocked
        If anything is left when boundaries cancel.
    """
    proofs = prove_areas(plan)
    wrong = [proof for proof in proofs if not proof.is_exact]
    if wrong:
        more = len(wrong) - _NAMED
        lines_zh = [_line(proof, "zh") for proof in wrong[:_NAMED]] + ([f"…… 另有 {more} 个区域"] if more > 0 else [])
        lines_en = [_line(proof, "en") for proof in wrong[:_NAMED]] + ([f"… and {more} more"] if more > 0 else [])
        raise Blocked(
            f"调整方案 {draft.id}“{draft.name}”不能证明全覆盖:有 {len(wrong)} 个区域的边界没有逐点对上,未发布。"
            f"请用 repair --draft {draft.id} 修补后再发布:\n" + "\n".join(lines_zh),
            f'Draft {draft.id} "{draft.name}" is not proved to be an exact coverage: borders of {len(wrong)} areas do '
            f"not match vertex by vertex; nothing is published. Mend them with repair --draft {draft.id}, then publish "
            "again:\n" + "\n".join(lines_en),
        )
    return proofs


def get_certificate(session: Session, number: int | None, *, service: str) -> Certificate:
    """The certificate of a generation.

    Parameters
    ----------
    number : int or None
        Of the generation; None means the newest.
    service : str
        Name and version of this program.

    Returns
    -------
    Certificate

    Raises
    ------
    NotFound
        If there is no such generation, or it has no certificate.
    """
    wanted = number if number is not None else current_generation(session)
    if wanted is None:
        raise NotFound(
            "还没有发布任何版本,因此没有全覆盖证明。请先发布区划。",
            "No generation is published yet, so there is no certificate. Publish a division first.",
        )
    generation = get_generation(session, wanted)
    proofs = kept_proofs(session, wanted)
    if not proofs:
        raise NotFound(
            f"区划第 {wanted} 版没有全覆盖证明:它由旧版程序发布,或没有要划分的区域。下一次发布的版本会有证明。",
            f"Generation {wanted} has no certificate: an older program published it, or it has no area to divide. "
            "The next one will have one.",
        )
    return Certificate(service, wanted, generation.published_at, proofs, head_at_publication(session, wanted))


def verify_newest(session: Session, *, today: date) -> int | None:
    """Prove the newest generation again, from its coordinates as they are read now.

    Parameters
    ----------
    today : date
        The day for which the registers are read.

    Returns
    -------
    int or None
        Areas proved; None where there is no generation, or it has no certificate.

    Raises
    ------
    BadInput
        If the division is not the one that was certified, or the certificate is not the
        one that the audit trail has.
    """
    number = current_generation(session)
    if number is None:
        return None
    kept, recorded = kept_proofs(session, number), recorded_digest(session, number)
    if not kept and recorded is None:
        return None
    found = prove_areas(snapshot(session, generation=number, today=today))
    if recorded != division_digest(kept) or found != kept:
        places = _differing(kept, found)
        places_zh, places_en = "、".join(places) or "操作日志", ", ".join(places) or "audit trail"
        raise BadInput(
            f"区划第 {number} 版与它的全覆盖证明不符({places_zh}):内容被改动或缺失。请换一份备份并查明原因。",
            f"Generation {number} does not agree with its certificate ({places_en}): "
            "something was changed or is missing. Take another backup and find out why.",
        )
    return len(found)


def _differing(kept: Sequence[AreaProof], found: Sequence[AreaProof]) -> list[str]:
    first = {proof.code: proof for proof in kept}
    second = {proof.code: proof for proof in found}
    return [code for code in sorted(first.keys() | second.keys()) if first.get(code) != second.get(code)][:_NAMED]


def _line(proof: AreaProof, language: Language) -> str:
    is_zh = language == "zh"
    words = [proof.name, f"({proof.code})"]
    if proof.unmatched is None:
        words.append("有图形无效" if is_zh else "a shape is not valid")
    else:
        words.append(f"{proof.unmatched} 段边界无对应" if is_zh else f"{proof.unmatched} segments match nothing")
    if proof.place is not None:
        words.append(f"{proof.place[0]:.9f},{proof.place[1]:.9f}")
    return "  " + " ".join(words)
