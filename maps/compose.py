"""The map itself: a scene becomes a display list, every label decided.

Paint order: surroundings, neighbours, water, fills, ways, buildings, walls, borders,
outline, then labels. Each border is drawn once, though two grids share it: two
strokes of one dashed line would fill each other's gaps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.blocks import NAME_SIZES_MM, block_ops, code_blocks, name_blocks, plain_blocks
from maps.display import (
    ClipOp,
    LineOp,
    Op,
    PolygonOp,
    Rect,
    UnclipOp,
    box_op,
    line_ops,
    lines_of,
    polygon_ops,
    rings_of,
)
from maps.labels import Ground, Placed, best_spot, outside_spot
from maps.marks import building_numbers, placed_block, shop_dots, shop_numbers
from maps.obstacles import Mask, Taken, Window
from maps.scene import DrawnGrid, Scene
from maps.streetnames import NameStyle, line_names
from maps.style import Style
from maps.typeface import Typeface

OUTLINE_MM = 0.75
OUTLINE_BAND_MM = 2.4
BORDER_MM = 0.42
BORDER_DASH_MM = (3.2, 0.9, 0.5, 0.9)
COMPOSITE_MM = 0.7
CASING_MM = 1.1
_HATCH_MM = 2.2
_NEIGHBOUR_SIZES_MM = (4.2, 3.6, 3.0, 2.6, 2.3)
_COMPOUND_SIZES_MM = (2.3, 2.0)
_WATER_SIZES_MM = (3.6, 3.0, 2.4, 2.0)
_CLEAR_OF_NAMES_MM = 2.4
_WALL_DASH_MM = (1.6, 0.5)
# More lines than this and nobody finds where one ends.
_MOST_LEADERS = 40
_OF_GRID_SIDE = 0.105
_SMALLEST_NAME_MM = 2.4


@dataclass
class Painted:
    """A map as it is being composed: its ink, its labels, and what found no room."""

    ops: list[Op] = field(default_factory=list)
    labels: list[Placed] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    code_only: list[str] = field(default_factory=list)
    led: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    dropped: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    def drop(self, kind: str, subjects: Sequence[str]) -> None:
        """Note what found no room."""
        if subjects:
            self.dropped[kind] = tuple(subjects)


@dataclass(frozen=True)
class Pens:
    """What every step of composing needs."""

    style: Style
    typeface: Typeface
    growth: float
    taken: Taken
    ground: Ground
    buildings_only: Ground
    name_mm: float
    outline: Mask


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
        _name_size(scene, growth),
        taken.page.filled(rings_of(scene.outline)),
    )
    painted = Painted()
    painted.ops.append(ClipOp((scene.frame.ring,)))
    painted.ops.append(box_op(scene.frame, fill=style.surroundings))
    _paint_ground(scene, painted, style)
    _paint_ways(scene, painted, style)
    _paint_buildings(scene, painted, style)
    borders = _paint_borders(scene, painted, style)
    if show_shops and scene.shops:
        painted.shown.add("shop")
        painted.ops.extend(shop_dots(scene.shops, style=style, taken=taken))
    _paint_labels(scene, painted, pens, borders, show_shops=show_shops)
    painted.ops.append(UnclipOp())
    return painted


def _name_size(scene: Scene, growth: float) -> float:
    """Largest type of grid names: one size for most grids, fitting the middling one."""
    middling = float(np.sqrt(np.median(shapely.area([drawn.shape for drawn in scene.grids]))))
    return float(np.clip(_OF_GRID_SIDE * middling, _SMALLEST_NAME_MM, NAME_SIZES_MM[0] * growth))


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
    x_min, y_min, x_max, y_max = shapely.bounds(shape)
    height = y_max - y_min
    starts = np.arange(np.floor((x_min - height) / pitch_mm) * pitch_mm, x_max, pitch_mm)
    if not len(starts):
        return []
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
        painted.ops.extend(line_ops(lines, colour=style.paper, width_mm=CASING_MM))
    painted.ops.extend(line_ops(every, colour=style.border, width_mm=BORDER_MM, dash_mm=BORDER_DASH_MM))
    painted.ops.extend(line_ops(middle, colour=style.composite, width_mm=COMPOSITE_MM))
    for drawn in scene.grids:
        if drawn.grid.layer == "overlay":
            painted.ops.extend(polygon_ops(drawn.shape, stroke=style.hatch, width_mm=0.6))
    painted.ops.extend(polygon_ops(scene.outline, stroke=style.accent_band, width_mm=OUTLINE_BAND_MM))
    painted.ops.extend(polygon_ops(scene.outline, stroke=style.border, width_mm=OUTLINE_MM))
    return shapely.union_all([every, middle, rim])


def _merged(lines: BaseGeometry) -> BaseGeometry:
    return shapely.line_merge(lines) if isinstance(lines, shapely.MultiLineString) else lines


def _paint_labels(scene: Scene, painted: Painted, pens: Pens, borders: BaseGeometry, *, show_shops: bool) -> None:
    """All labels, the fixed ones first; later ones keep clear of earlier ones."""
    ops, placed, omitted = building_numbers(
        scene.buildings, typeface=pens.typeface, style=pens.style, taken=pens.taken, frame=scene.frame,
        growth=pens.growth,
    )  # fmt: skip
    numbers = ops
    painted.labels.extend(placed)
    painted.drop("building", omitted)
    if placed:
        painted.shown.add("building_number")
    names: list[Op] = []
    for drawn in sorted(scene.grids, key=lambda each: shapely.area(each.shape)):
        names.extend(_grid_label(scene, drawn, painted, pens))
    streets = _street_labels(scene, painted, pens, borders)
    if show_shops and scene.shops:
        axes = [street.lines for street in scene.streets]
        ops, placed, omitted = shop_numbers(
            scene.shops, axes, typeface=pens.typeface, style=pens.style, taken=pens.taken
        )
        numbers.extend(ops)
        painted.labels.extend(placed)
        painted.drop("shop", omitted)
        if placed:
            painted.shown.add("shop_number")
    others = _other_labels(scene, painted, pens)
    painted.ops.extend([*numbers, *streets, *others, *names])


def _grid_label(scene: Scene, drawn: DrawnGrid, painted: Painted, pens: Pens) -> list[Op]:
    """Number and name inside, else the number inside, else outside with a line, else told as missing."""
    style, code = pens.style, drawn.grid.code
    named = name_blocks(pens.typeface, drawn.short, drawn.grid.name, largest_mm=pens.name_mm) if drawn.grid.name else []
    numbered = code_blocks(pens.typeface, drawn.short, largest_mm=max(2.4, 0.75 * pens.name_mm))
    # A street front lies on its street: its name belongs on the roadway.
    ground = pens.buildings_only if drawn.is_dedicated else pens.ground
    for blocks, told in ((named, painted.named), (numbered, painted.named if not named else painted.code_only)):
        spot = best_spot(drawn.shape, blocks, frame=scene.frame, taken=pens.taken, ground=ground)
        if spot is not None:
            pens.taken.add(spot.box)
            told.append(code)
            smallest = min(spot.block.size_mm, spot.block.plate_text.size_mm if spot.block.plate_text else 99.0)
            text = f"{drawn.short} {drawn.grid.name}" if blocks is named else drawn.short
            painted.labels.append(placed_block("grid", code, spot, text, smallest))
            return block_ops(spot.block, spot.x_mm, spot.y_mm, spot.angle_deg, style=style, ink=style.ink)
    is_seen = shapely.intersects(drawn.shape, scene.frame.shape)
    may_lead = is_seen and len(painted.led) < _MOST_LEADERS
    found = outside_spot(drawn.shape, numbered[-2], taken=pens.taken, keep_off=pens.outline) if may_lead else None
    if found is None:
        painted.missing.append(code)
        return []
    spot, anchor = found
    pens.taken.add(spot.box)
    painted.led.append(code)
    painted.labels.append(placed_block("grid", code, spot, drawn.short, spot.block.size_mm))
    lead = np.array([[spot.x_mm, spot.y_mm], anchor])
    dot = shapely.get_coordinates(shapely.Point(anchor).buffer(0.45, quad_segs=4))
    return [
        LineOp(lead, style.paper, 0.6),
        LineOp(lead, style.accent, 0.25),
        PolygonOp((dot,), style.accent),
        *block_ops(spot.block, spot.x_mm, spot.y_mm, 0.0, style=style, ink=style.ink, is_outlined=True),
    ]


def _street_labels(scene: Scene, painted: Painted, pens: Pens, borders: BaseGeometry) -> list[Op]:
    style = pens.style
    streets = [(s.name, s.lines, s.width_mm) for s in scene.streets if s.name]
    lines = [(name, shape, 6.0) for name, shape in scene.waters if name and shapely.get_dimensions(shape) == 1]
    every: list[Op] = []
    for names, name_style in (
        (streets, NameStyle("street", style.ink_soft, style.paper, is_bold=True)),
        (lines, NameStyle("water", style.water_ink, style.water, False)),
    ):
        ops, placed, dropped = line_names(
            names, style=name_style, typeface=pens.typeface, taken=pens.taken, frame=scene.frame, borders=borders,
            outline=scene.outline,
        )  # fmt: skip
        every.extend(ops)
        painted.labels.extend(placed)
        painted.drop(name_style.kind, dropped)
    return every


def _other_labels(scene: Scene, painted: Painted, pens: Pens) -> list[Op]:
    """Waters and neighbours by name, then compounds whose name no grid carries already."""
    style = pens.style
    ops: list[Op] = []
    carried = {drawn.grid.name for drawn in scene.grids}
    off_rim = shapely.difference(scene.frame.shape, shapely.buffer(shapely.boundary(scene.outline), OUTLINE_BAND_MM))
    waters = [
        (name, shapely.intersection(shape, off_rim), "water")
        for name, shape in scene.waters
        if name and shapely.get_dimensions(shape) == 2
    ]
    neighbours = [(name, shape, "neighbour") for name, shape in scene.neighbours]
    compounds = [(name, shape, "compound") for name, shape in scene.compounds if name and name not in carried]
    dropped: dict[str, list[str]] = {"water": [], "neighbour": [], "compound": []}
    for name, shape, kind in (*waters, *neighbours, *compounds):
        sizes = {"compound": _COMPOUND_SIZES_MM, "water": _WATER_SIZES_MM}.get(kind, _NEIGHBOUR_SIZES_MM)
        blocks = plain_blocks(pens.typeface, name, [size * pens.growth for size in sizes])
        whole = shapely.orient_polygons(shapely.make_valid(shape))
        spot = best_spot(
            whole,
            blocks,
            frame=scene.frame,
            taken=pens.taken,
            ground=pens.ground,
            may_turn=False,
            clear_mm=_CLEAR_OF_NAMES_MM,
        )
        if spot is None:
            dropped[kind].append(name)
            continue
        pens.taken.add(spot.box)
        painted.labels.append(placed_block(kind, name, spot, name, spot.block.size_mm))
        ink = {"neighbour": style.ink_faded, "water": style.water_ink, "compound": style.wall}[kind]
        ops.extend(block_ops(spot.block, spot.x_mm, spot.y_mm, spot.angle_deg, style=style, ink=ink, is_bold=False))
    for kind, names in dropped.items():
        painted.drop(kind, names)
    return ops
