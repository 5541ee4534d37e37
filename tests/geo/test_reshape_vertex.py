"""A vertex moves in every cell that has it, or not at all."""

import numpy as np
import pytest
import shapely

from geo.chain import CannotReshape
from geo.reshape_vertex import move_vertex
from geo.reshaped import Division
from tests.geo.laid import laid_town, square_division
from tests.geo.test_reshape import assert_exact

SQUARES = square_division()


def test_a_vertex_of_four_cells_moves_in_all_of_them() -> None:
    done = move_vertex(SQUARES, (100, 100), (110, 90))
    assert {number: round(cell.area) for number, cell in done.changed.items()} == {
        0: 10000,
        1: 9000,
        3: 11000,
        4: 10000,
    }
    assert_exact(done)


def test_rings_begin_where_they_began() -> None:
    done = move_vertex(SQUARES, (100.004, 100), (110, 90))
    for number, cell in done.changed.items():
        was, now = shapely.get_coordinates(SQUARES.cells[number]), shapely.get_coordinates(cell)
        differs = (was != now).any(axis=1)
        assert (was[differs] == (100, 100)).all()
        assert (now[differs] == (110, 90)).all()


def test_a_vertex_that_goes_to_its_neighbour_becomes_one_with_it() -> None:
    done = move_vertex(SQUARES, (100, 100), (100, 200))
    assert shapely.get_num_coordinates(done.changed[4]) == shapely.get_num_coordinates(SQUARES.cells[4]) - 1
    assert_exact(done)


@pytest.mark.parametrize("owners", [2, 3])
def test_stored_vertices_of_two_and_three_cells_move(owners: int) -> None:
    division = laid_town().division(0)
    xy, counts = np.unique(
        np.concatenate([np.unique(shapely.get_coordinates(cell), axis=0) for cell in division.cells]),
        axis=0,
        return_counts=True,
    )
    chain = shapely.get_coordinates(division.parent)
    inner = xy[(counts == owners) & ~np.isin(xy[:, 0], chain[:, 0])]
    at = inner[len(inner) // 2]
    done = move_vertex(division, tuple(at), tuple(at + 5e-6))
    assert len(done.changed) == owners
    assert_exact(done, division)


@pytest.mark.parametrize(
    ("at", "to", "reason"),
    [
        ((0, 100), (10, 100), "on the border of the area"),
        ((50, 100), (50, 110), "no vertex"),
        ((100, 100), (310, 110), "cross itself"),
        ((100, 100), (100, 100), "does not move"),
    ],
)
def test_what_cannot_move_is_refused(at: tuple[float, float], to: tuple[float, float], reason: str) -> None:
    with pytest.raises(CannotReshape, match=reason):
        move_vertex(SQUARES, at, to)


def test_beside_a_gap_a_vertex_may_take_only_open_ground() -> None:
    gap = Division(np.delete(SQUARES.cells, 4), SQUARES.parent, SQUARES.precision)
    done = move_vertex(gap, (100, 100), (110, 110))
    assert sum(cell.area for cell in done.changed.values()) > 30_000
    with pytest.raises(CannotReshape, match="lie over another"):
        move_vertex(gap, (100, 100), (210, 210))
