"""A snapshot is what was written, overlaid by drafts, cut to areas, on the day asked for."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import shapely

from boundaries.errors import NotFound
from boundaries.model import Part
from boundaries.services import reading as plan
from boundaries.store import registers, states
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import (
    AREAS,
    BUILDINGS,
    COMPOUNDS,
    GRIDS,
    PARTS,
    SHOPS,
    STREETS,
    TODAY,
    WALLS,
    WATERS,
    fill,
    open_draft,
    publish,
    square,
)


def _plain(value, **more):
    """A value as it was given, with what the database adds."""
    return replace(value, id=more.pop("id", 0), **more)


def test_what_was_written_is_read_back_bit_for_bit(database):
    draft = open_draft(database)
    fill(database, draft)
    with reading(database) as session:
        found = plan.snapshot(session, draft=draft.id, today=TODAY, metric_plane="EPSG:4549")
    assert found.title("en") == f"draft {draft.id}"
    assert found.generation is None
    assert found.is_stored
    assert found.metric.plane == "EPSG:4549"
    assert [_plain(one) for one in found.areas] == list(AREAS)
    parts = tuple(_plain(part) for _, part in PARTS)
    for one, given in zip(found.grids, GRIDS, strict=True):
        expected = parts if one.code == "G2" else ()
        assert _plain(one, rank=0, version=None, parts=tuple(_plain(part) for part in one.parts)) == replace(
            given, parts=expected
        )
        assert shapely.to_wkb(one.polygon) == shapely.to_wkb(given.polygon)
        assert one.version == 1
    assert [grid.rank for grid in found.grids] == sorted({grid.rank for grid in found.grids})
    assert [_plain(one) for one in found.buildings] == list(BUILDINGS)
    assert [_plain(one) for one in found.compounds] == list(COMPOUNDS)
    assert [_plain(one) for one in found.shops] == list(SHOPS)
    assert [_plain(one) for one in found.streets] == list(STREETS)
    assert [_plain(one) for one in found.waters] == list(WATERS)
    assert [_plain(one) for one in found.walls] == list(WALLS)
    assert [(one.name, one.role, one.target, one.since, one.until) for one in found.people] == [
        ("李安", "liaison", "G1", TODAY, None),
        ("王宁", "chief", "320000000001", TODAY, None),
        ("赵青", "volunteer", "G2-1", date(2026, 1, 1), date(2026, 6, 30)),
    ]
    assert found.people[0].phone_published
    assert [(one.premises_kind, one.premises, one.grid, one.accepted_by) for one in found.assignments] == [
        ("compound", "K1", "G1", "陈晨"),
        ("shop", "S1", "G2", "陈晨"),
    ]


def test_before_the_first_generation_the_state_is_empty(database):
    with reading(database) as session:
        found = plan.snapshot(session, today=TODAY)
        assert plan.current_generation(session) is None
        assert plan.list_generations(session) == ()
    assert found.title("zh") == "尚未发布"
    assert found.areas == found.grids == ()


def test_a_draft_lies_over_the_generation_that_it_branched_from(planned):
    draft = open_draft(planned, "第二版")
    changed = replace(GRIDS[0], name="改名")
    with writing(planned) as session:
        states.put_grids(session, draft.id, [changed], source_id=None)
        states.retire(session, draft.id, "buildings", ["B2"])
    with reading(planned) as session:
        over = plan.snapshot(session, draft=draft.id, today=TODAY)
        current = plan.snapshot(session, today=TODAY)
    assert over.generation == current.generation == 1
    assert [grid.name for grid in over.grids] == ["改名", "第2网格", "第3网格", "第4网格"]
    assert [grid.name for grid in current.grids] == ["第1网格", "第2网格", "第3网格", "第4网格"]
    assert over.grids[0].version == 2
    assert [building.code for building in over.buildings] == ["B1"]
    assert [building.code for building in current.buildings] == ["B1", "B2"]


def test_an_old_generation_stays_as_it_was(planned):
    draft = open_draft(planned, "第二版")
    with writing(planned) as session:
        states.put_grids(session, draft.id, [replace(GRIDS[0], name="改名")], source_id=None)
        states.retire(session, draft.id, "compounds", ["K1"])
    generation = publish(planned, draft)
    with reading(planned) as session:
        old, new = (plan.snapshot(session, generation=number, today=TODAY) for number in (1, 2))
        of_draft = plan.snapshot(session, draft=draft.id, today=TODAY)
        numbers = [one.number for one in plan.list_generations(session)]
        assert plan.list_generations(session, before=2, limit=5)[0].note == "试行"
    assert generation.number == 2
    assert numbers == [2, 1]
    assert old.grids[0].name == "第1网格"
    assert new.grids[0].name == "改名"
    assert old.grids[0].id == new.grids[0].id
    assert old.grids[0].rank == new.grids[0].rank
    assert [one.code for one in old.compounds] == ["K1"]
    assert new.compounds == ()
    assert new.buildings[0].compound is None
    assert [one.premises for one in old.assignments] == ["K1", "S1"]
    assert [one.premises for one in new.assignments] == ["S1"]
    assert of_draft.title("zh") == "区划第 2 版"


def test_an_area_brings_what_is_below_it_and_the_names_above(kept_plan):
    with reading(kept_plan) as session:
        found = plan.snapshot(session, today=TODAY, area="320000000002")
        whole = plan.snapshot(session, today=TODAY, area="320000000000")
    assert [area.code for area in found.areas] == ["320000000000", "320000000002"]
    assert [grid.code for grid in found.grids] == ["G3", "G4"]
    assert [building.code for building in found.buildings] == ["B2"]
    assert found.compounds == found.walls == ()
    assert [shop.code for shop in found.shops] == ["S2"]
    assert [street.code for street in found.streets] == ["R1"]
    assert found.people == found.assignments == ()
    assert [area.code for area in found.ancestors("320000000002")] == ["320000000002", "320000000000"]
    assert len(whole.grids) == 4
    assert len(whole.people) == 3


def test_registers_are_read_on_their_day(planned):
    later = TODAY + timedelta(days=10)
    with writing(planned) as session:
        registers.put_counts(session, [replace(BUILDINGS[0], households=40, rented=None)], source_id=None, today=later)
        registers.put_counts(session, [Part(0, "G2-1", "", households=41)], source_id=None, today=later)
        registers.close(session, "shops", ["S2"], later)
    with reading(planned) as session:
        before = plan.snapshot(session, today=later - timedelta(days=1))
        after = plan.snapshot(session, today=later)
        long_after = plan.snapshot(session, today=date(2026, 7, 1))
    assert (before.buildings[0].households, before.buildings[0].rented) == (36, 4)
    assert (after.buildings[0].households, after.buildings[0].rented) == (40, 4)
    assert [part.households for part in before.grids[1].parts] == [40, 36]
    assert [part.households for part in after.grids[1].parts] == [41, 36]
    assert len(before.shops) == 2
    assert [shop.code for shop in after.shops] == ["S1"]
    assert [person.name for person in long_after.people] == ["李安", "王宁"]


def test_grids_are_read_in_the_order_of_their_registration(database):
    draft = open_draft(database)
    with writing(database) as session:
        states.put_areas(session, draft.id, AREAS, source_id=None)
        states.put_grids(session, draft.id, GRIDS[::-1], source_id=None)
    with reading(database) as session:
        assert [grid.code for grid in plan.snapshot(session, draft=draft.id, today=TODAY).grids] == [
            "G4",
            "G3",
            "G2",
            "G1",
        ]


@pytest.mark.parametrize("what", [{"generation": 7}, {"draft": 7}, {"area": "nowhere"}])
def test_what_there_is_not_is_said_in_both_languages(database, what):
    with reading(database) as session, pytest.raises(NotFound) as refusal:
        plan.snapshot(session, today=TODAY, **what)
    assert str(next(iter(what.values()))) in refusal.value.zh
    assert str(next(iter(what.values()))) in refusal.value.en


def test_overlay_grids_and_street_groups_survive(database):
    draft = open_draft(database)
    strip = replace(
        GRIDS[0],
        code="G9",
        kind="street_front",
        layer="overlay",
        street_group="文化路",
        honorary_name="示范街",
        polygon=square(0, 0, 1, 0.2),
    )
    with writing(database) as session:
        states.put_areas(session, draft.id, AREAS, source_id=None)
        states.put_grids(session, draft.id, [*GRIDS, strip], source_id=None)
    with reading(database) as session:
        found = plan.snapshot(session, draft=draft.id, today=TODAY).grid_by_code["G9"]
    assert (found.kind, found.layer, found.street_group, found.honorary_name) == (
        "street_front",
        "overlay",
        "文化路",
        "示范街",
    )
