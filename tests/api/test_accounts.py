"""Accounts over HTTP: who opens them, who gives roles, and who is out of whose reach."""

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.auth import Caller, require_within
from api.settings import Settings
from boundaries.accounts import HeldRole
from boundaries.errors import Forbidden
from boundaries.services.journal import entries
from boundaries.store.engine import reading
from tests.api.conftest import key
from tests.api.signed_in import ORIGIN, PASSWORD, person, sign_in


@pytest.fixture
def office(plan: Engine, settings: Settings) -> dict[str, TestClient]:
    """The three who watch each other, signed in."""
    found = {}
    for name in ("system_admin", "security_admin", "auditor"):
        person(plan, name.replace("_", "."), HeldRole(name))
        client = TestClient(create_app(engine=plan, settings=settings), headers=ORIGIN)
        assert sign_in(client, name.replace("_", ".")) == 204
        found[name] = client
    return found


def test_one_opens_an_account_and_another_gives_it_roles(office: dict[str, TestClient], plan: Engine) -> None:
    opener, guardian = office["system_admin"], office["security_admin"]
    new = {"name": "Wang.Fang", "display_name": "王芳", "password": PASSWORD}
    made = opener.post("/v1/accounts", json=new)
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["roles"], made.json()["must_change"]) == ("wang.fang", [], True)
    assert opener.post("/v1/accounts", json=new).status_code == 409
    assert guardian.post("/v1/accounts", json=new).status_code == 403

    roles = {"roles": [{"role": "planner", "area": "C1"}]}
    assert opener.put("/v1/accounts/wang.fang/roles", json=roles).status_code == 403
    given = guardian.put("/v1/accounts/wang.fang/roles", json=roles)
    assert given.json()["roles"] == [{"role": "planner", "area": "C1", "department": None}]
    for who in (opener, guardian):
        listed = who.get("/v1/accounts").json()
        assert {one["name"] for one in listed["accounts"]} > {"wang.fang"}
        assert listed["missing_roles"] == ["reviewer", "publisher"]
        assert who.get("/v1/accounts/wang.fang").status_code == 200
    assert office["auditor"].get("/v1/accounts").status_code == 403
    with reading(plan) as session:
        told = {(entry.action, entry.actor) for entry in entries(session)}
    assert {("account.create", "system.admin"), ("account.roles", "security.admin")} <= told


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ([{"role": "king"}], 400),
        ([{"role": "planner"}], 400),
        ([{"role": "planner", "area": "没有"}], 404),
        ([{"role": "viewer", "department": "army"}], 400),
        ([{"role": "system_admin"}, {"role": "auditor"}], 409),
        ([{"role": "viewer", "more": 1}], 422),
    ],
)
def test_roles_that_make_no_sense_change_nothing(
    office: dict[str, TestClient], plan: Engine, roles: list[dict[str, str]], status: int
) -> None:
    person(plan, "li", HeldRole("viewer"))
    assert office["security_admin"].put("/v1/accounts/li/roles", json={"roles": roles}).status_code == status
    (held,) = office["security_admin"].get("/v1/accounts/li").json()["roles"]
    assert held["role"] == "viewer"


def test_nobody_gives_roles_to_themselves(office: dict[str, TestClient]) -> None:
    body = {"roles": [{"role": "security_admin"}, {"role": "publisher"}]}
    assert office["security_admin"].put("/v1/accounts/security.admin/roles", json=body).status_code == 403


def test_a_small_office_may_have_one_for_all_three(plan: Engine, settings: Settings) -> None:
    person(plan, "boss", HeldRole("security_admin"))
    person(plan, "li")
    small = settings.model_copy(update={"small_office": True})
    client = TestClient(create_app(engine=plan, settings=small), headers=ORIGIN)
    sign_in(client, "boss")
    body = {"roles": [{"role": "system_admin"}, {"role": "security_admin"}, {"role": "auditor"}]}
    assert client.put("/v1/accounts/li/roles", json=body).status_code == 200


def test_a_system_administrator_cannot_take_over_those_who_watch(office: dict[str, TestClient], plan: Engine) -> None:
    opener = office["system_admin"]
    for name in ("security.admin", "auditor"):
        assert opener.put(f"/v1/accounts/{name}/password", json={"password": "Hongqi-2027"}).status_code == 403
        assert opener.post(f"/v1/accounts/{name}/disable").status_code == 403
        assert opener.put(f"/v1/accounts/{name}/identity", json={"subject": "me"}).status_code == 403
    person(plan, "li", HeldRole("viewer"))
    assert opener.put("/v1/accounts/li/password", json={"password": "Hongqi-2027"}).status_code == 204
    assert opener.put("/v1/accounts/li/password", json={"password": "li"}).status_code == 400
    assert opener.post("/v1/accounts/li/disable").status_code == 204
    assert opener.get("/v1/accounts/li").json()["disabled_at"] is not None
    assert opener.post("/v1/accounts/li/enable").status_code == 204
    assert opener.post("/v1/accounts/li/unlock").status_code == 204
    assert opener.get("/v1/accounts/nobody").status_code == 404


def test_a_stolen_read_key_writes_nothing(client: TestClient, plan: Engine) -> None:
    stolen = key(plan, "locate", "grids:read", "premises:read", "drafts:read", "registers:read", tier="restricted")
    document = client.get("/openapi.json", headers=stolen).json()
    tried = 0
    for path, methods in document["paths"].items():
        for method in set(methods) - {"get"}:
            if path in ("/v1/locate", "/v1/session", "/v1/session/password"):
                continue
            answer = client.request(method, path.replace("{", "").replace("}", ""), headers=stolen, json={})
            assert answer.status_code == 403, (method, path, answer.status_code)
            tried += 1
    assert tried >= 7
    with reading(plan) as session:
        assert {entry.actor for entry in entries(session)} == {"tester"}


def test_a_planner_acts_within_the_areas_of_the_role_only(plan: Engine) -> None:
    caller = Caller("li", "internal", frozenset({"drafts:write"}), account="li", areas=frozenset({"C1"}))
    with reading(plan) as session:
        require_within(session, caller, ["C1"])
        for beyond in (["C2"], ["C1", "C2"], ["T1"], ["没有"]):
            with pytest.raises(Forbidden) as refusal:
                require_within(session, caller, beyond)
            assert "C1" in refusal.value.zh
        town = Caller("zhou", "internal", frozenset({"review"}), account="zhou", areas=frozenset({"T1"}))
        require_within(session, town, ["C1", "C2", "T1"])
        everywhere = Caller("qian", "internal", frozenset({"publish"}), account="qian")
        require_within(session, everywhere, ["没有"])


def test_a_registrar_sees_contacts_in_the_areas_of_the_role_only(plan: Engine, settings: Settings) -> None:
    person(plan, "li", HeldRole("registrar", "C1"))
    client = TestClient(create_app(engine=plan, settings=settings), headers=ORIGIN)
    sign_in(client, "li")
    own = client.get("/v1/registers/people?area=C1").json()["people"]
    assert {one["phone"] for one in own} == {"13800000002", "13800000003"}
    assert "13800000001" in client.get("/v1/registers/shops?area=C1").text
    for elsewhere in ("", "?area=T1", "?area=C2"):
        for register in ("people", "shops"):
            text = client.get(f"/v1/registers/{register}{elsewhere}").text
            assert "13800000002" not in text
            assert "13800000001" not in text
    body = {"target": "C2-01", "role": "liaison", "name": "钱七"}
    assert client.put("/v1/registers/people", json=body).status_code == 403


def test_a_planner_and_a_bound_key_open_drafts_in_their_areas_only(plan: Engine, settings: Settings) -> None:
    person(plan, "li", HeldRole("planner", "C1"))
    browser = TestClient(create_app(engine=plan, settings=settings), headers=ORIGIN)
    sign_in(browser, "li")
    bound = key(plan, "drafts:write", "drafts:read", areas=["C1"])
    program = TestClient(create_app(engine=plan, settings=settings), headers=bound)
    for client, name in ((browser, "li"), (program, "key:平台")):
        for beyond in ({"name": "越界", "area": "C2"}, {"name": "越界", "area": "T1"}):
            assert client.post("/v1/drafts", json=beyond).status_code == 403
        assert client.post("/v1/drafts", json={"name": "无界"}).status_code == 400
        made = client.post("/v1/drafts", json={"name": "界内", "area": "C1"})
        assert made.status_code == 201
        assert client.get(f"/v1/drafts/{made.json()['id']}").json()["created_by"] == name
    assert program.post("/v1/drafts/999/publish", json={}).status_code == 403
