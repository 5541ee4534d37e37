"""Coordinate systems: the storage grid, the metric plane, and what may come in.

Stored coordinates are EPSG:4490 (CGCS2000 longitude, latitude) on a grid of
1e-9 degree. Everything measured (areas, lengths, widths) is measured in a
metric plane. x comes before y, longitude before latitude, everywhere.
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
from shapely.geometry.base import BaseGeometry

from geo.datum import bd09_to_wgs84, bd09_to_wgs84_one, gcj02_to_wgs84, gcj02_to_wgs84_one
from geo.errors import CrsProblem
from geo.measure import mean_width

STORAGE_CRS = "EPSG:4490"
STORAGE_DECIMALS = 9
STORAGE_STEP = 1e-9
_STEPS = 1e9

# An edge that is straight in degrees bends away from the metric one; faces longer
# than this are measured on a densified copy.
_DENSIFY_OVER_M = 50.0
_DEGREE_M = 111_320.0

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


def metric_crs_for(longitude: float) -> str:
    """The 3-degree Gauss-Krüger plane of CGCS2000 whose meridian is nearest.

    Parameters
    ----------
    longitude : float
        Degrees east.

    Returns
    -------
    str
        ``EPSG:4534`` to ``EPSG:4554`` in China (75 to 135 degrees east), else the
        same projection on another meridian as a PROJ string.
    """
    zone = round(longitude / 3)
    if 25 <= zone <= 45:
        return f"EPSG:{4534 + zone - 25}"
    return f"+proj=tmerc +lat_0=0 +lon_0={3 * zone} +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +type=crs"


@dataclass(frozen=True, slots=True)
class Metric:
    """Measures shapes of one coordinate system in metres.

    Attributes
    ----------
    source : SourceCrs
        The system that the shapes are in.
    plane : str
        The metric system that degrees are projected to; projected sources are
        measured in their own plane, with their unit converted.
    """

    source: SourceCrs
    plane: str

    @classmethod
    def of(cls, source: SourceCrs, geometries: Any) -> "Metric":
        """Measure in the plane whose meridian is nearest to the shapes."""
        if source.is_metric:
            return cls(source, source.base)
        x_min, y_min, x_max, y_max = shapely.total_bounds(geometries)
        middle = np.array([[(x_min + x_max) / 2, (y_min + y_max) / 2]])
        if np.isnan(middle).any():
            return cls(source, metric_crs_for(0.0))
        return cls(source, metric_crs_for(float(project(middle, source, STORAGE_CRS)[0, 0])))

    def to_plane(self, geometry: Any) -> Any:
        """The shapes in metres; long edges of degrees are densified first."""
        if self.plane == self.source.base:
            unit = self.source.metres_per_unit
            return geometry if unit == 1.0 else shapely.transform(geometry, lambda xy: xy * unit)
        step = _DENSIFY_OVER_M / _DEGREE_M if self.source.is_geographic else _DENSIFY_OVER_M
        dense = shapely.segmentize(geometry, step)
        return shapely.transform(dense, lambda xy: project(xy, self.source, self.plane))

    def points_in_plane(self, xy: Coordinates) -> Coordinates:
        """Points in metres, shape (n, 2)."""
        if self.plane == self.source.base:
            return xy * self.source.metres_per_unit
        return project(xy, self.source, self.plane)

    def point_in_plane(self, x: float, y: float) -> tuple[float, float]:
        """One point in metres."""
        if self.source.shift is not None or self.plane == self.source.base:
            there: list[float] = self.points_in_plane(np.array([[x, y]]))[0].tolist()
            return there[0], there[1]
        # A call with two numbers is ten times quicker than one with arrays of one.
        moved: tuple[float, float] = _transformer(self.source.base, self.plane).transform(x, y)
        return moved

    def area_m2(self, geometry: Any) -> Any:
        """Area of each shape in square metres."""
        return shapely.area(self.to_plane(geometry))

    def length_m(self, geometry: Any) -> Any:
        """Length (perimeter) of each shape in metres."""
        return shapely.length(self.to_plane(geometry))

    def width_m(self, geometry: Any) -> Any:
        """Width of the rectangle with the shape's area and perimeter, in metres.

        The exact width of a rectangle, and for a long thin face of any course its
        mean width; a rounder shape than a square counts as the square of its area.
        """
        return mean_width(self.to_plane(geometry))


def centre(geometry: BaseGeometry) -> tuple[float, float]:
    """A point inside the shape to zoom to, x before y."""
    point = shapely.point_on_surface(geometry)
    return (float(shapely.get_x(point)), float(shapely.get_y(point)))
