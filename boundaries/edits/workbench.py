"""The grids of one area and layer, as cells that can be reshaped."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from boundaries.edits.naming import grid_named
from boundaries.errors import BadInput, NotFound
from boundaries.model import Area, Layer, MicroGrid
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.chain import Precision
from geo.crs import STORAGE_DECIMALS
from geo.mesh import scale_of
from geo.reshaped import Division
from geo.segments import as_shapes


@dataclass(frozen=True, slots=True)
class Workbench:
    """Grids of one area and layer, by position, and the same as cells.

    Attributes
    ----------
    area : Area
    layer : {"tile", "overlay"}
    grids : tuple of MicroGrid
    division : Division
        In the overlay layer the cell behind the last grid is the ground that is nobody's.
    """

    area: Area
    layer: Layer
    grids: tuple[MicroGrid, ...]
    division: Division

    def number(self, code: str) -> int:
        """Position of a grid.

        Raises
        ------
        BadInput
            If it is of another area or layer.
        """
        for index, grid in enumerate(self.grids):
            if grid.code == code:
                return index
        raise BadInput(
            f"网格 {code} 不在区域 {self.area.code}({self.area.name})的同一层中。区域之间的边界请用“移动区域边界”。",
            f"Micro-grid {code} is not in the same layer of area {self.area.code} ({self.area.name}). Between areas,"
            " move the border of the areas.",
        )


def workbench(snapshot: Snapshot, area: str, layer: Layer = "tile") -> Workbench:
    """The grids of an area and layer.

    Raises
    ------
    NotFound
        If there is no such area.
    """
    place = area_named(snapshot, area)
    grids = tuple(grid for grid in snapshot.grids if grid.area == area and grid.layer == layer)
    precision = precision_of(snapshot)
    cells = as_shapes(grid.polygon for grid in grids)
    if layer == "tile":
        return Workbench(place, layer, grids, Division(cells, place.polygon, precision))
    free: Any = shapely.difference(place.polygon, shapely.union_all(cells)) if len(cells) else place.polygon
    if free.is_empty:
        return Workbench(place, layer, grids, Division(cells, place.polygon, precision))
    division = Division(
        np.concatenate([cells, as_shapes([free])]), place.polygon, precision, nobody=frozenset({len(cells)})
    )
    return Workbench(place, layer, grids, division)


def bench_of(snapshot: Snapshot, code: str) -> Workbench:
    """The grids beside one that is named.

    Raises
    ------
    NotFound
        If there is no such grid, or its area is missing.
    """
    grid = grid_named(snapshot, code)
    return workbench(snapshot, grid.area, grid.layer)


def area_named(snapshot: Snapshot, code: str) -> Area:
    """The area of a code.

    Raises
    ------
    NotFound
        If there is none.
    """
    area = snapshot.area_by_code.get(code)
    if area is None:
        raise NotFound(f"没有编码为 {code} 的区域。请核对编码。", f"There is no area with the code {code}. Check it.")
    return area


def precision_of(snapshot: Snapshot) -> Precision:
    """How fine the coordinates of a snapshot are."""
    shapes = as_shapes(area.polygon for area in snapshot.areas)
    scale = scale_of(snapshot.crs, shapes)
    decimals = STORAGE_DECIMALS if snapshot.is_stored else None
    return Precision(Rules().tolerances(snapshot.crs)[0], decimals, (float(scale[0]), float(scale[1])))


def with_grids(snapshot: Snapshot, changed: Iterable[MicroGrid], gone: Iterable[str]) -> Snapshot:
    """The snapshot with other grids in it, by code; new ones behind the others."""
    new = {grid.code: grid for grid in changed}
    left = set(gone)
    kept = tuple(new.pop(grid.code, grid) for grid in snapshot.grids if grid.code not in left)
    return replace(snapshot, grids=(*kept, *new.values()))
