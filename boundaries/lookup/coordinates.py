"""Points as they were given, brought into the coordinates of the plan; what cannot be meant is refused."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import BadInput
from geo.crs import STORAGE_CRS, SourceCrs, project, project_one, round_one_to_storage, round_to_storage
from geo.errors import CrsProblem

Bounds = tuple[float, float, float, float]
Points = NDArray[np.float64]


def to_degrees(xy: Points, source: SourceCrs) -> Points:
    """Points in the degrees of the storage system; converted ones lie on its grid.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
    source : SourceCrs

    Returns
    -------
    ndarray of float64, shape (n, 2)

    Raises
    ------
    CrsProblem
        If a point has no place in its system.
    """
    moved = project(xy, source, STORAGE_CRS)
    return moved if source.shift is None and source.is_geographic else round_to_storage(moved)


@dataclass(frozen=True, slots=True)
class Placement:
    """How points come into the coordinates of a plan.

    Attributes
    ----------
    crs : SourceCrs
        Of the plan.
    is_stored : bool
        Whether the plan is one of the database: then converted points are rounded as it is.
    bounds : tuple of float or None
        West, south, east, north of its areas.
    """

    crs: SourceCrs
    is_stored: bool
    bounds: Bounds | None

    def placed(self, xy: Points, source: SourceCrs) -> Points:
        """Bring points into the coordinates of the plan.

        Parameters
        ----------
        xy : ndarray of float64, shape (n, 2)
            What is not finite stays so.
        source : SourceCrs

        Returns
        -------
        ndarray of float64, shape (n, 2)

        Raises
        ------
        CrsProblem
            If a point has no place in its system, or the plan is in shifted coordinates
            and the points are not.
        """
        if source == self.crs:
            return xy
        if self.crs.shift is not None:
            raise CrsProblem(
                f"网格是 {self.crs.name},点是 {source.name}:不能换算成偏移坐标。请把网格先转为 EPSG:4490。",
                f"The grids are {self.crs.name}, the points {source.name}: nothing is converted into shifted "
                "coordinates. Bring the grids to EPSG:4490 first.",
            )
        usable = np.isfinite(xy).all(axis=1)
        if usable.all():
            return self._moved(xy, source)
        moved = np.full(xy.shape, np.nan)
        moved[usable] = self._moved(xy[usable], source)
        return moved

    def placed_one(self, x: float, y: float, source: SourceCrs) -> tuple[float, float]:
        """Bring one point to the very coordinates that :meth:`placed` gives it.

        Raises
        ------
        CrsProblem
            As for :meth:`placed`.
        """
        if source == self.crs:
            return x, y
        if not self.is_stored:
            there: list[float] = self.placed(np.array([[x, y]]), source)[0].tolist()
            return there[0], there[1]
        lon, lat = project_one(x, y, source, STORAGE_CRS)
        if source.shift is None and source.is_geographic:
            return lon, lat
        return round_one_to_storage(lon), round_one_to_storage(lat)

    def _moved(self, xy: Points, source: SourceCrs) -> Points:
        return to_degrees(xy, source) if self.is_stored else project(xy, source, self.crs.base)

    def refuse_swapped(self, xy: Points, source: SourceCrs) -> None:
        """Refuse points far from the plan that would be in it with their axes the other way round.

        Parameters
        ----------
        xy : ndarray of float64, shape (n, 2)
            Points as they were given, none of them in any area; the middling one is judged.
        source : SourceCrs

        Raises
        ------
        BadInput
            If the axes are swapped, or degrees are no degrees.
        """
        usable = xy[np.isfinite(xy).all(axis=1)]
        if len(usable):
            x, y = np.median(usable, axis=0).tolist()
            self.refuse_swapped_one(x, y, source)

    def refuse_swapped_one(self, x: float, y: float, source: SourceCrs) -> None:
        """Refuse one point that is in no area; see :meth:`refuse_swapped`.

        Raises
        ------
        BadInput
            If the axes are swapped, or degrees are no degrees.
        """
        if self.bounds is None or not (math.isfinite(x) and math.isfinite(y)) or self._is_within(x, y, source):
            return
        if self._is_within(y, x, source):
            raise BadInput(
                "横纵坐标颠倒了:x 是经度(或东坐标),y 是纬度(或北坐标)。请交换后再查。",
                "The axes are swapped: x is longitude (or easting), y is latitude (or northing). "
                "Swap them and ask again.",
            )
        if source.is_geographic and (abs(x) > 360 or abs(y) > 90):
            raise BadInput(
                f"坐标不是 {source.name} 的经纬度。若是平面坐标,请把 crs 写成相应的 EPSG 编号,如 EPSG:4549。",
                f"The coordinates are no degrees of {source.name}. If they are metres of a plane, name its EPSG "
                "number as crs, such as EPSG:4549.",
            )

    def has(self, x: float, y: float) -> bool:
        """Whether a point in the coordinates of the plan lies within its bounds."""
        if self.bounds is None:
            return False
        west, south, east, north = self.bounds
        return west <= x <= east and south <= y <= north

    def _is_within(self, x: float, y: float, source: SourceCrs) -> bool:
        try:
            return self.has(*self.placed_one(x, y, source))
        except CrsProblem:
            return False
