"""What is left when boundaries cancel, and the proof that nothing is."""

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, affinity, box

from geo.errors import GeometryProblem
from geo.residual import left_over, prove, require_valid, residual
from geo.segments import as_shapes, segment_keys

# Three cells around a node, one of them with an enclave in a hole, at map coordinates.
X, Y = 440_000.3, 4_420_000.7
ENCLAVE = box(X + 2, Y + 2, X + 3, Y + 4)
NODE = (X + 5.1, Y + 6.2)
CELLS = (
    Polygon([(X, Y), (X + 6, Y), NODE, (X, Y + 8)], [ENCLAVE.exterior.coords]),
    ENCLAVE,
    Polygon([(X + 6, Y), (X + 9, Y + 9), (X, Y + 8), NODE]),
)
PARENT = Polygon([(X, Y), (X + 6, Y), (X + 9, Y + 9), (X, Y + 8)])


def with_ordinate(value: float) -> Polygon:
    """A square with one ordinate that no parser would let in."""
    xy = shapely.get_coordinates(box(0, 0, 1, 1))
    xy[2, 0] = value
    return shapely.set_coordinates(as_shapes([box(0, 0, 1, 1)]), xy)[0]


def nudged() -> Iterator[tuple[tuple[Polygon, ...], Polygon]]:
    """The coverage with one ordinate of one vertex one bit off, every one in turn."""
    every = [*CELLS, PARENT]
    for number, shape in enumerate(every):
        xy = shapely.get_coordinates(shape)
        closing = np.cumsum([len(ring.coords) for ring in (shape.exterior, *shape.interiors)]) - 1
        opening = np.concatenate([[0], closing[:-1] + 1])
        for vertex in np.setdiff1d(np.arange(len(xy)), closing):
            for axis in (0, 1):
                for bound in (-math.inf, math.inf):
                    moved = xy.copy()
                    moved[vertex, axis] = np.nextafter(xy[vertex, axis], bound)
                    if vertex in opening:
                        moved[closing[list(opening).index(vertex)]] = moved[vertex]
                    off = shapely.set_coordinates(as_shapes([shapely.from_wkb(shape.wkb)]), moved)[0]
                    shapes = [*every[:number], off, *every[number + 1 :]]
                    yield tuple(shapes[:-1]), shapes[-1]


def is_exact(cells: tuple[Polygon, ...], parent: Polygon) -> bool:
    proofs = [prove(cells, parent, is_strict=is_strict) for is_strict in (False, True)]
    assert proofs[0] == proofs[1]
    return proofs[0].is_exact


def test_a_coverage_is_proved() -> None:
    for is_strict in (False, True):
        proof = prove(CELLS, PARENT, is_strict=is_strict)
        assert (proof.is_exact, proof.cells, proof.segments, proof.unmatched) == (True, 3, 16, 0)


def test_one_bit_of_one_coordinate_is_not_proved() -> None:
    cases = list(nudged())
    assert len(cases) == (4 + 4 + 4 + 4 + 4) * 2 * 2
    assert not any(is_exact(cells, parent) for cells, parent in cases)


def test_what_did_not_cancel_is_counted_with_every_copy() -> None:
    square = box(0, 0, 1, 1)
    # A square three times runs three times along each side, its parent once.
    assert prove([square] * 3, square).unmatched == 16
    assert prove([square] * 3, square, is_strict=True).unmatched == 16
    assert prove([], square).unmatched == 4
    assert prove([], square, is_strict=True).unmatched == 4
    assert prove([square], box(5, 5, 6, 6)).unmatched == 8


def test_ring_directions_starts_and_repeated_points_do_not_matter() -> None:
    turned = [shapely.normalize(CELLS[2]), CELLS[0].reverse(), CELLS[1]]
    repeated = Polygon(np.repeat(shapely.get_coordinates(PARENT), 2, axis=0))
    assert is_exact(tuple(turned), repeated)


def test_negative_zero_is_zero() -> None:
    assert is_exact((Polygon([(-0.0, -0.0), (1, 0), (1, 1)]), Polygon([(0, 0), (1, 1), (0, 1)])), box(0, -0.0, 1, 1))


def test_a_surplus_and_a_lack_of_the_same_shape_do_not_cancel() -> None:
    left, right = box(0, 0, 1, 1), box(1, 0, 2, 1)
    parent = Polygon([(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)])
    assert is_exact((left, right), parent)
    assert not is_exact((left, left), parent)


@pytest.mark.parametrize("is_strict", [False, True])
@pytest.mark.parametrize(
    "broken",
    [
        None,
        Polygon(),
        MultiPolygon(),
        Point(1, 1),
        LineString([(0, 0), (1, 1)]),
        GeometryCollection([box(0, 0, 1, 1)]),
        Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
        with_ordinate(math.nan),
        with_ordinate(math.inf),
        MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)]),
        Polygon([(0, 0), (1, 0), (1, 1)], [[(5, 5), (6, 5), (6, 6)]]),
    ],
    ids=lambda shape: shapely.to_wkt(shape)[:24] if shape is not None else "missing",
)
def test_no_proof_of_what_has_no_inside(broken: object, is_strict: bool) -> None:
    with pytest.raises(GeometryProblem) as refusal:
        prove([CELLS[0], broken, CELLS[1]], PARENT, is_strict=is_strict)  # type: ignore[list-item]
    assert "number 1 (" in refusal.value.en
    assert "第 1 (" in refusal.value.zh
    with pytest.raises(GeometryProblem, match="border of the area"):
        prove(CELLS, broken, is_strict=is_strict)  # type: ignore[arg-type]


def test_of_many_broken_cells_a_few_are_named() -> None:
    bowtie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryProblem) as refusal:
        require_valid(as_shapes([bowtie] * 9), PARENT)
    assert refusal.value.en.count("Self-intersection") == 5
    assert "9 shapes are not valid" in refusal.value.en
    assert "… 9" in refusal.value.en


def test_the_residual_has_every_copy_and_names_its_owners() -> None:
    a, b = box(0, 0, 1, 1), box(1, 0, 2, 1)
    untouched = box(5, 5, 6, 6)
    cells, parent = [a, untouched, b, b], MultiPolygon([shapely.union_all([a, b]), untouched])
    left = residual(as_shapes(cells), parent)
    # The second copy of b is one too many on all its sides, and what lies there too is told with it.
    assert Counter(left.owner.tolist()) == {0: 1, 2: 4, 3: 4, 4: 3}
    assert prove(cells, parent).unmatched == 12
    directed = np.hstack([left.start, left.end])[left.owner == 4]
    assert {(2.0, 1.0, 2.0, 0.0)} <= {tuple(row) for row in directed.tolist()}


def test_without_a_parent_the_outer_border_is_left() -> None:
    left = residual(as_shapes([box(0, 0, 1, 1), box(1, 0, 2, 1)]), None)
    assert Counter(left.owner.tolist()) == {0: 3, 1: 3}
    assert len(residual(as_shapes([]), None).key) == 0


def test_the_residual_of_a_proved_coverage_is_empty() -> None:
    assert len(residual(as_shapes(CELLS), PARENT).key) == 0


@given(numbers=st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=60), seed=st.integers(0, 99))
def test_what_is_left_over_is_what_a_plain_count_leaves(numbers: list[tuple[int, bool]], seed: int) -> None:
    names = np.random.default_rng(seed).integers(0, 2**64, 13, dtype=np.uint64) & ~np.uint64(1)
    keys = np.array([int(names[number]) + is_back for number, is_back in numbers], dtype=np.uint64)
    sums: Counter[int] = Counter()
    for number, is_back in numbers:
        sums[int(names[number])] += -1 if is_back else 1
    uneven = {name for name, total in sums.items() if total}
    left, positions = left_over(keys)
    assert left.tolist() == sorted(uneven)
    assert positions.tolist() == [place for place, (number, _) in enumerate(numbers) if int(names[number]) in uneven]


def test_a_key_of_zero_is_a_key() -> None:
    left, positions = left_over(np.array([6, 0, 7], dtype=np.uint64))
    assert (left.tolist(), positions.tolist()) == ([0], [1])


def test_the_keys_of_a_triangle_do_not_cancel_by_their_making() -> None:
    # A key is made of the numbers of two vertices, so the keys of a triangle are x, y and x ^ y. Where
    # x and y have no bit in common their sum is x ^ y, and the third side can run the other way.
    one, other = 0x0055_5555_5555_5555 << 1, 0x002A_AAAA_AAAA_AAAA << 1
    assert len(left_over(np.array([one, other, (one ^ other) | 1], dtype=np.uint64))[1]) == 3
    # The vertices of this hole were searched for until they had such numbers.
    hole = [(88.278, 20.52), (22.177, 24.509), (95.499, 47.126)]
    square = box(0, 0, 100, 100)
    assert prove([Polygon(square.exterior, [hole])], square).unmatched == 3


@pytest.mark.parametrize("count", [10, 5_000, 300_000])
def test_odd_copies_among_many_are_found(count: int) -> None:
    rng = np.random.default_rng(count)
    pairs = rng.integers(0, 2**64, count, dtype=np.uint64) & ~np.uint64(1)
    # One once, one three times the same way, one twice forth and once back, one twice each way.
    odd = np.array([2, 4, 4, 4, 6, 6, 7, 8, 8, 9, 9], dtype=np.uint64)
    keys = rng.permutation(np.concatenate([pairs, pairs | np.uint64(1), odd]))
    left, positions = left_over(keys)
    assert left.tolist() == [2, 4, 6]
    assert sorted(keys[positions].tolist()) == [2, 4, 4, 4, 6, 6, 7]


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 6))
def test_a_mosaic_is_proved_wherever_it_lies_and_not_without_one_cell(seed: int, columns: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.cumsum(rng.uniform(0.1, 9, columns + 1)), np.cumsum(rng.uniform(0.1, 9, rows + 1))
    x, y = x + rng.uniform(-1e6, 1e6), y + rng.uniform(-1e6, 1e6)
    cells = [box(x[i], y[j], x[i + 1], y[j + 1]) for i in range(columns) for j in range(rows)]
    ring = [*((a, y[0]) for a in x), *((x[-1], b) for b in y[1:]), *((a, y[-1]) for a in x[-2::-1])]
    parent = Polygon([*ring, *((x[0], b) for b in y[-2:0:-1])])
    assert is_exact(tuple(cells), parent)
    assert not is_exact(tuple(cells[1:]), parent)
    assert not is_exact(tuple(cells), affinity.translate(parent, 1e-9 * max(abs(x[0]), 1), 0))


def test_keys_of_a_proof_are_those_of_the_segments() -> None:
    assert prove(CELLS, PARENT).segments == len(segment_keys(as_shapes(CELLS))[0])
