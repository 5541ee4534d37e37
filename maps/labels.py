"""Names inside their own polygons: the best window of a raster, over every size at once.

A name lies wholly inside its polygon, clear of every box already placed, rather
between buildings than over them, near the middle. Where no name fits, the number
alone stands there; where not even that does, it stands outside with a line to its
grid. Nothing is dropped without being told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from maps.blocks import Block
from maps.display import Points, Rect, rings_of
from maps.obstacles import CELL_MM, Mask, Sums, Taken, Window, quad, summed, window_sums

_INSET_MM = 0.4
_CLEAR_MM = 0.4
_OVER_THINGS = 9.0
_FROM_POLE = 1.6
_LONG_AND_THIN = 2.6
_ANGLED_PENALTY = 1.2
_LONGEST_LEADER_MM = 45.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A label as it stands on the page, for the report.

    Attributes
    ----------
    kind : str
        ``grid``, ``neighbour``, ``street``, ``water``, ``compound``, ``building`` or ``shop``.
    subject : str
        Code of the thing, or its name where it has none.
    text : str
    size_mm : float
        The em of its largest type.
    smallest_mm : float
        The em of its smallest type.
    angle_deg : float
    boxes : tuple of ndarray, shape (5, 2)
        Closed rings round its ink, in page millimetres.
    """

    kind: str
    subject: str
    text: str
    size_mm: float
    smallest_mm: float
    angle_deg: float
    boxes: tuple[Points, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a block goes."""

    block: Block
    x_mm: float
    y_mm: float
    angle_deg: float
    cost: float

    @property
    def box(self) -> Points:
        """Its corners on the page."""
        return quad(self.x_mm, self.y_mm, self.block.width_mm, self.block.height_mm, angle_deg=self.angle_deg)


@dataclass(frozen=True)
class Ground:
    """What labels would rather not cover: buildings and streets."""

    shapes: Sequence[BaseGeometry]
    tree: shapely.STRtree

    @classmethod
    def of(cls, shapes: Sequence[BaseGeometry]) -> "Ground":
        """Index shapes, every outer ring turning one way."""
        oriented = list(shapely.orient_polygons(np.array(shapes, dtype=object))) if shapes else []
        return cls(oriented, shapely.STRtree(oriented))

    def near(self, shape: BaseGeometry) -> list[BaseGeometry]:
        """Shapes whose bounds touch those of this one."""
        return [self.shapes[index] for index in sorted(self.tree.query(shape).tolist())]


def best_spot(
    shape: BaseGeometry,
    blocks: Sequence[Block],
    *,
    frame: Rect,
    taken: Taken,
    ground: Ground,
    may_turn: bool = True,
    clear_mm: float = _CLEAR_MM,
) -> Spot | None:
    """The cheapest place of the cheapest block inside a polygon.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        In page millimetres, valid, outer rings turning one way.
    blocks : sequence of Block
        Cheapest first.
    frame : Rect
        Labels stay this side of it.
    taken : Taken
        Boxes to keep clear of.
    ground : Ground
        Shapes better not covered.
    may_turn : bool
        Whether a long thin polygon may be lettered along its axis.
    clear_mm : float
        Distance to keep from boxes already placed.

    Returns
    -------
    Spot or None
        None where no block fits.
    """
    allowed = shapely.intersection(shapely.buffer(shape, -_INSET_MM), frame.inset(1).shape)
    if allowed.is_empty:
        return None
    allowed = shapely.orient_polygons(allowed)
    near = [_grown(box, clear_mm) for box in taken.near(tuple(shapely.bounds(allowed).tolist()))]
    level = _search(allowed, blocks, 0.0, near, ground)
    if not may_turn or (level is not None and level.cost < 1.0):
        return level
    angle, is_long = _axis(allowed)
    if not is_long or abs(angle) < 4:
        return level
    turned = _search(allowed, [block for block in blocks if not block.is_stacked], angle, near, ground)
    if turned is None or (level is not None and level.cost <= turned.cost + _ANGLED_PENALTY):
        return level
    return turned


def _axis(shape: BaseGeometry) -> tuple[float, bool]:
    """Angle of the long side of the tightest rectangle, read from the left (or from below)."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    if len(corners) < 4:
        return 0.0, False
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    long = sides[int(np.argmax(lengths))]
    angle = float(np.degrees(np.arctan2(long[1], long[0])))
    angle = (angle + 90) % 180 - 90
    if angle > 80:
        angle -= 180
    return angle, bool(lengths.max() > _LONG_AND_THIN * max(lengths.min(), 1e-9))


def _search(
    allowed: BaseGeometry, blocks: Sequence[Block], angle: float, near: Sequence[Points], ground: Ground
) -> Spot | None:
    """Every window of every block, in a frame turned so that the run lies level."""
    turn = np.radians(angle)
    back = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])

    def level(ring: Points) -> Points:
        return np.asarray(ring @ back.T)

    rings = [level(ring) for ring in rings_of(allowed)]
    every = np.concatenate(rings)
    low, high = every.min(axis=0), every.max(axis=0)
    window = Window.around((low[0], low[1], high[0], high[1]))
    inside = window.filled(rings)
    if not inside.any():
        return None
    hard = ~inside
    if near:
        hard |= window.filled([level(box) for box in near])
    soft = window.filled([level(ring) for shape in ground.near(allowed) for ring in rings_of(shape)])
    found = _cheapest(blocks, window, inside, summed(hard), summed(soft))
    if found is None:
        return None
    block, middle, cost = found
    x, y = middle @ back
    return Spot(block, float(x), float(y), angle, cost)


def _grown(box: Points, by_mm: float) -> Points:
    middle = box[:-1].mean(axis=0)
    half = np.abs(box[:-1] - middle).max(axis=0)
    return np.asarray(middle + (box - middle) * (1 + by_mm / np.maximum(half, 0.1)))


def _pole(inside: Mask, depth: Points) -> Points:
    """The deepest cell; of nearly equal ones, as along a strip, that nearest to the middle."""
    deep = np.argwhere(depth >= 0.95 * depth.max()).astype(float)
    middle = np.argwhere(inside).mean(axis=0)
    return np.asarray(deep[int(np.argmin(np.hypot(*(deep - middle).T)))])


def _cheapest(
    blocks: Sequence[Block], window: Window, inside: Mask, hard: Sums, soft: Sums
) -> tuple[Block, Points, float] | None:
    depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    pole = _pole(inside, depth)
    per_root_area = _FROM_POLE * CELL_MM / np.sqrt(inside.sum() * CELL_MM**2)
    best: tuple[Block, Points, float] | None = None
    for block in blocks:
        if best is not None and block.penalty >= best[2]:
            break
        rows, columns = int(np.ceil(block.height_mm / CELL_MM)), int(np.ceil(block.width_mm / CELL_MM))
        blocked = window_sums(hard, rows, columns)
        free = np.argwhere(blocked == 0)
        if not len(free):
            continue
        over = window_sums(soft, rows, columns)[free[:, 0], free[:, 1]] / (rows * columns)
        away = np.hypot(free[:, 0] + rows / 2 - pole[0], free[:, 1] + columns / 2 - pole[1])
        costs = _OVER_THINGS * over + per_root_area * away + block.penalty
        place = int(np.argmin(costs))
        if best is None or costs[place] < best[2]:
            corner = free[place]
            middle = np.array(
                [
                    window.x_mm + (corner[1] + columns / 2) * CELL_MM,
                    window.y_mm + (corner[0] + rows / 2) * CELL_MM,
                ]
            )
            best = (block, middle, float(costs[place]))
    return best


def outside_spot(
    target: BaseGeometry, block: Block, *, taken: Taken, keep_off: Mask
) -> tuple[Spot, tuple[float, float]] | None:
    """A free place near a polygon but outside it, and the point inside to lead to.

    Parameters
    ----------
    target : Polygon or MultiPolygon
    block : Block
    taken : Taken
    keep_off : ndarray of bool
        Cells of the page where the box would be read as another polygon's; used
        only where all else is full.

    Returns
    -------
    (Spot, (x, y)) or None
    """
    point = shapely.point_on_surface(target)
    anchor = (float(shapely.get_x(point)), float(shapely.get_y(point)))
    rows, columns = int(np.ceil(block.height_mm / CELL_MM)) + 2, int(np.ceil(block.width_mm / CELL_MM)) + 2
    for blocked in (taken.cells | keep_off, taken.cells):
        free = np.argwhere(window_sums(summed(blocked), rows, columns) == 0)
        if len(free):
            x = taken.page.x_mm + (free[:, 1] + columns / 2) * CELL_MM
            y = taken.page.y_mm + (free[:, 0] + rows / 2) * CELL_MM
            away = np.hypot(x - anchor[0], y - anchor[1])
            nearest = int(np.argmin(away))
            if away[nearest] > _LONGEST_LEADER_MM:
                continue
            return Spot(block, float(x[nearest]), float(y[nearest]), 0.0, block.penalty), anchor
    return None
