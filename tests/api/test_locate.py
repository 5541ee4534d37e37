"""Which micro-grid is this point in, over HTTP."""

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.schemas.locate import Located
from api.settings import Settings
from tests.api.conftest import SOUTH, STEP, WEST, key, open_public_tier


def _ask(client: TestClient, column: float, row: float, **more: str) -> dict[str, object]:
    query = {"x": repr(round(WEST + column * STEP, 9)), "y": repr(round(SOUTH + row * STEP, 9)), "crs": "EPSG:4490"}
    answer = client.get("/v1/locate", params={**query, **more})
    assert answer.status_code == 200, answer.text
    Located.model_validate_json(answer.content, extra="forbid")
    found: dict[str, object] = answer.json()
    return found


def test_a_point_in_a_grid(reader: TestClient) -> None:
    assert _ask(reader, 0.5, 0.5) == {
        "generation": 1,
        "micro_grid": {"code": "C1-01", "name": "第一微网格", "kind": "residential", "parts": []},
        "dedicated": [],
        "responsible": {"code": "C1-01", "reason": "contains"},
        "areas": [
            {"code": "T1", "name": "真州镇", "level": "town"},
            {"code": "C1", "name": "锦绣社区", "level": "community"},
        ],
        "on_border": False,
        "in_gap": False,
        "outside": False,
    }


def test_on_a_border_the_lowest_rank_answers(reader: TestClient) -> None:
    corner = _ask(reader, 1, 1)
    assert (corner["micro_grid"]["code"], corner["on_border"]) == ("C1-01", True)  # type: ignore[index]


def test_outside_there_is_nothing(reader: TestClient) -> None:
    outside = _ask(reader, -5, 0.5)
    assert (outside["micro_grid"], outside["responsible"], outside["areas"]) == (None, None, [])
    assert (outside["in_gap"], outside["outside"]) == (False, True)


def test_parts_are_chosen_by_unit(reader: TestClient) -> None:
    assert _ask(reader, 0.5, 1.5)["responsible"] == {"code": "C1-03", "reason": "parts_undecided"}
    assert _ask(reader, 0.5, 1.5, unit="2")["responsible"] == {"code": "C1-03-2", "reason": "part"}


def test_what_is_asked_for_decides_who_is_responsible(reader: TestClient) -> None:
    assert _ask(reader, 1.5, 0.5, **{"for": "shop"})["responsible"] == {"code": "C1-02", "reason": "dedicated"}
    assert _ask(reader, 0.5, 0.5, **{"for": "shop"})["responsible"] == {"code": "C1-01", "reason": "no_dedicated"}


def test_history(reader: TestClient) -> None:
    assert _ask(reader, 0.5, 0.5, generation="1")["generation"] == 1
    assert _ask(reader, 0.5, 0.5, date="2026-01-31")["generation"] == 1
    before = reader.get("/v1/locate?x=119.1805&y=32.2705&crs=EPSG:4490&date=2026-01-30")
    assert before.status_code == 404


@pytest.mark.parametrize(
    ("query", "slug", "text"),
    [
        ("x=119.1&y=32.2", "bad-request", "crs"),
        ("x=119.1&crs=EPSG:4490", "bad-request", "y"),
        ("x=abc&y=32.2&crs=EPSG:4490", "bad-request", "x"),
        ("x=nan&y=32.2&crs=EPSG:4490", "bad-request", "x"),
        ("x=inf&y=32.2&crs=EPSG:4490", "bad-request", "x"),
        ("x=1&y=2&crs=EPSG:4490&lang=zh", "bad-request", "lang"),
        ("x=1&y=2&crs=EPSG:4490&for=cat", "bad-request", "for"),
        ("x=1&y=2&crs=EPSG:4490&date=soon", "bad-request", "date"),
        ("x=1&y=2&crs=EPSG:4610", "coordinate-system", "EPSG:4610"),
        ("x=1&y=2&crs=nonsense", "coordinate-system", "nonsense"),
        ("x=32.2705&y=119.1805&crs=EPSG:4490", "bad-input", "颠倒"),
        ("x=119.18&y=32.27&crs=EPSG:4490&generation=1&date=2026-01-31", "bad-input", "只能给一个"),
    ],
)
def test_what_makes_no_sense_is_a_bad_request(reader: TestClient, query: str, slug: str, text: str) -> None:
    answer = reader.get(f"/v1/locate?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{slug}")
    assert text in answer.json()["detail"]


def test_a_missing_system_is_told_with_the_way_to_name_it(reader: TestClient) -> None:
    answer = reader.get("/v1/locate?x=119.1&y=32.2", headers={"Accept-Language": "en"}).json()
    assert answer["errors"] == [
        {
            "pointer": "/query/crs",
            "detail": "is required: name the system: EPSG:4490, EPSG:4326, GCJ-02 (Amap, Tencent) or BD-09 (Baidu)",
        }
    ]


def test_who_may_ask(client: TestClient, plan: Engine) -> None:
    path = "/v1/locate?x=119.1805&y=32.2705&crs=EPSG:4490"
    assert client.get(path).status_code == 401
    assert client.get(path, headers=key(plan, "grids:read")).status_code == 403
    assert client.get(path, headers=key(plan, "locate")).status_code == 200
    open_public_tier(plan)
    assert client.get(path).status_code == 200


def test_before_the_first_generation_nothing_can_be_asked(database: Engine, settings: Settings) -> None:
    open_public_tier(database)
    answer = TestClient(create_app(engine=database, settings=settings)).get("/v1/locate?x=1&y=2&crs=EPSG:4490")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
