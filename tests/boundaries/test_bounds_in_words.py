"""Four sides of an area in words."""

import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon, box

from boundaries.bounds_in_words import Landmark, Neighbour, Surroundings, in_words

HOME = box(1000, 1000, 1100, 1100)
ROAD = Landmark("大庆路", "street", LineString([(1110, 500), (1110, 1500)]))
RIVER = Landmark("护城河", "water", box(900, 960, 1300, 990))
WALL = Landmark("围墙", "wall", LineString([(999, 1000), (999, 1100)]))
NORTH = Neighbour("第二微网格", box(1000, 1100, 1100, 1200))
ROUND = Surroundings((ROAD, RIVER, WALL), (NORTH,))


def test_each_side_is_named_by_what_runs_along_it() -> None:
    sides = ROUND.sides(HOME)
    assert sides == {"east": ("大庆路",), "south": ("护城河",), "west": ("围墙",), "north": ("第二微网格",)}
    assert in_words(sides) == "东至大庆路，南至护城河，西至围墙，北至第二微网格"
    assert in_words(sides, "en") == "east to 大庆路, south to 护城河, west to 围墙, north to 第二微网格"


def test_nothing_known_on_a_side_is_left_out() -> None:
    assert in_words(Surroundings((ROAD,), ()).sides(HOME)) == "东至大庆路"
    assert in_words(Surroundings((), ()).sides(HOME)) == ""


@pytest.mark.parametrize(("far_m", "told"), [(24.0, ("大庆路",)), (26.0, ())])
def test_what_is_too_far_names_nothing(far_m: float, told: tuple[str, ...]) -> None:
    road = Landmark("大庆路", "street", LineString([(1100 + far_m, 500), (1100 + far_m, 1500)]))
    assert Surroundings((road,), ()).sides(HOME)["east"] == told


def test_a_street_that_crosses_the_border_names_nothing() -> None:
    crossing = Landmark("横街", "street", LineString([(900, 1050), (1300, 1050)]))
    assert in_words(Surroundings((crossing,), ()).sides(HOME)) == ""


def test_a_street_comes_before_water_and_a_wall_before_a_neighbour() -> None:
    shore = Landmark("东河", "water", LineString([(1102, 500), (1102, 1500)]))
    fence = Landmark("围墙", "wall", LineString([(1000, 1101), (1100, 1101)]))
    sides = Surroundings((shore, ROAD, fence), (NORTH,)).sides(HOME)
    assert (sides["east"], sides["north"]) == (("大庆路",), ("围墙",))


def test_a_second_name_needs_its_share_of_a_side() -> None:
    for share, told in ((0.6, ("甲路", "乙路")), (0.9, ("甲路",))):
        turn = 1000 + 100 * share
        first = Landmark("甲路", "street", LineString([(1105, 1000), (1105, turn)]))
        second = Landmark("乙路", "street", LineString([(1105, turn + 5), (1105, 1100)]))
        assert Surroundings((first, second), (), max_distance_m=6).sides(HOME)["east"] == told


@pytest.mark.parametrize(("inside_m", "told"), [(9.0, ("内路",)), (11.0, ())])
def test_what_lies_within_bounds_nothing(inside_m: float, told: tuple[str, ...]) -> None:
    road = Landmark("内路", "street", LineString([(1100 - inside_m, 500), (1100 - inside_m, 1500)]))
    assert Surroundings((road,), ()).sides(HOME)["east"] == told


def test_turning_the_ring_or_its_start_changes_nothing() -> None:
    xy = shapely.get_coordinates(HOME)[:-1]
    for ring in (xy[::-1], np.roll(xy, 2, axis=0)):
        assert ROUND.sides(Polygon(ring)) == ROUND.sides(HOME)


def test_a_turned_plan_turns_its_words() -> None:
    def turned(shape: object) -> object:
        return shapely.affinity.rotate(shape, 90, origin=(1050, 1050))

    marks = tuple(Landmark(one.name, one.kind, turned(one.shape)) for one in (ROAD, RIVER, WALL))
    sides = Surroundings(marks, (Neighbour(NORTH.name, turned(NORTH.polygon)),)).sides(HOME)  # type: ignore[arg-type]
    assert in_words(sides) == "东至护城河，南至围墙，西至第二微网格，北至大庆路"
