"""Coordinate systems: the storage grid, and what may come in.

Stored coordinates are EPSG:4490 (CGCS2000 longitude, latitude) on a grid of
1e-9 degree. Everything measured is measured in a metric plane (:mod:`geo.metric`).
x comes before y, longitude before latitude, everywhere.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.datum import bd09_to_wgs84, bd09_to_wgs84_one, gcj02_to_wgs84, gcj02_to_wgs84_one
from geo.errors import CrsProblem

STORAGE_CRS = "EPSG:4490"
STORAGE_DECIMALS = 9
STORAGE_STEP = 1e-9
_STEPS = 1e9
# Beyond it nothing is a degree, and what is scaled up may overflow.
_NO_DEGREES = 1e6

# PROJ passes Beijing 54 and Xi'an 80 through unchanged and silently, so only datums
# known to agree with CGCS2000 to about a metre are let in.
_ACCEPTED_DATUMS = (
    "world geodetic system 1984",
    "china 2000",
    "taiwan datum 1997",
    "north american datum 1983",
    "nad83",
    "european terrestrial reference system 1989",
    "etrs89",
    "international terrestrial reference frame",
    "japanese geodetic datum 2000",
    "japanese geodetic datum 2011",
    "korean geodetic system 2002",
    "geocentric datum of australia",
    "new zealand geodetic datum 2000",
    "hong kong geodetic cs",
    "vn-2000",
)

Shift = Literal["GCJ-02", "BD-09"]
_SHIFTED: dict[str, Shift] = {
    "gcj-02": "GCJ-02",
    "gcj02": "GCJ-02",
    "bd-09": "BD-09",
    "bd09": "BD-09",
    "bd-09ll": "BD-09",
    "bd09ll": "BD-09",
}
_UNSHIFT: dict[Shift, Callable[..., tuple[NDArray[np.float64], NDArray[np.float64]]]] = {
    "GCJ-02": gcj02_to_wgs84,
    "BD-09": bd09_to_wgs84,
}

_UNSHIFT_ONE: dict[Shift, Callable[[float, float], tuple[float, float]]] = {
    "GCJ-02": gcj02_to_wgs84_one,
    "BD-09": bd09_to_wgs84_one,
}

Coordinates = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SourceCrs:
    """What a file or a caller says its coordinates are.

    Attributes
    ----------
    name : str
        ``EPSG:n``, ``GCJ-02`` or ``BD-09``.
    base : str
        The system that pyproj sees; ``EPSG:4326`` under a shifted datum.
    shift : {"GCJ-02", "BD-09"} or None
        The shift to be taken off first.
    """

    name: str
    base: str
    shift: Shift | None = None

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are degrees."""
        return bool(_crs(self.base).is_geographic)

    @property
    def is_metric(self) -> bool:
        """Whether its plane may be measured in: Web Mercator overstates areas by half."""
        crs = _crs(self.base)
        method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
        return bool(crs.is_projected) and "Pseudo Mercator" not in method

    @property
    def metres_per_unit(self) -> float:
        """Length of one coordinate unit in metres; 1.0 for degrees, which have none."""
        crs = _crs(self.base)
        return 1.0 if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)


def parse_crs(text: str | None, *, any_datum: bool = False) -> SourceCrs:
    """Read the name of a coordinate system and refuse what is not safe.

    Parameters
    ----------
    text : str or None
        ``EPSG:n``, ``GCJ-02``, ``BD-09``, or any text that names a system to PROJ
        (such as the WKT of a ``.prj``).
    any_datum : bool
        Let every datum in, for coordinates that are used where they are and never converted.

    Returns
    -------
    SourceCrs

    Raises
    ------
    CrsProblem
        If no system is named, PROJ does not know it, or its datum is not one
        that agrees with CGCS2000.
    """
    if text is None or not text.strip():
        raise CrsProblem(
            "没有说明坐标系。请写明 --crs,例如 EPSG:4490、EPSG:4549、GCJ-02(高德、腾讯)或 BD-09(百度)。",
            "No coordinate system is given. Name it with --crs, for example EPSG:4490, EPSG:4549, "
            "GCJ-02 (Amap, Tencent) or BD-09 (Baidu).",
        )
    shift = _SHIFTED.get(text.strip().lower())
    return SourceCrs(shift, "EPSG:4326", shift) if shift is not None else _read_crs(text, any_datum)


@lru_cache(maxsize=64)
def _read_crs(text: str, any_datum: bool) -> SourceCrs:
    try:
        crs = _flat(CRS.from_user_input(text.strip()))
    except CRSError as error:
        raise CrsProblem(
            f"不认识坐标系“{text}”。请写 EPSG 编号(如 EPSG:4549)、GCJ-02 或 BD-09。",
            f'Coordinate system "{text}" is not known. Give an EPSG number (such as EPSG:4549), GCJ-02 or BD-09.',
        ) from error
    _require_safe_datum(crs, text if len(text) <= 60 else str(crs.name), any_datum=any_datum)
    authority = crs.to_authority(min_confidence=70)
    name = ":".join(authority) if authority else crs.to_wkt()
    return SourceCrs(name if authority else str(crs.name), name)


def _flat(crs: CRS) -> CRS:
    """Drop a height axis: a layer with Z reads as a 3-D or compound system."""
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    return crs.to_2d()


def _require_safe_datum(crs: CRS, text: str, *, any_datum: bool) -> None:
    datum = crs.datum
    if crs.source_crs is not None and datum is None:
        datum = crs.source_crs.datum
    name = datum.name.lower() if datum is not None else ""
    if crs.is_geocentric or not (crs.is_geographic or crs.is_projected):
        raise CrsProblem(
            f"坐标系“{text}”不是平面坐标或经纬度。请先转换为 EPSG:4490。",
            f'Coordinate system "{text}" is neither projected nor longitude-latitude. Convert to EPSG:4490 first.',
        )
    if not any_datum and not any(accepted in name for accepted in _ACCEPTED_DATUMS):
        raise CrsProblem(
            f"坐标系“{text}”的基准面({datum.name if datum else '未知'})不能直接使用:"
            "换算会有几十至上百米的偏差而没有提示。"
            "请先由测绘部门转换为 CGCS2000(EPSG:4490 或 EPSG:4549)再导入。",
            f'The datum of "{text}" ({datum.name if datum else "unknown"}) cannot be used: conversion would be off '
            "by tens of metres without a word. Have the surveying office convert to CGCS2000 "
            "(EPSG:4490 or EPSG:4549) first.",
        )


@lru_cache(maxsize=64)
def _crs(name: str) -> CRS:
    return CRS.from_user_input(name)


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def round_to_storage(coordinates: Coordinates) -> Coordinates:
    """Round degrees to the storage grid, the one function that does so.

    Parameters
    ----------
    coordinates : ndarray of float64
        Degrees, any shape.

    Returns
    -------
    ndarray of float64
        The same shape, rounded half to even at 9 decimals, without negative zero.
    """
    return np.round(coordinates, STORAGE_DECIMALS) + 0.0


def round_one_to_storage(value: float) -> float:
    """One coordinate as :func:`round_to_storage` rounds it."""
    # numpy scales, rounds half to even and scales back; Python's own round() would round the decimal.
    if abs(value) > _NO_DEGREES:
        return value
    return round(value * _STEPS) / _STEPS + 0.0


def project(coordinates: Coordinates, source: SourceCrs, target: str) -> Coordinates:
    """Transform coordinates, taking a GCJ-02 or BD-09 shift off first.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, 2)
        x, y in the source's units.
    source : SourceCrs
    target : str
        Name of the target system.

    Returns
    -------
    ndarray of float64, shape (n, 2)

    Raises
    ------
    CrsProblem
        If any coordinate has no image in the target (not finite).
    """
    x, y = coordinates[:, 0], coordinates[:, 1]
    if source.shift is not None:
        x, y = _UNSHIFT[source.shift](x, y)
    if source.base != target:
        x, y = _transformer(source.base, target).transform(x, y)
    moved = np.column_stack([x, y])
    if not np.isfinite(moved).all():
        raise _no_image(source)
    return moved


def _no_image(source: SourceCrs) -> CrsProblem:
    return CrsProblem(
        f"有坐标无法从 {source.name} 换算。请检查坐标系是否写对、横纵坐标是否颠倒。",
        f"Some coordinates cannot be converted from {source.name}. "
        "Check the coordinate system and whether the axes are swapped.",
    )


def project_one(x: float, y: float, source: SourceCrs, target: str) -> tuple[float, float]:
    """Transform one point to the very coordinates that :func:`project` gives it, ten times quicker.

    Raises
    ------
    CrsProblem
        If it has no image in the target (not finite).
    """
    if source.shift is not None:
        x, y = _UNSHIFT_ONE[source.shift](x, y)
    if source.base != target:
        x, y = _transformer(source.base, target).transform(x, y)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise _no_image(source)
    return x, y


def to_storage(geometry: Any, source: SourceCrs) -> Any:
    """Bring geometries to the storage system and onto its grid.

    Parameters
    ----------
    geometry : shapely geometry or array of them
        In the source's coordinates. A third dimension is dropped.
    source : SourceCrs

    Returns
    -------
    The same shape of input, in EPSG:4490 rounded to 1e-9 degree.

    Raises
    ------
    CrsProblem
        If a coordinate cannot be converted.
    """
    return shapely.transform(shapely.force_2d(geometry), lambda xy: round_to_storage(project(xy, source, STORAGE_CRS)))
