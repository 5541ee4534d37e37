"""Answers about the plan, as they are documented. Fields above the caller's tier are absent, not null."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class Link(BaseModel):
    """Where to go on."""

    rel: Literal["self", "next"]
    href: str
    type: str


class Geometry(BaseModel):
    """A GeoJSON geometry."""

    type: Literal["Point", "LineString", "Polygon", "MultiPolygon", "MultiLineString"]
    coordinates: list[Any]


class Part(BaseModel):
    """A part of a tower's micro-grid, told apart by units or floors."""

    code: str
    name: str
    grid: str
    units: list[str]
    floors: list[int] | None
    households: int | None = None


class MicroGrid(BaseModel):
    """Properties of a micro-grid."""

    code: str
    name: str
    parent: str = Field(description="编码:所属区域 / code of the area it helps to fill")
    kind: str
    layer: Literal["tile", "overlay"]
    honorary_name: str | None
    street_group: str | None
    parts: list[Part]


class Area(BaseModel):
    """Properties of an area."""

    code: str
    name: str
    level: str
    parent: str | None


class Premises(BaseModel):
    """Properties of a building, compound or shop, as the caller's tier allows."""

    kind: Literal["building", "compound", "shop"]
    code: str | None = None
    number: str | None = None
    name: str | None = None
    compound: str | None = None
    floors: int | None = None
    entrances: int | None = None
    dwellings: int | None = None
    households: int | None = None
    rented: int | None = None
    garages: int | None = None
    property_managed: bool | None = None
    resettlement: bool | None = None
    door_number: str | None = None
    credit_code: str | None = None
    street: str | None = None
    side: Literal["left", "right"] | None = None
    trade: str | None = None
    state: Literal["open", "vacant", "closed"] | None = None
    contact: str | None = None
    grid: str | None = Field(default=None, description="划入的网格编码 / code of the micro-grid it is assigned to")


class _Feature(BaseModel):
    type: Literal["Feature"]
    id: str | None = None
    geometry: Geometry


class _Collection(BaseModel):
    type: Literal["FeatureCollection"]
    generation: int | None = Field(description="版本号 / number of the generation, null before the first")
    numberReturned: int  # noqa: N815  the name that OGC API Features gives it
    links: list[Link]


class MicroGridFeature(_Feature):
    """One micro-grid."""

    properties: MicroGrid


class MicroGridCollection(_Collection):
    """A page of micro-grids."""

    features: list[MicroGridFeature]


class AreaFeature(_Feature):
    """One area."""

    properties: Area


class AreaCollection(_Collection):
    """A page of areas."""

    features: list[AreaFeature]


class PremisesFeature(_Feature):
    """One building, compound or shop."""

    properties: Premises


class PremisesCollection(_Collection):
    """A page of premises."""

    features: list[PremisesFeature]


class Generation(BaseModel):
    """A published state."""

    number: int
    published_at: datetime
    published_by: str | None = None
    note: str | None = None
    summary: dict[str, Any] | None = None
    findings: dict[str, int] | None = None


class GenerationList(BaseModel):
    """A page of generations, newest first."""

    generations: list[Generation]
    links: list[Link]
