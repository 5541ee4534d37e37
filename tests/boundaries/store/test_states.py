"""What is new or changed is written into a draft; what is as it was is not."""

from dataclasses import replace

import pytest
from shapely import MultiPolygon, Point, Polygon
from sqlalchemy import text

from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.model import Assignment, Part
from boundaries.services import drafting, reviewing
from boundaries.services import reading as plan
from boundaries.store import states
from boundaries.store.engine import reading, writing
from boundaries.store.merge import Written
from tests.boundaries.plans import (
    AREAS,
    ASSIGNMENTS,
    BUILDINGS,
    COMPOUNDS,
    GRIDS,
    PARTS,
    TODAY,
    fill,
    open_draft,
    publish,
    square,
)


def _count(engine, table, where="true"):
    with engine.connect() as connection:
        query = f"SELECT count(*) FROM microgrid.{table} WHERE {where}"  # noqa: S608  our own words
        return connection.execute(text(query)).scalar_one()


def test_what_is_as_it_was_writes_nothing(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        assert states.put_areas(session, draft.id, AREAS, source_id=None) == Written(0, 3)
        assert states.put_grids(session, draft.id, GRIDS, source_id=None) == Written(0, 4)
        assert states.put_parts(session, draft.id, PARTS, source_id=None) == Written(0, 2)
        assert states.put_compounds(session, draft.id, COMPOUNDS, source_id=None) == Written(0, 1)
        assert states.put_buildings(session, draft.id, BUILDINGS, source_id=None) == Written(0, 2)
        accepted = [replace(one, accepted_by="陈晨") for one in ASSIGNMENTS]
        assert states.put_assignments(session, draft.id, accepted, actor="陈晨") == Written(0, 2)
    assert _count(planned, "micro_grid_state", f"draft_id = {draft.id}") == 0


def test_a_row_changed_twice_counts_up_and_one_that_comes_back_is_taken_out(planned):
    draft = open_draft(planned)
    for name, version in (("甲", 2), ("乙", 3)):
        with writing(planned) as session:
            changed = [replace(GRIDS[0], name=name), *GRIDS[1:]]
            assert states.put_grids(session, draft.id, changed, source_id=None) == Written(1, 3)
        with reading(planned) as session:
            assert plan.snapshot(session, draft=draft.id, today=TODAY).grid_by_code["G1"].version == version
    with writing(planned) as session:
        assert states.put_grids(session, draft.id, [replace(GRIDS[0], name="乙")], source_id=None) == Written(0, 1)
        assert states.put_grids(session, draft.id, GRIDS, source_id=None) == Written(0, 4)
    assert _count(planned, "micro_grid_state", f"draft_id = {draft.id}") == 0
    with reading(planned) as session:
        assert drafting.get_draft(session, draft.id).revision == 4


def test_a_moved_node_is_a_change(planned):
    draft = open_draft(planned)
    ring = list(GRIDS[0].polygon.exterior.coords)
    ring[1] = (ring[1][0] + 1e-9, ring[1][1])
    moved = replace(GRIDS[0], polygon=Polygon([(round(x, 9), round(y, 9)) for x, y in ring]))
    turned = replace(GRIDS[1], polygon=Polygon([*ring_of(GRIDS[1])[1:], ring_of(GRIDS[1])[1]]))
    with writing(planned) as session:
        assert states.put_grids(session, draft.id, [moved, turned], source_id=None) == Written(2, 0)


def ring_of(grid):
    return list(grid.polygon.exterior.coords)


def test_a_code_keeps_its_identity_for_ever(database):
    first = open_draft(database, "一")
    with writing(database) as session:
        states.put_areas(session, first.id, AREAS, source_id=None)
        states.put_grids(session, first.id, GRIDS[:2], source_id=None)
        reviewing.abandon(session, first.id, actor="陈晨")
    second = open_draft(database, "二")
    with writing(database) as session:
        states.put_areas(session, second.id, AREAS, source_id=None)
        states.put_grids(session, second.id, GRIDS[::-1], source_id=None)
    with reading(database) as session:
        found = plan.snapshot(session, draft=second.id, today=TODAY).grid_by_code
        assert plan.snapshot(session, draft=first.id, today=TODAY).grid_by_code["G1"].id == found["G1"].id
    assert [found[code].rank for code in ("G1", "G2", "G4", "G3")] == sorted(grid.rank for grid in found.values())
    assert _count(database, "micro_grid") == 4


def test_what_is_retired_and_comes_back_counts_its_versions_on(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        assert states.retire(session, draft.id, "buildings", ["B2"]) == 1
        assert states.retire(session, draft.id, "buildings", ["B2"]) == 0
    publish(planned, draft)
    again = open_draft(planned)
    with writing(planned) as session:
        states.put_buildings(session, again.id, BUILDINGS[1:], source_id=None)
    publish(planned, again)
    with planned.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT version, valid::text FROM microgrid.building_state JOIN microgrid.building b"
                " ON b.id = building_id WHERE b.code = 'B2' ORDER BY since"
            )
        )
        assert [tuple(row) for row in rows] == [(1, "[1,2)"), (2, "[3,)")]


def test_retiring_takes_what_hangs_on_it(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        assert states.retire(session, draft.id, "grids", ["G2"]) == 1
    with reading(planned) as session:
        found = plan.snapshot(session, draft=draft.id, today=TODAY)
    assert [grid.code for grid in found.grids] == ["G1", "G3", "G4"]
    assert [one.premises for one in found.assignments] == ["K1"]
    assert {person.target for person in found.people} == {"G1", "320000000001"}
    assert _count(planned, "part_state", f"draft_id = {draft.id} AND retired") == 2


def test_what_only_the_draft_knew_is_taken_out_of_it(planned):
    draft = open_draft(planned)
    new = replace(GRIDS[3], code="G5", polygon=square(3.5, 0, 0.5))
    with writing(planned) as session:
        states.put_grids(session, draft.id, [new], source_id=None)
        assert states.retire(session, draft.id, "grids", ["G5"]) == 1
    assert _count(planned, "micro_grid_state", f"draft_id = {draft.id}") == 0


def test_parts_come_with_their_grid(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        tower = replace(GRIDS[2], parts=(Part(0, "G3-1", "低层", floors=(1, 10)),))
        states.put_grids(session, draft.id, [tower], source_id=None)
        assert states.retire(session, draft.id, "parts", ["G2-2"]) == 1
    with reading(planned) as session:
        found = plan.snapshot(session, draft=draft.id, today=TODAY).grid_by_code
    assert [part.code for part in found["G2"].parts] == ["G2-1"]
    assert [(part.code, part.floors) for part in found["G3"].parts] == [("G3-1", (1, 10))]


def test_premises_are_given_to_another_grid(planned):
    draft = open_draft(planned)
    moved = Assignment("shop", "S1", "G3", "nearest", "最近", "nearest")
    nowhere = Assignment("shop", "S2", None, "none", "无", "none")
    house = Assignment("building", "B2", "G4", "within", "在内", "inside", accepted_by="吴敏")
    with writing(planned) as session:
        assert states.put_assignments(session, draft.id, [moved, nowhere, house], actor="陈晨") == Written(2, 0)
    with reading(planned) as session:
        found = {one.premises: one for one in plan.snapshot(session, draft=draft.id, today=TODAY).assignments}
    assert {code: one.grid for code, one in found.items()} == {"K1": "G1", "S1": "G3", "B2": "G4"}
    assert found["B2"].accepted_by == "吴敏"


def test_nothing_is_hung_on_a_retired_grid(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        states.retire(session, draft.id, "grids", ["G3"])
    moved = Assignment("shop", "S1", "G3", "nearest", "最近", "nearest")
    with pytest.raises(BadInput, match="has no micro-grid G3"), writing(planned) as session:
        states.put_assignments(session, draft.id, [moved], actor="陈晨")
    with pytest.raises(BadInput, match="has no micro-grid G3"), writing(planned) as session:
        states.put_parts(session, draft.id, [("G3", replace(PARTS[0][1], code="G3-1"))], source_id=None)


BOWTIE = Polygon([(119.18, 32.27), (119.181, 32.271), (119.181, 32.27), (119.18, 32.271)])
OFF = Polygon([(119.18, 32.27), (119.1810000001, 32.27), (119.181, 32.271)])
REFUSED = {
    "off the grid": lambda put: put.grids([replace(GRIDS[0], polygon=OFF)]),
    "bow tie": lambda put: put.grids([replace(GRIDS[0], polygon=BOWTIE)]),
    "empty": lambda put: put.grids([replace(GRIDS[0], polygon=Polygon())]),
    "missing": lambda put: put.grids([replace(GRIDS[0], polygon=None)]),
    "two pieces": lambda put: put.grids(
        [replace(GRIDS[0], polygon=MultiPolygon([GRIDS[0].polygon, GRIDS[3].polygon]))]
    ),
    "with heights": lambda put: put.grids(
        [replace(GRIDS[0], polygon=Polygon([(*xy, 5.0) for xy in GRIDS[0].polygon.exterior.coords]))]
    ),
    "twice": lambda put: put.grids([GRIDS[0], GRIDS[0]]),
    "no such area": lambda put: put.grids([replace(GRIDS[0], area="nowhere")]),
    "no such kind": lambda put: put.grids([replace(GRIDS[0], kind="castle")]),
    "no such layer": lambda put: put.grids([replace(GRIDS[0], layer="third")]),
    "no code": lambda put: put.grids([replace(GRIDS[0], code=" ")]),
    "no such level": lambda put: put.areas([replace(AREAS[0], level="empire")]),
    "no such parent": lambda put: put.areas([replace(AREAS[1], parent="nowhere")]),
    "own parent": lambda put: put.areas([replace(AREAS[0], parent=AREAS[0].code)]),
    "circle": lambda put: put.areas([replace(AREAS[0], parent=AREAS[1].code)]),
    "no such compound": lambda put: put.buildings([replace(BUILDINGS[0], compound="K9")]),
    "negative": lambda put: put.buildings([replace(BUILDINGS[0], dwellings=-1)]),
    "no name": lambda put: put.compounds([replace(COMPOUNDS[0], name="")]),
    "a point for a compound": lambda put: put.compounds([replace(COMPOUNDS[0], polygon=Point(119.18, 32.27))]),
    "neither units nor floors": lambda put: put.parts([("G2", Part(0, "G2-3", "x"))]),
    "units and floors": lambda put: put.parts([("G2", Part(0, "G2-3", "x", ("1",), (1, 2)))]),
    "floors the wrong way": lambda put: put.parts([("G2", Part(0, "G2-3", "x", (), (9, 2)))]),
    "no such shop": lambda put: put.assignments([Assignment("shop", "S9", "G1", "m", "z", "e")]),
    "premises twice": lambda put: put.assignments([ASSIGNMENTS[0], ASSIGNMENTS[0]]),
}


class _Put:
    def __init__(self, session, draft):
        self.session, self.draft = session, draft

    def __getattr__(self, noun):
        more = {"actor": "陈晨"} if noun == "assignments" else {"source_id": None}
        return lambda rows: getattr(states, f"put_{noun}")(self.session, self.draft, rows, **more)


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_in_both_languages_and_leaves_no_trace(kept_plan, what):
    draft = open_draft(kept_plan)
    with pytest.raises(BadInput) as refusal, writing(kept_plan) as session:
        REFUSED[what](_Put(session, draft.id))
    assert refusal.value.zh
    assert refusal.value.en
    for table in ("area", "micro_grid", "building", "compound", "part", "assignment"):
        assert _count(kept_plan, f"{table}_state", f"draft_id = {draft.id}") == 0
    with reading(kept_plan) as session:
        assert drafting.get_draft(session, draft.id).revision == 0


def test_a_retired_parent_is_named(planned):
    draft = open_draft(planned)
    with pytest.raises(BadInput, match="320000000000, which is retired"), writing(planned) as session:
        states.retire(session, draft.id, "areas", [AREAS[0].code])
    with writing(planned) as session:
        states.put_areas(session, draft.id, [replace(area, parent=None) for area in AREAS[1:]], source_id=None)
        assert states.retire(session, draft.id, "areas", [AREAS[0].code]) == 1
    with pytest.raises(BadInput, match="320000000000, which is retired"), writing(planned) as session:
        states.put_areas(session, draft.id, [replace(AREAS[1], name="x")], source_id=None)


def test_a_draft_that_is_none_or_not_open_takes_nothing(database):
    with pytest.raises(NotFound), writing(database) as session:
        states.put_areas(session, 99, AREAS, source_id=None)
    draft = open_draft(database)
    fill(database, draft)
    with writing(database) as session:
        reviewing.submit(session, draft.id, actor="陈晨")
    with pytest.raises(Conflict), writing(database) as session:
        states.put_grids(session, draft.id, GRIDS, source_id=None)
    with pytest.raises(Conflict), writing(database) as session:
        states.retire(session, draft.id, "grids", ["G1"])
