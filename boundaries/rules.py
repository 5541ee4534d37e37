"""Thresholds of the rules, one frozen value; every office sets its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict

from geo.crs import SourceCrs


class Limits(TypedDict):
    """Options of :func:`geo.coverage.check_coverage`, in the unit of the coordinates."""

    tolerance: float
    dust_area: float
    dust_width: float


@dataclass(frozen=True, slots=True)
class Rules:
    """What the checks and the assignment hold the plan to.

    Attributes
    ----------
    min_households, target_households, max_households : int
        The band of a micro-grid or a part, in units (households, and shops by factor).
    shop_units : mapping of str to float
        Units that an open shop counts for, by kind of grid. A kind that holds both
        and has no factor is a finding, not a zero.
    sliver_width_m : float
        A gap or overlap thinner than this was never meant.
    dust_width_degrees, dust_area_m2 : float
        Below this a face is rounding: width where coordinates are degrees, area
        where they are projected.
    cut_area_m2, cut_share : float
        A border cuts premises where both sides keep more than this area and more
        than this share of the outline.
    covered_share : float
        A compound is in the grids when at least this share of it is.
    mixed_shops : int
        From this many open shops in no dedicated grid, a residential grid is mixed.
    max_shop_to_grid_m : float
        How far along its street a shop may lie from the dedicated grid that takes it.
    max_compound_to_grid_m : float
        How far a compound may lie from a grid that it does not touch.
    liaison_roles : tuple of str
        Roles of a person that count as being in charge of a micro-grid or a part.
    volunteer_roles, helper_roles : tuple of str
        Roles of volunteers, and of full-time workers who may be linked to one grid.
    min_volunteers : int
        Fewest volunteers of a micro-grid or a part; 0 asks for none.
    rented_share : float
        From this share of rented homes on, a grid needs another hand.
    day : date or None
        The day on which people must be in charge; None takes everybody listed.
    """

    min_households: int = 30
    target_households: int = 65
    max_households: int = 100
    shop_units: Mapping[str, float] = field(default_factory=dict)
    sliver_width_m: float = 0.3
    dust_width_degrees: float = 2e-9
    dust_area_m2: float = 1e-6
    cut_area_m2: float = 0.5
    cut_share: float = 0.01
    covered_share: float = 0.5
    mixed_shops: int = 5
    max_shop_to_grid_m: float = 60.0
    max_compound_to_grid_m: float = 50.0
    liaison_roles: tuple[str, ...] = ("liaison", "联络员", "微网格联络员")
    volunteer_roles: tuple[str, ...] = ("volunteer", "志愿者", "机关志愿者")
    helper_roles: tuple[str, ...] = ("full_time", "专职网格员")
    min_volunteers: int = 2
    rented_share: float = 0.4
    day: date | None = None

    def tolerances(self, crs: SourceCrs) -> tuple[float, ...]:
        """How far apart coordinates may lie that are meant to be one.

        Parameters
        ----------
        crs : SourceCrs

        Returns
        -------
        tuple of float
            In the unit of the coordinates, ascending: the first is for finding, the
            others for a repair that comes to no end with it. From 0.2 mm to 2 mm in
            degrees, from 1e-7 m to 1 mm in a plane.
        """
        if crs.is_geographic:
            return (2e-9, 5e-9, 2e-8)
        return tuple(metres / crs.metres_per_unit for metres in (1e-7, 1e-5, 1e-4, 1e-3))

    def limits(self, crs: SourceCrs) -> Limits:
        """What a face of a coverage must reach to count.

        Parameters
        ----------
        crs : SourceCrs

        Returns
        -------
        Limits
        """
        first = self.tolerances(crs)[0]
        if crs.is_geographic:
            return {"tolerance": first, "dust_area": 0.0, "dust_width": self.dust_width_degrees}
        return {"tolerance": first, "dust_area": self.dust_area_m2 / crs.metres_per_unit**2, "dust_width": 0.0}
