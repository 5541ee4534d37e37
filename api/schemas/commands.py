"""Commands of an edit as they are asked for; ``do`` says which, the rest is that of ``boundaries.edits.commands``.

Coordinates are longitude, latitude on the storage grid, in nested lists as GeoJSON has them.
"""

from typing import Annotated, Literal, TypeVar

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field
from shapely import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from boundaries.edits import Command
from boundaries.edits import commands as edits
from boundaries.errors import BadInput
from boundaries.model import Layer, Part
from geo.crs import round_to_storage

Shape = TypeVar("Shape", bound=BaseGeometry)
Code = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Place = tuple[
    Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)],
    Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)],
]
Line = Annotated[list[Place], Field(min_length=2, max_length=10_000)]
Ring = Annotated[list[Place], Field(min_length=4, max_length=10_000)]
Rings = Annotated[list[Ring], Field(min_length=1, max_length=100)]
Width = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewGrid(_Asked):
    """What a new micro-grid is called; what is left out comes from where it is taken, or from the scheme of codes."""

    code: Code | None = None
    name: Name | None = None
    kind: Code | None = None
    street_group: Name | None = None

    def value(self) -> edits.NewGrid:
        """As the plan has it."""
        return edits.NewGrid(self.code, self.name, self.kind, self.street_group)


class Taker(_Asked):
    """Which grid gets a piece that is cut off, by a point in the piece."""

    at: Place
    grid: Code


class MoveBorder(_Asked):
    """Let the border between two grids run along a new line."""

    do: Literal["move_border"]
    one: Code
    other: Code
    line: Line

    def command(self) -> Command:
        """As the plan has it."""
        return edits.MoveBorder(self.one, self.other, _line(self.line))


class MoveVertex(_Asked):
    """Move one vertex, in every grid that has it."""

    do: Literal["move_vertex"]
    at: Place
    to: Place
    layer: Layer = "tile"

    def command(self) -> Command:
        """As the plan has it."""
        return edits.MoveVertex(_point(self.at), _point(self.to), self.layer)


class Split(_Asked):
    """Cut a grid by lines; the largest piece keeps the code."""

    do: Literal["split"]
    grid: Code
    lines: Annotated[list[Line], Field(min_length=1, max_length=100)]
    new: Annotated[list[NewGrid], Field(max_length=100)] = []

    def command(self) -> Command:
        """As the plan has it."""
        lines = [_line(line) for line in self.lines]
        drawn = lines[0] if len(lines) == 1 else MultiLineString(lines)
        return edits.Split(self.grid, drawn, tuple(new.value() for new in self.new))


class Merge(_Asked):
    """Make one grid of several."""

    do: Literal["merge"]
    grids: Annotated[list[Code], Field(min_length=2, max_length=100)]
    keep: Code | None = None

    def command(self) -> Command:
        """As the plan has it."""
        return edits.Merge(tuple(self.grids), self.keep)


class Carve(_Asked):
    """Take a polygon out of the grids of an area as a dedicated grid, or lay it over them."""

    do: Literal["carve"]
    area: Code
    shape: Rings
    new: NewGrid = NewGrid(kind="street_front")
    layer: Layer = "tile"
    takers: Annotated[list[Taker], Field(max_length=100)] = []

    def command(self) -> Command:
        """As the plan has it."""
        return edits.Carve(self.area, _polygon(self.shape), self.new.value(), self.layer, _takers(self.takers))


class CarveStrip(_Asked):
    """Carve a strip along a line, so many metres wide on either side."""

    do: Literal["carve_strip"]
    area: Code
    line: Line
    left_m: Width
    right_m: Width
    new: NewGrid = NewGrid(kind="street_front")
    layer: Layer = "tile"
    takers: Annotated[list[Taker], Field(max_length=100)] = []

    def command(self) -> Command:
        """As the plan has it."""
        line, takers = _line(self.line), _takers(self.takers)
        return edits.CarveStrip(self.area, line, self.left_m, self.right_m, self.new.value(), self.layer, takers)


class GiveGround(_Asked):
    """Give the ground inside a polygon to a grid of the same area."""

    do: Literal["give_ground"]
    to: Code
    shape: Rings
    takers: Annotated[list[Taker], Field(max_length=100)] = []

    def command(self) -> Command:
        """As the plan has it."""
        return edits.GiveGround(self.to, _polygon(self.shape), _takers(self.takers))


class GiveGap(_Asked):
    """Give the gap that a point lies in to a grid."""

    do: Literal["give_gap"]
    to: Code
    at: Place

    def command(self) -> Command:
        """As the plan has it."""
        return edits.GiveGap(self.to, _point(self.at))


class GiveBuilding(_Asked):
    """Give a building with the ground about it to a grid."""

    do: Literal["give_building"]
    to: Code
    building: Code

    def command(self) -> Command:
        """As the plan has it."""
        return edits.GiveBuilding(self.to, self.building)


class GiveCompound(_Asked):
    """Give a whole compound to a grid."""

    do: Literal["give_compound"]
    to: Code
    compound: Code

    def command(self) -> Command:
        """As the plan has it."""
        return edits.GiveCompound(self.to, self.compound)


class MoveAreaBorder(_Asked):
    """Let the border between two areas run along a new line, on all levels."""

    do: Literal["move_area_border"]
    one: Code
    other: Code
    line: Line

    def command(self) -> Command:
        """As the plan has it."""
        return edits.MoveAreaBorder(self.one, self.other, _line(self.line))


class NewPart(_Asked):
    """A part of a tower's grid, by units or by floors."""

    code: Code
    name: Name
    units: Annotated[list[Code], Field(max_length=100)] = []
    floors: tuple[Annotated[int, Field(ge=-20, le=500)], Annotated[int, Field(ge=-20, le=500)]] | None = None
    households: Annotated[int, Field(ge=0, le=100_000)] | None = None


class SplitIntoParts(_Asked):
    """Tell the parts of a tower's grid anew; none makes it undivided."""

    do: Literal["split_into_parts"]
    grid: Code
    parts: Annotated[list[NewPart], Field(max_length=100)]

    def command(self) -> Command:
        """As the plan has it."""
        parts = (Part(0, part.code, part.name, tuple(part.units), part.floors, part.households) for part in self.parts)
        return edits.SplitIntoParts(self.grid, tuple(parts))


class Renumber(_Asked):
    """Give grids new codes, old to new."""

    do: Literal["renumber"]
    codes: Annotated[dict[Code, Code], Field(min_length=1, max_length=1_000)]

    def command(self) -> Command:
        """As the plan has it."""
        return edits.Renumber(dict(self.codes))


class Rename(_Asked):
    """Give a grid another name; an honorary one may stand beside it."""

    do: Literal["rename"]
    grid: Code
    name: Name
    honorary_name: Name | None = None

    def command(self) -> Command:
        """As the plan has it."""
        return edits.Rename(self.grid, self.name, self.honorary_name)


class ChangeKind(_Asked):
    """Let a grid be of another kind."""

    do: Literal["change_kind"]
    grid: Code
    kind: Code
    street_group: Name | None = None

    def command(self) -> Command:
        """As the plan has it."""
        return edits.ChangeKind(self.grid, self.kind, self.street_group)


AnyCommand = Annotated[
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
    | ChangeKind,
    Field(discriminator="do"),
]


def _line(places: list[Place]) -> LineString:
    return _sound(LineString(_rounded(places)))


def _polygon(rings: list[list[Place]]) -> Polygon:
    shell, *holes = (_rounded(ring) for ring in rings)
    return _sound(Polygon(shell, holes))


def _point(place: Place) -> Point:
    return Point(_rounded([place])[0])


def _takers(takers: list[Taker]) -> tuple[tuple[Point, str], ...]:
    return tuple((_point(taker.at), taker.grid) for taker in takers)


def _rounded(places: list[Place]) -> np.ndarray:
    return round_to_storage(np.asarray(places, dtype=float))


def _sound(shape: Shape) -> Shape:
    if not shapely.is_valid(shape) or not shapely.is_simple(shape):
        raise BadInput(
            "画的线或面自相交、重复或退化成一点。请重新画。",
            "The line or polygon that was drawn crosses itself or has no extent. Draw it again.",
        )
    return shape
