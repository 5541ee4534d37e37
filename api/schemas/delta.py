"""The current generation and what one changed, as they are documented."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.plan import Geometry
from api.schemas.query import CRS_HELP


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
