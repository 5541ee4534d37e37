"""A shape that is taken for valid is valid, however quickly that was seen."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import shapely
from numpy.random import Generator
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from geo.segments import as_shapes
from geo.validity import find_invalid

UTM = np.array([440_000.0, 4_420_000.0])


def star(rng: Generator) -> np.ndarray:
    """A ring that its middle may see, or just not."""
    count = int(rng.integers(40, 90))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    return np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(rng.uniform(0.05, 0.9), 1, (count, 1))


def round_twice(rng: Generator) -> np.ndarray:
    angle = np.linspace(0, 4 * np.pi, 80, endpoint=False)
    return np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(0.5, 1, (80, 1))


def bow_tie(rng: Generator) -> np.ndarray:
    """Two lobes; the middle lies in the crossing, and sees one run left and one right."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False) + rng.uniform(0, 0.1)
    return np.column_stack([np.sin(2 * angle), np.cos(angle)]) * rng.uniform(0.9, 1.1)


def spiked(rng: Generator) -> np.ndarray:
    """A vertex far out, and back the way it came."""
    ring = star(rng)
    at = int(rng.integers(len(ring)))
    return np.insert(ring, at, [ring[at], ring[at] * rng.choice([1.5, 0.5, -0.5])], axis=0)


def swapped(rng: Generator) -> np.ndarray:
    ring = star(rng)
    at = int(rng.integers(len(ring) - 1))
    ring[[at, at + 1]] = ring[[at + 1, at]]
    return ring


def through_the_middle(rng: Generator) -> np.ndarray:
    """An edge or a vertex on the very point from which the ring is looked at."""
    ring = star(rng)
    ring -= ring.mean(axis=0)
    ring[int(rng.integers(len(ring)))] = 0.0
    return ring


def collinear(rng: Generator) -> np.ndarray:
    return rng.uniform(0, 1, (50, 1)) * np.array([[1.0, rng.integers(0, 3)]])


def closed_early(rng: Generator) -> np.ndarray:
    """The same way round twice, vertex by vertex."""
    ring = star(rng)
    return np.concatenate([ring, ring])


def walk(rng: Generator) -> np.ndarray:
    return np.asarray(np.cumsum(rng.normal(size=(60, 2)), axis=0))


def crossed_by_a_hair(rng: Generator) -> np.ndarray:
    """A vertex moved across the edge beside it by a last bit or a few."""
    ring = star(rng)
    at = int(rng.integers(2, len(ring)))
    along = rng.uniform(0.1, 0.9)
    foot = ring[at - 2] * (1 - along) + ring[at - 1] * along
    ring[at] = foot + rng.normal(size=2) * 10.0 ** rng.integers(-17, -8)
    return ring


MAKERS = (
    star,
    round_twice,
    bow_tie,
    spiked,
    swapped,
    through_the_middle,
    collinear,
    closed_early,
    walk,
    crossed_by_a_hair,
)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("offset", [0.0, 1.0])
def test_a_quick_look_says_what_geos_says(make: Callable[[Generator], np.ndarray], offset: float) -> None:
    rng = np.random.default_rng(17)
    shapes = []
    for _ in range(200):
        ring = make(rng) * 10.0 ** rng.uniform(-2, 4) + offset * UTM
        shapes.append(Polygon(ring if rng.random() < 0.5 else ring[::-1]))
    array = as_shapes(shapes)
    assert find_invalid(array) == tuple(np.flatnonzero(~shapely.is_valid(array)).tolist())


def test_most_cells_are_seen_and_some_are_not() -> None:
    # Else the test above would compare GEOS with itself.
    rng = np.random.default_rng(17)
    whole = [Polygon(np.column_stack([np.cos(t), np.sin(t)])) for t in (np.sort(rng.uniform(0, 6.28, 60)),) * 3]
    counted = 0
    asked = shapely.is_valid

    def counting(shapes: np.ndarray) -> np.ndarray:
        nonlocal counted
        counted += len(shapes)
        return np.asarray(asked(shapes))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapely, "is_valid", counting)
        assert find_invalid(as_shapes([*whole, Polygon(bow_tie(rng))])) == (3,)
    assert counted == 1


def moved_ordinate(shape: Polygon, vertex: int, value: float) -> Polygon:
    xy = shapely.get_coordinates(shape)
    xy[vertex] = xy[vertex] * [1, 0] + [0, value]
    return shapely.set_coordinates(as_shapes([shape]), xy)[0]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("vertex", [1, 30, 39])
@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_coordinates_that_are_no_numbers(value: float, vertex: int) -> None:
    large = Polygon(star(np.random.default_rng(1)))
    assert shapely.get_num_coordinates(large) > 40
    shapes = [
        large,
        moved_ordinate(large, vertex, value),
        moved_ordinate(box(0, 0, 1, 1), vertex % 3 + 1, value),
        large,
    ]
    assert find_invalid(as_shapes(shapes)) == (1, 2)


def many_sided(x: float, y: float, radius: float) -> Polygon:
    return Point(x, y).buffer(radius, quad_segs=16)


def test_rings_that_are_fine_alone_and_not_together() -> None:
    shell, small = many_sided(0, 0, 10), many_sided(0, 0, 2)
    holes = {
        "inside": (small, True),
        "outside": (many_sided(30, 0, 2), False),
        "across": (many_sided(10, 0, 2), False),
        "the same": (shell, False),
    }
    shapes = [Polygon(shell.exterior, [hole.exterior.coords]) for hole, _ in holes.values()]
    nested = Polygon(shell.exterior, [small.exterior.coords, many_sided(0, 0, 1).exterior.coords])
    parts = [MultiPolygon([shell, many_sided(30, 0, 2)]), MultiPolygon([shell, many_sided(10, 0, 2)])]
    every: list[BaseGeometry] = [*shapes, nested, *parts]
    wanted = [not is_valid for _, is_valid in holes.values()] + [True, False, True]
    assert find_invalid(as_shapes(every)) == tuple(np.flatnonzero(wanted).tolist())
    assert (~shapely.is_valid(as_shapes(every))).tolist() == wanted


def test_what_is_no_polygon_is_invalid_only_where_asked() -> None:
    shapes = as_shapes(
        [
            Point(0, 0),
            None,
            box(0, 0, 1, 1),
            Polygon(),
            LineString([(0, 0), (1, 1)]),
            GeometryCollection([box(0, 0, 1, 1)]),
            MultiPolygon([box(0, 0, 1, 1)]),
        ]
    )
    assert find_invalid(shapes) == (1, 3)
    assert find_invalid(shapes, is_polygonal=True) == (0, 1, 3, 4, 5)
    assert find_invalid(as_shapes([])) == ()


def test_a_broken_cell_is_named_among_thousands() -> None:
    cells = [many_sided(x, 0, 0.4) for x in range(4_100)]
    cells[2_000] = Polygon(bow_tie(np.random.default_rng(1)))
    cells[4_099] = Polygon(round_twice(np.random.default_rng(1)))
    assert find_invalid(as_shapes(cells)) == (2_000, 4_099)
