from dataclasses import replace
from datetime import date

import pytest
from shapely import Point, box

from boundaries.model import Assignment, Building, MicroGrid, Part, Person, Shop
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs
from maps.roster import facts_by_grid, homes_of_shops, leading, people_by_target, phone_text, short_codes


def _grid(number, shape, **more):
    return MicroGrid(number, number, f"G{number}", f"第{number}格", "A", shape, **more)


def _snapshot(**more):
    grids = (
        _grid(1, box(0, 0, 100, 100)),
        _grid(2, box(100, 0, 200, 100)),
        _grid(3, box(80, 0, 120, 100), kind="street_front", layer="overlay"),
    )
    return Snapshot(crs=parse_crs("EPSG:4549"), grids=grids, **more)


def _building(number, shape, households):
    return Building(number, f"B{number}", str(number), shape, households=households)


def test_totals_are_of_what_lies_in_each_grid():
    snapshot = _snapshot(
        buildings=(
            _building(1, box(10, 10, 20, 20), 24),
            _building(2, box(30, 10, 40, 20), None),
            _building(3, box(150, 10, 160, 20), 40),
            _building(4, box(500, 10, 510, 20), 99),
        ),
        shops=(
            Shop(1, "S1", "甲", Point(90, 50)),
            Shop(2, "S2", "乙", Point(50, 50)),
            Shop(3, "S3", "丙", Point(95, 50), state="closed"),
        ),
    )
    facts = facts_by_grid(snapshot, snapshot.grids)
    assert [(f.buildings, f.households, f.shops) for f in facts] == [(2, 24, 1), (1, 40, 0), (0, None, 1)]


def test_a_shop_on_an_overlay_that_holds_shops_belongs_to_it():
    snapshot = _snapshot(shops=(Shop(1, "S1", "甲", Point(90, 50)), Shop(2, "S2", "乙", Point(500, 5))))
    assert homes_of_shops(snapshot, snapshot.grids) == [2, None]
    flats = replace(snapshot, grids=(*snapshot.grids[:2], replace(snapshot.grids[2], kind="residential")))
    assert homes_of_shops(flats, flats.grids) == [0, None]


def test_an_accepted_assignment_comes_before_the_ground():
    said = Assignment("building", "B1", "G2", "containment", "", "", accepted_by="王")
    snapshot = _snapshot(buildings=(_building(1, box(10, 10, 20, 20), 24),), assignments=(said,))
    assert [f.buildings for f in facts_by_grid(snapshot, snapshot.grids)] == [0, 1, 0]
    proposed = replace(snapshot, assignments=(replace(said, accepted_by=None),))
    assert [f.buildings for f in facts_by_grid(proposed, proposed.grids)] == [1, 0, 0]


def test_parts_count_for_their_tower_where_they_are_counted():
    parts = (Part(1, "P1", "", ("1",), households=60), Part(2, "P2", "", ("2",), households=70))
    snapshot = _snapshot(buildings=(_building(1, box(10, 10, 20, 20), 128),))
    snapshot = replace(snapshot, grids=(replace(snapshot.grids[0], parts=parts), *snapshot.grids[1:]))
    assert facts_by_grid(snapshot, snapshot.grids)[0].households == 130


def test_people_are_those_of_the_day_and_liaisons_come_first():
    people = (
        Person(1, "志愿者甲", "volunteer", "G1"),
        Person(2, "联络员乙", "liaison", "G1", since=date(2026, 1, 1)),
        Person(3, "联络员丙", "liaison", "G1", until=date(2026, 1, 1)),
        Person(4, "联络员丁", "liaison", "G1", since=date(2027, 1, 1)),
    )
    found = people_by_target(_snapshot(people=people), day=date(2026, 6, 1))
    assert [person.id for person in found["G1"]] == [2, 1]
    assert [person.id for person in leading(found["G1"])] == [2]
    assert leading(()) == ()


@pytest.mark.parametrize(
    ("published", "show", "said"), [(True, False, "138"), (False, False, ""), (False, True, "138")]
)
def test_a_phone_is_shown_where_it_is_published_or_asked_for(published, show, said):
    person = Person(1, "甲", "liaison", "G1", phone="138", phone_published=published)
    assert phone_text(person, show_unpublished=show) == said
    assert phone_text(replace(person, phone=None), show_unpublished=True) == ""


@pytest.mark.parametrize(
    ("codes", "before", "own", "after"),
    [
        (("321081104005001", "321081104005017"), "321081104005", ("001", "017"), ""),
        (("321081104005001", "321081104006017"), "32108110400", ("5001", "6017"), ""),
        (("A6301-0463-00", "A6301-0270-00"), "A6301-0", ("463", "270"), "-00"),
        (("WC01", "WC02"), "", ("WC01", "WC02"), ""),
        (("321081104005001",), "321081104005", ("001",), ""),
        (("东区一号网格", "西区二号网格"), "", ("东区一号网格", "西区二号网格"), ""),
        (("AB-1234567", "XY-7654321"), "", ("AB-1234567", "XY-7654321"), ""),
    ],
)
def test_codes_are_shown_by_what_tells_them_apart(codes, before, own, after):
    short = short_codes(codes)
    assert (short.before, short.own, short.after) == (before, own, after)
    assert tuple(short.before + each + short.after for each in short.own) == codes
    assert short.is_shortened == bool(before)
