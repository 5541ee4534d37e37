"""Which grid points are in, answered by the index over a plan that was read from files."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import BadInput
from boundaries.exchange.snapshot_files import UNION_CODE
from boundaries.model import MicroGrid
from boundaries.rules import Rules
from boundaries.services.lookup import LocatedMany
from boundaries.snapshot import Snapshot
from geo.cell_edges import DoubtfulCells
from geo.crs import SourceCrs, parse_crs, project
from geo.errors import CrsProblem
from geo.locate import CellIndex
from geo.segments import as_shapes
from geo.touching import lowest_touching
from geo.validity import find_invalid

_NAMED = 5


def locate_in(snapshot: Snapshot, xy: NDArray[np.float64], system: SourceCrs) -> LocatedMany:
    """Say which tile grid of a plan each of many points is in.

    Parameters
    ----------
    snapshot : Snapshot
        The rank of a grid is its place in the file.
    xy : ndarray of float64, shape (n, 2)
        Coordinates that are not finite lie nowhere.
    system : SourceCrs
        Of the points.

    Returns
    -------
    LocatedMany

    Raises
    ------
    BadInput
        If grids are not valid, overlap, or their common borders do not match, or the axes
        of all points are swapped.
    CrsProblem
        If the points cannot be brought into the system of the grids.
    """
    tiles = [grid for grid in snapshot.grids if grid.layer == "tile"]
    index = _index_of(tiles, snapshot)
    usable = np.isfinite(xy).all(axis=1)
    moved = np.full(xy.shape, np.nan)
    moved[usable] = _in_system(xy[usable], system, snapshot)
    cells = index.locate(moved[:, 0], moved[:, 1])
    around = lowest_touching(as_shapes(area.polygon for area in snapshot.areas), moved[:, 0], moved[:, 1])
    if usable.any() and (around.cell < 0).all() and (cells.cell < 0).all():
        _refuse_swapped(moved[usable], snapshot)
    # The outline that stands in for missing areas has no name of its own.
    areas = [None if area.code == UNION_CODE else area.code for area in snapshot.areas]
    named = [
        tiles[cell].area if cell >= 0 else areas[area] if area >= 0 else None
        for cell, area in zip(cells.cell.tolist(), around.cell.tolist(), strict=True)
    ]
    return LocatedMany(
        None,
        tuple(tiles[cell].code if cell >= 0 else None for cell in cells.cell.tolist()),
        tuple(None if name == UNION_CODE else name for name in named),
        cells.on_border,
        (cells.cell < 0) & (around.cell >= 0),
    )


def _index_of(tiles: Sequence[MicroGrid], snapshot: Snapshot) -> CellIndex:
    shapes = as_shapes(grid.polygon for grid in tiles)
    broken = find_invalid(shapes, is_polygonal=True)
    if broken:
        zh, en = _named(tiles, broken)
        raise BadInput(
            f"{snapshot.title('zh')}:网格 {zh} 的图形无效,不能用来查点。请先用 check 检查并修正。",
            f"{snapshot.title('en')}: grids {en} are not valid shapes and cannot answer. Correct them first.",
        )
    try:
        return CellIndex.of(shapes, tolerance=Rules().tolerances(snapshot.crs)[0])
    except DoubtfulCells as error:
        zh, en = _named(tiles, error.cells)
        raise BadInput(
            f"{snapshot.title('zh')}:网格 {zh} 相互重叠或边界顶点不一致,不能用来查点。请先用 repair 修补。",
            f"{snapshot.title('en')}: grids {en} overlap or their borders do not match, so they "
            "cannot answer. Mend them with repair first.",
        ) from error


def _named(tiles: Sequence[MicroGrid], cells: Sequence[int]) -> tuple[str, str]:
    codes, more = [tiles[cell].code for cell in cells[:_NAMED]], len(cells) - _NAMED
    if more > 0:
        return f"{'、'.join(codes)} 等 {len(cells)} 个", f"{', '.join(codes)} and {more} more"
    return "、".join(codes), ", ".join(codes)


def _in_system(xy: NDArray[np.float64], system: SourceCrs, snapshot: Snapshot) -> NDArray[np.float64]:
    """Points in the coordinates of the grids; nothing moves where both say the same system."""
    if system == snapshot.crs:
        return xy
    if snapshot.crs.shift is not None:
        raise CrsProblem(
            f"网格是 {snapshot.crs.name},点是 {system.name}:不能换算成偏移坐标。请把网格先转为 EPSG:4490。",
            f"The grids are {snapshot.crs.name}, the points {system.name}: nothing is converted into shifted "
            "coordinates. Bring the grids to EPSG:4490 first.",
        )
    return project(xy, system, parse_crs(snapshot.crs.base).base)


def _refuse_swapped(xy: NDArray[np.float64], snapshot: Snapshot) -> None:
    west, south, east, north = shapely.total_bounds([area.polygon for area in snapshot.areas])
    x, y = np.median(xy, axis=0)
    if west <= y <= east and south <= x <= north and not (west <= x <= east and south <= y <= north):
        raise BadInput(
            "横纵坐标颠倒了:x 是经度(或东坐标),y 是纬度(或北坐标)。请交换后再查。",
            "The axes are swapped: x is longitude (or easting), y is latitude (or northing). Swap them and ask again.",
        )
