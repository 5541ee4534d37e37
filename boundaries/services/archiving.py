"""The yearly archive: one folder that says all of a generation, and opens in ten years without this program."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from boundaries.errors import BadInput, NotFound, system_reason_zh
from boundaries.exchange.archive_words import README, SHEETS, readme
from boundaries.exchange.certificate_file import write_certificate
from boundaries.exchange.formats import Columns, geopackage_writer
from boundaries.exchange.placing import write_whole
from boundaries.exchange.register_sheet import register_writer
from boundaries.exchange.wording import layer_name
from boundaries.exchange.writing import layer_columns
from boundaries.lifecycle import Generation
from boundaries.model import Area
from boundaries.register_of_changes import register_rows
from boundaries.services.certifying import get_certificate
from boundaries.services.change_report import Form, change_writer
from boundaries.services.comparing import all_changes
from boundaries.services.reading import get_generation, snapshot
from boundaries.snapshot import Snapshot
from boundaries.store.overlay import Moment
from boundaries.tiers import FIELDS, Tier, sees

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
# Larger data of streets and buildings together with grids is not for everybody.
_OPEN_GROUND_M2 = 25e6
_TOGETHER = frozenset({"buildings", "streets"})

Draw = Callable[[Snapshot, Area], bytes]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What archive is wanted.

    Attributes
    ----------
    generation : int
    since : int or None
        An older generation, to tell what changed since; None tells nothing.
    day : date
        For which the registers are read.
    tier : Tier
        Of who will have the archive.
    service : str
        Name and version of this program.
    timezone : str
    metric_plane : str or None
    """

    generation: int
    since: int | None
    day: date
    tier: Tier
    service: str
    timezone: str
    metric_plane: str | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """What was written: the folder, its files, and names of layers that the tier may not see together."""

    folder: Path
    files: tuple[str, ...]
    left_out: tuple[str, ...]


def sheet_areas(plan: Snapshot) -> tuple[Area, ...]:
    """The areas that get a sheet: communities that hold grids, else the areas that grids fill."""
    held = {area.code for parent in plan.parents for area in plan.ancestors(parent.code)}
    communities = tuple(area for area in plan.areas if area.level == "community" and area.code in held)
    return communities or plan.parents


def write_archive(session: Session, folder: Path, order: Order, *, draw: Draw, advance: Progress) -> Archive:
    """Write the archive of a generation; the folder appears when all of it is written and read back.

    Parameters
    ----------
    folder : Path
        Must not exist, or be empty.
    order : Order
    draw : callable
        From the plan and an area to its sheet, a PDF.
    advance : callable
        Told of every sheet that is done.

    Returns
    -------
    Archive

    Raises
    ------
    BadInput
        If the folder cannot be used.
    NotFound
        If there is no such generation, or it has no certificate.
    """
    _require_free(folder)
    generation = get_generation(session, order.generation)
    plan = snapshot(session, today=order.day, generation=order.generation, metric_plane=order.metric_plane)
    try:
        aside = Path(tempfile.mkdtemp(prefix=".archive-", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        left_out = _write_plan(session, aside, plan, order)
        _write_changes(session, aside, order)
        (aside / SHEETS).mkdir()
        for area in sheet_areas(plan):
            (aside / SHEETS / f"{area.code}.pdf").write_bytes(draw(plan, area))
            advance(1)
        files = _seal(aside, generation, order, readme(plan, generation, left_out, day=order.day, tier=order.tier))
        verify_archive(aside)
        if folder.exists():
            folder.rmdir()
        aside.chmod(0o755)
        aside.replace(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Archive(folder, files, left_out)


def verify_archive(folder: Path) -> Mapping[str, Any]:
    """Compare every file of an archive with its manifest.

    Returns
    -------
    mapping
        The manifest.

    Raises
    ------
    BadInput
        If it is no archive, or a file is missing, was changed, or was added.
    """
    try:
        manifest: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = {str(one["path"]): str(one["sha256"]) for one in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{folder} 不是归档文件夹。", f"{folder} is no archive.") from error
    present = set(_files(folder)) - {MANIFEST, SUMS}
    wrong = sorted(
        present ^ listed.keys() | {name for name in present & listed.keys() if _sha256(folder / name) != listed[name]}
    )
    if wrong:
        raise BadInput(
            f"归档 {folder} 与清单不符:{'、'.join(wrong[:5])}。文件缺失、被改动或多出。请换一份完好的归档。",
            f"The archive {folder} does not agree with its manifest: {', '.join(wrong[:5])} is missing, changed or "
            "too many. Take another copy.",
        )
    return manifest


def year_moments(generations: Mapping[int, date], year: int) -> tuple[int, int | None]:
    """The generation in force at the end of a year, and that of the year before.

    Parameters
    ----------
    generations : mapping
        Number -> day of publication.
    year : int

    Raises
    ------
    NotFound
        If none was published by the end of the year.
    """
    held = [
        max((number for number, day in generations.items() if day.year <= end), default=None)
        for end in (year, year - 1)
    ]
    if held[0] is None:
        raise NotFound(f"到 {year} 年底为止尚未发布任何版本。", f"No generation was published by the end of {year}.")
    return held[0], held[1]


def _write_plan(session: Session, folder: Path, plan: Snapshot, order: Order) -> tuple[str, ...]:
    ground = sum(plan.metric.area_m2(area.polygon) for area in plan.parents)
    is_open = ground <= _OPEN_GROUND_M2 or sees(order.tier, "restricted")
    layers: dict[str, Columns] = {}
    for layer in FIELDS:
        if is_open or layer not in _TOGETHER:
            columns = layer_columns(layer, plan, tier=order.tier)
            if len(columns):
                layers[layer_name(layer, "zh")] = columns
    write_whole(folder / "区划.gpkg", geopackage_writer(layers))
    rows = register_rows(plan, tier=order.tier)
    write_whole(folder / "登记表.xlsx", register_writer(rows, title=f"微网格登记表({plan.title('zh')})"))
    certificate = get_certificate(session, order.generation, service=order.service)
    write_certificate(folder / "全覆盖证明.json", certificate)
    return () if is_open else tuple(layer_name(layer, "zh") for layer in FIELDS if layer in _TOGETHER)


def _write_changes(session: Session, folder: Path, order: Order) -> None:
    if order.since is None:
        return
    found = all_changes(
        session,
        Moment(order.since),
        Moment(order.generation),
        today=order.day,
        timezone=order.timezone,
        metric_plane=order.metric_plane,
    )
    form = Form(".gpkg", order.tier, "zh", order.day)
    for name in ("变更对照.gpkg", "变更登记表.xlsx", "变更对照.json"):
        path = folder / name
        write_whole(path, change_writer(session, found, replace(form, suffix=path.suffix)))


def _seal(folder: Path, generation: Generation, order: Order, words: str) -> tuple[str, ...]:
    """Write what says what is what, then the digests of all files."""
    # With a byte-order mark, so that old editors show Chinese.
    (folder / README).write_text(words, encoding="utf-8-sig", newline="\r\n")
    files = _files(folder)
    sums = {name: _sha256(folder / name) for name in files}
    manifest = {
        "format": "microgrid-archive",
        "version": 1,
        "service": order.service,
        "generation": order.generation,
        "since": order.since,
        "published_at": generation.published_at.isoformat(),
        "day": order.day.isoformat(),
        "tier": order.tier,
        "files": [
            {"path": name, "bytes": (folder / name).stat().st_size, "sha256": digest} for name, digest in sums.items()
        ],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    lines = [f"{digest}  {name}\n" for name, digest in sums.items()]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return (*files, MANIFEST, SUMS)


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(
            f"{folder} 已存在且不是空文件夹。请用 --out 指定一个新的文件夹。",
            f"{folder} exists and is no empty folder. Name a new one with --out.",
        )


def _unwritable(folder: Path, error: OSError) -> BadInput:
    return BadInput(
        f"不能写入 {folder}:{system_reason_zh(error)}。请用 --out 指定别处。",
        f"Cannot write {folder}: {error.strerror}. Name another place with --out.",
    )
