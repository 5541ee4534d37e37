"""The display list: what a sheet is made of, in millimetres from its top left corner.

Five operations say everything; a writer only draws them. Composing decides every
position, so that boxes hold whichever file format comes out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Points = NDArray[np.float64]
Dash = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PolygonOp:
    """Closed rings filled by the even-odd rule, then stroked."""

    rings: tuple[Points, ...]
    fill: str | None = None
    stroke: str | None = None
    width_mm: float = 0.0
    dash_mm: Dash = ()


@dataclass(frozen=True, slots=True, eq=False)
class LineOp:
    """An open line; ``is_round`` rounds its ends and corners."""

    points: Points
    colour: str
    width_mm: float
    dash_mm: Dash = ()
    is_round: bool = True


@dataclass(frozen=True, slots=True)
class TextOp:
    """A run of text on one baseline, or glyph by glyph where ``spots_mm`` is given.

    Attributes
    ----------
    x_mm, y_mm : float
        Start of the baseline.
    size_mm : float
        The em, not the height of a letter.
    angle_deg : float
        Clockwise, as y grows downwards.
    halo : str or None
        Colour of an outline of ``halo_mm`` under the text.
    spots_mm : tuple of (float, float)
        Start of the baseline of each character; a reader still finds one word.
    """

    x_mm: float
    y_mm: float
    text: str
    size_mm: float
    colour: str
    is_bold: bool = False
    angle_deg: float = 0.0
    halo: str | None = None
    halo_mm: float = 0.0
    spots_mm: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ClipOp:
    """Everything up to the matching UnclipOp shows only inside these rings."""

    rings: tuple[Points, ...]


@dataclass(frozen=True, slots=True)
class UnclipOp:
    """End of the innermost ClipOp."""


Op = PolygonOp | LineOp | TextOp | ClipOp | UnclipOp


@dataclass(frozen=True, slots=True)
class Page:
    """One side of paper and what stands on it."""

    width_mm: float
    height_mm: float
    ops: list[Op] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle on the page, in millimetres; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def ring(self) -> Points:
        """Its corners, as a closed ring."""
        return np.array(
            [
                [self.x, self.y],
                [self.right, self.y],
                [self.right, self.bottom],
                [self.x, self.bottom],
                [self.x, self.y],
            ]
        )

    @property
    def shape(self) -> shapely.Polygon:
        """The same as a shapely polygon."""
        return shapely.box(self.x, self.y, self.right, self.bottom)

    def inset(self, by_mm: float) -> "Rect":
        """The rectangle shrunk on every side (grown where negative)."""
        return Rect(self.x + by_mm, self.y + by_mm, self.width - 2 * by_mm, self.height - 2 * by_mm)


def box_op(rect: Rect, *, fill: str | None = None, stroke: str | None = None, width_mm: float = 0.0) -> PolygonOp:
    """A rectangle."""
    return PolygonOp((rect.ring,), fill, stroke, width_mm)


def line_op(x1: float, y1: float, x2: float, y2: float, *, colour: str, width_mm: float, dash_mm: Dash = ()) -> LineOp:
    """A straight line between two points, with square ends."""
    return LineOp(np.array([[x1, y1], [x2, y2]]), colour, width_mm, dash_mm, is_round=False)


def rings_of(shape: BaseGeometry) -> tuple[Points, ...]:
    """Every ring of the polygons in a geometry."""
    polygons = [part for part in _flat(shape) if isinstance(part, shapely.Polygon) and not part.is_empty]
    return tuple(shapely.get_coordinates(ring) for part in polygons for ring in (part.exterior, *part.interiors))


def lines_of(shape: BaseGeometry) -> tuple[Points, ...]:
    """Every line in a geometry, polygons by their rings."""
    found: list[Points] = []
    for part in _flat(shape):
        if isinstance(part, shapely.Polygon):
            found.extend(rings_of(part))
        elif isinstance(part, shapely.LineString) and not part.is_empty:
            found.append(shapely.get_coordinates(part))
    return tuple(found)


def _flat(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _flat(part)
    else:
        yield shape


def polygon_ops(
    shape: BaseGeometry,
    *,
    fill: str | None = None,
    stroke: str | None = None,
    width_mm: float = 0.0,
    dash_mm: Dash = (),
) -> list[Op]:
    """A geometry's polygons as one operation, or nothing where it has none."""
    rings = rings_of(shape)
    return [PolygonOp(rings, fill, stroke, width_mm, dash_mm)] if rings else []


def line_ops(shape: BaseGeometry, *, colour: str, width_mm: float, dash_mm: Dash = ()) -> list[Op]:
    """A geometry's lines, one operation each."""
    return [LineOp(points, colour, width_mm, dash_mm) for points in lines_of(shape)]
