"""Faces of a net, held against polygonizing in GEOS and counting by points."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from numpy.random import Generator
from shapely import MultiPolygon, Polygon, affinity, box

from geo.crossings import node
from geo.faces import faces_of
from geo.net import Net, assembled, net_of
from geo.owners import owners_of, sides
from geo.segments import as_shapes, segments_of

TOLERANCE = 1e-7
FRAME = Polygon([(0, 0), (30, 0), (30, 20), (0, 20)], [[(2, 2), (28, 2), (28, 18), (2, 18)]])


def net_from(*shapes: Polygon | MultiPolygon, parent: Polygon | MultiPolygon | None = None) -> Net:
    """The noded boundaries of shapes, and of a parent reversed."""
    drawn = segments_of(as_shapes(shapes), np.arange(len(shapes)))
    net = net_of(drawn)
    if parent is not None:
        border = net_of(segments_of(as_shapes([parent]), np.array([len(shapes)]), is_reversed=True))
        net = together(net, border)
    return node(net, tolerance=TOLERANCE)


def together(one: Net, other: Net) -> Net:
    first = len(one.xy)
    xy, number = np.unique(np.vstack([one.xy, other.xy]), axis=0, return_inverse=True)
    number = number.ravel()
    start = number[np.concatenate([one.starts, other.starts + first])]
    end = number[np.concatenate([one.ends, other.ends + first])]
    return assembled(xy, start, end, np.concatenate([one.owner, other.owner]))


def with_lines(net: Net, *lines: list[tuple[float, float]]) -> Net:
    """A net with open lines in it, which bound nothing."""
    xy, start, end = net.xy.tolist(), list(net.starts), list(net.ends)
    owner = list(net.owner)
    for line in lines:
        numbers = []
        for point in line:
            if list(point) not in xy:
                xy.append(list(point))
            numbers.append(xy.index(list(point)))
        for one, other in pairwise(numbers):
            # Forth and back: whatever cancels leaves its edge in the net.
            start += [one, other]
            end += [other, one]
            owner += [0, 0]
    return assembled(np.array(xy), np.array(start), np.array(end), np.array(owner))


def assert_faces(net: Net, *shapes: Polygon | MultiPolygon, parent: Polygon | MultiPolygon | None = None) -> None:
    """All faces of the net, their ground and winding numbers, by polygonizing and by points."""
    faces = faces_of(net)
    assert faces.winding[0] == 0
    numbers = np.arange(1, len(faces.winding))
    found = faces.polygons(numbers, net.xy)
    assert shapely.is_valid(found).all()
    lines = shapely.linestrings(np.stack([net.xy[net.low], net.xy[net.high]], axis=1))
    wanted = shapely.get_parts(shapely.polygonize(lines))
    assert sorted(shapely.area(found)) == pytest.approx(sorted(shapely.area(wanted)), rel=1e-9, abs=1e-9)
    points = shapely.point_on_surface(found)
    assert shapely.contains_properly(found, points).all()
    count = np.array([int(shapely.contains_properly(as_shapes(shapes), point).sum()) for point in points], dtype=int)
    if parent is not None:
        count -= shapely.contains_properly(parent, points)
    assert faces.winding[numbers].tolist() == count.tolist()
    assert_sides(net, faces.left, faces.right, faces.winding)


def assert_sides(net: Net, left: np.ndarray, right: np.ndarray, winding: np.ndarray) -> None:
    """Crossing an edge to its left adds its sum."""
    bounds = left >= 0
    assert (bounds == (right >= 0)).all()
    assert (winding[left[bounds]] - winding[right[bounds]] == net.sums[bounds]).all()


def random_mosaic(rng: Generator) -> list[Polygon | MultiPolygon]:
    shapes: list[Polygon | MultiPolygon] = []
    for _ in range(int(rng.integers(2, 9))):
        shape = affinity.rotate(box(0, 0, *rng.uniform(0.5, 12, 2)), float(rng.choice([0, 0, 30, 45])))
        shape = affinity.translate(shape, *rng.integers(0, 12, 2).tolist())
        if rng.random() < 0.3:
            hole = affinity.scale(shape, 0.5, 0.5)
            shape = Polygon(shape.exterior, [hole.exterior.coords])
        shapes.append(shape)
    return shapes


@pytest.mark.parametrize("seed", range(60))
def test_areas_and_windings_of_random_boundaries(seed: int) -> None:
    shapes = random_mosaic(np.random.default_rng(seed))
    parent = box(1, 1, 14, 13) if seed % 2 else None
    assert_faces(net_from(*shapes, parent=parent), *shapes, parent=parent)


def test_without_edges_there_is_only_the_ground_outside() -> None:
    faces = faces_of(net_from())
    assert faces.winding.tolist() == [0]


def test_nested_boundaries_are_faces_in_faces() -> None:
    rings = [box(n, n, 30 - n, 20 - n) for n in (0, 2, 4, 6)]
    assert_faces(net_from(*rings), *rings)
    apart = [FRAME, box(5, 5, 6, 6), Polygon(box(8, 5, 20, 15).exterior, [box(9, 6, 19, 14).exterior.coords])]
    inner = box(12, 8, 14, 10)
    assert_faces(net_from(*apart, inner), *apart, inner)


def test_a_part_beside_and_not_in_another_though_in_its_box() -> None:
    ell = Polygon([(0, 0), (20, 0), (20, 2), (2, 2), (2, 20), (0, 20)])
    shapes = [ell, box(8, 8, 9, 9), Polygon([(3, 3), (6, 3), (3, 6)])]
    assert_faces(net_from(*shapes), *shapes)


def test_the_smallest_face_round_a_part_is_the_one_it_lies_in() -> None:
    shapes = [box(0, 0, 30, 20), box(1, 1, 15, 19), box(2, 2, 10, 10), box(3, 3, 4, 4), box(20, 5, 22, 7)]
    net = net_from(*shapes)
    assert_faces(net, *shapes)
    faces = faces_of(net)
    holes = [len(shape.interiors) for shape in faces.polygons(np.arange(1, 6), net.xy)]
    assert sorted(holes) == [0, 0, 1, 1, 2]


def test_a_cycle_through_one_vertex_twice_is_a_valid_shape() -> None:
    # Two squares cut out of a third touch in a point, and each touches the outline in one.
    pinched = [box(2, 2, 5, 5), box(5, 5, 8, 8), Polygon([(0, 4), (2, 3), (2, 5)])]
    assert_faces(net_from(box(0, 0, 10, 10), *pinched), box(0, 0, 10, 10), *pinched)
    bow = [Polygon([(0, 0), (5, 5), (0, 10)]), Polygon([(10, 0), (10, 10), (5, 5)])]
    around = box(0, 0, 10, 10)
    assert_faces(net_from(*bow, parent=around), *bow, parent=around)


def test_a_gap_that_its_neighbours_pinch_off_is_two_faces_or_one_with_a_waist() -> None:
    ring = [Polygon([(0, 0), (10, 0), (5, 5)]), Polygon([(0, 10), (5, 5), (10, 10)])]
    net = net_from(*ring, parent=box(0, 0, 10, 10))
    faces = faces_of(net)
    gaps = faces.polygons(np.flatnonzero(faces.winding < 0), net.xy)
    assert shapely.area(gaps).tolist() == [25.0, 25.0]


@pytest.mark.parametrize(
    "line",
    [
        [(30, 20), (40, 25), (45, 20)],  # a dangle of two edges from a corner
        [(5, 5), (6, 6)],  # alone
        [(0, 0), (2, 2)],  # a bridge between two rings
        [(28, 18), (35, 19), (36, 30), (30, 20)],  # a ring of its own
    ],
)
def test_lines_that_bound_nothing_make_no_face(line: list[tuple[float, float]]) -> None:
    bare = net_from(FRAME)
    net = with_lines(bare, line)
    faces = faces_of(net)
    more = len(net.low) - len(bare.low)
    assert more > 0
    assert_sides(net, faces.left, faces.right, faces.winding)
    assert sorted(faces.winding.tolist()) == [0] * (len(faces.winding) - 1) + [1]
    shape = faces.polygons(np.flatnonzero(faces.winding == 1), net.xy)[0]
    assert shape.equals(FRAME)
    if line[-1] != (30, 20):
        assert (faces.left < 0).sum() == more


def test_a_bridge_between_two_rings_that_each_hold_something() -> None:
    shapes = [box(0, 0, 4, 4), box(6, 0, 10, 4), box(1, 1, 2, 2)]
    net = with_lines(net_from(*shapes), [(4, 4), (5, 5), (6, 4)], [(5, 5), (5, 7)])
    assert_faces(net, *shapes)


def test_long_and_short_cycles_are_walked_to_their_ends() -> None:
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    lake = Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * 50)
    shapes = [lake, *(box(x, 0, x + 1, 1) for x in range(-30, 30, 2)), affinity.scale(lake, 0.7, 0.6)]
    assert_faces(net_from(*shapes), *shapes)


@pytest.mark.parametrize("offset", [(500_000.0, 4_400_000.0), (-2e7, 3e6)])
def test_far_from_zero_the_faces_are_the_same(offset: tuple[float, float]) -> None:
    shapes = [affinity.translate(shape, *offset) for shape in random_mosaic(np.random.default_rng(4))]
    assert_faces(net_from(*shapes), *shapes)


def owned(*shapes: Polygon | MultiPolygon, parent: Polygon | MultiPolygon | None) -> set[tuple[tuple[int, ...], bool]]:
    """Owners and place of every faulty face, checked with points."""
    net = net_from(*shapes, parent=parent)
    faces = faces_of(net)
    numbers = np.flatnonzero(faces.winding != 0 if parent is not None else faces.winding > 1)
    polygons = faces.polygons(numbers, net.xy)
    cells = as_shapes(shapes)
    owners, inside = owners_of(net, faces, numbers, polygons, cells=cells, parent=parent)
    for polygon, own, is_in in zip(polygons, owners, inside.tolist(), strict=True):
        point = polygon.point_on_surface()
        assert own == tuple(np.flatnonzero(shapely.contains_properly(cells, point)).tolist())
        assert is_in == (parent is None or parent.contains(point))
    return set(zip(owners, inside.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_owners_are_those_over_a_point(seed: int) -> None:
    shapes = random_mosaic(np.random.default_rng(seed))
    parent = [None, box(1, 1, 14, 13), Polygon(box(0, 0, 15, 15).exterior, [box(4, 4, 9, 9).exterior.coords])][seed % 3]
    assert owned(*shapes, parent=parent)


def test_a_cell_over_a_face_whose_border_it_does_not_touch() -> None:
    wide, high = box(0, 0, 30, 20), box(1, 1, 29, 19)
    small = box(10, 8, 12, 10)
    assert owned(wide, high, small, parent=None) == {((0, 1), True), ((0, 1, 2), True)}
    # The face under the small one is bounded by that one alone; the parent is not near either.
    assert owned(wide, high, small, parent=wide) == {((0, 1), True), ((0, 1, 2), True)}


def test_far_outside_the_parent_owners_are_found_too() -> None:
    assert owned(box(40, 0, 60, 20), box(45, 5, 50, 10), parent=box(0, 0, 10, 10)) == {
        ((), True),
        ((0,), False),
        ((0, 1), False),
    }


def test_a_face_in_a_hole_of_the_parent_lies_outside() -> None:
    parent = Polygon(box(0, 0, 10, 10).exterior, [box(4, 4, 6, 6).exterior.coords])
    assert owned(box(0, 0, 10, 10), box(5, 5, 5.5, 5.5), parent=parent) == {((0,), False), ((0, 1), False)}


def test_a_point_on_a_border_is_tried_elsewhere() -> None:
    # The border between the lower cells is agreed on, so the net does not have it, and it halves the face.
    lid, left, right = box(2, 8, 18, 12), box(0, 0, 10, 20), box(10, 0, 20, 20)
    net = net_from(lid, box(0, 0, 20, 20))
    faces = faces_of(net)
    numbers = np.flatnonzero(faces.winding == 2)
    polygons = faces.polygons(numbers, net.xy)
    assert polygons[0].point_on_surface().x == 10
    (owners,), _ = owners_of(net, faces, numbers, polygons, cells=as_shapes([lid, left, right]), parent=None)
    assert owners in {(0, 1), (0, 2)}


def test_sides_of_a_face_are_the_copies_along_it() -> None:
    one, other = box(0, 0, 4, 4), box(2, 0, 6, 4)
    net = net_from(one, other)
    faces = faces_of(net)
    numbers = np.flatnonzero(faces.winding == 2)
    (toward_face, toward), (away_face, away) = sides(net, faces, numbers)
    assert set(toward_face.tolist()) == {0}
    # The face is 2 by 4: above and below both cells end, left the second one, right the first one.
    assert sorted(net.owner[toward].tolist()) == [0, 0, 0, 1, 1, 1]
    assert len(away_face) == len(away) == 0
    only_first = np.flatnonzero(faces.winding == 1)
    (_, towards), (_, away) = sides(net, faces, only_first)
    assert len(towards) == 6
    assert sorted(net.owner[away].tolist()) == [0, 1]
