"""Changes between generations and drafts, and an older generation brought back, on a real database."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, select

from boundaries.diff import AreaChanges, GridChanges
from boundaries.errors import BadInput, NotFound
from boundaries.model import Assignment, Building, MicroGrid
from boundaries.services import rolling_back
from boundaries.services.change_report import Form, change_record, change_register, title_of
from boundaries.services.comparing import Changes, all_changes, changes_between, named_state
from boundaries.services.editing import undo
from boundaries.services.reading import generation_of_day, snapshot
from boundaries.store import people, states, tables
from boundaries.store.engine import reading, writing
from boundaries.store.overlay import ASSIGNMENT, GRID, THINGS, Moment, effective
from tests.boundaries.plans import (
    AREAS,
    NOW,
    PEOPLE,
    TODAY,
    open_draft,
    publish,
    square,
)
from tests.boundaries.services.test_comparing import REFINED, REFINED_AREAS, fine, publish_with

ZONE = "Asia/Shanghai"
NARROW, WIDE = replace(REFINED[0], polygon=fine(0, 0.3)), replace(REFINED[1], polygon=fine(0.3, 1.7))


def told(engine: Engine, old: str, new: str) -> Changes:
    with reading(engine) as session:
        states_named = [named_state(session, name, timezone=ZONE) for name in (old, new)]
        return all_changes(session, *states_named, today=TODAY, timezone=ZONE)


@pytest.fixture
def moved(planned: Engine) -> Engine:
    """Generation 2 has nodes; 3: most of G1 goes to G2, G3 is split, G4 is a market and has a strip."""
    publish_with(planned, *REFINED, areas=REFINED_AREAS)
    halves = [replace(REFINED[2], code=f"G3{half}", polygon=fine(2 + half / 2, 0.5)) for half in (0, 1)]
    strip = MicroGrid(0, 0, "S9", "文化路沿街", AREAS[2].code, square(3, 0, 1, 0.2), "street_front", "overlay")
    draft = open_draft(planned)
    with writing(planned) as session:
        market = replace(REFINED[3], kind="market", name="市场")
        states.put_grids(session, draft.id, [NARROW, WIDE, *halves, market, strip], source_id=None)
        states.retire(session, draft.id, "grids", ["G3"])
        states.retire(session, draft.id, "buildings", ["B2"])
        states.put_buildings(session, draft.id, [Building(0, "B3", "3幢", square(3.1, 0.5, 0.1, 0.1))], source_id=None)
        given = [Assignment("shop", "S2", "S9", "door", "门点在网格内", "its door is in the grid")]
        states.put_assignments(session, draft.id, given, actor="李安")
        people.put_people(session, [replace(PEOPLE[0], name="新人", target="S9")], source_id=None, today=TODAY)
    assert publish(planned, draft).number == 3
    return planned


def test_what_went_where(moved: Engine) -> None:
    found = told(moved, "2", "3")
    moves = {(one.old, one.new): one for one in found.moves}
    assert moves.keys() == {("G1", "G2"), ("G3", "G30"), ("G3", "G31"), (None, "S9"), ("G4", "S9")}
    first = moves["G1", "G2"]
    # The compound is assigned to G1 and stays, its building lies in the ground that goes.
    assert (first.buildings, first.compounds, first.households) == ((), (), 0)
    assert moves["G4", "S9"].shops == ("S2",)
    assert [one.name for one in moves["G4", "S9"].people_new] == ["新人"]
    assert moves["G4", "S9"].has_other_people
    assert told(moved, "1", "3").moves == found.moves
    assert told(moved, "3", "3").moves == ()


def test_premises_given_away_without_a_change_of_ground(planned: Engine) -> None:
    draft = open_draft(planned)
    with writing(planned) as session:
        given = [Assignment("building", "B1", "G4", "named", "指定", "named")]
        states.put_assignments(session, draft.id, given, actor="李安")
    (move,) = told(planned, "1", f"draft:{draft.id}").moves
    assert (move.old, move.new, move.buildings, move.households, move.area_m2) == ("G1", "G4", ("B1",), 36, 0.0)
    (back,) = told(planned, f"draft:{draft.id}", "1").moves
    assert (back.old, back.new) == ("G4", "G1")


def test_a_draft_is_compared_like_a_generation(planned: Engine) -> None:
    publish_with(planned, *REFINED, areas=REFINED_AREAS)
    draft = open_draft(planned)
    with writing(planned) as session:
        states.put_grids(session, draft.id, [NARROW, WIDE], source_id=None)
        states.retire(session, draft.id, "parts", ["G2-1"])
    name = f"draft:{draft.id}"
    found = told(planned, "2", name)
    assert found.delta.grids == GridChanges(reshaped=("G1", "G2"), parts_changed=("G2",))
    assert told(planned, "1", name).delta.grids == found.delta.grids
    assert told(planned, name, "2").delta.grids == found.delta.grids
    publish(planned, draft)
    # It is the generation now, by either name.
    assert told(planned, "3", name).delta.grids == GridChanges()
    after = told(planned, "2", "3")
    assert (after.delta.grids, after.delta.codes, after.moves) == (found.delta.grids, found.delta.codes, found.moves)


def test_states_by_name(planned: Engine) -> None:
    with reading(planned) as session:
        assert named_state(session, "1", timezone=ZONE) == Moment(1)
        assert named_state(session, TODAY.isoformat(), timezone=ZONE) == Moment(1)
        assert generation_of_day(session, date(2030, 1, 1), timezone=ZONE) == 1
        for name, kind in (("2", NotFound), ("draft:99", NotFound), ("2020-01-01", NotFound), ("x", BadInput)):
            with pytest.raises(kind):
                named_state(session, name, timezone=ZONE)


def test_the_register_of_changes(moved: Engine) -> None:
    found = told(moved, "2", "3")
    with reading(moved) as session:
        rows = {row.code: row for row in change_register(session, found, Form(".xlsx", "internal", "zh", TODAY))}
    assert rows.keys() == {"G1", "G2", "G3", "G30", "G31", "G4", "S9"}
    assert rows["G3"].remark.startswith("撤销；划给 G30")
    assert rows["G4"].remark.startswith("更名，原名“第4网格”；类别变更，原为 住宅")
    assert "由 G4 划入 1 家商铺" in rows["S9"].remark
    assert rows["G2"].remark.startswith("由 G1 划入")
    assert rows["G30"].bounds.startswith("东至第3网格")
    assert title_of(found, "zh") == "微网格调整登记表(区划第 2 版 → 区划第 3 版)"
    record = change_record(found, "public")
    assert (record["from"], record["to"]) == (2, 3)
    assert all("households" not in move for move in record["moved"])
    assert all("households" in move for move in change_record(found, "internal")["moved"])


def test_an_older_generation_comes_back_bit_for_bit(moved: Engine) -> None:
    with writing(moved) as session:
        draft = rolling_back.revert(session, 2, actor="周平", now=NOW)
    assert (draft.name, draft.base_generation, draft.revision) == ("恢复第 2 版", 3, 1)
    assert publish(moved, draft, actor="陈晨").number == 4
    with reading(moved) as session:
        old, new = (snapshot(session, today=TODAY, generation=number) for number in (2, 4))
        # Versions count on; everything else is what it was: numbers, ranks, codes and every bit of a shape.
        assert [replace(grid, version=None) for grid in new.grids] == [
            replace(grid, version=None) for grid in old.grids
        ]
        assert all(now.polygon.wkb == was.polygon.wkb for now, was in zip(new.grids, old.grids, strict=True))
        for layer in ("areas", "buildings", "compounds", "assignments"):
            assert getattr(new, layer) == getattr(old, layer)
        delta = changes_between(session, 2, 4)
        assert (delta.grids, delta.areas, delta.codes, delta.ground.is_empty) == (
            GridChanges(),
            AreaChanges(),
            {},
            True,
        )
        for thing in THINGS:
            columns = [thing.key, *thing.content, "source_id", *(["accepted_at"] if thing is ASSIGNMENT else [])]
            was, now = (_rows(session, thing, columns, number) for number in (2, 4))
            assert was == now
    assert told(moved, "2", "4").moves == ()
    # The code that came meanwhile stays its own.
    with reading(moved) as session:
        given = session.execute(select(tables.micro_grid_code.c.code)).scalars().all()
    assert {"G3", "G30", "S9"} <= set(given)


def _rows(session: object, thing: object, columns: list[str], number: int) -> list[tuple[object, ...]]:
    stood = effective(thing, Moment(number))  # type: ignore[arg-type]
    query = select(*(stood.c[name] for name in columns)).order_by(stood.c[columns[0]])
    return [tuple(str(value) for value in row) for row in session.execute(query)]  # type: ignore[attr-defined]


def test_bringing_back_is_one_change_that_can_be_undone(moved: Engine) -> None:
    with writing(moved) as session:
        draft = rolling_back.revert(session, 1, actor="周平", name="恢复", now=NOW)
    with writing(moved) as session:
        undo(session, draft.id, actor="周平", now=NOW)
        found = session.execute(select(GRID.state.c.id).where(GRID.state.c.draft_id == draft.id)).all()
    assert found == []


def test_what_cannot_be_brought_back(planned: Engine) -> None:
    with writing(planned) as session, pytest.raises(NotFound):
        rolling_back.revert(session, 7, actor="周平")
    with pytest.raises(BadInput, match="nothing to bring back"), writing(planned) as session:
        rolling_back.revert(session, 1, actor="周平")
    with reading(planned) as session:
        assert session.execute(select(tables.draft.c.id).where(tables.draft.c.status == "open")).all() == []
