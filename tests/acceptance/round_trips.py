"""The demo town in a draft, and what hands do to its file."""

from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine

from boundaries.demo.files import write_town
from boundaries.demo.town import build_town
from boundaries.exchange.reading import read_table
from boundaries.rules import Rules
from boundaries.services.draft_package import plan_of, write_draft_package
from boundaries.services.drawing import read_drawing
from boundaries.services.intake import apply_load, plan_load
from boundaries.services.reading import snapshot
from boundaries.services.round_trip import Outcome, TakeBack, take_back
from boundaries.snapshot import Snapshot
from boundaries.store.engine import reading, writing

TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
PLANE = "EPSG:4549"


def fill_with_town(engine: Engine, folder: Path) -> int:
    """Load the correct drawing of the demo town into one draft; its number."""
    files = write_town(build_town(), folder)
    drafted = {"areas", "compounds", "buildings", "parts"}
    chosen = [file for file in files.first if file.layer in drafted - {"parts"} or file.layer in {"streets", "walls"}]
    chosen.append(next(file for file in files.correction if file.layer == "grids"))
    chosen += [file for file in files.first if file.layer == "parts"]
    draft: int | None = None
    for file in chosen:
        table = read_table(file.path, crs=file.crs, kind=file.layer)
        with writing(engine) as session:
            plan = plan_load(
                session, file.layer, [table], today=TODAY, draft=draft if file.layer in drafted | {"grids"} else None
            )
            done = apply_load(session, plan, actor="陈晨", today=TODAY, now=NOW)
        draft = draft or done.draft
    if draft is None:
        raise AssertionError("the town was loaded into no draft")
    return draft


def state(engine: Engine, draft: int, *, area: str | None = None) -> Snapshot:
    """The draft, or one of its areas, as PostGIS gives it back."""
    with reading(engine) as session:
        return snapshot(session, today=TODAY, draft=draft, area=area, metric_plane=PLANE)


def exported(engine: Engine, draft: int, path: Path, *, area: str | None = None) -> Path:
    """The draft as a package."""
    with reading(engine) as session:
        plan = plan_of(session, draft, Rules(), today=TODAY, area=area, metric_plane=PLANE)
    write_draft_package(path, plan, tier="internal", actor="陈晨", language="zh", now=NOW)
    return path


def given_back(engine: Engine, draft: int, path: Path, **order: object) -> Outcome:
    """What comes of a file that is given back."""
    with writing(engine) as session:
        returned = read_drawing(session, path)
        return take_back(
            session,
            draft,
            returned,
            TakeBack(**order),  # type: ignore[arg-type]
            actor="周平",
            today=TODAY,
            metric_plane=PLANE,
            now=NOW,
        )
