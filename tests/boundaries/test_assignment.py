import time
from dataclasses import replace

from shapely import box

from boundaries.assignment import propose
from boundaries.model import Alternative, Area, Assignment
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs
from tests.boundaries.boxes import (
    GRIDS,
    METRES,
    RULES,
    X,
    Y,
    building,
    compound,
    grid,
    plan,
    point,
    shop,
    square,
    street,
    with_grid,
)

ROAD = street("East Road", (0, 50), (400, 50))
FRONT = {"layer": "overlay", "kind": "street_front"}
# Left of the road (north), from 20 m to 60 m along it.
STRIP = grid("S1", square(20, 50, 40, 20), rank=5, **FRONT)
GAP_AT_G2 = (GRIDS[0], GRIDS[2], GRIDS[3])


def one(**changes: object) -> Assignment:
    (assignment,) = propose(plan(**{"streets": (ROAD,), **changes}), RULES)
    return assignment


def test_a_compound_in_one_grid_by_containment() -> None:
    found = one(compounds=(compound("K", square(10, 10, 80, 80)),))
    assert (found.premises_kind, found.premises, found.grid, found.method) == ("compound", "K", "G1", "containment")
    assert found.reason_zh == "整个位于网格 G1 grid G1 内"
    assert found.reason_en == "lies wholly in grid G1 grid G1"
    assert found.alternatives == ()
    assert found.accepted_by is None


def test_a_compound_across_grids_by_its_largest_part() -> None:
    found = one(compounds=(compound("K", square(75, 10, 100, 80)),))
    assert (found.grid, found.method) == ("G2", "largest_share")
    assert "75%" in found.reason_zh
    assert found.alternatives == (Alternative("G1", "share", 0.25),)


def test_a_compound_larger_than_a_grid_that_lies_in_several_needs_none() -> None:
    homes = tuple(building(f"B{n}", square(100 * n + 20, 20, 40, 12), 80) for n in range(2))
    large = (compound("K", square(10, 10, 180, 80)),)
    assert propose(plan(compounds=large, buildings=homes), RULES) == ()
    few = (building("B1", square(20, 20, 40, 12), 40), building("B2", square(120, 20, 40, 12), 60))
    assert [item.method for item in propose(plan(compounds=large, buildings=few), RULES)] == ["largest_share"]


def test_a_compound_in_no_grid_goes_where_its_border_is_longest() -> None:
    found = one(compounds=(compound("K", square(100, 0, 60, 100)),), grids=GAP_AT_G2)
    assert (found.grid, found.method) == ("G1", "longest_border")
    assert "共边最长(102 米)" in found.reason_zh


def test_a_wider_ring_of_grids_is_asked_when_none_adjoins() -> None:
    found = one(compounds=(compound("K", square(104, 20, 50, 60)),), grids=GAP_AT_G2)
    assert (found.grid, found.method) == ("G1", "longest_border")
    assert "within 5 m" in found.reason_en
    both = one(compounds=(compound("K", square(112, 20, 75, 60)),), grids=GAP_AT_G2)
    assert both.grid == "G1"
    assert [(item.grid, item.measure) for item in both.alternatives] == [("G3", "shared_border_m")]


def test_a_grid_without_homes_takes_no_compound_by_its_border() -> None:
    grids = (replace(GRIDS[0], kind="school"), *GAP_AT_G2[1:])
    assert one(compounds=(compound("K", square(101, 20, 60, 60)),), grids=grids).grid == "G3"


def test_a_compound_far_from_everything_stays_open_with_the_reason() -> None:
    found = one(compounds=(compound("K", square(0, 900)),))
    assert (found.grid, found.method, found.alternatives) == (None, "none", ())
    assert "50 米" in found.reason_zh


def test_a_shop_in_a_dedicated_grid_by_containment() -> None:
    found = one(shops=(shop("1", 30, 60),), grids=(*GRIDS, STRIP))
    assert (found.premises_kind, found.grid, found.method) == ("shop", "S1", "containment")
    assert found.alternatives == (Alternative("G1", "distance_m", 0.0),)


def test_a_shop_on_the_same_side_of_the_street_goes_to_the_strip() -> None:
    # The other strip is nearer along the street but on the other side.
    other = grid("S2", square(70, 30, 20, 20), rank=6, **FRONT)
    found = one(shops=(shop("1", 95, 60),), grids=(*GRIDS, STRIP, other))
    assert (found.grid, found.method) == ("S1", "street_side")
    assert "East Road" in found.reason_en
    assert "35 m" in found.reason_en
    assert [(item.grid, item.measure) for item in found.alternatives] == [
        ("S2", "along_street_m"),
        ("G1", "distance_m"),
    ]


def test_a_shop_across_the_street_goes_to_the_nearest_strip_along_it() -> None:
    found = one(shops=(shop("1", 95, 40),), grids=(*GRIDS, STRIP))
    assert (found.grid, found.method) == ("S1", "along_street")
    assert "对侧" in found.reason_zh


def test_a_strip_too_far_along_the_street_does_not_take_it() -> None:
    far = {"shops": (shop("1", 130, 60),), "grids": (*GRIDS, STRIP)}
    found = one(**far)
    assert (found.grid, found.method) == ("G2", "locality")
    assert "建议划设沿街专属网格" in found.reason_zh
    (wider,) = propose(plan(streets=(ROAD,), **far), Rules(max_shop_to_grid_m=80))
    assert wider.method == "street_side"


def test_a_strip_of_another_street_does_not_take_it() -> None:
    lane = street("Lane", (90, 0), (90, 100))
    shops = (shop("1", 88, 60, street="Lane"),)
    assert one(shops=shops, grids=(*GRIDS, STRIP), streets=(ROAD, lane)).method == "locality"
    # Without a street of its own it counts to the nearest one.
    near_road = (shop("1", 80, 52),)
    assert one(shops=near_road, grids=(*GRIDS, STRIP), streets=(ROAD, lane)).grid == "S1"


def test_a_street_may_be_named_by_its_code() -> None:
    road = replace(ROAD, code="R1")
    assert one(shops=(shop("1", 95, 60, street="R1"),), grids=(*GRIDS, STRIP), streets=(road,)).method == "street_side"


def test_streets_without_a_name_lead_nowhere() -> None:
    nameless = replace(ROAD, name="")
    assert one(shops=(shop("1", 95, 60),), grids=(*GRIDS, STRIP), streets=(nameless,)).method == "locality"


def test_a_door_in_no_grid_goes_to_the_nearest() -> None:
    found = one(shops=(shop("1", 130, 80),), grids=GAP_AT_G2)
    assert (found.grid, found.method) == ("G1", "nearest")
    assert "30 米" in found.reason_zh
    assert one(shops=(shop("1", 50, 900),)).grid is None


def test_only_open_shops_without_an_accepted_grid_are_asked_about() -> None:
    accepted = Assignment("shop", "1", "G1", "containment", "", "", accepted_by="li")
    shops = (shop("1", 10, 10), shop("2", 10, 10, state="vacant"), shop("3", 10, 10, state="closed"))
    assert propose(plan(shops=shops, assignments=(accepted,)), RULES) == ()
    # Neither a proposal that nobody accepted nor a grid that is gone counts.
    for stale in (replace(accepted, accepted_by=None), replace(accepted, grid="GONE")):
        assert len(propose(plan(shops=shops, assignments=(stale,)), RULES)) == 1


def test_at_most_three_alternatives_nearest_first() -> None:
    many = tuple(grid(f"T{n}", square(20 * n, 0, 20, 100), rank=n) for n in range(10))
    found = one(grids=many, shops=(shop("1", 91, 50),), streets=())
    assert found.grid == "T4"
    assert found.alternatives == (
        Alternative("T5", "distance_m", 9.0),
        Alternative("T3", "distance_m", 11.0),
        Alternative("T6", "distance_m", 29.0),
    )


def test_the_lowest_rank_takes_a_door_on_a_border() -> None:
    assert one(shops=(shop("1", 100, 50),), streets=()).grid == "G1"
    assert one(shops=(shop("1", 100, 50),), streets=(), grids=with_grid(0, rank=9)).grid == "G2"


def test_compounds_come_first_and_order_is_kept() -> None:
    found = propose(
        plan(
            compounds=(compound("Z", square(10, 10, 20, 20)), compound("A", square(40, 10, 20, 20))),
            shops=(shop("9", 10, 10), shop("1", 20, 10)),
        ),
        RULES,
    )
    assert [item.premises for item in found] == ["Z", "A", "9", "1"]


def test_degrees_are_measured_in_metres() -> None:
    area = Area(1, "A", "a", "community", None, box(119.18, 32.27, 119.182, 32.271))
    left = grid("G1", box(119.18, 32.27, 119.181, 32.271), area="A", rank=1)
    snapshot = Snapshot(
        parse_crs("EPSG:4490"),
        areas=(area,),
        grids=(left,),
        shops=(replace(shop("1", 0, 0), door=point(119.1812 - X, 32.2705 - Y)),),
    )
    (found,) = propose(snapshot, RULES)
    assert (found.grid, found.method) == ("G1", "nearest")
    assert "(19 米)" in found.reason_zh


def test_a_thousand_shops_and_hundreds_of_grids_take_little_time() -> None:
    grids = [grid(f"T{n}", square(100 * (n % 20), 100 * (n // 20)), rank=n) for n in range(400)]
    roads = [street(f"R{n}", (0, 100 * n + 50), (2000, 100 * n + 50)) for n in range(20)]
    fronts = [
        grid(f"S{n}", square(200 * (n % 10), 100 * (n // 10) + 50, 50, 20), rank=900 + n, **FRONT) for n in range(200)
    ]
    shops = [shop(str(n), 7.3 * n % 2000, 13.7 * n % 2000) for n in range(1200)]
    town = Area(1, "C1", "c", "community", None, square(0, 0, 2000, 2000))
    snapshot = Snapshot(METRES, areas=(town,), grids=(*grids, *fronts), streets=tuple(roads), shops=tuple(shops))
    begun = time.perf_counter()
    found = propose(snapshot, RULES)
    assert time.perf_counter() - begun < 10
    assert len(found) == 1200
    assert {item.method for item in found} >= {"containment", "street_side", "along_street"}
    assert propose(snapshot, RULES) == found
