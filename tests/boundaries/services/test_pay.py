"""Pay from the database: homes and shops of each generation, by days, against sums worked out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from boundaries.errors import BadInput, NotFound
from boundaries.model import Assignment, MicroGrid, Person
from boundaries.quarters import Quarter
from boundaries.services import drafting, journal, pay, publishing, roster, shops
from boundaries.services.registers import Act
from boundaries.store import registers, states
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import AREAS, BUILDINGS, GRIDS, NOW, SHOPS, TODAY, gaps, square

ZONE = "Asia/Shanghai"
Q2 = Quarter(2026, 2)  # 91 days from the first of April
FIRST = date(2026, 4, 1)


def act(today=FIRST):
    return Act("陈晨", today, ZONE, now=NOW)


def worked_out(engine, quarter=Q2):
    with reading(engine) as session:
        return pay.work_out(session, quarter, timezone=ZONE)


def lines(engine, quarter=Q2):
    found = worked_out(engine, quarter).pay
    return [
        (line.name, line.target, line.households, line.shops, len(line.during), line.amount) for line in found.lines
    ]


def in_charge(engine, name, target, since=FIRST, **more):
    with writing(engine) as session:
        roster.put_in_charge(session, Person(0, name, "liaison", target, since=since, **more), act())


def publish(engine, day, change):
    """A generation published on a day, made by ``change(session, draft number)``."""
    now = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    with writing(engine) as session:
        draft = drafting.open_draft(session, name="改", actor="陈晨", now=now)
        change(session, draft.id)
    publishing.publish(engine, draft.id, check=gaps, actor="周平", four_eyes=False, now=now, today=day)


def test_a_whole_quarter(planned):
    # G1 has one building of 36 households, in a community: 36 x 40 / 4.
    assert lines(planned) == [("李安", "G1", 36, 0, 91, 360)]
    found = worked_out(planned)
    assert found.generations == ((1, Q2.days),)
    assert found.names["G2-1"] == "一单元"
    unheld = {one.target for one in found.pay.issues if one.kind == "nobody_in_charge"}
    assert unheld == {"G2-1", "G2-2", "G3", "G4"}
    # The building of G4 was never counted.
    assert [one.target for one in found.pay.issues if one.kind == "households_unknown"] == ["G4"]


def test_before_the_first_generation_its_own_grids_count(planned):
    # Published on the first of March, and 李安 is in charge since then: 31 of 90 days.
    assert lines(planned, Quarter(2026, 1)) == [("李安", "G1", 36, 0, 31, Fraction(31, 90) * 360)]
    with writing(planned) as session:
        roster.put_in_charge(session, Person(0, "孙悦", "liaison", "G2-1", since=date(2026, 1, 1)), act(TODAY))
    # Counted since the first of March only: the days before are told, not paid.
    found = worked_out(planned, Quarter(2026, 1)).pay
    assert [(line.households, len(line.during)) for line in found.lines if line.name == "孙悦"] == [(0, 59), (40, 31)]


def test_before_anything_is_published_nobody_is_paid(database):
    with pytest.raises(NotFound, match="2026Q2"):
        worked_out(database)


def test_people_counts_and_generations_that_change_within_the_quarter(planned):
    with writing(planned) as session:
        registers.put_counts(session, [replace(BUILDINGS[0], households=50)], source_id=None, today=date(2026, 4, 11))
        roster.replace_by(session, Person(0, "孙悦", "liaison", "G1"), on=date(2026, 5, 1), act=act(date(2026, 5, 1)))

    def redrawn(session, draft):
        states.retire(session, draft, "grids", ["G1"])
        new = MicroGrid(0, 0, "G5", "五", AREAS[1].code, GRIDS[0].polygon)
        states.put_grids(session, draft, [new], source_id=None)

    publish(planned, date(2026, 6, 1), redrawn)
    in_charge(planned, "孙悦", "G5", since=date(2026, 6, 1))
    # 10 days of 36, 20 of 50 with 李安; 31 days of 50 with 孙悦, then 30 in the grid that took its place.
    assert lines(planned) == [
        ("李安", "G1", 36, 0, 10, Fraction(10, 91) * 360),
        ("李安", "G1", 50, 0, 20, Fraction(20, 91) * 500),
        ("孙悦", "G1", 50, 0, 31, Fraction(31, 91) * 500),
        ("孙悦", "G5", 50, 0, 30, Fraction(30, 91) * 500),
    ]


def test_parts_are_paid_by_their_own_households(planned):
    in_charge(planned, "孙悦", "G2-1")
    in_charge(planned, "吴越", "G2-2")
    assert lines(planned)[1:] == [("孙悦", "G2-1", 40, 0, 91, 400), ("吴越", "G2-2", 36, 0, 91, 360)]


def test_who_has_a_grid_in_parts_has_each_of_them(planned):
    in_charge(planned, "孙悦", "G2", phone="13700000001")
    in_charge(planned, "孙悦", "G2-1", since=date(2026, 5, 1), phone="13700000001")
    found = worked_out(planned).pay
    assert [(line.target, line.sharers, line.amount) for line in found.lines if line.name == "孙悦"] == [
        ("G2-1", 1, 400),
        ("G2-2", 1, 360),
    ]


def street_front(session, draft):
    front = MicroGrid(0, 0, "S9", "文化路沿街", AREAS[1].code, square(1.2, 0, 0.6, 0.2), "street_front", "overlay")
    states.put_grids(session, draft, [front], source_id=None)


def test_shops_count_for_the_dedicated_grid_their_door_is_in(planned):
    publish(planned, date(2026, 3, 2), street_front)
    in_charge(planned, "孙悦", "S9")
    found = worked_out(planned).pay
    assert [(one.target, one.count) for one in found.issues if one.kind == "factor_unset"] == [("S9", 1)]
    assert [(line.shops, line.amount) for line in found.lines if line.name == "孙悦"] == [(0, 0)]
    with writing(planned) as session:
        pay.set_factor(session, "street_front", Decimal("1.5"), on=FIRST, act=act())
    assert lines(planned)[-1] == ("孙悦", "S9", 0, 1, 91, 15)
    with writing(planned) as session:
        registers.close(session, "shops", ["S1"], date(2026, 4, 11))
    assert [one[3:] for one in lines(planned) if one[0] == "孙悦"] == [
        (1, 10, Fraction(10, 91) * 15),
        (0, 81, 0),
    ]


def test_an_assignment_goes_before_the_place_of_the_door(planned):
    def two_fronts(session, draft):
        street_front(session, draft)
        other = MicroGrid(0, 0, "S8", "东段", AREAS[1].code, square(0, 0, 0.5, 0.2), "street_front", "overlay")
        states.put_grids(session, draft, [other], source_id=None)
        given = Assignment("shop", "S1", "S8", "street_side", "同侧", "same side")
        states.put_assignments(session, draft, [given], actor="陈晨")

    publish(planned, date(2026, 3, 2), two_fronts)
    with writing(planned) as session:
        pay.set_factor(session, "street_front", Decimal(1), on=FIRST, act=act())
    in_charge(planned, "孙悦", "S8")
    in_charge(planned, "吴越", "S9")
    assert [one[1:4] for one in lines(planned)[1:]] == [("S8", 0, 1), ("S9", 0, 0)]


def test_a_shop_that_opens_between_two_generations_counts_from_its_day(planned):
    publish(planned, date(2026, 3, 2), street_front)
    in_charge(planned, "孙悦", "S9")
    with writing(planned) as session:
        pay.set_factor(session, "street_front", Decimal(1), on=FIRST, act=act())
        opened = shops.put_shop(session, replace(SHOPS[0], code="S3"), act(date(2026, 5, 1)))
    assert opened.grid == "S9"
    assert [one[3:] for one in lines(planned) if one[0] == "孙悦"] == [
        (1, 30, Fraction(30, 91) * 10),
        (2, 61, Fraction(61, 91) * 20),
    ]
    with writing(planned) as session:
        moved = shops.put_shop(session, replace(SHOPS[0], code="S3", door=SHOPS[1].door), act(date(2026, 6, 1)))
        assert (moved.grid, moved.finding.kind) == (None, "shop_undedicated")
        shops.close_shop(session, "S1", act(date(2026, 6, 1)))
    assert [one[3:5] for one in lines(planned) if one[0] == "孙悦"] == [(1, 30), (2, 31), (0, 30)]


def test_shops_of_a_grid_in_parts_are_told(planned):
    def commercial(session, draft):
        states.put_grids(session, draft, [replace(GRIDS[1], kind="commercial")], source_id=None)

    publish(planned, date(2026, 3, 2), commercial)
    found = worked_out(planned).pay.issues
    assert [(one.target, one.count) for one in found if one.kind == "shops_in_parts"] == [("G2-1", 1)]


def test_rates_go_by_area_level_and_ending_and_are_dated(planned):
    def renamed(session, draft):
        states.put_areas(session, draft, [replace(AREAS[1], name="东庄村")], source_id=None)

    publish(planned, date(2026, 3, 2), renamed)
    assert lines(planned)[0][5] == 180
    with writing(planned) as session:
        pay.set_rate(session, Decimal(30), on=date(2026, 5, 1), act=act(), level="community", name_ending="村")
        pay.set_rate(session, Decimal(60), on=date(2026, 6, 1), act=act(), area=AREAS[0].code)
        pay.set_rate(session, Decimal(48), on=date(2026, 6, 1), act=act(), area=AREAS[1].code)
    assert [one[4:] for one in lines(planned)] == [
        (30, Fraction(30, 91) * 180),
        (31, Fraction(31, 91) * 270),
        (30, Fraction(30, 91) * 432),
    ]
    with writing(planned) as session:
        pay.set_rate(session, Decimal(31), on=date(2026, 5, 1), act=act(), level="community", name_ending="村")
        pay.set_rate(session, Decimal(25), on=date(2026, 4, 16), act=act(), level="community", name_ending="村")
    with reading(planned) as session:
        told = [(one.yearly, one.during.start) for one in pay.list_rates(session) if one.name_ending]
        entries = [entry for entry in journal.entries(session) if entry.action == "pay.rate"]
    assert told == [
        (Decimal("20.00"), date(2000, 1, 1)),
        (Decimal("25.00"), date(2026, 4, 16)),
        (Decimal("31.00"), date(2026, 5, 1)),
    ]
    assert {entry.subject for entry in entries} == {
        "level:community/村",
        f"area:{AREAS[0].code}",
        f"area:{AREAS[1].code}",
    }


@pytest.mark.parametrize(
    ("yearly", "scope"),
    [
        ("40", {}),
        ("40", {"area": AREAS[1].code, "level": "community"}),
        ("40", {"area": AREAS[1].code, "name_ending": "村"}),
        ("40", {"area": "9"}),
        ("40", {"level": "empire"}),
        ("-1", {"level": "community"}),
        ("0.001", {"level": "community"}),
        ("NaN", {"level": "community"}),
        ("Infinity", {"level": "community"}),
    ],
)
def test_rates_that_cannot_be_are_refused(kept_plan, yearly, scope):
    with pytest.raises(BadInput), writing(kept_plan) as session:
        pay.set_rate(session, Decimal(yearly), on=FIRST, act=act(), **scope)


@pytest.mark.parametrize(
    ("kind", "units"), [("residential", "1"), ("castle", "1"), ("market", "-1"), ("market", "NaN")]
)
def test_factors_that_cannot_be_are_refused(kept_plan, kind, units):
    with pytest.raises(BadInput), writing(kept_plan) as session:
        pay.set_factor(session, kind, Decimal(units), on=FIRST, act=act())


def test_those_in_other_roles_are_not_paid(planned):
    with writing(planned) as session:
        roster.put_in_charge(session, Person(0, "孙悦", "volunteer", "G1"), act(TODAY))
    assert [one[0] for one in lines(planned)] == ["李安"]
