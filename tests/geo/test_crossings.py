"""Noding: edges meet in common vertices only, and no boundary is torn."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import shapely
from numpy.random import Generator
from shapely import Polygon, STRtree, box

from geo.crossings import node
from geo.errors import GeometryProblem
from geo.net import Net, assembled, merge_vertices, net_of, with_segments
from geo.segments import as_shapes, segments_of

TOLERANCE = 1e-7


def net_from(*rings: list[tuple[float, float]]) -> Net:
    """Closed rings that may do anything, each of its own owner."""
    xy: dict[tuple[float, float], int] = {}
    start, end, owner = [], [], []
    for number, ring in enumerate(rings):
        for one, other in pairwise([*ring, ring[0]]):
            if one != other:
                start.append(xy.setdefault(one, len(xy)))
                end.append(xy.setdefault(other, len(xy)))
                owner.append(number)
    return assembled(np.array(list(xy), dtype=float), np.array(start), np.array(end), np.array(owner))


def random_rings(rng: Generator, *, count: int = 6, step: float | None = None) -> list[list[tuple[float, float]]]:
    rings = []
    for _ in range(count):
        ring = rng.uniform(0, 10, (int(rng.integers(3, 9)), 2))
        if step is not None:
            ring = np.round(ring / step) * step
        rings.append([tuple(point) for point in ring.tolist()])
    return rings


def lines_of(net: Net) -> np.ndarray:
    return np.asarray(shapely.linestrings(np.stack([net.xy[net.low], net.xy[net.high]], axis=1)))


def assert_noded(net: Net, tolerance: float = TOLERANCE) -> None:
    """No two edges cross, and no vertex lies on an edge away from its ends, by other means."""
    lines = lines_of(net)
    tree = STRtree(lines)
    assert tree.query(lines, predicate="crosses").size == 0
    assert tree.query(lines, predicate="overlaps").size == 0
    used = np.unique(np.concatenate([net.low, net.high]))
    points = shapely.points(net.xy[used])
    vertex, edge = tree.query(points, predicate="dwithin", distance=tolerance * 0.999)
    vertex = used[vertex]
    foreign = (net.low[edge] != vertex) & (net.high[edge] != vertex)
    vertex, edge = vertex[foreign], edge[foreign]
    to_low, to_high = (np.hypot(*(net.xy[vertex] - net.xy[end[edge]]).T) for end in (net.low, net.high))
    # Beside an end is not on the edge.
    assert (np.minimum(to_low, to_high) < 1.5 * tolerance).all()


def assert_closed(net: Net) -> None:
    """Every owner comes to a vertex as often as it leaves it: its boundary is made of cycles."""
    for owner in np.unique(net.owner):
        own = net.owner == owner
        leaves = np.bincount(net.starts[own], minlength=len(net.xy))
        assert (leaves == np.bincount(net.ends[own], minlength=len(net.xy))).all()


def twice_area(net: Net, owner: int) -> float:
    own = net.owner == owner
    one, other = net.xy[net.starts[own]], net.xy[net.ends[own]]
    return float((one[:, 0] * other[:, 1] - other[:, 0] * one[:, 1]).sum())


def test_two_edges_that_cross_get_one_new_vertex() -> None:
    net = node(net_from([(0, 0), (4, 0), (4, 4)], [(2, -1), (3, -1), (2, 1)]), tolerance=TOLERANCE)
    new = net.xy[6:].tolist()
    assert sorted(new) == [[2.0, 0.0], [2.5, 0.0]]
    assert len(net.low) == 3 + 2 + 3 + 2
    assert_noded(net)


def test_copies_of_all_owners_are_split_alike() -> None:
    ring = [(0.0, 0.0), (6.0, 0.0), (6.0, 3.0)]
    net = node(net_from(ring, ring[::-1], [(2, 0), (3, 5), (2, 5)]), tolerance=TOLERANCE)
    along = (net.xy[:, 1] == 0)[net.low[net.edge]] & (net.xy[:, 1] == 0)[net.high[net.edge]]
    pieces = Counter(zip(net.owner[along].tolist(), net.sign[along].tolist(), strict=True))
    assert pieces == {(0, 1): 1, (0, -1): 1, (1, 1): 1, (1, -1): 1}
    assert net.sums[np.unique(net.edge[along])].tolist() == [0, 0]


@pytest.mark.parametrize("off", [0.9e-7, 0.0, -0.9e-7])
def test_a_vertex_within_the_tolerance_of_an_edge_is_put_into_it(off: float) -> None:
    net = node(net_from([(0, 0), (10, 0), (5, 9)], [(5, off), (6, -3), (4, -3)]), tolerance=TOLERANCE)
    # Nothing new, and nothing has moved.
    assert net.xy[3:].tolist() == [[5, off], [6, -3], [4, -3]]
    assert len(net.low) == 3 + 3 + 1


def test_a_vertex_out_of_reach_of_an_edge_is_not() -> None:
    apart = node(net_from([(0, 0), (10, 0), (5, 9)], [(5, -1.1e-7), (6, -3), (4, -3)]), tolerance=TOLERANCE)
    assert len(apart.low) == 3 + 3
    # On the other side of the edge its own edges cross, a hair from each other: that is one crossing.
    across = node(net_from([(0, 0), (10, 0), (5, 9)], [(5, 1.1e-7), (6, -3), (4, -3)]), tolerance=TOLERANCE)
    assert_noded(across)
    assert_closed(across)


def test_beside_an_end_is_not_on_the_edge() -> None:
    # The vertex lies within the tolerance of the line, and further from the edge's end than from it.
    net = node(net_from([(0, 0), (10, 0), (5, 9)], [(-5e-8, 2e-8), (-3, 1), (-3, -1)]), tolerance=TOLERANCE)
    assert len(net.low) == 6


@pytest.mark.parametrize("seed", range(40))
def test_random_rings_are_noded_and_stay_rings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # A coarse step makes vertices on edges, edges on edges and many edges through one point.
    drawn = net_from(*random_rings(rng, step=None if seed % 2 else 1.0))
    net = node(drawn, tolerance=TOLERANCE)
    assert_noded(net)
    assert_closed(net)
    assert net.xy[: len(drawn.xy)].tolist() == drawn.xy.tolist()
    for owner in np.unique(drawn.owner).tolist():
        assert twice_area(net, owner) == pytest.approx(twice_area(drawn, owner), abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_edges_that_nearly_coincide_come_to_rest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spread = 10.0 ** rng.integers(-9, -5)
    x = np.sort(rng.uniform(0, 10, 30))
    rings = []
    for _ in range(4):
        picked = np.sort(rng.choice(x, 12, replace=False))
        line = np.column_stack([picked, picked / 3 + rng.uniform(-1, 1, 12) * spread])
        rings.append([tuple(point) for point in [*line.tolist(), [10.0, 9.0], [0.0, 9.0]]])
    drawn = net_from(*rings)
    merged, _ = merge_vertices(drawn, tolerance=TOLERANCE, anchor=9)
    net = node(merged, tolerance=TOLERANCE)
    assert_noded(net)
    assert_closed(net)


@pytest.mark.parametrize("seed", range(10))
def test_new_vertices_have_so_many_decimals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rings = [[(119 + x / 1e4, 32 + y / 1e4) for x, y in ring] for ring in random_rings(rng)]
    rings = [[(round(x, 9), round(y, 9)) for x, y in ring] for ring in rings]
    net = node(net_from(*rings), tolerance=2e-9, decimals=9)
    assert len(net.xy) > sum(map(len, rings))
    assert net.xy.tolist() == np.round(net.xy, 9).tolist()
    assert_noded(net, 2e-9)
    assert_closed(net)


def test_edges_through_one_place_meet_in_one_vertex() -> None:
    angle = np.linspace(0, np.pi, 12, endpoint=False) + 0.1
    rings = [[(np.cos(a), np.sin(a)), (-np.cos(a), -np.sin(a)), (3.0, 3.0 + a)] for a in angle.tolist()]
    net = node(net_from(*rings), tolerance=TOLERANCE)
    assert (np.hypot(*net.xy.T) < 1e-6).sum() == 1
    assert_closed(net)


def test_only_fresh_edges_are_looked_at() -> None:
    crossing = net_from([(0, 0), (4, 0), (4, 4)], [(2, -1), (3, -1), (2, 1)])
    none = np.zeros(len(crossing.low), dtype=bool)
    assert len(node(crossing, tolerance=TOLERANCE, fresh=none).xy) == 6
    one = none.copy()
    one[crossing.edge[crossing.owner == 1]] = True
    assert len(node(crossing, tolerance=TOLERANCE, fresh=one).xy) == 8


def test_what_does_not_come_to_rest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.crossings._MAX_ROUNDS", 1)
    with pytest.raises(GeometryProblem, match="did not come to rest"):
        node(net_from([(0, 0), (4, 0), (4, 4)], [(2, -1), (3, -1), (2, 1)]), tolerance=TOLERANCE)


def test_of_two_near_vertices_the_more_used_one_stays() -> None:
    near = (4.0, 5e-8)
    net = net_from([(0, 0), (4, 0), (4, 4)], [(9, 0), (4, 0), (9, -4)], [near, (3, -3), (5, -3)])
    merged, became = merge_vertices(net, tolerance=TOLERANCE, anchor=7)
    place = {tuple(point): number for number, point in enumerate(net.xy.tolist())}
    assert np.flatnonzero(became != np.arange(len(became))).tolist() == [place[near]]
    assert became[place[near]] == place[4.0, 0.0]
    assert_closed(merged)
    assert len(merged.edge) == len(net.edge)


def test_the_anchors_vertices_stay_though_others_are_used_more() -> None:
    near = (4.0, 5e-8)
    net = net_from([(0, 0), (4, 0), (4, 4)], [(9, 0), (4, 0), (9, -4)], [near, (3, -3), (5, -3)])
    merged, became = merge_vertices(net, tolerance=TOLERANCE, anchor=2)
    place = {tuple(point): number for number, point in enumerate(net.xy.tolist())}
    assert became[place[4.0, 0.0]] == place[near]
    assert_closed(merged)


def test_two_near_vertices_of_the_anchor_both_stay() -> None:
    net = net_from([(0, 0), (4, 0), (4, 5e-8), (0, 4)], [(9, 0), (9, 4), (4, 2e-8)])
    _, became = merge_vertices(net, tolerance=TOLERANCE, anchor=0)
    place = {tuple(point): number for number, point in enumerate(net.xy.tolist())}
    assert became[place[4.0, 0.0]] == place[4.0, 0.0]
    assert became[place[4.0, 5e-8]] == place[4.0, 5e-8]
    assert became[place[4.0, 2e-8]] in (place[4.0, 0.0], place[4.0, 5e-8])


@pytest.mark.parametrize("seed", range(20))
def test_no_vertex_moves_further_than_the_tolerance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # A row of vertices, each near the next: pulled together in a chain it would travel far.
    row = [(5 + k * 8e-8, float(rng.uniform(-2e-8, 2e-8))) for k in range(12)]
    rings = [[point, (float(k), 5.0), (float(k) + 0.5, 6.0)] for k, point in enumerate(row)]
    net = net_from(*rings)
    merged, became = merge_vertices(net, tolerance=TOLERANCE, anchor=int(rng.integers(14)))
    moved = np.hypot(*(net.xy - net.xy[became]).T)
    assert 0 < moved.max() <= TOLERANCE
    assert (became[became] == became).all()
    assert_closed(merged)


def test_copies_that_become_points_are_gone() -> None:
    net = net_from([(0, 0), (4, 0), (4, 5e-8), (0, 4)])
    merged, _ = merge_vertices(net, tolerance=TOLERANCE, anchor=3)
    assert len(merged.edge) == 3
    assert_closed(merged)


def test_a_net_without_near_vertices_is_itself() -> None:
    net = net_from([(0, 0), (4, 0), (4, 4)])
    merged, became = merge_vertices(net, tolerance=TOLERANCE, anchor=0)
    assert merged is net
    assert became.tolist() == [0, 1, 2]
    empty = net_of(segments_of(as_shapes([]), np.empty(0, dtype=np.int64)))
    assert merge_vertices(empty, tolerance=TOLERANCE, anchor=0)[0] is empty
    assert len(node(empty, tolerance=TOLERANCE).low) == 0


def test_segments_become_copies_in_their_order() -> None:
    found = segments_of(as_shapes([box(0, 0, 1, 1), box(1, 0, 2, 1)]), np.array([5, 3]))
    net = net_of(found)
    assert (len(net.xy), len(net.low)) == (6, 7)
    assert net.owner.tolist() == [5] * 4 + [3] * 4
    assert net.xy[net.starts].tolist() == found.start.tolist()
    assert net.xy[net.ends].tolist() == found.end.tolist()
    assert sorted(net.sums.tolist()) == [-1] * (net.sums == -1).sum() + [0] + [1] * (net.sums == 1).sum()


def test_more_segments_leave_the_others_their_places() -> None:
    net = net_of(segments_of(as_shapes([box(0, 0, 1, 1)]), np.array([0])))
    more = segments_of(as_shapes([Polygon([(1, 0), (2, 0), (1, 1)])]), np.array([1]))
    full = with_segments(net, more)
    assert full.xy[:4].tolist() == net.xy.tolist()
    assert len(full.xy) == 5
    assert full.xy[full.starts].tolist() == net.xy[net.starts].tolist() + more.start.tolist()
    assert full.owner.tolist() == [0] * 4 + [1] * 3
    assert len(full.low) == 6
