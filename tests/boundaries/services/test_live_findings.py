"""Findings near an edit are those that the full check has there."""

from dataclasses import replace

from boundaries.checks import run
from boundaries.rules import Rules
from boundaries.services.live_findings import findings_near
from tests.boundaries.boxes import GRIDS, PLAN, RULES, building, square


def near(snapshot, *codes, rules=RULES):
    """Findings near the grids of these codes."""
    return findings_near(snapshot, [grid.id for grid in snapshot.grids if grid.code in codes], rules)


def numbered(snapshot):
    """The same with a number for each grid, as drafts have them."""
    grids = tuple(replace(grid, id=number) for number, grid in enumerate(snapshot.grids, start=1))
    return replace(snapshot, grids=grids)


def test_a_clean_plan_has_none_and_nothing_touched_tells_nothing():
    clean = numbered(PLAN)
    wanted = [one for one in run(clean, RULES) if one.kind in {"gap", "overlap", "overshoot", "sliver"}]
    assert wanted == []
    assert {one.kind for one in near(clean, GRIDS[0].code)} <= {one.kind for one in run(clean, RULES)}
    assert findings_near(clean, [], RULES) == ()


def test_a_gap_at_the_edited_grid_is_told_and_one_far_away_is_not():
    shrunk = replace(GRIDS[0], polygon=square(0, 0, 95, 100))
    broken = numbered(replace(PLAN, grids=(shrunk, *GRIDS[1:])))
    assert "gap" in {one.kind for one in near(broken, "G1")}
    assert "gap" not in {one.kind for one in near(broken, "G4")}


def test_premises_that_a_border_cuts_are_told_as_by_the_full_check():
    astride = building("B9", square(94, 20, 12, 12), 40)
    cut = numbered(replace(PLAN, buildings=(*PLAN.buildings, astride)))
    told = [one for one in near(cut, GRIDS[0].code) if one.kind == "building_cut"]
    assert told == [one for one in run(cut, RULES) if one.kind == "building_cut"]
    assert told


def test_the_band_counts_all_of_the_grid():
    rules = replace(Rules(), min_households=1, max_households=10)
    full = numbered(PLAN)
    codes = [grid.code for grid in full.grids]
    wanted = {one.grids: one.value for one in run(full, rules, only=["band"])}
    assert {one.grids: one.value for one in near(full, *codes, rules=rules) if one.kind == "outside_band"} == wanted
