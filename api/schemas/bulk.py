"""Many points in one request, as the documents tell it; the bodies themselves are read without these models."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ManyPoints(BaseModel):
    """Points to look up."""

    model_config = ConfigDict(extra="forbid")

    crs: str = Field(description="EPSG:n、GCJ-02 或 BD-09 / EPSG:n, GCJ-02 or BD-09", examples=["EPSG:4490"])
    points: list[tuple[float, float]] = Field(
        max_length=100_000, description="[x, y]:经度在前 / longitude first", examples=[[[119.184, 32.271]]]
    )
    for_: Literal["household", "shop"] | None = Field(
        None, alias="for", description="填写 responsible / fills responsible"
    )


class LocatedMany(BaseModel):
    """Where they are: columns, one entry a point, in the order of the points."""

    generation: int
    micro_grid: list[str | None] = Field(description="微网格编码 / code of the micro-grid")
    area: list[str | None] = Field(
        description="所属区域编码,空白处为所在区域 / code of its area; in a gap, of the area around the point"
    )
    on_border: list[bool]
    in_gap: list[bool]
    responsible: list[str | None] | None = Field(
        None, description="应登记的网格,仅在写了 for 时 / the grid to store, where `for` was given"
    )


class GridTable(BaseModel):
    """Codes by position: what the numbers of a packed answer stand for (-1 in a gap, -2 outside)."""

    generation: int
    codes: list[str]
