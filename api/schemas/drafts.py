"""Drafts as they are asked for and documented."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.commands import AnyCommand
from api.schemas.plan import Geometry
from api.schemas.problem import ProblemDocument
from boundaries.lifecycle import DraftStatus

Code = Annotated[str, Field(min_length=1, max_length=64)]
Account = Annotated[str, Field(min_length=1, max_length=100)]
Counted = Annotated[int, Field(ge=0, le=2**31 - 1)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opening(_Body):
    """A draft to open."""

    name: Annotated[str, Field(min_length=1, max_length=200, description="方案名称 / what people call it")]
    area: Annotated[Code | None, Field(description="区域编码 / code of the area that it is about")] = None


class DraftQuery(BaseModel):
    """Parameters of a list of drafts."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[DraftStatus], Field(max_length=5, description="只列这些状态 / only these")] = []
    before: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="编号小于 / only numbers below")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="最多几条 / at most so many")] = 100


class GridsQuery(BaseModel):
    """Which micro-grids of a draft."""

    model_config = ConfigDict(extra="forbid")

    area: Annotated[
        Code | None, Field(description="区域编码,默认方案的区域 / code of an area, by default the draft's")
    ] = None


class HistoryQuery(BaseModel):
    """Parameters of a history."""

    model_config = ConfigDict(extra="forbid")

    before: Annotated[int | None, Field(ge=1, le=2**31 - 1, description="步号小于 / only numbers below")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="最多几条 / at most so many")] = 100


class Batch(_Body):
    """Commands of one change, all of them or none."""

    commands: Annotated[list[AnyCommand], Field(min_length=1, max_length=200)]
    base_revision: Annotated[
        Counted | None,
        Field(description="您看到的修改次数;他人此后的修改如不冲突会自动带上 / the revision that you saw"),
    ] = None
    versions: Annotated[
        dict[Code, Annotated[int, Field(ge=1, le=2**31 - 1)]],
        Field(max_length=1_000, description="您看到的网格版本 / versions of micro-grids as you saw them"),
    ] = {}
    dry_run: Annotated[bool, Field(description="只看结果,不写入 / say what would come of it, write nothing")] = False


class LeaseRequest(_Body):
    """How long somebody has a draft open."""

    minutes: Annotated[int, Field(ge=1, le=480)] = 15
    take_over: Annotated[bool, Field(description="接管他人的占用 / end the lease of somebody else")] = False


class Shares(_Body):
    """With whom a draft is shared, and nobody else."""

    accounts: Annotated[list[Account], Field(max_length=50)]


class HandOver(_Body):
    """Who answers for a draft from now on."""

    to: Account


class Lease(BaseModel):
    """Who has a draft open."""

    holder: str
    since: datetime
    until: datetime


class Draft(BaseModel):
    """A draft and who works on it."""

    id: int
    name: str
    area: str | None
    status: DraftStatus
    revision: int
    base_generation: int | None
    created_by: str
    created_at: datetime
    publish_on: date | None
    note: str
    owner: str
    shared_with: list[str]
    lease: Lease | None


class DraftList(BaseModel):
    """Drafts, newest first."""

    drafts: list[Draft]


class Part(BaseModel):
    """A part of a tower's micro-grid."""

    code: str
    name: str
    units: list[str]
    floors: list[int] | None
    households: int | None


class DraftGrid(BaseModel):
    """A micro-grid of a draft."""

    code: str
    name: str
    honorary_name: str | None
    kind: str
    layer: Literal["tile", "overlay"]
    street_group: str | None
    area: str
    version: int | None
    parts: list[Part]
    geometry: Geometry


class DraftArea(BaseModel):
    """An area that changed with its grids."""

    code: str
    name: str
    level: str
    geometry: Geometry


class Followed(BaseModel):
    """Premises that follow their ground to another grid."""

    premises_kind: Literal["building", "compound", "shop"]
    premises: str
    grid: str | None
    method: str


class Households(BaseModel):
    """Households of a grid before and after; null where there is no such grid or nobody counted."""

    before: int | None
    after: int | None


class Remainder(BaseModel):
    """A piece that was cut off from its grid and needs somebody's decision."""

    grid: str
    taker: str
    alternatives: list[str]
    is_decided: bool
    geometry: Geometry


class Finding(BaseModel):
    """Something wrong."""

    kind: str
    severity: Literal["blocking", "advisory"]
    grids: list[str]
    premises: list[str]
    parent: str | None
    area_m2: float | None
    width_m: float | None
    value: float | None
    limit: float | None
    households: int
    geometry: dict[str, Any] | None


class FindingList(BaseModel):
    """Everything wrong with what a draft touches."""

    revision: int
    findings: list[Finding]


class Edited(BaseModel):
    """What came of a batch."""

    draft: int
    revision: int
    change: int | None
    dry_run: bool
    grids: list[DraftGrid]
    refined: list[DraftGrid]
    retired: list[str]
    areas: list[DraftArea]
    assignments: list[Followed]
    households: dict[str, Households]
    remainders: list[Remainder]
    findings: list[Finding]


class GridList(BaseModel):
    """Micro-grids of a draft, whole."""

    revision: int
    grids: list[DraftGrid]


class Change(BaseModel):
    """One act on a draft."""

    number: int
    at: datetime
    actor: str
    kind: str
    commands: Any
    revision: int
    status: Literal["done", "undone", "superseded"]
    turned_by: str
    turned_at: datetime


class History(BaseModel):
    """Changes of a draft, newest first."""

    changes: list[Change]


class Turned(BaseModel):
    """What an undo or a redo did: codes of what is another now, by thing."""

    revision: int
    change: Change
    touched: dict[str, list[str]]


class GridConflict(BaseModel):
    """A micro-grid that somebody else changed too, with both shapes."""

    grid: str
    by: str
    at: datetime
    change: int
    kind: str
    version: int | None
    yours: Geometry | None
    theirs: Geometry | None


class EditConflictProblem(ProblemDocument):
    """A conflict with what somebody else drew."""

    revision: int
    conflicts: list[GridConflict]
