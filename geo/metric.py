"""Measures in metres, in the plane of a service area."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import GeometryCollection, MultiPolygon
from shapely.geometry.base import BaseGeometry

from geo.crs import STORAGE_CRS, Coordinates, SourceCrs, project, project_one
from geo.measure import mean_width

# An edge that is straight in degrees bends away from the metric one; faces longer
# than this are measured on a densified copy.
_DENSIFY_OVER_M = 50.0
_DEGREE_M = 111_320.0
# Far more than rounding changes of an area.
_LOST_SHARE = 1e-6


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
        dense = _densified(geometry, step)
        return shapely.transform(dense, lambda xy: project(xy, self.source, self.plane))

    def points_in_plane(self, xy: Coordinates) -> Coordinates:
        """Points in metres, shape (n, 2)."""
        if self.plane == self.source.base:
            return xy * self.source.metres_per_unit
        return project(xy, self.source, self.plane)

    def point_in_plane(self, x: float, y: float) -> tuple[float, float]:
        """One point in metres."""
        if self.plane == self.source.base:
            unit = self.source.metres_per_unit
            return x * unit, y * unit
        return project_one(x, y, self.source, self.plane)

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


def _densified(geometry: Any, step: float) -> Any:
    """Shapes with no edge longer than a step, each as large as it was."""
    dense, whole = shapely.segmentize(geometry, step), np.asarray(shapely.area(geometry))
    # GEOS mends what a vertex in a sharp spike seems to cross, and may throw away most of the shape.
    is_lost = np.abs(shapely.area(dense) - whole) > _LOST_SHARE * whole
    if not is_lost.any():
        return dense
    if whole.ndim == 0:
        return _ring_by_ring(geometry, step)
    dense[is_lost] = [_ring_by_ring(shape, step) for shape in np.asarray(geometry, dtype=object)[is_lost]]
    return dense


def _ring_by_ring(shape: Any, step: float) -> Any:
    if shape.geom_type in {"MultiPolygon", "GeometryCollection"}:
        parts = [_ring_by_ring(part, step) for part in shapely.get_parts(shape)]
        return MultiPolygon(parts) if shape.geom_type == "MultiPolygon" else GeometryCollection(parts)
    if shape.geom_type != "Polygon":
        return shapely.segmentize(shape, step)
    first, *holes = shapely.segmentize(shapely.get_rings(shape), step)
    return shapely.Polygon(first, holes)


def centre(geometry: BaseGeometry) -> tuple[float, float]:
    """A point inside the shape to zoom to, x before y."""
    point = shapely.point_on_surface(geometry)
    return (float(shapely.get_x(point)), float(shapely.get_y(point)))
