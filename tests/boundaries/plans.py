"""A plan small enough to draw, in storage coordinates.

::

    C1 (community)      C2 (community)         town T holds both
    +--------+--------+--------+--------+
    |   G1   |   G2   |   G3   |   G4   |      each square 0.001 degree
    | b1  k1 |   s1   |        |        |      G2 has two parts, by units and by floors
    +--------+--------+--------+--------+
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from sqlalchemy import Engine

from boundaries.findings import Finding
from boundaries.lifecycle import Draft, Generation
from boundaries.model import (
    Area,
    Assignment,
    Building,
    Compound,
    MicroGrid,
    Part,
    Person,
    Shop,
    Street,
    Wall,
    Water,
)
from boundaries.services import drafting, publishing
from boundaries.snapshot import Snapshot
from boundaries.store import people, registers, states
from boundaries.store.engine import writing
from boundaries.store.sources import add_source
from geo.crs import round_to_storage

TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
WEST, SOUTH, STEP = 119.18, 32.27, 0.001


def at(x: float, y: float) -> tuple[float, float]:
    """A place counted in squares from the south-west corner."""
    lon, lat = round_to_storage(np.array([WEST + x * STEP, SOUTH + y * STEP]))
    return float(lon), float(lat)


def square(x: float, y: float, width: float = 1.0, height: float = 1.0) -> Polygon:
    """A rectangle of squares, with a node at every whole square of its border."""
    xs = [x, *(n for n in range(int(x) + 1, 100) if n < x + width), x + width]
    ring = [at(one, y) for one in xs] + [at(one, y + height) for one in reversed(xs)]
    return Polygon(ring)


AREAS = (
    Area(0, "320000000000", "仪镇", "town", None, square(0, 0, 4)),
    Area(0, "320000000001", "东社区", "community", "320000000000", square(0, 0, 2)),
    Area(0, "320000000002", "西社区", "community", "320000000000", square(2, 0, 2)),
)
GRIDS = tuple(
    MicroGrid(0, 0, f"G{number}", f"第{number}网格", AREAS[1 if number <= 2 else 2].code, square(number - 1, 0))
    for number in (1, 2, 3, 4)
)
PARTS = (
    ("G2", Part(0, "G2-1", "一单元", units=("1", "2"), households=40)),
    ("G2", Part(0, "G2-2", "高层", floors=(11, 20), households=36)),
)
COMPOUNDS = (Compound(0, "K1", "锦绣花园", square(0.1, 0.1, 0.8, 0.8), property_managed=True),)
BUILDINGS = (
    Building(0, "B1", "1幢", square(0.2, 0.2, 0.2, 0.1), "K1", floors=6, entrances=3, households=36, rented=4),
    Building(0, "B2", "2幢", Point(at(3.5, 0.5)), dwellings=12),
)
SHOPS = (
    Shop(0, "S1", "早点铺", Point(at(1.5, 0.1)), "12号", street="文化路", side="left", contact="13900000000"),
    Shop(0, "S2", "五金店", Point(at(3.5, 0.1)), state="vacant"),
)
STREETS = (Street(0, "R1", "文化路", LineString([at(0, 0), at(4, 0)])),)
WATERS = (Water(0, "W1", "新河", square(2.2, 0.6, 0.1, 0.1)),)
WALLS = (Wall(0, "L1", LineString([at(0.1, 0.1), at(0.9, 0.1)])),)
PEOPLE = (
    Person(0, "李安", "联络员", "G1", phone="13800000001", phone_published=True),
    Person(0, "王宁", "chief", "320000000001"),
    Person(0, "赵青", "volunteer", "G2-1", since=date(2026, 1, 1), until=date(2026, 6, 30)),
)
ASSIGNMENTS = (
    Assignment("compound", "K1", "G1", "within", "位于网格内", "lies within the grid"),
    Assignment("shop", "S1", "G2", "door", "门点在网格内", "its door is in the grid"),
)


def open_draft(engine: Engine, name: str = "方案", actor: str = "陈晨") -> Draft:
    """A draft on the newest generation."""
    with writing(engine) as session:
        return drafting.open_draft(session, name=name, actor=actor, now=NOW)


def fill(engine: Engine, draft: Draft) -> None:
    """Put the whole plan into a draft, and the registers beside it."""
    with writing(engine) as session:
        source = add_source(session, department="民政办", file="plan.gpkg", actor=draft.created_by)
        states.put_areas(session, draft.id, AREAS, source_id=source)
        states.put_grids(session, draft.id, GRIDS, source_id=source)
        states.put_parts(session, draft.id, PARTS, source_id=source)
        states.put_compounds(session, draft.id, COMPOUNDS, source_id=source)
        states.put_buildings(session, draft.id, BUILDINGS, source_id=source)
        registers.put_counts(session, [*BUILDINGS, *(part for _, part in PARTS)], source_id=source, today=TODAY)
        registers.put_shops(session, SHOPS, source_id=source, today=TODAY)
        registers.put_streets(session, STREETS, source_id=source, today=TODAY)
        registers.put_waters(session, WATERS, source_id=source, today=TODAY)
        registers.put_walls(session, WALLS, source_id=source, today=TODAY)
        people.put_people(session, PEOPLE, source_id=source, today=TODAY)
        states.put_assignments(session, draft.id, ASSIGNMENTS, actor=draft.created_by)


def gaps(plan: Snapshot) -> Sequence[Finding]:
    """The least of checks: what of each parent no tile grid covers."""
    found = []
    for parent in plan.parents:
        cells = [grid.polygon for grid in plan.grids if grid.area == parent.code and grid.layer == "tile"]
        rest = parent.polygon.difference(shapely.union_all(cells))
        if not rest.is_empty:
            area = float(plan.metric.area_m2(rest))
            found.append(Finding("gap", parent=parent.code, geometry=rest, area_m2=area))
    return found


def publish(engine: Engine, draft: Draft, actor: str = "周平") -> Generation:
    """Publish without four eyes."""
    return publishing.publish(
        engine, draft.id, check=gaps, actor=actor, four_eyes=False, now=NOW, today=TODAY, note="试行"
    )


def published(engine: Engine) -> Generation:
    """The whole plan as generation 1."""
    draft = open_draft(engine)
    fill(engine, draft)
    return publish(engine, draft)
