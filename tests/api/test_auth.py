"""Who may see what: keys, scopes, tiers, the public tier."""

import base64
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.auth import SCOPES, is_loopback
from api.settings import Settings
from boundaries.services import keys
from boundaries.services.keys import list_keys, revoke_key
from boundaries.store.engine import reading, writing
from tests.api.conftest import NOW, key, open_public_tier

PUBLIC_PATHS = (
    "/",
    "/readyz",
    "/v1/areas",
    "/v1/areas/C1",
    "/v1/micro-grids",
    "/v1/micro-grids/C1-01",
    "/v1/generations",
)
EVERY_PATH = (
    *PUBLIC_PATHS,
    "/v1/premises",
    "/v1/generations/1",
    "/docs",
    "/openapi.json",
    "/static/style.css",
    "/problems/not-found",
)


def test_scopes_are_those_that_a_key_may_have() -> None:
    assert set(SCOPES) == set(keys.SCOPES)


def test_without_a_key_nothing_answers_but_healthz(client: TestClient) -> None:
    for path in EVERY_PATH:
        answer = client.get(path)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/key-needed"), path
        assert answer.headers["www-authenticate"] == "X-API-Key"
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_public_tier_opens_names_and_borders_and_not_premises(client: TestClient, plan: Engine) -> None:
    open_public_tier(plan)
    assert {path: client.get(path).status_code for path in PUBLIC_PATHS} == dict.fromkeys(PUBLIC_PATHS, 200)
    refused = client.get("/v1/premises")
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/key-needed")
    open_public_tier(plan, is_on=False)
    assert client.get("/v1/areas").status_code == 401


def test_a_key_opens_its_scopes_only(client: TestClient, plan: Engine) -> None:
    grids = key(plan, "grids:read")
    assert client.get("/v1/micro-grids", headers=grids).status_code == 200
    refused = client.get("/v1/premises", headers={**grids, "Accept-Language": "en"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")
    assert "premises:read" in refused.json()["detail"]
    premises = key(plan, "premises:read")
    assert client.get("/v1/premises", headers=premises).status_code == 200
    assert client.get("/v1/micro-grids", headers=premises).status_code == 403
    everything = key(plan, "admin")
    assert client.get("/v1/premises", headers=everything).status_code == 200
    assert client.get("/v1/micro-grids", headers=everything).status_code == 200


def test_a_key_that_is_unknown_malformed_expired_or_revoked_opens_nothing(client: TestClient, plan: Engine) -> None:
    # A bad key is refused even where the public tier would let everybody in.
    open_public_tier(plan)
    good = key(plan, "grids:read")["X-API-Key"]
    with reading(plan) as session:
        key_id = list_keys(session)[-1].id
    expired = key(plan, "grids:read", expires=NOW + timedelta(seconds=1))["X-API-Key"]
    number, secret = good.split("_")[1:]
    wrong = "a" + secret[1:] if secret[0] != "a" else "b" + secret[1:]
    for text in (expired, f"mg_{number}_{wrong}", f"mg_999_{secret}", "mg_1", "x" * 5000):
        answer = client.get("/v1/areas", headers={"X-API-Key": text})
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/key-needed"), text
    assert client.get("/v1/areas", headers={"X-API-Key": good}).status_code == 200
    with writing(plan) as session:
        revoke_key(session, key_id, actor="tester", now=NOW)
    assert client.get("/v1/areas", headers={"X-API-Key": good}).status_code == 401


def test_a_browser_may_show_its_key_as_a_password_on_reads(client: TestClient, plan: Engine) -> None:
    asked = client.get("/docs", headers={"Accept": "text/html"})
    assert asked.status_code == 401
    assert asked.headers["www-authenticate"].startswith("Basic ")
    secret = key(plan, "grids:read")["X-API-Key"]
    assert client.get("/docs", auth=("anybody", secret)).status_code == 200
    assert client.get("/docs", auth=("anybody", secret + "x")).status_code == 401
    assert client.get("/docs", headers={"Authorization": "Basic ???"}).status_code == 401
    bare = base64.b64encode(b"no colon").decode()
    assert client.get("/docs", headers={"Authorization": f"Basic {bare}"}).status_code == 401


def test_the_documents_are_open_only_at_a_demonstration(plan: Engine, settings: Settings) -> None:
    open_public_tier(plan)
    local = TestClient(create_app(engine=plan, settings=settings))
    assert local.get("/docs").status_code == 200
    assert local.get("/docs", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 401
    network = TestClient(create_app(engine=plan, settings=settings.model_copy(update={"host": "0.0.0.0"})))  # noqa: S104
    assert network.get("/docs").status_code == 401
    assert network.get("/openapi.json").status_code == 401
    assert network.get("/docs", headers=key(plan, "locate")).status_code == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("192.168.1.2", False),
        ("gis", False),
    ],
)
def test_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def _properties(client: TestClient, headers: dict[str, str], kind: str) -> dict[str, object]:
    features = client.get(f"/v1/premises?kind={kind}", headers=headers).json()["features"]
    found: dict[str, object] = features[0]["properties"]
    return found


def test_each_tier_sees_its_fields_and_none_above(client: TestClient, plan: Engine) -> None:
    public = key(plan, "premises:read", tier="public")
    internal = key(plan, "premises:read", tier="internal")
    restricted = key(plan, "premises:read", tier="restricted")

    seen = _properties(client, public, "building")
    assert seen == {"kind": "building", "code": "B1", "number": "1幢", "compound": "JX", "floors": 6, "grid": "C1-01"}
    inside = _properties(client, internal, "building")
    assert (inside["households"], inside["dwellings"]) == (23, 24)

    assert set(_properties(client, public, "compound")) == {"kind", "code", "name", "grid"}
    assert _properties(client, internal, "compound")["property_managed"] is True

    shop = _properties(client, public, "shop")
    assert shop["name"] == "顺发超市"
    assert {"code", "credit_code", "contact", "state", "trade"}.isdisjoint(shop)
    assert "contact" not in _properties(client, internal, "shop")
    assert _properties(client, restricted, "shop")["contact"] == "13800000001"


def test_no_secret_field_is_anywhere_in_an_answer_to_the_public(client: TestClient, plan: Engine) -> None:
    headers = key(plan, "grids:read", "premises:read", tier="public")
    data = [path for path in EVERY_PATH if path.startswith("/v1")]
    text = "".join(client.get(path, headers=headers).text for path in data)
    for secret in ("13800000001", "91321081MA1X", "S1", "内部说明", "tester", '"households"', '"resettlement"'):
        assert secret not in text, secret


def test_a_shop_whose_code_is_hidden_has_no_id(client: TestClient, plan: Engine) -> None:
    public = client.get("/v1/premises?kind=shop", headers=key(plan, "premises:read")).json()["features"][0]
    assert "id" not in public
    internal = client.get("/v1/premises?kind=shop", headers=key(plan, "premises:read", tier="internal")).json()
    assert internal["features"][0]["id"] == "shop:S1"


def test_generations_name_their_publisher_from_the_internal_tier_on(client: TestClient, plan: Engine) -> None:
    public = client.get("/v1/generations/1", headers=key(plan, "grids:read")).json()
    assert public == {"number": 1, "published_at": "2026-01-31T08:00:00Z"}
    internal = client.get("/v1/generations/1", headers=key(plan, "grids:read", tier="internal")).json()
    assert (internal["published_by"], internal["note"]) == ("tester", "内部说明")
