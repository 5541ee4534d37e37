"""The lettering of a map: numbers, names and streets, in the order in which they take their room."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.blocks import NAME_SIZES_MM, block_ops, code_blocks, name_blocks, plain_blocks
from maps.display import LineOp, Op, PolygonOp
from maps.labels import Ground, Placed, best_spot, outside_spot
from maps.marks import building_numbers, placed_block, shop_numbers
from maps.obstacles import Mask, Taken
from maps.scene import DrawnGrid, Scene
from maps.streetnames import NameStyle, line_names
from maps.style import Style
from maps.typeface import Typeface

_NEIGHBOUR_SIZES_MM = (4.2, 3.6, 3.0, 2.6, 2.3)
_COMPOUND_SIZES_MM = (2.3, 2.0)
_WATER_SIZES_MM = (3.6, 3.0, 2.4, 2.0)
_CLEAR_OF_NAMES_MM = 2.4
_CLEAR_OF_RIM_MM = 2.4
# More lines than this and nobody finds where one ends.
_MOST_LEADERS = 40
_OF_GRID_SIDE = 0.105
_SMALLEST_NAME_MM = 2.4


@dataclass
class Painted:
    """A map as it is being composed: its ink, its labels, and what found no room.

    ``weight`` is what border widths are multiplied by: less for a map of many small grids.
    """

    ops: list[Op] = field(default_factory=list)
    labels: list[Placed] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    code_only: list[str] = field(default_factory=list)
    led: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    dropped: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    weight: float = 1.0

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


def name_size(scene: Scene, growth: float) -> float:
    """Largest type of grid names: one size for most grids, fitting the middling one."""
    middling = float(np.sqrt(np.median(shapely.area([drawn.shape for drawn in scene.grids]))))
    return float(np.clip(_OF_GRID_SIDE * middling, _SMALLEST_NAME_MM, NAME_SIZES_MM[0] * growth))


def paint_labels(scene: Scene, painted: Painted, pens: Pens, borders: BaseGeometry, *, show_shops: bool) -> None:
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
            scene.shops, axes, typeface=pens.typeface, style=pens.style, taken=pens.taken, growth=pens.growth
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
    numbered = code_blocks(pens.typeface, drawn.short, largest_mm=max(2.1, 0.75 * pens.name_mm))
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
            growth=pens.growth,
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
    off_rim = shapely.difference(scene.frame.shape, shapely.buffer(shapely.boundary(scene.outline), _CLEAR_OF_RIM_MM))
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
