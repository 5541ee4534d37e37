"""Edits of nine squares in a community whose border has a vertex every two metres."""

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, Polygon, box

from geo.chain import CannotReshape
from geo.reshape import carve, give, merge, move_border, split
from geo.reshape_gap import fill
from geo.reshaped import Division, Reshaped
from geo.residual import prove
from geo.segments import as_shapes
from tests.geo.laid import laid_town, square_division

SQUARES = square_division()
SOUTH_WEST, SOUTH, MIDDLE, NORTH_EAST = 0, 1, 4, 8
NEW = 9


def after(division: Division, reshaped: Reshaped) -> np.ndarray:
    """The cells as they are after an edit, without those that are no more."""
    cells: list[object] = list(division.cells)
    for number, shape in sorted({**reshaped.changed, **reshaped.refined}.items()):
        if number < len(cells):
            cells[number] = shape
        else:
            cells.append(shape)
    return as_shapes(cell for cell in cells if cell is not None)


def assert_exact(reshaped: Reshaped, division: Division = SQUARES) -> None:
    cells = after(division, reshaped)
    assert prove(cells, division.parent).is_exact
    assert all(isinstance(cell, Polygon) for cell in cells)
    # Whatever is not named is the same object, and what is only refined has its old vertices in their order.
    for number, shape in reshaped.refined.items():
        old, new = (shapely.get_coordinates(cell) for cell in (division.cells[number], shape))
        kept = (new[:, None] == old[None]).all(axis=2).any(axis=1)
        assert np.array_equal(new[kept], old)


def ends_on_chain(reshaped: Reshaped, one: int, other: int) -> bool:
    line = shapely.line_merge(shapely.intersection(reshaped.changed[one], reshaped.changed[other]))
    chain = shapely.get_coordinates(SQUARES.parent)
    ends = shapely.get_coordinates(shapely.boundary(line))
    near = shapely.distance(shapely.points(ends), SQUARES.parent.boundary) < 1e-6
    return all((chain == end).all(axis=1).any() for end in ends[near])


def test_a_split_puts_its_ends_into_the_neighbours() -> None:
    done = split(SQUARES, MIDDLE, LineString([(90, 150.3), (210, 149)]))
    assert set(done.changed) == {MIDDLE, NEW}
    assert set(done.refined) == {3, 5}
    assert done.changed[MIDDLE].area > done.changed[NEW].area
    assert_exact(done)


@pytest.mark.parametrize("line", [[(50.3, -5), (50.7, 120)], [(50.3, 0), (50.7, 120)], [(50.3, 0.9), (50.7, 99.2)]])
def test_a_split_ends_on_a_vertex_of_the_parent(line: list[tuple[float, float]]) -> None:
    done = split(SQUARES, SOUTH_WEST, LineString(line))
    assert ends_on_chain(done, SOUTH_WEST, NEW)
    # Only the last bit turned aside: the line keeps its place.
    cut = shapely.intersection(done.changed[SOUTH_WEST], done.changed[NEW])
    assert shapely.distance(cut, shapely.Point(50.31, 1.3)) < 0.02
    assert_exact(done)


def test_a_split_at_a_corner_of_the_parent_and_through_vertices() -> None:
    done = split(SQUARES, SOUTH_WEST, LineString([(0, 0), (100, 100)]))
    assert done.refined == {}
    assert done.changed[NEW].area == pytest.approx(5000)
    assert_exact(done)


def test_several_lines_make_several_pieces_in_order_of_size() -> None:
    lines = MultiLineString([[(120, 90), (120, 210)], [(170, 90), (170, 210)], [(110, 150), (210, 150)]])
    done = split(SQUARES, MIDDLE, lines)
    # The third line ends inside the first piece: its loose end cuts nothing.
    assert [round(done.changed[number].area) for number in (NEW, 10, 11, 12)] == [2500, 2000, 1500, 1500]
    assert done.changed[MIDDLE].area == pytest.approx(2500)
    assert_exact(done)


def test_a_cell_with_a_hole_is_split_on_both_sides_of_it() -> None:
    island = carve(SQUARES, box(120, 120, 160, 160))
    division = Division(after(SQUARES, island), SQUARES.parent, SQUARES.precision)
    assert len(division.cells[MIDDLE].interiors) == 1
    done = split(division, MIDDLE, LineString([(90, 140), (210, 141)]))
    assert set(done.changed) == {MIDDLE, 10}
    assert NEW in done.refined
    assert_exact(done, division)


def test_a_cell_that_touches_itself_is_split_through_the_pinch() -> None:
    inner = Polygon([(10, 0), (12, 4), (8, 4)])
    outer = Polygon(
        [(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)], [shapely.get_coordinates(inner)[::-1].tolist()]
    )
    parent = Polygon([(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)])
    division = Division(as_shapes([outer, inner]), parent, SQUARES.precision)
    done = split(division, 0, LineString([(10, 4), (10, 10)]))
    assert {number: round(shape.area) for number, shape in done.changed.items()} == {0: 96, 2: 96}
    assert_exact(done, division)


@pytest.mark.parametrize(
    "line",
    [
        [(150, 90), (150, 160)],  # ends inside
        [(90, 90), (100, 100), (90, 110)],  # touches a corner only
        [(100, 100), (200, 100)],  # runs along the border
        [(400, 400), (500, 500)],  # somewhere else
    ],
)
def test_a_line_that_parts_nothing_is_refused(line: list[tuple[float, float]]) -> None:
    with pytest.raises(CannotReshape) as refusal:
        split(SQUARES, MIDDLE, LineString(line))
    assert refusal.value.nearest is not None
    assert "没有把网格分开" in refusal.value.zh


def test_a_sliver_is_refused() -> None:
    with pytest.raises(CannotReshape, match="less than"):
        split(SQUARES, MIDDLE, LineString([(90, 100.02), (210, 100.02)]))


def test_a_line_too_far_from_the_vertices_of_a_coarse_parent_is_refused() -> None:
    coarse = square_division(step_m=10.0)
    with pytest.raises(CannotReshape) as refusal:
        split(coarse, SOUTH_WEST, LineString([(54, -5), (54, 120)]))
    assert refusal.value.nearest == (50.0, 0.0)


def test_cells_are_merged_and_their_common_border_is_gone() -> None:
    done = merge(SQUARES, [0, 1, 4], 4)
    assert done.changed[0] is None
    assert done.changed[1] is None
    assert done.changed[4].area == pytest.approx(30_000)
    assert done.refined == {}
    assert_exact(done)


@pytest.mark.parametrize("cells", [[0, 8], [0, 4]])
def test_cells_that_share_no_border_are_not_merged(cells: list[int]) -> None:
    with pytest.raises(CannotReshape):
        merge(SQUARES, cells, cells[0])


def test_a_ring_of_cells_is_merged_round_the_one_in_the_middle() -> None:
    done = merge(SQUARES, [0, 1, 2, 3, 5, 6, 7, 8], 0)
    assert len(done.changed[0].interiors) == 1
    assert_exact(done)


def test_a_strip_through_six_cells_gives_every_neighbour_its_vertices() -> None:
    done = carve(SQUARES, box(-10, 95, 310, 105))
    assert set(done.changed) == {0, 1, 2, 3, 4, 5, NEW}
    assert done.pieces == ()
    assert_exact(done)


def test_a_strip_that_cuts_cells_off_says_who_takes_what() -> None:
    strip = Polygon([(-5, 50), (250, 60), (250, 75), (-5, 70)])
    done = carve(SQUARES, strip)
    assert [(piece.cell, piece.taker) for piece in done.pieces] == [(1, 4), (0, 3)]
    assert_exact(done)
    named = carve(SQUARES, strip, takers=[((150, 90), 2)])
    assert [(piece.cell, piece.taker, piece.is_named) for piece in named.pieces] == [(1, 2, True), (0, 3, False)]
    assert_exact(named)
    with pytest.raises(CannotReshape, match="does not border"):
        carve(SQUARES, strip, takers=[((150, 90), 8)])


def test_a_strip_of_nine_cells_in_a_real_layout() -> None:
    division = laid_town().division(1)
    middle = shapely.get_coordinates(division.parent.centroid)[0]
    bar = box(middle[0] - 0.012, middle[1] - 1.2e-4, middle[0] + 0.012, middle[1] + 1.2e-4)
    done = carve(division, bar)
    assert len(done.changed) >= 9
    assert_exact(done, division)


def test_an_island_is_carved_out_of_one_cell() -> None:
    done = carve(SQUARES, box(20, 20, 40, 40))
    assert len(done.changed[SOUTH_WEST].interiors) == 1
    assert_exact(done)


def test_ground_goes_to_a_cell_beside_it() -> None:
    done = give(SQUARES, box(80, 20, 150, 40), SOUTH_WEST)
    assert done.changed[SOUTH_WEST].area == pytest.approx(11_000)
    assert_exact(done)


def test_a_whole_cell_is_given_away() -> None:
    done = give(SQUARES, box(95, 95, 205, 205), 1)
    assert done.changed[MIDDLE] is None
    assert_exact(done)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (box(220, 220, 250, 250), "does not adjoin"),
        (box(10, 10, 20, 20), "No ground of another grid"),
        (box(400, 400, 410, 410), "No ground of another grid"),
        (Polygon([(90, 10), (120, 40), (120, 10), (90, 40)]), "not valid"),
        (Polygon([(90, 10), (120, 10), (90, 10)]), "not valid"),
        (box(100, 10, 100.01, 90), "less than|too small"),
    ],
)
def test_ground_that_cannot_be_given_is_refused(shape: Polygon, reason: str) -> None:
    with pytest.raises(CannotReshape, match=reason):
        give(SQUARES, shape, SOUTH_WEST)


@pytest.mark.parametrize(
    ("line", "area"),
    [
        ([(100, 20), (120, 50), (100, 80)], 10_600),  # between two places on the border
        ([(110.4, -3), (110, 103)], 11_020),  # from outline to outline
        ([(100, 50), (110.4, -3)], 10_245),  # from the border to the outline
        ([(100, 0), (90, 50), (100, 100)], 9_500),  # its ends are nodes already
        ([(101, 20), (120, 50), (99, 80)], 10_600),  # it begins and ends a little beside
    ],
)
def test_a_border_follows_a_line(line: list[tuple[float, float]], area: float) -> None:
    done = move_border(SQUARES, 0, 1, LineString(line))
    assert done.changed[0].area == pytest.approx(area, abs=1)
    assert done.changed[0].area + done.changed[1].area == pytest.approx(20_000)
    assert_exact(done)


@pytest.mark.parametrize(
    "line",
    [
        [(100, 20), (100, 80)],  # the same
        [(100, 20), (250, 50), (100, 80)],  # through a third cell
        [(100, 20), (130, 50)],  # ends inside
    ],
)
def test_a_line_that_is_no_border_is_refused(line: list[tuple[float, float]]) -> None:
    with pytest.raises(CannotReshape):
        move_border(SQUARES, 0, 1, LineString(line))


def test_a_gap_goes_to_a_neighbour() -> None:
    division = Division(np.delete(SQUARES.cells, MIDDLE), SQUARES.parent, SQUARES.precision)
    done = fill(division, (150, 150), 1)
    assert set(done.changed) == {1}
    assert done.changed[1].area == pytest.approx(20_000)
    assert_exact(done, division)
    with pytest.raises(CannotReshape) as refusal:
        fill(division, (50, 50), 1)
    assert refusal.value.nearest == (150.0, 150.0)
    with pytest.raises(CannotReshape, match="does not adjoin"):
        fill(division, (150, 150), SOUTH_WEST)


def test_cells_that_overlap_are_to_be_repaired_first() -> None:
    cells = SQUARES.cells.copy()
    cells[MIDDLE] = box(95, 100, 200, 200)
    division = Division(cells, SQUARES.parent, SQUARES.precision)
    with pytest.raises(CannotReshape, match="overlap"):
        carve(division, box(80, 120, 120, 180))


def test_a_stored_strip_that_runs_out_over_the_border_leaves_the_parent_as_it_is() -> None:
    division = laid_town().division(0)
    border = shapely.get_coordinates(division.parent)
    inside = shapely.get_coordinates(division.parent.centroid)[0]
    for place in range(0, len(border), 400):
        way = (inside - border[place]) * 0.1
        line = LineString([border[place] - way + 3e-6, border[place] + way])
        done = carve(division, line.buffer(8e-5, cap_style="flat"))
        assert_exact(done, division)


def test_neighbours_whose_vertices_do_not_match_are_merged_all_the_same() -> None:
    cells = SQUARES.cells.copy()
    corners = shapely.get_coordinates(cells[MIDDLE]).tolist()
    place = next(index for index, xy in enumerate(corners[:-1]) if {xy[0], corners[index + 1][0]} == {100.0})
    cells[MIDDLE] = Polygon([*corners[: place + 1], (100, 150), *corners[place + 1 :]])
    division = Division(cells, SQUARES.parent, SQUARES.precision)
    assert not prove(cells, SQUARES.parent).is_exact
    done = merge(division, [3, MIDDLE], 3)
    assert done.changed[3].area == pytest.approx(20_000)
    assert_exact(done, division)
    given = give(division, box(90, 140, 120, 160), 3)
    assert_exact(given, division)
