"""Registers are live at once and dated: an update closes a row and opens another."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from boundaries.errors import BadInput
from boundaries.model import Building, Person
from boundaries.services import reading as plan
from boundaries.store import registers
from boundaries.store.engine import reading, writing
from boundaries.store.people import close_people, put_people
from boundaries.store.registers import Recorded
from tests.boundaries.meanwhile import at_once
from tests.boundaries.plans import BUILDINGS, PARTS, PEOPLE, SHOPS, STREETS, TODAY, WALLS, WATERS

LATER = TODAY + timedelta(days=5)


def _days(engine, table, where="true"):
    with engine.connect() as connection:
        query = f"SELECT during::text FROM microgrid.{table} WHERE {where} ORDER BY during"  # noqa: S608  our own words
        rows = connection.execute(text(query))
        return list(rows.scalars())


def test_a_second_load_writes_only_what_changed(planned):
    shops = [replace(SHOPS[0], name="面馆"), SHOPS[1], replace(SHOPS[0], code="S3")]
    with writing(planned) as session:
        assert registers.put_shops(session, shops, source_id=None, today=LATER) == Recorded(1, 1, 1)
        assert registers.put_shops(session, shops, source_id=None, today=LATER) == Recorded(0, 0, 3)
    assert _days(planned, "shop_record", "name = '早点铺' AND upper(during) IS NOT NULL") == ["[2026-03-01,2026-03-06)"]
    with reading(planned) as session:
        assert [one.name for one in plan.snapshot(session, today=TODAY).shops] == ["早点铺", "五金店"]
        assert [one.name for one in plan.snapshot(session, today=LATER).shops] == ["面馆", "五金店", "早点铺"]


def test_a_change_on_the_same_day_is_a_correction(planned):
    with writing(planned) as session:
        found = registers.put_shops(session, [replace(SHOPS[0], name="面馆")], source_id=None, today=TODAY)
        assert found == Recorded(0, 1, 0)
    assert _days(planned, "shop_record", "name IN ('早点铺', '面馆')") == ["[2026-03-01,)"]


def _named(name):
    return lambda session: registers.put_shops(session, [replace(SHOPS[0], name=name)], source_id=None, today=LATER)


def test_of_two_who_change_a_row_at_once_neither_is_lost(planned):
    at_once(planned, _named("面馆"), _named("粥铺"))
    assert _days(planned, "shop_record", "name = '粥铺'") == ["[2026-03-06,)"]


def test_what_is_closed_while_it_is_changed_is_closed(planned):
    at_once(planned, _named("面馆"), lambda session: registers.close(session, "shops", ["S1"], LATER))
    with reading(planned) as session:
        assert [one.code for one in plan.snapshot(session, today=LATER).shops] == ["S2"]


def test_the_same_people_loaded_twice_at_once_stand_once(planned):
    newcomer = Person(0, "孙悦", "liaison", "G3")

    def put(session):
        put_people(session, [newcomer], source_id=None, today=LATER)

    at_once(planned, put, put)
    with reading(planned) as session:
        names = [one.name for one in plan.snapshot(session, today=LATER).people]
    assert names.count("孙悦") == 1


def test_who_had_left_and_is_named_again_from_an_earlier_day_is_in_charge_again(planned):
    again = replace(PEOPLE[0], since=TODAY)
    with reading(planned) as session:
        (charge,) = (one.id for one in plan.snapshot(session, today=TODAY).people if one.name == again.name)
    with writing(planned) as session:
        assert close_people(session, [charge], TODAY + timedelta(days=1)) == 1
        assert put_people(session, [again], source_id=None, today=LATER) == Recorded(0, 1, 0)
    with reading(planned) as session:
        people = plan.snapshot(session, today=LATER).people
    assert [(one.since, one.until) for one in people if one.name == again.name] == [(TODAY, None)]


def test_who_is_in_charge_until_the_last_day_there_is_has_no_end(planned):
    with writing(planned) as session:
        put_people(session, [Person(0, "孙悦", "liaison", "G3", until=date.max)], source_id=None, today=LATER)
    with reading(planned) as session:
        (found,) = [one for one in plan.snapshot(session, today=LATER).people if one.name == "孙悦"]
    assert (found.since, found.until) == (LATER, None)


def test_numbers_of_identity_cards_are_kept_nowhere(planned):
    with pytest.raises(BadInput, match="identity card"), writing(planned) as session:
        registers.put_shops(session, [replace(SHOPS[0], contact="321081196803074512")], source_id=None, today=LATER)
    with pytest.raises(BadInput, match="identity card"), writing(planned) as session:
        put_people(session, [Person(0, "孙悦321081680307451", "liaison", "G3")], source_id=None, today=LATER)


def test_what_is_closed_can_open_again(planned):
    with writing(planned) as session:
        assert registers.close(session, "shops", ["S1", "S9"], LATER) == 1
        again = LATER + timedelta(days=1)
        assert registers.put_shops(session, SHOPS[:1], source_id=None, today=again) == Recorded(0, 1, 0)
    assert _days(planned, "shop_record", "name = '早点铺'") == ["[2026-03-01,2026-03-06)", "[2026-03-07,)"]


def test_what_began_today_and_is_closed_today_never_was(planned):
    with writing(planned) as session:
        assert registers.close(session, "streets", ["R1"], TODAY) == 1
    assert _days(planned, "street") == []


@pytest.mark.parametrize(
    ("put", "kind", "row", "changed"),
    [
        (registers.put_streets, "streets", STREETS[0], {"name": "新名路"}),
        (registers.put_waters, "waters", WATERS[0], {"name": "老河"}),
        (registers.put_walls, "walls", WALLS[0], {"line": STREETS[0].line}),
    ],
)
def test_the_ground_is_dated_too(planned, put, kind, row, changed):
    table = kind[:-1]
    with writing(planned) as session:
        assert put(session, [row], source_id=None, today=LATER) == Recorded(0, 0, 1)
        assert put(session, [replace(row, **changed)], source_id=None, today=LATER) == Recorded(0, 1, 0)
        assert registers.close(session, kind, [row.code], LATER + timedelta(days=2)) == 1
    assert _days(planned, table) == ["[2026-03-01,2026-03-06)", "[2026-03-06,2026-03-08)"]


def test_a_count_that_says_nothing_leaves_what_stood(planned):
    with writing(planned) as session:
        rows = [replace(BUILDINGS[0], households=None, rented=None, garages=2), BUILDINGS[1], PARTS[0][1]]
        assert registers.put_counts(session, rows, source_id=None, today=LATER) == Recorded(0, 1, 1)
    with reading(planned) as session:
        found = plan.snapshot(session, today=LATER).buildings[0]
    assert (found.households, found.rented, found.garages) == (36, 4, 2)


@pytest.mark.parametrize(
    "row",
    [
        replace(BUILDINGS[0], households=-1),
        Building(0, "B9", "9幢", BUILDINGS[1].shape, households=1),
    ],
)
def test_counts_that_cannot_be_are_refused(kept_plan, row):
    with pytest.raises(BadInput), writing(kept_plan) as session:
        registers.put_counts(session, [row], source_id=None, today=LATER)


def test_shops_that_cannot_be_are_refused(kept_plan):
    for row in (
        replace(SHOPS[0], state="haunted"),
        replace(SHOPS[0], side="middle"),
        replace(SHOPS[0], door=STREETS[0].line),
        replace(SHOPS[0], code=""),
    ):
        with pytest.raises(BadInput), writing(kept_plan) as session:
            registers.put_shops(session, [row], source_id=None, today=LATER)
    assert len(_days(kept_plan, "shop_record")) == 2


def test_people_are_kept_by_target_role_and_name(planned):
    with writing(planned) as session:
        assert put_people(session, PEOPLE, source_id=None, today=TODAY) == Recorded(0, 0, 3)
        changed = [
            replace(PEOPLE[0], phone="13800000009"),
            replace(PEOPLE[1], until=LATER),
            Person(0, "李安", "liaison", "G3", phone="13800000009"),
            Person(0, "李安", "liaison", "G4"),
        ]
        assert put_people(session, changed, source_id=None, today=LATER) == Recorded(2, 2, 0)
    with reading(planned) as session:
        people = plan.snapshot(session, today=LATER).people
        assert [(one.name, one.target, one.phone, one.since, one.until) for one in people] == [
            ("李安", "G1", "13800000009", TODAY, None),
            ("王宁", "320000000001", None, TODAY, LATER),
            ("赵青", "G2-1", None, PEOPLE[2].since, PEOPLE[2].until),
            ("李安", "G3", "13800000009", LATER, None),
            ("李安", "G4", None, LATER, None),
        ]
    with planned.connect() as connection:
        # The same name and phone is one person; a name alone is another.
        people_named = connection.execute(text("SELECT count(*) FROM microgrid.person WHERE name = '李安'"))
        assert people_named.scalar_one() == 2


def test_a_charge_ends_the_day_before(planned):
    with reading(planned) as session:
        number = plan.snapshot(session, today=TODAY).people[0].id
    with writing(planned) as session:
        assert close_people(session, [number], LATER) == 1
    with reading(planned) as session:
        assert plan.snapshot(session, today=LATER - timedelta(days=1)).people[0].until == LATER - timedelta(days=1)
        assert [one.name for one in plan.snapshot(session, today=LATER).people] == ["王宁", "赵青"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([replace(PEOPLE[0], role="king")], "king"),
        ([replace(PEOPLE[0], target="G77")], "G77"),
        ([PEOPLE[0], PEOPLE[0]], "twice"),
        ([replace(PEOPLE[2], until=PEOPLE[2].since - timedelta(days=1))], "before"),
        ([replace(PEOPLE[0], name=" ")], "name"),
    ],
)
def test_people_that_cannot_be_are_refused(kept_plan, rows, said):
    with pytest.raises(BadInput, match=said), writing(kept_plan) as session:
        put_people(session, rows, source_id=None, today=LATER)
