"""Shapes of records: built from coordinate columns, and refused where they cannot be used."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput
from boundaries.model import Area, Building, Compound, MicroGrid, Shop, Street, Wall, Water
from geo.crs import STORAGE_CRS, SourceCrs, project
from geo.errors import CrsProblem

Form = Literal["polygon", "line", "point"]
Shapes = NDArray[np.object_]

T = TypeVar("T")

_SHAPE_FIELD: dict[type, str] = {
    Area: "polygon",
    MicroGrid: "polygon",
    Building: "shape",
    Compound: "polygon",
    Shop: "door",
    Street: "line",
    Water: "shape",
    Wall: "line",
}
_FORM_OF_TYPE: dict[str, Form] = {
    "Point": "point",
    "MultiPoint": "point",
    "LineString": "line",
    "LinearRing": "line",
    "MultiLineString": "line",
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
}
_FORM_ZH = {"polygon": "面", "line": "线", "point": "点"}
POLYGONAL = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))
# Data may lie a little outside the zone that its system is meant for.
_ZONE_MARGIN_DEGREES = 2.0
_DEGREE_M = 111_320.0
# Beyond it no system has places, and numbers of metres are no longer exact enough to reckon with.
_FARTHEST = 1e8
# What single precision makes of 180 and 90 degrees.
_DEGREE_MARGIN = 1e-5


def shapes_of(values: Sequence[Any]) -> Shapes:
    """The shapes of values of one layer; empty for people, who have none."""
    name = _SHAPE_FIELD.get(type(values[0])) if values else None
    found: Shapes = np.empty(len(values) if name else 0, dtype=object)
    for index, value in enumerate(values if name else ()):
        found[index] = getattr(value, name or "")
    return found


def with_shapes(values: Sequence[T], shapes: Shapes) -> tuple[T, ...]:
    """The same values with other shapes."""
    if not len(shapes):
        return tuple(values)
    name = _SHAPE_FIELD[type(values[0])]
    return tuple(replace(value, **{name: shape}) for value, shape in zip(values, shapes, strict=True))  # type: ignore[type-var]


def simplest(geometry: BaseGeometry) -> BaseGeometry:
    """A collection of one part becomes that part; polygons among crumbs stay alone."""
    if geometry.geom_type == "GeometryCollection":
        polygons = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
        return simplest(shapely.MultiPolygon(polygons)) if polygons else geometry
    if geometry.geom_type.startswith("Multi") and shapely.get_num_geometries(geometry) == 1:
        part: Any = shapely.get_geometry(geometry, 0)
        return cast(BaseGeometry, part)
    return geometry


def form_of(geometry: BaseGeometry) -> Form | None:
    """Polygon, line or point; None for anything else."""
    return _FORM_OF_TYPE.get(geometry.geom_type)


def fault(geometry: Any, *, forms: Collection[Form], one_part: bool) -> tuple[str, str] | None:
    """Why a shape cannot be loaded, in Chinese and English; None where it can.

    Parameters
    ----------
    geometry : shapely geometry or None
    forms : collection of {"polygon", "line", "point"}
        What the layer takes.
    one_part : bool
        Whether it must be of one piece.
    """
    if geometry is None or shapely.is_empty(geometry):
        return "没有图形。请补画,或删去这一行", "has no shape. Draw it, or delete the row"
    form = form_of(geometry)
    if form not in forms:
        wanted = "或".join(_FORM_ZH[f] for f in forms)
        return (
            f"图形是{_FORM_ZH.get(form or '', geometry.geom_type)},这里需要{wanted}",
            f"is a {geometry.geom_type}, a {' or '.join(forms)} is needed here",
        )
    if one_part and geometry.geom_type.startswith("Multi"):
        pieces = shapely.get_num_geometries(geometry)
        return (
            f"由 {pieces} 块组成,一个网格只能有一块。请拆成 {pieces} 个网格,或去掉多余的块",
            f"has {pieces} pieces, a grid must have one. Split it into {pieces} grids or delete the odd pieces",
        )
    if form == "polygon" and not shapely.is_valid(geometry):
        reason = shapely.is_valid_reason(geometry)
        return (
            f"图形无效({_reason_zh(reason)})。请在该处修正边界",
            f"is not valid ({reason}). Correct the border at that place",
        )
    return None


def _reason_zh(reason: str) -> str:
    words = {
        "Self-intersection": "边界自相交,位置",
        "Ring Self-intersection": "边界自相接,位置",
        "Hole lies outside shell": "洞在外环之外,位置",
        "Nested holes": "洞互相嵌套,位置",
        "Nested shells": "块互相嵌套,位置",
        "Interior is disconnected": "内部不连通,位置",
        "Duplicate Rings": "环重复,位置",
        "Too few points in geometry component": "点太少,位置",
        "Invalid Coordinate": "坐标不是数字,位置",
    }
    head, _, place = reason.partition("[")
    return f"{words.get(head, head)} [{place}" if place else words.get(head, head)


def outside(shapes: Shapes, crs: SourceCrs) -> dict[int, tuple[float, float]]:
    """Shapes with a coordinate that no place in their system has.

    Parameters
    ----------
    shapes : ndarray of shapely geometries
        Empty ones are passed over, and polygons with a coordinate that is no number, which
        checks report.
    crs : SourceCrs

    Returns
    -------
    dict
        Position of each such shape -> the first such coordinate, x and y.
    """
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    limits = np.array([180.0, 90.0]) + _DEGREE_MARGIN if crs.is_geographic else np.array([_FARTHEST, _FARTHEST])
    known = np.isfinite(xy)
    is_told = np.isin(shapely.get_type_id(shapes), POLYGONAL)[index, None]
    wrong = np.where(known, np.abs(xy) > limits, ~is_told).any(axis=1)
    return {int(index[at]): (float(xy[at, 0]), float(xy[at, 1])) for at in np.flatnonzero(wrong)[::-1]}


def implausible(shapes: Shapes, crs: SourceCrs, *, file: str) -> dict[int, float]:
    """Shapes whose coordinates cannot be in the system they are said to be in.

    Parameters
    ----------
    shapes : ndarray of shapely geometries
        None and empty ones are passed over.
    crs : SourceCrs
    file : str
        Name for the message.

    Returns
    -------
    dict
        Position of each stray shape -> about how many metres it lies from the others.

    Raises
    ------
    BadInput
        If most are out of place: the axes are swapped, or the system is another.
    """
    filled = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if not len(filled):
        return {}
    bounds = shapely.bounds(shapes[filled])
    middle = np.column_stack([bounds[:, 0] + bounds[:, 2], bounds[:, 1] + bounds[:, 3]]) / 2
    used = _in_use(middle, crs)
    if used.all():
        return {}
    if used.sum() * 2 > len(used):
        typical = np.median(middle[used], axis=0)
        apart = np.hypot(*(middle - typical).T) * (_DEGREE_M if crs.is_geographic else crs.metres_per_unit)
        return {int(filled[index]): float(apart[index]) for index in np.flatnonzero(~used)}
    first = middle[int(np.flatnonzero(~used)[0])]
    place = f"({first[0]:.10g}, {first[1]:.10g})"
    if _in_use(middle[:, ::-1], crs).all():
        raise BadInput(
            f"{file}:横纵坐标颠倒了,例如 {place}。"
            "x 应是经度或东坐标,y 应是纬度或北坐标(测量成果表的 X 是北)。"
            "表格可用 --column x=… --column y=… 指明,图形文件请交换坐标后再导入。",
            f"{file}: the axes are swapped, for example {place}. x is longitude or easting, y latitude or northing "
            "(in survey tables X is north). Name table columns with --column x=… --column y=…; "
            "in files of shapes swap the coordinates first.",
        )
    raise BadInput(
        f"{file}:坐标(如 {place})不在 {crs.name} 的使用范围内,坐标系写错了。请查明图是什么坐标系,用 --crs 写明。",
        f"{file}: coordinates such as {place} lie outside where {crs.name} is used; the system named is wrong. "
        "Find out what it is and name it with --crs.",
    )


def _in_use(xy: NDArray[np.float64], crs: SourceCrs) -> NDArray[np.bool_]:
    """Which places lie where the system is used."""
    system = CRS.from_user_input(crs.base)
    places = xy if system.is_geographic else _places(xy, crs)
    lon, lat = places[:, 0], places[:, 1]
    west, south, east, north = -180.0, -90.0, 180.0, 90.0
    if crs.base != "EPSG:4326" and system.area_of_use is not None:
        west, south, east, north = system.area_of_use.bounds
    margin = 0.0 if south == -90.0 else _ZONE_MARGIN_DEGREES
    inside = (lon >= west - margin) & (lon <= east + margin) & (lat >= south - margin) & (lat <= north + margin)
    # The whole world is in use; what fits China only the other way round is swapped.
    looks_swapped = (lon >= 3) & (lon <= 54) & (lat >= 73) & (lat <= 136) & (south == -90.0)
    found: NDArray[np.bool_] = inside & ~looks_swapped
    return found


def _places(xy: NDArray[np.float64], crs: SourceCrs) -> NDArray[np.float64]:
    """Longitude and latitude of each place; NaN where there is none."""
    try:
        return project(xy, crs, STORAGE_CRS)
    except CrsProblem:
        single = [_places(point[None], crs) if len(xy) > 1 else np.full((1, 2), np.nan) for point in xy]
        return np.vstack(single)
