"""Settings of the service; the only reader of the environment.

Every setting is an environment variable that begins with ``MICROGRID_``; none has to be set.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.reasons import reason_zh
from boundaries.errors import BadInput

_DRIVER = "postgresql+psycopg"


def normalise_database_url(url: str) -> str:
    """A PostgreSQL URL with the driver that the service uses.

    Raises
    ------
    ValueError
        The URL names no PostgreSQL database.
    """
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in {"postgres", "postgresql", _DRIVER} or not urlsplit(url).path.strip("/"):
        raise ValueError("expected postgresql://user@host:port/database")
    return f"{_DRIVER}://{rest}"


def default_home() -> Path:
    """Where data lie when nothing is set: for root a system folder, else the user's own."""
    return Path("/var/lib/microgrid") if os.geteuid() == 0 else Path.home() / ".local" / "share" / "microgrid"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a time zone such as Asia/Shanghai") from None
    return name


def _listed(names: object) -> object:
    return [name.strip() for name in names.split(",") if name.strip()] if isinstance(names, str) else names


def _origin(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError("expected an address such as https://grid.example.gov.cn, without a path")
    return f"{parts.scheme}://{parts.netloc}".lower()


class Settings(BaseSettings):
    """What an office may set.

    Attributes
    ----------
    home : Path
        Data directory: the private cluster, its backups.
    database_url : str or None
        A PostGIS to use instead of the private cluster.
    lang : {"zh", "en"}
        Language of pages, prints and messages.
    timezone : str
        Days are days here; instants are UTC.
    metric_crs : str
        Plane in which lengths and areas are measured.
    install : bool
        Whether the front door may install packages.
    wheels : Path or None
        Folder of Python packages for machines without a package index.
    four_eyes : bool
        Whether who drew a draft may not publish it.
    review_steps : tuple of str
        Levels of the offices that review a draft in their order, as ``town,city``; none is one
        review by anybody else than who drew it.
    host, port
        Where the HTTP service listens.
    workers : int
        Processes that serve side by side.
    key_per_second, public_per_second : float
        Look-ups that one key, or one address without a key, may ask for each second of
        one process; 0 for no limit.
    requests_per_minute, public_requests_per_minute : int
        Requests other than look-ups that one account or key, or one address without
        either, may send each minute to one process; 0 for no limit.
    sign_ins_per_minute : int
        Attempts to sign in that one address may make each minute to one process; 0 for no limit.
    small_office : bool
        Whether one account may be system administrator, security administrator and auditor at
        once, and take more than one step of a draft.
    password_length, password_classes : int
        Fewest characters of a password, and of how many kinds (small, capital, digit, other).
    sign_in_tries, lock_minutes : int
        Wrong passwords in a row after which an account is locked, and for how long.
    idle_minutes, session_hours : int
        A session ends after so long without a request, and after so long in any case.
    proxies : tuple of str
        Addresses of the proxies before the service, parted by commas; only what these say of
        where a request comes from is believed.
    public_url : str or None
        Address under which browsers reach the service, where a proxy stands before it.
    oidc_issuer, oidc_client_id, oidc_client_secret
        The office's own sign-in service (OpenID Connect), and how this service is known there.
    oidc_claim : str
        Which statement of that service an account is linked by.
    audit_keep_days : int
        How long every entry of the audit trail is kept at least.
    runtime_dir : Path or None
        The session's folder for sockets.
    """

    model_config = SettingsConfigDict(env_prefix="MICROGRID_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(default_factory=default_home)
    database_url: Annotated[str, AfterValidator(normalise_database_url)] | None = None
    lang: Literal["zh", "en"] = "zh"
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    metric_crs: Annotated[str, Field(pattern=r"^EPSG:\d+$")] = "EPSG:4549"
    install: bool = True
    wheels: Path | None = None
    four_eyes: bool = True
    review_steps: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8712
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    key_per_second: Annotated[float, Field(ge=0)] = 0.0
    public_per_second: Annotated[float, Field(ge=0)] = 50.0
    requests_per_minute: Annotated[int, Field(ge=0)] = 3_000
    public_requests_per_minute: Annotated[int, Field(ge=0)] = 600
    sign_ins_per_minute: Annotated[int, Field(ge=0)] = 10
    small_office: bool = False
    password_length: Annotated[int, Field(ge=8, le=100)] = 10
    password_classes: Annotated[int, Field(ge=1, le=4)] = 3
    sign_in_tries: Annotated[int, Field(ge=1, le=100)] = 5
    lock_minutes: Annotated[int, Field(ge=1, le=1_440)] = 15
    idle_minutes: Annotated[int, Field(ge=1, le=1_440)] = 30
    session_hours: Annotated[int, Field(ge=1, le=168)] = 12
    proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    public_url: Annotated[str, AfterValidator(_origin)] | None = None
    oidc_issuer: Annotated[str, Field(pattern=r"^https?://")] | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_claim: Annotated[str, Field(min_length=1)] = "sub"
    audit_keep_days: Annotated[int, Field(ge=180, le=36_500)] = 180
    runtime_dir: Annotated[Path | None, Field(validation_alias="XDG_RUNTIME_DIR")] = None

    @property
    def steps_apart(self) -> bool:
        """Whether nobody takes two steps of one draft."""
        return bool(self.review_steps) and not self.small_office


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of this process, read once.

    Raises
    ------
    BadInput
        A variable holds what cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        found = [(_variable(one["loc"]), one["msg"]) for one in error.errors(include_url=False)]
        zh = "\n".join(dict.fromkeys(f"{name}: {reason_zh(reason)}" for name, reason in found))
        en = "\n".join(dict.fromkeys(f"{name}: {reason}" for name, reason in found))
        raise BadInput(f"环境变量不可用:\n{zh}", f"Environment variables cannot be used:\n{en}") from None


def named_language() -> Literal["zh", "en"]:
    """The language that is asked for, though the other settings may not be usable."""
    return "en" if os.environ.get("MICROGRID_LANG") == "en" else "zh"


def _variable(place: tuple[int | str, ...]) -> str:
    name = str(place[0])
    return name if name.isupper() else f"MICROGRID_{name.upper()}"
