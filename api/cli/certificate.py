"""Certificates on the command line: compare one with what stands here, write one to a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import VERSION
from api.cli import context
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.certificate import Agreement, Comparison
    from boundaries.snapshot import Snapshot

SERVICE = f"microgrid {VERSION}"
# Areas listed one by one on a terminal.
_LISTED = 30

CertificateFile = Annotated[
    Path | None,
    typer.Option("--certificate", metavar="FILE", help="与这份全覆盖证明核对 / compare with this certificate"),
]


def compare_with(file: Path, snapshot: "Snapshot", *, is_part: bool) -> "Comparison":
    """Recompute what a certificate says.

    Parameters
    ----------
    file : Path
        The certificate.
    snapshot : Snapshot
        What stands here.
    is_part : bool
        The snapshot holds one area only, and what lies below it.

    Returns
    -------
    Comparison

    Raises
    ------
    BadInput
        If the file is no certificate, or there are no areas to compare.
    CrsProblem
        If coordinates cannot be brought to EPSG:4490.
    """
    from boundaries.certificate import compare, prove_areas
    from boundaries.exchange.certificate_file import read_certificate

    certificate = read_certificate(file)
    if snapshot.is_parent_derived:
        raise BadInput(
            "核对全覆盖证明需要区域的边界。请用 --parents 给出区域文件。",
            "Comparing with a certificate needs the borders of the areas. Give their file with --parents.",
        )
    return compare(certificate, prove_areas(snapshot), is_part=is_part)


def comparison_record(found: "Comparison") -> dict[str, Any]:
    """A comparison as the member ``certificate`` of a report; ``docs/contracts.md`` lists every key."""
    return {
        "generation": found.certificate.generation,
        "digest": found.certificate.digest,
        "holds": found.holds,
        "areas": [
            {
                "code": area.code,
                "name": area.name,
                "holds": area.holds,
                "reasons": list(area.reasons),
                "place": area.place,
            }
            for area in found.areas
        ],
    }


def comparison_text(found: "Comparison") -> str:
    """A comparison as lines for people: the verdict, and each area that does not agree."""
    zh = context.language() == "zh"
    number, areas = found.certificate.generation, len(found.areas)
    wrong = [area for area in found.areas if not area.holds]
    if found.holds:
        verdict = f"成立,{areas} 个区域全部一致" if zh else f"holds for all of {areas} areas"
    else:
        verdict = (
            f"不成立,{areas} 个区域中 {len(wrong)} 个不一致"
            if zh
            else f"does not hold for {len(wrong)} of {areas} areas"
        )
    head = f"全覆盖证明(区划第 {number} 版){verdict}" if zh else f"the certificate of generation {number} {verdict}"
    more = len(wrong) - _LISTED
    rest = ([f"……还有 {more} 个区域"] if zh else [f"... and {more} more areas"]) if more > 0 else []
    return "\n".join([head, *(_line(area, zh=zh) for area in wrong[:_LISTED]), *rest])


def _line(area: "Agreement", *, zh: bool) -> str:
    from boundaries.certificate import REASONS

    words = (";" if zh else "; ").join(REASONS[reason][0 if zh else 1] for reason in area.reasons)
    place = "" if area.place is None else f" {area.place[0]:.9f},{area.place[1]:.9f}"
    return f"{area.name}({area.code}):{words}{place}" if zh else f"{area.name} ({area.code}): {words}{place}"


def export_certificate(file: Path, *, generation: int | None) -> None:
    """Write the certificate of a generation.

    Parameters
    ----------
    file : Path
        ``.json``.
    generation : int or None
        None means the newest.

    Raises
    ------
    BadInput
        If the file is no ``.json``, or cannot be written.
    NotFound
        If there is no such generation, or it has no certificate.
    """
    from api.cli.output import note
    from boundaries.exchange.certificate_file import write_certificate
    from boundaries.services.certifying import get_certificate
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = get_certificate(session, generation, service=SERVICE)
    write_certificate(file, found)
    zh = f"已写出区划第 {found.generation} 版的全覆盖证明:{file.name},摘要 {found.digest}"
    en = f"Wrote the certificate of generation {found.generation}: {file.name}, digest {found.digest}"
    note(zh if context.language() == "zh" else en)
