import pytest

from boundaries.checks import run
from boundaries.rules import Rules
from tests.boundaries.boxes import GRIDS, RULES, grid, plan, shop, square, with_grid

FRONT = grid("S1", square(0, 0, 100, 10), rank=5, layer="overlay", kind="street_front")


def test_shops_without_dedicated_grid_are_told_by_street() -> None:
    shops = (
        shop("1", 10, 5, street="East"),
        shop("2", 110, 5, street="East"),
        shop("3", 310, 5, street="West"),
        shop("7", 190, 5, street="North"),
        shop("8", 210, 5, street="North"),
        shop("4", 50, 50),
        shop("5", 60, 50, state="vacant"),
        shop("6", 70, 50, state="closed"),
    )
    findings = run(plan(shops=shops), RULES, only=["dedicated"])
    assert [(f.kind, f.premises, f.grids, f.parent, f.value) for f in findings] == [
        ("shop_undedicated", ("shop:4",), ("G1",), "C1", 1.0),
        ("shop_undedicated", ("shop:1", "shop:2"), ("G1", "G2"), "C1", 2.0),
        ("shop_undedicated", ("shop:7", "shop:8"), ("G2", "G3"), "T", 2.0),
        ("shop_undedicated", ("shop:3",), ("G4",), "C2", 1.0),
    ]
    assert [f.geometry.geom_type for f in findings if f.geometry] == ["Point", "MultiPoint", "MultiPoint", "Point"]


def test_a_dedicated_grid_holds_the_shops_whose_door_it_touches() -> None:
    shops = (shop("1", 10, 5, street="East"), shop("2", 20, 10, street="East"), shop("3", 30, 10.1, street="East"))
    (finding,) = run(plan(grids=(*GRIDS, FRONT), shops=shops), RULES, only=["dedicated"])
    assert finding.premises == ("shop:3",)


def test_a_tile_of_a_kind_that_holds_shops_holds_them() -> None:
    market = with_grid(0, kind="market")
    assert run(plan(grids=market, shops=(shop("1", 10, 5),)), RULES, only=["dedicated"]) == ()


def test_a_shop_outside_every_grid_has_no_area() -> None:
    (finding,) = run(plan(shops=(shop("1", 10, 500, street="East"),)), RULES, only=["dedicated"])
    assert (finding.grids, finding.parent) == ((), None)


def test_mixed_management_from_the_threshold_on() -> None:
    shops = tuple(shop(str(n), 10 + 10 * n, 50) for n in range(5))
    (finding,) = run(plan(shops=shops), RULES, only=["mixed"])
    assert (finding.grids, finding.value, finding.limit) == (("G1",), 5.0, 5.0)
    assert finding.premises == tuple(f"shop:{n}" for n in range(5))
    assert finding.households == 40
    assert finding.area_m2 is None
    assert run(plan(shops=shops[:4]), RULES, only=["mixed"]) == ()
    assert len(run(plan(shops=shops[:4]), Rules(mixed_shops=4), only=["mixed"])) == 1


def test_shops_held_by_a_strip_do_not_make_a_grid_mixed() -> None:
    shops = tuple(shop(str(n), 10 + 10 * n, 5) for n in range(8))
    assert run(plan(grids=(*GRIDS, FRONT), shops=shops), RULES, only=["mixed"]) == ()


@pytest.mark.parametrize("kind", ["market", "commercial", "unheard of"])
def test_only_residential_grids_are_mixed(kind: str) -> None:
    shops = tuple(shop(str(n), 10 + 10 * n, 50) for n in range(8))
    assert run(plan(grids=with_grid(0, kind=kind), shops=shops), RULES, only=["mixed"]) == ()
