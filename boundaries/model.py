"""The nouns of the plan, as frozen values.

References between values are codes, so that a plan read from files and a plan
read from the database look alike. Shapes are in the coordinates of the
:class:`~boundaries.snapshot.Snapshot` that carries them.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon

Layer = Literal["tile", "overlay"]
PremisesKind = Literal["building", "compound", "shop"]
ShopState = Literal["open", "vacant", "closed"]
StreetSide = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Level:
    """A level of areas, a row of a table because cities differ.

    ``depth`` grows downwards: the children of an area have a greater depth.
    """

    code: str
    name_zh: str
    name_en: str
    depth: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of micro-grid, and which premises it holds."""

    code: str
    name_zh: str
    name_en: str
    holds_households: bool
    holds_shops: bool

    @property
    def is_dedicated(self) -> bool:
        """Dedicated (专属): any kind other than residential."""
        return self.code != "residential"


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody in charge does, a row of a table because offices differ."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Area:
    """An administrative area that micro-grids must fill."""

    id: int
    code: str
    name: str
    level: str
    parent: str | None
    polygon: Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Part:
    """A part (分段) of a tower's micro-grid, told apart by units or floors.

    ``units`` are entrance numbers; ``floors`` is an inclusive range. One of the two is set.
    """

    id: int
    code: str
    name: str
    units: tuple[str, ...] = ()
    floors: tuple[int, int] | None = None
    households: int | None = None


@dataclass(frozen=True, slots=True)
class MicroGrid:
    """One polygon of the division.

    ``rank`` is the order of registration: the lowest rank answers for a point on a
    shared border. ``area`` is the code of the area that this grid helps to fill.
    ``version`` counts the changes of its state; None where it comes from a file.
    """

    id: int
    rank: int
    code: str
    name: str
    area: str
    polygon: Polygon
    kind: str = "residential"
    layer: Layer = "tile"
    honorary_name: str | None = None
    street_group: str | None = None
    parts: tuple[Part, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Building:
    """A building, by outline or by point; counts are None where nobody counted."""

    id: int
    code: str
    number: str
    shape: Polygon | MultiPolygon | Point
    compound: str | None = None
    floors: int | None = None
    entrances: int | None = None
    dwellings: int | None = None
    households: int | None = None
    rented: int | None = None
    garages: int | None = None


@dataclass(frozen=True, slots=True)
class Compound:
    """A compound (小区): a named outline; the flags are internal."""

    id: int
    code: str
    name: str
    polygon: Polygon | MultiPolygon
    property_managed: bool | None = None
    resettlement: bool | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop, assigned by its door point. ``contact`` is restricted."""

    id: int
    code: str
    name: str
    door: Point
    door_number: str | None = None
    credit_code: str | None = None
    street: str | None = None
    side: StreetSide | None = None
    trade: str | None = None
    state: ShopState = "open"
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Street:
    """A centre line; ``name`` is empty for a way without one."""

    id: int
    code: str
    name: str
    line: LineString | MultiLineString


@dataclass(frozen=True, slots=True)
class Water:
    """Water for context and as a barrier."""

    id: int
    code: str
    name: str
    shape: Polygon | MultiPolygon | LineString | MultiLineString


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall for context and as a barrier."""

    id: int
    code: str
    line: LineString | MultiLineString


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in charge of a grid, a part or an area; ``target`` is its code.

    ``phone`` is public only where ``phone_published`` says so.
    """

    id: int
    name: str
    role: str
    target: str
    phone: str | None = None
    phone_published: bool = False
    standing: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """A grid that was not chosen, with the measure that decided."""

    grid: str
    measure: str
    value: float


@dataclass(frozen=True, slots=True)
class Assignment:
    """Premises given to a grid, proposed or accepted.

    ``grid`` is None where no rule found one; ``method`` names the rule and
    ``reason_zh``/``reason_en`` say it to people.
    """

    premises_kind: PremisesKind
    premises: str
    grid: str | None
    method: str
    reason_zh: str
    reason_en: str
    alternatives: tuple[Alternative, ...] = field(default=())
    accepted_by: str | None = None
