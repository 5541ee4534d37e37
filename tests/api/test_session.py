"""Signing in over HTTP: cookies, other sites' pages, locks, idle sessions, new passwords."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app, create_service
from api.dependencies import present_instant
from api.sessions import COOKIE
from api.settings import Settings
from boundaries.accounts import HeldRole
from boundaries.services.accounts import set_disabled
from boundaries.services.journal import entries
from boundaries.store.engine import reading, writing
from tests.api.conftest import key, open_public_tier
from tests.api.signed_in import ORIGIN, PASSWORD, person, sign_in

Serve = Callable[..., TestClient]


@pytest.fixture
def serve(plan: Engine, settings: Settings) -> Serve:
    """Gives the application with other settings, at its present instant plus some minutes."""

    def made(*, minutes: int = 0, base_url: str = "http://testserver", **changed: object) -> TestClient:
        app: FastAPI = create_app(engine=plan, settings=settings.model_copy(update=changed))
        app.dependency_overrides[present_instant] = lambda: datetime.now(UTC) + timedelta(minutes=minutes)
        return TestClient(app, base_url=base_url)

    return made


def test_who_signs_in_is_known_by_a_cookie_that_no_script_reads(serve: Serve, plan: Engine) -> None:
    person(plan, "wang.fang", HeldRole("planner", "C1"))
    client = serve()
    assert client.get("/v1/areas").status_code == 401
    answer = client.post("/v1/session", json={"name": " Wang.Fang", "password": PASSWORD})
    assert (answer.status_code, answer.content) == (204, b"")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert client.get("/v1/areas").status_code == 200
    me = client.get("/v1/session").json()
    assert (me["account"], me["must_change"]) == ("wang.fang", False)
    assert me["scopes"]["drafts:write"] == {"tier": "internal", "areas": ["C1"], "departments": None}
    assert me["scopes"]["grids:read"]["areas"] is None
    assert "publish" not in me["scopes"]

    token = client.cookies[COOKIE]
    assert client.delete("/v1/session", headers=ORIGIN).status_code == 204
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, token)
    assert client.get("/v1/areas").status_code == 401


def test_over_https_the_cookie_goes_over_https_only(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    body = {"name": "li", "password": PASSWORD}
    direct = serve(base_url="https://grid.office")
    assert "; Secure" in direct.post("/v1/session", json=body).headers["set-cookie"]
    behind = serve(public_url="https://grid.office")
    assert "; Secure" in behind.post("/v1/session", json=body).headers["set-cookie"]


def test_signing_in_anew_ends_the_session_before(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    client = serve()
    sign_in(client, "li")
    first = client.cookies[COOKIE]
    sign_in(client, "li")
    assert client.cookies[COOKIE] != first
    client.cookies.set(COOKIE, first, domain="testserver.local")
    other = serve()
    other.cookies.set(COOKIE, first)
    assert other.get("/v1/areas").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver:81"},
    ],
)
def test_a_page_of_another_site_cannot_make_the_browser_change_anything(
    serve: Serve, plan: Engine, headers: dict[str, str]
) -> None:
    person(plan, "boss", HeldRole("system_admin"))
    client = serve()
    sign_in(client, "boss")
    new = {"name": "mole", "display_name": "鼹鼠"}
    refused = client.post("/v1/accounts", json=new, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")
    assert client.get("/v1/accounts", headers=headers).status_code == 200
    assert client.post("/v1/accounts", json=new, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201
    if headers:
        assert (
            client.post("/v1/session", json={"name": "boss", "password": PASSWORD}, headers=headers).status_code == 403
        )


def test_a_form_of_another_site_is_no_json(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    text = f'{{"name": "li", "password": "{PASSWORD}"}}'
    answer = serve().post("/v1/session", content=text, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert COOKIE not in answer.cookies


def test_a_changed_token_opens_nothing(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    client = serve()
    sign_in(client, "li")
    token = client.cookies[COOKIE]
    for wrong in (token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), token + "=", "x" * 3_000, "'; --"):
        assert client.get("/v1/areas", headers={"Cookie": f"{COOKIE}={wrong}"}).status_code == 401, wrong


def test_whatever_is_wrong_the_answer_is_the_same(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    person(plan, "zhou", HeldRole("viewer"))
    with writing(plan) as session:
        set_disabled(session, "zhou", True, actor="x", now=datetime.now(UTC))
    client = serve()
    tries = (("li", "Wrong-2026-x"), ("nobody", PASSWORD), ("zhou", PASSWORD), ("key:平台", PASSWORD))
    answers = [client.post("/v1/session", json={"name": name, "password": word}) for name, word in tries]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_an_account_is_locked_after_wrong_passwords_and_for_a_while(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    client = serve(sign_in_tries=2, lock_minutes=5)
    assert [sign_in(client, "li", "Wrong-2026-x"), sign_in(client, "li", "Wrong-2026-y")] == [401, 401]
    assert sign_in(client, "li") == 401
    assert sign_in(serve(minutes=6), "li") == 204
    with reading(plan) as session:
        actions = [entry.action for entry in entries(session)]
    assert actions.count("account.lock") == 1


def test_an_address_that_tries_too_often_waits(serve: Serve) -> None:
    client = serve(sign_ins_per_minute=3)
    body = {"name": "nobody", "password": PASSWORD}
    answers = [client.post("/v1/session", json=body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 120


def test_a_session_ends_when_nobody_uses_it(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    client = serve(idle_minutes=30, session_hours=1)
    sign_in(client, "li")
    cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    for minutes, status in ((20, 200), (45, 200), (59, 200), (61, 401)):
        assert serve(minutes=minutes, session_hours=1).get("/v1/areas", headers=cookie).status_code == status, minutes
    sign_in(client, "li")
    cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    assert serve(minutes=31).get("/v1/areas", headers=cookie).status_code == 401


def test_a_first_password_must_be_changed_before_anything_else(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"), must_change=True)
    client = serve()
    sign_in(client, "li")
    refused = client.get("/v1/areas")
    assert refused.status_code == 403
    assert "/v1/session/password" in refused.json()["detail"]
    assert client.get("/v1/session").json() == {"account": "li", "must_change": True, "scopes": {}}

    def change(old: str, new: str) -> int:
        return client.put("/v1/session/password", json={"old": old, "new": new}, headers=ORIGIN).status_code

    assert change("Wrong-2026-x", "Hongqi-2027") == 400
    assert change(PASSWORD, PASSWORD) == 400
    assert change(PASSWORD, "short") == 400
    assert change(PASSWORD, "Hongqi-2027") == 204
    assert client.get("/v1/areas").status_code == 200
    other = serve()
    assert (sign_in(other, "li"), sign_in(other, "li", "Hongqi-2027")) == (401, 204)


def test_a_key_has_no_password_to_change(serve: Serve, plan: Engine) -> None:
    answer = serve().put(
        "/v1/session/password", json={"old": PASSWORD, "new": "Hongqi-2027"}, headers=key(plan, "admin")
    )
    assert answer.status_code == 403


def test_a_closed_account_is_out_at_once(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    client = serve()
    sign_in(client, "li")
    with writing(plan) as session:
        set_disabled(session, "li", True, actor="x", now=datetime.now(UTC))
    assert client.get("/v1/areas").status_code == 401


def test_a_key_that_is_shown_counts_more_than_a_session(serve: Serve, plan: Engine) -> None:
    person(plan, "li", HeldRole("viewer"))
    client = serve()
    sign_in(client, "li")
    assert client.get("/v1/areas", headers={"X-API-Key": "mg_1_x"}).status_code == 401
    assert client.get("/v1/session", headers=key(plan, "locate")).json()["account"] == "key:平台"


def test_the_public_may_ask_who_it_is(serve: Serve, plan: Engine) -> None:
    assert serve().get("/v1/session").status_code == 401
    open_public_tier(plan)
    me = serve().get("/v1/session").json()
    assert (me["account"], set(me["scopes"])) == ("public", {"locate", "grids:read"})
    assert serve().delete("/v1/session").status_code == 204


def test_callers_and_addresses_have_a_pace_of_their_own(serve: Serve, plan: Engine) -> None:
    one = key(plan, "grids:read")
    person(plan, "li", HeldRole("viewer"))
    client = serve(requests_per_minute=3, public_requests_per_minute=2)
    assert [client.get("/v1/areas", headers=one).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [client.get("/v1/areas", headers={"X-API-Key": "mg_1_x"}).status_code for _ in range(3)] == [401, 401, 429]
    assert client.get("/healthz").status_code == 200
    assert sign_in(client, "li") == 204
    assert client.get("/v1/areas").status_code == 200


def test_a_password_is_in_no_answer_no_log_and_no_entry(
    serve: Serve, plan: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    person(plan, "li", HeldRole("viewer"))
    client = serve()
    texts = [
        client.post("/v1/session", json={"name": "li", "password": PASSWORD}).text,
        client.post("/v1/session", json={"name": "li", "password": PASSWORD, "more": 1}).text,
        client.post("/v1/session", json={"name": "li", "password": [PASSWORD]}).text,
        client.post(
            "/v1/session", content=f'{{"name": "{PASSWORD}"', headers={"Content-Type": "application/json"}
        ).text,
    ]
    with reading(plan) as session:
        texts.append(str(entries(session)))
    assert PASSWORD not in "".join([*texts, *capfd.readouterr()])


def test_a_browser_that_has_signed_in_looks_points_up(plan: Engine, settings: Settings) -> None:
    person(plan, "li", HeldRole("viewer"))
    with TestClient(create_service(engine=plan, settings=settings)) as client:
        path = "/v1/locate?x=119.1805&y=32.2705&crs=EPSG:4490"
        assert client.get(path).status_code == 401
        assert sign_in(client, "li") == 204
        assert client.get(path).json()["micro_grid"]["code"] == "C1-01"
        assert client.get(path, headers={"X-API-Key": "mg_1_x"}).status_code == 401
        client.delete("/v1/session", headers=ORIGIN)
        assert client.get(path).status_code == 401
