"""``/map``: the web map of the current generation, for everybody or with its findings for those inside."""

import threading
import time
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from api.auth import Caller, require
from api.dependencies import ReaderLanguage, ReadSession, SettingsHere, Today
from api.guard import MAP_POLICY
from boundaries.checks import run
from boundaries.errors import NotFound
from boundaries.rules import Rules
from boundaries.services.reading import current_generation, snapshot
from boundaries.tiers import Tier, sees
from geo.errors import Language
from maps.web import web_map

router = APIRouter(include_in_schema=False)

# What staff change the same day (people, shops) is on the map within this time.
KEPT_S = 60.0
_KEPT_MAPS = 8

_Key = tuple[int, Tier, Language, date]


class MapShelf:
    """The maps made last; one is made at a time, so that a crowd waits for one and not for many."""

    def __init__(self) -> None:
        self._maps: dict[_Key, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def get(self, key: _Key, session: Session, *, metric_plane: str) -> str:
        """The map of a generation, made anew where the last one is too old.

        Parameters
        ----------
        key : tuple
            Generation, tier of the reader, language, day.
        session : Session
        metric_plane : str
            The metric system to measure in.

        Returns
        -------
        str
            HTML.
        """
        with self._lock:
            made, html = self._maps.get(key, (0.0, ""))
            if not html or time.monotonic() - made > KEPT_S:
                html = _draw(key, session, metric_plane=metric_plane)
                self._maps.pop(key, None)
                self._maps[key] = (time.monotonic(), html)
                while len(self._maps) > _KEPT_MAPS:
                    del self._maps[next(iter(self._maps))]
            return html


@router.get("/map")
def public_map(
    *,
    request: Request,
    session: ReadSession,
    settings: SettingsHere,
    language: ReaderLanguage,
    today: Today,
    caller: Annotated[Caller, Depends(require("grids:read"))],
) -> HTMLResponse:
    """One page with everything in it; it runs its own scripts and reaches nothing, not even this service."""
    generation = current_generation(session)
    if generation is None:
        raise NotFound(
            "尚未发布任何版本,还没有地图。请先发布区划。",
            "No generation is published yet, so there is no map. Publish a division first.",
        )
    shelf: MapShelf = request.app.state.map_shelf
    html = shelf.get((generation, caller.tier, language, today), session, metric_plane=settings.metric_crs)
    return HTMLResponse(html, headers={"Content-Security-Policy": MAP_POLICY, "Cache-Control": "no-store"})


def _draw(key: _Key, session: Session, *, metric_plane: str) -> str:
    generation, tier, language, today = key
    plan = snapshot(session, today=today, generation=generation, metric_plane=metric_plane)
    is_inside = sees(tier, "internal")
    return web_map(
        plan,
        run(plan, Rules()) if is_inside else (),
        day=today,
        language=language,
        show_unpublished_phones=sees(tier, "restricted"),
        show_totals=is_inside,
    )
