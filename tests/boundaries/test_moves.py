"""What went from which micro-grid to which, on boxes of 0.001 degree."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from boundaries.diff import Side, compare
from boundaries.holdings import homes
from boundaries.model import Assignment, Building, Compound, MicroGrid, Person, Shop
from boundaries.moves import Move, moves
from boundaries.remarks import remarks
from boundaries.snapshot import Snapshot
from geo.metric import Metric
from tests.boundaries.plans import at, square

METRIC = Metric(Snapshot.stored_crs(), "EPSG:4549")


def grid(number: int, code: str, polygon: shapely.Polygon, **more: Any) -> MicroGrid:
    return MicroGrid(number, number, code, f"第{code}网格", "C", polygon, **more)


A, B = grid(1, "A", square(0, 0)), grid(2, "B", square(1, 0))
NARROW, WIDE = replace(A, polygon=square(0, 0, 0.7)), replace(B, polygon=square(0.7, 0, 1.3))
STRIP = grid(3, "S", square(0, 0, 1, 0.2), kind="street_front", layer="overlay")
HOUSES = (
    Building(1, "B1", "1幢", square(0.75, 0.5, 0.1, 0.1), households=30),
    Building(2, "B2", "2幢", Point(at(0.2, 0.5)), households=12),
)
SHOPS = (Shop(1, "S1", "早点铺", Point(at(0.8, 0.1))), Shop(2, "S2", "五金店", Point(at(0.3, 0.1))))
ESTATE = Compound(1, "K1", "锦绣花园", square(0.6, 0.3, 0.35, 0.4))


def plan(*grids: MicroGrid, **more: Any) -> Snapshot:
    given = {"buildings": HOUSES, "shops": SHOPS, "compounds": (ESTATE,)} | more
    return Snapshot(Snapshot.stored_crs(), grids=grids, **given)


def told(old: Snapshot, new: Snapshot) -> dict[tuple[str | None, str | None], Move]:
    return {(one.old, one.new): one for one in moves(old, new, metric=METRIC)}


def test_nothing_moved() -> None:
    assert moves(plan(A, B, STRIP), plan(A, B, STRIP), metric=METRIC) == ()
    assert moves(plan(), plan(), metric=METRIC) == ()


def test_a_border_that_moves_takes_ground_and_premises_along() -> None:
    found = told(plan(A, B), plan(NARROW, WIDE))
    assert found.keys() == {("A", "B")}
    move = found["A", "B"]
    assert (move.buildings, move.compounds, move.shops, move.households) == (("B1",), ("K1",), ("S1",), 30)
    assert move.ground.equals(square(0.7, 0, 0.3))
    assert move.area_m2 == pytest.approx(float(METRIC.area_m2(square(0.7, 0, 0.3))))


def test_an_assignment_holds_what_lies_elsewhere() -> None:
    stays = Assignment("building", "B1", "A", "named", "指定", "named", accepted_by="李安")
    found = told(plan(A, B), plan(NARROW, WIDE, assignments=(stays,)))
    assert found["A", "B"].buildings == ()
    goes = replace(stays, premises="B2", grid="B")
    found = told(plan(A, B), plan(A, B, assignments=(goes,)))
    assert found.keys() == {("A", "B")}
    assert (found["A", "B"].buildings, found["A", "B"].area_m2, found["A", "B"].ground.is_empty) == (("B2",), 0.0, True)
    proposed = replace(goes, accepted_by=None)
    assert told(plan(A, B), plan(A, B, assignments=(proposed,))) == {}


def test_a_new_strip_takes_shops_and_no_homes() -> None:
    found = told(plan(A, B), plan(A, B, STRIP))
    assert found.keys() == {("A", "S"), (None, "S")}
    assert (found["A", "S"].shops, found["A", "S"].buildings, found["A", "S"].area_m2) == (("S1", "S2"), (), 0.0)
    assert found[None, "S"].ground.equals(STRIP.polygon)


def test_a_split_and_ground_that_nobody_has_any_more() -> None:
    halves = [grid(4, "A1", square(0, 0, 0.6)), grid(5, "A2", square(0.6, 0, 0.4))]
    found = told(plan(A, B), plan(B, *halves))
    assert found.keys() == {("A", "A1"), ("A", "A2")}
    assert (found["A", "A1"].buildings, found["A", "A2"].buildings) == (("B2",), ("B1",))
    found = told(plan(A, B), plan(NARROW, B))
    assert found.keys() == {("A", None)}
    assert found["A", None].households == 30


def test_another_code_and_what_was_built_or_taken_down_move_nothing() -> None:
    new = Building(3, "B3", "3幢", Point(at(1.5, 0.5)), households=9)
    assert told(plan(A, B), plan(replace(A, code="A9"), B, buildings=(HOUSES[0], new))) == {}


def test_people_in_charge_are_told() -> None:
    before, after = (Person(1, "李安", "liaison", "A"),), (Person(2, "王宁", "liaison", "B"),)
    (move,) = moves(plan(A, B), plan(NARROW, WIDE), metric=METRIC, people=(before, after))
    assert (move.people_old, move.people_new, move.has_other_people) == (before, after, True)


def test_on_a_border_the_lowest_rank_holds() -> None:
    edge = plan(A, B, buildings=(Building(9, "E", "9幢", Point(at(1, 0.5))),))
    assert homes(edge)["building", "E"] == A


def test_remarks_say_it_in_words() -> None:
    old, new = Side([A, B]), Side([replace(NARROW, name="朝阳"), WIDE])
    found = remarks(
        compare(old, new, metric=METRIC), old, new, moves(plan(A, B), plan(*new.grids), metric=METRIC)
    )  # fmt: skip
    ground = float(METRIC.area_m2(square(0.7, 0, 0.3)))
    assert found["A"] == f"更名，原名“第A网格”；划给 B {ground:,.0f} m²、1 栋、30 户、1 家商铺"
    assert found["B"] == f"由 A 划入 {ground:,.0f} m²、1 栋、30 户、1 家商铺"
    gone = compare(Side([A, B]), Side([replace(B, polygon=square(0, 0, 2))]), metric=METRIC)
    words = remarks(gone, Side([A, B]), Side([replace(B, polygon=square(0, 0, 2))]), (), language="en")
    assert words == {"A": "retired"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 19), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(1, 19), max_size=3, unique=True),
)
def test_ground_given_is_ground_taken(first: list[int], second: list[int]) -> None:
    """A row of two squares, cut twice at random: what moves is what a plain overlay says."""
    old, new = (_cut(stops) for stops in (first, second))
    found = told(plan(*old), plan(*new))
    for was in old:
        for now in new:
            shared = was.polygon.intersection(now.polygon).area if was.id != now.id else 0.0
            got = found[was.code, now.code].ground.area if (was.code, now.code) in found else 0.0
            assert got == pytest.approx(shared, abs=1e-14)
    moved = sum(len(one.buildings) + len(one.shops) + len(one.compounds) for one in found.values())
    before, after = ({key: grid.id for key, grid in homes(plan(*side)).items()} for side in (old, new))
    assert moved == sum(before[key] != after[key] for key in before)


def _cut(stops: list[int]) -> list[MicroGrid]:
    ends = np.array([0, *sorted(stops), 20]) / 10
    return [
        grid(number, f"G{number}", square(float(start), 0, round(float(end - start), 9)))
        for number, (start, end) in enumerate(pairwise(ends), start=1)
    ]
