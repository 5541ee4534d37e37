"""The HTTP application, made from a database and the settings."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Lifespan

from api import VERSION
from api.guard import Guard
from api.locate_app import LocateApp
from api.locating.counters import Counters
from api.locating.watching import Watch
from api.oidc import SignInService
from api.openapi import DESCRIPTION, TAGS, install_document
from api.pace import Paces
from api.problems import install_problems
from api.routes import (
    accounts,
    areas,
    audit,
    draft_edits,
    drafts,
    generations,
    health,
    locate,
    micro_grids,
    pages,
    premises,
    publishing,
    registers,
    session,
    web_map,
)
from api.settings import Settings

# Below this a look-up would pay more for the packing than the wire saves.
_WORTH_PACKING_BYTES = 10_000


def create_service(*, engine: Engine, settings: Settings, board: Path | None = None) -> LocateApp:
    """Make the service as it is served: look-ups from memory in front of the application.

    Parameters
    ----------
    engine : Engine
        The database, migrated.
    settings : Settings
    board : Path, optional
        Where all processes of the service count; see :class:`api.locating.counters.Counters`.

    Returns
    -------
    LocateApp
        An ASGI application; it watches the database from the start of its lifespan to the end.
    """
    watch = Watch(engine, settings)

    @asynccontextmanager
    async def watched(_: FastAPI) -> AsyncIterator[None]:
        await to_thread(watch.begin)
        yield
        await to_thread(watch.end)

    app = create_app(engine=engine, settings=settings, lifespan=watched)
    app.state.watch = watch
    return LocateApp(app, watch=watch, settings=settings, counters=Counters(board))


def create_app(*, engine: Engine, settings: Settings, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """Make the application behind the look-ups; it answers these too, from PostGIS.

    Parameters
    ----------
    engine : Engine
        The database, migrated.
    settings : Settings
    lifespan : callable, optional
        What begins and ends with the application.

    Returns
    -------
    FastAPI
        An ASGI application; it holds no state but the engine, the settings and the maps made last.
    """
    app = FastAPI(
        title="微网格地图服务 / Micro-grid mapping service",
        version=VERSION,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        # Our own pages, behind the same key as the rest and with nothing from another host.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        # Its spans would hold the query of a look-up, and its log records the text of exceptions.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.engine = engine
    app.state.settings = settings
    app.state.watch = None
    app.state.paces = Paces(
        per_caller=settings.requests_per_minute,
        per_address=settings.public_requests_per_minute,
        sign_ins=settings.sign_ins_per_minute,
        proxies=frozenset(settings.proxies),
    )
    app.state.oidc = SignInService(settings)
    app.state.map_shelf = web_map.MapShelf()
    install_problems(app)
    app.add_middleware(Guard, language=settings.lang)
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_PACKING_BYTES, compresslevel=5)
    for module in (
        locate,
        micro_grids,
        areas,
        premises,
        registers,
        generations,
        health,
        pages,
        web_map,
        session,
        accounts,
        audit,
        publishing,
        drafts,
        draft_edits,
    ):
        app.include_router(module.router)
    install_document(app)
    return app
