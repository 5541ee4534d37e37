"""Households of grids, from their parts, else from the buildings that are theirs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from boundaries.model import Assignment, Building, MicroGrid
from boundaries.snapshot import Snapshot
from geo.segments import as_shapes


@dataclass(frozen=True, slots=True)
class Homes:
    """Which tile grid each building of a snapshot belongs to, as far as it was asked for.

    Attributes
    ----------
    buildings : tuple of Building
    points : ndarray of Point
        A point in each.
    named : tuple of (str or None)
        Code of the grid that an assignment names for each, where one does.
    """

    buildings: tuple[Building, ...]
    points: np.ndarray
    named: tuple[str | None, ...]

    @classmethod
    def near(cls, snapshot: Snapshot, grids: Iterable[MicroGrid]) -> "Homes":
        """The buildings that may belong to some grids before or after an edit of their ground."""
        chosen = list(grids)
        named = {
            item.premises: item.grid
            for item in snapshot.assignments
            if item.premises_kind == "building" and item.accepted_by is not None and item.grid is not None
        }
        codes = {grid.code for grid in chosen}
        boxes = shapely.bounds(as_shapes(building.shape for building in snapshot.buildings)).reshape(-1, 4)
        around = shapely.bounds(as_shapes(grid.polygon for grid in chosen)).reshape(-1, 4)
        box = np.concatenate([around[:, :2].min(axis=0), around[:, 2:].max(axis=0)]) if len(around) else np.zeros(4)
        begins = (boxes[:, :2] <= box[2:]).all(axis=1)
        near = set(np.flatnonzero(begins & (boxes[:, 2:] >= box[:2]).all(axis=1)).tolist())
        buildings = tuple(
            building
            for index, building in enumerate(snapshot.buildings)
            if index in near or named.get(building.code) in codes
        )
        points = np.asarray(
            shapely.point_on_surface(as_shapes(building.shape for building in buildings)), dtype=object
        ).reshape(-1)
        return cls(buildings, points, tuple(named.get(building.code) for building in buildings))

    def by_grid(self, grids: Iterable[MicroGrid], moved: Mapping[str, str | None]) -> dict[str, list[Building]]:
        """Buildings by the code of their grid.

        Parameters
        ----------
        grids : iterable of MicroGrid
            Tile grids; of two that a point touches, the lower rank answers.
        moved : mapping of str to (str or None)
            Building -> the grid that it is assigned to from now on.

        Returns
        -------
        dict of str to list of Building
        """
        tiles = sorted((grid for grid in grids if grid.layer == "tile"), key=lambda grid: grid.rank)
        found: dict[str, list[Building]] = {grid.code: [] for grid in tiles}
        placed: dict[int, str] = {}
        point, tile = shapely.STRtree(as_shapes(grid.polygon for grid in tiles)).query(
            self.points, predicate="intersects"
        )
        for index, grid in sorted(zip(point.tolist(), tile.tolist(), strict=True)):
            placed.setdefault(index, tiles[grid].code)
        for index, building in enumerate(self.buildings):
            code = moved.get(building.code, self.named[index]) or placed.get(index)
            if code in found:
                found[code].append(building)
        return found


def households_of(grid: MicroGrid, buildings: Iterable[Building]) -> int | None:
    """Households of a grid: of its parts where it has any, else of its buildings; None where nobody counted."""
    counts = [part.households for part in grid.parts] if grid.parts else [one.households for one in buildings]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def assigned_buildings(assignments: Iterable[Assignment]) -> dict[str, str | None]:
    """Building -> grid, of the assignments of buildings."""
    return {item.premises: item.grid for item in assignments if item.premises_kind == "building"}
