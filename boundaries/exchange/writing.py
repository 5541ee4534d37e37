"""Values of the plan, and findings, as columns to be written."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from boundaries.errors import BadInput
from boundaries.exchange.formats import Columns, write_columns
from boundaries.exchange.shapes import shapes_of
from boundaries.exchange.wording import spoken, words_of
from boundaries.findings import Finding, premises_text
from boundaries.snapshot import Snapshot
from boundaries.tiers import FIELDS, Tier, header, phone_for, visible_fields
from geo.crs import STORAGE_CRS, SourceCrs, parse_crs, project, round_to_storage
from geo.errors import CrsProblem, Language

_LISTS = "、"
_SHP_TEXT_BYTES = 254
_SEVERITIES: dict[Language, dict[str, str]] = {
    "zh": {"blocking": "必须处理", "advisory": "建议处理"},
    "en": {"blocking": "blocking", "advisory": "advisory"},
}
_FINDING_HEADERS: dict[Language, tuple[str, ...]] = {
    "zh": ("问题", "类别", "级别", "面积m2", "宽度m", "网格", "对象", "区域", "数值", "限值", "户数"),
    "en": (
        "name",
        "kind",
        "severity",
        "area_m2",
        "width_m",
        "grids",
        "premises",
        "parent",
        "value",
        "limit",
        "households",
    ),
}


def layer_columns(layer: str, snapshot: Snapshot, *, tier: Tier, language: Language = "zh") -> Columns:
    """One layer of a snapshot with the fields that a tier may see.

    Parameters
    ----------
    layer : str
        A key of :data:`boundaries.tiers.FIELDS`.
    snapshot : Snapshot
    tier : Tier
    language : {"zh", "en"}
        Of the headers; in Chinese, codes of lists become words too.

    Returns
    -------
    Columns
        In the snapshot's coordinates.

    Raises
    ------
    BadInput
        If there is no such layer.
    """
    if layer not in FIELDS:
        raise BadInput(
            f"没有图层“{layer}”。可用:{'、'.join(FIELDS)}。",
            f'There is no layer "{layer}". Known are: {", ".join(FIELDS)}.',
        )
    values = _values(layer, snapshot)
    fields = visible_fields(layer, tier)
    columns = {
        header(layer, name, language): _column(layer, name, values, snapshot, tier=tier, language=language)
        for name in fields
    }
    if layer == "parts":
        owners = {part.code: grid.polygon for grid in snapshot.grids for part in grid.parts}
        return Columns(columns, _objects([owners[part.code] for _, part in values]), snapshot.crs)
    shapes = shapes_of(values)
    return Columns(columns, shapes if layer not in {"people", "assignments"} else None, snapshot.crs)


def _values(layer: str, snapshot: Snapshot) -> Sequence[Any]:
    if layer == "parts":
        return [(grid, part) for grid in snapshot.grids for part in grid.parts]
    return tuple(getattr(snapshot, layer))


def _column(
    layer: str, name: str, values: Sequence[Any], snapshot: Snapshot, *, tier: Tier, language: Language
) -> list[Any]:
    found = [_field(layer, value, name, tier, language) for value in values]
    if language == "en":
        return found
    words = words_of(layer, name, snapshot)
    return [spoken(value, words) for value in found]


def _field(layer: str, value: Any, name: str, tier: Tier, language: Language) -> Any:
    special: dict[tuple[str, str], Callable[[], Any]] = {
        ("grids", "parent"): lambda: value.area,
        ("parts", "grid"): lambda: value[0].code,
        ("people", "phone"): lambda: phone_for(tier, value.phone, is_published=value.phone_published),
        ("assignments", "reason"): lambda: value.reason_zh if language == "zh" else value.reason_en,
    }
    if (layer, name) in special:
        return special[layer, name]()
    found = getattr(value[1] if layer == "parts" else value, name)
    if name == "units":
        return _LISTS.join(found) or None
    if name == "floors" and isinstance(found, tuple):
        return f"{found[0]}-{found[1]}"
    return found


def _objects(shapes: Sequence[Any]) -> Any:
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def in_crs(columns: Columns, crs: str | None) -> Columns:
    """The same columns with shapes in another system.

    Parameters
    ----------
    columns : Columns
    crs : str or None
        Name of the system; None changes nothing.

    Returns
    -------
    Columns
        Degrees rounded to the storage grid.

    Raises
    ------
    CrsProblem
        If the system is not known or not safe.
    BadInput
        If it is a shifted one: nothing is written in GCJ-02 or BD-09.
    """
    if crs is None or columns.geometry is None or columns.crs is None:
        return columns
    target = parse_crs(crs)
    if target.shift is not None:
        raise BadInput(
            f"不能导出为 {target.name}(加密偏移坐标)。请用 EPSG:4490 或 EPSG:4549。",
            f"Nothing is written in {target.name}, which is shifted. Use EPSG:4490 or EPSG:4549.",
        )
    source = columns.crs

    def move(xy: Any) -> Any:
        moved = project(xy, source, target.base)
        return round_to_storage(moved) if target.is_geographic else moved

    return Columns(columns.values, np.asarray(shapely.transform(columns.geometry, move), dtype=object), target)


def finding_columns(findings: Sequence[Finding], crs: SourceCrs, *, language: Language = "zh") -> Columns:
    """Findings as columns, with their shapes and a place of each to zoom to.

    Parameters
    ----------
    findings : sequence of Finding
    crs : SourceCrs
        System of their shapes.
    language : {"zh", "en"}

    Returns
    -------
    Columns
    """
    headers, severity = _FINDING_HEADERS[language], _SEVERITIES[language]
    comma = _LISTS if language == "zh" else ", "
    rows = [
        (
            finding.name(language),
            finding.kind,
            severity[finding.severity],
            None if finding.area_m2 is None else round(finding.area_m2, 6),
            None if finding.width_m is None else round(finding.width_m, 4),
            comma.join(finding.grids) or None,
            comma.join(premises_text(label, language) for label in finding.premises) or None,
            finding.parent,
            None if finding.value is None else round(finding.value, 4),
            finding.limit,
            finding.households,
        )
        for finding in findings
    ]
    shapes = _objects([finding.geometry for finding in findings])
    values: dict[str, Sequence[Any]] = {name: [row[index] for row in rows] for index, name in enumerate(headers)}
    return Columns(values | place_columns(shapes, crs, language=language), shapes, crs)


def place_columns(shapes: Any, crs: SourceCrs, *, language: Language = "zh") -> dict[str, list[float | None]]:
    """A point in each shape, to be typed into a map's search box.

    Parameters
    ----------
    shapes : ndarray of shapely geometry or None
    crs : SourceCrs
        System of the shapes.
    language : {"zh", "en"}
        Of the headers.

    Returns
    -------
    dict
        Longitude and latitude of CGCS2000 (WGS 84) in degrees, blank where the system
        cannot be converted; and x and y as they are where these are no degrees.
    """
    lon, lat = ("经度", "纬度") if language == "zh" else ("lon", "lat")
    points = shapely.point_on_surface(shapes)
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)]).reshape(-1, 2)
    known = np.isfinite(xy).all(axis=1)
    degrees = np.full(xy.shape, np.nan)
    try:
        degrees[known] = project(xy[known], parse_crs(crs.name if crs.shift else crs.base), STORAGE_CRS)
    except CrsProblem:
        # A datum that only an unconverted file may have: its own coordinates must do.
        degrees[known] = np.nan
    found = {lon: _rounded(degrees[:, 0], 7), lat: _rounded(degrees[:, 1], 7)}
    if crs.is_geographic and crs.shift is None and not np.isnan(degrees[known]).any():
        return found
    decimals = 7 if crs.is_geographic else 3
    return found | {"x": _rounded(xy[:, 0], decimals), "y": _rounded(xy[:, 1], decimals)}


def _rounded(numbers: Any, decimals: int) -> list[float | None]:
    return [None if np.isnan(number) else round(number, decimals) for number in numbers.tolist()]


def write_findings(
    path: Path, findings: Sequence[Finding], snapshot: Snapshot, language: Language = "zh"
) -> tuple[Path, ...]:
    """Write findings with their places, in the snapshot's coordinates.

    Parameters
    ----------
    path : Path
        The suffix names the format.
    findings : sequence of Finding
    snapshot : Snapshot
        The one that was checked.
    language : {"zh", "en"}

    Returns
    -------
    tuple of Path

    Raises
    ------
    BadInput
        If the format or folder cannot be used.
    """
    return write_columns(path, as_sheet(finding_columns(findings, snapshot.crs, language=language), path))


def as_sheet(columns: Columns, path: Path) -> Columns:
    """The columns as the format takes them: a sheet needs no second place, a shapefile short texts.

    Parameters
    ----------
    columns : Columns
        With columns of their places.
    path : Path

    Returns
    -------
    Columns
    """
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return Columns(columns.values)
    if suffix == ".shp":
        short = {name: [_shortened(value) for value in values] for name, values in columns.values.items()}
        return Columns(short, columns.geometry, columns.crs)
    return columns


def _shortened(value: Any) -> Any:  # Any: whatever a column may hold
    """A list that a shapefile cannot hold, cut and ended with a mark."""
    if not isinstance(value, str) or len(value.encode("gbk", "replace")) <= _SHP_TEXT_BYTES:
        return value
    return value.encode("gbk", "replace")[: _SHP_TEXT_BYTES - 4].decode("gbk", "ignore") + "……"
