from dataclasses import replace
from datetime import date

from boundaries.checks import run
from boundaries.model import Person
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP
from tests.boundaries.boxes import BUILDINGS, GRIDS, RULES, compound, liaison, part, plan, square, with_grid

ALL = tuple(liaison(grid.code) for grid in GRIDS)


def unheld(rules: Rules = RULES, **changes: object) -> list[tuple[str, ...]]:
    findings = run(plan(**changes), rules, only=["people"])
    return [finding.grids for finding in findings if finding.kind == "nobody_in_charge"]


def test_every_grid_has_somebody() -> None:
    assert unheld(people=ALL) == []


def test_a_grid_without_anybody_is_named() -> None:
    assert unheld(people=ALL[1:]) == [("G1",)]


def test_a_volunteer_is_not_in_charge() -> None:
    assert unheld(people=(*ALL[1:], replace(ALL[0], role="volunteer"))) == [("G1",)]
    assert (
        unheld(Rules(liaison_roles=("liaison", "volunteer")), people=(*ALL[1:], replace(ALL[0], role="volunteer")))
        == []
    )


def test_each_part_needs_its_own() -> None:
    grids = with_grid(0, parts=(part("G1-1", 60), part("G1-2", 60)))
    assert unheld(people=(*ALL, liaison("G1-1")), grids=grids) == [("G1", "G1-2")]


def test_terms_of_office_count_where_a_day_is_given() -> None:
    people = (
        *ALL[2:],
        liaison("G1", until=date(2026, 4, 30)),
        liaison("G2", since=date(2026, 5, 1), until=date(2026, 5, 31)),
    )
    assert unheld(people=people) == []
    assert unheld(Rules(day=date(2026, 4, 30)), people=people) == [("G2",)]
    assert unheld(Rules(day=date(2026, 5, 1)), people=people) == [("G1",)]
    assert unheld(Rules(day=date(2026, 5, 31)), people=people) == [("G1",)]
    assert unheld(Rules(day=date(2026, 6, 1)), people=people) == [("G1",), ("G2",)]


def test_files_without_people_say_nothing_but_an_empty_register_does() -> None:
    assert unheld() == []
    stored = Snapshot(Snapshot.stored_crs(), step=STORAGE_STEP, grids=GRIDS)
    findings = run(stored, RULES, only=["people"])
    assert [one.kind for one in findings] == ["nobody_in_charge", "volunteers_missing"] * 4


def kinds_of(key: str, rules: Rules = RULES, **changes: object) -> list[tuple[object, ...]]:
    findings = run(plan(**changes), rules, only=[key])
    return [(one.kind, one.grids, one.premises, one.value, one.limit) for one in findings]


def volunteers(target: str, count: int) -> tuple[Person, ...]:
    return tuple(Person(0, f"volunteer {n} of {target}", "volunteer", target) for n in range(count))


def test_two_volunteers_are_wanted_where_any_are_listed() -> None:
    some = (*ALL, *volunteers("G1", 2), *volunteers("G2", 3), *volunteers("G3", 1))
    assert kinds_of("people", people=some) == [
        ("volunteers_missing", ("G3",), (), 1.0, 2.0),
        ("volunteers_missing", ("G4",), (), 0.0, 2.0),
    ]
    assert kinds_of("people", Rules(min_volunteers=1), people=some) == [("volunteers_missing", ("G4",), (), 0.0, 1.0)]
    assert kinds_of("people", Rules(min_volunteers=0), people=some) == []


def test_each_part_needs_its_own_volunteers() -> None:
    grids = with_grid(0, parts=(part("G1-1", 60), part("G1-2", 60)))
    people = (*ALL[1:], liaison("G1-1"), liaison("G1-2"))
    people += (*volunteers("G1-1", 2), *(one for code in ("G2", "G3", "G4") for one in volunteers(code, 2)))
    assert kinds_of("people", people=people, grids=grids) == [("volunteers_missing", ("G1", "G1-2"), (), 0.0, 2.0)]


HARD = replace(compound("K1", square(10, 10, 60, 60)), property_managed=False)
EASY = replace(compound("K2", square(110, 10, 60, 60)), property_managed=True, resettlement=False)


def test_hard_compounds_ask_for_another_hand() -> None:
    resettled = replace(EASY, code="K3", polygon=square(180, 10, 40, 60), resettlement=True)
    found = kinds_of("helpers", people=ALL, compounds=(HARD, EASY, resettled))
    assert [(one[1], one[2]) for one in found] == [
        (("G1",), ("compound:K1",)),
        (("G2",), ("compound:K3",)),
        (("G3",), ("compound:K3",)),
    ]
    assert {one[0] for one in found} == {"extra_hand_needed"}
    assert kinds_of("helpers", people=ALL, compounds=(EASY, compound("K4", square(10, 10, 60, 60)))) == []


def test_one_more_liaison_or_a_full_time_worker_is_enough() -> None:
    second = replace(liaison("G1"), name="another")
    worker = Person(0, "worker", "full_time", "G1")
    assert kinds_of("helpers", people=(*ALL, second), compounds=(HARD,)) == []
    assert kinds_of("helpers", people=(*ALL, worker), compounds=(HARD,)) == []
    assert len(kinds_of("helpers", people=(*ALL, replace(worker, target="G2")), compounds=(HARD,))) == 1
    parts = with_grid(0, parts=(part("G1-1", 60), part("G1-2", 60)))
    each = (*ALL[1:], liaison("G1-1"), liaison("G1-2"))
    assert len(kinds_of("helpers", people=each, grids=parts, compounds=(HARD,))) == 1
    assert kinds_of("helpers", people=(*each, replace(worker, target="G1-2")), grids=parts, compounds=(HARD,)) == []


def test_many_rented_homes_ask_for_another_hand() -> None:
    homes = [
        replace(one, households=50, rented=rented) for one, rented in zip(BUILDINGS, (20, 19, None, 50), strict=True)
    ]
    homes[3] = replace(homes[3], households=None)
    assert kinds_of("helpers", people=ALL, buildings=tuple(homes)) == [("extra_hand_needed", ("G1",), (), 0.4, 0.4)]
    assert len(kinds_of("helpers", Rules(rented_share=0.3), people=ALL, buildings=tuple(homes))) == 2


def test_files_without_people_say_nothing_about_hands() -> None:
    assert kinds_of("helpers", compounds=(HARD,)) == []
