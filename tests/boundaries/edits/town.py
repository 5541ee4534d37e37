"""A small stored town with buildings, as a Snapshot that commands edit."""

from functools import lru_cache

import numpy as np
import shapely

from boundaries.model import Area, Assignment, Building, MicroGrid
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP
from tests.geo.laid import laid_town


@lru_cache
def town(*, columns: int = 3, cells: int = 100, seed: int = 0) -> Snapshot:
    """Communities in one town, grids by code "A0001" …, four buildings to a grid, every third one assigned."""
    laid = laid_town(columns=columns, cells=cells, seed=seed)
    outer = shapely.coverage_union_all(laid.areas)
    areas = (
        Area(1, "T", "镇", "town", None, outer),
        *(Area(2 + n, f"A{n}", f"社区{n}", "community", "T", area) for n, area in enumerate(laid.areas)),
    )
    sequence = np.concatenate([np.arange(count) for count in np.bincount(laid.home)])
    grids = tuple(
        MicroGrid(n + 1, n + 1, f"A{home}{number + 1:03d}", f"网格{n + 1}", f"A{home}", shape, version=1)
        for n, (home, number, shape) in enumerate(zip(laid.home.tolist(), sequence.tolist(), laid.grids, strict=True))
    )
    rng = np.random.default_rng(seed)
    buildings: list[Building] = []
    assignments: list[Assignment] = []
    for grid in grids:
        for number in range(4):
            shape = _house(grid, number)
            code = f"B{grid.code}-{number}"
            count = None if rng.random() < 0.1 else int(rng.integers(4, 40))
            buildings.append(Building(len(buildings) + 1, code, f"{number + 1}幢", shape, households=count))
            if number == 0:
                assignments.append(
                    Assignment("building", code, grid.code, "containment", "位于网格内", "inside", accepted_by="plan")
                )
    return Snapshot(
        Snapshot.stored_crs(),
        step=STORAGE_STEP,
        areas=areas,
        grids=grids,
        buildings=tuple(buildings),
        assignments=tuple(assignments),
    )


def _house(grid: MicroGrid, number: int) -> shapely.Polygon:
    """A house well inside a grid, one to each quarter."""
    middle = shapely.get_coordinates(shapely.centroid(grid.polygon))[0]
    east, north = (number % 2) * 2 - 1, (number // 2) * 2 - 1
    x, y = middle + np.array([east * 3e-4, north * 3e-4])
    return shapely.Polygon(
        np.round([(x - 8e-5, y - 5e-5), (x + 8e-5, y - 5e-5), (x + 8e-5, y + 5e-5), (x - 8e-5, y + 5e-5)], 9)
    )
