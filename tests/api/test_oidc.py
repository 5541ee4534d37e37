"""Signing in at the office's own service: the way through, and everything that may not pass."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api import oidc
from api.app import create_app
from api.sessions import COOKIE
from api.settings import Settings
from boundaries.accounts import HeldRole
from boundaries.services.accounts import Identity, link
from boundaries.store.engine import writing
from tests.api.sign_in_service import CLIENT_ID, CLIENT_SECRET, Provider, serving
from tests.api.signed_in import person

BEGIN, BACK = "/v1/session/oidc", "/v1/session/oidc/callback"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving() as running:
        yield running


@pytest.fixture
def browser(plan: Engine, settings: Settings, provider: Provider) -> TestClient:
    """A browser, and an account ``li`` that is linked to the identity ``u-1``."""
    person(plan, "li", HeldRole("viewer"))
    with writing(plan) as session:
        link(session, "li", Identity(provider.address, "u-1"), actor="tester", now=datetime.now(UTC))
    return _browser(plan, settings, provider)


def _browser(plan: Engine, settings: Settings, provider: Provider, **changed: object) -> TestClient:
    office = {
        "oidc_issuer": provider.address,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
        "sign_ins_per_minute": 0,
    }
    app = create_app(engine=plan, settings=settings.model_copy(update={**office, **changed}))
    return TestClient(app, follow_redirects=False)


def _sent(browser: TestClient, path: str = "/") -> str:
    answer = browser.get(BEGIN, params={"to": path})
    assert answer.status_code == 307
    return str(answer.headers["location"])


def test_whoever_is_linked_comes_back_signed_in(browser: TestClient, provider: Provider) -> None:
    url = _sent(browser, "/print?sheet=1")
    assert "code_challenge_method=S256" in url
    assert CLIENT_SECRET not in url
    back = browser.get(BACK, params=provider.authorize(url))
    assert (back.status_code, back.headers["location"]) == (303, "/print?sheet=1")
    assert "HttpOnly" in back.headers["set-cookie"]
    assert provider.forms[0]["basic"] == f"{CLIENT_ID}:{CLIENT_SECRET}"
    assert browser.get("/v1/session").json()["account"] == "li"
    assert browser.get("/v1/areas").status_code == 200


def test_an_identity_without_an_account_is_told_whom_to_ask(browser: TestClient, provider: Provider) -> None:
    provider.subject = "u-2"
    back = browser.get(BACK, params=provider.authorize(_sent(browser)), headers={"Accept-Language": "en"})
    assert back.status_code == 403
    assert "u-2" in back.json()["detail"]
    assert "user link" in back.json()["detail"]
    assert COOKIE not in browser.cookies


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another service"},
        {"aud": ["another", CLIENT_ID]},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 3_600},
        {"exp": None},
        {"sub": None},
        {"iat": int(time.time()) + 3_600},
    ],
)
def test_a_token_that_says_anything_wrong_lets_nobody_in(
    browser: TestClient, provider: Provider, claims: dict[str, object]
) -> None:
    provider.claims = claims
    assert browser.get(BACK, params=provider.authorize(_sent(browser))).status_code == 403
    assert COOKIE not in browser.cookies


def test_a_token_of_another_signature_lets_nobody_in(browser: TestClient, provider: Provider) -> None:
    provider.published = RSAKey.generate_key(2048, {"kid": "1"})
    assert browser.get(BACK, params=provider.authorize(_sent(browser))).status_code == 403


def test_keys_that_changed_are_asked_for_again(
    browser: TestClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.get(BACK, params=provider.authorize(_sent(browser))).status_code == 303
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "2"})
    monkeypatch.setattr(oidc, "_RENEW_AFTER_S", 0.0)
    assert browser.get(BACK, params=provider.authorize(_sent(browser))).status_code == 303


def test_what_another_browser_began_or_somebody_forged_lets_nobody_in(
    browser: TestClient, provider: Provider, plan: Engine, settings: Settings
) -> None:
    victim = _browser(plan, settings, provider)
    brought = provider.authorize(_sent(browser))
    assert victim.get(BACK, params=brought).status_code == 403
    assert browser.get(BACK, params={**brought, "state": "forged"}).status_code == 403
    assert browser.get(BACK, params={"code": brought["code"]}).status_code == 403
    assert browser.get(BACK, params={"error": "access_denied", "state": brought["state"]}).status_code == 403
    assert browser.get(BACK, params={**brought, "code": "forged"}).status_code == 403
    attempt = browser.cookies[oidc.COOKIE]
    broken = {"Cookie": f"{oidc.COOKIE}={attempt[:-2]}xx"}
    assert victim.get(BACK, params=brought, headers=broken).status_code == 403
    assert browser.get(BACK, params=brought).status_code == 303
    # A code is good once.
    again = {"Cookie": f"{oidc.COOKIE}={attempt}"}
    assert victim.get(BACK, params=brought, headers=again).status_code == 403


def test_an_attempt_that_took_too_long_is_over(
    browser: TestClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "MINUTES", -1)
    brought = provider.authorize(_sent(browser))
    assert browser.get(BACK, params=brought).status_code == 403


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\r\nx: y"])
def test_nobody_is_sent_to_another_site_afterwards(browser: TestClient, provider: Provider, path: str) -> None:
    back = browser.get(BACK, params=provider.authorize(_sent(browser, path)))
    assert back.headers["location"] == "/"


def test_an_office_may_link_by_another_statement(plan: Engine, settings: Settings, provider: Provider) -> None:
    person(plan, "li", HeldRole("viewer"))
    with writing(plan) as session:
        link(session, "li", Identity(provider.address, "13579"), actor="tester", now=datetime.now(UTC))
    browser = _browser(plan, settings, provider, oidc_claim="employee")
    assert browser.get(BACK, params=provider.authorize(_sent(browser))).status_code == 403
    provider.claims = {"employee": "13579"}
    assert browser.get(BACK, params=provider.authorize(_sent(browser))).status_code == 303


def test_without_such_a_service_and_without_its_answer(client: TestClient, plan: Engine, settings: Settings) -> None:
    assert client.get(BEGIN, follow_redirects=False).status_code == 404
    with serving() as gone:
        pass
    answer = _browser(plan, settings, gone).get(BEGIN)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
