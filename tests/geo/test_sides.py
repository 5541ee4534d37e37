"""Sides of edges against whole numbers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.sides import exact_side, side_signs

NUMBERS = st.one_of(
    st.integers(-4, 4).map(float),
    st.floats(-1e3, 1e3),
    st.floats(119.18, 119.1800001),
    st.sampled_from([1e-310, -5e-324, 1e150, 0.1, 0.30000000000000004, 1e-160]),
)


def by_fractions(*edge_and_point: float) -> int:
    ax, ay, bx, by, px, py = map(Fraction, edge_and_point)
    left, right = (bx - ax) * (py - ay), (by - ay) * (px - ax)
    return (left > right) - (left < right)


@given(st.lists(st.tuples(*[NUMBERS] * 6), min_size=1, max_size=8))
def test_signs_are_those_of_whole_numbers(rows: list[tuple[float, ...]]) -> None:
    columns = np.array(rows).T
    expected = [by_fractions(*row) for row in rows]
    assert [exact_side(row[:4], row[4], row[5]) for row in rows] == expected
    assert side_signs(columns[:4], columns[4], columns[5]).tolist() == expected


@pytest.mark.parametrize("offset", [0.0, 119.18, 4.4e6])
def test_points_a_bit_beside_a_line_are_beside_it(offset: float) -> None:
    rng = np.random.default_rng(3)
    edges = rng.uniform(-1, 1, (4, 4_000)) * 1e-3 + offset
    share = rng.random(4_000)
    x, y = edges[0] + (edges[2] - edges[0]) * share, edges[1] + (edges[3] - edges[1]) * share
    x = np.where(rng.random(4_000) < 0.5, np.nextafter(x, np.inf), x)
    expected = [exact_side(edge, *point) for edge, point in zip(edges.T.tolist(), zip(x, y, strict=True), strict=True)]
    assert side_signs(edges, x, y).tolist() == expected
    assert len(set(expected)) > 1
