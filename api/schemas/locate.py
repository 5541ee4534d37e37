"""The answer to: which micro-grid is this point in."""

from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.plan import Part


class LocatedGrid(BaseModel):
    """The micro-grid a point is in."""

    code: str
    name: str
    kind: str
    parts: list[Part]


class Responsible(BaseModel):
    """The one to store for what was asked for."""

    code: str
    reason: Literal["contains", "dedicated", "no_dedicated", "part", "parts_undecided"]


class LocatedArea(BaseModel):
    """An area a point is in."""

    code: str
    name: str
    level: str


class Located(BaseModel):
    """Where a point is."""

    generation: int
    micro_grid: LocatedGrid | None
    dedicated: list[LocatedGrid] = Field(description="专属网格 / dedicated micro-grids on top of it")
    responsible: Responsible | None
    areas: list[LocatedArea] = Field(description="由上到下 / from the top down")
    on_border: bool = Field(description="在边界上:归序号小的网格 / on a border, the lower rank answers")
    in_gap: bool = Field(description="在空白处 / inside an area, in none of its micro-grids")
