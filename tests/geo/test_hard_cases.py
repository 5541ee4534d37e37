"""Every hard case: its own sums, the check, the second opinion, the proof, the repair."""

import re
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from geo.coverage import CoverageReport, Face, check_coverage
from geo.errors import GeometryProblem
from geo.measure import mean_width
from geo.repair import Repair, RepairRules, repair
from geo.residual import prove
from tests import overlay
from tests.hard_cases import FOLDER, Expected, HardCase, load, names, read

CASES = names()
# A case with a cell or a parent that has no inside has one answer: no verdict.
SOUND = [name for name in CASES if not read(name)["detection"]["refused"] and not read(name)["detection"]["invalid"]]
PLANE = [name for name in SOUND if read(name)["crs"] is None]
REPAIRS = [(name, row) for name in CASES for row in range(len(read(name)["repairs"]))]
TOLERANCES_M, TOLERANCES_DEG = (1e-7, 1e-5, 1e-4, 1e-3), (2e-9, 2e-8)
STORED = "EPSG:4490"
EAST_M, NORTH_M, ROUNDED_AREA = 440_000.0, 4_420_000.0, 1e-6
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@pytest.mark.parametrize("name", CASES)
def test_the_file_says_all_and_names_only_its_own(name: str) -> None:
    raw = read(name)
    codes = {cell["code"] for cell in raw["cells"]}
    assert (raw["format"], raw["name"], len(codes)) == ("coverage-hard-case/1", name, len(raw["cells"]))
    assert raw["title"].keys() == raw["about"].keys() == {"zh", "en"}
    assert f"| `{name}` | {raw['title']['zh']} | {raw['title']['en']} |" in (FOLDER / "README.md").read_text("utf-8")
    detection = raw["detection"]
    named = set(detection["invalid"])
    for tier in ("overlaps", "pairs", "overshoots"):
        named.update(*(row["cells"] for row in detection.get(tier, [])))
    named.update(*(row.get("neighbours", []) for row in detection.get("gaps", [])))
    for row in raw["repairs"]:
        named.update(row.get("areas", {}), row.get("untouched", []), row["rules"].get("keep", []))
        assert set(row["outcome"]) <= {"proved", "person", "refused"}
    assert named <= codes


@pytest.mark.parametrize("name", CASES)
def test_the_text_gives_back_every_bit_of_a_coordinate(name: str) -> None:
    raw = read(name)
    texts = [raw["parent"], *(cell["wkt"] for cell in raw["cells"] if cell["wkt"])]
    for text in texts:
        shape = shapely.from_wkt(text)
        written = np.array([float(number) for number in NUMBER.findall(text)])
        coordinates = shapely.get_coordinates(shape, include_z=shape.has_z).ravel()
        assert written.view(np.uint64).tolist() == coordinates.view(np.uint64).tolist()
        # The shortest digits that do so, whoever writes them.
        assert all(number == _shortest(float(number)) for number in NUMBER.findall(text))


@pytest.mark.parametrize("name", SOUND)
def test_the_answers_add_up(name: str) -> None:
    case = load(name)
    found = case.detection
    twice = sum(Fraction(row["area"]) * (len(row["cells"]) - 1) for row in found["overlaps"])
    outside = sum(Fraction(row["area"]) for row in found["overshoots"])
    gaps = sum(Fraction(row["area"]) for row in found["gaps"])
    surplus = sum((_exact_area(cell) for cell in case.cells), Fraction(0)) - _exact_area(case.parent)
    assert abs(surplus - (twice + outside - gaps)) <= case.area_tolerance + found["dust_max_area"]
    pairs: dict[tuple[str, str], float] = {}
    for row in found["overlaps"]:
        for pair in combinations(row["cells"], 2):
            pairs[pair] = pairs.get(pair, 0.0) + row["area"]
    assert {tuple(row["cells"]): row["area"] for row in found["pairs"]} == pairs


@pytest.mark.parametrize("name", CASES)
def test_the_check_finds_what_is_there(name: str) -> None:
    case = load(name)
    if case.detection["refused"]:
        with pytest.raises(GeometryProblem):
            _checked(case)
        return
    report = _checked(case)
    assert report.invalid == case.indices(case.detection["invalid"])
    assert report.is_proved is case.detection["proved"]
    if report.invalid:
        assert report == CoverageReport(invalid=report.invalid, is_exact=False, is_proved=False)
        return
    _assert_faces(report, case)
    _assert_gap_borders(report, case)
    if case.detection["mismatch"] is None:
        assert report.mismatches or report.dust
    else:
        assert bool(report.mismatches) is case.detection["mismatch"]


@pytest.mark.parametrize("angle", [33.3, 90.0, 211.7])
@pytest.mark.parametrize("name", PLANE)
def test_turned_and_moved_to_map_coordinates_the_check_finds_the_same(name: str, angle: float) -> None:
    # Every vertex is rounded anew, so what touched is now off by some 1e-9 m and no edge is upright.
    turned = replace(load(name), **_turned(load(name), angle), area_tolerance=ROUNDED_AREA)
    report = _checked(turned)
    _assert_faces(report, turned, dust_area=ROUNDED_AREA)
    told = [turned.indices(row["neighbours"]) for row in turned.detection["gaps"] if "neighbours" in row]
    if len(told) == len(report.gaps):
        assert sorted(face.neighbours for face in report.gaps) == sorted(told)
    assert report.is_proved <= turned.detection["proved"]


@pytest.mark.parametrize("name", SOUND)
def test_in_any_order_the_check_finds_the_same(name: str) -> None:
    case = load(name)
    turned_round = replace(case, cells=case.cells[::-1], codes=case.codes[::-1])
    report = _checked(turned_round)
    _assert_faces(report, turned_round)
    _assert_gap_borders(report, turned_round)
    assert report.is_proved is case.detection["proved"]


@pytest.mark.parametrize("name", SOUND)
def test_the_second_opinion_agrees_where_it_can_answer(name: str) -> None:
    case = load(name)
    second = overlay.check_coverage(case.cells, case.parent, dust_area=case.dust_area, dust_width=case.dust_width)
    _assert_faces(second, case)
    first = _checked(case)
    allowed = case.area_tolerance + case.detection["dust_max_area"]
    for tier in ("gaps", "overlaps", "overshoots"):
        ours, theirs = _ground(getattr(first, tier)), _ground(getattr(second, tier))
        assert ours.keys() == theirs.keys()
        for owners, ground in ours.items():
            assert ground.symmetric_difference(theirs[owners]).area <= allowed


@pytest.mark.parametrize("is_strict", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_proof_says_exact_where_nothing_is_left(name: str, is_strict: bool) -> None:
    case = load(name)
    if name not in SOUND:
        with pytest.raises(GeometryProblem):
            prove(case.cells, case.parent, is_strict=is_strict)
        return
    proof = prove(case.cells, case.parent, is_strict=is_strict)
    assert proof.is_exact is case.detection["proved"]
    assert (proof.unmatched == 0) is proof.is_exact
    assert proof.cells == len(case.cells)


@pytest.mark.parametrize(("name", "row"), REPAIRS)
def test_the_repair_gives_what_the_rules_decide(name: str, row: int) -> None:
    case = load(name)
    expected = case.repairs[row]
    if expected.outcomes == ("refused",):
        with pytest.raises(GeometryProblem):
            _repaired(case, expected)
        return
    result = _repaired(case, expected)
    assert ("proved" if result.is_proved else "person") in expected.outcomes
    assert (result.open_faces == 0) is result.is_proved
    if result.is_proved:
        _assert_exact(result, case, expected)
    else:
        given = {entry.reason for entry in result.log if entry.rule == "person"}
        assert given & set(expected.reasons or ("would_cut_building",))
    _assert_kept(result, case, expected)
    before = len(case.codes)
    if expected.areas is not None:
        after = dict(zip(case.codes, shapely.area(list(result.cells[:before])), strict=True))
        assert after == pytest.approx(dict(expected.areas), rel=1e-6)
    assert shapely.area(list(result.cells[before:])) == pytest.approx(expected.new_areas, rel=1e-6)


def _checked(case: HardCase) -> CoverageReport:
    return check_coverage(
        case.cells,
        case.parent,
        tolerance=case.tolerance,
        dust_area=case.dust_area,
        dust_width=case.dust_width,
    )


def _repaired(case: HardCase, expected: Expected) -> Repair:
    rules: dict[str, Any] = dict(expected.rules)
    if "keep" in rules:
        rules["keep"] = tuple(case.codes.index(code) for code in rules["keep"])
    if "gap_to" in rules:
        rules["gap_to"] = case.codes.index(rules["gap_to"])
    in_degrees = case.crs in {STORED, "EPSG:4326"}
    return repair(
        case.cells,
        case.parent,
        tolerances=TOLERANCES_DEG if in_degrees else TOLERANCES_M,
        rules=RepairRules(**rules),
        buildings=tuple(case.buildings.values()),
        decimals=9 if case.crs == STORED else None,
        is_parent_fixed=expected.is_parent_fixed,
    )


def _turned(case: HardCase, angle: float) -> dict[str, Any]:
    def move(xy: np.ndarray) -> np.ndarray:
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        return np.column_stack([c * xy[:, 0] - s * xy[:, 1] + EAST_M, s * xy[:, 0] + c * xy[:, 1] + NORTH_M])

    cells = tuple(shapely.transform(cell, move) for cell in case.cells)
    return {"cells": cells, "parent": shapely.transform(case.parent, move)}


def _assert_faces(report: CoverageReport, case: HardCase, *, dust_area: float = 0.0) -> None:
    found = case.detection
    assert report.is_exact is not bool(found["gaps"] or found["overlaps"] or found["overshoots"])
    gaps = sorted(face.geometry.area for face in report.gaps)
    assert gaps == pytest.approx(sorted(row["area"] for row in found["gaps"]), rel=1e-9, abs=case.area_tolerance)
    for tier in ("overlaps", "overshoots"):
        wanted = sorted((case.indices(row["cells"]), row["area"]) for row in found[tier])
        # Whether the parent's border cuts an overlap is the tool's own matter.
        ground = _ground(getattr(report, tier))
        faces = sorted((owners, part.area) for owners, whole in ground.items() for part in shapely.get_parts(whole))
        assert [owners for owners, _ in faces] == [owners for owners, _ in wanted]
        areas = pytest.approx([area for _, area in wanted], rel=1e-9, abs=case.area_tolerance)
        assert [area for _, area in faces] == areas
    assert max((face.geometry.area for face in report.dust), default=0.0) <= max(found["dust_max_area"], dust_area)


def _assert_gap_borders(report: CoverageReport, case: HardCase) -> None:
    told = [case.indices(row["neighbours"]) for row in case.detection["gaps"] if "neighbours" in row]
    # Where a wall is thinner than the tolerance, who lies along a gap is the tool's own matter.
    if len(told) == len(report.gaps):
        assert sorted(face.neighbours for face in report.gaps) == sorted(told)
    for row in case.detection["gaps"]:
        if "width" in row:
            face = min(report.gaps, key=lambda gap: abs(gap.geometry.area - row["area"]))
            assert float(mean_width(face.geometry)) == pytest.approx(row["width"], rel=1e-6)


def _assert_exact(result: Repair, case: HardCase, expected: Expected) -> None:
    """The result is what it says, by the proof and by the second opinion."""
    assert prove(result.cells, result.parent, is_strict=True).is_exact
    second = overlay.check_coverage(result.cells, result.parent, dust_area=case.dust_area, dust_width=case.dust_width)
    assert (second.gaps, second.overlaps, second.overshoots, second.invalid) == ((), (), (), ())
    moved = result.parent.symmetric_difference(case.parent).area
    assert moved <= case.area_tolerance + case.detection["dust_max_area"]
    if expected.is_parent_fixed:
        assert shapely.to_wkb(result.parent) == shapely.to_wkb(case.parent)


def _assert_kept(result: Repair, case: HardCase, expected: Expected) -> None:
    for index, (before, after) in enumerate(zip(case.cells, result.cells, strict=False)):
        assert not after.is_empty
        assert after.is_valid
        assert shapely.get_num_geometries(after) <= shapely.get_num_geometries(before)
        assert (after is before) is (index not in result.changed)
    assert {case.codes.index(code) for code in expected.untouched}.isdisjoint(result.changed)
    for code in expected.whole:
        building = case.buildings[code]
        shares = shapely.area(shapely.intersection(list(result.cells), building))
        assert int(np.count_nonzero((shares > 0.5) & (shares > 0.01 * building.area))) <= 1


def _ground(faces: tuple[Face, ...]) -> dict[tuple[int, ...], BaseGeometry]:
    """All ground of the same owners in one."""
    by_owners: dict[tuple[int, ...], list[BaseGeometry]] = {}
    for face in faces:
        by_owners.setdefault(face.owners, []).append(face.geometry)
    return {owners: shapely.union_all(shapes) for owners, shapes in by_owners.items()}


def _exact_area(shape: BaseGeometry) -> Fraction:
    """Area without any rounding."""
    total = Fraction(0)
    for polygon in shapely.get_parts(shape):
        for sign, rings in ((1, [polygon.exterior]), (-1, polygon.interiors)):
            total += sum((sign * _exact_ring_area(shapely.get_coordinates(ring)) for ring in rings), Fraction(0))
    return total


def _exact_ring_area(xy: np.ndarray) -> Fraction:
    points = [(Fraction(x), Fraction(y)) for x, y in xy.tolist()]
    return abs(sum((ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(points)), Fraction(0))) / 2


def _shortest(value: float) -> str:
    text = repr(value)
    return text.removesuffix(".0") if not text.startswith("-0") else text
