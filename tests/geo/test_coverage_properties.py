"""What must hold of every check and every repair, whatever the damage."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator
from shapely import Polygon, affinity, box

from geo.coverage import CoverageReport, Face, check_coverage
from geo.repair import Repair, RepairRules, repair
from geo.residual import prove
from tests import overlay
from tests.synthetic.sample import make

TOLERANCE = 1e-7
TOLERANCES = (1e-7, 1e-5, 1e-4, 1e-3)
# Coordinates are multiples of this, so adding a whole number of metres to them is exact.
STEP = 2.0**-20
TIERS = ("gaps", "overlaps", "overshoots")
Cells = list[Polygon]

# The same examples everywhere: a run that fails here fails at everybody's.
few = settings(max_examples=60, derandomize=True, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def mosaic(rng: Generator) -> tuple[Cells, Polygon]:
    """Quadrangles that fill a rectangle, edge for edge."""
    columns, rows = (int(count) for count in rng.integers(1, 6, 2))
    x, y = np.meshgrid(np.arange(columns + 1) * 10.0, np.arange(rows + 1) * 10.0, indexing="ij")
    stray = rng.uniform(-3, 3, (2, *x.shape))
    stray[0][[0, -1]] = stray[1][:, [0, -1]] = 0.0
    nodes = on_grid(np.stack([x + stray[0], y + stray[1]], axis=-1))
    cells = [
        Polygon([nodes[i, j], nodes[i + 1, j], nodes[i + 1, j + 1], nodes[i, j + 1]])
        for i in range(columns)
        for j in range(rows)
    ]
    return cells, Polygon([*nodes[:, 0], *nodes[-1, 1:], *nodes[-2::-1, -1], *nodes[0, -2:0:-1]])


def voronoi(rng: Generator) -> tuple[Cells, Polygon]:
    """A mosaic with curved borders; its coordinates are moved near zero."""
    sample = make("clean", cells=int(rng.choice([9, 16, 25])), seed=int(rng.integers(1000)))
    origin = np.floor(sample.parent.bounds[:2])

    def near(shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: on_grid(xy - origin))

    return list(near(sample.cells)), near(sample.parent)


def on_grid(xy: np.ndarray) -> np.ndarray:
    return np.asarray(np.round(xy / STEP) * STEP)


def damaged(cells: Cells, rng: Generator) -> Cells:
    """The same cells with a few of them moved, turned, redrawn, missing or covered."""
    cells = list(cells)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(len(cells))) if cells else 0
        if not cells or rng.random() < 0.1:
            cells.append(on_top(cells[at].centroid.coords[0] if cells else (5, 5), rng))
            continue
        change: Callable[[Polygon, Generator], Polygon | None] = DAMAGES[int(rng.integers(len(DAMAGES)))]
        shape = change(cells[at], rng)
        if shape is None:
            cells.pop(at)
            continue
        shape = shapely.transform(shape, on_grid)
        if shape.is_valid and shape.area > 0:
            cells[at] = shape
    return cells


def on_top(place: tuple[float, ...], rng: Generator) -> Polygon:
    low = on_grid(np.array(place[:2]) - rng.uniform(0, 4, 2))
    return box(*low, *(low + on_grid(rng.uniform(0.5, 9, 2))))


def _vertex_moved(shape: Polygon, rng: Generator) -> Polygon:
    ring = shapely.get_coordinates(shape)[:-1].copy()
    ring[int(rng.integers(len(ring)))] += rng.uniform(-3, 3, 2) * 10.0 ** rng.integers(-6, 1)
    return Polygon(ring)


def _vertex_more(shape: Polygon, rng: Generator) -> Polygon:
    ring = shapely.get_coordinates(shape)
    at, share = int(rng.integers(len(ring) - 1)), rng.uniform(0.1, 0.9)
    return Polygon(np.insert(ring[:-1], at + 1, ring[at] * (1 - share) + ring[at + 1] * share, axis=0))


DAMAGES: tuple[Callable[[Polygon, Generator], Polygon | None], ...] = (
    lambda shape, rng: affinity.translate(shape, *rng.uniform(-4, 4, 2)),
    lambda shape, rng: affinity.rotate(shape, rng.uniform(-30, 30)),
    lambda shape, rng: affinity.scale(shape, *rng.uniform(0.7, 1.4, 2)),
    lambda shape, rng: shapely.transform(shape, lambda xy: np.round(xy, int(rng.integers(0, 4)))),
    lambda _shape, _rng: None,
    _vertex_moved,
    _vertex_moved,
    _vertex_more,
)


def case(seed: int) -> tuple[Cells, Polygon, Generator]:
    rng = np.random.default_rng(seed)
    cells, parent = voronoi(rng) if rng.random() < 0.3 else mosaic(rng)
    return damaged(cells, rng), parent, rng


def checked(cells: Any, parent: Polygon) -> CoverageReport:
    return check_coverage(cells, parent, tolerance=TOLERANCE)


def ground(faces: tuple[Face, ...]) -> dict[tuple[int, ...], Any]:
    """All ground of the same owners in one shape."""
    shapes: dict[tuple[int, ...], list[Any]] = {}
    for face in faces:
        shapes.setdefault(face.owners, []).append(face.geometry)
    return {owners: shapely.union_all(parts) for owners, parts in shapes.items()}


def rows(report: CoverageReport, number: Callable[[int], int] = int) -> list[tuple[Any, ...]]:
    """Faces with cells under other numbers, in an order that does not depend on them."""
    return sorted(
        (
            tier,
            tuple(sorted(map(number, face.owners))),
            tuple(sorted(map(number, face.neighbours))),
            round(face.geometry.area, 4),
        )
        for tier in TIERS
        for face in getattr(report, tier)
        if face.geometry.area > 1e-3
    )


@few
@given(seeds)
def test_areas_add_up(seed: int) -> None:
    cells, parent, _ = case(seed)
    report = checked(cells, parent)
    area = {tier: [face.geometry.area for face in getattr(report, tier)] for tier in TIERS}
    twice = sum((len(face.owners) - 1) * face.geometry.area for face in report.overlaps)
    surplus = twice + sum(area["overshoots"]) - sum(area["gaps"])
    assert surplus == pytest.approx(sum(cell.area for cell in cells) - parent.area, abs=1e-5)


@few
@given(seeds)
def test_the_second_opinion_finds_the_same_ground(seed: int) -> None:
    cells, parent, _ = case(seed)
    one, other = checked(cells, parent), overlay.check_coverage(cells, parent)
    for tier in TIERS:
        ours, theirs = ground(getattr(one, tier)), ground(getattr(other, tier))
        for owners in ours.keys() | theirs.keys():
            mine, its = ours.get(owners, Polygon()), theirs.get(owners, Polygon())
            assert mine.symmetric_difference(its).area < 1e-5, (tier, owners)


@few
@given(seeds)
def test_the_owners_of_a_face_lie_over_it_and_its_neighbours_along_it(seed: int) -> None:
    cells, parent, _ = case(seed)
    report = checked(cells, parent)
    shapes = np.array(cells, dtype=object)
    for face in (*report.gaps, *report.overlaps, *report.overshoots):
        assert face.geometry.is_valid
        if face.geometry.area < 1e-6:
            continue
        point = face.geometry.point_on_surface()
        assert face.owners == tuple(np.flatnonzero(shapely.contains(shapes, point)).tolist())
        for neighbour in face.neighbours:
            assert cells[neighbour].boundary.intersection(face.geometry.buffer(1e-6)).length > 1e-7


@few
@given(seeds)
def test_order_start_and_direction_do_not_matter(seed: int) -> None:
    cells, parent, rng = case(seed)
    order = rng.permutation(len(cells))
    turned = []
    for number in order:
        ring = np.roll(shapely.get_coordinates(cells[number])[:-1], int(rng.integers(9)), axis=0)
        turned.append(Polygon(ring[::-1] if rng.random() < 0.5 else ring))
    again = checked(turned, parent.reverse())
    assert rows(checked(cells, parent)) == rows(again, lambda number: int(order[number]))


@few
@given(seeds, st.tuples(st.integers(-(2**22), 2**22), st.integers(-(2**22), 2**22)))
def test_where_it_lies_does_not_matter(seed: int, offset: tuple[int, int]) -> None:
    cells, parent, _ = case(seed)
    away = [affinity.translate(shape, *offset) for shape in (*cells, parent)]
    near, far = checked(cells, parent), checked(away[:-1], away[-1])
    assert [row[:3] for row in rows(near)] == [row[:3] for row in rows(far)]
    # New vertices are rounded to a last bit of 1e-9 m there.
    assert [row[3] for row in rows(near)] == pytest.approx([row[3] for row in rows(far)], abs=2e-4)
    assert (near.is_proved, near.is_exact) == (far.is_proved, far.is_exact)


@few
@given(seeds)
def test_proved_is_what_the_proof_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sound, parent = voronoi(rng) if rng.random() < 0.3 else mosaic(rng)
    for cells in (sound, damaged(sound, rng), sound[1:]):
        report = checked(cells, parent)
        proofs = [prove(cells, parent, is_strict=is_strict) for is_strict in (False, True)]
        assert proofs[0] == proofs[1]
        assert report.is_proved is proofs[0].is_exact
        if report.is_proved:
            assert report == CoverageReport()


def assert_kept(result: Repair, cells: Cells, parent: Polygon) -> None:
    """What every repair owes, proved or not."""
    assert len(result.cells) == len(cells) + sum(entry.rule == "new_cell" for entry in result.log)
    for number, before in enumerate(cells):
        after = result.cells[number]
        assert (after is before) is (number not in result.changed)
        assert not after.is_empty
    involved = {cell for entry in result.log for cell in (*entry.owners, entry.winner) if cell is not None}
    for number in set(range(len(cells))) - involved:
        # At most its vertices are others: it gains those that faces end on.
        assert result.cells[number].symmetric_difference(cells[number]).area < 1e-4
    assert result.parent.symmetric_difference(parent).area < 1e-5
    if result.open_faces:
        assert not result.is_proved
        assert {entry.reason for entry in result.log if entry.rule == "person"} <= {
            "duplicate",
            "contained",
            "would_empty",
            "would_split",
            "would_cut_building",
            "no_neighbour",
        }


def assert_exact(result: Repair, cells: Cells, parent: Polygon) -> None:
    """What a proved repair owes, by the proof and by the second opinion."""
    assert prove(result.cells, result.parent, is_strict=True).is_exact
    assert sum(cell.area for cell in result.cells) == pytest.approx(parent.area, abs=1e-5)
    second = overlay.check_coverage(result.cells, result.parent, dust_area=1e-6)
    assert (second.gaps, second.overlaps, second.overshoots) == ((), (), ())
    assert (shapely.get_num_geometries(list(result.cells)) == 1).all()
    again = repair(result.cells, result.parent, tolerances=TOLERANCES)
    assert (again.changed, again.log, again.is_proved) == ((), (), True)
    assert all(one is other for one, other in zip(result.cells, again.cells, strict=True))


rules = st.builds(
    RepairRules,
    overlap_rule=st.sampled_from(["rank", "share", "border"]),
    contained=st.sampled_from(["person", "keep"]),
    keep=st.sampled_from([(), (0,), (2, 1)]),
    gap_to=st.sampled_from([None, 0]),
    new_cell_min_area=st.sampled_from([None, 20.0]),
)


@settings(few, max_examples=150)
@given(seeds, rules)
def test_a_repair_is_proved_or_asks_a_person(seed: int, chosen: RepairRules) -> None:
    cells, parent, _ = case(seed)
    result = repair(cells, parent, tolerances=TOLERANCES, rules=chosen)
    assert_kept(result, cells, parent)
    assert result.is_proved is (result.open_faces == 0)
    if result.is_proved:
        assert_exact(result, cells, parent)


@few
@given(seeds)
def test_a_fixed_parent_stays_and_what_is_proved_is_exact(seed: int) -> None:
    cells, parent, _ = case(seed)
    chain = parent.segmentize(0.5)
    sound = [shapely.transform(cell, on_grid) for cell in cells]
    result = repair(sound, chain, tolerances=TOLERANCES, rules=RepairRules(contained="keep"), is_parent_fixed=True)
    assert result.parent is chain
    if result.is_proved:
        assert_exact(result, sound, chain)


@few
@given(seeds)
def test_cells_away_from_all_faults_are_untouched(seed: int) -> None:
    cells, parent, _ = case(seed)
    report = checked(cells, parent)
    result = repair(cells, parent, tolerances=TOLERANCES, rules=RepairRules(contained="keep"))
    wrong = [face.geometry for tier in TIERS for face in getattr(report, tier)]
    wrong += [each.geometry for each in (*report.mismatches, *report.dust)]
    near = shapely.dwithin(np.array(cells, dtype=object), shapely.union_all(wrong), 1e-5)
    assert set(result.changed) <= {*np.flatnonzero(near).tolist(), *range(len(cells), len(result.cells))}


@few
@given(seeds)
def test_a_building_that_was_whole_is_whole(seed: int) -> None:
    cells, parent, rng = case(seed)
    size = np.sqrt(parent.area / (len(cells) + 1))
    places = rng.uniform(parent.bounds[:2], parent.bounds[2:], (40, 2))
    sizes = rng.uniform(0.02, 0.4, (40, 2)) * size
    buildings = [
        affinity.rotate(box(*place, *(place + extent)), rng.uniform(0, 90))
        for place, extent in zip(places, sizes, strict=True)
    ]
    result = repair(cells, parent, tolerances=TOLERANCES, buildings=buildings)
    assert_kept(result, cells, parent)
    assert result.is_proved is (result.open_faces == 0)
    # What stands across the parent's border is cut by that.
    for building in [building for building in buildings if building.within(parent)] if cells else []:
        shares = [shapely.area(shapely.intersection(shapes, building)).max() for shapes in (cells, list(result.cells))]
        if shares[0] >= building.area * (1 - 1e-9):
            assert shares[1] >= building.area * (1 - 1e-5)
