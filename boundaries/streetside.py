"""Shops and grids along named streets: who is where on which side.

Shapes are brought to the metric plane once; streets are merged by name.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely import LineString, STRtree

from boundaries.ground import Ground
from geo.rings import Shapes
from geo.roadside import Reach, Side, merge_lines, positions_m, reaches, sides
from geo.segments import as_shapes

# A shop belongs to a street whose centre line is at most this far from its door.
_SHOP_TO_STREET_M = 45.0
# Ground farther from a street's centre line than this is not along it.
_DEPTH_M = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """A shop's place on its street; ``side`` is None on the centre line itself."""

    piece: int
    position_m: float
    side: Side | None


@dataclass(frozen=True, slots=True)
class Along:
    """A grid seen from a place on a street, by distance along it."""

    grid: int
    distance_m: float
    same_side: bool


class Streetside:
    """The streets of a ground, and what lies along them.

    Parameters
    ----------
    ground : Ground
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._metric = ground.snapshot.metric
        names: dict[str, list[LineString]] = {}
        lines = self._metric.to_plane(as_shapes(street.line for street in ground.snapshot.streets))
        for street, line in zip(ground.snapshot.streets, lines, strict=True):
            if street.name:
                names.setdefault(street.name, []).append(line)
        merged = {name: merge_lines(parts) for name, parts in names.items()}
        pieces = [(name, line) for name, parts in merged.items() for line in parts]
        self.names = tuple(name for name, _ in pieces)
        self._lines = as_shapes(line for _, line in pieces)
        self._tree = STRtree(self._lines)
        self._by_code = {street.code: street.name for street in ground.snapshot.streets}
        self._reach: dict[tuple[int, int], dict[Side, Reach]] = {}

    @cached_property
    def _grids(self) -> Shapes:
        return np.asarray(
            self._metric.to_plane(as_shapes(grid.polygon for grid in self._ground.shop_grids)), dtype=object
        )

    @cached_property
    def _grid_tree(self) -> STRtree:
        return STRtree(self._grids)

    @cached_property
    def places(self) -> tuple[Place | None, ...]:
        """Place of each shop: on the street it names, else on the nearest one."""
        found: list[Place | None] = [None] * len(self._ground.door_plane)
        if not len(self._lines):
            return tuple(found)
        shops, pieces, distances = self._pairs()
        wanted = [self._by_code.get(shop.street or "", shop.street) for shop in self._ground.snapshot.shops]
        known = set(self.names)
        best: dict[int, tuple[float, int]] = {}
        for shop, piece, distance in zip(shops, pieces, distances, strict=True):
            name = wanted[shop]
            if name in known and self.names[piece] != name:
                continue
            best[shop] = min(best.get(shop, (np.inf, -1)), (distance, piece))
        members: dict[int, list[int]] = {}
        for shop, (_, piece) in best.items():
            members.setdefault(piece, []).append(shop)
        for piece, held in members.items():
            line, doors = self._lines[piece], self._ground.door_plane[held]
            for shop, position, side in zip(held, positions_m(line, doors), sides(line, doors), strict=True):
                found[shop] = Place(piece, float(position), _SIDES[int(side)])
        return tuple(found)

    def _pairs(self) -> tuple[list[int], list[int], list[float]]:
        shops, pieces = self._tree.query(self._ground.door_plane, predicate="dwithin", distance=_SHOP_TO_STREET_M)
        distances = shapely.distance(self._ground.door_plane[shops], self._lines[pieces])
        return shops.tolist(), pieces.tolist(), distances.tolist()

    def along(self, place: Place, *, within_m: float) -> list[Along]:
        """Grids that hold shops along the street of a place, the nearest along it first.

        Parameters
        ----------
        place : Place
        within_m : float
            Farthest distance along the street.

        Returns
        -------
        list of Along
            ``grid`` is an index into the ground's ``shop_grids``; those on the
            same side come first.
        """
        # What lies along the street within the distance is no farther than that from here, straight.
        here = shapely.line_interpolate_point(self._lines[place.piece], place.position_m)
        near = self._grid_tree.query(here, predicate="dwithin", distance=within_m + _DEPTH_M)
        found: list[Along] = []
        for grid in near.tolist():
            by_side = self._reaches(place.piece, grid)
            if not by_side:
                continue
            same = by_side.get(place.side) if place.side is not None else None
            nearest = same or min(by_side.values(), key=lambda reach: reach.distance_m(place.position_m))
            distance = nearest.distance_m(place.position_m)
            if distance <= within_m:
                found.append(Along(grid, distance, same is not None))
        return sorted(found, key=lambda item: (not item.same_side, item.distance_m, item.grid))

    def _reaches(self, piece: int, grid: int) -> dict[Side, Reach]:
        if (piece, grid) not in self._reach:
            self._reach[piece, grid] = reaches(self._lines[piece], self._grids[grid], depth_m=_DEPTH_M)
        return self._reach[piece, grid]


_SIDES: dict[int, Side | None] = {1: "left", -1: "right", 0: None}
