"""Who is in charge changes by days, without a draft, and every change is on record."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.exchange.photos import Photo
from boundaries.model import Person
from boundaries.services import journal, roster
from boundaries.services.registers import Act, areas_of, moment_on
from boundaries.store.engine import reading, writing
from tests.boundaries.meanwhile import at_once
from tests.boundaries.plans import AREAS, NOW, TODAY, fill, open_draft

ZONE = "Asia/Shanghai"
LATER = TODAY + timedelta(days=10)


def act(today: date = LATER) -> Act:
    return Act("陈晨", today, ZONE, now=NOW)


def on(engine, day, **more):
    with reading(engine) as session:
        return roster.list_people(session, day=day, timezone=ZONE, **more)


def said(people):
    return [(one.target, one.role, one.name) for one in people]


def put(engine, person, today=LATER, **more):
    with writing(engine) as session:
        return roster.put_in_charge(session, person, act(today), **more)


def trail(engine, action):
    with reading(engine) as session:
        return [entry for entry in journal.entries(session) if entry.action == action]


def test_who_is_in_charge_on_a_day(planned):
    everybody = [("320000000001", "chief", "王宁"), ("G1", "liaison", "李安"), ("G2-1", "volunteer", "赵青")]
    assert said(on(planned, TODAY)) == everybody
    assert said(on(planned, date(2026, 7, 1))) == everybody[:2]
    # Days before the first generation are read by it.
    assert said(on(planned, date(2026, 2, 1))) == everybody[2:]
    assert said(on(planned, TODAY, within=AREAS[1].code)) == everybody
    assert on(planned, TODAY, within=AREAS[2].code) == ()
    assert said(on(planned, TODAY, role="联络员")) == said(on(planned, TODAY, targets=["G1"])) == everybody[1:2]
    with pytest.raises(NotFound):
        on(planned, TODAY, within="9")
    with pytest.raises(BadInput, match="皇帝"):
        on(planned, TODAY, role="皇帝")


def test_somebody_new_is_in_charge_from_today_on(planned):
    assert put(planned, Person(0, "孙悦", "联络员", "G3", phone="13700000009"))
    assert on(planned, LATER - timedelta(days=1), targets=["G3"]) == ()
    (found,) = on(planned, LATER, targets=["G3"])
    assert (found.name, found.role, found.phone, found.since) == ("孙悦", "liaison", "13700000009", LATER)
    (entry,) = trail(planned, "roster.set")
    assert (entry.actor, entry.subject) == ("陈晨", "roster:G3")
    assert entry.detail == {"name": "孙悦", "role": "联络员", "result": "begun"}
    assert not put(planned, Person(0, "孙悦", "联络员", "G3", phone="13700000009"))
    assert len(trail(planned, "roster.set")) == 1


def test_a_corrected_phone_is_dated_and_not_in_the_trail(planned):
    kept = ("phone_published", "standing")
    assert put(planned, Person(0, "李安", "liaison", "G1", phone="13900000002"), keep=kept)
    before, after = on(planned, LATER - timedelta(days=1), targets=["G1"]), on(planned, LATER, targets=["G1"])
    assert [one.phone for one in (*before, *after)] == ["13800000001", "13900000002"]
    assert after[0].phone_published
    # A second correction of the same day leaves one record.
    assert put(planned, Person(0, "李安", "liaison", "G1", phone="13900000003"), keep=kept)
    with planned.connect() as connection:
        rows = connection.execute(
            text("SELECT phone, during::text FROM microgrid.person_record WHERE phone LIKE '13%' ORDER BY during")
        )
        assert [tuple(row) for row in rows] == [
            ("13800000001", "[2026-03-01,2026-03-11)"),
            ("13900000003", "[2026-03-11,)"),
        ]
    assert all("1390" not in str(entry) and "1380" not in str(entry) for entry in trail(planned, "roster.set"))


def test_a_charge_ends(planned):
    with writing(planned) as session:
        ended = roster.end(session, target="G1", role="liaison", name="李安", on=LATER, act=act())
    assert ended.name == "李安"
    assert said(on(planned, LATER - timedelta(days=1), targets=["G1"])) == [("G1", "liaison", "李安")]
    assert on(planned, LATER, targets=["G1"]) == ()
    (entry,) = trail(planned, "roster.end")
    assert entry.detail["on"] == "2026-03-11"
    with writing(planned) as session, pytest.raises(NotFound, match="李安"):
        roster.end(session, target="G1", role="liaison", name="李安", on=LATER, act=act())


def test_what_ends_on_its_first_day_never_was(planned):
    put(planned, Person(0, "孙悦", "liaison", "G3"))
    with writing(planned) as session:
        roster.end(session, target="G3", role="liaison", name="孙悦", on=LATER, act=act())
    assert on(planned, LATER, targets=["G3"]) == ()
    assert len(trail(planned, "roster.end")) == 1


def test_one_follows_another_on_the_same_day(planned):
    successor = Person(0, "孙悦", "liaison", "G1", phone="13700000009")
    with writing(planned) as session:
        assert roster.replace_by(session, successor, on=LATER, act=act()).name == "李安"
    assert [one.name for one in on(planned, LATER - timedelta(days=1), targets=["G1"])] == ["李安"]
    assert [one.name for one in on(planned, LATER, targets=["G1"])] == ["孙悦"]
    (entry,) = trail(planned, "roster.replace")
    assert entry.detail["instead_of"] == "李安"
    with writing(planned) as session, pytest.raises(Conflict):
        roster.replace_by(session, successor, on=LATER + timedelta(days=1), act=act())


def test_of_several_it_must_be_said_who_is_replaced(planned):
    put(planned, Person(0, "孙悦", "liaison", "G1"))
    successor = Person(0, "吴越", "liaison", "G1")
    with writing(planned) as session, pytest.raises(BadInput, match="孙悦"):
        roster.replace_by(session, successor, on=LATER, act=act())
    with writing(planned) as session:
        roster.replace_by(session, successor, on=LATER, act=act(), predecessor="李安")
    assert sorted(one.name for one in on(planned, LATER, targets=["G1"])) == ["吴越", "孙悦"]
    with writing(planned) as session, pytest.raises(NotFound):
        roster.replace_by(session, Person(0, "甲", "liaison", "G4"), on=LATER, act=act())


def test_the_same_person_put_in_charge_twice_at_once_stands_once(planned):
    def put_in(session):
        roster.put_in_charge(session, Person(0, "甲", "liaison", "G3"), act())

    at_once(planned, put_in, put_in)
    assert [one.name for one in on(planned, LATER, targets=["G3"])] == ["甲"]


@pytest.mark.parametrize(
    "person",
    [
        Person(0, "李安 321081196803074512", "liaison", "G1"),
        Person(0, "李安", "liaison", "G1", standing="楼栋长,321081680307451"),
        Person(0, "李安", "liaison", "G1", phone="32108119680307451X"),
    ],
)
def test_numbers_of_identity_cards_are_refused(planned, person):
    with pytest.raises(BadInput, match="identity card"):
        put(planned, person)
    assert trail(planned, "roster.set") == []


@pytest.mark.parametrize(
    "person",
    [
        Person(0, "李安", "皇帝", "G1"),
        Person(0, "李安", "liaison", "G9"),
        Person(0, "李安", "liaison", "G1", since=LATER, until=TODAY),
    ],
)
def test_what_cannot_be_leaves_nothing(planned, person):
    before = on(planned, LATER)
    with pytest.raises(BadInput):
        put(planned, person)
    assert on(planned, LATER) == before


def test_a_photo_is_kept_with_the_person(planned):
    person = Person(0, "李安", "liaison", "G1")
    (held,) = on(planned, LATER, targets=["G1"])
    with reading(planned) as session, pytest.raises(NotFound):
        roster.get_photo(session, held.id)
    for content in (b"one", b"two"):
        with writing(planned) as session:
            roster.put_photo(session, person, Photo("image/jpeg", content), act())
    with reading(planned) as session:
        assert roster.get_photo(session, held.id) == Photo("image/jpeg", b"two")
    assert [entry.detail["bytes"] for entry in trail(planned, "roster.photo")] == [3, 3]


def test_who_is_shown_phones_that_are_not_published_is_on_record(planned):
    put(planned, Person(0, "孙悦", "liaison", "G3", phone="13700000009"))
    with writing(planned) as session:
        roster.record_reading(session, on(planned, LATER, targets=["G1"]), actor="周平", now=NOW)
        roster.record_reading(session, on(planned, LATER), actor="周平", now=NOW)
    (entry,) = trail(planned, "read.restricted")
    assert (entry.actor, entry.subject, entry.detail) == ("周平", "layer:people", {"fields": ["phone"], "rows": 1})


def test_before_anything_is_published_the_newest_draft_is_what_a_register_stands_beside(database):
    fill(database, open_draft(database))
    assert said(on(database, TODAY, targets=["G1"])) == [("G1", "liaison", "李安")]
    with reading(database) as session:
        assert moment_on(session, TODAY, timezone=ZONE).draft is not None
        assert areas_of(session, ["G1", "G2-1", AREAS[2].code, "G9"], day=TODAY, timezone=ZONE) == {
            AREAS[1].code,
            AREAS[2].code,
            "G9",
        }
