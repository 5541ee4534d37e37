"""Which micro-grid holds each building, compound and shop.

The one that an accepted assignment names, else the one it lies in: a building by a point
inside it, a compound by most of its ground, a shop by its door; a shop's is the overlay of
a kind that holds shops before the tile below it. The lowest rank answers on a border.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from shapely import STRtree

from boundaries.model import MicroGrid, PremisesKind
from boundaries.snapshot import Snapshot
from geo.rings import Shapes
from geo.segments import as_shapes

Premises = tuple[PremisesKind, str]


def homes(snapshot: Snapshot) -> dict[Premises, MicroGrid]:
    """The micro-grid of each premises; those that lie in none are left out.

    Parameters
    ----------
    snapshot : Snapshot
        Grids that hold none of its premises may be left out of it.

    Returns
    -------
    dict
        Kind and code of the premises -> micro-grid.
    """
    tiles = _ranked(snapshot, "tile")
    kinds = snapshot.kind_by_code
    holders = [grid for grid in _ranked(snapshot, "overlay") if grid.kind in kinds and kinds[grid.kind].holds_shops]
    found: dict[Premises, MicroGrid] = {}
    doors = as_shapes(shop.door for shop in snapshot.shops)
    for among in (tiles, holders):
        found |= _placed("shop", (shop.code for shop in snapshot.shops), _first(among, doors))
    inner = np.asarray(shapely.point_on_surface(as_shapes(one.shape for one in snapshot.buildings)), dtype=object)
    found |= _placed("building", (building.code for building in snapshot.buildings), _first(tiles, inner))
    outlines = as_shapes(compound.polygon for compound in snapshot.compounds)
    found |= _placed("compound", (compound.code for compound in snapshot.compounds), _most(tiles, outlines))
    codes = snapshot.grid_by_code
    given = (one for one in snapshot.assignments if one.accepted_by is not None and one.grid in codes)
    return found | {(one.premises_kind, one.premises): codes[one.grid] for one in given if one.grid is not None}


def _ranked(snapshot: Snapshot, layer: str) -> list[MicroGrid]:
    return sorted((grid for grid in snapshot.grids if grid.layer == layer), key=lambda grid: grid.rank)


def _placed(kind: PremisesKind, codes: Iterable[str], grids: Sequence[MicroGrid | None]) -> dict[Premises, MicroGrid]:
    return {(kind, code): grid for code, grid in zip(codes, grids, strict=True) if grid is not None}


def _first(grids: Sequence[MicroGrid], points: Shapes) -> list[MicroGrid | None]:
    """For each point the grid of the lowest rank that it touches."""
    place, grid = STRtree(as_shapes(one.polygon for one in grids)).query(points, predicate="intersects")
    lowest = np.full(len(points), len(grids), dtype=np.int64)
    np.minimum.at(lowest, place, grid)
    return [grids[index] if index < len(grids) else None for index in lowest.tolist()]


def _most(grids: Sequence[MicroGrid], outlines: Shapes) -> list[MicroGrid | None]:
    """For each outline the grid that holds most of it, of several the lowest rank."""
    shapes = as_shapes(one.polygon for one in grids)
    outlines = np.asarray(shapely.make_valid(outlines), dtype=object)
    place, grid = STRtree(shapes).query(outlines, predicate="intersects")
    area = shapely.area(shapely.intersection(outlines[place], shapes[grid]))
    found: list[MicroGrid | None] = [None] * len(outlines)
    for index in np.lexsort((grid, -area, place)).tolist():
        if found[place[index]] is None and area[index] > 0:
            found[place[index]] = grids[grid[index]]
    return found
