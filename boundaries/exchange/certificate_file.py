"""Certificates as JSON; ``docs/formats/certificate.md`` is the definition."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from boundaries.certificate import AreaProof, Certificate
from boundaries.chain import Head
from boundaries.errors import BadInput
from boundaries.exchange.placing import write_whole
from geo.crs import STORAGE_CRS

FORMAT = "microgrid-certificate"
VERSION = 1
_STEP = "1e-9"
_DIGITS = frozenset("0123456789abcdef")


def certificate_record(certificate: Certificate) -> dict[str, Any]:
    """A certificate as the object that JSON holds.

    Parameters
    ----------
    certificate : Certificate
        Of a published generation.

    Returns
    -------
    dict
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "service": certificate.service,
        "generation": certificate.generation,
        "published_at": certificate.published_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "crs": STORAGE_CRS,
        "step": _STEP,
        "areas": [
            {
                "code": area.code,
                "name": area.name,
                "inner": list(area.inner),
                "grids": area.grids,
                "segments": area.segments,
                "boundary_segments": area.boundary_segments,
                "grids_digest": area.grids_digest,
                "boundary_digest": area.boundary_digest,
                "exact": area.is_exact,
            }
            for area in certificate.areas
        ],
        "digest": certificate.digest,
        **({} if certificate.seal is None else {"audit": _seal_record(certificate.seal)}),
    }


def write_certificate(path: Path, certificate: Certificate) -> None:
    """Write a certificate, whole or not at all.

    Parameters
    ----------
    path : Path
        ``.json``.
    certificate : Certificate

    Raises
    ------
    BadInput
        If the suffix is another, or the folder cannot be written to.
    """
    if path.suffix.lower() != ".json":
        raise BadInput(
            f"证明写成 .json 文件,{path.name} 不是。请换一个文件名。",
            f"A certificate is a .json file, and {path.name} is none. Choose another name.",
        )
    text = json.dumps(certificate_record(certificate), ensure_ascii=False, indent=1) + "\n"

    def write(place: Path) -> None:
        place.write_text(text, encoding="utf-8")

    write_whole(path, write)


def read_certificate(path: Path) -> Certificate:
    """Read a certificate.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Certificate

    Raises
    ------
    BadInput
        If the file is missing, no certificate, of another version, or does not agree with itself.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput(f"找不到文件 {path}。请检查路径。", f"There is no file {path}. Check the path.") from None
    except UnicodeDecodeError as error:
        raise _no_certificate(path) from error
    try:
        record = json.loads(text)
        if record["format"] != FORMAT:
            raise _no_certificate(path)
        _require_version(path, record)
        certificate = Certificate(
            service=str(record["service"]),
            generation=int(record["generation"]),
            published_at=datetime.fromisoformat(record["published_at"]),
            areas=tuple(_area(area) for area in record["areas"]),
            seal=_seal(record["audit"]) if "audit" in record else None,
        )
        said = record["digest"]
        if len({area.code for area in certificate.areas}) < len(certificate.areas):
            raise _no_certificate(path)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_certificate(path) from error
    if said != certificate.digest:
        raise BadInput(
            f"{path.name} 与自身不符(digest 对不上),内容被改动过。请重新导出全覆盖证明。",
            f"{path.name} does not agree with itself (its digest differs): it was changed. Export it anew.",
        )
    return certificate


def _seal_record(seal: Head) -> dict[str, Any]:
    return {
        "seal": seal.seal,
        "entries": seal.entries,
        "sealed_at": seal.sealed_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "digest": seal.digest,
    }


def _seal(record: Mapping[str, Any]) -> Head:
    if len(record["digest"]) != 64 or not set(record["digest"]) <= _DIGITS:
        raise ValueError
    sealed_at = datetime.fromisoformat(record["sealed_at"])
    return Head(int(record["seal"]), int(record["entries"]), record["digest"], sealed_at)


def _area(record: Mapping[str, Any]) -> AreaProof:
    digests = [record["grids_digest"], record["boundary_digest"]]
    counts = [record["grids"], record["segments"], record["boundary_segments"]]
    if any(len(digest) != 64 or not set(digest) <= _DIGITS for digest in digests):
        raise ValueError
    if any(type(count) is not int for count in counts):
        raise TypeError
    return AreaProof(
        code=str(record["code"]),
        name=str(record["name"]),
        inner=tuple(map(str, record["inner"])),
        grids=counts[0],
        segments=counts[1],
        boundary_segments=counts[2],
        grids_digest=digests[0],
        boundary_digest=digests[1],
        is_exact=record["exact"] is True,
    )


def _require_version(path: Path, record: Mapping[str, Any]) -> None:
    found = (record["version"], record["crs"], record["step"])
    if found != (VERSION, STORAGE_CRS, _STEP):
        zh, en = "、".join(map(str, found)), ", ".join(map(str, found))
        raise BadInput(
            f"{path.name} 是另一种全覆盖证明({zh}),本程序只认第 {VERSION} 版。请用更新的程序核对。",
            f"{path.name} is a certificate of another kind ({en}); this program knows version {VERSION}. "
            "Check it with a newer program.",
        )


def _no_certificate(path: Path) -> BadInput:
    return BadInput(
        f"{path.name} 不是全覆盖证明。请给出 export certificate 写出的 .json 文件。",
        f"{path.name} is no certificate. Give the .json file that export certificate wrote.",
    )
