"""The border of two areas moves on all levels at once."""

import numpy as np
import pytest
import shapely
from shapely import LineString

from geo.chain import CannotReshape
from geo.handover import Nested
from geo.reshape_areas import AreasReshaped, move_area_border
from geo.residual import prove
from geo.segments import as_shapes
from tests.geo.laid import laid_town

EAST, NORTH = 1 / 85_000, 1 / 111_000
TOWN = laid_town()
# Three communities; two towns above them (the second town has one), and the county.
FIRST_TOWN, SECOND_TOWN, COUNTY = 3, 4, 5
AREAS = as_shapes(
    [
        *TOWN.areas,
        shapely.coverage_union_all(TOWN.areas[:2]),
        TOWN.areas[2],
        shapely.coverage_union_all(TOWN.areas),
    ]
)
NEST = Nested(AREAS, (3, 3, 4, 5, 5, -1), TOWN.grids, tuple(TOWN.home.tolist()), TOWN.precision)


def border(one: int, other: int) -> np.ndarray:
    return shapely.get_coordinates(shapely.line_merge(shapely.intersection(AREAS[one], AREAS[other])))


def line_beside(one: int, other: int, first: int, last: int, off_m: float) -> LineString:
    xy = border(one, other)
    return LineString([xy[first], (xy[first] + xy[last]) / 2 + np.array([off_m * EAST, 0]), xy[last]])


def assert_exact(done: AreasReshaped, nest: Nested = NEST) -> None:
    areas = [done.areas.get(number, area) for number, area in enumerate(nest.areas)]
    cells = dict(enumerate(nest.cells)) | dict(done.changed) | dict(done.refined)
    home = dict(enumerate(nest.home)) | dict(done.home)
    for number in {*nest.home}:
        mine = [cell for index, cell in cells.items() if cell is not None and home[index] == number]
        assert prove(mine, areas[number]).is_exact
    for number, area in enumerate(areas):
        below = [areas[index] for index, above in enumerate(nest.above) if above == number]
        assert not below or prove(below, area).is_exact


@pytest.mark.parametrize("off_m", [20, -20, 90, -250, 400])
def test_communities_of_one_town_change_and_the_town_does_not(off_m: float) -> None:
    done = move_area_border(NEST, 0, 1, line_beside(0, 1, 100, 300, off_m))
    assert set(done.areas) == {0, 1}
    assert_exact(done)


def test_a_line_drawn_by_hand_begins_and_ends_a_little_beside() -> None:
    xy = border(0, 1)
    middle = (xy[100] + xy[300]) / 2 + np.array([40 * EAST, 0])
    for off in (0.7 * EAST, -0.7 * EAST):
        done = move_area_border(NEST, 0, 1, LineString([xy[100] + off, middle, xy[300] - off]))
        assert set(done.areas) == {0, 1}
        assert_exact(done)


def test_towns_follow_where_communities_of_two_towns_meet() -> None:
    done = move_area_border(NEST, 1, 2, line_beside(1, 2, 50, 200, 60))
    assert set(done.areas) == {1, 2, FIRST_TOWN, SECOND_TOWN}
    assert_exact(done)


def test_the_border_of_towns_takes_the_communities_with_it() -> None:
    done = move_area_border(NEST, FIRST_TOWN, SECOND_TOWN, line_beside(1, 2, 50, 200, -60))
    assert set(done.areas) == {1, 2, FIRST_TOWN, SECOND_TOWN}
    assert_exact(done)


def test_the_new_border_is_a_chain() -> None:
    done = move_area_border(NEST, 0, 1, line_beside(0, 1, 100, 300, 150))
    edges = np.diff(shapely.get_coordinates(done.areas[0]), axis=0) * TOWN.precision.scale
    assert np.hypot(*edges.T).max() < 2.02


def test_cells_that_lie_wholly_on_the_ground_go_over_as_they_are() -> None:
    done = move_area_border(NEST, 0, 1, line_beside(0, 1, 100, 400, -400))
    assert done.home
    for number, area in done.home.items():
        assert TOWN.home[number] == 0
        assert area == 1
    assert_exact(done)


def test_undivided_areas_have_a_border_too() -> None:
    bare = Nested(AREAS, NEST.above, TOWN.grids[:0], (), TOWN.precision)
    done = move_area_border(bare, 0, 1, line_beside(0, 1, 100, 300, 60))
    assert done.changed == {}
    assert set(done.areas) == {0, 1}
    below = [done.areas.get(number, AREAS[number]) for number in (0, 1)]
    assert prove(below, AREAS[FIRST_TOWN]).is_exact


def test_ground_that_comes_to_an_undivided_area_is_nobodys() -> None:
    first = TOWN.home == 0
    half = Nested(AREAS, NEST.above, TOWN.grids[first], tuple(TOWN.home[first].tolist()), TOWN.precision)
    done = move_area_border(half, 0, 1, line_beside(0, 1, 100, 300, -60))
    cells = {**dict(enumerate(half.cells)), **done.changed, **done.refined}
    assert prove([cell for cell in cells.values() if cell is not None], done.areas[0]).is_exact


@pytest.mark.parametrize(
    ("one", "other", "line"),
    [
        (0, 1, line_beside(0, 1, 100, 101, 0)),  # the same border
        (0, 2, line_beside(0, 1, 100, 300, 20)),  # no common border
        (0, 1, LineString(border(0, 1)[[100, 101]] + 0.05)),  # somewhere else
    ],
)
def test_a_line_that_is_no_border_is_refused(one: int, other: int, line: LineString) -> None:
    with pytest.raises(CannotReshape):
        move_area_border(NEST, one, other, line)
