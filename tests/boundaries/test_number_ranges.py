"""Numbers of buildings as ranges."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.number_ranges import number_ranges


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([], ""),
        (["7幢"], "7幢"),
        ([f"{n}幢" for n in (15, *range(12, 0, -1))], "1-12幢、15幢"),
        (["2号楼", "1幢", "3号楼", "2幢"], "1-2幢、2-3号楼"),
        (["3幢1单元", "3幢2单元", "3幢"], "3幢、3幢1单元、3幢2单元"),
        (["A10幢", "A2幢", "A1幢"], "A1幢、A2幢、A10幢"),
        (["01幢", "1幢", "2幢", "门卫室"], "1-2幢、01幢、门卫室"),
        (["1", "2", "2", "3"], "1-3"),
        (["0幢", "1幢"], "0-1幢"),
    ],
)
def test_numbers_that_follow_each_other_are_a_range(numbers: list[str], told: str) -> None:
    assert number_ranges(numbers) == told


@given(st.lists(st.builds("{}{}".format, st.integers(0, 60), st.sampled_from(["幢", "号楼", ""]))))
def test_ranges_tell_every_number_and_no_other(numbers: list[str]) -> None:
    told: set[str] = set()
    for one in filter(None, number_ranges(numbers).split("、")):
        first, last, unit = re.fullmatch(r"(\d+)(?:-(\d+))?(\D*)", one).groups()  # type: ignore[union-attr]
        told |= {f"{n}{unit}" for n in range(int(first), int(last or first) + 1)}
    assert told == set(numbers)
