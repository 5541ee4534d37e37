"""The problem document (RFC 9457)."""

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """One single fault."""

    pointer: str = Field(description="JSON pointer into the request, /query/NAME for a parameter")
    detail: str


class ProblemDocument(BaseModel):
    """What every error looks like."""

    type: str = Field(examples=["/problems/not-found"])
    title: str = Field(examples=["没有找到"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["没有编码为 321081001001 的区域。"])
    errors: list[Fault] | None = None
    request_id: str | None = None
