"""The ground that goes with a building or a compound when a grid gets it.

Its border follows the compound's outline, walls and street centre lines where there are any,
and else the midline between the building and those beside it. No other building is cut.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from boundaries.edits.workbench import Workbench, precision_of
from boundaries.errors import BadInput, NotFound
from boundaries.model import Building
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.chain import CannotReshape, Precision
from geo.segments import as_shapes

# Buildings further off do not bound the ground about one.
_NEIGHBOUR_M = 80.0
# Outlines are seen as points so close together; midlines are then smoothed by less.
_SAMPLE_M = 2.0
_SMOOTH_M = 0.5
# A building that is a point only stands for so much ground.
_POINT_M = 2.0
_POLYGON = 3


@dataclass(frozen=True, slots=True)
class _Place:
    """A building and what stands about it, in metres.

    Attributes
    ----------
    building : Polygon
    others : ndarray of Polygon
    sources : Polygon or MultiPolygon
        Ground of the grids that it stands in, without the one that gets it.
    taker : Polygon
    """

    building: Any
    others: Any
    sources: Any
    taker: Any


def ground_of_compound(snapshot: Snapshot, code: str) -> Polygon | MultiPolygon:
    """The ground inside a compound's outline.

    Raises
    ------
    NotFound
        If there is no such compound.
    """
    for compound in snapshot.compounds:
        if compound.code == code:
            return compound.polygon
    raise NotFound(f"没有编码为 {code} 的小区。请核对编码。", f"There is no compound with the code {code}. Check it.")


def ground_of_building(snapshot: Snapshot, bench: Workbench, to: str, code: str) -> Polygon:
    """The ground that goes with a building.

    Parameters
    ----------
    snapshot : Snapshot
    bench : Workbench
        The tile grids of the area.
    to : str
        Code of the grid that gets it.
    code : str
        Of the building.

    Returns
    -------
    Polygon
        In the coordinates of the snapshot; it adjoins the grid and cuts no other building.

    Raises
    ------
    NotFound
        If there is no such building.
    BadInput
        If it stands in the grid already, or in no grid of the area.
    CannotReshape
        If other buildings stand between it and the grid.
    """
    building = _building(snapshot, code)
    precision = precision_of(snapshot)
    place = _place(snapshot, bench, to, building, precision)
    midland = _midland(place)
    scale = np.array(precision.scale)
    for ground in (_between_barriers(snapshot, building, place, midland, scale), midland):
        if ground is None or not _adjoins(ground, place.taker):
            continue
        if not _cuts(ground, place.others):
            return _plain(shapely.transform(ground, lambda xy: precision.rounded(xy / scale)))
    raise CannotReshape(
        f"楼栋 {building.number or code} 与网格 {to} 之间隔着别的楼栋,或没有不切楼栋的边界。"
        "请先划入中间的楼栋,或自己画边界。",
        f"Other buildings stand between building {building.number or code} and micro-grid {to}, or no border spares"
        " them. Give those first, or draw the border yourself.",
    )


def _building(snapshot: Snapshot, code: str) -> Building:
    for building in snapshot.buildings:
        if building.code == code:
            return building
    raise NotFound(f"没有编码为 {code} 的楼栋。请核对编码。", f"There is no building with the code {code}. Check it.")


def _place(snapshot: Snapshot, bench: Workbench, to: str, building: Building, precision: Precision) -> _Place:
    scale = np.array(precision.scale)
    if bench.layer == "overlay":
        raise BadInput(f"{to} 是叠加网格,不收楼栋。", f"{to} is an overlay and takes no buildings.")
    taker = bench.number(to)
    cells = bench.division.cells
    standing = np.flatnonzero(shapely.intersects(cells, building.shape))
    standing = standing[standing != taker]
    inside = shapely.area(shapely.intersection(cells[standing], building.shape)) if len(standing) else np.zeros(0)
    standing = standing if not shapely.area(building.shape) else standing[inside > 0]
    if not len(standing):
        raise BadInput(
            f"楼栋 {building.number or building.code} 已在网格 {to} 内,或不在区域 {bench.area.code} 的任何网格内。",
            f"Building {building.number or building.code} stands in micro-grid {to} already, or in no grid of area"
            f" {bench.area.code}.",
        )

    def metres(shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: xy * scale)

    mine = metres(building.shape)
    mine = shapely.buffer(mine, _POINT_M) if mine.geom_type == "Point" else mine
    shapes = metres(as_shapes(one.shape for one in snapshot.buildings if one.code != building.code))
    near = shapes[shapely.dwithin(shapes, mine, _NEIGHBOUR_M)] if len(shapes) else shapes
    points = shapely.get_type_id(near) == 0
    near[points] = shapely.buffer(near[points], _POINT_M)
    return _Place(mine, near, shapely.union_all(metres(cells[standing])), metres(cells[taker]))


def _midland(place: _Place) -> Any:
    """Ground of the sources that is nearer to the building than to any other, smoothed a little."""
    if not len(place.others):
        return _part_with(place.sources, place.building)
    sampled = shapely.segmentize(np.concatenate([as_shapes([place.building]), place.others]), _SAMPLE_M)
    xy, owner = shapely.get_coordinates(sampled, return_index=True)
    xy, first = np.unique(xy, axis=0, return_index=True)
    points = np.asarray(shapely.points(xy), dtype=object)
    every: Any = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=place.sources)
    cells = shapely.get_parts(every)
    cell = shapely.STRtree(cells).query(points[owner[first] == 0], predicate="intersects")[1]
    near = shapely.simplify(shapely.union_all(cells[np.unique(cell)]), _SMOOTH_M)
    # Smoothing and sampling may nick a corner: whole buildings stay whole.
    near = shapely.difference(shapely.union(near, place.building), shapely.union_all(place.others))
    return _part_with(shapely.intersection(near, place.sources), place.building)


def _between_barriers(snapshot: Snapshot, building: Building, place: _Place, ground: Any, scale: Any) -> Any:
    """The part of the ground about the building that walls, streets and its compound's outline cut off."""
    if ground is None:
        return None
    box = shapely.box(*(np.array(shapely.bounds(ground)) / np.tile(scale, 2)))
    lines: list[Any] = [
        *(wall.line for wall in snapshot.walls),
        *(street.line for street in snapshot.streets),
        *(one.polygon.boundary for one in snapshot.compounds if one.code == building.compound),
    ]
    near = [line for line in lines if shapely.intersects(line, box)]
    barriers = shapely.transform(as_shapes(near), lambda xy: xy * scale)
    barriers = barriers[~shapely.intersects(barriers, place.building)] if len(barriers) else barriers
    if not len(barriers):
        return None
    edges = shapely.node(shapely.union_all([shapely.boundary(ground), *barriers]))
    faces = shapely.get_parts(shapely.polygonize([edges]))
    inside = faces[shapely.contains_xy(ground, *shapely.get_coordinates(shapely.point_on_surface(faces)).T)]
    mine = inside[shapely.intersects(inside, shapely.point_on_surface(place.building))]
    return mine[0] if len(mine) else None


def _part_with(ground: Any, building: Any) -> Any:
    """The polygon of some ground that holds most of a building, or None."""
    parts = shapely.get_parts(ground)
    parts = parts[shapely.get_type_id(parts) == _POLYGON]
    if not len(parts):
        return None
    return parts[int(np.argmax(shapely.area(shapely.intersection(parts, building))))]


def _adjoins(ground: Any, taker: Any) -> bool:
    """Whether some ground shares a border with the grid that is to get it."""
    # Midlines are cut out in metres: what was on a border lies a hair beside it.
    along = shapely.intersection(shapely.boundary(taker), shapely.buffer(ground, _SMOOTH_M / 10))
    return bool(shapely.length(along) > _SMOOTH_M)


def _cuts(ground: Any, others: Iterable[Any]) -> bool:
    """Whether the border of some ground runs through another building."""
    shapes = as_shapes(others)
    inside = shapely.area(shapely.intersection(shapes, ground))
    whole = shapely.area(shapes)
    rules = Rules()
    least = np.maximum(np.minimum(rules.cut_area_m2, whole / 2), rules.cut_share * whole)
    return bool(((inside > least) & (whole - inside > least)).any())


def _plain(ground: Any) -> Polygon:
    polygons = [part for part in shapely.get_parts(shapely.make_valid(ground)) if isinstance(part, Polygon)]
    return max(polygons, key=lambda part: part.area)
