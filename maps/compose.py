"""The map itself: a scene becomes a display list, every label decided.

Paint order: surroundings, neighbours, water, fills, ways, buildings, walls, borders,
outline, then labels. Each border is drawn once, though two grids share it: two
strokes of one dashed line would fill each other's gaps.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.display import (
    ClipOp,
    LineOp,
    Op,
    Rect,
    UnclipOp,
    box_op,
    line_ops,
    lines_of,
    polygon_ops,
    rings_of,
)
from maps.labels import Ground
from maps.lettering import Painted, Pens, name_size, paint_labels
from maps.marks import shop_dots
from maps.obstacles import Taken, Window
from maps.scene import Scene
from maps.style import Style
from maps.typeface import Typeface

OUTLINE_MM = 0.75
OUTLINE_BAND_MM = 2.4
BORDER_MM = 0.42
BORDER_DASH_MM = (3.2, 0.9, 0.5, 0.9)
COMPOSITE_MM = 0.7
CASING_MM = 1.1
_HATCH_MM = 2.2
_FULL_WEIGHT_SIDE_MM = 20.0
_LEAST_WEIGHT = 0.35
_WALL_DASH_MM = (1.6, 0.5)


def paint(
    scene: Scene, *, style: Style, typeface: Typeface, growth: float, keep_free: Sequence[Rect], show_shops: bool = True
) -> Painted:
    """Compose the map of a scene.

    Parameters
    ----------
    scene : Scene
    style : Style
    typeface : Typeface
    growth : float
        How much larger type is than on A3.
    keep_free : sequence of Rect
        Room of things drawn on the map later, such as the north arrow.
    show_shops : bool

    Returns
    -------
    Painted
    """
    bounds = scene.frame.inset(0.6)
    taken = Taken(Window.around((bounds.x, bounds.y, bounds.right, bounds.bottom)))
    for rect in keep_free:
        taken.add(rect.inset(-1).ring)
    bands = [shapely.buffer(street.lines, street.width_mm / 2) for street in scene.streets if street.name]
    inside = [drawn.shape for drawn in scene.buildings if drawn.is_inside]
    pens = Pens(
        style,
        typeface,
        growth,
        taken,
        Ground.of([*inside, *bands]),
        Ground.of(inside),
        name_size(scene, growth),
        taken.page.filled(rings_of(scene.outline)),
    )
    painted = Painted(weight=_weight(scene, growth))
    painted.ops.append(ClipOp((scene.frame.ring,)))
    painted.ops.append(box_op(scene.frame, fill=style.surroundings))
    _paint_ground(scene, painted, style)
    _paint_ways(scene, painted, style)
    _paint_buildings(scene, painted, style)
    borders = _paint_borders(scene, painted, style)
    if show_shops and scene.shops:
        painted.shown.add("shop")
        painted.ops.extend(shop_dots(scene.shops, style=style, taken=taken, growth=growth))
    paint_labels(scene, painted, pens, borders, show_shops=show_shops)
    painted.ops.append(UnclipOp())
    return painted


def _weight(scene: Scene, growth: float) -> float:
    """Factor of border widths: thinner where grids are small, thicker on large paper."""
    middling = float(np.sqrt(np.median(shapely.area([drawn.shape for drawn in scene.grids]))))
    return float(np.clip(middling / _FULL_WEIGHT_SIDE_MM, _LEAST_WEIGHT, np.sqrt(growth)))


def border_dash(weight: float) -> tuple[float, ...]:
    """The dashes of a border of this weight."""
    return tuple(part * max(weight, 0.6) for part in BORDER_DASH_MM)


def _paint_ground(scene: Scene, painted: Painted, style: Style) -> None:
    for _, shape in scene.neighbours:
        painted.shown.add("neighbour")
        painted.ops.extend(polygon_ops(shape, fill=style.neighbour_fill, stroke=style.neighbour_line, width_mm=0.3))
    for drawn in scene.grids:
        if drawn.grid.layer == "tile":
            painted.ops.extend(polygon_ops(drawn.shape, fill=style.fill(drawn.colour)))
    for _, shape in scene.waters:
        painted.shown.add("water")
        if shapely.get_dimensions(shape) == 2:
            painted.ops.extend(polygon_ops(shape, fill=style.water, stroke=style.water_ink, width_mm=0.12))
        else:
            painted.ops.extend(line_ops(shape, colour=style.water, width_mm=1.2))
    if any(drawn.is_dedicated for drawn in scene.grids):
        painted.shown.add("dedicated")
    for drawn in scene.grids:
        if drawn.is_dedicated or drawn.grid.layer == "overlay":
            painted.ops.extend(hatch_ops(drawn.shape, style))


def hatch_ops(shape: BaseGeometry, style: Style, *, pitch_mm: float = _HATCH_MM) -> list[Op]:
    """Slanting lines clipped to a shape, the same in every file format."""
    if shape.is_empty:
        return []
    x_min, y_min, x_max, y_max = shapely.bounds(shape)
    height = y_max - y_min
    starts = np.arange(np.floor((x_min - height) / pitch_mm) * pitch_mm, x_max, pitch_mm)
    ends = np.stack(
        [np.column_stack([starts, np.full(len(starts), y_max)]),
         np.column_stack([starts + height, np.full(len(starts), y_min)])], axis=1
    )  # fmt: skip
    lines = shapely.intersection(shapely.MultiLineString(list(ends)), shape)
    return [LineOp(points, style.hatch, 0.16, (), is_round=False) for points in lines_of(lines)]


def _paint_ways(scene: Scene, painted: Painted, style: Style) -> None:
    """Ways as white bands with an edge, all edges under all bands so that crossings open."""
    seen = scene.frame.inset(-5).shape
    clipped = [(street, shapely.intersection(street.lines, seen)) for street in scene.streets]
    if clipped:
        painted.shown.add("street")
    for street, lines in clipped:
        painted.ops.extend(line_ops(lines, colour=style.road_edge, width_mm=street.width_mm + 0.3))
    for street, lines in clipped:
        painted.ops.extend(line_ops(lines, colour=style.road, width_mm=street.width_mm))


def _paint_buildings(scene: Scene, painted: Painted, style: Style) -> None:
    for drawn in scene.buildings:
        if drawn.is_inside:
            painted.shown.add("building")
            fill, line = style.building, style.building_line
        else:
            fill, line = style.building_faded, style.building_faded_line
        painted.ops.extend(polygon_ops(drawn.shape, fill=fill, stroke=line, width_mm=0.16))
    for _, shape in scene.compounds:
        painted.shown.add("compound")
        painted.ops.extend(line_ops(shape, colour=style.wall, width_mm=0.22, dash_mm=(0.7, 0.7)))
    for shape in scene.walls:
        painted.shown.add("wall")
        painted.ops.extend(
            line_ops(shapely.intersection(shape, scene.outline), colour=style.wall, width_mm=0.3, dash_mm=_WALL_DASH_MM)
        )


def _paint_borders(scene: Scene, painted: Painted, style: Style) -> BaseGeometry:
    """Grid borders, composite borders and the outline, each stretch once; gives all of them as lines."""
    tiles = [drawn.shape for drawn in scene.grids if drawn.grid.layer == "tile"]
    rim = shapely.boundary(scene.outline)
    at_rim = shapely.buffer(rim, 0.25)
    every = _merged(shapely.difference(shapely.union_all(shapely.boundary(tiles)), at_rim))
    middle: BaseGeometry = shapely.MultiLineString()
    if scene.composites:
        painted.shown.add("composite")
        edges = shapely.union_all(shapely.boundary([shape for _, shape in scene.composites]))
        middle = _merged(shapely.difference(edges, at_rim))
        every = _merged(shapely.difference(every, shapely.buffer(middle, 0.25)))
    for lines in (every, middle):
        painted.ops.extend(line_ops(lines, colour=style.paper, width_mm=CASING_MM * painted.weight))
    painted.ops.extend(
        line_ops(every, colour=style.border, width_mm=BORDER_MM * painted.weight, dash_mm=border_dash(painted.weight))
    )
    painted.ops.extend(line_ops(middle, colour=style.composite, width_mm=COMPOSITE_MM * painted.weight))
    for drawn in scene.grids:
        if drawn.grid.layer == "overlay":
            painted.ops.extend(polygon_ops(drawn.shape, stroke=style.hatch, width_mm=0.6))
    painted.ops.extend(polygon_ops(scene.outline, stroke=style.accent_band, width_mm=OUTLINE_BAND_MM))
    painted.ops.extend(polygon_ops(scene.outline, stroke=style.border, width_mm=OUTLINE_MM))
    return shapely.union_all([every, middle, rim])


def _merged(lines: BaseGeometry) -> BaseGeometry:
    return shapely.line_merge(lines) if isinstance(lines, shapely.MultiLineString) else lines
