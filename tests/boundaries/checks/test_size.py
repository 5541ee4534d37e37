import pytest

from boundaries.checks import run
from boundaries.rules import Rules
from tests.boundaries.boxes import GRIDS, RULES, building, part, plan, shop, square, with_grid


def band(rules: Rules = RULES, **changes: object) -> list[tuple[object, ...]]:
    findings = run(plan(**changes), rules, only=["band"])
    return [(f.kind, f.grids, f.value, f.limit, f.households) for f in findings]


@pytest.mark.parametrize(("households", "limit"), [(29, 30.0), (30, None), (100, None), (101, 100.0), (0, 30.0)])
def test_the_band_is_inclusive(households: int, limit: float | None) -> None:
    found = band(buildings=(building("B", square(20, 20, 40, 12), households),))
    assert found == ([] if limit is None else [("outside_band", ("G1",), float(households), limit, households)])


def test_buildings_add_up_where_most_of_each_lies() -> None:
    two = (building("B1", square(20, 20, 40, 12), 60), building("B2", square(70, 40, 40, 12), 55))
    assert band(buildings=two) == [("outside_band", ("G1",), 115.0, 100.0, 115)]


def test_what_nobody_counted_is_not_zero() -> None:
    assert band(buildings=(building("B", square(20, 20, 40, 12), None),)) == []
    partly = (building("B1", square(20, 20, 40, 12), 10), building("B2", square(20, 40, 40, 12), None))
    assert band(buildings=partly) == []
    over = (building("B1", square(20, 20, 40, 12), 120), building("B2", square(20, 40, 40, 12), None))
    assert band(buildings=over) == [("outside_band", ("G1",), 120.0, 100.0, 120)]


def test_parts_are_held_to_the_band_and_not_the_tower() -> None:
    grids = with_grid(0, parts=(part("G1-1", 68), part("G1-2", 110), part("G1-3", None)))
    tower = (building("B", square(20, 20, 40, 12), 178),)
    assert band(grids=grids, buildings=tower) == [("outside_band", ("G1", "G1-2"), 110.0, 100.0, 110)]


def test_kinds_without_households_have_no_band() -> None:
    tower = (building("B", square(20, 20, 40, 12), 500),)
    assert band(grids=with_grid(0, kind="school"), buildings=tower) == []
    assert band(grids=with_grid(0, kind="unheard of"), buildings=tower) == []


def test_shops_count_by_the_factor_of_their_kind() -> None:
    grids, shops = with_grid(0, kind="commercial"), tuple(shop(str(n), 10 + n, 5) for n in range(10))
    homes = (building("B", square(20, 20, 40, 12), 50),)
    assert band(Rules(shop_units={"commercial": 2.0}), grids=grids, shops=shops, buildings=homes) == []
    assert band(Rules(shop_units={"commercial": 6.0}), grids=grids, shops=shops, buildings=homes) == [
        ("outside_band", ("G1",), 110.0, 100.0, 50)
    ]


def test_a_missing_factor_is_a_finding_not_a_zero() -> None:
    grids, shops = with_grid(0, kind="commercial"), (shop("1", 10, 5),)
    homes = (building("B", square(20, 20, 40, 12), 50),)
    assert band(grids=grids, shops=shops, buildings=homes) == [("size_unknown", ("G1",), 1.0, None, 50)]
    assert band(grids=grids, buildings=homes) == []
    uncounted = (building("B", square(20, 20, 40, 12), None),)
    assert band(grids=grids, shops=shops, buildings=uncounted) == []


def test_a_grid_of_shops_alone_has_a_size() -> None:
    grids, shops = with_grid(0, kind="commercial"), tuple(shop(str(n), 10 + n, 5) for n in range(10))
    assert band(Rules(shop_units={"commercial": 2.0}), grids=grids, shops=shops, buildings=()) == [
        ("outside_band", ("G1",), 20.0, 30.0, 0)
    ]
    assert band(grids=grids, shops=shops, buildings=()) == [("size_unknown", ("G1",), 10.0, None, 0)]


def test_shops_in_a_residential_grid_are_not_its_units() -> None:
    homes = tuple(building(f"B{n}", square(100 * n + 20, 20, 40, 12), 100) for n in range(len(GRIDS)))
    assert band(buildings=homes, shops=tuple(shop(str(n), 10 + n, 5) for n in range(10))) == []
