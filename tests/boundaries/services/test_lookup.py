"""Looking points up in PostGIS; the plan is drawn in tests/boundaries/plans.py."""

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, func, select, text

from boundaries.errors import BadInput, NotFound
from boundaries.lookup.answer import Located, Responsible
from boundaries.lookup.coordinates import to_degrees
from boundaries.model import MicroGrid
from boundaries.services.lookup import locate, locate_many
from boundaries.services.reading import snapshot
from boundaries.store import releases, states
from boundaries.store.engine import reading, writing
from boundaries.store.overlay import GRID, Moment, effective
from geo.crs import STORAGE_CRS, parse_crs, project
from geo.datum import wgs84_to_gcj02
from geo.errors import CrsProblem
from geo.locate import CellIndex
from tests.boundaries import plans

TOWN, EAST, WEST = (area.code for area in plans.AREAS)


def ask(engine: Engine, x: float, y: float, *, crs: str | None = "EPSG:4490", **more: object) -> Located:
    with reading(engine) as session:
        return locate(session, x=x, y=y, crs=crs, **more)  # type: ignore[arg-type]


def test_a_point_in_a_grid(planned: Engine) -> None:
    found = ask(planned, *plans.at(0.5, 0.5))
    assert found.generation == 1
    assert found.micro_grid is not None
    assert (found.micro_grid.code, found.micro_grid.name, found.micro_grid.kind) == ("G1", "第1网格", "residential")
    assert [area.code for area in found.areas] == [TOWN, EAST]
    assert [area.level for area in found.areas] == ["town", "community"]
    assert found.responsible == Responsible("G1", "contains")
    assert (found.dedicated, found.on_border, found.in_gap) == ((), False, False)


@pytest.mark.parametrize(("x", "code"), [(1.0, "G1"), (2.0, "G2"), (3.0, "G3"), (4.0, "G4")])
def test_a_border_belongs_to_the_lowest_rank(planned: Engine, x: float, code: str) -> None:
    for y in (0.5, 0.0, 1.0):
        found = ask(planned, *plans.at(x, y))
        assert found.micro_grid is not None
        assert (found.micro_grid.code, found.on_border) == (code, True)


def test_outside_there_is_nothing(planned: Engine) -> None:
    found = ask(planned, *plans.at(9, 9))
    assert found == Located(1, None, (), None, (), on_border=False, in_gap=False, outside=True)


def test_parts_are_told_by_unit_or_floor(planned: Engine) -> None:
    place = plans.at(1.5, 0.5)
    found = ask(planned, *place)
    assert found.micro_grid is not None
    assert [part.code for part in found.micro_grid.parts] == ["G2-1", "G2-2"]
    assert [(part.units, part.floors) for part in found.micro_grid.parts] == [(("1", "2"), None), ((), (11, 20))]
    assert found.responsible == Responsible("G2", "parts_undecided")
    assert ask(planned, *place, unit="2").responsible == Responsible("G2-1", "part")
    assert ask(planned, *place, floor=20).responsible == Responsible("G2-2", "part")
    assert ask(planned, *place, floor=21).responsible == Responsible("G2", "parts_undecided")
    assert ask(planned, *place, unit="1", floor=12).responsible == Responsible("G2", "parts_undecided")


@pytest.fixture
def with_strip(planned: Engine) -> Engine:
    draft = plans.open_draft(planned, "沿街")
    strip = MicroGrid(0, 0, "S1", "文化路沿街", EAST, plans.square(0, 0, 1, 0.2), "street_front", "overlay")
    with writing(planned) as session:
        states.put_grids(session, draft.id, [strip], source_id=None)
    plans.publish(planned, draft)
    return planned


def test_a_shop_belongs_to_the_strip_and_a_household_does_not(with_strip: Engine) -> None:
    place = plans.at(0.5, 0.1)
    found = ask(with_strip, *place)
    assert found.generation == 2
    assert [grid.code for grid in found.dedicated] == ["S1"]
    assert found.responsible == Responsible("G1", "contains")
    assert ask(with_strip, *place, for_="household").responsible == Responsible("G1", "contains")
    assert ask(with_strip, *place, for_="shop").responsible == Responsible("S1", "dedicated")
    assert ask(with_strip, *plans.at(0.5, 0.5), for_="shop").responsible == Responsible("G1", "no_dedicated")
    assert ask(with_strip, *plans.at(9, 9), for_="shop").responsible is None


def test_the_border_of_a_strip_is_no_border_of_a_tile(with_strip: Engine) -> None:
    found = ask(with_strip, *plans.at(0.5, 0.2))
    assert [grid.code for grid in found.dedicated] == ["S1"]
    assert not found.on_border


def test_a_generation_can_be_asked_for_by_number_or_day(with_strip: Engine) -> None:
    place = plans.at(0.5, 0.1)
    assert ask(with_strip, *place, generation=1).dedicated == ()
    assert ask(with_strip, *place, day=plans.TODAY).generation == 2
    with pytest.raises(NotFound, match="by 2026-02-28"):
        ask(with_strip, *place, day=plans.TODAY - timedelta(days=1))
    with pytest.raises(NotFound, match="no generation 9"):
        ask(with_strip, *place, generation=9)
    with pytest.raises(BadInput, match="not both"):
        ask(with_strip, *place, generation=1, day=plans.TODAY)


def test_a_day_is_a_day_in_its_time_zone(planned: Engine) -> None:
    # Published at 02:00 UTC, which is still the day before on the other side of the world.
    assert plans.NOW.isoformat() == "2026-03-01T02:00:00+00:00"
    assert ask(planned, *plans.at(0.5, 0.5), day=date(2026, 2, 28), timezone="America/Los_Angeles").generation == 1
    with pytest.raises(NotFound):
        ask(planned, *plans.at(0.5, 0.5), day=date(2026, 2, 28), timezone="Asia/Shanghai")


def test_before_the_first_generation_there_is_no_answer(database: Engine) -> None:
    with pytest.raises(NotFound, match="No generation is published yet"):
        ask(database, 119.18, 32.27)


def test_a_gap_is_inside_an_area_and_in_no_grid(database: Engine) -> None:
    draft = plans.open_draft(database)
    plans.fill(database, draft)
    with writing(database) as session:
        states.retire(session, draft.id, "grids", ["G3"])
    with writing(database) as session:
        # Publishing refuses gaps, so the generation is made past it.
        releases.add_generation(session, draft.id, newest=None, actor="x", now=plans.NOW, note="", summary={})
        releases.turn(session, draft.id, 1)
    found = ask(database, *plans.at(2.5, 0.5))
    assert (found.micro_grid, found.responsible, found.in_gap) == (None, None, True)
    assert [area.code for area in found.areas] == [TOWN, WEST]
    with reading(database) as session:
        many = locate_many(session, xy=np.array([plans.at(2.5, 0.5), plans.at(9, 9)]), crs="EPSG:4490")
    assert many.in_gap.tolist() == [True, False]
    assert many.area == (WEST, None)


@pytest.mark.parametrize(
    ("crs", "place"),
    [
        ("EPSG:4326", lambda lon, lat: (lon, lat)),
        ("EPSG:4549", lambda lon, lat: tuple(project(np.array([[lon, lat]]), parse_crs("EPSG:4490"), "EPSG:4549")[0])),
        ("GCJ-02", lambda lon, lat: tuple(float(v[0]) for v in wgs84_to_gcj02(np.array([lon]), np.array([lat])))),
    ],
)
def test_a_place_is_the_same_in_every_system(planned: Engine, crs: str, place: object) -> None:
    x, y = place(*plans.at(0.5, 0.5))  # type: ignore[operator]
    found = ask(planned, x, y, crs=crs)
    assert found.micro_grid is not None
    assert found.micro_grid.code == "G1"


def test_converted_points_lie_on_the_storage_grid_and_degrees_stay_as_they_are() -> None:
    metres = np.array([[422_742.123, 3_572_088.456]])
    degrees = to_degrees(metres, parse_crs("EPSG:4549"))
    assert np.array_equal(degrees, np.round(degrees, 9))
    fine = np.array([[119.18000000012345, 32.27]])
    assert np.array_equal(to_degrees(fine, parse_crs("EPSG:4326")), fine)
    assert np.array_equal(to_degrees(fine, parse_crs(STORAGE_CRS)), fine)


def test_bad_questions_are_refused(planned: Engine) -> None:
    lon, lat = plans.at(0.5, 0.5)
    with pytest.raises(BadInput, match="axes are swapped"):
        ask(planned, lat, lon)
    (east, north), *_ = project(np.array([[lon, lat]]), parse_crs(STORAGE_CRS), "EPSG:4549").tolist()
    assert ask(planned, east, north, crs="EPSG:4549").micro_grid is not None
    with pytest.raises(BadInput, match="axes are swapped"):
        ask(planned, north, east, crs="EPSG:4549")
    with pytest.raises(CrsProblem, match="No coordinate system"):
        ask(planned, lon, lat, crs=None)
    with pytest.raises(CrsProblem, match="datum"):
        ask(planned, lon, lat, crs="EPSG:4610")
    with reading(planned) as session, pytest.raises(BadInput, match="axes are swapped"):
        locate_many(session, xy=np.array([[lat, lon]]), crs="EPSG:4490")


def test_many_points_agree_with_one_and_with_the_index_of_files(planned: Engine) -> None:
    rng = np.random.default_rng(11)
    near = np.array([plans.at(0, 0)]) + rng.uniform(-0.0005, 0.0045, (300, 2))
    # Corners, edges and middles of the squares, where ties are decided.
    corners = np.array([plans.at(x / 2, y / 2) for x in range(-1, 10) for y in range(-1, 4)])
    xy = np.vstack([near, corners, [[np.nan, 32.0], [119.0, np.inf]]])
    with reading(planned) as session:
        many = locate_many(session, xy=xy, crs="EPSG:4490")
        plan = snapshot(session, today=plans.TODAY)
        sample = [(index, locate(session, x=x, y=y, crs="EPSG:4490")) for index, (x, y) in enumerate(xy[295:335], 295)]
    index = CellIndex.of((grid.polygon for grid in plan.grids), tolerance=2e-9)
    answers = index.locate(xy[:, 0], xy[:, 1])
    expected = [None if cell < 0 else plan.grids[cell].code for cell in answers.cell]
    assert list(many.micro_grid) == expected
    assert np.array_equal(many.on_border, answers.on_border)
    assert not many.in_gap.any()
    assert many.generation == 1
    assert {EAST, WEST, None} == set(many.area)
    for number, one in sample:
        assert (one.micro_grid.code if one.micro_grid else None, one.on_border) == (
            many.micro_grid[number],
            many.on_border[number],
        )


def test_no_points_are_no_question(planned: Engine) -> None:
    with reading(planned) as session:
        assert locate_many(session, xy=np.empty((0, 2)), crs="EPSG:4490").micro_grid == ()


def test_a_place_is_found_by_its_index_before_any_statistics_are_gathered(planned: Engine) -> None:
    draft = plans.open_draft(planned)
    many = [
        MicroGrid(0, 0, f"N{number}", "新", EAST, plans.square(number % 40, 2 + number // 40)) for number in range(2000)
    ]
    with writing(planned) as session:
        states.put_grids(session, draft.id, many, source_id=None)
        releases.add_generation(session, draft.id, newest=1, actor="周平", now=plans.NOW, note="", summary={})
        releases.turn(session, draft.id, 2)
    holds, (x, y) = effective(GRID, Moment(2)), plans.at(20.5, 20.5)
    point = func.ST_SetSRID(func.ST_MakePoint(x, y), 4490)
    query = select(holds.c.code).where(func.ST_Intersects(holds.c.geom, point))
    with reading(planned) as session:
        assert session.execute(query).scalars().all() == ["N740"]
        asked = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
        told = "\n".join(session.execute(text(f"EXPLAIN {asked}")).scalars())
    assert "ix_micro_grid_state_geom_valid" in told
    assert "BitmapAnd" not in told
