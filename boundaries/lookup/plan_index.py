"""A whole plan, ready to say which grids points are in: an index a layer, and the areas around."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import BadInput
from boundaries.lookup.answer import LocatedGrid, Purpose, holder_of_shops
from boundaries.lookup.coordinates import Placement, Points
from boundaries.model import Area, Kind, Layer, MicroGrid
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.cell_edges import DoubtfulCells
from geo.locate import CellIndex
from geo.locate_one import touching_cells
from geo.metric import Metric
from geo.segments import as_shapes
from geo.touching import TouchIndex
from geo.validity import find_invalid

# What stands for no grid: in an area that has none there, and outside all areas.
IN_GAP, OUTSIDE = -1, -2
_NAMED = 5

Positions = NDArray[np.int32]
Hit = tuple[int, bool]


@dataclass(frozen=True, slots=True)
class LayerIndex:
    """The grids of one layer, by rank, without their shapes, and the index of these."""

    grids: tuple[LocatedGrid, ...]
    areas: tuple[str, ...]
    index: CellIndex


@dataclass(frozen=True, slots=True)
class Columns:
    """Where many points are, in numbers.

    Attributes
    ----------
    grid : ndarray of int32, shape (n,)
        Position of the tile grid, ``IN_GAP`` or ``OUTSIDE``.
    area : ndarray of int32, shape (n,)
        Position of the area of the grid, else of the lowest around the point; -1 for none.
    on_border : ndarray of bool, shape (n,)
    responsible : ndarray of int32, shape (n,) or None
        Position of the grid to store, where a purpose was named; overlays are counted on
        after the tiles.
    """

    grid: Positions
    area: Positions
    on_border: NDArray[np.bool_]
    responsible: Positions | None


@dataclass(frozen=True)
class PlanIndex:
    """What answers for many points; it can be sent to another process.

    Attributes
    ----------
    generation : int or None
    placement : Placement
    tiles, overlays : LayerIndex
    kinds : mapping of str to Kind
    areas : tuple of Area
        The lowest first.
    """

    generation: int | None
    placement: Placement
    tiles: LayerIndex
    overlays: LayerIndex
    kinds: Mapping[str, Kind]
    areas: tuple[Area, ...]
    is_parent_derived: bool

    @classmethod
    def of(cls, snapshot: Snapshot) -> "PlanIndex":
        """Build the index of a plan.

        Parameters
        ----------
        snapshot : Snapshot

        Returns
        -------
        PlanIndex

        Raises
        ------
        BadInput
            If grids are not valid, overlap in their layer, or their common borders do not
            match; they are named.
        """
        depth = {level.code: level.depth for level in snapshot.levels}
        areas = sorted(snapshot.areas, key=lambda area: (-depth.get(area.level, 0), area.code))
        bounds = shapely.total_bounds([area.polygon for area in areas]) if areas else None
        placement = Placement(snapshot.crs, snapshot.is_stored, None if bounds is None else tuple(bounds.tolist()))
        return cls(
            snapshot.generation,
            placement,
            _layer(snapshot, "tile"),
            _layer(snapshot, "overlay"),
            snapshot.kind_by_code,
            tuple(areas),
            snapshot.is_parent_derived,
        )

    @property
    def grids(self) -> tuple[LocatedGrid, ...]:
        """Grids by position: tiles, then overlays."""
        return self.tiles.grids + self.overlays.grids

    @cached_property
    def _place(self) -> dict[str, int]:
        """Position of each grid by its code."""
        return {grid.code: place for place, grid in enumerate(self.grids)}

    @cached_property
    def _holds_shops(self) -> NDArray[np.bool_]:
        """Of each grid by position whether its kind holds shops; one more for no grid."""
        return np.array([*(self.kinds[grid.kind].holds_shops for grid in self.grids), False])

    @cached_property
    def _around(self) -> TouchIndex:
        return TouchIndex.of(as_shapes(area.polygon for area in self.areas))

    @cached_property
    def area_by_code(self) -> dict[str, Area]:
        """Areas by code."""
        return {area.code: area for area in self.areas}

    def lowest_area(self, x: float, y: float) -> Area | None:
        """The lowest area around one point in no tile grid, in the coordinates of the plan."""
        if not self.placement.has(x, y):
            return None
        place = self._around.lowest_at(x, y)
        return self.areas[place] if place >= 0 else None

    def width_m(self, metric: Metric) -> float:
        """How far the areas reach from corner to corner, in metres; 0 where there is none."""
        if self.placement.bounds is None:
            return 0.0
        west, south, east, north = self.placement.bounds
        corners = metric.points_in_plane(np.array([[west, south], [east, north]]))
        return float(np.hypot(*(corners[1] - corners[0])))

    @property
    def area_codes(self) -> list[str | None]:
        """Codes of the areas by position; the outline that stands in for missing areas has none."""
        return [None if self.is_parent_derived else area.code for area in self.areas]

    def locate(self, xy: Points, *, for_: Purpose | None = None) -> Columns:
        """Say where many points are.

        Parameters
        ----------
        xy : ndarray of float64, shape (n, 2)
            In the coordinates of the plan; what is not finite lies nowhere.
        for_ : {"household", "shop"}, optional
            Fills ``responsible``.

        Returns
        -------
        Columns
        """
        x, y = xy[:, 0], xy[:, 1]
        found = self.tiles.index.locate(x, y)
        grid, area = found.cell.astype(np.int32), self._area_of_tile[found.cell]
        alone = np.flatnonzero(found.cell < 0)
        area[alone] = self._around.locate(x[alone], y[alone]).cell
        grid[alone] = np.where(area[alone] >= 0, IN_GAP, OUTSIDE)
        responsible = None if for_ is None else self._responsible(xy, grid, found.on_border, for_)
        return Columns(grid, area, found.on_border, responsible)

    def touching(self, x: float, y: float, tile: Hit, overlay: Hit) -> tuple[LocatedGrid, ...]:
        """All grids that a point touches, lowest rank first.

        Parameters
        ----------
        x, y : float
            In the coordinates of the plan.
        tile, overlay : tuple of (int, bool)
            In each layer the position of the grid that the point belongs to, negative for
            none, and whether it lies on the border of one.
        """
        found = [*_touched(self.tiles, x, y, tile), *_touched(self.overlays, x, y, overlay)]
        return tuple(sorted(found, key=lambda grid: grid.rank))

    def ranks(self, x: float, y: float, tile: Hit, overlay: Hit) -> frozenset[int]:
        """Ranks of the grids of :meth:`touching`."""
        return frozenset(grid.rank for grid in self.touching(x, y, tile, overlay))

    @cached_property
    def _area_of_tile(self) -> Positions:
        """Position of the area of each tile; one more for no tile."""
        place = {area.code: number for number, area in enumerate(self.areas)}
        return np.array([*(place.get(code, -1) for code in self.tiles.areas), -1], dtype=np.int32)

    def _responsible(self, xy: Points, grid: Positions, on_border: NDArray[np.bool_], for_: Purpose) -> Positions:
        if for_ == "household":
            return grid
        chosen = grid.copy()
        over = self.overlays.index.locate(xy[:, 0], xy[:, 1])
        count = len(self.tiles.grids)
        held = (over.cell >= 0) & self._holds_shops[over.cell + count]
        chosen[held] = over.cell[held] + count
        # Where several grids touch, one with a higher rank may be the one that holds shops.
        for point in np.flatnonzero(on_border | over.on_border):
            x, y = xy[point].tolist()
            tile, overlay = (
                (int(grid[point]), bool(on_border[point])),
                (int(over.cell[point]), bool(over.on_border[point])),
            )
            touching = self.touching(x, y, tile, overlay)
            holder = holder_of_shops(touching, self.kinds)
            chosen[point] = grid[point] if holder is None else self._place[holder.code]
        return chosen


def _touched(layer: LayerIndex, x: float, y: float, hit: Hit) -> list[LocatedGrid]:
    cell, on_border = hit
    if on_border and layer.index.table is not None:
        return [layer.grids[touching] for touching in touching_cells(layer.index.table, x, y)]
    return [layer.grids[cell]] if cell >= 0 else []


def _layer(snapshot: Snapshot, layer: Layer) -> LayerIndex:
    grids = [grid for grid in snapshot.grids if grid.layer == layer]
    return LayerIndex(
        tuple(LocatedGrid(grid.rank, grid.code, grid.name, grid.kind, layer, grid.parts) for grid in grids),
        tuple(grid.area for grid in grids),
        _index_of(grids, snapshot),
    )


def _index_of(grids: Sequence[MicroGrid], snapshot: Snapshot) -> CellIndex:
    shapes = as_shapes(grid.polygon for grid in grids)
    broken = find_invalid(shapes, is_polygonal=True)
    if broken:
        zh, en = _named(grids, broken)
        raise BadInput(
            f"{snapshot.title('zh')}:网格 {zh} 的图形无效,不能用来查点。请先用 check 检查并修正。",
            f"{snapshot.title('en')}: grids {en} are not valid shapes and cannot answer. Correct them first.",
        )
    try:
        return CellIndex.of(shapes, tolerance=Rules().tolerances(snapshot.crs)[0])
    except DoubtfulCells as error:
        zh, en = _named(grids, error.cells)
        raise BadInput(
            f"{snapshot.title('zh')}:网格 {zh} 相互重叠或边界顶点不一致,不能用来查点。请先用 repair 修补。",
            f"{snapshot.title('en')}: grids {en} overlap or their borders do not match, so they "
            "cannot answer. Mend them with repair first.",
        ) from error


def _named(grids: Sequence[MicroGrid], cells: Sequence[int]) -> tuple[str, str]:
    codes, more = [grids[cell].code for cell in cells[:_NAMED]], len(cells) - _NAMED
    if more > 0:
        return f"{'、'.join(codes)} 等 {len(cells)} 个", f"{', '.join(codes)} and {more} more"
    return "、".join(codes), ", ".join(codes)
