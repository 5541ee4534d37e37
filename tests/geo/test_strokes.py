"""What a person draws, fitted to the ground and the chain."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from geo.chain import CannotReshape, Chain
from geo.strokes import brought_to, fitted, strip
from tests.geo.laid import square_division

SQUARES = square_division()
GROUND = SQUARES.parent
CHAIN = Chain.of([GROUND], np.array([-50.0, -50.0, 350.0, 350.0]), SQUARES.precision)
NO_VERTICES = np.empty((0, 2))
places = st.floats(-40, 340, allow_nan=False)


def test_only_what_lies_on_the_ground_is_kept() -> None:
    (inside,) = fitted([LineString([(150, 150), (150, 500)])], GROUND, CHAIN, vertices=NO_VERTICES)
    assert inside.tolist() == [[150.0, 150.0], [150.0, 300.0]]
    assert fitted([LineString([(400, 0), (400, 300)])], GROUND, CHAIN, vertices=NO_VERTICES) == []


def test_an_end_on_the_chain_turns_aside_with_its_last_bit_only() -> None:
    (inside,) = fitted([LineString([(150, 150), (150.7, 320)])], GROUND, CHAIN, vertices=NO_VERTICES)
    assert inside[-1].tolist() == [150.0, 300.0]
    assert shapely.distance(LineString([(150, 150), (150.7, 320)]), shapely.Point(inside[-2])) < 1e-8
    assert np.hypot(*(inside[-1] - inside[-2])) < 1.5


def test_a_pen_near_a_vertex_means_it() -> None:
    (inside,) = fitted(
        [LineString([(100.003, 99.998), (150, 150)])], GROUND, CHAIN, vertices=np.array([[100.0, 100.0]])
    )
    assert inside[0].tolist() == [100.0, 100.0]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(places, places), min_size=2, max_size=6, unique=True))
def test_fitted_lines_meet_the_chain_in_its_vertices_only(drawn: list[tuple[float, float]]) -> None:
    try:
        strokes = fitted([LineString(drawn)], GROUND, CHAIN, vertices=NO_VERTICES)
    except CannotReshape as refusal:
        assert refusal.nearest is not None  # noqa: PT017  refused is one of two right outcomes
        return
    corners = {tuple(xy) for xy in CHAIN.xy.tolist()}
    for stroke in strokes:
        assert np.array_equal(np.round(stroke, 9), stroke)
        on_chain = CHAIN.distance_m(stroke) < 1e-6
        assert {tuple(xy) for xy in stroke[on_chain].tolist()} <= corners
        assert shapely.covers(shapely.buffer(GROUND, 1e-8), LineString(stroke))


def test_ends_come_to_the_border_that_they_are_near_to() -> None:
    border = LineString([(0, 0), (0, 50), (0, 100)])
    near = brought_to(LineString([(1, 50.5), (30, 50), (1, 75)]), border, SQUARES.precision)
    assert shapely.get_coordinates(near).tolist() == [[0.0, 50.0], [30.0, 50.0], [0.0, 75.0]]
    far = LineString([(5, 50), (30, 50)])
    assert brought_to(far, border, SQUARES.precision).equals(far)


@pytest.mark.parametrize(("left_m", "right_m", "box_"), [(3, 5, (0, -5, 10, 3)), (0, 5, (0, -5, 10, 0))])
def test_a_strip_has_its_width_on_either_side(left_m: float, right_m: float, box_: tuple[float, ...]) -> None:
    ground = strip(LineString([(0, 0), (10, 0)]), left_m=left_m, right_m=right_m, precision=SQUARES.precision)
    assert ground.equals(box(*box_))
