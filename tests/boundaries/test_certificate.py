"""What a certificate says, what it notices, and what it does not mind."""

import hashlib
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from boundaries.certificate import AreaProof, compare, division_digest, prove_areas
from boundaries.digests import cancelled, digests_by_owner, directed, together
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_CRS, parse_crs, project
from geo.segments import as_shapes
from tests.boundaries.certified import AROUND, PARK, PLAN, certificate, nudged, with_shape
from tests.boundaries.plans import AREAS, at, square

EAST, WEST, INNER = AREAS[1].code, AREAS[2].code, "P"


def proofs(plan: Snapshot = PLAN) -> dict[str, AreaProof]:
    return {area.code: area for area in prove_areas(plan)}


def reasons(changed: Snapshot, **options: bool) -> dict[str, tuple[str, ...]]:
    found = compare(certificate(), prove_areas(changed), **options)
    assert found.holds == all(one.holds for one in found.areas)
    return {one.code: one.reasons for one in found.areas if not one.holds}


def test_each_area_answers_for_its_own_ground() -> None:
    found = proofs()
    assert list(found) == [EAST, WEST, INNER]
    assert [area.inner for area in found.values()] == [(), (INNER,), ()]
    assert [area.grids for area in found.values()] == [2, 1, 1]
    assert [(area.is_exact, area.unmatched, area.place) for area in found.values()] == [(True, 0, None)] * 3
    # Two squares share one segment of four; the ring round the park has six and four.
    assert [area.segments for area in found.values()] == [8, 10, 4]
    assert [area.boundary_segments for area in found.values()] == [6, 10, 4]


def test_the_digests_are_those_of_the_definition() -> None:
    """Written out once more by hand, from the text of docs/formats/certificate.md."""

    def sha(pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> str:
        numbers = sorted(tuple(round(value * 1e9) for end in pair for value in end) for pair in pairs)
        return hashlib.sha256(b"".join(struct.pack("<qqqq", *four) for four in numbers)).hexdigest()

    def around(*corners: tuple[float, float]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        points = [at(*corner) for corner in corners]
        return list(zip(points, points[1:] + points[:1], strict=True))

    one, two = around((0, 0), (1, 0), (1, 1), (0, 1)), around((1, 0), (2, 0), (2, 1), (1, 1))
    both = around((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1))
    found = proofs()[EAST]
    assert found.boundary_digest == sha(both)
    lines = sorted([f"{sha(one)} G1\n".encode(), f"{sha(two)} G2\n".encode()])
    assert found.grids_digest == hashlib.sha256(b"".join(lines)).hexdigest()
    whole = sorted(f"{area.boundary_digest} {area.grids_digest} {area.code}\n".encode() for area in proofs().values())
    assert certificate().digest == division_digest(prove_areas(PLAN)) == hashlib.sha256(b"".join(whole)).hexdigest()


def test_how_a_shape_is_written_does_not_matter() -> None:
    shell = list(AROUND.exterior.coords)
    turned = [*shell[3:-1], *shell[:4]]
    doubled = [turned[0], *turned]
    hole = list(PARK.exterior.coords)
    other = Polygon(doubled[::-1], [[*hole[2:-1], *hole[:3]]])
    assert prove_areas(with_shape("G3", other)) == prove_areas(PLAN)
    assert prove_areas(with_shape("G3", MultiPolygon([other]))) == prove_areas(PLAN)
    assert prove_areas(replace(PLAN, grids=PLAN.grids[::-1])) == prove_areas(PLAN)


def test_negative_zero_is_zero() -> None:
    corner = as_shapes([Polygon([(-0.0, -0.0), (1, -0.0), (1, 1)]), Polygon([(0, 0), (1, 0), (1, 1)])])
    first, second = digests_by_owner(directed(corner), 2)
    assert first == second


def test_a_step_of_one_vertex_is_noticed_and_placed() -> None:
    changed = with_shape("G1", nudged(square(0, 0)))
    assert reasons(changed) == {EAST: ("grids_changed", "boundary_changed", "not_exact")}
    proof = proofs(changed)[EAST]
    assert (proof.is_exact, proof.unmatched) == (False, 4)
    assert proof.place == pytest.approx(at(1, 0), abs=1e-3)


def test_a_step_inside_leaves_the_outline_alone() -> None:
    # The node on the common border moves for both; the outline of the two is the same but for that node.
    border = [at(0, 0), at(1, 0), at(1, 0.5), at(1, 1), at(0, 1)]
    left, right = Polygon(border), Polygon([*border[1:4], at(2, 1), at(2, 0)])
    changed = with_shape("G2", right, with_shape("G1", left))
    assert reasons(changed) == {EAST: ("grids_changed",)}


def test_another_code_is_another_division() -> None:
    grids = tuple(replace(grid, code="G9") if grid.code == "G2" else grid for grid in PLAN.grids)
    assert reasons(replace(PLAN, grids=grids)) == {EAST: ("grids_changed",)}
    swapped = with_shape("G2", square(0, 0), with_shape("G1", square(1, 0)))
    assert reasons(swapped) == {EAST: ("grids_changed",)}
    renamed = tuple(replace(grid, name="改名") for grid in PLAN.grids)
    assert reasons(replace(PLAN, grids=renamed)) == {}


def test_a_border_that_moved_is_told_apart_from_grids() -> None:
    areas = tuple(replace(area, polygon=nudged(area.polygon)) if area.code == EAST else area for area in PLAN.areas)
    assert reasons(replace(PLAN, areas=areas)) == {EAST: ("boundary_changed", "not_exact")}
    # The border of the park is the inner border of the community round it.
    areas = tuple(replace(area, polygon=nudged(area.polygon)) if area.code == INNER else area for area in PLAN.areas)
    assert set(reasons(replace(PLAN, areas=areas))) == {WEST, INNER}


def test_a_vertex_more_on_the_border_is_not_exact() -> None:
    ring = list(square(0, 0).exterior.coords)
    assert reasons(with_shape("G1", Polygon([ring[0], at(0.5, 0), *ring[1:]])))[EAST][-1] == "not_exact"


def test_areas_that_come_and_go() -> None:
    smaller = replace(PLAN, areas=PLAN.areas[:3], grids=PLAN.grids[:3])
    assert reasons(smaller) == {INNER: ("missing",), WEST: ("boundary_changed", "inner_changed", "not_exact")}
    assert reasons(replace(PLAN, areas=PLAN.areas[:2], grids=PLAN.grids[:2]), is_part=True) == {}
    found = compare(replace(certificate(), areas=certificate().areas[:1]), prove_areas(PLAN))
    assert {one.code: one.reasons for one in found.areas} == {EAST: (), WEST: ("unlisted",), INNER: ("unlisted",)}


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"grids": 99}, "grids_differ"),
        ({"segments": 5}, "segments_differ"),
        ({"boundary_segments": 5}, "boundary_segments_differ"),
        ({"inner": ("P9",)}, "inner_changed"),
        ({"inner": (INNER, INNER)}, "inner_changed"),
        ({"is_exact": False}, "not_exact"),
    ],
)
def test_everything_that_it_says_of_an_area_is_compared(edit: dict[str, Any], reason: str) -> None:
    areas = certificate().areas
    edited = replace(certificate(), areas=(areas[0], replace(areas[1], **edit), areas[2]))
    assert edited.digest == certificate().digest
    assert [one.reasons for one in compare(edited, areas).areas] == [(), (reason,), ()]


def test_in_what_order_areas_inside_are_listed_does_not_matter() -> None:
    west = replace(certificate().areas[1], inner=("A", INNER))
    edited = replace(certificate(), areas=(replace(west, inner=(INNER, "A")),))
    assert compare(edited, (west,)).holds


def test_nothing_is_no_agreement() -> None:
    assert not compare(certificate(), (), is_part=True).holds
    assert not compare(replace(certificate(), areas=()), ()).holds


def test_a_certificate_of_what_was_not_exact_never_holds() -> None:
    broken = with_shape("G1", square(0, 0, 0.5))
    found = compare(certificate(broken), prove_areas(broken))
    assert [one.reasons for one in found.areas] == [("not_exact",), (), ()]
    assert found.areas[0].place is not None
    assert found.areas[1].place is None


def test_undivided_ground_is_not_exact() -> None:
    proof = proofs(replace(PLAN, grids=PLAN.grids[:2]))[INNER]
    assert (proof.is_exact, proof.grids, proof.segments, proof.unmatched) == (False, 0, 0, 4)
    assert proof.place is not None


BROKEN = {
    "bow-tie": Polygon([at(0, 0), at(1, 1), at(1, 0), at(0, 1)]),
    "empty": Polygon(),
    "missing": None,
    "infinite": Polygon([at(0, 0), (np.inf, 32), at(1, 1)]),
    "line": shapely.LineString([at(0, 0), at(1, 1)]),
}


@pytest.mark.parametrize("shape", BROKEN.values(), ids=BROKEN)
def test_a_broken_shape_proves_nothing(shape: Polygon | None) -> None:
    proof = proofs(with_shape("G1", shape))[EAST]  # type: ignore[arg-type]  # what a file may hold
    assert (proof.is_exact, proof.unmatched, proof.grids) == (False, None, 2)


def test_a_division_in_metres_is_the_same_one() -> None:
    """Projected and back again, every vertex is the same step: nothing is certified but the stored numbers."""

    def moved(shape: Polygon) -> Polygon:
        return shapely.transform(shape, lambda xy: project(xy, PLAN.crs, "EPSG:4549"))

    metric = replace(
        PLAN,
        crs=parse_crs("EPSG:4549"),
        step=None,
        areas=tuple(replace(area, polygon=moved(area.polygon)) for area in PLAN.areas),
        grids=tuple(replace(grid, polygon=moved(grid.polygon)) for grid in PLAN.grids),
    )
    assert prove_areas(metric) == prove_areas(PLAN)
    assert parse_crs(STORAGE_CRS).base == PLAN.crs.base


def test_copies_cancel_one_for_one() -> None:
    cell = box(0, 0, 1, 1)
    twice = together(directed(as_shapes([cell, cell])), directed(as_shapes([cell]), is_reversed=True))
    assert (cancelled(twice)[:, 1:] == cancelled(directed(as_shapes([cell])))[:, 1:]).all()
    assert len(cancelled(together(directed(as_shapes([cell, cell]))))) == 8
    assert len(cancelled(directed(as_shapes([])))) == 0
