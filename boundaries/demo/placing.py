"""Buildings as outlines on the map, numbered as they are put there."""

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import shapely
from shapely import Point, Polygon, affinity

from boundaries.demo import names
from boundaries.demo.estates import House
from boundaries.demo.ground import Bend
from boundaries.model import Building

T = TypeVar("T", Point, Polygon)

DECIMALS = 3
"""Premises are drawn to the millimetre."""


def community_code(community: int) -> str:
    """Code of a community: town, then three digits."""
    return f"{names.TOWN_CODE}{community + 1:03d}"


def rectangle(bend: Bend, house: House, turn: float) -> Polygon:
    """A house on the map, rigid, turned by so many radians."""
    east, north = bend(np.array([[house.u, house.v]]))[0]
    return placed(_outline(house), turn + house.turn_rad, east, north)


def _outline(house: House) -> Polygon:
    """Outline about the house's own middle: towers have recesses for light, slabs a bay at every stair."""
    x, y = house.length_m / 2, house.depth_m / 2
    if house.is_tower:
        return _tower_outline(x, y)
    if house.use == "home" and house.units > 1:
        return _slab_outline(x, y, house.units)
    return shapely.box(-x, -y, x, y)


def _tower_outline(x: float, y: float) -> Polygon:
    notch, deep = x / 7, y / 2.5
    upper = [(x, y), (notch, y), (notch, y - deep), (-notch, y - deep), (-notch, y), (-x, y)]
    return Polygon([*upper, (-x, -y), (-notch, -y), (-notch, deep - y), (notch, deep - y), (notch, -y), (x, -y)])


def _slab_outline(x: float, y: float, units: int) -> Polygon:
    """A slab with a stair bay of 2.6 m by 0.9 m at every entrance, on its north."""
    step = 2 * x / units
    rim = [(-x, -y), (x, -y), (x, y)]
    for unit in reversed(range(units)):
        middle = -x + (unit + 0.5) * step
        rim += [(middle + 1.3, y), (middle + 1.3, y + 0.9), (middle - 1.3, y + 0.9), (middle - 1.3, y)]
    return Polygon([*rim, (-x, y)])


def placed(shape: T, turn: float, east: float, north: float) -> T:
    """A shape about its own middle, turned and moved onto the map."""
    turned = affinity.rotate(shape, turn, origin=(0, 0), use_radians=True)
    moved = affinity.translate(turned, east, north)
    return shapely.transform(moved, lambda xy: np.round(xy, DECIMALS))


@dataclass
class Register:
    """Buildings put up so far; hands out their codes, by community."""

    buildings: list[Building] = field(default_factory=list)
    per_community: dict[int, int] = field(default_factory=dict)

    def building(self, community: int, shape: Polygon, **facts: object) -> Building:
        """Put a building up."""
        number = self.per_community.get(community, 0) + 1
        self.per_community[community] = number
        code = f"{community_code(community)}{number:05d}"
        building = Building(id=len(self.buildings) + 1, code=code, shape=shape, **facts)  # type: ignore[arg-type]
        self.buildings.append(building)
        return building
