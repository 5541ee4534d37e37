"""Numbers of buildings inside their outlines, and of shops beside their doors."""

import re
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.blocks import BASELINE_EM
from maps.display import Op, Points, PolygonOp, Rect, TextOp
from maps.labels import Placed, Spot
from maps.obstacles import Taken, quad
from maps.scene import DrawnBuilding, DrawnShop
from maps.style import Style
from maps.typeface import SMALLEST_TYPE_MM, Typeface

_LARGEST_MM = 2.6
_INK_EM = 0.8
_DOT_MM = 0.55
_DIRECTIONS = ((0, -1), (0, 1), (1, 0), (-1, 0), (1, -1), (-1, -1), (1, 1), (-1, 1))
_SUFFIX = re.compile(r"(?<=[0-9A-Za-z])\s*(号楼|号栋|幢|栋|楼|座)$")


def short_number(number: str) -> str:
    """A building's number as the map shows it: ``12`` for ``12幢``."""
    return _SUFFIX.sub("", number.strip())


def building_numbers(
    buildings: Sequence[DrawnBuilding], *, typeface: Typeface, style: Style, taken: Taken, frame: Rect, growth: float
) -> tuple[list[Op], list[Placed], list[str]]:
    """Set each number inside its outline, along it where it stands aslant.

    Returns
    -------
    ops, placed, omitted : list
        What to draw, what was placed, and the codes whose number fits at no size.
    """
    ops: list[Op] = []
    placed: list[Placed] = []
    omitted: list[str] = []
    limit = frame.inset(0.5).shape
    for drawn in buildings:
        text = short_number(drawn.building.number)
        if not text or not drawn.is_inside:
            continue
        spot = _inside(drawn.shape, text, typeface, limit, _LARGEST_MM * growth)
        if spot is None or _touches(spot[4], taken):
            omitted.append(drawn.building.code)
            continue
        x, y, angle, size, box = spot
        taken.add(box)
        ops.append(_centred(text, x, y, size, angle=angle, colour=style.ink, typeface=typeface))
        placed.append(Placed("building", drawn.building.code, text, size, size, angle, (box,)))
    return ops, placed, omitted


def _touches(box: Points, taken: Taken) -> bool:
    low, high = box.min(axis=0), box.max(axis=0)
    return not taken.is_free(Rect(low[0], low[1], high[0] - low[0], high[1] - low[1]))


def _inside(
    shape: BaseGeometry, text: str, typeface: Typeface, limit: BaseGeometry, largest: float
) -> tuple[float, float, float, float, Points] | None:
    """The largest size at which the number's box lies in the outline."""
    shapely.prepare(shape)
    points = [shapely.centroid(shape), shapely.point_on_surface(shape)]
    slope = _slope(shape)
    angles = [0.0] if abs(slope) < 3 else [0.0, slope]
    size = largest
    while size >= SMALLEST_TYPE_MM - 1e-9:
        width, height = typeface.width_mm(text, size, is_bold=True) + 0.2, size * _INK_EM
        for point in points:
            x, y = float(shapely.get_x(point)), float(shapely.get_y(point))
            for angle in angles:
                box = quad(x, y, width, height, angle_deg=angle)
                polygon = shapely.Polygon(box)
                if shapely.contains(shape, polygon) and shapely.contains(limit, polygon):
                    return x, y, angle, size, box
        size = round(size - 0.2, 3) if size - 0.2 > SMALLEST_TYPE_MM or size <= SMALLEST_TYPE_MM else SMALLEST_TYPE_MM
    return None


def _slope(shape: BaseGeometry) -> float:
    """Angle of the long side, between -45 and 45 degrees where the shape is nearly square, else to 90."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    if len(corners) < 4:
        return 0.0
    sides = np.diff(corners[:3], axis=0)
    long = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))]
    angle = (float(np.degrees(np.arctan2(long[1], long[0]))) + 90) % 180 - 90
    return angle - 180 if angle > 80 else angle


def _centred(text: str, x: float, y: float, size: float, *, angle: float, colour: str, typeface: Typeface) -> TextOp:
    turn = np.radians(angle)
    half = typeface.width_mm(text, size, is_bold=True) / 2
    drop = BASELINE_EM * size
    return TextOp(
        float(x - half * np.cos(turn) - drop * np.sin(turn)),
        float(y - half * np.sin(turn) + drop * np.cos(turn)),
        text, size, colour, is_bold=True, angle_deg=angle,
    )  # fmt: skip


def shop_dots(shops: Sequence[DrawnShop], *, style: Style, taken: Taken, growth: float) -> list[Op]:
    """A dot at each door, which later labels keep clear of."""
    ops: list[Op] = []
    radius = _DOT_MM * growth
    for drawn in shops:
        disc = quad(drawn.x_mm, drawn.y_mm, 2 * radius, 2 * radius)
        circle = shapely.get_coordinates(shapely.Point(drawn.x_mm, drawn.y_mm).buffer(radius, quad_segs=4))
        ops.append(PolygonOp((circle,), style.shop, style.paper, 0.15))
        taken.add(disc)
    return ops


def shop_numbers(
    shops: Sequence[DrawnShop],
    streets: Sequence[BaseGeometry],
    *,
    typeface: Typeface,
    style: Style,
    taken: Taken,
    growth: float,
) -> tuple[list[Op], list[Placed], list[str]]:
    """Set each shop's number beside its dot, away from the street first.

    Returns
    -------
    ops, placed, omitted : list
        What to draw, what was placed, and the codes whose number found no room; the
        list of shops names them all.
    """
    ops: list[Op] = []
    placed: list[Placed] = []
    omitted: list[str] = []
    tree = shapely.STRtree(list(streets))
    size = max(SMALLEST_TYPE_MM, SMALLEST_TYPE_MM * growth)
    away = max(_DOT_MM, _DOT_MM * growth) + 0.35
    for drawn in shops:
        text = str(drawn.number)
        width = typeface.width_mm(text, size, is_bold=True)
        height = size * _INK_EM
        for dx, dy in _away_first(drawn, tree, streets):
            x = drawn.x_mm + dx * (away + width / 2)
            y = drawn.y_mm + dy * (away + height / 2)
            rect = Rect(x - width / 2, y - height / 2, width, height)
            if taken.is_free(rect):
                taken.add(rect.ring)
                ops.append(
                    TextOp(
                        rect.x,
                        y + BASELINE_EM * size,
                        text,
                        size,
                        style.shop_ink,
                        is_bold=True,
                        halo=style.paper,
                        halo_mm=0.25,
                    )
                )
                placed.append(Placed("shop", drawn.shop.code, text, size, size, 0.0, (rect.ring,)))
                break
        else:
            omitted.append(drawn.shop.code)
    return ops, placed, omitted


def _away_first(drawn: DrawnShop, tree: shapely.STRtree, streets: Sequence[BaseGeometry]) -> list[tuple[float, float]]:
    """Directions ordered by how much they lead away from the nearest street."""
    if not streets:
        return [(float(dx), float(dy)) for dx, dy in _DIRECTIONS]
    door = shapely.Point(drawn.x_mm, drawn.y_mm)
    line = streets[int(tree.nearest(door))]
    foot = shapely.get_coordinates(
        shapely.line_interpolate_point(line, shapely.line_locate_point(line, door))
        if isinstance(line, shapely.LineString)
        else shapely.shortest_line(line, door)
    )[0]
    away = np.array([drawn.x_mm, drawn.y_mm]) - foot
    scored = sorted(_DIRECTIONS, key=lambda d: -(d[0] * away[0] + d[1] * away[1]) / float(np.hypot(*d)))
    return [(float(dx), float(dy)) for dx, dy in scored]


def placed_block(kind: str, subject: str, spot: Spot, text: str, smallest_mm: float) -> Placed:
    """A block's place as the report tells it."""
    return Placed(kind, subject, text, spot.block.size_mm, smallest_mm, spot.angle_deg, (spot.box,))
