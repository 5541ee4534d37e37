"""What lies where: premises against the grids of a snapshot, worked out once.

Checks and the assignment ask the same questions (which grids is this building
in, how much of it, who holds this door), so the answers are computed together
and kept here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from boundaries.filling import Filling, fillings
from boundaries.model import Area, MicroGrid
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.coverage import Face, find_overlaps
from geo.segments import as_shapes
from geo.validity import find_invalid

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Piece:
    """The piece of an outline that lies in one tile grid.

    ``grid`` is an index into :attr:`Ground.tiles`; a point has a piece without area.
    """

    grid: int
    area_m2: float
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one outline or point lies.

    Attributes
    ----------
    area_m2 : float
        Of the whole outline; 0 for a point.
    pieces : tuple of Piece
        Those large enough to count, largest first, then lowest rank.
    is_doubled : bool
        Whether two grids share more of it than the tolerance.
    """

    area_m2: float
    pieces: tuple[Piece, ...]
    is_doubled: bool

    @property
    def home(self) -> int | None:
        """Index of the grid that holds most of it, or None."""
        return self.pieces[0].grid if self.pieces else None

    @property
    def covered_m2(self) -> float:
        """Area inside the grids, where no two of them share it."""
        return sum(piece.area_m2 for piece in self.pieces)


@dataclass(frozen=True)
class Ground:
    """A snapshot, its rules, and what follows from both.

    Parameters
    ----------
    snapshot : Snapshot
    rules : Rules
    """

    snapshot: Snapshot
    rules: Rules

    @cached_property
    def invalid_grids(self) -> frozenset[int]:
        """Indices of the snapshot's grids that have no usable shape."""
        return frozenset(find_invalid(as_shapes(grid.polygon for grid in self.snapshot.grids), is_polygonal=True))

    @cached_property
    def invalid_areas(self) -> frozenset[str]:
        """Codes of the areas that have no usable shape."""
        areas = self.snapshot.areas
        found = find_invalid(as_shapes(area.polygon for area in areas), is_polygonal=True)
        return frozenset(areas[index].code for index in found)

    @cached_property
    def tiles(self) -> tuple[MicroGrid, ...]:
        """Usable tile grids, lowest rank first."""
        return self._usable("tile")

    @cached_property
    def overlays(self) -> tuple[MicroGrid, ...]:
        """Usable overlay grids, lowest rank first."""
        return self._usable("overlay")

    def _usable(self, layer: str) -> tuple[MicroGrid, ...]:
        grids = (
            grid
            for index, grid in enumerate(self.snapshot.grids)
            if grid.layer == layer and index not in self.invalid_grids
        )
        return tuple(sorted(grids, key=lambda grid: grid.rank))

    @cached_property
    def tile_shapes(self) -> Shapes:
        """Polygons of :attr:`tiles`."""
        return as_shapes(grid.polygon for grid in self.tiles)

    @cached_property
    def tile_tree(self) -> STRtree:
        """Spatial index over :attr:`tile_shapes`."""
        return STRtree(self.tile_shapes)

    @cached_property
    def tile_plane(self) -> Shapes:
        """Polygons of :attr:`tiles` in metres."""
        return np.asarray(self.snapshot.metric.to_plane(self.tile_shapes), dtype=object)

    @cached_property
    def tile_plane_tree(self) -> STRtree:
        """Spatial index over :attr:`tile_plane`."""
        return STRtree(self.tile_plane)

    @cached_property
    def parents(self) -> tuple[Area, ...]:
        """Areas that tile grids must fill.

        Those that a grid names, and the lowest areas that no grid fills: undivided
        ground is a gap too. Where an area is divided directly, the areas inside it
        that no grid names ask for nothing.
        """
        named = {area.code for area in self.snapshot.parents}
        above = {area.parent for area in self.snapshot.areas if area.parent} | self.snapshot.partly_here
        return tuple(
            area
            for area in self.snapshot.areas
            if area.code in named
            or (area.code not in above and not any(upper.code in named for upper in self.snapshot.ancestors(area.code)))
        )

    @cached_property
    def fillings(self) -> tuple[Filling, ...]:
        """Each of :attr:`parents` with what must fill it."""
        grids = self.snapshot.grids
        broken = [grids[index] for index in self.invalid_grids if grids[index].layer == "tile"]
        return fillings(self.snapshot, self.parents, self.tiles, broken_areas=self.invalid_areas, broken_tiles=broken)

    @cached_property
    def judged(self) -> tuple[tuple[Filling, Polygon | MultiPolygon], ...]:
        """Those of :attr:`fillings` that have a ground of their own, with it."""
        return tuple((one, own) for one in self.fillings if (own := one.ground) is not None)

    @cached_property
    def claimed_twice(self) -> tuple[tuple[Face, ...], tuple[Face, ...]]:
        """Ground that two or more of :attr:`judged` should fill, and dust; owners are positions in it."""
        return find_overlaps((own for _, own in self.judged), **self.rules.limits(self.snapshot.crs))

    @cached_property
    def building_shapes(self) -> Shapes:
        """Shapes of the snapshot's buildings, made valid."""
        return _valid(as_shapes(building.shape for building in self.snapshot.buildings))

    @cached_property
    def compound_shapes(self) -> Shapes:
        """Shapes of the snapshot's compounds, made valid."""
        return _valid(as_shapes(compound.polygon for compound in self.snapshot.compounds))

    @cached_property
    def shop_doors(self) -> Shapes:
        """Door points of the snapshot's shops."""
        return as_shapes(shop.door for shop in self.snapshot.shops)

    @cached_property
    def door_plane(self) -> Shapes:
        """Door points of the snapshot's shops in metres."""
        return np.asarray(self.snapshot.metric.to_plane(self.shop_doors), dtype=object)

    @cached_property
    def buildings(self) -> tuple[Placement, ...]:
        """Placement of each of the snapshot's buildings."""
        return self.place(self.building_shapes)

    @cached_property
    def compounds(self) -> tuple[Placement, ...]:
        """Placement of each of the snapshot's compounds."""
        return self.place(self.compound_shapes)

    @cached_property
    def buildings_of(self) -> dict[int, list[int]]:
        """Indices of buildings by the index of the tile grid that holds most of each."""
        return _by_home([placement.home for placement in self.buildings])

    @cached_property
    def buildings_of_compound(self) -> dict[int, list[int]]:
        """Indices of buildings by the index of their compound: the one they name, else the one they stand in."""
        by_name = {compound.name: index for index, compound in enumerate(self.snapshot.compounds)}
        by_code = {compound.code: index for index, compound in enumerate(self.snapshot.compounds)}
        points = shapely.point_on_surface(self.building_shapes)
        inside = _lowest(STRtree(self.compound_shapes), points)
        homes: list[int | None] = []
        for index, building in enumerate(self.snapshot.buildings):
            named = by_code.get(building.compound or "", by_name.get(building.compound or ""))
            homes.append(inside[index] if building.compound is None else named)
        return _by_home(homes)

    @cached_property
    def open_shops(self) -> tuple[int, ...]:
        """Indices of the shops that are open."""
        return tuple(index for index, shop in enumerate(self.snapshot.shops) if shop.state == "open")

    @cached_property
    def tile_of_shop(self) -> list[int | None]:
        """Index of the tile grid that each shop's door is in, lowest rank first."""
        return _lowest(self.tile_tree, self.shop_doors)

    @cached_property
    def open_shops_of(self) -> dict[int, list[int]]:
        """Indices of open shops by the index of the tile grid their door is in."""
        open_only = [
            self.tile_of_shop[i] if shop.state == "open" else None for i, shop in enumerate(self.snapshot.shops)
        ]
        return _by_home(open_only)

    @cached_property
    def shop_grids(self) -> tuple[MicroGrid, ...]:
        """Grids of a kind that holds shops, overlays before tiles, lowest rank first."""
        kinds = self.snapshot.kind_by_code
        return tuple(
            grid for grid in (*self.overlays, *self.tiles) if grid.kind in kinds and kinds[grid.kind].holds_shops
        )

    @cached_property
    def dedicated_of_shop(self) -> list[int | None]:
        """Index into :attr:`shop_grids` of the grid that holds each shop's door, or None."""
        return _lowest(STRtree(as_shapes(grid.polygon for grid in self.shop_grids)), self.shop_doors)

    def place(self, shapes: Shapes) -> tuple[Placement, ...]:
        """Find which tile grids each shape lies in and how much of it.

        Parameters
        ----------
        shapes : ndarray of shapely geometry
            Valid polygons or points in the snapshot's coordinates.

        Returns
        -------
        tuple of Placement
            One for each shape.
        """
        whole = np.asarray(self.snapshot.metric.area_m2(shapes), dtype=float)
        subject, grid = self.tile_tree.query(shapes, predicate="intersects")
        shape, over = shapes[subject], self.tile_shapes[grid]
        shapely.prepare(over)
        piece = shape.copy()
        crossed = ~shapely.covers(over, shape)
        piece[crossed] = shapely.intersection(shape[crossed], over[crossed])
        area = np.where(crossed, self.snapshot.metric.area_m2(piece), whole[subject])
        counts = self.is_significant(area, whole[subject]) | (whole[subject] == 0)
        pieces: list[list[Piece]] = [[] for _ in shapes]
        for index in np.flatnonzero(counts):
            pieces[subject[index]].append(Piece(int(grid[index]), float(area[index]), piece[index]))
        return tuple(self._placement(float(size), found) for size, found in zip(whole, pieces, strict=True))

    def is_significant(self, area_m2: Any, whole_m2: Any) -> Any:
        """Whether a piece is more than a drawing tolerance of the whole."""
        # A kiosk below the tolerance must still be able to lie somewhere.
        floor = np.minimum(self.rules.cut_area_m2, np.asarray(whole_m2) / 2)
        return (area_m2 > floor) & (area_m2 > self.rules.cut_share * np.asarray(whole_m2))

    def _placement(self, whole_m2: float, pieces: list[Piece]) -> Placement:
        ordered = tuple(sorted(pieces, key=lambda piece: (-piece.area_m2, piece.grid)))
        return Placement(whole_m2, ordered, self._is_doubled(whole_m2, ordered))

    def _is_doubled(self, whole_m2: float, pieces: Sequence[Piece]) -> bool:
        if len(pieces) < 2:
            return False
        if whole_m2 == 0:
            point = pieces[0].shape
            grids = self.tile_shapes[[piece.grid for piece in pieces]]
            return int(shapely.contains_properly(grids, point).sum()) > 1
        for one, other in combinations(pieces, 2):
            shared = shapely.intersection(one.shape, other.shape)
            if self.is_significant(self.snapshot.metric.area_m2(shared), whole_m2):
                return True
        return False

    def households_of(self, buildings: Sequence[int]) -> int:
        """Households counted in these buildings; uncounted ones add nothing."""
        return sum(self.snapshot.buildings[index].households or 0 for index in buildings)

    def common_area(self, codes: Iterable[str]) -> str | None:
        """Code of the lowest area that is, or is above, each of these areas."""
        chains = [[area.code for area in self.snapshot.ancestors(code)] for code in codes]
        if not chains:
            return None
        return next((code for code in chains[0] if all(code in chain for chain in chains)), None)

    def area_at(self, shape: BaseGeometry) -> str | None:
        """Code of the first parent that the inner point of a shape lies in."""
        return self.areas_at(as_shapes([shape]))[0]

    def areas_at(self, shapes: Shapes) -> list[str | None]:
        """For each shape the code of the first parent that its inner point lies in."""
        first = _lowest(self._parent_tree, np.asarray(shapely.point_on_surface(shapes), dtype=object))
        return [None if at is None else self.parents[at].code for at in first]

    @cached_property
    def _parent_tree(self) -> STRtree:
        return STRtree(as_shapes(area.polygon for area in self.parents))

    def touches_parent(self, shape: BaseGeometry) -> bool:
        """Whether a shape reaches any parent at all."""
        return bool(shapely.intersects(shape, as_shapes(area.polygon for area in self.parents)).any())


def _by_home(homes: Sequence[int | None]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = {}
    for index, home in enumerate(homes):
        if home is not None:
            members.setdefault(home, []).append(index)
    return members


def _lowest(tree: STRtree, points: Shapes) -> list[int | None]:
    lowest: list[int | None] = [None] * len(points)
    for point, cell in zip(*tree.query(points, predicate="intersects"), strict=True):
        held = lowest[point]
        lowest[point] = int(cell) if held is None else min(held, int(cell))
    return lowest


def _valid(shapes: Shapes) -> Shapes:
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes[broken] = shapely.make_valid(shapes[broken])
    return shapes
