"""Query parameters. A parameter that a route does not know is refused, not ignored."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100

CRS_HELP = "输出坐标系,默认 EPSG:4326 / system to answer in"
GENERATION_HELP = "版本号,默认现行版本 / number of the generation, the current one where not given"


class NoQuery(BaseModel):
    """No parameters at all."""

    model_config = ConfigDict(extra="forbid")


class OneQuery(BaseModel):
    """Parameters of one thing."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    crs: Annotated[str | None, Field(max_length=100, description=CRS_HELP, examples=["EPSG:4549"])] = None
    generation: Annotated[int | None, Field(ge=1, le=2**31 - 2, description=GENERATION_HELP, examples=[1])] = None


class LocateQuery(BaseModel):
    """Parameters of a look-up."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    x: Annotated[
        float | None,
        Field(
            allow_inf_nan=False, description="经度或东坐标,与 y、crs 同给 / longitude or easting", examples=[119.1805]
        ),
    ] = None
    y: Annotated[
        float | None,
        Field(allow_inf_nan=False, description="纬度或北坐标 / latitude or northing", examples=[32.2705]),
    ] = None
    crs: Annotated[
        str | None,
        Field(
            max_length=100,
            description="坐标系,必须写明:EPSG:n、GCJ-02(高德、腾讯)、BD-09(百度)/ system of x and y, no default",
            examples=["EPSG:4490"],
        ),
    ] = None
    building: Annotated[
        str | None, Field(min_length=1, max_length=100, description="不用坐标:楼栋编码 / code of a building")
    ] = None
    shop: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=100,
            description="不用坐标:商铺编码或统一社会信用代码 / code or credit code of a shop",
        ),
    ] = None
    place: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            description="不用坐标:小区+幢+单元,或路名+门牌 / compound and building, or street and door number",
            examples=["锦绣花园3幢2单元"],
        ),
    ] = None
    for_: Annotated[
        Literal["household", "shop"] | None,
        Field(alias="for", description="查询对象,决定 responsible / what is to be stored", examples=["shop"]),
    ] = None
    unit: Annotated[
        str | None, Field(max_length=50, description="单元,用于分段 / entrance, for a tower in parts", examples=["2"])
    ] = None
    floor: Annotated[
        int | None,
        Field(ge=-20, le=300, description="楼层,用于分段 / floor, for a tower in parts", examples=[12]),
    ] = None
    within_m: Annotated[
        float | None,
        Field(
            gt=0,
            le=2000,
            description="同时列出这么多米以内的网格 / list the micro-grids within so many metres, too",
            examples=[50],
        ),
    ] = None
    generation: Annotated[int | None, Field(ge=1, le=2**31 - 2, description=GENERATION_HELP, examples=[1])] = None
    date: Annotated[
        dt.date | None,
        Field(description="当日有效的版本 / the generation in force that day", examples=["2026-01-31"]),
    ] = None


class PageQuery(BaseModel):
    """Parameters of any list."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    limit: Annotated[
        int, Field(ge=1, description=f"每页条数,最多 {MAX_LIMIT} / rows of a page, at most {MAX_LIMIT}", examples=[100])
    ] = DEFAULT_LIMIT
    cursor: Annotated[
        str | None, Field(max_length=400, description="下一页的标记,来自 links / from the link next of the page before")
    ] = None

    @property
    def page_size(self) -> int:
        """Rows to answer: a larger limit is clamped, not refused."""
        return min(self.limit, MAX_LIMIT)


class ListQuery(PageQuery):
    """Parameters of a list of things on the ground."""

    crs: Annotated[str | None, Field(max_length=100, description=CRS_HELP, examples=["EPSG:4549"])] = None
    bbox: Annotated[
        str | None,
        Field(
            max_length=200,
            description="只要与此范围相交的:最小x,最小y,最大x,最大y / only what meets min_x,min_y,max_x,max_y",
            examples=["119.1,32.2,119.3,32.4"],
        ),
    ] = None
    bbox_crs: Annotated[
        str | None,
        Field(
            alias="bbox-crs",
            max_length=100,
            description="bbox 的坐标系,默认同 crs / system of bbox, that of crs where not given",
            examples=["EPSG:4549"],
        ),
    ] = None
    generation: Annotated[int | None, Field(ge=1, le=2**31 - 2, description=GENERATION_HELP, examples=[1])] = None
    area: Annotated[
        str | None,
        Field(
            max_length=100, description="只要这个区域内的 / only what lies in this area (code)", examples=["321081001"]
        ),
    ] = None


class GridsQuery(ListQuery):
    """Parameters of the list of micro-grids."""

    kind: Annotated[
        str | None, Field(max_length=50, description="类型 / kind of micro-grid", examples=["residential"])
    ] = None
    layer: Annotated[
        Literal["tile", "overlay"] | None, Field(description="铺满层或叠加层 / tile or overlay", examples=["tile"])
    ] = None


class AreasQuery(ListQuery):
    """Parameters of the list of areas."""

    level: Annotated[str | None, Field(max_length=50, description="级别 / level", examples=["community"])] = None


class PremisesQuery(ListQuery):
    """Parameters of the list of premises."""

    kind: Annotated[
        Literal["building", "compound", "shop"] | None,
        Field(description="楼栋、小区或商铺 / which premises", examples=["building"]),
    ] = None
