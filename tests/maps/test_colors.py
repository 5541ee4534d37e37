import numpy as np
import pytest
import shapely
from shapely import box

from maps.colors import _swap_chains, four_colours, shared_edges


def _mosaic(count, seed):
    """Cells of a Voronoi diagram: a planar division with corners of every degree."""
    points = np.random.default_rng(seed).random((count, 2)) * 100
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points)))
    return list(shapely.intersection(cells, box(0, 0, 100, 100)))


def test_a_shared_edge_makes_neighbours_a_shared_corner_does_not():
    cells = [box(0, 0, 10, 10), box(10, 0, 20, 10), box(10, 10, 20, 20), box(0, 10, 10, 20)]
    assert shared_edges(cells) == [(0, 1), (0, 3), (1, 2), (2, 3)]


def test_borders_that_nearly_meet_count_within_the_tolerance():
    cells = [box(0, 0, 10, 10), box(10.2, 0, 20, 10)]
    assert shared_edges(cells) == []
    assert shared_edges(cells, tolerance=0.3) == [(0, 1)]
    corner = [box(0, 0, 10, 10), box(10.1, 10.1, 20, 20)]
    assert shared_edges(corner, tolerance=0.3) == []


def test_nothing_has_no_neighbours():
    assert shared_edges([]) == []
    assert four_colours(0, []) == []


@pytest.mark.parametrize("seed", range(6))
def test_four_colours_tell_every_neighbour_apart(seed):
    cells = _mosaic(120, seed)
    edges = shared_edges(cells, at_least=1e-6)
    colours = four_colours(len(cells), edges)
    assert max(colours) <= 3
    assert all(colours[a] != colours[b] for a, b in edges)


def test_a_wheel_that_traps_greedy_colouring_needs_the_fourth_colour():
    rim = [(i, (i + 1) % 5) for i in range(5)]
    edges = [*rim, *((i, 5) for i in range(5))]
    colours = four_colours(6, edges)
    assert len(set(colours)) == 4
    assert all(colours[a] != colours[b] for a, b in edges)


def test_chains_of_two_colours_serve_a_city():
    cells = _mosaic(1500, 3)
    edges = shared_edges(cells, at_least=1e-6)
    colours = four_colours(len(cells), edges)
    assert max(colours) <= 3
    assert all(colours[a] != colours[b] for a, b in edges)
    counts = np.bincount(colours)
    assert counts.min() > 0.15 * len(cells)


def test_five_that_all_touch_take_a_spare_colour():
    edges = [(a, b) for a in range(5) for b in range(a + 1, 5)]
    assert sorted(four_colours(5, edges)) == [0, 1, 2, 3, 4]


def test_a_chain_is_swapped_where_no_colour_is_free():
    # A wheel of four colours round one cell: greedy alone would need a fifth.
    cells = _mosaic(400, 8)
    edges = shared_edges(cells, at_least=1e-6)
    near = [set() for _ in cells]
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    colours = _swap_chains(near)
    assert max(colours) <= 3
    assert all(colours[a] != colours[b] for a, b in edges)


def test_the_same_division_gets_the_same_colours():
    cells = _mosaic(80, 1)
    edges = shared_edges(cells, at_least=1e-6)
    assert four_colours(80, edges) == four_colours(80, edges)
