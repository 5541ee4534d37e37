"""The steps of a draft over HTTP: handed in, reviewed, published, carried over; each by who may, where they may."""

from collections.abc import Callable
from typing import Any

import pytest
from shapely.geometry import shape
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.schemas import publishing as schemas
from api.settings import Settings
from tests.api.conftest import GRIDS, key, square

Client = Callable[..., TestClient]


@pytest.fixture
def client_of(plan: Engine, settings: Settings) -> Client:
    """Clients by the scopes of their keys, on one application."""

    def make(*scopes: str, **options: Any) -> TestClient:
        app = create_app(engine=plan, settings=settings.model_copy(update=options.pop("update", {})))
        return TestClient(app, headers=key(plan, *scopes))

    return make


@pytest.fixture
def planner(client_of: Client) -> TestClient:
    return client_of("drafts:read", "drafts:write")


def opened(client: TestClient, *commands: dict[str, Any], **more: Any) -> int:
    """Number of a new draft with these edits."""
    number: int = client.post("/v1/drafts", json={"name": "方案"} | more).json()["id"]
    if commands:
        answer = client.post(f"/v1/drafts/{number}/edits", json={"commands": list(commands)})
        assert answer.status_code == 200, answer.text
    return number


def rename(code: str, name: str) -> dict[str, Any]:
    return {"do": "rename", "grid": code, "name": name}


def step(client: TestClient, draft: int, action: str, body: Any = None) -> Any:
    answer = client.post(f"/v1/drafts/{draft}/{action}", json=body)
    return answer.status_code, answer.json()


def test_a_draft_goes_all_the_way_without_four_eyes(client_of: Client) -> None:
    office = client_of("drafts:read", "drafts:write", "review", "publish", "grids:read", update={"four_eyes": False})
    draft = opened(office, rename("C1-01", "改名"))
    status, found = step(office, draft, "submit")
    assert (status, found["status"]) == (200, "submitted")
    schemas.DraftStep.model_validate(found, strict=False)
    assert "审核" in found["next"]
    assert step(office, draft, "return", {"note": "再看"})[1]["status"] == "open"
    step(office, draft, "submit")
    status, found = step(office, draft, "approve", {"note": "可以", "on": "2999-01-01"})
    assert (status, found["status"], found["publish_on"]) == (200, "approved", "2999-01-01")
    reviews = office.get(f"/v1/drafts/{draft}/reviews").json()["reviews"]
    assert [(one["step"], one["decision"], one["note"]) for one in reviews] == [
        (1, "return", "再看"),
        (1, "approve", "可以"),
    ]
    status, found = step(office, draft, "publish", {"note": "试行"})
    assert (status, found["generation"], found["draft"]) == (200, 2, draft)
    assert office.get("/v1/micro-grids/C1-01").json()["properties"]["name"] == "改名"
    assert step(office, draft, "abandon")[0] == 409


def test_who_drew_it_neither_reviews_nor_publishes_it(client_of: Client, planner: TestClient) -> None:
    draft = opened(planner, rename("C1-01", "改名"))
    assert step(planner, draft, "approve", {})[0] == 403
    assert step(planner, draft, "publish", {})[0] == 403
    # Both keys of these tests act under one name.
    drew = client_of("review", "publish")
    step(planner, draft, "submit")
    assert step(drew, draft, "approve", {})[0] == 403
    assert step(drew, draft, "publish", {})[0] == 409


def test_what_collides_is_told_with_both_shapes_and_chosen(client_of: Client) -> None:
    office = client_of("drafts:read", "drafts:write", "publish", update={"four_eyes": False})
    first, second = (opened(office, rename("C1-01", name)) for name in ("甲", "乙"))
    assert step(office, first, "publish", {})[0] == 200
    for action in ("publish", "rebase"):
        answer = office.post(f"/v1/drafts/{second}/{action}", json={})
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        found = schemas.CollidedProblem.model_validate_json(answer.content)
        (collision,) = found.collisions
        assert (collision.code, collision.columns, collision.generation) == ("C1-01", ["name"], 2)
        for side in (collision.mine, collision.theirs):
            assert shape(side).equals_exact(GRIDS[0].polygon, 0)
    assert step(office, second, "rebase", {"keep": {"C9": "mine"}})[0] == 400
    status, found = step(office, second, "rebase", {"keep": {"C1-01": "mine"}})
    assert (status, found["draft"]["base_generation"], found["since"]) == (200, 2, 2)
    assert step(office, second, "publish", {})[1]["generation"] == 3


def test_what_blocks_is_told_and_nothing_is_published(client_of: Client, plan: Engine) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from boundaries.store import states  # noqa: PLC0415
    from boundaries.store.engine import writing  # noqa: PLC0415

    office = client_of("drafts:read", "drafts:write", "publish", "grids:read", update={"four_eyes": False})
    draft = opened(office)
    with writing(plan) as session:
        states.put_grids(session, draft, [replace(GRIDS[4], polygon=square(2, 0))], source_id=None)
    status, found = step(office, draft, "publish", {})
    assert (status, found["type"]) == (409, "/problems/blocked")
    assert "空白" in found["detail"]
    assert office.get("/v1/generations/current").json()["number"] == 1


def test_advisory_findings_are_acknowledged_with_a_reason(planner: TestClient) -> None:
    draft = opened(planner, rename("C1-01", "改名"))
    path = f"/v1/drafts/{draft}/findings/acknowledge"
    answer = planner.post(path, json={"reason": "下月补人", "kinds": ["nobody_in_charge"], "grids": ["C1-04"]})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["acknowledged"]
    assert (found["kind"], found["grids"], found["reason"]) == ("nobody_in_charge", ["C1-04"], "下月补人")
    assert planner.post(path, json={"reason": "x", "kinds": ["gap"]}).status_code == 400
    assert planner.post(path, json={"reason": ""}).status_code == 422


def test_a_draft_that_is_not_there_and_a_body_that_is_none(client_of: Client) -> None:
    office = client_of("drafts:read", "drafts:write", "review", "publish")
    for action, body in (
        ("submit", None),
        ("abandon", None),
        ("approve", {}),
        ("return", {}),
        ("publish", {}),
        ("rebase", {}),
        ("findings/acknowledge", {"reason": "x"}),
    ):
        assert step(office, 99, action, body)[0] == 404
    assert step(office, 99, "rebase", {"keep": {"x": "both"}})[0] == 422
    assert office.get("/v1/drafts/99/reviews").status_code == 404
