"""Commands that leave every border where it is."""

from dataclasses import replace

import pytest

from boundaries.codes import area_and_sequence
from boundaries.edits import applied, apply, inverse
from boundaries.edits.commands import ChangeKind, Rename, Renumber, SplitIntoParts
from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.model import Part
from tests.boundaries.edits.judging import faults_after
from tests.boundaries.edits.town import town

TOWN = town(cells=36)


def part(
    code: str, *, units: tuple[str, ...] = (), floors: tuple[int, int] | None = None, households: int = 30
) -> Part:
    return Part(0, code, code, units, floors, households)


def test_a_grid_is_renamed_with_an_honorary_name_beside() -> None:
    edit = apply(TOWN, Rename("A0015", " 锦绣花园一 ", "张师傅网格"))
    assert (edit.grids[0].name, edit.grids[0].honorary_name) == ("锦绣花园一", "张师傅网格")
    assert edit.grids[0].polygon is TOWN.grid_by_code["A0015"].polygon
    assert faults_after(TOWN, edit) == []
    with pytest.raises(BadInput):
        apply(TOWN, Rename("A0015", "  "))


def test_a_kind_is_changed_to_one_that_there_is() -> None:
    assert apply(TOWN, ChangeKind("A0015", "market", "长江路")).grids[0].street_group == "长江路"
    with pytest.raises(BadInput, match="street_front"):
        apply(TOWN, ChangeKind("A0015", "palace"))
    overlay = replace(TOWN.grid_by_code["A0015"], layer="overlay", kind="market")
    with pytest.raises(BadInput, match="Overlay"):
        apply(replace(TOWN, grids=(overlay,)), ChangeKind("A0015", "residential"))


def test_codes_change_with_what_is_assigned_to_them() -> None:
    edit = apply(TOWN, Renumber({"A0015": "A0901", "A0016": "A0902"}))
    assert [grid.code for grid in edit.grids] == ["A0901", "A0902"]
    assert [(item.premises, item.grid) for item in edit.assignments] == [("BA0015-0", "A0901"), ("BA0016-0", "A0902")]
    assert faults_after(TOWN, edit) == []


@pytest.mark.parametrize("codes", [{"A0015": "A0016"}, {"A0015": "A0900"}])
def test_a_code_that_was_used_never_names_another_grid(codes: dict[str, str]) -> None:
    with pytest.raises(Conflict):
        apply(TOWN, Renumber(codes), used=["A0900"])


@pytest.mark.parametrize("codes", [{}, {"A0015": "A0901", "A0016": "A0901"}])
def test_renumbering_needs_one_new_code_for_each(codes: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        apply(TOWN, Renumber(codes))


def test_a_tower_is_told_by_units_or_by_floors() -> None:
    edit = apply(TOWN, SplitIntoParts("A0015", (part("A0015-1", units=("1",)), part("A0015-2", units=("2", "3")))))
    assert edit.households["A0015"][1] == 60
    after = applied(TOWN, edit)
    floors = (part("A0015-1", floors=(1, 10)), part("A0015-3", floors=(11, 20)))
    again = apply(after, SplitIntoParts("A0015", floors))
    assert [one.floors for one in again.grids[0].parts] == [(1, 10), (11, 20)]
    assert applied(after, inverse(TOWN, edit)).grid_by_code["A0015"] == TOWN.grid_by_code["A0015"]
    assert apply(after, SplitIntoParts("A0015", ())).grids[0].parts == ()


@pytest.mark.parametrize(
    "parts",
    [
        (part("X1", units=("1",)),),
        (part("X1", units=("1",)), part("X2", units=("1",))),
        (part("X1", units=("1",)), part("X1", units=("2",))),
        (part("X1", units=("1",)), part("X2", floors=(1, 2))),
        (part("X1", floors=(1, 10)), part("X2", floors=(10, 20))),
        (part("X1", floors=(9, 1)), part("X2", floors=(10, 20))),
        (part("X1"), part("X2")),
    ],
)
def test_parts_that_do_not_tell_households_apart_are_refused(parts: tuple[Part, ...]) -> None:
    with pytest.raises(BadInput):
        apply(TOWN, SplitIntoParts("A0015", parts))


def test_a_part_gets_no_code_that_was_used() -> None:
    with pytest.raises(Conflict):
        apply(TOWN, SplitIntoParts("A0015", (part("A0016", units=("1",)), part("X2", units=("2",)))))


def test_what_there_is_not_is_not_found() -> None:
    with pytest.raises(NotFound):
        apply(TOWN, Rename("nowhere", "x"))


@pytest.mark.parametrize(
    ("used", "code"),
    [
        ([], "A001"),
        (["A001", "A027", "A02", "B950", "A-other"], "A028"),
        (["A-001", "A-004"], "A-005"),
    ],
)
def test_the_next_code_is_the_highest_plus_one(used: list[str], code: str) -> None:
    assert area_and_sequence(["A"], used) == code


def test_the_grids_of_a_composite_grid_are_numbered_within_their_community() -> None:
    used = ["321081199001001", "321081199001022", "321081199002007"]
    assert area_and_sequence(["32108119900103", "321081199001", "321081199"], used) == "321081199001023"
    assert area_and_sequence(["32108119900301", "321081199003", "321081199"], used) == "32108119900301001"


def test_codes_that_are_used_up_are_refused() -> None:
    with pytest.raises(BadInput, match="used up"):
        area_and_sequence(["A"], ["A999"])
