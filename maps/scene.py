"""The ground of one sheet, chosen from a snapshot and projected to the page.

Every shape here is in millimetres on the page, y growing downwards, and valid:
the projection may break a shape that was valid, and a broken grid would lose its
name without a word.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput, NotFound
from boundaries.model import Area, Building, MicroGrid, Shop
from boundaries.snapshot import Snapshot
from maps.colors import four_colours, shared_edges
from maps.display import Rect
from maps.page import choose_scale
from maps.roster import ShortCodes, homes_of_shops, short_codes

_NAMED_HALF_WIDTH_M = (3.0, 8.0)
_PLAIN_HALF_WIDTH_M = (1.3, 3.0)
_STREET_SAMPLE_M = 15.0
_NEAR_BORDER_M = 0.3
_POINT_BUILDING_MM = 1.3

ToPage = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class DrawnGrid:
    """A micro-grid on the page; ``colour`` is one of the four, ``short`` the number on the map."""

    grid: MicroGrid
    short: str
    shape: BaseGeometry
    colour: int
    is_dedicated: bool


@dataclass(frozen=True, slots=True)
class DrawnBuilding:
    """A building on the page."""

    building: Building
    shape: BaseGeometry
    is_inside: bool


@dataclass(frozen=True, slots=True)
class DrawnStreet:
    """A street or way on the page: its centre lines and its width."""

    name: str
    lines: BaseGeometry
    width_mm: float


@dataclass(frozen=True, slots=True)
class DrawnShop:
    """A shop on the page, numbered along its street; ``grid`` is an index into the scene's grids."""

    shop: Shop
    number: int
    x_mm: float
    y_mm: float
    grid: int | None


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that one map shows.

    Attributes
    ----------
    codes : ShortCodes
        What all codes begin and end with and the map leaves out.
    outline : shapely geometry
        The ground that the sheet is about.
    composites : tuple of (Area, shapely geometry)
        Areas between this ground and its grids, where there are several.
    neighbours : tuple of (str, shapely geometry)
        Areas of the same level beside it, by name.
    """

    name: str
    scale: int
    frame: Rect
    codes: ShortCodes
    outline: BaseGeometry
    grids: tuple[DrawnGrid, ...]
    composites: tuple[tuple[Area, BaseGeometry], ...]
    neighbours: tuple[tuple[str, BaseGeometry], ...]
    buildings: tuple[DrawnBuilding, ...]
    compounds: tuple[tuple[str, BaseGeometry], ...]
    streets: tuple[DrawnStreet, ...]
    waters: tuple[tuple[str, BaseGeometry], ...]
    walls: tuple[BaseGeometry, ...]
    shops: tuple[DrawnShop, ...]


def build_scene(snapshot: Snapshot, *, area: str | None, frame: Rect) -> Scene:
    """Choose and project what a sheet shows.

    Parameters
    ----------
    snapshot : Snapshot
    area : str or None
        Code of the area that the sheet is about; None for everything.
    frame : Rect
        The map's frame on the page.

    Returns
    -------
    Scene

    Raises
    ------
    NotFound
        If no area has this code, or it holds no grid.
    BadInput
        If there is no grid at all, or the ground fits at no scale.
    """
    grids = _grids_of(snapshot, area)
    ground = _ground(snapshot, area, grids)
    x_min, y_min, x_max, y_max = shapely.bounds(snapshot.metric.to_plane(ground))
    scale = choose_scale(x_max - x_min, y_max - y_min, frame)
    to_page = _to_page(snapshot, ((x_min + x_max) / 2, (y_min + y_max) / 2), scale, frame)
    outline = _polygonal(to_page(ground))
    shapes = [_polygonal(shape) for shape in to_page([grid.polygon for grid in grids])]
    codes = short_codes([grid.code for grid in grids])
    colours = _colours(grids, shapes, scale)
    kinds = snapshot.kind_by_code
    drawn = tuple(
        DrawnGrid(grid, short, shape, colour, grid.kind in kinds and kinds[grid.kind].is_dedicated)
        for grid, short, shape, colour in zip(grids, codes.own, shapes, colours, strict=True)
    )
    buildings = _buildings(snapshot, to_page, outline, frame)
    return Scene(
        name=_name(snapshot, area, grids),
        scale=scale,
        frame=frame,
        codes=codes,
        outline=outline,
        grids=drawn,
        composites=_composites(snapshot, area, grids, to_page),
        neighbours=_neighbours(snapshot, area, to_page, outline, frame),
        buildings=buildings,
        compounds=_named(((c.name, c.polygon) for c in snapshot.compounds), to_page, outline),
        streets=_streets(snapshot, to_page, [each.shape for each in buildings], scale, frame),
        waters=_named(((w.name, w.shape) for w in snapshot.waters), to_page, frame.shape),
        walls=tuple(shape for _, shape in _named((("", w.line) for w in snapshot.walls), to_page, outline)),
        shops=_shops(snapshot, to_page, grids, outline),
    )


def _grids_of(snapshot: Snapshot, area: str | None) -> tuple[MicroGrid, ...]:
    if not snapshot.grids:
        raise BadInput("没有可以制图的微网格。请先导入网格。", "There is no micro-grid to draw. Load grids first.")
    if area is None:
        return snapshot.grids
    if area not in snapshot.area_by_code:
        raise NotFound(f"没有编码为 {area} 的区域。请核对编码。", f"No area has the code {area}. Check the code.")
    below = {each.code for each in snapshot.areas if area in {up.code for up in snapshot.ancestors(each.code)}}
    found = tuple(grid for grid in snapshot.grids if grid.area in below)
    if not found:
        raise NotFound(
            f"区域 {area}({snapshot.area_by_code[area].name})中没有微网格,无法制图。",
            f"Area {area} ({snapshot.area_by_code[area].name}) holds no micro-grid to draw.",
        )
    return found


def _ground(snapshot: Snapshot, area: str | None, grids: Sequence[MicroGrid]) -> BaseGeometry:
    if area is not None:
        return snapshot.area_by_code[area].polygon
    shapes = [parent.polygon for parent in snapshot.parents] or [grid.polygon for grid in grids]
    return shapely.union_all(shapely.make_valid(np.array(shapes, dtype=object)))


def _name(snapshot: Snapshot, area: str | None, grids: Sequence[MicroGrid]) -> str:
    """The name for the title: a community with its town, else what all grids have above them; or none."""
    if area is None and snapshot.is_parent_derived:
        return ""
    if area is None:
        chains = [[each.code for each in snapshot.ancestors(code)] for code in sorted({grid.area for grid in grids})]
        common = [code for code in chains[0] if all(code in chain for chain in chains)] if chains else []
        if not common:
            return ""
        area = common[0]
    chain = snapshot.ancestors(area)
    names = [each.name for each in chain[:2]]
    is_told = len(names) < 2 or names[0].startswith(names[1])
    return names[0] if is_told else names[1] + names[0]


def _to_page(snapshot: Snapshot, middle: tuple[float, float], scale: int, frame: Rect) -> ToPage:
    per_m = 1000 / scale
    page_x, page_y = frame.middle

    def to_page(shapes: Any) -> Any:
        values = np.array(list(shapes), dtype=object) if isinstance(shapes, (list, tuple)) else shapes
        plane = snapshot.metric.to_plane(shapely.force_2d(values))
        return shapely.transform(
            plane,
            lambda xy: np.column_stack(
                [page_x + (xy[:, 0] - middle[0]) * per_m, page_y - (xy[:, 1] - middle[1]) * per_m]
            ),
        )

    return to_page


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    """The valid polygons of a shape, every outer ring turning one way."""
    valid = shape if shapely.is_valid(shape) else shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if isinstance(valid, shapely.GeometryCollection):
        valid = shapely.MultiPolygon([part for part in shapely.get_parts(valid) if isinstance(part, shapely.Polygon)])
    return shapely.orient_polygons(valid)


def _colours(grids: Sequence[MicroGrid], shapes: Sequence[BaseGeometry], scale: int) -> list[int]:
    """Colours of tile grids; an overlay is drawn by its hatch and keeps the first."""
    tiles = [index for index, grid in enumerate(grids) if grid.layer == "tile"]
    per_m = 1000 / scale
    edges = shared_edges([shapes[index] for index in tiles], tolerance=_NEAR_BORDER_M * per_m, at_least=1.0 * per_m)
    colours = [0] * len(grids)
    for index, colour in zip(tiles, four_colours(len(tiles), edges), strict=True):
        colours[index] = colour
    return colours


def _composites(
    snapshot: Snapshot, area: str | None, grids: Sequence[MicroGrid], to_page: ToPage
) -> tuple[tuple[Area, BaseGeometry], ...]:
    codes = {grid.area for grid in grids} - {area}
    areas = [each for each in snapshot.areas if each.code in codes]
    if len(areas) < 2:
        return ()
    shapes = to_page([each.polygon for each in areas])
    return tuple((each, _polygonal(shape)) for each, shape in zip(areas, shapes, strict=True))


def _neighbours(
    snapshot: Snapshot, area: str | None, to_page: ToPage, outline: BaseGeometry, frame: Rect
) -> tuple[tuple[str, BaseGeometry], ...]:
    if area is None:
        return ()
    level = snapshot.area_by_code[area].level
    others = [each for each in snapshot.areas if each.level == level and each.code != area]
    shown = []
    for other, shape in zip(others, to_page([each.polygon for each in others]) if others else (), strict=True):
        rest = _polygonal(shapely.intersection(_polygonal(shape), frame.shape))
        if not rest.is_empty:
            shown.append((other.name, _polygonal(shapely.difference(rest, outline))))
    return tuple(shown)


def _named(things: Any, to_page: ToPage, within: BaseGeometry) -> tuple[tuple[str, BaseGeometry], ...]:
    """Named shapes that touch a part of the page, projected."""
    pairs = list(things)
    if not pairs:
        return ()
    shapes = to_page([shape for _, shape in pairs])
    touches = np.flatnonzero(shapely.intersects(shapes, within))
    return tuple((pairs[index][0], shapes[index]) for index in touches.tolist())


def _buildings(snapshot: Snapshot, to_page: ToPage, outline: BaseGeometry, frame: Rect) -> tuple[DrawnBuilding, ...]:
    if not snapshot.buildings:
        return ()
    shapes = to_page([each.shape for each in snapshot.buildings])
    seen = np.flatnonzero(shapely.intersects(shapes, frame.shape)).tolist()
    shapely.prepare(outline)
    is_inside = np.atleast_1d(shapely.intersects(shapely.point_on_surface(shapes), outline))
    drawn = []
    for index in seen:
        shape = shapes[index]
        solid = (
            shapely.buffer(shape, _POINT_BUILDING_MM, cap_style="square")
            if isinstance(shape, shapely.Point)
            else _polygonal(shape)
        )
        drawn.append(DrawnBuilding(snapshot.buildings[index], solid, bool(is_inside[index])))
    return tuple(drawn)


def _streets(
    snapshot: Snapshot, to_page: ToPage, buildings: Sequence[BaseGeometry], scale: int, frame: Rect
) -> tuple[DrawnStreet, ...]:
    """Streets joined by name, each as wide as the buildings beside it leave room."""
    seen = _named(((each.name, each.line) for each in snapshot.streets), to_page, frame.inset(-20).shape)
    by_name: dict[str, list[BaseGeometry]] = {}
    for index, (name, line) in enumerate(seen):
        by_name.setdefault(name or f"\0{index}", []).append(line)
    tree = shapely.STRtree(list(buildings)) if buildings else None
    per_m = 1000 / scale
    drawn = []
    for key, lines in by_name.items():
        joined = shapely.line_merge(shapely.union_all(lines))
        name = "" if key.startswith("\0") else key
        low, high = _NAMED_HALF_WIDTH_M if name else _PLAIN_HALF_WIDTH_M
        room = _room(joined, tree, high * per_m, per_m)
        drawn.append(DrawnStreet(name, joined, 2 * max(low * per_m, room)))
    return tuple(sorted(drawn, key=lambda street: (bool(street.name), street.width_mm)))


def _room(line: BaseGeometry, tree: shapely.STRtree | None, most_mm: float, per_m: float) -> float:
    """Distance from the axis at which four fifths of its length are clear of buildings."""
    if tree is None:
        return most_mm * 0.75
    sampled = shapely.get_coordinates(shapely.segmentize(line, _STREET_SAMPLE_M * per_m))
    points = np.array([shapely.Point(xy) for xy in sampled], dtype=object)
    near, distance = tree.query_nearest(points, max_distance=most_mm, return_distance=True, all_matches=False)
    room = np.full(len(points), most_mm)
    room[near[0]] = distance
    return float(np.quantile(room, 0.2)) * 0.85


def _shops(
    snapshot: Snapshot, to_page: ToPage, grids: Sequence[MicroGrid], outline: BaseGeometry
) -> tuple[DrawnShop, ...]:
    """Shops inside the outline, numbered street by street along the axis."""
    if not snapshot.shops:
        return ()
    homes = homes_of_shops(snapshot, grids)
    doors = shapely.get_coordinates(to_page([each.door for each in snapshot.shops]))
    inside = shapely.intersects_xy(shapely.buffer(outline, 0.2), doors[:, 0], doors[:, 1])
    kept = [index for index in range(len(doors)) if inside[index] and snapshot.shops[index].state != "closed"]
    streets: dict[str, list[int]] = {}
    for index in kept:
        streets.setdefault(snapshot.shops[index].street or "", []).append(index)
    ordered: list[int] = []
    for name in sorted(streets, key=lambda each: (not each, each)):
        ordered.extend(_along(streets[name], doors))
    return tuple(
        DrawnShop(snapshot.shops[index], number, float(doors[index, 0]), float(doors[index, 1]), homes[index])
        for number, index in enumerate(ordered, start=1)
    )


def _along(indices: Sequence[int], doors: Any) -> list[int]:
    """One side of the street after the other, each from the west (or north)."""
    points = doors[list(indices)]
    centred = points - points.mean(axis=0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0] if len(points) > 1 else np.array([1.0, 0.0])
    if axis[np.argmax(np.abs(axis))] < 0:
        axis = -axis
    along, across = centred @ axis, centred @ np.array([-axis[1], axis[0]])
    return [indices[place] for place in np.lexsort((along, across > 0))]


def turned(shape: BaseGeometry, angle_deg: float, about: tuple[float, float]) -> BaseGeometry:
    """The shape turned counter-clockwise on the page, so that a run at this angle lies level."""
    return affinity.rotate(shape, -angle_deg, origin=about)
