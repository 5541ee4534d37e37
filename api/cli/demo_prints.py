"""What ``demo`` prints: a sheet of each community, the web map, the findings of the old drawing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from boundaries.errors import BadInput, system_reason_zh
from boundaries.exchange.placing import write_whole
from boundaries.exchange.writing import write_findings
from maps.sheet import SheetSpec, sheet
from maps.web import web_map

if TYPE_CHECKING:
    from boundaries.findings import Finding
    from boundaries.model import Area
    from boundaries.snapshot import Snapshot
    from geo.errors import Language

_PREVIEW_DPI = 100


def make_folder(folder: Path) -> Path:
    """Make a folder where it does not exist.

    Raises
    ------
    BadInput
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"不能建立文件夹 {folder}:{system_reason_zh(error)}。请用 --out 指定别处。",
            f"Cannot make the folder {folder}: {error.strerror}. Name another with --out.",
        ) from error
    return folder


def print_findings(
    folder: Path, plan: "Snapshot", findings: "Sequence[Finding]", *, day: date, language: "Language"
) -> dict[str, Path]:
    """Write the findings as a layer for a map, as a table for an office and as a page to look at.

    Returns
    -------
    dict of str to Path
        Files by suffix.

    Raises
    ------
    BadInput
        If the folder cannot be written to.
    """
    name = "原图问题" if language == "zh" else "findings"
    paths = {suffix: folder / f"{name}.{suffix}" for suffix in ("gpkg", "xlsx", "html")}
    for suffix in ("gpkg", "xlsx"):
        write_findings(paths[suffix], findings, plan, language)
    print_web_map(paths["html"], plan, findings, day=day, language=language)
    return paths


def print_web_map(
    path: Path, plan: "Snapshot", findings: "Sequence[Finding]" = (), *, day: date, language: "Language"
) -> None:
    """Write the map that a browser opens without any network.

    Raises
    ------
    BadInput
        If the folder cannot be written to.
    """
    page = web_map(plan, findings, day=day, language=language)
    write_whole(path, lambda place: _write_text(place, page))


def print_sheet(folder: Path, plan: "Snapshot", area: "Area", *, day: date, language: "Language") -> tuple[Path, Path]:
    """Print an area on A3, with a picture of its first page.

    Returns
    -------
    tuple of Path
        The PDF and the picture.

    Raises
    ------
    BadInput
        If the folder cannot be written to.
    Unavailable
        If the typeface or a drawing library is missing.
    """
    pdf, picture = folder / f"{area.name}.pdf", folder / f"{area.name}.png"
    spec = SheetSpec(date=day, area=area.code, language=language)
    printed = sheet(plan, spec)
    drawn = sheet(plan, replace(spec, file_format="png", dpi=_PREVIEW_DPI))
    write_whole(pdf, lambda place: _write_bytes(place, printed.data))
    write_whole(picture, lambda place: _write_bytes(place, drawn.data))
    return pdf, picture


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
