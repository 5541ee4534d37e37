"""What an area is bounded by on its four sides (四至), in the words of an office.

The border is walked in short pieces. Each piece looks outwards to one of the four sides,
and is named by the street, the water or the wall that runs along it; where none does, by
who lies beyond it. What is named along most of a side stands first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, STRtree

from geo.errors import Language
from geo.rings import Shapes
from geo.segments import as_shapes

Direction = Literal["east", "south", "west", "north"]

_DIRECTIONS: tuple[Direction, ...] = ("east", "south", "west", "north")
_WORDS: dict[Direction, tuple[str, str]] = {
    "east": ("东至", "east to "),
    "south": ("南至", "south to "),
    "west": ("西至", "west to "),
    "north": ("北至", "north to "),
}
_PIECE_M = 10.0
# The border of a neighbour is looked for just beyond one's own.
_BEYOND_M = 0.5
# A street that crosses the border is not what the border follows.
_MAX_TURN_COSINE = float(np.cos(np.radians(35.0)))
# Nor is one that lies further inside.
_MAX_INSIDE_M = 10.0
# A second name is told where it stands along this share of a side.
_SECOND_SHARE = 0.3
_RANKS = ("street", "water", "wall")


@dataclass(frozen=True, slots=True)
class Landmark:
    """A line or a shore that borders follow, in metres; ``kind`` is street, water or wall."""

    name: str
    kind: Literal["street", "water", "wall"]
    shape: Any  # a line or a polygon


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who lies beyond a border, in metres."""

    name: str
    polygon: Polygon | MultiPolygon


@dataclass(frozen=True)
class Surroundings:
    """What borders may be named by, found by place.

    Attributes
    ----------
    landmarks : sequence of Landmark
    neighbours : sequence of Neighbour
        Where several lie beyond a piece, the first names it.
    max_distance_m : float
        How far a street, water or wall may lie from a border that follows it.
    """

    landmarks: Sequence[Landmark]
    neighbours: Sequence[Neighbour]
    max_distance_m: float = 25.0

    @cached_property
    def _lines(self) -> Shapes:
        return as_shapes(_line(one.shape) for one in self.landmarks)

    @cached_property
    def _line_tree(self) -> STRtree:
        return STRtree(self._lines)

    @cached_property
    def _ground_tree(self) -> STRtree:
        return STRtree(as_shapes(one.polygon for one in self.neighbours))

    def sides(self, polygon: Polygon) -> dict[Direction, tuple[str, ...]]:
        """Names along each side of a polygon, those of most of it first.

        Parameters
        ----------
        polygon : Polygon
            In metres.

        Returns
        -------
        dict
            At most two names a side; none where nothing is known there.
        """
        pieces = _pieces(polygon)
        names = self._names(pieces)
        found: dict[Direction, tuple[str, ...]] = {}
        for number, direction in enumerate(_DIRECTIONS):
            here = pieces.direction == number
            found[direction] = _main(zip(np.array(names, dtype=object)[here], pieces.length[here], strict=True))
        return found

    def _names(self, pieces: "_Pieces") -> list[str | None]:
        names: list[str | None] = [None] * len(pieces.middle)
        beyond, ground = self._ground_tree.query(pieces.beyond, predicate="intersects")
        for piece, index in sorted(zip(beyond.tolist(), ground.tolist(), strict=True), reverse=True):
            names[piece] = self.neighbours[index].name
        for piece, name in self._along(pieces).items():
            names[piece] = name
        return names

    def _along(self, pieces: "_Pieces") -> dict[int, str]:
        """The street, else the water, else the wall that runs along each piece, the nearest of its kind."""
        lines = self._lines
        piece, line = self._line_tree.query(pieces.middle, predicate="dwithin", distance=self.max_distance_m)
        if not len(piece):
            return {}
        along = shapely.line_locate_point(lines[line], pieces.middle[piece])
        ahead, behind = (
            shapely.get_coordinates(shapely.line_interpolate_point(lines[line], np.maximum(along + step, 0.0)))
            for step in (_PIECE_M / 2, -_PIECE_M / 2)
        )
        heading = ahead - behind
        length = np.hypot(*heading.T)
        cosine = np.abs((heading * pieces.heading[piece]).sum(axis=1)) / np.where(length > 0, length, 1.0)
        foot = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along))
        offset = foot - shapely.get_coordinates(pieces.middle[piece])
        beyond_m = (offset * pieces.outward[piece]).sum(axis=1)
        is_along = (cosine >= _MAX_TURN_COSINE) & (beyond_m >= -_MAX_INSIDE_M)
        distance = np.hypot(*offset.T)
        ranks = np.array([_RANKS.index(self.landmarks[index].kind) for index in line.tolist()])
        found: dict[int, str] = {}
        for place in np.lexsort((distance, ranks)).tolist():
            if is_along[place]:
                found.setdefault(int(piece[place]), self.landmarks[int(line[place])].name)
        return found


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Short pieces of a border: where they are, how long, which way they run and look."""

    middle: Shapes
    beyond: Shapes
    length: NDArray[np.float64]
    heading: NDArray[np.float64]
    outward: NDArray[np.float64]
    direction: NDArray[np.int64]


def in_words(sides: Mapping[Direction, Sequence[str]], language: Language = "zh") -> str:
    """Four sides as one line, such as ``东至大庆路，南至护城河``; sides of which nothing is known are left out."""
    is_zh = language == "zh"
    told = [
        _WORDS[direction][0 if is_zh else 1] + ("、" if is_zh else " and ").join(sides[direction])
        for direction in _DIRECTIONS
        if sides.get(direction)
    ]
    return ("，" if is_zh else ", ").join(told)


def _line(shape: Any) -> Any:
    """The line that runs along a landmark: of a polygon its shore, of several pieces one line of all."""
    line = shape.boundary if shape.geom_type.endswith("Polygon") else shape
    return shapely.line_merge(line) if line.geom_type == "MultiLineString" else line


def _pieces(polygon: Polygon) -> _Pieces:
    # Outside on the right: the ring runs against the clock.
    ring = shapely.segmentize(shapely.orient_polygons(polygon).exterior, _PIECE_M)
    xy = shapely.get_coordinates(ring)
    start, end = xy[:-1], xy[1:]
    heading, middle = end - start, (start + end) / 2
    length = np.hypot(*heading.T)
    unit = heading / np.where(length > 0, length, 1.0)[:, None]
    outward = np.column_stack([unit[:, 1], -unit[:, 0]])
    angle = np.arctan2(outward[:, 1], outward[:, 0])
    # East, north, west, south against the clock, as told: east, south, west, north.
    quarter = np.round(angle / (np.pi / 2)).astype(np.int64) % 4
    direction = np.array([0, 3, 2, 1])[quarter]
    inner, beyond = (np.asarray(shapely.points(xy), dtype=object) for xy in (middle, middle + outward * _BEYOND_M))
    return _Pieces(inner, beyond, length, unit, outward, direction)


def _main(named: Iterable[tuple[str | None, float]]) -> tuple[str, ...]:
    """The names that stand along most of a side."""
    lengths: dict[str | None, float] = {}
    for name, length in named:
        lengths[name] = lengths.get(name, 0.0) + float(length)
    whole = sum(lengths.values())
    ordered = sorted(((length, name) for name, length in lengths.items() if name), key=lambda one: (-one[0], one[1]))
    return tuple(
        name for place, (length, name) in enumerate(ordered[:2]) if not place or length >= _SECOND_SHARE * whole
    )
