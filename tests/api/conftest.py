"""A small published plan, and the application on it."""

import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
import shapely
from sqlalchemy import URL, Engine, text
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from boundaries.model import Area, Assignment, Building, Compound, MicroGrid, Part, Person, Shop
from boundaries.services.drafting import open_draft
from boundaries.services.keys import create_key
from boundaries.services.publishing import publish
from boundaries.services.switches import set_public_tier
from boundaries.store import registers, states
from boundaries.store.engine import connect, writing
from boundaries.store.people import put_people
from boundaries.store.sources import add_source
from boundaries.tiers import Tier
from tests.conftest import drop_database

_copies = itertools.count()
NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
TODAY = date(2026, 1, 31)
WEST, SOUTH, STEP = 119.18, 32.27, 0.001


def square(column: int, row: int, columns: int = 1, rows: int = 1) -> shapely.Polygon:
    """A rectangle of cells of 0.001 degree, with a vertex at every corner of a cell on its border."""
    x, y = WEST + column * STEP, SOUTH + row * STEP
    bottom = [(x + i * STEP, y) for i in range(columns)]
    right = [(x + columns * STEP, y + i * STEP) for i in range(rows)]
    top = [(x + i * STEP, y + rows * STEP) for i in range(columns, 0, -1)]
    left = [(x, y + i * STEP) for i in range(rows, 0, -1)]
    return shapely.Polygon([(round(a, 9), round(b, 9)) for a, b in [*bottom, *right, *top, *left]])


def point(column: float, row: float) -> shapely.Point:
    """A point, in cells from the south-west corner."""
    return shapely.Point(round(WEST + column * STEP, 9), round(SOUTH + row * STEP, 9))


AREAS = (
    Area(0, "T1", "真州镇", "town", None, square(0, 0, 4, 2)),
    Area(0, "C1", "锦绣社区", "community", "T1", square(0, 0, 2, 2)),
    Area(0, "C2", "河西社区", "community", "T1", square(2, 0, 2, 2)),
)
GRIDS = (
    MicroGrid(0, 0, "C1-01", "第一微网格", "C1", square(0, 0)),
    MicroGrid(0, 0, "C1-02", "第二微网格", "C1", square(1, 0), kind="commercial"),
    MicroGrid(
        0,
        0,
        "C1-03",
        "第三微网格",
        "C1",
        square(0, 1),
        parts=(Part(0, "C1-03-1", "一单元", units=("1",)), Part(0, "C1-03-2", "二单元", units=("2",))),
    ),
    MicroGrid(0, 0, "C1-04", "第四微网格", "C1", square(1, 1), honorary_name="红旗网格"),
    MicroGrid(0, 0, "C2-01", "河西一", "C2", square(2, 0, 2, 1)),
    MicroGrid(0, 0, "C2-02", "河西二", "C2", square(2, 1, 2, 1)),
)
BUILDINGS = (
    Building(0, "B1", "1幢", point(0.5, 0.5), compound="JX", floors=6, entrances=2, dwellings=24, households=23),
    Building(0, "B2", "2幢", point(0.5, 1.5), floors=18),
)
COMPOUNDS = (Compound(0, "JX", "锦绣花园", square(0, 0), property_managed=True, resettlement=False),)
SHOPS = (
    Shop(
        0,
        "S1",
        "顺发超市",
        point(1.5, 0.5),
        door_number="人民路12号",
        credit_code="91321081MA1X",
        contact="13800000001",
    ),
)

PEOPLE = (
    Person(0, "张三", "liaison", "C1-01", phone="13800000002", since=TODAY),
    Person(0, "李四", "liaison", "C1-02", phone="13800000003", phone_published=True, since=TODAY),
)


def fill(engine: Engine) -> None:
    """Load the plan and publish it as generation 1."""
    with writing(engine) as session:
        source = add_source(session, department="民政", file="plan.gpkg", actor="tester")
        draft = open_draft(session, name="初次", actor="tester", now=NOW)
        states.put_areas(session, draft.id, AREAS, source_id=source)
        states.put_grids(session, draft.id, GRIDS, source_id=source)
        states.put_compounds(session, draft.id, COMPOUNDS, source_id=source)
        states.put_buildings(session, draft.id, BUILDINGS, source_id=source)
        registers.put_counts(session, BUILDINGS[:1], source_id=source, today=TODAY)
        registers.put_shops(session, SHOPS, source_id=source, today=TODAY)
        states.put_assignments(
            session, draft.id, [Assignment("building", "B1", "C1-01", "containment", "在内", "inside")], actor="tester"
        )
        put_people(session, PEOPLE, source_id=source, today=TODAY)
    publish(
        engine, draft.id, check=lambda _: (), actor="tester", four_eyes=False, now=NOW, today=TODAY, note="内部说明"
    )


@pytest.fixture(scope="session")
def plan_template(admin: Engine, server: URL, template: str) -> Iterator[str]:
    """Name of a database with generation 1, filled once and then only copied."""
    name = f"microgrid_api_{os.getpid()}_{next(_copies)}"
    _copy(admin, template, name)
    engine = connect(_address(server, name))
    fill(engine)
    engine.dispose()
    yield name
    drop_database(admin, name)


@pytest.fixture
def plan(admin: Engine, server: URL, plan_template: str) -> Iterator[Engine]:
    """A database with generation 1 of this test's own."""
    with opened(admin, server, plan_template, f"{plan_template}_{next(_copies)}") as engine:
        yield engine


@pytest.fixture(scope="session")
def shared_plan(admin: Engine, server: URL, plan_template: str) -> Iterator[Engine]:
    """A database with generation 1 that tests only read."""
    with opened(admin, server, plan_template, f"{plan_template}_shared") as engine:
        yield engine


@contextmanager
def opened(admin: Engine, server: URL, template: str, name: str) -> Iterator[Engine]:
    _copy(admin, template, name)
    engine = connect(_address(server, name))
    yield engine
    engine.dispose()
    drop_database(admin, name)


def _copy(admin: Engine, template: str, name: str) -> None:
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))


def _address(server: URL, name: str) -> str:
    return server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Settings that no environment changes."""
    return Settings(lang="zh", host="127.0.0.1", port=8712)


@pytest.fixture
def client(plan: Engine, settings: Settings) -> TestClient:
    """The application on a plan of its own; the public tier is off and there is no key."""
    return TestClient(create_app(engine=plan, settings=settings))


@pytest.fixture(scope="session")
def reader(shared_plan: Engine, settings: Settings) -> TestClient:
    """The application on the shared plan, with a key that may read everything internal."""
    headers = key(shared_plan, "locate", "grids:read", "premises:read", tier="internal")
    return TestClient(create_app(engine=shared_plan, settings=settings), headers=headers)


def key(
    engine: Engine,
    *scopes: str,
    tier: Tier = "public",
    expires: datetime | None = None,
    areas: Sequence[str] = (),
) -> dict[str, str]:
    """Headers with a new key."""
    with writing(engine) as session:
        _, secret = create_key(
            session, name="平台", scopes=scopes, tier=tier, actor="tester", now=NOW, expires=expires, areas=areas
        )
    return {"X-API-Key": secret}


def open_public_tier(engine: Engine, *, is_on: bool = True) -> None:
    """Switch the public tier."""
    with writing(engine) as session:
        set_public_tier(session, is_on, actor="tester", now=NOW)
