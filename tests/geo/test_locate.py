"""Point to cell: the raster, the walk and the way for one point against the slow way, on points that are hard."""

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import MultiPolygon, box

import geo.cell_table
from geo.cell_edges import DoubtfulCells
from geo.cell_table import Lattice
from geo.locate import NOWHERE, CellIndex
from geo.locate_one import locator
from geo.segments import as_shapes
from geo.touching import lowest_touching
from tests.geo.layers import LAYERS, lattice_of_boxes
from tests.points import hard_points
from tests.points.squares import corners_on_centre_lines, level_on_centre_lines

TOLERANCE = 1e-9
CELLS = [box(0, 0, 10, 10), box(10, 0, 20, 10), box(30, 0, 40, 10).difference(box(33, 3, 36, 6))]


def index_of(*cells: shapely.Geometry) -> CellIndex:
    return CellIndex.of(cells, tolerance=TOLERANCE)


def located(cells: list[shapely.Geometry], *points: tuple[float, float]) -> list[tuple[int, bool]]:
    xy = np.array(points, dtype=float).reshape(-1, 2)
    index = index_of(*cells)
    answers = index.locate(xy[:, 0], xy[:, 1])
    pairs = list(zip(answers.cell.tolist(), answers.on_border.tolist(), strict=True))
    if index.table is not None:
        one = locator(index.table)
        assert [one(x, y) for x, y in xy.tolist()] == pairs
    return pairs


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
        ((1e300, -1e300), (NOWHERE, False)),
    ],
)
def test_a_point_belongs_to_the_lowest_touching_cell(point: tuple[float, float], answer: tuple[int, bool]) -> None:
    assert located(CELLS, point) == [answer]


def test_the_order_of_cells_is_the_rank() -> None:
    assert located(CELLS[::-1], (10, 5)) == [(1, True)]


def test_pieces_of_a_cell_are_one() -> None:
    assert located([MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)])], (0.5, 0.5), (5.5, 5.5), (3, 3)) == [
        (0, False),
        (0, False),
        (NOWHERE, False),
    ]


def test_neighbours_by_one_bit_of_a_border() -> None:
    x = 121.5
    cells = [box(121.4, 25, x, 25.1), box(x, 25, 121.6, 25.1)]
    left, right = float(np.nextafter(x, 0)), float(np.nextafter(x, 200))
    assert located(cells, (left, 25.05), (x, 25.05), (right, 25.05)) == [(0, False), (0, True), (1, False)]


def test_no_cells_and_no_points() -> None:
    assert located([], (1, 1)) == [(NOWHERE, False)]
    assert located(CELLS) == []


@pytest.mark.parametrize("squares", [5, 16])
@pytest.mark.parametrize("name", LAYERS)
def test_hard_points_have_the_answers_of_the_slow_way(name: str, squares: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geo.cell_table, "_TO_A_CELL", squares)
    agree_on_hard_points(LAYERS[name](), np.random.default_rng([squares, 7]))


@pytest.mark.parametrize("squares", [5, 16, 30])
@pytest.mark.parametrize("cells_with", [level_on_centre_lines, corners_on_centre_lines])
def test_edges_and_corners_on_centre_lines_are_no_exception(
    cells_with: Callable[..., NDArray[np.object_]], squares: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geo.cell_table, "_TO_A_CELL", squares)
    cells = cells_with(squares=squares)
    lattice = agree_on_hard_points(cells, np.random.default_rng([squares, 8]))
    x, y = shapely.get_coordinates(cells).T
    on_centre_lines = np.isin(x, lattice.centre_x(lattice.column(x))) | np.isin(y, lattice.centre_y(lattice.row(y)))
    assert on_centre_lines.sum() > 100


def agree_on_hard_points(cells: NDArray[np.object_], rng: Generator) -> Lattice:
    """Compare bulk, one at a time, and GEOS; returns where the raster lies."""
    index = index_of(*cells)
    assert index.table is not None
    x, y = hard_points(cells, index.table.lattice, rng, count=1_000).T.copy()
    answers, slow = index.locate(x, y), lowest_touching(cells, x, y)
    assert answers.cell.tolist() == slow.cell.tolist()
    assert answers.on_border.tolist() == slow.on_border.tolist()
    one = locator(index.table)
    asked = rng.integers(len(x), size=3_000)
    pairs = [one(float(x[number]), float(y[number])) for number in asked]
    assert pairs == list(zip(answers.cell[asked].tolist(), answers.on_border[asked].tolist(), strict=True))
    return index.table.lattice


def test_a_level_edge_on_a_centre_line_parts_what_lies_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # The middle border runs exactly through the centres of a row of squares.
    monkeypatch.setattr(geo.cell_table, "_BEFORE", (1.25, 1.5))
    monkeypatch.setattr(geo.cell_table, "_TO_A_CELL", 4)
    cells = as_shapes([box(0, 0, 4, 4), box(0, 4, 4, 8)])
    index = index_of(*cells)
    assert index.table is not None
    lattice = index.table.lattice
    assert 4.0 in lattice.centre_y(np.arange(lattice.rows)).tolist()
    x = np.tile(np.linspace(-1, 5, 81), 3)
    y = np.repeat([np.nextafter(4.0, 0), 4.0, np.nextafter(4.0, 9)], 81)
    assert index.locate(x, y).cell.tolist() == lowest_touching(cells, x, y).cell.tolist()


def test_a_crossing_at_a_centre_shifts_the_raster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geo.cell_table, "_BEFORE", (1.5, 1.25))
    monkeypatch.setattr(geo.cell_table, "_TO_A_CELL", 4)
    plain = geo.cell_table._lattice(
        geo.cell_table.Edges(np.array([[0.0, 0, 0, 8], [8, 0, 8, 8]]), np.zeros((2, 2), np.int32)), 8.0
    )
    index = index_of(box(0, 0, 8, 8))
    assert index.table is not None
    assert (index.table.lattice.x0, index.table.lattice.size) != (plain.x0, plain.size)
    x, y = np.random.default_rng(0).uniform(-1, 9, (2, 500))
    assert index.locate(x, y).cell.tolist() == lowest_touching(as_shapes([box(0, 0, 8, 8)]), x, y).cell.tolist()


@pytest.mark.parametrize(
    ("cells", "doubtful"),
    [
        ((box(0, 0, 10, 10), box(5, 0, 15, 10), box(15, 0, 20, 10)), (0, 1)),
        ((box(0, 0, 10, 10), box(20, 0, 30, 10), box(0, 0, 10, 10)), (0, 2)),
        ((box(0, 0, 10, 10), box(2, 2, 4, 4)), (0, 1)),
        # One has a vertex on the common border that the other has not.
        ((box(0, 0, 10, 10), box(10, 0, 20, 5), box(10, 5, 20, 10)), (0, 1, 2)),
        ((box(0, 0, 10, 10), box(10 + 1e-10, 0, 20, 10)), (0, 1)),
        ((box(0, 0, 1, 1),) * 3, (0, 1, 2)),
    ],
)
def test_doubtful_cells_are_named(cells: tuple[shapely.Geometry, ...], doubtful: tuple[int, ...]) -> None:
    with pytest.raises(DoubtfulCells, match=f"^{len(doubtful)} cells overlap") as refusal:
        index_of(*cells)
    assert refusal.value.cells == doubtful


def test_many_points_on_a_lattice_of_boxes() -> None:
    cells = lattice_of_boxes(np.arange(0.0, 51.0))
    xy = np.random.default_rng(5).uniform(0, 50, (200_000, 2))
    answers = index_of(*cells).locate(xy[:, 0], xy[:, 1])
    assert np.array_equal(answers.cell, np.floor(xy[:, 0]) * 50 + np.floor(xy[:, 1]))
