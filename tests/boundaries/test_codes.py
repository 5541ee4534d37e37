"""Codes run from west to east and north to south, and none is ever given twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box

from boundaries.codes import CommunityScheme, new_codes, spatial_order
from boundaries.errors import BadInput

COMMUNITY = "321081001002"


def test_the_default_is_county_town_community_and_sequence():
    assert new_codes(COMMUNITY, [box(0, 0, 1, 1)], taken=()) == ("321081001002001",)
    assert new_codes(COMMUNITY + "07", [box(0, 0, 1, 1)], taken=()) == ("321081001002001",)
    assert new_codes("东-1", [box(0, 0, 1, 1)], taken=()) == ("东-1001",)


def test_rows_run_north_to_south_and_west_to_east_in_each():
    # a b      the north row is a little uneven, as drawn borders are
    # c d e
    shapes = {
        "d": box(1, 0, 2, 1),
        "b": box(1, 1.1, 2, 2),
        "a": box(0, 1, 1, 2),
        "e": box(2, 0, 3, 1),
        "c": box(0, 0, 1, 1),
    }
    names = list(shapes)
    assert [names[index] for index in spatial_order(list(shapes.values()))] == ["a", "b", "c", "d", "e"]
    codes = dict(zip(names, new_codes(COMMUNITY, list(shapes.values()), taken=()), strict=True))
    assert [codes[name][-3:] for name in "abcde"] == ["001", "002", "003", "004", "005"]
    assert spatial_order([]) == []


def test_a_retired_code_is_not_given_again():
    taken = {f"{COMMUNITY}001", f"{COMMUNITY}007", "321081001003050", f"{COMMUNITY}X99", f"{COMMUNITY}٣٣٣"}
    assert new_codes(COMMUNITY, [Point(0, 0), Point(1, 0)], taken=taken) == (f"{COMMUNITY}008", f"{COMMUNITY}009")


def test_a_long_sequence_takes_the_room_it_needs():
    assert CommunityScheme().code(COMMUNITY, 1234) == f"{COMMUNITY}1234"
    assert CommunityScheme(digits=2).code("A", 3) == "A03"


def test_an_area_without_a_code_is_refused():
    with pytest.raises(BadInput):
        CommunityScheme().code(" ", 1)


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=30),
    st.sets(st.integers(1, 60), max_size=20),
)
def test_codes_are_new_distinct_and_read_back(places, used):
    scheme = CommunityScheme()
    taken = {scheme.code(COMMUNITY, number) for number in used}
    codes = new_codes(COMMUNITY, [Point(place) for place in places], taken=taken)
    assert len({*codes, *taken}) == len(codes) + len(taken)
    assert sorted(scheme.number(COMMUNITY, code) for code in codes) == list(
        range(max(used, default=0) + 1, max(used, default=0) + 1 + len(codes))
    )
    assert new_codes(COMMUNITY, [Point(place) for place in places], taken=taken) == codes
