"""Publishers at once, cut off half way, and one generation after the other: each proves what it touched, all hold."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from boundaries import checks
from boundaries.certificate import prove_areas
from boundaries.errors import Blocked, Conflict, Unavailable
from boundaries.findings import Finding
from boundaries.model import Area, Assignment, Part
from boundaries.rules import Rules
from boundaries.services import acknowledging, certifying, drafting, proposing, publishing
from boundaries.services import reading as plan
from boundaries.services.surroundings import look_at_draft
from boundaries.store import states, tables
from boundaries.store.certificates import kept_proofs
from boundaries.store.engine import reading, writing
from boundaries.store.findings import kept_findings
from tests.boundaries.plans import AREAS, BUILDINGS, GRIDS, NOW, SHOPS, TODAY, fill, open_draft, publish, square
from tests.conftest import end_connections

RULES = Rules(day=TODAY)


def whole_check(snapshot):
    return checks.run(snapshot, RULES)


def go(engine, draft, check=whole_check):
    return publishing.publish(engine, draft.id, check=check, actor="周平", four_eyes=False, now=NOW, today=TODAY)


def edit(engine, draft, *grids):
    with writing(engine) as session:
        states.put_grids(session, draft.id, grids, source_id=None)


def told(findings):
    return sorted((one.kind, one.grids, one.premises, one.parent or "") for one in findings)


def require_whole(engine, number):
    """What is kept of a generation is what a look at all of it finds."""
    with reading(engine) as session:
        whole = plan.snapshot(session, generation=number, today=TODAY)
        assert kept_proofs(session, number) == prove_areas(whole)
        assert certifying.verify_newest(session, today=TODAY) == len(kept_proofs(session, number))
        assert told(kept_findings(session, generation=number)) == told(whole_check(whole))


def rows_of(engine, table, generation):
    with engine.connect() as connection:
        query = select(func.count()).select_from(table).where(table.c.generation == generation)
        return connection.execute(query).scalar_one()


@pytest.fixture
def looked_over(database):
    """The plan, published with the checks of the service."""
    draft = open_draft(database)
    fill(database, draft)
    go(database, draft)
    return database


def test_a_generation_writes_what_it_touches_and_all_of_it_holds(looked_over):
    engine = looked_over
    require_whole(engine, 1)
    renamed = open_draft(engine)
    edit(engine, renamed, replace(GRIDS[0], name="改名"))
    go(engine, renamed)
    require_whole(engine, 2)
    # The code is in the proof, the name is not; nothing that was found has changed.
    assert (rows_of(engine, tables.certificate, 2), rows_of(engine, tables.finding, 2)) == (0, 0)
    parted = open_draft(engine)
    edit(engine, parted, replace(GRIDS[3], polygon=square(3, 0, 1, 1)))
    with writing(engine) as session:
        inside = square(3.25, 0.25, 0.5, 0.5)
        around = type(inside)(square(3, 0).exterior, [inside.exterior])
        new = replace(GRIDS[3], code="G5", polygon=inside)
        states.put_grids(session, parted.id, [replace(GRIDS[3], polygon=around), new], source_id=None)
    go(engine, parted)
    require_whole(engine, 3)
    assert rows_of(engine, tables.certificate, 3) == 1
    moved = open_draft(engine)
    with writing(engine) as session:
        states.put_areas(session, moved.id, [replace(AREAS[1], name="东方社区")], source_id=None)
        states.retire(session, moved.id, "buildings", ["B2"])
    go(engine, moved)
    require_whole(engine, 4)
    gone = open_draft(engine)
    with writing(engine) as session:
        states.put_areas(session, gone.id, [replace(AREAS[1], name="大社区", polygon=square(0, 0, 4))], source_id=None)
        taken = [replace(grid, area=AREAS[1].code, parts=()) for grid in GRIDS[2:3]]
        states.put_grids(session, gone.id, taken, source_id=None)
        now = {grid.code: grid for grid in plan.snapshot(session, today=TODAY).grids}
        rest = [replace(now[code], area=AREAS[1].code) for code in ("G4", "G5")]
        states.put_grids(session, gone.id, rest, source_id=None)
        states.retire(session, gone.id, "areas", [AREAS[2].code])
    go(engine, gone)
    require_whole(engine, 5)
    with reading(engine) as session:
        # What was proved and found before still stands as it was.
        assert [proof.code for proof in kept_proofs(session, 3)] == [AREAS[1].code, AREAS[2].code]
        assert [proof.code for proof in kept_proofs(session, 5)] == [AREAS[1].code]
    assert certified_digests(engine) == recorded_digests(engine)


def certified_digests(engine):
    with reading(engine) as session:
        numbers = [one.number for one in plan.list_generations(session)]
        return [certifying.get_certificate(session, number, service="x").digest for number in numbers]


def recorded_digests(engine):
    query = text(
        "SELECT detail ->> 'certificate' FROM microgrid.audit WHERE action = 'generation.publish' ORDER BY number DESC"
    )
    with engine.connect() as connection:
        return list(connection.execute(query).scalars())


def test_only_what_a_draft_touches_is_looked_at(looked_over):
    draft = open_draft(looked_over)
    edit(looked_over, draft, replace(GRIDS[0], name="改名"))
    with reading(looked_over) as session:
        looked = look_at_draft(session, draft.id, today=TODAY)
    assert looked.codes == {AREAS[1].code}
    assert [grid.code for grid in looked.plan.grids] == ["G1", "G2"]
    assert [area.code for area in looked.plan.areas] == [AREAS[0].code, AREAS[1].code]
    assert looked.plan.partly_here == {AREAS[0].code}
    assert [building.code for building in looked.plan.buildings] == ["B1"]
    assert [shop.code for shop in looked.plan.shops] == ["S1"]


def test_premises_across_a_border_are_judged_with_both_sides(looked_over):
    # Most of the house is east of the border of the communities, a corner of no account west of it.
    house = replace(BUILDINGS[1], code="B7", shape=square(1.999, 0.4, 0.3, 0.3))
    built = open_draft(looked_over)
    with writing(looked_over) as session:
        states.put_buildings(session, built.id, [house], source_id=None)
    go(looked_over, built)
    renamed = open_draft(looked_over)
    edit(looked_over, renamed, replace(GRIDS[0], name="改名"))
    with reading(looked_over) as session:
        looked = look_at_draft(session, renamed.id, today=TODAY)
    assert looked.codes == {AREAS[1].code}
    assert {grid.code for grid in looked.plan.grids} == {"G1", "G2", "G3", "G4"}
    assert go(looked_over, renamed).number == 3
    require_whole(looked_over, 3)


def test_publishers_in_different_communities_check_at_the_same_time(planned):
    drafts = [open_draft(planned, name) for name in "甲乙"]
    for draft, grid in zip(drafts, (GRIDS[0], GRIDS[3]), strict=True):
        edit(planned, draft, replace(grid, name=draft.name))
    # Both stand in the middle of their second check, with their areas held, or neither goes on.
    met, done = threading.Barrier(2, timeout=60), []

    def one(draft):
        seen = []

        def check(_snapshot):
            seen.append(draft.id)
            if len(seen) == 2:
                met.wait()
            return ()

        done.append(go(planned, draft, check).number)

    threads = [threading.Thread(target=one, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [2, 3]
    with reading(planned) as session:
        names = [grid.name for grid in plan.snapshot(session, today=TODAY).grids]
    assert (names[0], names[3]) == ("甲", "乙")


def test_two_in_one_community_wait_for_each_other_and_both_are_proved(planned):
    first, second = open_draft(planned, "甲"), open_draft(planned, "乙")
    edit(planned, first, replace(GRIDS[0], name="甲"))
    edit(planned, second, replace(GRIDS[1], name="乙"))
    seen, done = [], []
    other = threading.Thread(target=lambda: done.append(go(planned, second).number))

    def slow(_snapshot):
        seen.append(1)
        if len(seen) == 2:
            # The community is held: the other one comes as far as this, and waits.
            other.start()
            other.join(timeout=1.5)
        return ()

    done.append(go(planned, first, slow).number)
    other.join()
    assert done == [2, 3]
    require_proved(planned, 3)


def require_proved(engine, number):
    with reading(engine) as session:
        assert kept_proofs(session, number) == prove_areas(plan.snapshot(session, generation=number, today=TODAY))


def test_a_publisher_cut_off_in_the_middle_leaves_nothing_and_holds_nobody(planned, admin):
    draft, other = open_draft(planned, "甲"), open_draft(planned, "乙")
    edit(planned, draft, replace(GRIDS[0], name="甲"))
    edit(planned, other, replace(GRIDS[1], name="乙"))
    seen = []

    def cut(_snapshot):
        seen.append(1)
        if len(seen) == 2:
            end_connections(admin, planned.url.database)
        return ()

    with pytest.raises(Unavailable):
        go(planned, draft, cut)
    with reading(planned) as session:
        assert plan.current_generation(session) == 1
        assert drafting.get_draft(session, draft.id).status == "open"
    assert [go(planned, one).number for one in (other, draft)] == [2, 3]


def test_a_code_given_to_a_grid_here_and_to_a_part_there_is_found(planned):
    grid, part = open_draft(planned, "甲"), open_draft(planned, "乙")
    edit(planned, grid, replace(GRIDS[3], code="X1", polygon=GRIDS[3].polygon))
    with writing(planned) as session:
        states.retire(session, grid.id, "grids", ["G4"])
        states.put_parts(session, part.id, [("G1", Part(0, "X1", "一单元", units=("1",)))], source_id=None)
    publish(planned, grid)
    with pytest.raises((Blocked, Conflict), match="Duplicate code"):
        publish(planned, part)


def test_a_retired_code_never_names_another_grid(planned):
    retires = open_draft(planned, "撤")
    around = square(2, 0, 2)
    with writing(planned) as session:
        before = plan.snapshot(session, today=TODAY).grid_by_code["G4"]
        states.put_grids(session, retires.id, [replace(GRIDS[2], polygon=around)], source_id=None)
        states.retire(session, retires.id, "grids", ["G4"])
    publish(planned, retires)
    again = open_draft(planned, "再")
    edit(planned, again, GRIDS[2], GRIDS[3])
    publish(planned, again)
    with reading(planned) as session:
        revived = plan.snapshot(session, today=TODAY).grid_by_code["G4"]
    # Whoever draws with a code that was retired draws the grid that had it.
    assert (revived.id, revived.rank) == (before.id, before.rank)
    assert revived.version > before.version


def test_assignments_follow_what_is_published(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        moved = Assignment("shop", SHOPS[0].code, "G4", "nearest", "最近", "nearest")
        proposing.accept(session, draft.id, [moved], actor="陈晨")
        states.retire(session, draft.id, "compounds", ["K1"])
    assert publish(planned, draft).number == 2
    with reading(planned) as session:
        found = {one.premises: one.grid for one in plan.snapshot(session, today=TODAY).assignments}
        assert {one.premises: one.grid for one in plan.snapshot(session, generation=1, today=TODAY).assignments} == {
            "K1": "G1",
            "S1": "G2",
        }
    assert found == {"S1": "G4"}


def test_acknowledged_findings_stand_apart_and_go_with_the_generation(looked_over):
    draft = open_draft(looked_over)
    edit(looked_over, draft, replace(GRIDS[0], name="改名"))
    with reading(looked_over) as session:
        findings = whole_check(look_at_draft(session, draft.id, today=TODAY).plan)
    chosen = acknowledging.chosen(findings, grids=["G2"])
    assert chosen
    with writing(looked_over) as session:
        acknowledging.acknowledge(session, draft.id, chosen, reason="下月补人", actor="陈晨", now=NOW)
    with reading(looked_over) as session:
        apart = acknowledging.sort_out(session, draft.id, findings)
    assert [finding for finding, _ in apart.acknowledged] == list(chosen)
    assert told(apart.open) == told(set(findings) - set(chosen))
    go(looked_over, draft)
    with reading(looked_over) as session:
        kept = acknowledging.acknowledged_in(session, 2)
        assert [(finding.kind, why.reason, why.actor) for finding, why in kept] == [
            (finding.kind, "下月补人", "陈晨") for finding in chosen
        ]
        assert acknowledging.acknowledged_in(session, 1) == ()
        assert told(kept_findings(session, generation=2)) == told(kept_findings(session, generation=1))
    # The next draft stands on it.
    later = open_draft(looked_over)
    edit(looked_over, later, replace(GRIDS[1], name="又改", parts=()))
    with reading(looked_over) as session:
        again = acknowledging.sort_out(session, later.id, findings)
    assert len(again.acknowledged) == len(chosen)


def test_what_blocks_is_not_acknowledged(looked_over):
    draft = open_draft(looked_over)
    with writing(looked_over) as session, pytest.raises(Exception, match="cannot be acknowledged"):
        acknowledging.acknowledge(session, draft.id, [Finding("gap", parent="x")], reason="小", actor="陈晨")
    with writing(looked_over) as session, pytest.raises(Exception, match="no such advisory finding"):
        acknowledging.acknowledge(session, draft.id, [], reason="小", actor="陈晨")


def test_an_area_overlapping_one_of_another_draft_is_found(planned):
    """Two new communities on the same ground, drawn at once: their publishers hold the town that both hang below."""
    drafts = [open_draft(planned, name) for name in "甲乙"]
    for number, draft in enumerate(drafts):
        code = f"32000000001{number}"
        with writing(planned) as session:
            new = Area(0, code, "新社区", "community", AREAS[0].code, square(4, 0))
            states.put_areas(session, draft.id, [new], source_id=None)
            states.put_grids(
                session,
                draft.id,
                [replace(GRIDS[0], code=f"N{number}", area=code, polygon=square(4, 0))],
                source_id=None,
            )
    go(planned, drafts[0])
    with pytest.raises(Conflict, match="Areas overlap"):
        go(planned, drafts[1])
