"""A whole plan as an index: layers, areas, purposes, places as they were given."""

import pickle

import numpy as np
import pytest
from shapely import Polygon, box

from boundaries.errors import BadInput
from boundaries.lookup.answer import responsible_of
from boundaries.lookup.directory import Directory
from boundaries.lookup.plan_index import IN_GAP, OUTSIDE, PlanIndex
from boundaries.model import Area, MicroGrid, Part, Person
from boundaries.snapshot import Snapshot
from geo.crs import SourceCrs, parse_crs, project_one, round_one_to_storage, round_to_storage
from geo.errors import CrsProblem

METRIC = SourceCrs("EPSG:4549", "EPSG:4549")
AREAS = (
    Area(1, "T", "镇", "town", None, box(0, 0, 400, 100)),
    Area(2, "C", "社区", "community", "T", box(0, 0, 400, 100)),
)
TOWER = (Part(1, "G2-1", "低区", floors=(1, 10)), Part(2, "G2-2", "高区", floors=(11, 20)))


def tile(rank: int, code: str, west: float, east: float, kind: str = "residential") -> MicroGrid:
    nodes = box(west, 0, east, 100)
    return MicroGrid(rank, rank, code, code, "C", nodes, kind, parts=TOWER if code == "G2" else ())


GRIDS = (
    tile(1, "G1", 0, 100),
    tile(2, "G2", 100, 200),
    tile(4, "G4", 300, 400, "street_front"),
    MicroGrid(3, 3, "S1", "底商", "C", box(50, 0, 150, 20), "street_front", "overlay"),
)
PLAN = Snapshot(METRIC, areas=AREAS, grids=GRIDS, people=(Person(1, "张三", "liaison", "G1"),))
INDEX = PlanIndex.of(PLAN)


def where(*points: tuple[float, float], for_: str | None = None) -> list[str]:
    found = INDEX.locate(np.array(points, dtype=float), for_=for_)  # type: ignore[arg-type]
    codes = {IN_GAP: "gap", OUTSIDE: "outside"} | {place: grid.code for place, grid in enumerate(INDEX.grids)}
    return [codes[place] for place in (found.grid if found.responsible is None else found.responsible).tolist()]


def test_grids_gaps_and_outside() -> None:
    points = ((50, 50), (100, 50), (250, 50), (999, 50), (np.nan, 5), (300, 0))
    assert where(*points) == ["G1", "G1", "gap", "outside", "outside", "G4"]
    found = INDEX.locate(np.array(points, dtype=float))
    assert [INDEX.area_codes[place] if place >= 0 else None for place in found.area.tolist()] == [
        *["C"] * 3,
        None,
        None,
        "C",
    ]


def test_a_shop_is_for_the_overlay_then_for_a_tile_of_shops_then_for_the_tile() -> None:
    points = ((75, 10), (75, 20), (75, 50), (350, 50), (250, 50), (100, 10), (50, 10), (300, 50))
    assert where(*points, for_="shop") == ["S1", "S1", "G1", "G4", "gap", "S1", "S1", "G4"]
    assert where(*points, for_="household") == where(*points)


def test_many_and_one_choose_alike() -> None:
    directory = Directory.of(PLAN)
    points = [(x, y) for x in range(-25, 426, 25) for y in (-5, 0, 10, 20, 50, 100, 105)]
    for for_ in ("household", "shop"):
        many = where(*points, for_=for_)
        one = [directory.locate(x, y, for_=for_) for x, y in points]  # type: ignore[arg-type]
        told = [found.responsible.code if found.responsible else "gap" if found.in_gap else "outside" for found in one]
        assert told == many


def test_an_index_can_be_sent_to_another_process() -> None:
    INDEX.locate(np.array([[50.0, 50.0], [999.0, 0.0]]))
    there = pickle.loads(pickle.dumps(INDEX))  # noqa: S301  our own bytes
    assert there.locate(np.array([[50.0, 50.0], [250.0, 50.0]])).grid.tolist() == [0, IN_GAP]


def test_a_gap_names_the_nearest_grid_and_the_area_that_answers_meanwhile() -> None:
    directory = Directory.of(PLAN)
    found = directory.locate(230, 50)
    assert found.nearest is not None
    assert (found.nearest.code, found.nearest.distance_m) == ("G2", pytest.approx(30))
    assert [area.code for area in found.areas] == ["T", "C"]
    assert (found.in_gap, found.micro_grid, found.responsible) == (True, None, None)
    outside = directory.locate(-900, 50)
    assert (outside.nearest, outside.areas, outside.in_gap) == (None, (), False)


def test_near_grids_begin_with_the_one_around_the_point() -> None:
    near = Directory.of(PLAN).locate(90, 50, within_m=20).near
    assert near is not None
    assert [(grid.code, grid.distance_m) for grid in near] == [("G1", 0.0), ("G2", pytest.approx(10))]


def test_people_are_told_of_grids_parts_and_areas() -> None:
    found = Directory.of(PLAN).locate(50, 50)
    assert found.micro_grid is not None
    assert [person.name for person in found.micro_grid.people or ()] == ["张三"]


def test_floors_choose_among_the_parts_of_a_tower() -> None:
    grids = INDEX.touching(150, 50, (1, False), (-1, False))
    assert responsible_of(grids, INDEX.kinds, floor=12).code == "G2-2"  # type: ignore[union-attr]
    assert responsible_of(grids, INDEX.kinds).reason == "parts_undecided"  # type: ignore[union-attr]


def test_doubtful_grids_are_named() -> None:
    with pytest.raises(BadInput, match="G1, G9"):
        PlanIndex.of(Snapshot(METRIC, areas=AREAS, grids=(*GRIDS[:1], tile(9, "G9", 50, 100))))
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    with pytest.raises(BadInput, match="G8"):
        PlanIndex.of(Snapshot(METRIC, areas=AREAS, grids=(MicroGrid(1, 1, "G8", "G8", "C", bowtie),)))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4549", "EPSG:3857", "GCJ-02", "BD-09"])
def test_one_point_is_placed_where_many_are(crs: str) -> None:
    degrees = box(119.0, 32.0, 119.4, 32.4)
    area = (Area(1, "T", "镇", "town", None, degrees),)
    placement = PlanIndex.of(Snapshot(Snapshot.stored_crs(), step=1e-9, areas=area)).placement
    source, rng = parse_crs(crs), np.random.default_rng(2)
    xy = rng.uniform((119.0, 32.0), (119.4, 32.4), (3_000, 2))
    if not source.is_geographic:
        xy = np.array([project_one(x, y, Snapshot.stored_crs(), source.base) for x, y in xy.tolist()])
    many = placement.placed(xy, source)
    assert [placement.placed_one(x, y, source) for x, y in xy.tolist()] == [tuple(pair) for pair in many.tolist()]


def test_one_coordinate_is_rounded_as_many_are() -> None:
    values = np.random.default_rng(1).uniform(-180, 180, 50_000)
    halves = np.round(values, 9) + 0.5e-9
    for some in (values, halves, np.array([-0.0, 1e-10, 119.1805])):
        assert [round_one_to_storage(value) for value in some.tolist()] == round_to_storage(some).tolist()


def test_what_cannot_be_meant_is_refused() -> None:
    placement = PlanIndex.of(PLAN).placement
    with pytest.raises(BadInput, match="swapped"):
        placement.refuse_swapped(np.array([[90.0, 390.0]]), METRIC)
    placement.refuse_swapped(np.array([[1e6, 1e6]]), METRIC)
    placement.refuse_swapped(np.array([[np.nan, 1.0]]), METRIC)
    stored = PlanIndex.of(
        Snapshot(Snapshot.stored_crs(), areas=(Area(1, "T", "", "town", None, box(119, 32, 120, 33)),))
    )
    with pytest.raises(BadInput, match="no degrees"):
        stored.placement.refuse_swapped(np.array([[500_000.0, 3_570_000.0]]), parse_crs("EPSG:4490"))
    shifted = PlanIndex.of(Snapshot(parse_crs("GCJ-02"), areas=AREAS)).placement
    with pytest.raises(CrsProblem, match="shifted"):
        shifted.placed(np.array([[1.0, 2.0]]), METRIC)
