"""Registers over HTTP: who is in charge, shops and counts, bound to areas, on record."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.dependencies import present_day
from api.schemas import registers as schemas
from api.settings import Settings
from boundaries.accounts import HeldRole
from boundaries.model import Assignment, MicroGrid
from boundaries.services import drafting, journal
from boundaries.services.publishing import publish
from boundaries.services.reading import snapshot
from boundaries.store import states
from boundaries.store.engine import reading, writing
from tests.api.conftest import NOW, TODAY, key, square
from tests.api.signed_in import ORIGIN, person, sign_in

# What is not understood, and what is understood and cannot be.
REFUSED = (400, 422)
LATER = TODAY + timedelta(days=30)
DOOR = {"x": 119.1815, "y": 32.2705, "crs": "EPSG:4490"}  # in the commercial grid C1-02
AWAY = {"x": 119.1825, "y": 32.2705, "crs": "EPSG:4490"}  # in C2-01, which is residential


@pytest.fixture
def app(plan: Engine, settings: Settings) -> FastAPI:
    """The application on a day of its own."""
    made = create_app(engine=plan, settings=settings.model_copy(update={"requests_per_minute": 0}))
    made.dependency_overrides[present_day] = lambda: LATER
    return made


@pytest.fixture
def registrar(app: FastAPI, plan: Engine) -> Iterator[TestClient]:
    """Somebody who keeps the registers of the community C1."""
    person(plan, "台账员", HeldRole("registrar", "C1"))
    with TestClient(app, headers=ORIGIN) as client:
        assert sign_in(client, "台账员") in (200, 204)
        yield client


@pytest.fixture
def office(app: FastAPI, plan: Engine) -> Iterator[TestClient]:
    """A program of the office that may do everything with registers."""
    with TestClient(app, headers=key(plan, "registers:read", "registers:write", tier="restricted")) as client:
        yield client


def trail(engine: Engine, start: str) -> list[journal.Entry]:
    with reading(engine) as session:
        return [entry for entry in journal.entries(session) if entry.action.startswith(start)]


def people(client: TestClient, **query: object) -> list[tuple[str, str, str | None]]:
    answer = client.get("/v1/registers/people", params=query)
    assert answer.status_code == 200, answer.text
    schemas.PeopleList.model_validate_json(answer.content, extra="forbid")
    return [(one["target"], one["name"], one["phone"]) for one in answer.json()["people"]]


def test_who_is_in_charge_by_day_and_place(office: TestClient, plan: Engine) -> None:
    both = [("C1-01", "张三", "13800000002"), ("C1-02", "李四", "13800000003")]
    assert people(office) == people(office, area="C1", role="联络员") == both
    assert people(office, target="C1-02") == both[1:]
    assert people(office, on="2026-01-01") == people(office, area="C2") == []
    answer = office.get("/v1/registers/people", params={"limit": 1}).json()
    assert [one["name"] for one in answer["people"]] == ["张三"]
    assert people(office, limit=1, cursor=answer["cursor"]) == both[1:]
    assert {entry.subject for entry in trail(plan, "read.")} == {"layer:people"}
    assert office.get("/v1/registers/people", params={"area": "C9"}).status_code == 404
    assert office.get("/v1/registers/people", params={"cursor": "x"}).status_code == 400


def test_an_unpublished_phone_is_for_the_restricted_tier(app: FastAPI, plan: Engine) -> None:
    with TestClient(app, headers=key(plan, "registers:read", tier="internal")) as client:
        assert people(client) == [("C1-01", "张三", None), ("C1-02", "李四", "13800000003")]
    assert trail(plan, "read.") == []


def test_a_registrar_changes_people_of_the_own_area_only(registrar: TestClient, plan: Engine) -> None:
    path = "/v1/registers/people"
    assert registrar.put(path, json={"target": "C1-04", "name": "王五", "phone": "13900000001"}).json() == {
        "changed": True
    }
    assert registrar.put(path, json={"target": "C1-04", "name": "王五", "standing": "五老"}).json() == {"changed": True}
    assert registrar.put(path, json={"target": "C1-04", "name": "王五"}).json() == {"changed": False}
    with reading(plan) as session:
        (found,) = [one for one in snapshot(session, today=LATER).people if one.target == "C1-04"]
    assert (found.phone, found.standing, found.since) == ("13900000001", "五老", LATER)
    before = len(trail(plan, "roster."))
    for beyond in ("C2-01", "C2", "T1", "C9"):
        assert registrar.put(path, json={"target": beyond, "name": "王五"}).status_code == 403
        assert registrar.post(f"{path}/end", json={"target": beyond, "name": "王五"}).status_code == 403
        assert registrar.post(f"{path}/replace", json={"target": beyond, "name": "王五"}).status_code == 403
    entries = trail(plan, "roster.")
    assert len(entries) == before == 2
    assert {entry.actor for entry in entries} == {"台账员"}
    assert "139" not in str([dict(entry.detail) for entry in entries])


def test_one_follows_another(office: TestClient) -> None:
    path = "/v1/registers/people"
    follow = {"target": "C1-01", "name": "王五", "on": LATER.isoformat()}
    assert office.post(f"{path}/replace", json=follow).json() == {"before": "张三"}
    assert people(office, target="C1-01") == [("C1-01", "王五", None)]
    assert office.post(f"{path}/replace", json=follow).status_code == 409
    assert office.post(f"{path}/end", json={"target": "C1-01", "name": "王五"}).json() == {"changed": True}
    assert office.post(f"{path}/end", json={"target": "C1-01", "name": "王五"}).status_code == 404
    assert people(office, target="C1-01") == []


@pytest.mark.parametrize(
    "body",
    [
        {"target": "C1-01"},
        {"target": "C1-01", "name": " "},
        {"target": "C1-01", "name": "王五", "role": "皇帝"},
        {"target": "C1-01", "name": "王五", "standing": "321081196803074512"},
        {"target": "C1-01", "name": "王五", "since": "2026-03-02", "until": "2026-03-01"},
        {"target": "C1-01", "name": "王五", "salary": 1},
    ],
)
def test_what_cannot_be_is_refused(office: TestClient, plan: Engine, body: dict[str, object]) -> None:
    assert office.put("/v1/registers/people", json=body).status_code in REFUSED
    assert trail(plan, "roster.") == []


def test_a_shop_that_opens_is_given_the_dedicated_grid_of_its_door(office: TestClient, plan: Engine) -> None:
    body = {"name": "面馆", "door": DOOR, "street": "人民路", "contact": "13700000001"}
    answer = office.put("/v1/registers/shops/S2", json=body)
    assert answer.json() == {"result": "opened", "code": "S2", "grid": "C1-02", "finding": None}
    with reading(plan) as session:
        found = {one.premises: one for one in snapshot(session, today=LATER).assignments}
        assert (found["S2"].grid, found["S2"].method, found["S2"].accepted_by) == ("C1-02", "containment", "key:平台")
        assert "S2" not in {one.premises for one in snapshot(session, today=LATER - timedelta(days=1)).assignments}
    shops = {one["code"]: one for one in office.get("/v1/registers/shops").json()["shops"]}
    assert (shops["S2"]["grid"], shops["S2"]["contact"], shops["S1"]["grid"]) == ("C1-02", "13700000001", None)
    (entry,) = trail(plan, "shop.")
    assert entry.detail == {"result": "opened", "state": "open", "fields": [], "grid": "C1-02"}
    assert {one.subject for one in trail(plan, "read.")} == {"layer:shops"}


def test_a_shop_in_no_dedicated_grid_is_a_finding(office: TestClient, plan: Engine) -> None:
    told = office.put("/v1/registers/shops/S2", json={"name": "面馆", "door": AWAY}).json()
    assert (told["grid"], told["finding"]["kind"], told["finding"]["grids"]) == (None, "shop_undedicated", ["C2-01"])
    moved = office.put("/v1/registers/shops/S2", json={"door": DOOR}).json()
    assert (moved["result"], moved["grid"]) == ("changed", "C1-02")
    renamed = office.put("/v1/registers/shops/S2", json={"name": "粥铺"}).json()
    assert renamed == {"result": "changed", "code": "S2", "grid": None, "finding": None}
    assert office.put("/v1/registers/shops/S2", json={"name": "粥铺"}).json()["result"] == "unchanged"
    with reading(plan) as session:
        plan_now = snapshot(session, today=LATER)
    assert {one.premises: one.grid for one in plan_now.assignments}["S2"] == "C1-02"
    assert [one.detail["fields"] for one in trail(plan, "shop.")] == [
        ["name"],
        ["door"],
        [],
    ]
    assert office.post("/v1/registers/shops/S2/close").json()["result"] == "changed"
    with reading(plan) as session:
        plan_now = snapshot(session, today=LATER)
    assert {one.code: one.state for one in plan_now.shops}["S2"] == "closed"
    assert "S2" not in {one.premises for one in plan_now.assignments}


def test_what_a_later_generation_assigns_goes_before(office: TestClient, plan: Engine) -> None:
    office.put("/v1/registers/shops/S2", json={"name": "面馆", "door": DOOR})
    with writing(plan) as session:
        draft = drafting.open_draft(session, name="改", actor="甲", now=NOW)
        front = MicroGrid(0, 0, "C1-09", "沿街", "C1", square(1, 0), "street_front", "overlay")
        states.put_grids(session, draft.id, [front], source_id=None)
        given = [Assignment("shop", "S2", "C1-09", "containment", "在内", "inside")]
        states.put_assignments(session, draft.id, given, actor="甲")
    with reading(plan) as session:
        drafted = snapshot(session, today=LATER, draft=draft.id).assignments
        assert [one.grid for one in drafted if one.premises == "S2"] == ["C1-09"]
    publish(plan, draft.id, check=lambda _: (), actor="乙", four_eyes=False, now=NOW, today=LATER)
    with reading(plan) as session:
        now, then = snapshot(session, today=LATER), snapshot(session, today=LATER, generation=1)
    assert [one.grid for one in now.assignments if one.premises == "S2"] == ["C1-09"]
    assert [one.grid for one in then.assignments if one.premises == "S2"] == ["C1-02"]
    # A shop that moves after that is given its grid anew: the overlay that holds its door.
    assert office.put("/v1/registers/shops/S2", json={"door": DOOR | {"x": 119.1816}}).json()["grid"] == "C1-09"


def test_a_registrar_changes_shops_of_the_own_area_only(registrar: TestClient) -> None:
    path = "/v1/registers/shops/S2"
    assert registrar.put(path, json={"name": "面馆", "door": AWAY}).status_code == 403
    assert registrar.put(path, json={"name": "面馆", "door": DOOR | {"x": 120.0}}).status_code == 403
    assert registrar.put(path, json={"name": "面馆", "door": DOOR}).status_code == 200
    # Neither is a shop moved out of the area.
    assert registrar.put(path, json={"door": AWAY}).status_code == 403
    assert registrar.post(f"{path}/close").status_code == 200
    assert registrar.post("/v1/registers/shops/S9/close").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "面馆"},
        {"door": DOOR},
        {"name": None, "door": DOOR},
        {"name": "面馆", "door": {"x": 119.1815, "y": 32.2705}},
        {"name": "面馆", "door": DOOR | {"crs": "EPSG:9"}},
        {"name": "面馆", "door": DOOR | {"y": 91.0}},
        {"name": "面馆", "door": DOOR | {"x": DOOR["y"], "y": DOOR["x"]}},
        {"name": "面馆", "door": DOOR, "state": "haunted"},
        {"name": "面馆", "door": DOOR, "contact": "321081196803074512"},
    ],
)
def test_shops_that_cannot_be_are_refused(office: TestClient, plan: Engine, body: dict[str, object]) -> None:
    assert office.put("/v1/registers/shops/S2", json=body).status_code in REFUSED
    assert trail(plan, "shop.") == []


def test_counts_are_dated_and_bound_to_areas(registrar: TestClient, office: TestClient, plan: Engine) -> None:
    path = "/v1/registers/counts"
    assert registrar.put(path, json={"kind": "building", "code": "B1", "households": 30}).json() == {"changed": True}
    assert registrar.put(path, json={"kind": "building", "code": "B1", "households": 30}).json() == {"changed": False}
    assert registrar.put(path, json={"kind": "building", "code": "B1", "rented": 3}).json() == {"changed": True}
    assert registrar.put(path, json={"kind": "part", "code": "C1-03-1", "households": 9}).json() == {"changed": True}
    found = office.get(path).json()
    schemas.CountList.model_validate(found, extra="forbid")
    told = {one["code"]: (one["households"], one["rented"], one["since"]) for one in found["counts"]}
    assert told["B1"] == (30, 3, LATER.isoformat())
    assert told["C1-03-1"] == (9, None, LATER.isoformat())
    old = office.get(path, params={"on": TODAY.isoformat(), "code": "B1"}).json()["counts"]
    assert [one["households"] for one in old] == [23]
    assert [entry.subject for entry in trail(plan, "count.")] == ["part:C1-03-1", "building:B1", "building:B1"]


def test_counts_of_other_areas_and_departments_are_refused(app: FastAPI, office: TestClient, plan: Engine) -> None:
    person(plan, "西社", HeldRole("registrar", "C2"))
    with TestClient(app, headers=ORIGIN) as client:
        sign_in(client, "西社")
        for kind, code in (("building", "B1"), ("part", "C1-03-1"), ("building", "B9")):
            body = {"kind": kind, "code": code, "households": 1}
            assert client.put("/v1/registers/counts", json=body).status_code == 403
    for body, status in (
        ({"kind": "building", "code": "B9", "households": 1}, [404]),
        ({"kind": "building", "code": "B1"}, REFUSED),
        ({"kind": "part", "code": "C1-03-1", "rented": 1}, REFUSED),
        ({"kind": "building", "code": "B1", "households": -1}, REFUSED),
        ({"kind": "building", "code": "B1", "households": True}, REFUSED),
    ):
        assert office.put("/v1/registers/counts", json=body).status_code in status, body


def test_numbers_are_for_the_internal_tier(app: FastAPI, plan: Engine) -> None:
    with TestClient(app, headers=key(plan, "registers:read", tier="public")) as client:
        counts = client.get("/v1/registers/counts").json()["counts"]
        assert counts
        assert all(set(one) == {"kind", "code", "since"} for one in counts)


def test_a_key_that_reads_does_not_write(app: FastAPI, plan: Engine) -> None:
    with TestClient(app, headers=key(plan, "registers:read", tier="restricted")) as client:
        body = {"target": "C1-01", "name": "王五"}
        assert client.put("/v1/registers/people", json=body).status_code == 403
        assert client.put("/v1/registers/shops/S2", json={"name": "面馆", "door": DOOR}).status_code == 403
        count = {"kind": "building", "code": "B1", "households": 1}
        assert client.put("/v1/registers/counts", json=count).status_code == 403


@pytest.mark.parametrize("text", ["\0", "甲\0乙", "\ud800", "'; DROP TABLE microgrid.person; --", "甲" * 100])
def test_no_text_breaks_the_service(office: TestClient, text: str) -> None:
    def ask(method: str, path: str, body: dict[str, object]) -> int:
        headers = {"Content-Type": "application/json"}
        return office.request(method, path, content=json.dumps(body), headers=headers).status_code

    people = "/v1/registers/people"
    answers = [
        ask("PUT", people, {"target": "C1-01", "name": text}),
        ask("PUT", people, {"target": "C1-01", "name": "甲", "phone": text}),
        ask("PUT", people, {"target": text, "name": "甲"}),
        ask("PUT", people, {"target": "C1-01", "name": "甲", "role": text}),
        ask("POST", f"{people}/end", {"target": text, "name": "甲"}),
        ask("POST", f"{people}/replace", {"target": "C1-01", "name": "甲", "instead_of": text}),
        ask("PUT", "/v1/registers/shops/S2", {"name": text, "door": DOOR}),
        ask("PUT", "/v1/registers/shops/S3", {"name": "甲", "door": DOOR | {"crs": text}}),
        ask("PUT", "/v1/registers/counts", {"kind": "part", "code": text, "households": 1}),
    ]
    assert all(status in (200, 400, 404, 409, 422) for status in answers), answers


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-13-01", "gestern"])
def test_days_that_nobody_means_are_refused(office: TestClient, day: str) -> None:
    body = {"target": "C1-01", "name": "王五"}
    for field in ("since", "until"):
        assert office.put("/v1/registers/people", json=body | {field: day}).status_code in REFUSED
    for deed in ("end", "replace"):
        assert office.post(f"/v1/registers/people/{deed}", json=body | {"on": day}).status_code in REFUSED
    for what in ("people", "counts"):
        assert office.get(f"/v1/registers/{what}", params={"on": day}).status_code in REFUSED


@pytest.mark.parametrize("x", [1e308, -181.0, 119.1815 + 360])
def test_doors_in_no_area_are_refused(office: TestClient, x: float) -> None:
    for crs in ("EPSG:4490", "EPSG:4549", "GCJ-02"):
        body = {"name": "面馆", "door": {"x": x, "y": 32.2705, "crs": crs}}
        assert office.put("/v1/registers/shops/S2", json=body).status_code in REFUSED
