"""Registers as they are asked for and documented."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.query import PageQuery

Code = Annotated[str, Field(min_length=1, max_length=100)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Counted = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e8, le=1e8)]
_Text = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]
_DAY_HELP = "哪一天,默认今天 / on which day, default today"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PeopleQuery(PageQuery):
    """Parameters of the list of people in charge."""

    on: Annotated[Day | None, Field(description=_DAY_HELP)] = None
    area: Annotated[Code | None, Field(description="只要这个区域及其内的 / only of this area and what is in it")] = None
    target: Annotated[Code | None, Field(description="网格、分段或区域编码 / code of a grid, part or area")] = None
    role: Annotated[Name | None, Field(description="职务 / role")] = None


class ShopsQuery(PageQuery):
    """Parameters of the list of shops."""

    area: Annotated[Code | None, Field(description="只要这个区域内的 / only in this area")] = None


class CountsQuery(PageQuery):
    """Parameters of the list of counts."""

    on: Annotated[Day | None, Field(description=_DAY_HELP)] = None
    code: Annotated[Code | None, Field(description="楼栋或分段编码 / code of a building or part")] = None


class Charge(_Body):
    """Somebody to put in charge, or what is to be corrected; what is left out stays as it is."""

    target: Annotated[Code, Field(description="网格、分段或区域编码 / code of a grid, part or area")]
    name: Name
    role: Name = "liaison"
    phone: _Text | None = None
    phone_published: bool = False
    standing: _Text | None = None
    since: Annotated[Day | None, Field(description="默认今天 / default today")] = None
    until: Annotated[Day | None, Field(description="任期最后一天 / last day in charge")] = None


class Ending(_Body):
    """A charge to end."""

    target: Code
    name: Name
    role: Name = "liaison"
    on: Annotated[Day | None, Field(description="不再负责的第一天,默认今天 / first day without it")] = None


class Replacement(_Body):
    """One who follows another on the same day."""

    target: Code
    name: Name
    role: Name = "liaison"
    instead_of: Annotated[Name | None, Field(description="替换谁(多人在任时) / whom, where there are several")] = None
    phone: _Text | None = None
    phone_published: bool = False
    standing: _Text | None = None
    on: Annotated[Day | None, Field(description="从哪天起,默认今天 / from which day")] = None


class Door(_Body):
    """Where a shop opens onto the street; there is no default system."""

    x: Coordinate
    y: Coordinate
    crs: Annotated[str, Field(max_length=100, examples=["EPSG:4490"])]


class ShopBody(_Body):
    """A shop that opens, or what is to be changed of one; what is left out stays as it is."""

    name: _Text | None = None
    door: Door | None = None
    door_number: _Text | None = None
    credit_code: Annotated[str | None, Field(min_length=1, max_length=30)] = None
    street: _Text | None = None
    side: Literal["left", "right"] | None = None
    trade: _Text | None = None
    state: Literal["open", "vacant", "closed"] = "open"
    contact: _Text | None = None


class CountBody(_Body):
    """What was counted; a number that is left out stays as it is."""

    kind: Literal["building", "part"]
    code: Code
    households: Counted | None = None
    rented: Counted | None = None
    garages: Counted | None = None


class Person(BaseModel):
    """Somebody in charge, as the caller's tier allows."""

    id: Annotated[int | None, Field(description="任职编号 / number of the charge")] = None
    name: str
    role: str
    target: str
    phone: str | None = None
    phone_published: bool | None = None
    standing: str | None = None
    since: date | None = None
    until: date | None = None


class PeopleList(BaseModel):
    """A page of people in charge."""

    on: date
    people: list[Person]
    cursor: str | None = None


class Changed(BaseModel):
    """Whether anything was written."""

    changed: bool


class Replaced(BaseModel):
    """Who was in charge before."""

    before: str


class ShopFinding(BaseModel):
    """Why a shop was given no grid."""

    kind: str
    zh: str
    en: str
    grids: list[str]


class ShopAnswer(BaseModel):
    """What became of a shop."""

    result: Literal["opened", "changed", "unchanged"]
    code: str
    grid: Annotated[str | None, Field(description="当即划入的专属网格 / dedicated grid that it was given now")] = None
    finding: ShopFinding | None = None


class ShopList(BaseModel):
    """A page of shops, with the fields that the caller's tier allows."""

    shops: list[dict[str, Any]]
    cursor: str | None = None


class Count(BaseModel):
    """What was counted of a building or a part, as the caller's tier allows."""

    kind: Literal["building", "part"]
    code: str
    households: int | None = None
    rented: int | None = None
    garages: int | None = None
    since: date | None = None


class CountList(BaseModel):
    """A page of counts."""

    on: date
    counts: list[Count]
    cursor: str | None = None
