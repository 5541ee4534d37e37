"""The current generation and what one changed, as they are documented."""

import datetime as dt
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.plan import Geometry
from api.schemas.query import CRS_HELP

DELTA_EXAMPLE = {
    "from": 1,
    "to": 2,
    "grids": {
        "added": ["321081001001004"],
        "retired": [],
        "reshaped": ["321081001001003"],
        "renamed": [],
        "recoded": [{"old": "321081001001001", "new": "321081001001005"}],
        "kind_changed": [],
        "layer_changed": [],
        "area_changed": [],
        "parts_changed": [],
        "street_changed": [],
    },
    "areas": {"added": [], "retired": [], "reshaped": [], "renamed": [], "relevelled": [], "reparented": []},
    "codes": {
        "321081001001001": [{"code": "321081001001005", "area_m2": 10462.51}],
        "321081001001003": [
            {"code": "321081001001003", "area_m2": 7320.4},
            {"code": "321081001001004", "area_m2": 3104.95},
        ],
    },
    "changed": {
        "type": "Polygon",
        "coordinates": [[[119.18, 32.27], [119.181, 32.27], [119.18, 32.271], [119.18, 32.27]]],
    },
}


class DeltaQuery(BaseModel):
    """Parameters of a delta."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Annotated[
        int,
        Field(
            alias="from",
            ge=1,
            le=2**31 - 2,
            description="存有编码时的版本号 / the generation of the codes that are stored",
            examples=[1],
        ),
    ]
    crs: Annotated[str | None, Field(max_length=100, description=CRS_HELP, examples=["EPSG:4549"])] = None
    moved: Annotated[
        bool,
        Field(
            description=(
                "同时列出从哪个网格划到哪个网格的面积、户数、楼栋、小区、商铺和责任人 / "
                "also what went from which micro-grid to which; needs premises:read"
            ),
            examples=[False],
        ),
    ] = False


class DayQuery(BaseModel):
    """The day whose generation is wanted."""

    model_config = ConfigDict(extra="forbid")

    date: Annotated[dt.date, Field(description="日期 / the day, in the office's time zone", examples=["2026-03-01"])]


class CurrentGeneration(BaseModel):
    """The newest published state."""

    number: int
    published_at: datetime


class Recoded(BaseModel):
    """A micro-grid that goes by another code."""

    old: str
    new: str


class GridChanges(BaseModel):
    """Codes of micro-grids by what changed; the newer codes, of retired ones the older."""

    added: list[str]
    retired: list[str]
    reshaped: list[str]
    renamed: list[str]
    recoded: list[Recoded]
    kind_changed: list[str]
    layer_changed: list[str]
    area_changed: list[str] = Field(description="所属区域或其上级改变 / its area, or one above it, is another")
    parts_changed: list[str]
    street_changed: list[str] = Field(description="所属沿街组改变 / its street group is another")


class AreaChanges(BaseModel):
    """Codes of areas by what changed."""

    added: list[str]
    retired: list[str]
    reshaped: list[str]
    renamed: list[str]
    relevelled: list[str]
    reparented: list[str] = Field(description="上级区域改变 / an area above it is another")


class Share(BaseModel):
    """Ground of an old code, and the code that answers there now."""

    code: str | None = Field(description="现在的编码,无网格时为空 / null where no grid answers there any more")
    area_m2: float


class InCharge(BaseModel):
    """Somebody in charge of a micro-grid, or of a part of it."""

    name: str
    role: str
    target: str = Field(description="网格或分段编码 / code of the micro-grid or part")


class Move(BaseModel):
    """What went from one micro-grid to another."""

    old: str | None = Field(
        description="原网格编码,旧版中的 / its code in the older generation; null where none held it"
    )
    new: str | None = Field(
        description="现网格编码,新版中的 / its code in the newer generation; null where none holds it"
    )
    area_m2: float
    households: int | None = Field(default=None, description="户数,internal 级起可见 / from the internal tier")
    buildings: list[str]
    compounds: list[str]
    shops: int
    people_old: list[InCharge] = Field(description="旧版发布之日的责任人 / in charge when the older one was published")
    people_new: list[InCharge] = Field(description="新版发布之日的责任人 / in charge when the newer one was published")


class Delta(BaseModel):
    """What differs between two generations."""

    from_: int = Field(alias="from")
    to: int
    grids: GridChanges
    areas: AreaChanges
    codes: dict[str, list[Share]] = Field(
        description=(
            "旧编码 → 现在的编码;只列不再管全部原范围的编码 / "
            "old code -> the codes on its ground now; only codes that do not answer for all of it any more"
        )
    )
    changed: Geometry | None = Field(
        description="范围之外查询结果不变 / outside it no answer changed; null where none did"
    )
    moved: list[Move] | None = Field(default=None, description="仅在 moved=true 时 / only with moved=true")
