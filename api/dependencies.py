"""What routes are given: a session, the language of the reader, the settings."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.problems import language_of
from api.settings import Settings
from boundaries.store.engine import reading, writing
from geo.errors import Language


def app_settings(request: Request) -> Settings:
    """The settings that the application was made with."""
    settings: Settings = request.app.state.settings
    return settings


def app_engine(request: Request) -> Engine:
    """The database that the application was made with."""
    engine: Engine = request.app.state.engine
    return engine


def read_session(request: Request) -> Iterator[Session]:
    """A session that only reads, for as long as the route runs.

    Raises
    ------
    Unavailable
        If the database cannot be reached.
    """
    with reading(app_engine(request)) as session:
        yield session


def write_session(request: Request) -> Iterator[Session]:
    """A session that commits once, when the route has returned and before its answer leaves.

    Raises
    ------
    Unavailable
        If the database cannot be reached; nothing is written then.
    Conflict
        If somebody else wrote the same things at the same time.
    BadInput
        If a value breaks a rule that the database itself holds.
    """
    with writing(app_engine(request)) as session:
        yield session


def present_day(settings: Annotated[Settings, Depends(app_settings)]) -> date:
    """The day in the office's time zone."""
    return datetime.now(ZoneInfo(settings.timezone)).date()


def present_instant() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


SettingsHere = Annotated[Settings, Depends(app_settings)]
# Scope "function": the session ends before the answer goes out (and one that writes must commit by then).
ReadSession = Annotated[Session, Depends(read_session, scope="function")]
WriteSession = Annotated[Session, Depends(write_session, scope="function")]
ReaderLanguage = Annotated[Language, Depends(language_of)]
Today = Annotated[date, Depends(present_day)]
Now = Annotated[datetime, Depends(present_instant)]
