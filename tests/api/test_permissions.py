"""Every route, asked by every role, every scope and every tier: nothing is open that the table does not open."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.permissions import PERMISSIONS, opens
from api.settings import Settings
from boundaries.accounts import ROLES, SCOPES, HeldRole, grants_of
from boundaries.tiers import TIERS, Tier
from tests.api.conftest import key, open_public_tier
from tests.api.signed_in import ORIGIN, person, sign_in

# Signing in and out and what it needs are asked for elsewhere, each with its own refusals.
_OWN_RULES = frozenset(
    {
        "POST /v1/session",
        "DELETE /v1/session",
        "PUT /v1/session/password",
        "GET /v1/session/oidc",
        "GET /v1/session/oidc/callback",
    }
)
# A draft that there is not: one that there is may be refused because it is somebody else's.
_VALUES = {"number": "999", "code": "C1", "name": "nobody", "slug": "not-found"}

# What stands in the plan of these tests and is told to some tiers only.
_RESTRICTED = ("13800000001", "13800000002")
_INTERNAL = ("91321081MA1X", "内部说明", '"households":23', '"dwellings":24', '"property_managed":true')

Ask = Callable[[str], int]


@pytest.fixture
def app(plan: Engine, settings: Settings) -> Any:
    """The application without a pace: every route is asked many times."""
    return create_app(engine=plan, settings=settings.model_copy(update={"requests_per_minute": 0}))


@pytest.fixture
def bare(app: Any) -> Iterator[TestClient]:
    """Nobody in particular."""
    with TestClient(app, follow_redirects=False) as client:
        yield client


def _asking(client: TestClient, headers: Mapping[str, str]) -> Ask:
    """Asks one route of the table, with something for every part of its path; the status of the answer."""

    def ask(route: str) -> int:
        method, _, path = route.partition(" ")
        path = re.sub(r"{(\w+)}", lambda part: _VALUES[part[1]], path)
        body = {} if method in ("POST", "PUT") else None
        return client.request(method, path, json=body, headers=dict(headers)).status_code

    return ask


def _routes(app: Any) -> set[str]:
    """Every route that is served, in the document or not."""
    found = set()
    for included in app.routes:
        for route in included.original_router.routes:
            found |= {f"{method} {route.path}" for method in route.methods - {"HEAD"}}
    return found


def test_every_route_stands_in_the_table_and_the_document_says_what_opens_it(app: Any) -> None:
    document = app.openapi()
    written = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert _routes(app) == set(PERMISSIONS)
    assert set(written) <= set(PERMISSIONS)
    for route, operation in written.items():
        assert operation["x-open-to"] == [*PERMISSIONS[route]], route
    named = {scope for wanted in PERMISSIONS.values() for scope in wanted}
    assert named - set(SCOPES) == {"open", "known", "documents"}


def test_without_a_key_only_the_door_answers(bare: TestClient) -> None:
    ask = _asking(bare, {})
    for route, wanted in PERMISSIONS.items():
        if route not in _OWN_RULES:
            assert (ask(route) == 401) is ("open" not in wanted), route


def test_the_public_tier_opens_what_the_table_says(bare: TestClient, plan: Engine) -> None:
    open_public_tier(plan)
    ask = _asking(bare, {"X-Forwarded-For": "203.0.113.7"})
    scopes = frozenset({"locate", "grids:read"})
    for route in PERMISSIONS.keys() - _OWN_RULES:
        assert (ask(route) not in (401, 403)) is opens(route, scopes, is_public=True), route


@pytest.mark.parametrize("scope", [*SCOPES])
def test_a_key_opens_what_its_scope_opens(bare: TestClient, plan: Engine, scope: str) -> None:
    ask = _asking(bare, key(plan, scope, tier="restricted"))
    for route in PERMISSIONS.keys() - _OWN_RULES:
        assert (ask(route) != 403) is opens(route, frozenset({scope})), route


@pytest.mark.parametrize("role", [*ROLES])
def test_an_account_opens_what_its_role_opens(bare: TestClient, plan: Engine, role: str) -> None:
    held = HeldRole(role, "C1" if ROLES[role].needs_area else None)
    person(plan, "li", held)
    assert sign_in(bare, "li") == 204
    ask = _asking(bare, ORIGIN)
    scopes = frozenset(grants_of([held]))
    for route in PERMISSIONS.keys() - _OWN_RULES:
        status = ask(route)
        assert status != 401, route
        assert (status != 403) is opens(route, scopes), route


@pytest.mark.parametrize("tier", TIERS)
def test_no_route_tells_a_tier_more_than_its_fields(bare: TestClient, plan: Engine, tier: Tier) -> None:
    headers = key(plan, *SCOPES, tier=tier)
    asked = 0
    for route in PERMISSIONS:
        method, _, path = route.partition(" ")
        if method != "GET" or route in _OWN_RULES:
            continue
        path = re.sub(r"{(\w+)}", lambda part: (_VALUES | {"number": "1"})[part[1]], path)
        text = bare.get(path, headers=headers).text
        hidden = {"public": (*_RESTRICTED, *_INTERNAL), "internal": _RESTRICTED, "restricted": ()}[tier]
        assert [value for value in hidden if value in text] == [], route
        asked += 1
    assert asked > 20
