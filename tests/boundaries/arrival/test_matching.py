"""Which standing thing a row means."""

import pytest
from shapely import Point, box

from boundaries.arrival.matching import building_number, matched
from boundaries.arrival.rows import Arrival
from boundaries.model import Building, Compound, Shop
from boundaries.snapshot import Snapshot

DOOR = Point(119.18, 32.27)
HOUSE = box(119.18, 32.27, 119.181, 32.271)


def arrival(value, *fields):
    return Arrival(value, "a.xlsx", 2, {field: field for field in fields})


@pytest.mark.parametrize(
    ("text", "number"), [("3幢", "3"), ("3栋", "3"), ("3号楼", "3"), (" 03 幢", "3"), ("甲座", "甲"), ("0", "0")]
)
def test_a_building_number_without_its_measure_word(text, number):
    assert building_number(text) == number


def test_a_building_is_found_by_the_name_of_its_compound_and_its_number():
    standing = Snapshot(
        crs=Snapshot.stored_crs(),
        compounds=(Compound(1, "K1", "锦绣花园", HOUSE),),
        buildings=(Building(1, "B1", "3幢", HOUSE, "K1"),),
    )
    row = arrival(Building(0, "锦绣花园/3号楼", "3号楼", HOUSE, "锦绣花园"), "number", "compound")
    (found,) = matched("buildings", [row], standing)
    assert (found.value.code, found.value.compound) == ("B1", "K1")


def test_two_compounds_of_one_name_are_not_guessed_between():
    twins = (Compound(1, "K1", "新村", HOUSE), Compound(2, "K2", "新村", HOUSE))
    standing = Snapshot(crs=Snapshot.stored_crs(), compounds=twins)
    (found,) = matched("compounds", [arrival(Compound(0, "新村", "新村", HOUSE), "name")], standing)
    assert found.value.code == "新村"


def test_a_shop_of_another_credit_code_behind_the_same_door_is_another_shop():
    first = Shop(1, "old", "早点铺", DOOR, "12号", "91321081MA1ABCDE0X", "解放路")
    standing = Snapshot(crs=Snapshot.stored_crs(), shops=(first,))
    other = Shop(0, "91321081MA1ABCDE1X", "早点铺", DOOR, "12号", "91321081MA1ABCDE1X", "解放路")
    uncoded = Shop(0, "解放路 12号 早点铺", "早点铺", DOOR, "12号", None, "解放路")
    found = matched("shops", [arrival(other, "credit_code"), arrival(uncoded, "name")], standing)
    assert [row.value.code for row in found] == ["91321081MA1ABCDE1X", "old"]
