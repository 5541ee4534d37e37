"""The demo town: as many of everything as promised, exact, whole, and the same every time."""

import hashlib
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
import shapely

from boundaries import checks
from boundaries.demo.town import Town, build_town
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot


def fingerprint(snapshot: Snapshot) -> str:
    digest = hashlib.sha256()
    for layer in ("areas", "grids", "buildings", "compounds", "shops", "streets", "waters", "walls", "people"):
        for value in getattr(snapshot, layer):
            shape = next(
                (getattr(value, name) for name in ("polygon", "shape", "door", "line") if hasattr(value, name)), None
            )
            digest.update(shapely.to_wkb(shape) if shape is not None else b"")
            digest.update(repr(value).encode())
    return digest.hexdigest()


def segments(polygons: list[shapely.Polygon]) -> Counter[tuple[tuple[float, float], tuple[float, float]]]:
    """Directed boundary segments, each with the polygon on its left."""
    found: Counter[tuple[tuple[float, float], tuple[float, float]]] = Counter()
    for polygon in polygons:
        for ring in (shapely.orient_polygons(polygon).exterior, *shapely.orient_polygons(polygon).interiors):
            points = list(ring.coords)
            found.update(pairwise(points))
    return found


def test_same_seed_gives_the_same_town_bit_for_bit(town: Town) -> None:
    again = build_town()
    assert fingerprint(again.correct) == fingerprint(town.correct)
    assert fingerprint(again.defective) == fingerprint(town.defective)
    assert again.table == town.table


def test_another_seed_gives_another_town_of_the_same_size(town: Town) -> None:
    other = build_town(5)
    assert fingerprint(other.correct) != fingerprint(town.correct)
    assert (len(other.correct.grids), len(other.correct.buildings)) == (163, 450)
    assert checks.run(other.correct, Rules()) == ()


def test_counts_are_as_promised(town: Town) -> None:
    plan = town.correct
    assert Counter(area.level for area in plan.areas) == {"town": 1, "community": 3, "composite": 24}
    assert Counter(area.parent for area in plan.areas if area.level == "composite") == {
        "321081199001": 8,
        "321081199002": 8,
        "321081199003": 8,
    }
    assert Counter(grid.kind for grid in plan.grids) == {
        "residential": 150,
        "market": 1,
        "school": 1,
        "street_front": 11,
    }
    assert (len(plan.buildings), len(plan.compounds), len(plan.shops)) == (450, 25, 300)
    assert len({shop.street for shop in plan.shops}) == 6
    assert sum(compound.resettlement is True for compound in plan.compounds) == 2


def test_codes_and_names_stand_once(town: Town) -> None:
    plan = town.correct
    codes = [area.code for area in plan.areas] + [grid.code for grid in plan.grids]
    codes += [part.code for grid in plan.grids for part in grid.parts]
    assert len(codes) == len(set(codes))
    assert all(grid.code.startswith(grid.area[:12]) and len(grid.code) == 15 for grid in plan.grids)
    for values in (plan.buildings, plan.compounds, plan.shops, plan.streets, plan.walls):
        assert len({value.code for value in values}) == len(values)
    assert len({grid.name for grid in plan.grids if grid.layer == "tile"}) == 152
    assert len({compound.name for compound in plan.compounds}) == 25


def test_every_level_is_covered_exactly_segment_by_segment(town: Town) -> None:
    plan = town.correct
    by_parent: dict[str, list[shapely.Polygon]] = {}
    for grid in plan.grids:
        if grid.layer == "tile":
            by_parent.setdefault(grid.area, []).append(grid.polygon)
    for area in plan.areas:
        if area.parent:
            by_parent.setdefault(area.parent, []).append(area.polygon)
    assert len(by_parent) == 28
    for code, children in by_parent.items():
        left = segments(children)
        left.subtract(segments([plan.area_by_code[code].polygon]))
        for (a, b), count in list(left.items()):
            cancelled = min(count, left[b, a])
            left[a, b] -= cancelled
            left[b, a] -= cancelled
        assert not +left, code
        assert not -left, code
        parent = plan.area_by_code[code].polygon
        assert shapely.difference(parent, shapely.union_all(children)).area == 0


def test_households_keep_to_the_band(town: Town) -> None:
    plan = town.correct
    tree = shapely.STRtree([building.shape for building in plan.buildings])
    totals = []
    for grid in plan.grids:
        inside = tree.query(grid.polygon, predicate="contains")
        households = sum(plan.buildings[at].households or 0 for at in inside)
        if grid.parts:
            assert sum(bool(plan.buildings[at].households) for at in inside) == 1
            assert 120 <= sum(part.households or 0 for part in grid.parts) <= 160
            totals += [part.households or 0 for part in grid.parts]
            assert households == sum(part.households or 0 for part in grid.parts)
        elif grid.kind == "residential":
            totals.append(households)
    assert min(totals) >= 30
    assert max(totals) <= 100
    assert sum(totals) == sum(building.households or 0 for building in plan.buildings)
    assert sum(len(grid.parts) > 1 for grid in plan.grids) == 18


def test_every_building_stands_free_and_in_one_tile(town: Town) -> None:
    plan = town.correct
    shapes = np.array([building.shape for building in plan.buildings])
    near = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert near.shape[1] == len(shapes)
    tiles = np.array([grid.polygon for grid in plan.grids if grid.layer == "tile"])
    held, _ = shapely.STRtree(tiles).query(shapes, predicate="within")
    assert sorted(held) == list(range(450))
    water = plan.waters[0].shape
    assert not shapely.intersects(shapes, water).any()
    walls = shapely.union_all([wall.line for wall in plan.walls])
    assert not shapely.intersects(shapes, walls).any()


def test_compounds_are_walled_round_their_buildings(town: Town) -> None:
    plan = town.correct
    outlines = {compound.code: compound.polygon for compound in plan.compounds}
    for building in plan.buildings:
        if building.compound:
            assert outlines[building.compound].contains(building.shape), building.number
    assert all(a.disjoint(b) for a, b in combinations(outlines.values(), 2))
    for compound, wall in zip(plan.compounds, plan.walls, strict=True):
        gate_m = compound.polygon.exterior.length - wall.line.length
        assert 6.0 < gate_m < 10.0
        assert wall.line.geom_type == "LineString"


def test_shops_stand_on_their_street_in_its_strip(town: Town) -> None:
    plan = town.correct
    fronts = [grid for grid in plan.grids if grid.kind == "street_front"]
    assert all(a.polygon.intersection(b.polygon).area == 0 for a, b in combinations(fronts, 2))
    held: Counter[str] = Counter()
    for shop in plan.shops:
        homes = [front for front in fronts if front.polygon.contains(shop.door)]
        assert [front.street_group for front in homes] == [shop.street]
        held[homes[0].code] += 1
        assert plan.area_by_code[homes[0].area].polygon.contains(shop.door)
        street = next(street for street in plan.streets if street.name == shop.street)
        assert 8.0 < street.line.distance(shop.door) < 14.0
    assert set(held) == {front.code for front in fronts}
    assert 10 <= min(held.values()) <= max(held.values()) <= 50


def test_door_numbers_are_odd_on_the_left_and_even_on_the_right(town: Town) -> None:
    numbers: dict[str, list[int]] = {}
    for shop in town.correct.shops:
        number = int((shop.door_number or "").removesuffix("号"))
        assert number % 2 == (1 if shop.side == "left" else 0)
        street = next(street for street in town.correct.streets if street.name == shop.street)
        at = street.line.project(shop.door)
        ahead, behind = street.line.interpolate(at + 1), street.line.interpolate(at - 1)
        turn = (ahead.x - behind.x) * (shop.door.y - behind.y) - (ahead.y - behind.y) * (shop.door.x - behind.x)
        assert (turn > 0) == (shop.side == "left")
        numbers.setdefault(shop.street or "", []).append(number)
    assert all(len(found) == len(set(found)) for found in numbers.values())


def test_everybody_in_charge_is_named_once_with_a_phone_nobody_has(town: Town) -> None:
    plan = town.correct
    targets = Counter((person.target, person.role) for person in plan.people)
    for grid in plan.grids:
        for code in [part.code for part in grid.parts] or [grid.code]:
            assert targets[code, "liaison"] == 1
    assert sum(count for (_, role), count in targets.items() if role == "chief") == 24
    assert len({person.name for person in plan.people}) == len(plan.people)
    phones = [person.phone or "" for person in plan.people] + [shop.contact or "" for shop in plan.shops]
    assert all(phone.startswith("108") and len(phone) == 11 for phone in phones)
    assert len(set(phones)) == len(phones)


def test_table_lists_every_household_once(town: Town) -> None:
    assert sum(row.households for row in town.table) == sum(
        building.households or 0 for building in town.correct.buildings
    )
    codes = {grid.code for grid in town.correct.grids} | {
        part.code for grid in town.correct.grids for part in grid.parts
    }
    assert {row.grid_code for row in town.table} <= codes
    assert len({row.grid_code for row in town.table}) == len(town.table) == 132 + 43


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_correct_drawing_is_clean_for_any_seed(seed: int) -> None:
    assert checks.run(build_town(seed).correct, Rules()) == ()
