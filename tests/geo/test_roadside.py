import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, box

from geo.roadside import Reach, merge_lines, positions_m, reaches, sides

STREET = LineString([(0, 0), (100, 0)])


def test_pieces_of_a_street_are_joined_and_run_east() -> None:
    (line,) = merge_lines([LineString([(100, 0), (50, 0)]), LineString([(0, 0), (50, 0)])])
    assert line.coords[0] == (0, 0)
    assert line.length == 100


def test_separate_pieces_get_one_direction_and_order() -> None:
    pieces = merge_lines([MultiLineString([[(90, 5), (60, 0)], [(0, 0), (40, 2)]])])
    assert [piece.coords[0] for piece in pieces] == [(0, 0), (60, 0)]


def test_a_street_that_climbs_runs_north() -> None:
    (line,) = merge_lines([LineString([(10, 100), (0, 0)])])
    assert line.coords[0] == (0, 0)


def test_streets_without_length_are_nothing() -> None:
    assert merge_lines([]) == ()
    assert merge_lines([LineString([(1, 1), (1, 1)])]) == ()


def test_sides_and_positions() -> None:
    points = shapely.points([10, 20, 30, 130, -5], [5, -5, 0, 4, -2])
    assert sides(STREET, points).tolist() == [1, -1, 0, 1, -1]
    assert positions_m(STREET, points).tolist() == [10, 20, 30, 100, 0]


def test_sides_at_a_bend_follow_the_near_stretch() -> None:
    bend = LineString([(0, 0), (100, 0), (100, 100)])
    assert sides(bend, shapely.points([50, 90, 110, 99], [3, 50, 50, 1])).tolist() == [1, 1, -1, 1]


def test_a_strip_reaches_along_its_side() -> None:
    found = reaches(STREET, box(20, 0, 60, 20), depth_m=30)
    assert set(found) == {"left"}
    assert found["left"].start_m == pytest.approx(20)
    assert found["left"].end_m == pytest.approx(60)


def test_a_strip_on_both_sides_reaches_on_both() -> None:
    found = reaches(STREET, box(20, -20, 60, 20), depth_m=30)
    assert set(found) == {"left", "right"}


def test_a_strip_that_strays_over_the_middle_is_still_on_one_side() -> None:
    assert set(reaches(STREET, box(20, -2, 60, 20), depth_m=30)) == {"left"}


def test_ground_beyond_the_depth_does_not_count() -> None:
    assert reaches(STREET, box(20, 31, 60, 50), depth_m=30) == {}
    assert reaches(STREET, box(200, 0, 260, 20), depth_m=30) == {}


def test_a_shape_smaller_than_the_sampling_still_counts() -> None:
    assert set(reaches(STREET, box(20.1, 1.1, 20.3, 1.3), depth_m=30)) == {"left"}


@pytest.mark.parametrize(("position", "distance"), [(0, 10), (10, 0), (15, 0), (20, 0), (26, 6)])
def test_distance_to_a_reach(position: float, distance: float) -> None:
    assert Reach(10, 20).distance_m(position) == distance


def test_offsets_of_a_real_plane_change_nothing() -> None:
    shift = np.array([422_000.0, 3_572_000.0])
    moved = shapely.transform(STREET, lambda xy: xy + shift)
    strip = shapely.transform(box(20, 0, 60, 20), lambda xy: xy + shift)
    assert reaches(moved, strip, depth_m=30)["left"].end_m == pytest.approx(60)
