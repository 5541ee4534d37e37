"""Write a draft as a package for QGIS: what may be edited, what lies around it, and what the check says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from boundaries.checks import run
from boundaries.errors import BadInput, Forbidden
from boundaries.exchange.placing import require_place, write_whole
from boundaries.exchange.qgis.layers import project_layers
from boundaries.exchange.qgis.package import Marks, write_package
from boundaries.findings import Finding
from boundaries.lifecycle import Draft, require_open
from boundaries.rules import Rules
from boundaries.services import reading
from boundaries.snapshot import Snapshot
from boundaries.store.drafts import read_draft
from boundaries.tiers import Tier
from geo.errors import Language

# Buildings, streets and grids joined over more ground than this are not for everybody.
_GUARDED_M2 = 25e6


@dataclass(frozen=True)
class DraftPlan:
    """A draft with its findings, read at one moment.

    Attributes
    ----------
    draft : Draft
    snapshot : Snapshot
    findings : tuple of Finding
    """

    draft: Draft
    snapshot: Snapshot
    findings: tuple[Finding, ...]


def plan_of(
    session: Session,
    draft_id: int,
    rules: Rules,
    *,
    today: date,
    area: str | None = None,
    metric_plane: str | None = None,
) -> DraftPlan:
    """Read a draft that is to be edited elsewhere, and check it.

    Parameters
    ----------
    draft_id : int
    rules : Rules
        Of the check.
    today : date
        The day for which the registers are read.
    area : str, optional
        Code of an area: only what is below it; by default the draft's own area.
    metric_plane : str, optional
        The metric system to measure in.

    Returns
    -------
    DraftPlan

    Raises
    ------
    NotFound
        If there is no such draft or area.
    Conflict
        If the draft is not open.
    BadInput
        If there are no grids to be edited.
    """
    draft = read_draft(session, draft_id)
    require_open(draft)
    scope = area or draft.area
    snapshot = reading.snapshot(session, today=today, draft=draft_id, area=scope, metric_plane=metric_plane)
    if not snapshot.grids:
        raise BadInput(
            f"调整方案 {draft_id} 中{f'区域 {scope} ' if scope else ''}没有网格,没有可改画的内容。请先导入网格。",
            f"Draft {draft_id} has no micro-grids{f' in area {scope}' if scope else ''} to be drawn. Load some first.",
        )
    return DraftPlan(draft, snapshot, run(snapshot, rules))


def require_cleared(snapshot: Snapshot, tier: Tier) -> None:
    """Make sure that who is to have the file may have so much of a city in one.

    Raises
    ------
    Forbidden
        If buildings, streets and grids of more than 25 km² would be joined below the restricted tier.
    """
    joined = snapshot.buildings and snapshot.streets
    ground_m2 = sum(snapshot.metric.area_m2([grid.polygon for grid in snapshot.grids if grid.layer == "tile"]))
    if joined and ground_m2 > _GUARDED_M2 and tier != "restricted":
        raise Forbidden(
            f"文件会把 {ground_m2 / 1e6:.0f} km² 的楼栋、道路和网格合在一起,超过 25 km² 须有受限级权限。"
            "请用 --area 只导出一个社区,或用 --tier restricted(会记录)。",
            f"The file would join buildings, streets and grids of {ground_m2 / 1e6:.0f} km²; more than 25 km² needs "
            "the restricted tier. Export one community with --area, or use --tier restricted, which is on record.",
        )


def write_draft_package(
    path: Path, plan: DraftPlan, *, tier: Tier, actor: str, language: Language, now: datetime | None = None
) -> tuple[Path, ...]:
    """Write a draft as a GeoPackage with its QGIS project, whole or not at all.

    Parameters
    ----------
    path : Path
        ``.gpkg``.
    plan : DraftPlan
    tier : Tier
        Fields above it are left out.
    actor : str
        Who exports.
    language : {"zh", "en"}
    now : datetime, optional
        By default this machine's clock.

    Returns
    -------
    tuple of Path
        The files written: the package and the project beside it.

    Raises
    ------
    BadInput
        If the suffix is another, the folder cannot be written to, or a program has the file open.
    Forbidden
        If the tier does not allow so much in one file.
    """
    require_place(path, suffixes=(".gpkg",), option="FILE")
    _require_closed(path)
    require_cleared(plan.snapshot, tier)
    draft, snapshot = plan.draft, plan.snapshot
    at = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    title = f"调整方案 {draft.id} {draft.name}" if language == "zh" else f"Draft {draft.id} {draft.name}"
    marks = Marks(draft.id, draft.revision, title, snapshot.scope, at, actor)
    layers = project_layers(snapshot, _located(plan.findings), tier=tier, language=language)
    return write_whole(path, lambda place: write_package(place, layers, snapshot.grids, marks))


def _require_closed(path: Path) -> None:
    """Refuse to replace a package that is open: what that program has yet to write would get into the new one."""
    if path.with_name(f"{path.name}-wal").exists():
        raise BadInput(
            f"{path.name} 正被 QGIS 等程序打开。请先关闭,或换一个文件名。",
            f"{path.name} is open in QGIS or another program. Close it there, or choose another name.",
        )


def _located(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings that can be shown on a map."""
    return tuple(finding for finding in findings if finding.geometry is not None)
