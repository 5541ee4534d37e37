"""New boundaries are sums of old ones and of the borders of faces."""

from collections import Counter

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from geo.faults import Faults, faults_of
from geo.lines import Lines
from geo.rebuild import FixedParent, Material, material_of, rebuild
from geo.residual import prove
from geo.segments import as_shapes

Shape = Polygon | MultiPolygon
TOLERANCE = 1e-7
PARENT = box(0, 0, 20, 10)


def material(*cells: Shape, parent: Shape = PARENT) -> Material:
    shapes = as_shapes(cells)
    faults = faults_of(shapes, parent, tolerance=TOLERANCE)
    assert faults is not None
    return material_of(shapes, parent, faults, range(len(cells)))


def face_of(faults: Faults, *owners: int, inside: bool = True) -> int:
    (found,) = [n for n, own in enumerate(faults.owners) if own == owners and faults.is_inside[n] == inside]
    return found


def lines(*edges: tuple[int, int, int]) -> Lines:
    xy = np.random.default_rng(1).uniform(0, 1, (9, 2))
    start, end, owner = np.array(edges, dtype=np.int64).reshape(-1, 3).T
    return Lines(xy, start, end, owner)


def counted(found: Lines) -> Counter[tuple[int, int, int]]:
    return Counter(zip(found.start.tolist(), found.end.tolist(), found.owner.tolist(), strict=True))


def test_opposite_edges_of_one_owner_cancel_and_of_two_do_not() -> None:
    summed = lines((1, 2, 0), (2, 1, 0), (3, 4, 0), (4, 3, 1), (5, 6, 1), (6, 5, 1), (5, 6, 1)).summed()
    assert counted(summed) == {(3, 4, 0): 1, (4, 3, 1): 1, (5, 6, 1): 1}
    assert counted(lines().summed()) == {}


def test_an_edge_that_became_a_point_is_gone() -> None:
    assert counted(lines((2, 2, 0), (2, 3, 0)).summed()) == {(2, 3, 0): 1}


def test_more_edges_are_put_behind() -> None:
    more = lines((1, 2, 0)).with_more(np.array([2]), np.array([3]), np.array([1]))
    assert (more.start.tolist(), more.end.tolist(), more.owner.tolist()) == ([1, 2], [2, 3], [0, 1])


@pytest.mark.parametrize("seed", range(20))
def test_sums_are_those_of_a_plain_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = [(int(a), int(b), int(c)) for a, b, c in rng.integers(0, (5, 5, 3), (40, 3))]
    sums: Counter[tuple[int, int, int]] = Counter()
    for start, end, owner in edges:
        sums[min(start, end), max(start, end), owner] += (start < end) - (start > end)
    wanted = {(a, b, c) if total > 0 else (b, a, c): 1 for (a, b, c), total in sums.items() if total}
    assert counted(lines(*edges).summed()) == wanted


def test_each_face_goes_to_one_cell_and_the_rest_stays() -> None:
    one, other, away = box(0, 0, 12, 10), box(8, 0, 15, 10), box(16, 0, 20, 10)
    made = material(one, other, away)
    shared, gap = face_of(made.faults, 0, 1), face_of(made.faults)
    for winner, areas in ((0, [120.0, 40.0]), (1, [80.0, 80.0])):
        winners: list[int | None] = [None, None]
        winners[shared], winners[gap] = winner, 1
        built = rebuild(made, winners, [True, True])
        assert shapely.area(built.shapes).tolist() == [*areas, 40.0]
        assert prove(built.shapes, built.parent, is_strict=True).is_exact
        # Who keeps all that it had is untouched, and so is who only looks on.
        assert built.changed.tolist() == ([1] if winner == 0 else [0, 1])
        assert built.shapes[2] is away


def test_nothing_changes_where_nothing_is_settled() -> None:
    one, other = box(0, 0, 12, 10), box(8, 0, 20, 10)
    made = material(one, other)
    built = rebuild(made, [None], [False])
    assert [shape.equals(before) for shape, before in zip(built.shapes, (one, other), strict=True)] == [True, True]
    assert built.parent.equals(PARENT)


def test_ground_that_nobody_keeps_is_taken_from_all() -> None:
    made = material(box(0, -2, 10, 10), box(8, -2, 20, 10))
    winners: list[int | None] = [None] * len(made.faults.numbers)
    winners[face_of(made.faults, 0, 1)] = 0
    built = rebuild(made, winners, [True] * len(winners))
    assert shapely.area(built.shapes).tolist() == [100.0, 100.0]
    assert prove(built.shapes, built.parent, is_strict=True).is_exact


def test_new_cells_stand_behind_the_others() -> None:
    made = material(box(0, 0, 5, 10), box(8, 0, 12, 10), box(15, 0, 20, 10))
    first, second = sorted(range(2), key=lambda number: made.faults.polygons[number].bounds)
    winners: list[int | None] = [None, None]
    winners[first], winners[second] = 4, 3
    built = rebuild(made, winners, [True, True])
    assert [shape.bounds for shape in built.shapes[3:]] == [(12, 0, 15, 10), (5, 0, 8, 10)]
    assert prove(built.shapes, built.parent, is_strict=True).is_exact
    assert {3, 4} <= set(built.changed.tolist())


def test_a_cell_that_loses_all_is_empty() -> None:
    made = material(PARENT, box(5, 5, 8, 8))
    built = rebuild(made, [0], [True])
    assert built.shapes[1].is_empty
    assert built.shapes[0] is PARENT
    kept = rebuild(made, [1], [True])
    assert kept.shapes[0].equals(PARENT.difference(box(5, 5, 8, 8)))
    assert kept.shapes[1].equals(box(5, 5, 8, 8))


def test_what_has_not_changed_since_is_taken_from_before() -> None:
    one, other, third = box(0, 0, 8, 10), box(6, 0, 14, 10), box(12, 0, 20, 10)
    made = material(one, other, third)
    left, right = face_of(made.faults, 0, 1), face_of(made.faults, 1, 2)
    winners: list[int | None] = [None, None]
    winners[left], winners[right] = 0, 1
    before = rebuild(made, winners, [True, True])
    winners[right] = 2
    after = rebuild(made, winners, [True, True], previous=before)
    fresh = rebuild(made, winners, [True, True])
    assert after.shapes[0] is before.shapes[0]
    assert after.shapes[1] is not before.shapes[1]
    assert shapely.equals(after.shapes, fresh.shapes).all()
    assert after.marks.tolist() == fresh.marks.tolist()


def test_the_parent_takes_in_a_vertex_only_where_two_cells_meet() -> None:
    # The cells meet at x = 10; the first one reaches over the parent with corners at 3 and 5.
    over = Polygon([(0, 0), (10, 0), (10, 10), (5, 10), (5, 12), (3, 12), (3, 10), (0, 10)])
    made = material(over, box(10, 0, 20, 10))
    (face,) = range(len(made.faults.numbers))
    built = rebuild(made, [None], [True])
    assert made.faults.owners[face] == (0,)
    corners = {tuple(point) for point in shapely.get_coordinates(built.parent).tolist()}
    assert corners == {(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)}
    assert {tuple(point) for point in shapely.get_coordinates(built.shapes[0]).tolist()} == {
        (0, 0),
        (10, 0),
        (10, 10),
        (0, 10),
    }
    assert prove(built.shapes, built.parent, is_strict=True).is_exact


def test_a_fixed_parent_takes_none_and_borders_end_on_the_nearer_vertex() -> None:
    chain = Polygon([(x, 0) for x in range(0, 21, 2)] + [(x, 10) for x in range(20, -1, -2)])
    cells = (box(0, 0, 9.3, 10), box(8.2, 0, 20, 10))
    made = material(*cells, parent=chain)
    for winner, x, end in ((0, 9.3, 10.0), (1, 8.2, 8.0)):
        built = rebuild(made, [winner], [True], fixed=FixedParent(np.inf))
        assert built.parent is chain
        assert prove(built.shapes, chain, is_strict=True).is_exact
        common = shapely.line_merge(shapely.intersection(*built.shapes))
        # Only the ends turn aside, a quarter of the way that they shift.
        assert shapely.get_coordinates(common)[[0, -1], 0].tolist() == [end, end]
        assert shapely.length(shapely.intersection(common, shapely.LineString([(x, 0), (x, 10)]))) > 10 - 0.5
        assert sorted(built.shifts.start.tolist()) == [[x, 0.0], [x, 10.0]]


def test_a_vertex_that_two_cells_agree_on_moves_for_both() -> None:
    # A third corner lies too close to it: both neighbours must follow though nothing else is wrong with them.
    low, high = box(0, 0, 10, 5), box(0, 5, 10, 10)
    right = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10 + 4e-8, 5)])
    made = material(low, high, right)
    built = rebuild(made, [], [])
    assert prove(built.shapes, built.parent, is_strict=True).is_exact
    assert not shapely.is_empty(built.shapes).any()


def test_a_hole_stays_a_hole_and_parts_stay_parts() -> None:
    holed = Polygon(box(0, 0, 12, 10).exterior, [box(2, 2, 4, 4).exterior.coords])
    island = box(2, 2, 4, 4)
    parts = MultiPolygon([box(8, 0, 16, 10), box(18, 0, 20, 10)])
    last = box(16, 0, 18, 10)
    made = material(holed, island, parts, last)
    built = rebuild(made, [0], [True])
    assert len(built.shapes[0].interiors) == 1
    assert built.shapes[1] is island
    assert shapely.get_num_geometries(built.shapes[2]) == 2
    assert built.shapes[2].area == 60
    assert prove(built.shapes, built.parent, is_strict=True).is_exact


def test_ground_closed_in_by_parts_that_touch_is_not_theirs() -> None:
    # Both parts of the first cell touch in two points; the kite between them is another cell's.
    left = Polygon([(1, 0), (10, 2), (6, 5), (10, 8), (1, 10)])
    right = Polygon([(20, 0), (20, 10), (10, 8), (14, 5), (10, 2)])
    kite = Polygon([(10, 2), (14, 5), (10, 8), (6, 5)])
    below, above = Polygon([(1, 0), (20, 0), (10, 2)]), Polygon([(1, 10), (10, 8), (20, 10)])
    made = material(MultiPolygon([left, right]), kite, below, above)
    built = rebuild(made, [0], [True])
    assert shapely.is_valid(built.shapes).all()
    assert shapely.get_num_geometries(built.shapes).tolist() == [2, 1, 1, 1]
    assert shapely.area(built.shapes) == pytest.approx([left.area + 10 + right.area, 24.0, 19.0, 19.0], rel=1e-12)
    assert prove(built.shapes, built.parent, is_strict=True).is_exact
