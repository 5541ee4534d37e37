"""The first cell that a point touches, overlap or not."""

import numpy as np
from shapely import box

from geo.locate import NOWHERE
from geo.segments import as_shapes
from geo.touching import lowest_touching


def test_of_overlapping_cells_the_first_answers() -> None:
    cells = as_shapes([box(0, 0, 10, 10), box(5, 0, 15, 10)])
    answers = lowest_touching(cells, np.array([5.0, 7, 12, 20, np.nan]), np.array([5.0, 5, 5, 5, 5]))
    assert answers.cell.tolist() == [0, 0, 1, NOWHERE, NOWHERE]
    assert answers.on_border.tolist() == [True, False, False, False, False]


def test_answers_are_those_of_each_point_alone() -> None:
    rng = np.random.default_rng(3)
    cells = as_shapes([box(x, y, x + 1.5, y + 1) for x in range(8) for y in range(8) if (x * y) % 5])
    x, y = np.vstack([rng.uniform(-1, 10, (400, 2)), rng.integers(-2, 20, (400, 2)) / 2]).T
    answers = lowest_touching(cells, x, y)
    for number, (px, py) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        touching = [
            n for n, (west, south, east, north) in enumerate(cell.bounds for cell in cells)
            if west <= px <= east and south <= py <= north
        ]  # fmt: skip
        assert answers.cell[number] == min(touching, default=NOWHERE)


def test_nothing_to_ask_and_nowhere_to_be() -> None:
    nothing = np.empty(0)
    assert len(lowest_touching(as_shapes([box(0, 0, 1, 1)]), nothing, nothing).cell) == 0
    assert lowest_touching(as_shapes([]), np.zeros(1), np.zeros(1)).cell.tolist() == [NOWHERE]
