"""Boundaries as directed segments with the inside to the left, and keys that tell them apart."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, affinity, box

from geo.rings import rings_in_blocks
from geo.segments import Segments, as_shapes, joined, segment_keys, segments_of, vertex_hash

SQUARE = Polygon([(0, 0), (4, 0), (4, 3), (0, 3)])
HOLE = [(1, 1), (2, 1), (2, 2), (1, 2)]
UTM = (500_000.0, 4_400_000.0)


def directed(*shapes: Polygon | MultiPolygon, is_reversed: bool = False) -> Counter[tuple[float, ...]]:
    """Segments as plain numbers, each with how often it runs."""
    found = segments_of(as_shapes(shapes), np.arange(len(shapes)), is_reversed=is_reversed)
    return Counter(map(tuple, np.hstack([found.start, found.end]).tolist()))


def round_the_ring(*points: tuple[float, float]) -> Counter[tuple[float, ...]]:
    return Counter((*one, *other) for one, other in pairwise([*points, points[0]]))


def exact_area(found: Segments) -> Fraction:
    """Twice the area to the left, without any rounding."""
    rows = np.hstack([found.start, found.end]).tolist()
    return sum((Fraction(ax) * Fraction(by) - Fraction(bx) * Fraction(ay) for ax, ay, bx, by in rows), Fraction(0))


@pytest.mark.parametrize("shape", [SQUARE, SQUARE.reverse(), shapely.normalize(SQUARE)])
def test_a_shell_runs_anticlockwise_however_it_was_drawn(shape: Polygon) -> None:
    assert directed(shape) == round_the_ring((0, 0), (4, 0), (4, 3), (0, 3))
    assert directed(shape, is_reversed=True) == round_the_ring((0, 3), (4, 3), (4, 0), (0, 0))


@pytest.mark.parametrize("ring", [HOLE, HOLE[::-1]])
def test_a_hole_runs_clockwise_however_it_was_drawn(ring: list[tuple[float, float]]) -> None:
    inner = directed(Polygon(SQUARE.exterior, [ring])) - directed(SQUARE)
    assert inner == round_the_ring((1, 2), (2, 2), (2, 1), (1, 1))


def test_every_part_has_its_own_shell_and_holes() -> None:
    island = affinity.translate(SQUARE, 10, 0)
    parts = MultiPolygon([Polygon(SQUARE.exterior, [HOLE]), island.reverse()])
    assert directed(parts) == directed(Polygon(SQUARE.exterior, [HOLE])) + directed(island)


def test_segments_stand_in_the_order_of_cells_rings_and_vertices() -> None:
    holed = Polygon(SQUARE.exterior, [HOLE])
    shapes = as_shapes([box(9, 9, 10, 10), holed, MultiPolygon([SQUARE, affinity.translate(SQUARE, 10, 0)])])
    found = segments_of(shapes, np.array([7, 3, 5]))
    keys, counts = segment_keys(shapes)
    assert counts.tolist() == [4, 8, 8]
    assert found.owner.tolist() == [7] * 4 + [3] * 8 + [5] * 8
    assert found.key.tolist() == keys.tolist()
    middle = (found.start + found.end)[4:12] / 2
    assert middle.tolist() == [[2, 0], [4, 1.5], [2, 3], [0, 1.5], [1.5, 1], [2, 1.5], [1.5, 2], [1, 1.5]]


def test_neighbours_have_the_same_keys_but_for_the_direction() -> None:
    one, other = SQUARE, Polygon([(4, 3), (4, 0), (8, 0)])
    keys = {}
    for shape in (one, other.reverse()):
        found = segments_of(as_shapes([shape]), np.zeros(1, dtype=np.int64))
        on_border = (found.start[:, 0] == 4) & (found.end[:, 0] == 4)
        (keys[shape],) = found.key[on_border].tolist()
    first, second = keys.values()
    assert first ^ second == 1
    forth, _ = segment_keys(as_shapes([one]))
    back, _ = segment_keys(as_shapes([one]), is_reversed=True)
    assert (forth ^ np.uint64(1)).tolist() == back.tolist()


def test_negative_zeros_and_repeated_points_change_nothing() -> None:
    drawn = Polygon([(-0.0, -0.0), (4, -0.0), (4, 0.0), (4, 3), (4, 3), (-0.0, 3), (0.0, 0.0)])
    assert directed(drawn) == directed(SQUARE)
    assert sorted(segment_keys(as_shapes([drawn]))[0]) == sorted(segment_keys(as_shapes([SQUARE]))[0])


@pytest.mark.parametrize("offset", [(0.0, 0.0), UTM, (-2e7, 2e7), (1e9, -1e9)])
def test_large_offsets_do_not_turn_a_ring(offset: tuple[float, float]) -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        ring = np.column_stack([np.cos(angle), np.sin(angle)]) * 0.01 + offset
        # Whatever is left of a ring of a centimetre at this offset; rounding may have crossed it.
        shape = Polygon(ring)
        if not shape.is_valid or shape.area == 0:
            continue
        for drawn in (shape, shape.reverse()):
            assert exact_area(segments_of(as_shapes([drawn]), np.zeros(1, dtype=np.int64))) > 0


def test_needles_whose_area_owes_its_sign_to_rounding_are_turned_right() -> None:
    rng = np.random.default_rng(5)
    needles = []
    while len(needles) < 300:
        start = rng.uniform(-1, 1, 2) * 100 + UTM
        end = start + rng.uniform(-1, 1, 2) * 1000
        # The rounding of the tip is all that the needle is wide.
        shape = Polygon([start, end, start + (end - start) * rng.uniform(0.2, 0.8)])
        if shape.is_valid:
            needles.append(shape if rng.random() < 0.5 else shape.reverse())
    found = segments_of(as_shapes(needles), np.arange(len(needles)))
    areas = [exact_area(found.chosen(found.owner == number)) for number in range(len(needles))]
    assert min(areas) > 0
    assert max(areas) < 1e-5


def test_cells_are_read_in_blocks_without_a_seam() -> None:
    cells = [box(x, y, x + 1, y + 1) for x in range(70) for y in range(70)]
    cells[1999] = MultiPolygon([cells[1999], box(-5, -5, -4, -4)])
    cells[2000] = Polygon(box(80, 80, 90, 90).exterior, [HOLE + np.array([82.0, 82.0])])
    shapes = as_shapes(cells)
    assert [first for first, _ in rings_in_blocks(shapes)] == [0, 2000, 4000]
    keys, counts = segment_keys(shapes)
    assert counts.tolist() == [8 if number in (1999, 2000) else 4 for number in range(4900)]
    alone = [segment_keys(shapes[[number]])[0] for number in range(4900)]
    assert keys.tolist() == np.concatenate(alone).tolist()
    found = segments_of(shapes, np.arange(4900))
    assert found.owner.tolist() == np.repeat(np.arange(4900), counts).tolist()


def test_no_cells_have_no_segments() -> None:
    keys, counts = segment_keys(as_shapes([]))
    assert (len(keys), len(counts)) == (0, 0)
    assert len(segments_of(as_shapes([]), np.empty(0, dtype=np.int64)).key) == 0


def test_some_segments_and_several_sets_of_them() -> None:
    found = segments_of(as_shapes([SQUARE]), np.array([4]))
    halves = [found.chosen(np.array([2, 3])), found.chosen(np.array([True, True, False, False]))]
    again = joined(halves)
    assert again.key.tolist() == found.key[[2, 3, 0, 1]].tolist()
    assert again.start.tolist() == found.start[[2, 3, 0, 1]].tolist()
    assert again.owner.tolist() == [4] * 4


def test_vertices_that_differ_in_one_bit_or_in_order_have_other_numbers() -> None:
    rng = np.random.default_rng(9)
    xy = rng.uniform(-1, 1, (20_000, 2)) + UTM
    above = np.nextafter(xy, np.inf)
    every = [xy, np.column_stack([above[:, 0], xy[:, 1]]), np.column_stack([xy[:, 0], above[:, 1]]), xy[:, ::-1]]
    numbers = vertex_hash(np.ascontiguousarray(np.concatenate(every)))
    assert len(np.unique(numbers)) == len(np.unique(np.concatenate(every), axis=0))
    assert vertex_hash(xy.copy()).tolist() == numbers[: len(xy)].tolist()
