"""GeoJSON as the HTTP door speaks it: longitude before latitude in EPSG:4326 unless asked otherwise."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput
from geo.crs import STORAGE_CRS, STORAGE_STEP, SourceCrs, parse_crs, project
from geo.errors import CrsProblem

MEDIA_TYPE = "application/geo+json"
DEFAULT_CRS = "EPSG:4326"

_STORED = SourceCrs(STORAGE_CRS, STORAGE_CRS)
Bounds = tuple[float, float, float, float]


def output_crs(text: str | None) -> SourceCrs:
    """The system to answer in.

    Parameters
    ----------
    text : str or None
        As asked; None for EPSG:4326.

    Returns
    -------
    SourceCrs

    Raises
    ------
    CrsProblem
        If it is not known, or is a shifted datum: shapes are never given out shifted.
    """
    crs = parse_crs(text or DEFAULT_CRS)
    if crs.shift is not None:
        raise CrsProblem(
            f"不能以 {crs.name} 输出图形。请用 EPSG:4326 或 EPSG:4490,在地图软件中再行叠加。",
            f"Shapes are not given out in {crs.name}. Ask for EPSG:4326 or EPSG:4490.",
        )
    return crs


def geometry(shape: BaseGeometry, crs: SourceCrs) -> dict[str, Any]:
    """A stored shape as a GeoJSON geometry.

    Parameters
    ----------
    shape : shapely geometry
        In EPSG:4490.
    crs : SourceCrs
        System to answer in.

    Returns
    -------
    dict
        In EPSG:4326 and EPSG:4490 with the stored digits; in a projected system to 0.1 mm.

    Raises
    ------
    CrsProblem
        If a coordinate has no image there.
    """
    if crs.base not in (STORAGE_CRS, DEFAULT_CRS):  # the two agree to the last bit
        decimals = 9 if crs.is_geographic else 4
        shape = shapely.transform(shape, lambda xy: np.round(project(xy, _STORED, crs.base), decimals))
    found: dict[str, Any] = shapely.geometry.mapping(shape)
    return found


def feature(code: str, shape: BaseGeometry, properties: Mapping[str, Any], crs: SourceCrs) -> dict[str, Any]:
    """One GeoJSON feature; its id is the code."""
    return {"type": "Feature", "id": code, "geometry": geometry(shape, crs), "properties": dict(properties)}


def parse_bbox(text: str | None, crs: SourceCrs) -> Bounds | None:
    """Read ``bbox=`` and bring it to stored coordinates.

    Parameters
    ----------
    text : str or None
        Four numbers ``min_x,min_y,max_x,max_y``.
    crs : SourceCrs
        System they are in.

    Returns
    -------
    tuple of float or None
        The bounds in EPSG:4490 degrees that hold the whole box.

    Raises
    ------
    BadInput
        If these are not four finite numbers in order.
    """
    if text is None:
        return None
    numbers = [_number(part) for part in text.split(",")]
    is_box = len(numbers) == 4 and all(map(math.isfinite, numbers))
    if not is_box or numbers[0] > numbers[2] or numbers[1] > numbers[3]:
        raise BadInput(
            "bbox 应为四个数:最小x,最小y,最大x,最大y,例如 bbox=119.1,32.2,119.3,32.4。",
            "bbox is four numbers: min_x,min_y,max_x,max_y, for example bbox=119.1,32.2,119.3,32.4.",
        )
    x_min, y_min, x_max, y_max = numbers
    box = shapely.box(x_min, y_min, x_max, y_max)
    if crs.base not in (STORAGE_CRS, DEFAULT_CRS) or crs.shift is not None:
        # Edges of the box bow when converted; enough points on them keep what they enclose.
        step = max(numbers[2] - numbers[0], numbers[3] - numbers[1]) / 16
        dense = shapely.segmentize(box, step) if step > 0 else box
        box = shapely.transform(dense, lambda xy: project(xy, crs, STORAGE_CRS))
    x_min, y_min, x_max, y_max = (float(value) for value in box.bounds)
    return (x_min - STORAGE_STEP, y_min - STORAGE_STEP, x_max + STORAGE_STEP, y_max + STORAGE_STEP)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
