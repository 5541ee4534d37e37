"""The repair: every rule, every reason for a person, and what comes of it."""

from typing import Any

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

import geo.repair
from geo.claims import NOBODY
from geo.errors import GeometryProblem
from geo.repair import LogEntry, Repair, RepairRules, repair
from geo.residual import Proof, prove

TOLERANCES = (1e-7, 1e-5, 1e-4, 1e-3)
PARENT = box(0, 0, 20, 10)
A, B = box(0, 0, 12, 10), box(8, 0, 20, 10)
# Rows that fill the parent but for x from 10 to 12.
LEFT, RIGHT, UPPER_RIGHT = box(0, 0, 10, 10), box(12, 0, 20, 7), box(12, 7, 20, 10)
BARS = (box(0, 4, 20, 6), box(9, 0, 11, 10))
CORNERS = (box(0, 0, 9, 4), box(11, 0, 20, 4), box(0, 6, 9, 10), box(11, 6, 20, 10))
Shape = Polygon | MultiPolygon


def mended(
    *cells: Shape, parent: Shape = PARENT, buildings: tuple[Polygon, ...] = (), fixed: bool = False, **rules: Any
) -> Repair:
    result = repair(
        cells,
        parent,
        tolerances=TOLERANCES,
        rules=RepairRules(**rules),
        buildings=buildings,
        is_parent_fixed=fixed,
    )
    assert result.open_faces == sum(entry.rule == "person" for entry in result.log)
    if result.is_proved:
        assert prove(result.cells, result.parent, is_strict=True).is_exact
        assert result.open_faces == 0
    for index, before in enumerate(cells):
        assert (result.cells[index] is before) is (index not in result.changed)
    assert [entry.face for entry in result.log] == list(range(len(result.log)))
    return result


def only(result: Repair) -> LogEntry:
    (entry,) = result.log
    return entry


def areas(result: Repair) -> list[float]:
    return [round(cell.area, 6) for cell in result.cells]


def reasons(result: Repair) -> list[str]:
    return sorted(entry.reason for entry in result.log if entry.rule == "person")


def test_what_is_proved_comes_back_as_it_is() -> None:
    cells, parent = (box(0, 0, 1, 1), box(1, 0, 2, 1)), box(0, 0, 2, 1).segmentize(1.0)
    result = repair(cells, parent, tolerances=TOLERANCES, buildings=[box(0.5, 0.5, 1.5, 1)])
    assert result == Repair(cells, parent)
    assert (result.is_proved, result.tolerance, result.changed, result.log) == (True, 0.0, (), ())
    assert result.cells[0] is cells[0]
    assert result.parent is parent


def test_a_repair_of_a_repair_changes_nothing() -> None:
    first = mended(A, B)
    again = repair(first.cells, first.parent, tolerances=TOLERANCES)
    assert again.changed == () == again.log
    assert all(one is other for one, other in zip(first.cells, again.cells, strict=True))


def test_the_log_tells_of_every_face() -> None:
    result = mended(box(-1, 0, 11, 10), box(9, 0, 15, 10), box(16, 0, 20, 10))
    entries = {entry.kind: entry for entry in result.log}
    assert (result.is_proved, result.tolerance, areas(result)) == (True, 1e-7, [110.0, 50.0, 40.0])
    overlap, gap, outside = entries["overlap"], entries["gap"], entries["overshoot"]
    assert (overlap.owners, overlap.area, overlap.rule, overlap.winner) == ((0, 1), 20.0, "rank", 0)
    assert overlap.candidates == ((0, 10.0), (1, 10.0))
    assert (gap.owners, gap.candidates, gap.rule, gap.winner) == ((), ((1, 10.0), (2, 10.0)), "longest_border", 1)
    assert (outside.owners, outside.candidates, outside.rule, outside.winner) == ((0,), (), "parent", None)
    assert gap.geometry.equals(box(15, 0, 16, 10))
    assert {entry.reason for entry in result.log} == {""}


def test_the_first_cell_keeps_an_overlap() -> None:
    assert areas(mended(A, B)) == [120.0, 80.0]
    assert areas(mended(B, A)) == [120.0, 80.0]


def test_the_cell_that_loses_the_larger_share_keeps_an_overlap() -> None:
    small = box(8, 4, 13, 6)
    around = box(9, 0, 20, 10).difference(box(9, 4, 13, 6))
    result = mended(box(0, 0, 9, 10), small, around, overlap_rule="share")
    assert (only(result).rule, only(result).winner) == ("share", 1)
    assert areas(result) == [88.0, 10.0, 102.0]


def test_the_cell_with_the_longest_border_keeps_an_overlap() -> None:
    # The overlap hangs on the second cell by three sides, on the first one by one.
    first, second = box(0, 0, 12, 10).difference(box(10, 0, 12, 8)), box(10, 0, 20, 10)
    assert only(mended(first, second)).winner == 0
    result = mended(first, second, overlap_rule="border")
    assert (only(result).rule, only(result).winner, only(result).candidates) == ("border", 1, ((1, 4.0), (0, 2.0)))


def test_a_named_cell_keeps_overlaps() -> None:
    result = mended(A, B, keep=(1,))
    assert (only(result).rule, areas(result)) == ("named", [80.0, 120.0])


def test_a_gap_goes_whole_along_the_longest_border() -> None:
    result = mended(RIGHT, UPPER_RIGHT, LEFT)
    assert (only(result).winner, areas(result)) == (2, [56.0, 24.0, 120.0])


def test_a_named_cell_takes_gaps() -> None:
    result = mended(LEFT, RIGHT, UPPER_RIGHT, gap_to=2)
    assert (only(result).rule, areas(result)) == ("named", [100.0, 56.0, 44.0])


def test_a_large_gap_becomes_a_cell() -> None:
    result = mended(LEFT, RIGHT, UPPER_RIGHT, new_cell_min_area=20.0)
    assert (only(result).rule, only(result).winner, areas(result)) == ("new_cell", 3, [100.0, 56.0, 24.0, 20.0])
    assert result.is_proved
    assert 3 in result.changed
    assert len(mended(LEFT, RIGHT, UPPER_RIGHT, new_cell_min_area=20.1).cells) == 3


def test_without_cells_the_whole_area_can_become_one() -> None:
    assert reasons(mended()) == ["no_neighbour"]
    result = mended(new_cell_min_area=0.0)
    assert (result.is_proved, areas(result)) == (True, [200.0])


def test_large_faces_are_left_as_they_are() -> None:
    result = mended(A, box(8, 0, 19, 10), max_auto_area=20.0)
    assert (result.is_proved, result.open_faces, reasons(result)) == (False, 1, ["too_large"])
    # The gap was small enough and is closed all the same.
    assert areas(result) == [120.0, 120.0]


def test_duplicates_are_for_a_person() -> None:
    for rules in ({}, {"contained": "keep"}, {"keep": (1,)}):
        result = mended(LEFT, LEFT, box(10, 0, 20, 10), **rules)
        assert (result.is_proved, reasons(result), areas(result)) == (False, ["duplicate"], [100.0, 100.0, 100.0])


def test_a_cell_inside_another_is_for_a_person_unless_it_keeps() -> None:
    inner = box(3, 3, 5, 5)
    assert reasons(mended(PARENT, inner)) == ["contained"]
    result = mended(PARENT, inner, contained="keep")
    assert (only(result).rule, areas(result)) == ("contained", [196.0, 4.0])
    assert len(result.cells[0].interiors) == 1
    assert result.cells[1] is inner


def test_what_would_empty_a_cell_is_for_a_person() -> None:
    lid = box(8, 4, 12, 6)
    result = mended(LEFT, box(10, 0, 20, 10), lid)
    assert (result.is_proved, reasons(result)) == (False, ["would_empty", "would_empty"])
    assert mended(LEFT, box(10, 0, 20, 10), lid, keep=(2,)).is_proved


def test_a_cell_wholly_outside_is_for_a_person() -> None:
    away = box(30, 0, 40, 10)
    result = mended(PARENT, away)
    assert (result.is_proved, reasons(result), areas(result)) == (False, ["would_empty"], [200.0, 100.0])


def test_what_would_split_one_goes_to_the_next_and_then_to_a_person() -> None:
    # The bar is cut in two without the crossing; the cell that only dips into it is not.
    dipping = box(9, 5, 11, 10)
    result = mended(dipping, box(0, 4, 20, 6), box(0, 0, 20, 4), *CORNERS[2:])
    assert (only(result).winner, result.is_proved) == (0, True)
    through = mended(BARS[1], BARS[0], *CORNERS)
    assert (through.is_proved, reasons(through)) == (False, ["would_split"])


def test_a_crossing_goes_to_the_bar_that_it_would_cut() -> None:
    # Ranked behind, but the first one only loses an end.
    pole = box(9, 0, 11, 6)
    result = mended(pole, BARS[0], *CORNERS[:2], box(0, 6, 20, 10))
    assert (only(result).winner, only(result).rule, result.is_proved) == (1, "next_best", True)
    assert shapely.get_num_geometries(list(result.cells)).tolist() == [1] * 5


def test_two_faces_that_part_a_cell_together_do_not_part_it() -> None:
    # Each of the first two cells cuts off one side of the third one's middle; only both together part it.
    first, second, third = box(4, 0, 5, 20), box(5, 0, 6, 20), box(0, 0, 10, 10)
    result = mended(first, second, third, box(0, 10, 4, 20), box(6, 10, 10, 20), parent=box(0, 0, 10, 20))
    if result.is_proved:
        assert shapely.get_num_geometries(list(result.cells)).tolist() == [1] * 5
    else:
        assert reasons(result) == ["would_split"] * result.open_faces


def test_a_gap_that_would_be_a_part_of_its_own_goes_to_the_next() -> None:
    # By a person's word the named cell loses what it has along the gap.
    cells = (box(4, 0, 8, 12), box(0, 0, 8, 10), box(0, 10, 4, 12), box(9, 0, 20, 12))
    result = mended(*cells, parent=box(0, 0, 20, 12), gap_to=1, decisions={0: 0})
    assert [(entry.kind, entry.winner) for entry in result.log] == [("overlap", 0), ("gap", 0)]
    assert (result.is_proved, areas(result)) == (True, [60.0, 40.0, 8.0, 132.0])


def test_too_many_cells_in_one_place_are_for_a_person() -> None:
    piled = [box(0, 0, 12 + n / 100, 10) for n in range(51)]
    result = mended(*piled, box(12, 0, 20, 10))
    assert "crowded" in reasons(result)
    assert not result.is_proved


def test_a_building_in_an_overlap_stays_whole() -> None:
    in_second = box(9, 4, 13, 6)
    result = mended(A, B, buildings=(in_second,))
    assert (only(result).winner, only(result).rule, result.is_proved) == (1, "next_best", True)
    assert result.cells[1].covers(in_second)


def test_buildings_that_ask_for_different_cells_are_for_a_person() -> None:
    result = mended(A, B, buildings=(box(9, 4, 13, 6), box(7, 1, 11, 2)))
    assert (result.is_proved, reasons(result)) == (False, ["would_cut_building"])


def test_a_building_that_no_cell_held_hinders_nothing() -> None:
    result = mended(A, B, buildings=(box(6, 4, 14, 6),))
    assert (only(result).winner, result.is_proved) == (0, True)


def test_a_building_over_two_gaps_goes_to_one_cell() -> None:
    # The wall between the gaps is the second cell's; left alone, the upper gap goes to the first one.
    cells = (LEFT, shapely.union_all([box(12, 0, 20, 5.1), box(10, 4.9, 12, 5.1)]), box(12, 5.1, 20, 10))
    assert sorted(entry.winner for entry in mended(*cells).log) == [0, 1]
    building = box(10.5, 4, 11.5, 6)
    result = mended(*cells, buildings=(building,))
    assert ([entry.winner for entry in result.log], result.is_proved) == ([1, 1], True)
    assert result.cells[1].covers(building)


def test_a_building_that_only_leans_on_a_face_is_not_in_it() -> None:
    leaning = box(12, 4, 14, 6).union(box(12 - 1e-9, 4, 12, 6))
    assert only(mended(A, B, buildings=(leaning,))).winner == 0


def test_a_person_decides() -> None:
    first = mended(A, B, LEFT.difference(LEFT.buffer(-1)), max_auto_area=0.0)
    assert first.open_faces == len(first.log)
    result = mended(A, B, decisions={0: 1})
    assert (only(result).rule, only(result).winner, areas(result)) == ("decision", 1, [80.0, 120.0])


def test_a_persons_word_that_would_part_a_cell_comes_back_to_the_person() -> None:
    result = mended(BARS[1], BARS[0], *CORNERS, decisions={0: 1})
    assert reasons(result) == ["would_split"]
    assert shapely.get_num_geometries(list(result.cells))[:2].tolist() == [1, 1]


def test_a_persons_word_that_would_empty_a_cell_comes_back_to_the_person() -> None:
    result = mended(LEFT, LEFT, box(10, 0, 20, 10), decisions={0: 1})
    assert (reasons(result), areas(result)) == (["would_empty"], [100.0, 100.0, 100.0])


@pytest.mark.parametrize("decisions", [{1: 0}, {-1: 0}, {0: 2}, {0: -2}])
def test_a_decision_on_what_there_is_not_is_refused(decisions: dict[int, int]) -> None:
    with pytest.raises(GeometryProblem, match="newest log"):
        mended(A, B, decisions=decisions)


def test_a_repair_needs_a_tolerance() -> None:
    with pytest.raises(ValueError, match="tolerance"):
        repair([A, B], PARENT, tolerances=())


@pytest.mark.parametrize("broken", [None, Polygon(), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), shapely.Point(0, 0)])
def test_what_has_no_inside_is_not_repaired(broken: Any) -> None:
    with pytest.raises(GeometryProblem, match="number 1"):
        repair([A, broken], PARENT, tolerances=TOLERANCES)
    with pytest.raises(GeometryProblem, match="border of the area"):
        repair([A], broken, tolerances=TOLERANCES)


def test_the_parent_of_a_file_takes_in_what_it_needs_and_nothing_else() -> None:
    result = mended(LEFT, box(10, 0, 20, 10))
    added = {tuple(point) for point in shapely.get_coordinates(result.parent).tolist()} - {
        tuple(point) for point in shapely.get_coordinates(PARENT).tolist()
    }
    assert added == {(10.0, 0.0), (10.0, 10.0)}
    assert result.parent.equals(PARENT)
    assert result.cells[0] is LEFT
    assert result.log == ()
    assert result.is_proved


def test_a_fixed_parent_is_the_same_bit_by_bit() -> None:
    chain = PARENT.segmentize(2.0)
    result = mended(box(0, 0, 8.9, 10), box(7.7, 0, 20, 10), parent=chain, fixed=True)
    assert result.is_proved
    assert result.parent is chain
    corners = shapely.get_coordinates(chain)
    on_border = shapely.get_coordinates(list(result.cells))
    on_border = on_border[np.isin(on_border[:, 1], (0.0, 10.0))]
    assert {tuple(point) for point in on_border.tolist()} <= {tuple(point) for point in corners.tolist()}
    # All but its ends keeps its place.
    assert result.cells[0].bounds[2] == 8.9


@pytest.mark.parametrize("fixed", [True, False])
def test_a_vertex_of_the_parent_stays_though_its_own_edges_are_all_agreed_on(fixed: bool) -> None:
    # Of the vertex at (10, 0) and the near one the latter is used by more of what is left over.
    chain, near = PARENT.segmentize(2.0), (10, 5e-8)
    around = shapely.get_coordinates(chain)[:-1]
    east = [tuple(point) for point in around[around[:, 0] >= 10].tolist()]
    west = [tuple(point) for point in around[around[:, 0] <= 10].tolist()]
    first = Polygon([*west[west.index((10, 0)) :], *west[: west.index((10, 0))]])
    turned = [*east[east.index((10, 0)) :], *east[: east.index((10, 0))]]
    second, third = Polygon([*turned, (11, 5), near]), Polygon([near, (10.9, 5), (10.1, 8)])
    result = mended(first, second, third, parent=chain, fixed=fixed)
    assert result.is_proved
    assert {tuple(point) for point in around.tolist()} <= {
        tuple(point) for point in shapely.get_coordinates(result.parent).tolist()
    }
    assert (result.parent is chain) or not fixed


def test_new_vertices_of_stored_coordinates_have_nine_decimals() -> None:
    x, y = 119.18, 32.27
    ring = [(x, y), (x + 2e-5, y), (x + 4e-5, y), (x + 4e-5, y + 2e-5), (x + 2e-5, y + 2e-5), (x, y + 2e-5)]
    chain = Polygon(np.round(ring, 9))
    first = Polygon(np.round([(x, y), (x + 2.3e-5, y), (x + 1.71e-5, y + 2e-5), (x, y + 2e-5)], 9))
    second = Polygon(np.round([(x + 1.83e-5, y), ring[2], ring[3], (x + 2.217e-5, y + 2e-5)], 9))
    result = repair(
        [first, second], chain, tolerances=(2e-9, 5e-9, 2e-8), decimals=9, is_parent_fixed=True, buildings=()
    )
    assert {entry.kind for entry in result.log} == {"gap", "overlap"}
    assert result.is_proved
    assert result.parent is chain
    coordinates = shapely.get_coordinates(list(result.cells))
    assert (np.round(coordinates, 9) == coordinates).all()


def test_the_next_tolerance_is_tried_where_one_gives_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    # A sliver of 5 micrometres: a face for the first tolerance, one line for the second.
    cells = (Polygon([(0, 0), (10, 0), (10 - 5e-6, 5), (10, 10), (0, 10)]), box(10, 0, 20, 10))
    assert len(mended(*cells).log) == 1
    asked: list[int] = []

    def refusing_once(*arguments: Any) -> Proof:
        asked.append(1)
        return prove(*arguments) if len(asked) > 1 else Proof(False, 2, 9, 1)

    monkeypatch.setattr(geo.repair, "prove", refusing_once)
    result = repair(cells, PARENT, tolerances=TOLERANCES)
    assert (result.is_proved, result.tolerance, result.log) == (True, 1e-5, ())
    monkeypatch.setattr(geo.repair, "prove", lambda *_: Proof(False, 2, 9, 1))
    last = repair(cells, PARENT, tolerances=TOLERANCES)
    assert (last.is_proved, last.tolerance, last.open_faces) == (False, 1e-3, 0)


def test_faces_for_a_person_end_the_search_for_a_tolerance() -> None:
    assert mended(LEFT, LEFT, box(10, 0, 20, 10)).tolerance == 1e-7


def test_cells_beside_an_open_face_keep_their_ground() -> None:
    result = mended(A, B, max_auto_area=1.0)
    assert not result.is_proved
    for before, after in zip((A, B), result.cells, strict=True):
        assert before.equals(after)


def test_cells_beside_an_open_gap_keep_their_corners_on_the_parents_border() -> None:
    cells = (box(0, 0, 5, 10), box(8, 0, 14, 10), box(13, 0, 20, 10))
    result = mended(*cells, max_auto_area=20.0, keep=(2,))
    assert [(entry.kind, entry.rule, entry.reason) for entry in result.log] == [
        ("overlap", "named", ""),
        ("gap", "person", "too_large"),
    ]
    assert areas(result) == [50.0, 50.0, 70.0]


def test_a_corner_within_the_tolerance_of_an_agreed_border_ends_on_it_for_all() -> None:
    below, above, over = box(0, -10, 20, 0), box(0, 0, 20, 10), Polygon([(10, 5e-8), (12, 5), (8, 5)])
    result = mended(below, above, over, parent=box(0, -10, 20, 10), contained="keep")
    assert result.is_proved
    assert areas(result) == [200.0, 190.0, 10.0]


def test_a_cell_of_two_parts_may_keep_both() -> None:
    both = MultiPolygon([box(0, 0, 5, 10), box(15, 0, 20, 10)])
    result = mended(both, box(4, 0, 16, 10), overlap_rule="rank")
    assert (result.is_proved, areas(result)) == (True, [100.0, 100.0])
    assert shapely.get_num_geometries(result.cells[0]) == 2
    # Ranked behind it keeps its two parts too, both a little smaller.
    other = mended(box(4, 0, 16, 10), both)
    assert (areas(other), shapely.get_num_geometries(other.cells[1])) == ([120.0, 80.0], 2)


def test_a_decision_does_not_part_a_cell_by_what_is_cut_off_elsewhere() -> None:
    # A reaches across the notch of the parent to a gap that nobody else is beside.
    parent = Polygon([(0, 0), (30, 0), (30, 20), (20, 20), (20, 10), (10, 10), (10, 20), (0, 20)])
    across, below = box(0, 12, 25, 20), Polygon([(0, 0), (30, 0), (30, 10), (10, 10), (10, 12), (0, 12)])
    cells = (across, below, box(20, 10, 30, 12))
    gap = [entry for entry in mended(*cells, parent=parent).log if entry.kind == "gap"]
    result = mended(*cells, parent=parent, decisions={gap[0].face: 0})
    assert shapely.get_num_geometries(list(result.cells)).tolist() == [1, 1, 1]
    assert reasons(result) == ["would_split"]


@pytest.mark.parametrize(("cells", "cell"), [((box(-2, 0, 10, 10), box(10, 0, 20, 10)), 1), ((A, B), NOBODY)])
def test_ground_outside_goes_to_nobody_and_ground_inside_to_somebody(cells: tuple[Shape, ...], cell: int) -> None:
    with pytest.raises(GeometryProblem, match="can only be taken off"):
        mended(*cells, decisions={0: cell})


def test_large_ground_outside_is_taken_off_by_a_persons_word() -> None:
    cells = (box(-9, 0, 10, 10), box(10, 0, 20, 10))
    asked = mended(*cells, max_auto_area=50.0)
    assert (reasons(asked), asked.cells[0].equals(cells[0])) == (["too_large"], True)
    result = mended(*cells, max_auto_area=50.0, decisions={0: NOBODY})
    assert (only(result).rule, result.is_proved, areas(result)) == ("decision", True, [100.0, 100.0])


def test_why_an_overlap_is_for_a_person_says_more_than_its_size() -> None:
    assert reasons(mended(LEFT, LEFT, box(10, 0, 20, 10), max_auto_area=1.0)) == ["duplicate"]


def test_new_cells_are_numbered_without_a_break() -> None:
    # A building keeps the first gap from becoming a cell.
    cells = (box(0, 0, 5, 10), box(8, 0, 12, 10), box(15, 0, 20, 10))
    result = mended(*cells, buildings=(box(4, 4, 6, 6),), new_cell_min_area=1.0)
    assert sorted((entry.rule, entry.winner, entry.reason) for entry in result.log) == [
        ("new_cell", 3, ""),
        ("next_best", 0, "would_cut_building"),
    ]
    assert (result.is_proved, areas(result)) == (True, [80.0, 40.0, 50.0, 30.0])


def test_only_the_end_of_a_border_turns_to_a_vertex_of_a_fixed_parent() -> None:
    chain, beside = PARENT.segmentize(2.0), box(10.2, 2.0, 10.95, 8.0)
    result = mended(box(0, 0, 11, 10), box(11, 0, 20, 10), parent=chain, fixed=True, buildings=(beside,))
    assert (result.is_proved, result.log, len(result.shifts)) == (True, (), 2)
    assert max(shift.length for shift in result.shifts) == 1.0
    assert result.cells[0].contains(beside)
    assert abs(result.cells[0].area - 110.0) <= 2 * 0.5 * 0.25 * 1.0


def test_a_shift_that_would_cut_a_building_proves_nothing() -> None:
    result = mended(
        box(0, 0, 11, 10),
        box(11, 0, 20, 10),
        parent=PARENT.segmentize(2.0),
        fixed=True,
        buildings=(box(10, 9, 11, 10),),
    )
    assert (result.is_proved, result.cut) == (False, (0,))


def test_a_border_whose_end_would_shift_too_far_is_for_a_person() -> None:
    cells = (box(0, 0, 8.9, 10), box(9.1, 0, 20, 10))
    result = repair(cells, PARENT, tolerances=TOLERANCES, is_parent_fixed=True, max_shift=1.5)
    assert (reasons(result), result.parent is PARENT) == (["would_shift"], True)
    for before, after in zip(cells, result.cells, strict=True):
        assert before.equals(after)


def test_a_face_under_a_building_excuses_no_shift() -> None:
    # The overlap under the building goes where it belongs; the end of the border beside it shifts all the same.
    chain, standing = PARENT.segmentize(2.0), box(10, 9, 11, 10)
    first, second = (
        box(0, 0, 11, 10),
        Polygon([(11, 0), (20, 0), (20, 10), (11, 10), (11, 9.5), (10.8, 9.4), (11, 9.3)]),
    )
    result = mended(first, second, parent=chain, fixed=True, buildings=(standing,))
    assert (only(result).winner, result.is_proved, result.cut) == (0, False, (0,))


def test_a_building_across_the_parents_border_is_no_reason_to_ask_a_person() -> None:
    result = mended(A, box(8, -1, 20, 10), buildings=(box(9, -0.5, 10, 3),))
    assert (result.is_proved, reasons(result)) == (True, [])


def test_a_cell_that_has_nowhere_to_end_is_named() -> None:
    cells = (box(0, 0, 9.7, 10), box(9.7, 0, 10.2, 10), box(10.2, 0, 20, 10))
    result = mended(*cells, parent=PARENT.segmentize(2.0), fixed=True)
    assert (result.is_proved, result.open_faces, result.broken) == (False, 0, (1,))


def test_a_cell_that_hangs_by_less_than_the_tolerance_is_named() -> None:
    # Its two halves hang by a strip of fifty nanometres along the border of the cells above and below.
    neck = 5 + 5e-8
    ring = [(0, 0), (4, 0), (4, 5), (6, 5), (6, 0), (20, 0), (20, 10), (6, 10), (6, neck), (4, neck), (4, 10), (0, 10)]
    result = mended(Polygon(ring), box(4, 0, 6, 5), box(4, 5, 6, 10))
    assert (result.is_proved, result.open_faces, result.broken) == (False, 0, (0,))
