"""Rows of a drawing are found again by number, code or ground, and set beside what others did."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
from shapely import Polygon, box

from boundaries.arrival.returning import Comparison, Standing, compared, matched
from boundaries.codes import area_and_sequence
from boundaries.exchange.qgis.returned import ReturnedGrid
from boundaries.model import MicroGrid

KNOWN = tuple(MicroGrid(at, at, f"C{at}", f"第{at}", "A", box(at, 0, at + 1, 1), version=1) for at in (1, 2, 3))


def next_code(area: str, taken: Collection[str]) -> str:
    return area_and_sequence([area], taken)


def row(shape: Polygon, number: int | None = None, code: str | None = None, **fields: str | None) -> ReturnedGrid:
    return ReturnedGrid(1, "back.gpkg", number, 1, {"code": code, **fields}, shape)


def found(*rows: ReturnedGrid) -> list[tuple[str, str | None]]:
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [one.polygon for one in rows]
    return [(match.how, match.base.code if match.base else None) for match in matched(rows, shapes, KNOWN)]


def beside(*rows: ReturnedGrid, now: tuple[MicroGrid, ...] = KNOWN, drawn: bool = False) -> Comparison:
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [one.polygon for one in rows]
    standing = Standing({grid.id: grid for grid in now}, frozenset(), [drawn] * len(rows), [not drawn] * len(rows))
    return compared(matched(rows, shapes, KNOWN), standing, KNOWN, area_at=lambda _: "A", new_code=next_code)


def test_the_number_goes_before_the_code() -> None:
    assert found(row(box(1, 0, 2, 1), 1, "C2"), row(box(2, 0, 3, 1), 2, "C1")) == [("number", "C1"), ("number", "C2")]


def test_a_lost_number_is_made_up_for_by_the_code_and_a_lost_code_by_the_ground() -> None:
    rows = (row(box(1, 0, 2, 1), None, "C1"), row(box(2, 0, 2.9, 1)), row(box(3, 0, 4, 1), 99, "C3"))
    assert found(*rows) == [("code", "C1"), ("ground", "C2"), ("code", "C3")]


def test_of_two_rows_with_one_number_the_larger_share_has_it() -> None:
    halves = (row(box(1, 0, 1.3, 1), 1, "C1"), row(box(1.3, 0, 2, 1), 1, "C1"))
    assert found(*halves) == [("new", None), ("number", "C1")]


def test_a_number_pasted_over_another_ones_is_told_by_the_ground() -> None:
    assert found(row(box(1, 0, 2, 1), 1, "C1"), row(box(2, 0, 3, 1), 1, "C1")) == [("number", "C1"), ("ground", "C2")]


def test_a_row_with_a_code_of_its_own_is_new_wherever_it_lies() -> None:
    assert found(row(box(1, 0, 2, 1), None, "NEW")) == [("new", None)]


def test_a_new_row_gets_a_code_that_nobody_had() -> None:
    comparison = beside(row(box(1, 0, 2, 1), 1, "C1"), row(box(5, 0, 6, 1), None, "C1", name="新"))
    (new,) = comparison.new
    assert (new.grid.code, new.grid.name, new.grid.area) == ("A001", "新", "A")
    assert [grid.code for grid in comparison.missing] == ["C2", "C3"]


def test_a_blank_name_is_no_word_and_a_blank_honour_is() -> None:
    given = replace(KNOWN[0], honorary_name="示范")
    rows = (row(box(1, 0, 2, 1), 1, "C1", name=None, honorary_name=None),)
    shapes = np.empty(1, dtype=object)
    shapes[:] = [rows[0].polygon]
    standing = Standing({1: given}, frozenset(), [False], [True])
    comparison = compared(matched(rows, shapes, [given]), standing, [given], area_at=lambda _: "A", new_code=next_code)
    (changed,) = comparison.changed
    assert (changed.grid.name, changed.grid.honorary_name, changed.fields) == ("第1", None, ("honorary_name",))


@pytest.mark.parametrize(("theirs", "fields"), [("别人改", ("name",)), ("我改", ()), ("第1", ())])
def test_a_name_that_two_changed_differently_is_a_collision(theirs: str, fields: tuple[str, ...]) -> None:
    now = (replace(KNOWN[0], name=theirs), *KNOWN[1:])
    comparison = beside(row(box(1, 0, 2, 1), 1, "C1", name="我改"), now=now)
    assert [one.fields for one in comparison.collisions] == ([fields] if fields else [])


def test_what_was_retired_meanwhile_collides_only_where_it_was_drawn() -> None:
    same = row(box(1, 0, 2, 1), 1, "C1", name="第1")
    assert beside(same, now=KNOWN[1:]).collisions == ()
    assert [one.code for one in beside(same, now=KNOWN[1:], drawn=True).collisions] == ["C1"]


def test_without_what_was_exported_an_older_row_collides() -> None:
    older = replace(row(box(1, 0, 2, 1), 1, "C1", name="我改"), version=0)
    comparison = beside(older).without_stale()
    assert (comparison.changed, [one.fields for one in comparison.collisions]) == ((), [("name",)])
