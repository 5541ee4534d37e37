"""A certificate, as it is documented; ``docs/formats/certificate.md`` is the definition."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

_SHA256 = r"^[0-9a-f]{64}$"


class CertifiedArea(BaseModel):
    """One area that its tile grids fill exactly."""

    code: str
    name: str
    inner: list[str] = Field(description="其中自行负责的区域 / areas inside it that answer for their own ground")
    grids: int
    segments: int
    boundary_segments: int
    grids_digest: str = Field(pattern=_SHA256)
    boundary_digest: str = Field(pattern=_SHA256)
    exact: bool


class Sealed(BaseModel):
    """The end of the audit trail when a generation was published: who keeps it sees whether the end was cut off."""

    seal: int
    entries: int
    sealed_at: datetime
    digest: str = Field(pattern=_SHA256)


class Certificate(BaseModel):
    """The certificate of a generation."""

    format: Literal["microgrid-certificate"]
    version: Literal[1]
    service: str
    generation: int
    published_at: datetime
    crs: Literal["EPSG:4490"]
    step: Literal["1e-9"]
    areas: list[CertifiedArea]
    digest: str = Field(pattern=_SHA256)
    audit: Sealed | None = None
