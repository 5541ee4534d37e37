"""The steps of a draft as they are asked for and documented."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.problem import ProblemDocument

Text = Annotated[str, Field(max_length=2_000)]
Code = Annotated[str, Field(min_length=1, max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Approval(_Body):
    """An approval."""

    note: Annotated[Text, Field(description="说明 / what people should know")] = ""
    on: Annotated[
        dt.date | None,
        Field(description="生效日,到日自动发布 / the day on which it is published by itself", examples=["2026-07-01"]),
    ] = None


class Return(_Body):
    """What is to be done before it is handed in again."""

    note: Annotated[Text, Field(description="退回原因 / what is to be done")] = ""


class Publication(_Body):
    """What people should know about the generation."""

    note: Annotated[Text, Field(description="版本说明 / note of the generation")] = ""


class Choices(_Body):
    """Which side to keep of what collides."""

    keep: Annotated[
        dict[Code, Literal["mine", "theirs"]],
        Field(
            max_length=1_000,
            description="编码 → 保留哪一方 / code, or thing:code, to the side that is kept",
            examples=[{"321081001001003": "mine"}],
        ),
    ] = {}


class Reason(_Body):
    """Which advisory findings may stand, and why."""

    reason: Annotated[str, Field(min_length=1, max_length=2_000, description="理由 / why they may stand")]
    kinds: Annotated[list[Code], Field(max_length=50, examples=[["outside_band"]])] = []
    grids: Annotated[list[Code], Field(max_length=1_000, examples=[["321081001001003"]])] = []
    premises: Annotated[list[Code], Field(max_length=1_000, examples=[["building:B1"]])] = []


class DraftStep(BaseModel):
    """A draft after a step."""

    id: Annotated[int, Field(examples=[7])]
    name: Annotated[str, Field(examples=["东社区调整"])]
    area: str | None
    status: Literal["open", "submitted", "approved", "published", "abandoned"]
    revision: int
    base_generation: int | None
    publish_on: dt.date | None
    next: Annotated[str | None, Field(description="下一步 / what it waits for")]


class Published(BaseModel):
    """A new generation."""

    generation: Annotated[int, Field(examples=[8])]
    draft: Annotated[int, Field(examples=[7])]
    published_at: dt.datetime


class Collision(BaseModel):
    """Something that a draft and a later generation both changed."""

    thing: Annotated[str, Field(examples=["micro_grid"])]
    code: Annotated[str, Field(examples=["321081001001003"])]
    columns: Annotated[
        list[str], Field(description="两边都改的内容,geom 为图形 / what both changed, geom is the shape")
    ]
    mine: Annotated[dict[str, Any] | None, Field(description="方案的图形 / the shape of the draft, GeoJSON")]
    theirs: Annotated[dict[str, Any] | None, Field(description="现行的图形 / the shape in force, GeoJSON")]
    drawn_by: list[str]
    generation: int
    published_by: str
    published_at: dt.datetime
    their_authors: list[str]


class Rebased(BaseModel):
    """A draft on the newest generation."""

    draft: DraftStep
    since: Annotated[int | None, Field(description="原底稿版本 / the generation that it stood on")]
    carried: Annotated[list[str], Field(description="两边的改动已合并 / changed on both sides, going together")]
    needless: Annotated[list[str], Field(description="现行版本已有相同内容 / as the draft has it already")]
    refined: Annotated[list[str], Field(description="只补入了顶点 / what received vertices")]


class CollidedProblem(ProblemDocument):
    """What collides, with both shapes; the draft is kept as it is."""

    collisions: list[Collision]


class Review(BaseModel):
    """One decision on a draft."""

    step: int
    level: str
    actor: str
    decision: Literal["approve", "return"]
    revision: int
    at: dt.datetime
    note: str


class ReviewList(BaseModel):
    """Every decision on a draft, in their order."""

    reviews: list[Review]


class Acknowledged(BaseModel):
    """Findings that may stand."""

    kind: str
    grids: list[str]
    premises: list[str]
    parent: str | None
    reason: str
    actor: str


class AcknowledgedList(BaseModel):
    """What was acknowledged."""

    acknowledged: list[Acknowledged]
