"""Publish 300 touched grids of a city of 20,000, with all checks and the proof.

Whole communities are touched, every ring of theirs begins at another vertex, so that
everything of theirs is read, checked, proved and written anew.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import shapely
from sqlalchemy.orm import Session

from boundaries import checks
from boundaries.model import MicroGrid
from boundaries.rules import Rules
from boundaries.services.drafting import open_draft
from boundaries.services.publishing import publish
from boundaries.store import states
from boundaries.store.engine import writing
from tests.benchmarks.command import Options, Table, read_options
from tests.benchmarks.served_plan import ACTOR, PlanDatabase, database, fill, town

SETS = ("20k",)
COLUMNS = ("grids", "touched", "round", "whole s", "of that checks s")
_BUILDINGS = 40_000


def _touched(grids: Sequence[MicroGrid], wanted: int) -> list[MicroGrid]:
    """Whole communities, the first ones, with at least so many grids."""
    found: list[MicroGrid] = []
    for area in sorted({grid.area for grid in grids}):
        if len(found) >= wanted:
            break
        found += [grid for grid in grids if grid.area == area]
    return found


def _publish(plan: PlanDatabase, grids: Sequence[MicroGrid], *, name: str) -> dict[str, float]:
    """Seconds that a publication takes, and of that its two checks."""
    with writing(plan.engine) as session:
        draft = open_draft(session, name=name, actor=ACTOR)
        _rename(session, draft.id, grids, name)
    spent: list[float] = []

    def check(snapshot):  # type: ignore[no-untyped-def]  # a snapshot, and its findings
        begun = time.perf_counter()
        found = checks.run(snapshot, Rules(day=date(2026, 2, 1)))
        spent.append(time.perf_counter() - begun)
        return found

    begun = time.perf_counter()
    now = datetime.now(UTC)
    publish(plan.engine, draft.id, check=check, actor=ACTOR, four_eyes=False, now=now, today=now.date())
    return {"whole_s": time.perf_counter() - begun, "checks_s": sum(spent)}


def _rename(session: Session, draft: int, grids: Sequence[MicroGrid], name: str) -> None:
    # Every ring begins at another vertex: the same ground, and another row of every grid.
    turned = [replace(grid, name=f"{grid.name}{name}", polygon=_turned(grid.polygon)) for grid in grids]
    states.put_grids(session, draft, turned, source_id=None)


def _turned(shape: shapely.Polygon) -> shapely.Polygon:
    ring = shapely.get_coordinates(shape.exterior)[:-1]
    return shapely.Polygon(np.roll(ring, 1, axis=0), list(shape.interiors))


def main(options: Options) -> None:
    """Fill a city, publish again and again, and tell how long it took."""
    table = Table("Publishing", COLUMNS, options.out)
    table.begin()
    for name in options.sets:
        areas, grids = town(name)
        with database("publishing") as plan:
            fill(plan, areas, grids, buildings=_BUILDINGS, people=1)
            for count in (300, 1):
                touched = _touched(grids, count) if count > 1 else list(grids[:1])
                # The first one after loading finds no statistics of what was loaded.
                for number in range(options.repeats + 1):
                    took = _publish(plan, touched, name=f"第{number}次")
                    table.row(len(grids), len(touched), number, took["whole_s"], took["checks_s"])


if __name__ == "__main__":
    main(read_options("tests.benchmarks.publishing", __doc__, SETS))
