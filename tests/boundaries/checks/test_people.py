from dataclasses import replace
from datetime import date

from boundaries.checks import run
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP
from tests.boundaries.boxes import GRIDS, RULES, liaison, part, plan, with_grid

ALL = tuple(liaison(grid.code) for grid in GRIDS)


def unheld(rules: Rules = RULES, **changes: object) -> list[tuple[str, ...]]:
    findings = run(plan(**changes), rules, only=["people"])
    assert {finding.kind for finding in findings} <= {"nobody_in_charge"}
    return [finding.grids for finding in findings]


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
    assert len(run(stored, RULES, only=["people"])) == 4
