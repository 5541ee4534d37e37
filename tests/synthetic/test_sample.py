"""The truth about synthetic coverages is the truth."""

import math

import numpy as np
import pytest
import shapely

from tests import overlay
from tests.synthetic import CAUSES, Block, Condition, Sample, make, make_block, make_town
from tests.synthetic.between import faces_between

# What the ground of a face adds to the sum of all cells, by the number of its owners.
_WEIGHT = {
    "gap": lambda _: -1,
    "overlap": lambda owners: owners - 1,
    "overshoot": lambda owners: owners,
    "mismatch": lambda _: 0,
}


def surplus(sample: Sample) -> float:
    """Ground of all cells beyond that of the parent and what the truth explains."""
    explained = math.fsum(face.area * _WEIGHT[face.kind](len(face.owners)) for face in sample.defects)
    return math.fsum(shapely.area(sample.cells)) - sample.parent.area - explained


@pytest.mark.parametrize("condition", ["clean", "mid", "dirty"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_areas_add_up(condition: Condition, seed: int) -> None:
    sample = make(condition, cells=900, seed=seed)
    assert shapely.is_valid(sample.cells).all()
    assert shapely.is_valid([face.geometry for face in sample.defects]).all()
    assert abs(surplus(sample)) < 1e-6


@pytest.mark.parametrize("condition", ["clean", "mid", "dirty"])
def test_ragged_ones_add_up(condition: Condition) -> None:
    sample = make(condition, cells=400, seed=4, wiggle=0.3)
    assert shapely.is_valid(sample.cells).all()
    assert shapely.is_valid([face.geometry for face in sample.defects]).all()
    assert abs(surplus(sample)) < 1e-6
    hulls = shapely.area(shapely.convex_hull(sample.cells))
    assert (shapely.area(sample.cells) / hulls).mean() < 0.9


def test_ten_thousand_add_up() -> None:
    sample = make("mid", cells=10_000, seed=4)
    assert {face.cause for face in sample.defects} == set(CAUSES)
    assert len({face.cause for face in make("mid", cells=1_000, seed=4).defects}) == len(CAUSES)
    assert abs(surplus(sample)) < 1e-6


def test_a_clean_one_is_a_coverage() -> None:
    sample = make("clean", cells=2_500, seed=5)
    assert sample.defects == ()
    assert shapely.coverage_is_valid(sample.cells)
    assert shapely.equals(shapely.coverage_union_all(sample.cells), sample.parent)
    assert 90 < (shapely.get_num_coordinates(sample.cells) - 1).mean() < 100


@pytest.mark.parametrize("condition", ["clean", "mid", "dirty"])
def test_the_same_seed_gives_the_same_bytes(condition: Condition) -> None:
    one, two, other = (make(condition, cells=400, seed=seed) for seed in (6, 6, 7))
    assert shapely.to_wkb(one.cells).tolist() == shapely.to_wkb(two.cells).tolist()
    assert one.parent.wkb == two.parent.wkb
    assert one.defects == two.defects
    assert one.parent.wkb != other.parent.wkb


@pytest.mark.parametrize("condition", ["mid", "dirty"])
def test_the_overlay_finds_the_same(condition: Condition) -> None:
    sample = make(condition, cells=400, seed=8)
    report = overlay.check_coverage(sample.cells, sample.parent, dust_area=1e-6)
    for kind, found in (("gap", report.gaps), ("overlap", report.overlaps), ("overshoot", report.overshoots)):
        truth = [face for face in sample.defects if face.kind == kind]
        assert len(found) == len(truth)
        assert sorted(face.geometry.area for face in found) == pytest.approx(
            sorted(face.area for face in truth), abs=1e-6
        )
        assert sorted(face.owners for face in found) == sorted(face.owners for face in truth)


def test_faces_have_the_area_of_their_shape() -> None:
    for face in make("mid", cells=2_500, seed=9).defects:
        assert face.geometry.area == pytest.approx(face.area, abs=1e-7)
        assert face.area > 0 or face.kind == "mismatch"


def test_mismatches_lie_on_the_edge_of_the_other_cell() -> None:
    sample = make("mid", cells=2_500, seed=10)
    mismatches = [face for face in sample.defects if face.kind == "mismatch"]
    assert mismatches
    for face in mismatches:
        edges = [*(sample.cells[owner].exterior for owner in face.owners), sample.parent.exterior]
        near = [edge for edge in edges if edge.distance(face.geometry) < 1e-8]
        assert len(near) >= 2
        corners = [tuple(face.geometry.coords[0]) in set(edge.coords) for edge in near]
        assert corners.count(True) == 1


def test_gaps_touch_their_neighbours() -> None:
    sample = make("mid", cells=2_500, seed=11)
    for face in sample.defects:
        if face.kind == "gap":
            outer = shapely.get_coordinates(face.geometry)
            for neighbour in face.neighbours:
                assert shapely.distance(shapely.points(outer), sample.cells[neighbour]).min() < 1e-8


def test_blocks_of_a_town_share_their_borders() -> None:
    town = list(make_town("clean", columns=3, rows=2, cells=64, seed=12))
    assert len(town) == 6
    assert shapely.coverage_is_valid(np.concatenate([sample.cells for sample in town]))
    assert shapely.coverage_is_valid([sample.parent for sample in town])
    alone = make_block("clean", Block(12, 8, 3, 2, column=1, row=1))
    assert alone.parent.wkb == town[4].parent.wkb
    assert shapely.to_wkb(alone.cells).tolist() == shapely.to_wkb(town[4].cells).tolist()


def test_damaged_blocks_add_up_one_by_one() -> None:
    for sample in make_town("mid", columns=2, rows=2, cells=225, seed=13):
        assert sample.defects
        assert abs(surplus(sample)) < 1e-6


def test_lines_that_cross_enclose_faces() -> None:
    old = np.array([[[0, 0], [1, 1], [2, -1], [3, 0]]], dtype=float)
    new = np.array([[[0, 0], [1, 1], [1.5, 3], [2.5, -2], [3, 0]]], dtype=float)
    found = faces_between(old, new)
    assert found.area.tolist() == [2.0625, 0.5625]
    assert found.is_left.tolist() == [True, False]
    assert shapely.area(found.shape).tolist() == [2.0625, 0.5625]
    assert len(faces_between(old, old).row) == 0


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(ValueError, match="3 by 3"):
        make("clean", cells=4)
    line = np.array([[[0, 0], [2, 0], [1, 1], [3, 0]]], dtype=float)
    with pytest.raises(ValueError, match="backward"):
        faces_between(line, line)
    with pytest.raises(ValueError, match="in common"):
        faces_between(line, line + 1)
