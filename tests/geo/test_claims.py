"""Who could get a face, by borders counted square by square, and what the rules say to it."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.random import Generator
from shapely import MultiPolygon, Polygon, box

from geo.claims import NOBODY, Claim, RepairRules, Verdict, claims_of, judge, ordered
from geo.faults import faults_of
from geo.segments import as_shapes

SIDE = 12
PARENT = box(2, 2, 10, 10)
Square = tuple[int, int]
BY_HAND = RepairRules()


def claims(*cells: Polygon | MultiPolygon, parent: Polygon | MultiPolygon = PARENT) -> tuple[Claim, ...]:
    faults = faults_of(as_shapes(cells), parent, tolerance=1e-7)
    assert faults is not None
    return claims_of(faults, len(cells))


def counted(cells: list[Polygon | MultiPolygon]) -> list[tuple[str, float, tuple[int, ...], dict[int, int]]]:
    """The same by unit squares: faces are squares with the same cells over them that share a side."""
    over: dict[Square, tuple[tuple[int, ...], bool]] = {}
    for x in range(-1, SIDE + 1):
        for y in range(-1, SIDE + 1):
            point = shapely.Point(x + 0.5, y + 0.5)
            over[x, y] = tuple(n for n, cell in enumerate(cells) if cell.contains(point)), PARENT.contains(point)

    def is_faulty(square: Square) -> bool:
        owners, inside = over.get(square, ((), False))
        return len(owners) != inside

    rows = []
    left = {square for square in over if is_faulty(square)}
    while left:
        face, reached = set(), [left.pop()]
        while reached:
            face.add(square := reached.pop())
            near = {other for other in _beside(square) if other in left and over[other] == over[square]}
            left -= near
            reached += near
        owners, inside = over[next(iter(face))]
        borders: dict[int, int] = {}
        for other in (other for square in face for other in _beside(square) if other not in face):
            beyond = over.get(other, ((), False))[0]
            # Of a gap every border counts, of other faces that with ground of one cell alone.
            for cell in beyond if not owners or not is_faulty(other) else ():
                borders[cell] = borders.get(cell, 0) + 1
        rows.append(("gap" if not owners else "overlap" if inside else "overshoot", float(len(face)), owners, borders))
    return rows


def _beside(square: Square) -> list[Square]:
    x, y = square
    return [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]


def drawn(rng: Generator) -> list[Polygon | MultiPolygon]:
    """Rows of cells that fill the parent, and rectangles and unions of them on top."""
    cuts = [2, *sorted(rng.choice(range(3, 10), 3, replace=False).tolist()), 10]
    cells: list[Any] = [box(a, 2, b, 10) for a, b in pairwise(cuts)]
    cells.pop(int(rng.integers(len(cells))))
    for _ in range(int(rng.integers(1, 5))):
        boxes = []
        for _ in range(int(rng.integers(1, 3))):
            x, y = rng.integers(0, SIDE - 4, 2).tolist()
            boxes.append(box(x, y, x + int(rng.integers(1, 5)), y + int(rng.integers(1, 5))))
        cells.append(shapely.union_all(boxes))
    if rng.random() < 0.5:
        cells.append(Polygon(box(3, 3, 9, 9).exterior, [box(4, 4, 7, 8).exterior.coords]))
    return cells


@pytest.mark.parametrize("seed", range(60))
def test_borders_are_those_counted_by_unit_squares(seed: int) -> None:
    cells = drawn(np.random.default_rng(seed))
    found = sorted((c.kind, c.area, c.owners, sorted(c.borders.items())) for c in claims(*cells))
    wanted = sorted((kind, area, owners, sorted(borders.items())) for kind, area, owners, borders in counted(cells))
    assert [row[:3] for row in found] == [row[:3] for row in wanted]
    # Faces alike in all else can stand in another order.
    assert sorted(map(str, _rounded(found))) == sorted(map(str, _rounded(wanted)))


def _rounded(rows: list[tuple[Any, ...]]) -> list[Any]:
    return [(*row[:3], [(cell, round(float(length), 9)) for cell, length in row[3]]) for row in rows]


def test_ground_beyond_a_border_that_two_cells_agree_on_is_the_others() -> None:
    # The ring ends where the first two cells meet, in one long edge: theirs is agreed on and not left over.
    first, second = box(7, 7, 10, 8), box(3, 7, 7, 8)
    ring = Polygon(box(3, 3, 9, 9).exterior, [box(4, 4, 7, 8).exterior.coords])
    (found,) = [claim for claim in claims(first, second, ring) if claim.owners == (0, 2)]
    assert found.borders == {0: 1.0, 1: 1.0, 2: 4.0}


def test_candidates_stand_by_their_borders_then_by_number() -> None:
    gap = Claim("gap", 1.0, (), {4: 2.0, 1: 3.0, 2: 2.0})
    assert gap.candidates() == (1, 2, 4)
    overlap = Claim("overlap", 1.0, (3, 5, 8), {5: 1.0, 9: 7.0})
    # Only who is over it; who has no border with it comes last.
    assert overlap.candidates() == (5, 3, 8)
    assert Claim("overshoot", 1.0, (3,), {3: 1.0}).candidates() == ()


@pytest.mark.parametrize(("rule", "order"), [("rank", (2, 5, 7)), ("share", (5, 7, 2)), ("border", (7, 2, 5))], ids=str)
def test_rules_put_the_cells_of_an_overlap_in_order(rule: Any, order: tuple[int, ...]) -> None:
    areas = np.full(8, 99.0)
    areas[[2, 5, 7]] = [50.0, 10.0, 10.0]
    claim = Claim("overlap", 1.0, (2, 5, 7), {2: 1.0, 7: 4.0})
    rules = RepairRules(overlap_rule=rule)
    assert ordered(claim, areas, rules) == order
    assert judge((claim,), areas, rules) == [Verdict(order[0], rule)]


def test_a_gap_goes_along_its_longest_border_whatever_the_rule_for_overlaps() -> None:
    gap = Claim("gap", 1.0, (), {4: 2.0, 1: 3.0})
    for rule in ("rank", "share", "border"):
        assert judge((gap,), np.ones(5), RepairRules(overlap_rule=rule)) == [Verdict(1, "longest_border")]  # type: ignore[arg-type]


def verdict(claim: Claim, areas: Mapping[int, float] | None = None, **rules: Any) -> Verdict:
    own = np.full(10, 100.0)
    for cell, area in (areas or {}).items():
        own[cell] = area
    return judge((claim,), own, RepairRules(**rules))[0]


GAP = Claim("gap", 5.0, (), {1: 3.0, 4: 2.0})
OVERLAP = Claim("overlap", 5.0, (1, 4), {1: 3.0, 4: 2.0})
OUTSIDE = Claim("overshoot", 5.0, (1, 4), {})


def test_ground_outside_goes_to_nobody_but_a_person_is_asked_of_much() -> None:
    for rules in ({}, {"keep": (4,)}):
        assert verdict(OUTSIDE, **rules) == Verdict(None, "parent")
    assert verdict(OUTSIDE, max_auto_area=1.0) == Verdict(None, "person", "too_large")
    assert verdict(OUTSIDE, max_auto_area=1.0, decisions={0: NOBODY}) == Verdict(None, "decision")


def test_a_named_cell_takes_gaps_along_its_border_only() -> None:
    assert verdict(GAP, gap_to=4) == Verdict(4, "named")
    assert verdict(GAP, gap_to=7) == Verdict(1, "longest_border")
    assert verdict(OVERLAP, gap_to=4) == Verdict(1, "rank")


def test_named_cells_keep_overlaps_that_they_own() -> None:
    assert verdict(OVERLAP, keep=(4,)) == Verdict(4, "named")
    assert verdict(OVERLAP, keep=(7, 4, 1)) == Verdict(4, "named")
    assert verdict(OVERLAP, keep=(7,)) == Verdict(1, "rank")
    assert verdict(GAP, keep=(4,)) == Verdict(1, "longest_border")


def test_large_gaps_become_cells_behind_the_last_one() -> None:
    small = Claim("gap", 4.9, (), {1: 3.0})
    assert judge((GAP, small, GAP, OVERLAP), np.full(6, 100.0), RepairRules(new_cell_min_area=5.0)) == [
        Verdict(6, "new_cell"),
        Verdict(1, "longest_border"),
        Verdict(7, "new_cell"),
        Verdict(1, "rank"),
    ]
    lonely = Claim("gap", 5.0, (), {})
    assert verdict(lonely, new_cell_min_area=0.0) == Verdict(10, "new_cell")
    # A gap that is to be a cell is not given to a named one.
    assert verdict(GAP, new_cell_min_area=5.0, gap_to=4) == Verdict(10, "new_cell")


def test_a_gap_without_neighbour_is_for_a_person() -> None:
    assert verdict(Claim("gap", 5.0, (), {})) == Verdict(None, "person", "no_neighbour")


def test_large_faces_are_for_a_person() -> None:
    for claim in (GAP, OVERLAP):
        assert verdict(claim, max_auto_area=4.9) == Verdict(None, "person", "too_large")
        assert not verdict(claim, max_auto_area=5.0).is_open
    assert verdict(GAP, max_auto_area=4.0, new_cell_min_area=1.0) == Verdict(None, "person", "too_large")
    assert RepairRules().max_auto_area == math.inf


def test_a_persons_word_comes_before_every_rule() -> None:
    for claim in (GAP, OVERLAP):
        word = verdict(claim, decisions={0: 7}, max_auto_area=0.0, new_cell_min_area=0.0, keep=(1,))
        assert word == Verdict(7, "decision")
    assert verdict(OVERLAP, {1: 5.0, 4: 5.0}, decisions={0: 4}) == Verdict(4, "decision")


def test_the_same_ground_twice_is_for_a_person_whatever_the_rules() -> None:
    alike = {1: 5.0, 4: 5.0 + 1e-9}
    for rules in ({}, {"keep": (4,)}, {"contained": "keep"}, {"overlap_rule": "share"}):
        assert verdict(OVERLAP, alike, **rules) == Verdict(None, "person", "duplicate")


def test_a_cell_inside_another_is_for_a_person_or_keeps_its_ground() -> None:
    inner = {4: 5.0}
    assert verdict(OVERLAP, inner) == Verdict(None, "person", "contained")
    assert verdict(OVERLAP, inner, keep=(1,)) == Verdict(None, "person", "contained")
    assert verdict(OVERLAP, inner, contained="keep") == Verdict(4, "contained")
    assert verdict(OVERLAP, inner, contained="keep", keep=(1,)) == Verdict(4, "contained")


def test_a_cell_is_inside_another_by_all_its_faces_together() -> None:
    # Cell 4 lies in 1; a third one lies over a part of it.
    parts = (Claim("overlap", 3.0, (1, 4), {}), Claim("overlap", 2.0, (1, 4, 6), {}))
    areas = np.full(10, 100.0)
    areas[4] = 5.0
    assert {verdict.reason for verdict in judge(parts, areas, BY_HAND)} == {"contained"}
    kept = judge(parts, areas, RepairRules(contained="keep"))
    assert kept == [Verdict(4, "contained")] * 2
    areas[4] = 5.1
    assert judge(parts, areas, BY_HAND) == [Verdict(1, "rank")] * 2


def test_of_nested_cells_the_innermost_keeps() -> None:
    nested = Claim("overlap", 2.0, (1, 4, 6), {})
    ring = Claim("overlap", 3.0, (1, 4), {})
    areas = np.full(10, 100.0)
    areas[[4, 6]] = [5.0, 2.0]
    assert judge((nested, ring), areas, RepairRules(contained="keep")) == [
        Verdict(6, "contained"),
        Verdict(4, "contained"),
    ]


def test_ground_outside_counts_to_what_two_cells_have_in_common() -> None:
    # Two copies of one cell that reach over the parent's border are the same ground all the same.
    both = (Claim("overlap", 4.0, (1, 4), {}), Claim("overshoot", 1.0, (1, 4), {}))
    areas = np.full(10, 100.0)
    areas[[1, 4]] = 5.0
    assert judge(both, areas, BY_HAND)[0] == Verdict(None, "person", "duplicate")


def test_too_many_cells_in_one_place_are_for_a_person() -> None:
    crowd = Claim("overlap", 1.0, tuple(range(51)), {})
    assert judge((crowd,), np.full(60, 100.0), BY_HAND) == [Verdict(None, "person", "crowded")]
    few = Claim("overlap", 1.0, tuple(range(50)), {})
    assert judge((few,), np.full(60, 100.0), BY_HAND) == [Verdict(0, "rank")]


def test_the_longest_border_is_the_longest_on_the_ground() -> None:
    # A gap of 4 by 3: along x the border with the cell below is longer, but not where x is half as long as y.
    parent = box(0, 0, 10, 10)
    cells = (box(0, 0, 10, 3), box(4, 3, 10, 10), box(0, 6, 4, 10))
    faults = faults_of(as_shapes(cells), parent, tolerance=1e-7)
    assert faults is not None
    (plain,), (halved,) = claims_of(faults, 3), claims_of(faults, 3, aspect=0.5)
    assert (plain.borders, plain.candidates()[0]) == ({0: 4.0, 1: 3.0, 2: 4.0}, 0)
    assert (halved.borders, halved.candidates()[0]) == ({0: 2.0, 1: 3.0, 2: 2.0}, 1)
