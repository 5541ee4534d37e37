"""The answer to: which micro-grid is this point in."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.plan import Part


class PersonInCharge(BaseModel):
    """Somebody in charge, as the caller's tier allows."""

    name: str
    role: str = Field(description="职务代码 / code of the role", examples=["liaison"])
    role_name: str = Field(description="职务 / the role for people", examples=["联络员"])
    phone: str | None = Field(description="公开的电话,否则为 null / the phone, where it is published")
    phone_published: bool | None = None
    standing: str | None = None
    since: date | None = None
    until: date | None = None


class LocatedPart(Part):
    """A part of a tower's micro-grid, with those in charge of it."""

    people: list[PersonInCharge] | None = None


class LocatedGrid(BaseModel):
    """The micro-grid a point is in."""

    code: str
    name: str
    kind: str
    parts: list[LocatedPart]
    people: list[PersonInCharge] | None = Field(
        None, description="只在现行版本中给出 / told by the generation in force only"
    )


class Responsible(BaseModel):
    """The one to store for what was asked for."""

    code: str
    reason: Literal["contains", "dedicated", "no_dedicated", "part", "parts_undecided", "assigned"]


class LocatedArea(BaseModel):
    """An area a point is in."""

    code: str
    name: str
    level: str
    people: list[PersonInCharge] | None = None


class NearGrid(BaseModel):
    """A micro-grid and how far the point is from it."""

    code: str
    name: str
    distance_m: float


class NearBuilding(BaseModel):
    """The nearest building."""

    code: str
    number: str
    label: str = Field(description="通常的叫法 / what people call it", examples=["锦绣花园3幢"])
    distance_m: float


class FoundPremises(BaseModel):
    """What an address or a code named."""

    kind: Literal["building", "compound", "shop"]
    label: str
    code: str | None = Field(None, description="按权限给出 / as the tier allows")


class CandidateArea(BaseModel):
    """An area of a candidate."""

    code: str
    name: str


class Candidate(FoundPremises):
    """One of several that fit."""

    micro_grid: str | None
    responsible: Responsible | None
    areas: list[CandidateArea]


class Located(BaseModel):
    """Where a point is."""

    generation: int
    micro_grid: LocatedGrid | None
    dedicated: list[LocatedGrid] = Field(description="专属网格 / dedicated micro-grids on top of it")
    responsible: Responsible | None
    areas: list[LocatedArea] = Field(
        description="由上到下;空白处由最后一个区域暂时负责(属地兜底)/ from the top down; "
        "in a gap the last one answers meanwhile"
    )
    on_border: bool = Field(description="在边界上:归序号小的网格 / on a border, the lower rank answers")
    in_gap: bool = Field(description="在空白处 / inside an area, in none of its micro-grids")
    outside: bool = Field(
        description="不在任何区域内:不在服务范围,或坐标系写错 / in no area at all: not served here, or the wrong system"
    )
    near: list[NearGrid] | None = Field(None, description="within_m 以内的网格,由近到远 / by distance")
    nearest: NearGrid | None = Field(None, description="空白处最近的网格 / in a gap, the nearest micro-grid")
    building: NearBuilding | None = Field(None, description="100 米内最近的楼栋 / the nearest building within 100 m")
    premises: FoundPremises | None = Field(
        None, description="按地址或编码查到的对象 / what was found by address or code"
    )
    candidates: list[Candidate] | None = Field(
        None, description="有多个对象符合时列出,不猜测 / all that fit, where more than one does"
    )


class LocateOne(BaseModel):
    """One place in a body, so that it stands in no log of addresses."""

    x: float | None = Field(None, examples=[119.1805])
    y: float | None = Field(None, examples=[32.2705])
    crs: str | None = Field(None, examples=["EPSG:4490"])
    building: str | None = None
    shop: str | None = None
    place: str | None = None
    for_: Literal["household", "shop"] | None = Field(None, alias="for")
    unit: str | None = None
    floor: int | None = None
    within_m: float | None = None
