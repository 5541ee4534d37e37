import time

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, box

from geo.locate import NOWHERE, CellIndex

CELLS = [box(0, 0, 10, 10), box(10, 0, 20, 10), box(30, 0, 40, 10).difference(box(33, 3, 36, 6))]


def locate(cells: list[shapely.Geometry], *points: tuple[float, float]) -> list[tuple[int, bool]]:
    xy = np.array(points, dtype=float).reshape(-1, 2)
    answers = CellIndex(cells).locate(xy[:, 0], xy[:, 1])
    return list(zip(answers.cell.tolist(), answers.on_border.tolist(), strict=True))


@pytest.mark.parametrize(
    ("point", "answer"),
    [
        ((5, 5), (0, False)),
        ((15, 5), (1, False)),
        ((10, 5), (0, True)),
        ((10, 0), (0, True)),
        ((20, 5), (1, True)),
        ((0, 0), (0, True)),
        ((25, 5), (NOWHERE, False)),
        ((34, 4), (NOWHERE, False)),
        ((33, 4), (2, True)),
        ((31, 1), (2, False)),
        ((np.nan, 5), (NOWHERE, False)),
        ((5, np.inf), (NOWHERE, False)),
    ],
)
def test_a_point_belongs_to_the_lowest_touching_cell(point: tuple[float, float], answer: tuple[int, bool]) -> None:
    assert locate(CELLS, point) == [answer]


def test_the_order_of_cells_is_the_rank() -> None:
    assert locate(CELLS[::-1], (10, 5)) == [(1, True)]


def test_inside_one_cell_and_on_the_border_of_another() -> None:
    assert locate([box(0, 0, 10, 10), box(5, 0, 15, 10)], (5, 5), (7, 5)) == [(0, True), (0, False)]


def test_pieces_of_a_cell_are_one() -> None:
    assert locate([MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)])], (0.5, 0.5), (5.5, 5.5), (3, 3)) == [
        (0, False),
        (0, False),
        (NOWHERE, False),
    ]


def test_neighbours_by_one_bit_of_a_border() -> None:
    x = 121.5
    cells = [box(121.4, 25, x, 25.1), box(x, 25, 121.6, 25.1)]
    left, right = float(np.nextafter(x, 0)), float(np.nextafter(x, 200))
    assert locate(cells, (left, 25.05), (x, 25.05), (right, 25.05)) == [(0, False), (0, True), (1, False)]


def test_no_cells_and_no_points() -> None:
    assert locate([], (1, 1)) == [(NOWHERE, False)]
    assert locate(CELLS) == []


def test_answers_agree_with_the_slow_way() -> None:
    rng = np.random.default_rng(3)
    cells = [box(x, y, x + 1, y + 1) for x in range(12) for y in range(12) if (x * y) % 7]
    # Half of the points on a lattice, so that edges and corners are hit.
    xy = np.vstack([rng.uniform(-1, 13, (500, 2)), rng.integers(-2, 26, (500, 2)) / 2])
    expected = []
    for x, y in xy:
        point = shapely.Point(x, y)
        touching = [index for index, cell in enumerate(cells) if cell.intersects(point)]
        expected.append((min(touching, default=NOWHERE), any(cells[index].touches(point) for index in touching)))
    assert locate(cells, *map(tuple, xy)) == expected


def test_many_points_take_little_time() -> None:
    rng = np.random.default_rng(5)
    cells = [box(x, y, x + 1, y + 1) for x in range(100) for y in range(100)]
    xy = rng.uniform(0, 100, (300_000, 2))
    begun = time.perf_counter()
    answers = CellIndex(cells).locate(xy[:, 0], xy[:, 1])
    assert time.perf_counter() - begun < 20
    assert np.array_equal(answers.cell, np.floor(xy[:, 0]) * 100 + np.floor(xy[:, 1]))
