"""What a planner may ask of a division, as frozen values.

Grids, areas, buildings and compounds go by their codes; shapes are in the coordinates of
the snapshot. A code of a new grid that is None is made by the scheme (:mod:`boundaries.codes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely import LineString, MultiLineString, Point, Polygon

from boundaries.model import Layer, Part


@dataclass(frozen=True, slots=True)
class NewGrid:
    """What a new micro-grid is to be called; None takes it from the grid it comes from, or from the scheme."""

    code: str | None = None
    name: str | None = None
    kind: str | None = None
    street_group: str | None = None


@dataclass(frozen=True, slots=True)
class MoveBorder:
    """Let the border between two grids run along a new line.

    Each end of the line lies on the common border, or on the outline of the two together.
    """

    one: str
    other: str
    line: LineString


@dataclass(frozen=True, slots=True)
class MoveVertex:
    """Move one vertex, in every grid of the layer that has it."""

    at: Point
    to: Point
    layer: Layer = "tile"


@dataclass(frozen=True, slots=True)
class Split:
    """Cut a grid by lines; the largest piece keeps the code, the others take ``new`` in order of size."""

    grid: str
    line: LineString | MultiLineString
    new: tuple[NewGrid, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """Make one grid of several; ``keep`` names the code that stays, by default that with most households."""

    grids: tuple[str, ...]
    keep: str | None = None


@dataclass(frozen=True, slots=True)
class Carve:
    """Take a polygon out of the grids of an area, or lay it over them, as a dedicated grid of its own.

    Its kind is ``street_front`` unless ``new`` says otherwise.
    ``takers`` say which grid gets a piece that the carving cuts off, by a point in the piece;
    pieces that nobody is named for go to the neighbour with the longest border and are told.
    """

    area: str
    shape: Polygon
    new: NewGrid = NewGrid()
    layer: Layer = "tile"
    takers: tuple[tuple[Point, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CarveStrip:
    """Carve a strip along a line, ``left_m`` and ``right_m`` metres wide on either side of it."""

    area: str
    line: LineString
    left_m: float
    right_m: float
    new: NewGrid = NewGrid()
    layer: Layer = "tile"
    takers: tuple[tuple[Point, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GiveGround:
    """Give the ground inside a polygon to a grid of the same area."""

    to: str
    shape: Polygon
    takers: tuple[tuple[Point, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GiveGap:
    """Give the gap that a point lies in to a grid."""

    to: str
    at: Point


@dataclass(frozen=True, slots=True)
class GiveBuilding:
    """Give a building with the ground about it to a grid; the border follows walls, streets or midlines."""

    to: str
    building: str


@dataclass(frozen=True, slots=True)
class GiveCompound:
    """Give a whole compound to a grid; the border follows its outline."""

    to: str
    compound: str


@dataclass(frozen=True, slots=True)
class MoveAreaBorder:
    """Let the border between two areas run along a new line, on all levels and for the grids of both sides."""

    one: str
    other: str
    line: LineString


@dataclass(frozen=True, slots=True)
class SplitIntoParts:
    """Tell the parts of a tower's grid anew; none makes it undivided."""

    grid: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Renumber:
    """Give grids new codes, old to new; never one that was ever used."""

    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a grid another name; the honorary one stands beside it, and None takes it away."""

    grid: str
    name: str
    honorary_name: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """Let a grid be of another kind."""

    grid: str
    kind: str
    street_group: str | None = None


Command = (
    MoveBorder
    | MoveVertex
    | Split
    | Merge
    | Carve
    | CarveStrip
    | GiveGround
    | GiveGap
    | GiveBuilding
    | GiveCompound
    | MoveAreaBorder
    | SplitIntoParts
    | Renumber
    | Rename
    | ChangeKind
)
