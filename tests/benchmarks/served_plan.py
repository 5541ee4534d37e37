"""A database with a published plan of synthetic grids, on a private cluster that is thrown away."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from boundaries import cluster
from boundaries.lifecycle import Generation
from boundaries.model import Area, Building, MicroGrid, Person
from boundaries.services.drafting import open_draft
from boundaries.services.keys import create_key
from boundaries.services.publishing import publish
from boundaries.store import migrate, states
from boundaries.store.engine import connect, writing
from boundaries.store.people import put_people
from boundaries.store.sources import add_source
from tests.benchmarks.lookup import SIDE_M, make_layer
from tests.synthetic.mosaic import ORIGIN_M

WEST, SOUTH = 119.18, 32.27
CRS = "EPSG:4490"
TOWN = "321081001"
ACTOR = "tester"
TODAY = date(2026, 1, 31)
# Of one degree here, east and north; how near a synthetic town is to its size matters to nobody.
METRES = np.array([94_200.0, 110_900.0])
_ROLES = ("liaison", "full_time", "police")


@dataclass(frozen=True, slots=True)
class PlanDatabase:
    """A running database with a published plan.

    Attributes
    ----------
    home : Path
        Of its private cluster; other files of the run may lie there too.
    engine : Engine
        For writing, as the role that owns the tables.
    url : str
        For the service, as the role that it has everywhere.
    """

    home: Path
    engine: Engine
    url: str

    def edit(self, change: Callable[[Session, int], Any]) -> Generation:
        """Open a draft, change it and publish it.

        Parameters
        ----------
        change : callable
            Writes into the draft of the given number.
        """
        with writing(self.engine) as session:
            draft = open_draft(session, name="改", actor=ACTOR)
            change(session, draft.id)
        now = datetime.now(UTC)
        # The checks judge the plan; what is asked of the plan here is only to be served.
        return publish(
            self.engine, draft.id, check=lambda _: (), actor=ACTOR, four_eyes=False, now=now, today=now.date()
        )

    def new_key(self) -> tuple[int, str]:
        """Number and text of a new key that may ask where points are."""
        with writing(self.engine) as session:
            key, secret = create_key(
                session,
                name="平台",
                scopes=("locate", "grids:read"),
                tier="internal",
                actor=ACTOR,
                now=datetime.now(UTC),
            )
        return key.id, secret


@contextmanager
def database(name: str) -> Iterator[PlanDatabase]:
    """An empty database in a new home, removed at the end.

    Parameters
    ----------
    name : str
        Part of the name of the home.
    """
    # The cluster makes its home itself: the server may run as a user to whom a folder of ours is closed.
    home = Path(tempfile.gettempdir()) / f"microgrid-{name}-{os.getpid()}"
    try:
        running = cluster.ensure_running(home, durable=False)
        migrate.upgrade(running.url(cluster.OWNER))
        engine = connect(running.url(cluster.OWNER))
        try:
            yield PlanDatabase(home, engine, running.url(cluster.APP))
        finally:
            engine.dispose()
    finally:
        cluster.stop(home)
        shutil.rmtree(home, ignore_errors=True)


def town(name: str, *, seed: int = 1, of_community: int = 100) -> tuple[tuple[Area, ...], tuple[MicroGrid, ...]]:
    """A town, its communities, and the grids ``G0``, ``G1`` … by rank.

    Parameters
    ----------
    name : str
        How many, as :func:`tests.benchmarks.lookup.make_layer` takes it.
    seed : int
    of_community : int
        About how many grids each community has.

    Returns
    -------
    tuple of (tuple of Area, tuple of MicroGrid)
        In degrees.
    """
    cells = make_layer(name, seed).cells
    centres = shapely.get_coordinates(shapely.centroid(cells)) - ORIGIN_M
    blocks = max(1, round((len(cells) / of_community) ** 0.5))
    column, row = np.clip(centres / SIDE_M * blocks, 0, blocks - 1).astype(int).T
    community = row * blocks + column
    cells = shapely.transform(cells, lambda xy: np.round((xy - ORIGIN_M) / METRES + (WEST, SOUTH), 9))
    areas = [Area(0, TOWN, "真州镇", "town", None, shapely.coverage_union_all(cells))]
    for block in np.unique(community).tolist():
        outline = shapely.coverage_union_all(cells[community == block])
        areas.append(Area(0, f"{TOWN}{block:03d}", f"第{block}社区", "community", TOWN, outline))
    grids = [
        MicroGrid(0, 0, f"G{number}", f"第{number}微网格", f"{TOWN}{block:03d}", cell)
        for number, (cell, block) in enumerate(zip(cells, community.tolist(), strict=True))
    ]
    return tuple(areas), tuple(grids)


def fill(
    plan: PlanDatabase, areas: Sequence[Area], grids: Sequence[MicroGrid], *, buildings: int = 0, people: int = 0
) -> Generation:
    """Publish a town as the first generation.

    Parameters
    ----------
    plan : PlanDatabase
    areas, grids : sequence
        As :func:`town` makes them.
    buildings : int
        Points anywhere in the town, ``B0``, ``B1`` …
    people : int
        In charge of each grid; up to three.
    """
    low, high = shapely.total_bounds([grid.polygon for grid in grids]).reshape(2, 2)
    places = shapely.points(np.round(np.random.default_rng(1).uniform(low, high, (buildings, 2)), 9))
    houses = [Building(0, f"B{number}", f"{number}幢", place) for number, place in enumerate(places)]
    staff = [
        Person(0, f"张{who}", _ROLES[who], grid.code, phone=f"138{number:08d}", since=TODAY)
        for number, grid in enumerate(grids)
        for who in range(people)
    ]

    def write(session: Session, draft: int) -> None:
        source = add_source(session, department="民政", file="plan.gpkg", actor=ACTOR)
        states.put_areas(session, draft, areas, source_id=source)
        states.put_grids(session, draft, grids, source_id=source)
        states.put_buildings(session, draft, houses, source_id=source)
        put_people(session, staff, source_id=source, today=TODAY)

    return plan.edit(write)
