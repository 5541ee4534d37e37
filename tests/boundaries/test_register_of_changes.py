"""Rows of the register, on the plan in metres."""

from dataclasses import replace

import pytest
from shapely import LineString

from boundaries.model import Part, Wall, Water
from boundaries.register_of_changes import register_rows
from tests.boundaries.boxes import (
    GRIDS,
    X,
    Y,
    building,
    compound,
    liaison,
    plan,
    shop,
    square,
    street,
    with_grid,
)

ESTATE = compound("K1", square(5, 5, 90, 90))
HOMES = tuple(
    replace(building(f"K1-{number}", square(10 + 20 * number, 40, 10, 10), 20), number=f"{number}幢", compound="K1")
    for number in (1, 2, 3)
)
GATE = replace(building("X", square(10, 80, 5, 5), None), number="门卫")
SHOPS = (shop("1", 150, 5), shop("2", 160, 5, state="closed"))
PLAN = plan(
    buildings=(*HOMES, GATE),
    compounds=(ESTATE,),
    shops=SHOPS,
    streets=(street("文化路", (0, -5), (400, -5)), street("", (0, 105), (400, 105))),
    waters=(Water(0, "W", "东河", LineString([(X - 8, Y - 50), (X - 8, Y + 150)])),),
    walls=(Wall(0, "L", LineString([(X + 402, Y), (X + 402, Y + 100)])),),
    people=(liaison("G1", phone="13800000001", phone_published=True), liaison("G1-1", phone="13800000002")),
)


def test_a_row_says_all_of_a_grid() -> None:
    first, second, *_ = register_rows(PLAN, remarks={"G1": "新设"})
    assert (first.code, first.name, first.kind, first.area_code, first.area) == (
        "G1", "grid G1", "住宅", "C1", "community 1",
    )  # fmt: skip
    assert (first.households, first.buildings, first.building_count) == (60, "compound K11-3幢；门卫", 4)
    assert first.area_m2 == pytest.approx(10_000)
    assert first.people == "联络员 person G1 13800000001"
    assert first.bounds == "东至grid G2，南至文化路，西至东河"
    assert (first.remark, second.remark) == ("新设", "")
    assert (second.shops, second.households, second.people) == (1, None, "")
    assert second.bounds == "东至community 2，南至文化路，西至grid G1"


def test_only_those_wanted_in_order() -> None:
    rows = register_rows(PLAN, codes={"G4", "G3"}, language="en")
    assert [row.code for row in rows] == ["G3", "G4"]
    assert rows[1].bounds == "east to a wall, south to 文化路, west to grid G3"


def test_parts_count_their_own_households_and_people() -> None:
    tower = (Part(0, "G1-1", "一单元", units=("1",), households=44),)
    rows = register_rows(replace(PLAN, grids=with_grid(0, parts=tower, honorary_name="红旗")), tier="restricted")
    assert (rows[0].households, rows[0].name) == (44, "grid G1(红旗)")
    assert rows[0].people == "联络员 person G1 13800000001、联络员 person G1-1 13800000002"
    # A phone that nobody published is for few.
    assert "13800000002" not in register_rows(replace(PLAN, grids=with_grid(0, parts=tower)))[0].people


def test_an_empty_plan_has_no_rows() -> None:
    assert register_rows(plan(grids=())) == ()
    assert len(register_rows(plan(buildings=()))) == len(GRIDS)
