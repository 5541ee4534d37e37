"""A generation is written whole or not at all, one after the other, by two people where asked."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from boundaries.errors import BadInput, Blocked, Conflict, Forbidden, NotFound, Unavailable
from boundaries.findings import Finding
from boundaries.model import Area, Assignment
from boundaries.services import drafting, journal, proposing, publishing, reviewing
from boundaries.services import reading as plan
from boundaries.services.trail_check import verify_trail
from boundaries.store import registers, states
from boundaries.store.engine import connect, reading, writing
from boundaries.store.findings import kept_findings
from tests.boundaries.plans import (
    AREAS,
    BUILDINGS,
    GRIDS,
    NOW,
    SHOPS,
    TODAY,
    fill,
    gaps,
    open_draft,
    publish,
    square,
)
from tests.conftest import end_connections


def _edit(engine, draft, *grids):
    with writing(engine) as session:
        states.put_grids(session, draft.id, grids, source_id=None)


def _nothing_published(engine, generation, draft):
    with reading(engine) as session:
        assert plan.current_generation(session) == generation
        assert drafting.get_draft(session, draft.id).status == draft.status
    with engine.connect() as connection:
        query = "SELECT count(*) FROM microgrid.finding UNION ALL SELECT count(*) FROM microgrid.micro_grid_state"
        rows = connection.execute(text(query + " WHERE upper(valid) IS NOT NULL"))
        assert list(rows.scalars()) == [0, 0]


def test_the_first_generation(database):
    draft = open_draft(database)
    fill(database, draft)
    generation = publish(database, draft)
    assert (generation.number, generation.draft, generation.published_by, generation.note) == (
        1,
        draft.id,
        "周平",
        "试行",
    )
    assert generation.published_at == NOW
    assert generation.summary["changes"] == {
        "area": {"added": 3, "changed": 0, "retired": 0},
        "compound": {"added": 1, "changed": 0, "retired": 0},
        "building": {"added": 2, "changed": 0, "retired": 0},
        "micro_grid": {"added": 4, "changed": 0, "retired": 0},
        "part": {"added": 2, "changed": 0, "retired": 0},
        "assignment": {"added": 2, "changed": 0, "retired": 0},
    }
    with reading(database) as session:
        assert plan.current_generation(session) == 1
        assert drafting.get_draft(session, draft.id).status == "published"
        entry = journal.entries(session)[0]
        assert (entry.actor, entry.action, entry.subject) == ("周平", "generation.publish", "generation:1")
        assert verify_trail(session).is_whole


def test_only_what_changed_is_closed_and_opened(planned):
    draft = open_draft(planned)
    _edit(planned, draft, replace(GRIDS[0], name="改名"))
    assert publish(planned, draft).number == 2
    with planned.connect() as connection:
        rows = connection.execute(
            text("SELECT code, valid::text, version FROM microgrid.micro_grid_state ORDER BY code, since")
        )
        assert [tuple(row) for row in rows] == [
            ("G1", "[1,2)", 1),
            ("G1", "[2,)", 2),
            ("G2", "[1,)", 1),
            ("G3", "[1,)", 1),
            ("G4", "[1,)", 1),
        ]


def test_blocking_findings_stand_in_the_way_and_are_named(planned):
    draft = open_draft(planned)
    _edit(planned, draft, replace(GRIDS[0], polygon=square(0, 0, 0.5)))
    with pytest.raises(Blocked) as refusal:
        publish(planned, draft)
    assert "空白 1" in refusal.value.zh
    assert "320000000001" in refusal.value.en
    assert "119.180750,32.270500" in refusal.value.en
    _nothing_published(planned, 1, draft)


def test_findings_that_do_not_block_are_kept_with_the_generation(planned):
    draft = open_draft(planned)
    _edit(planned, draft, replace(GRIDS[0], name="改名"))
    thin = Finding("dust", grids=("G1", "G2"), parent="320000000001", area_m2=0.01, geometry=square(1.1, 0.3, 0.3, 0.7))
    advice = Finding("outside_band", grids=("G1",), value=12.0, limit=30.0, households=12)
    generation = publishing.publish(
        planned, draft.id, check=lambda _: [thin, advice], actor="周平", four_eyes=False, now=NOW, today=TODAY
    )
    with reading(planned) as session:
        assert kept_findings(session, generation=generation.number) == (thin, advice)
        assert kept_findings(session, draft=draft.id) == ()


def test_the_second_of_two_drafts_of_the_same_grid_gets_a_conflict_that_names_both(planned):
    first, second = open_draft(planned, "先"), open_draft(planned, "后")
    _edit(planned, first, replace(GRIDS[0], name="甲"))
    _edit(planned, second, replace(GRIDS[0], name="乙"))
    publish(planned, first)
    with pytest.raises(Conflict) as refusal:
        publish(planned, second)
    for said in ("后", "G1", "2", "1"):
        assert said in refusal.value.zh
    assert "micro_grid G1 (generation 2)" in refusal.value.en
    with reading(planned) as session:
        kept = plan.snapshot(session, draft=second.id, today=TODAY)
        assert kept.grid_by_code["G1"].name == "乙"


def test_a_grid_that_was_retired_or_made_meanwhile_is_a_conflict_too(planned):
    retires, renames, makes, makes_too = (open_draft(planned, name) for name in "甲乙丙丁")
    with writing(planned) as session:
        states.retire(session, retires.id, "buildings", ["B2"])
        states.put_buildings(session, renames.id, [replace(BUILDINGS[1], number="2A幢")], source_id=None)
        for draft in (makes, makes_too):
            states.put_buildings(
                session, draft.id, [replace(BUILDINGS[1], code="B3", number=draft.name)], source_id=None
            )
    publish(planned, retires)
    with pytest.raises(Conflict, match=r"building B2 \(generation 2\)"):
        publish(planned, renames)
    publish(planned, makes)
    with pytest.raises(Conflict, match=r"building B3 \(generation 3\)"):
        publish(planned, makes_too)


def test_a_draft_of_what_is_published_already_has_nothing_to_publish(planned):
    drafts = [open_draft(planned, name) for name in "甲乙"]
    for draft in drafts:
        _edit(planned, draft, replace(GRIDS[0], name="同名"))
    publish(planned, drafts[0])
    with pytest.raises(BadInput, match="nothing in draft"):
        publish(planned, drafts[1])


def test_drafts_of_different_grids_do_not_meet(planned):
    first, second = open_draft(planned, "先"), open_draft(planned, "后")
    _edit(planned, first, replace(GRIDS[0], name="甲"))
    _edit(planned, second, replace(GRIDS[3], name="丁"))
    assert publish(planned, first).number == 2
    assert publish(planned, second).number == 3
    with reading(planned) as session:
        names = [grid.name for grid in plan.snapshot(session, today=TODAY).grids]
    assert names == ["甲", "第2网格", "第3网格", "丁"]


def test_two_that_are_clean_alone_but_not_together_are_a_conflict(planned):
    # East of the town lies ground that one draft adds to a community, and the other gives a community of its own.
    first, second = open_draft(planned, "先"), open_draft(planned, "后")
    west = AREAS[2]
    with writing(planned) as session:
        states.put_areas(session, first.id, [replace(west, polygon=square(2, 0, 3))], source_id=None)
        states.put_grids(session, first.id, [replace(GRIDS[3], code="G5", polygon=square(4, 0))], source_id=None)
        states.put_areas(session, second.id, [replace(west, code="320000000003", polygon=square(4, 0))], source_id=None)
        wild = replace(GRIDS[3], code="G9", area="320000000003", polygon=square(4, 0))
        states.put_grids(session, second.id, [wild], source_id=None)

    def no_overlap(snapshot):
        cells = [grid.polygon for grid in snapshot.grids if grid.code in {"G5", "G9"}]
        if len(cells) == 2 and cells[0].intersection(cells[1]).area > 0:
            return [Finding("overlap", grids=("G5", "G9"), geometry=cells[0].intersection(cells[1]))]
        return gaps(snapshot)

    publish(planned, first)
    with pytest.raises(Conflict) as refusal:
        publishing.publish(planned, second.id, check=no_overlap, actor="周平", four_eyes=False, now=NOW, today=TODAY)
    assert "generation 2" in refusal.value.en
    assert "Overlap G5 G9" in refusal.value.en
    with reading(planned) as session:
        assert plan.current_generation(session) == 2
        assert drafting.get_draft(session, second.id).status == "open"


def test_what_is_read_back_is_checked_again(planned):
    draft = open_draft(planned)
    _edit(planned, draft, replace(GRIDS[0], name="改名"))
    seen = []

    def check(snapshot):
        seen.append(snapshot.title("en"))
        return [] if len(seen) == 1 else [Finding("gap", parent="320000000001")]

    with pytest.raises(Blocked):
        publishing.publish(planned, draft.id, check=check, actor="周平", four_eyes=False, now=NOW, today=TODAY)
    assert seen == [f"draft {draft.id}", f"draft {draft.id}"]
    _nothing_published(planned, 1, draft)


def test_a_draft_edited_while_it_is_checked_is_not_published(planned):
    draft = open_draft(planned)
    _edit(planned, draft, replace(GRIDS[0], name="改名"))

    def check(_snapshot):
        _edit(planned, draft, replace(GRIDS[1], name="趁机"))
        return []

    with pytest.raises(Conflict, match="edited while"):
        publishing.publish(planned, draft.id, check=check, actor="周平", four_eyes=False, now=NOW, today=TODAY)
    _nothing_published(planned, 1, draft)


def test_an_area_is_not_published_below_one_that_was_retired(planned):
    with writing(planned) as session, pytest.raises(BadInput, match="is retired"):
        states.retire(session, open_draft(planned).id, "areas", [AREAS[0].code])
    away, below = open_draft(planned), open_draft(planned)
    with writing(planned) as session:
        states.put_areas(session, away.id, [replace(area, parent=None) for area in AREAS[1:]], source_id=None)
        states.retire(session, away.id, "areas", [AREAS[0].code])
        child = Area(0, "320000000003", "南社区", "community", AREAS[0].code, square(1, 0))
        states.put_areas(session, below.id, [child], source_id=None)
        inside = replace(GRIDS[1], code="G9", area=child.code)
        states.put_grids(session, below.id, [inside], source_id=None)
    assert publish(planned, away).number == 2
    with pytest.raises(Conflict, match="320000000003 names the parent 320000000000, which is retired"):
        publish(planned, below)
    _nothing_published(planned, 2, below)


def test_four_eyes(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        moved = Assignment("shop", "S1", "G3", "nearest", "最近", "nearest")
        proposing.accept(session, draft.id, [moved], actor="吴敏")

    def go(actor):
        return publishing.publish(planned, draft.id, check=gaps, actor=actor, four_eyes=True, now=NOW, today=TODAY)

    with pytest.raises(Conflict, match="must be approved"):
        go("周平")
    with writing(planned) as session:
        reviewing.submit(session, draft.id, actor="陈晨")
    with pytest.raises(Forbidden), writing(planned) as session:
        reviewing.approve(session, draft.id, actor="吴敏", four_eyes=True)
    with writing(planned) as session:
        reviewing.approve(session, draft.id, actor="周平", four_eyes=True)
    for drew in ("陈晨", "吴敏"):
        with pytest.raises(Forbidden):
            go(drew)
    assert go("周平").number == 2


def test_nothing_and_nowhere(planned):
    with pytest.raises(BadInput, match="nothing in draft"):
        publish(planned, open_draft(planned))
    with pytest.raises(NotFound):
        publish(planned, replace(open_draft(planned), id=99))


def test_a_database_that_goes_away_half_way_leaves_nothing(planned, admin):
    draft = open_draft(planned)
    _edit(planned, draft, replace(GRIDS[0], name="改名"))
    seen = []

    def check(snapshot):
        seen.append(snapshot.title("en"))
        if len(seen) == 2:
            end_connections(admin, planned.url.database)
        return []

    with pytest.raises(Unavailable) as refusal:
        publishing.publish(planned, draft.id, check=check, actor="周平", four_eyes=False, now=NOW, today=TODAY)
    assert "nothing was written" in refusal.value.en
    _nothing_published(planned, 1, draft)


def test_publishers_wait_for_one_another_and_numbers_come_out_gapless(planned):
    drafts = [open_draft(planned, f"方案{number}") for number in range(4)]
    for draft, grid in zip(drafts, GRIDS, strict=True):
        _edit(planned, draft, replace(grid, name=draft.name))
    numbers = []
    threads = [
        threading.Thread(target=lambda draft=draft: numbers.append(publish(planned, draft).number)) for draft in drafts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [2, 3, 4, 5]
    with reading(planned) as session:
        assert [one.number for one in plan.list_generations(session)] == [5, 4, 3, 2, 1]
        assert verify_trail(session).is_whole


def test_listeners_are_told(planned):
    listener = connect(planned.url.render_as_string(hide_password=False))
    draft = open_draft(planned)
    _edit(planned, draft, replace(GRIDS[0], name="改名"))
    with listener.connect() as connection:
        driver = connection.connection.driver_connection
        driver.autocommit = True
        driver.execute("LISTEN microgrid_generation")
        publish(planned, draft)
        assert [note.payload for note in driver.notifies(timeout=5, stop_after=1)] == ["2"]
        driver.autocommit = False
    listener.dispose()


def test_a_register_that_changes_does_not_need_a_draft(planned):
    with writing(planned) as session:
        registers.put_shops(session, [replace(SHOPS[0], name="面馆")], source_id=None, today=TODAY + timedelta(days=1))
    with reading(planned) as session:
        found = plan.snapshot(session, today=TODAY + timedelta(days=1))
    assert found.generation == 1
    assert found.shops[0].name == "面馆"
    assert len(found.areas) == len(AREAS)
