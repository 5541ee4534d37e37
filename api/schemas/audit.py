"""The audit trail, as it is documented."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.schemas.query import PageQuery


class AuditQuery(PageQuery):
    """Parameters of the trail."""

    since: Annotated[
        datetime | None, Field(description="从此刻起 / from this instant on", examples=["2026-01-31T00:00:00Z"])
    ] = None
    until: Annotated[
        datetime | None, Field(description="此刻之前 / before this instant", examples=["2026-02-01T00:00:00Z"])
    ] = None
    actor: Annotated[str | None, Field(max_length=200, description="谁做的 / who did it", examples=["陈晨"])] = None
    action: Annotated[
        str | None,
        Field(max_length=100, description="做了什么,如 draft 或 draft.open / what was done", examples=["draft.open"]),
    ] = None
    subject: Annotated[str | None, Field(max_length=200, description="对什么做的 / to what", examples=["draft:3"])] = (
        None
    )


class AuditEntry(BaseModel):
    """One deed; `seal` is null while it waits for one."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    seal: int | None
    digest: str | None


class AuditList(BaseModel):
    """A page of the trail, newest first."""

    entries: list[AuditEntry]
    links: list[dict[str, str]]


class TrailHead(BaseModel):
    """The last seal."""

    seal: int
    entries: int
    digest: str
    sealed_at: datetime


class TrailFault(BaseModel):
    """The first thing that is not right."""

    kind: str = Field(
        description=(
            "changed 被改动、missing 被删除、seal 封记不符、outside 未经封存、cut 尾部被截、publication 发布无记录 / "
            "an entry, a seal, the end, or the entry of a publication"
        )
    )
    position: int | None
    entry: int | None
    detail: str


class TrailVerdict(BaseModel):
    """Whether the trail is as it was sealed."""

    whole: bool
    entries: int
    pruned: int
    unsealed: int
    head: TrailHead | None
    fault: TrailFault | None


class VerifyQuery(BaseModel):
    """Parameters of a verification."""

    model_config = {"extra": "forbid"}

    head: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]],
        Field(max_length=100, description="已知的封记摘要,可重复 / digests of seals that are known", examples=[[]]),
    ] = []
