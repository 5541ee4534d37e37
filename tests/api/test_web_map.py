"""The map over HTTP: what each tier sees on it, and that it reaches nothing."""

import re

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.routes import web_map
from api.settings import Settings
from boundaries.tiers import Tier
from tests.api.conftest import key, open_public_tier
from tests.api.test_pages import loaded


def _read(html: str) -> str:
    """The page with the escapes of its scripts undone."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), html)


def _map(client: TestClient, engine: Engine, tier: Tier) -> str:
    answer = client.get("/map", headers=key(engine, "grids:read", tier=tier))
    assert answer.status_code == 200
    return _read(answer.text)


def test_the_map_of_everybody_shows_names_and_borders_and_no_more(client: TestClient, plan: Engine) -> None:
    assert client.get("/map").status_code == 401
    open_public_tier(plan)
    text = _read(client.get("/map").text)
    for shown in ("第一微网格", "C2-02", "锦绣社区", "顺发超市", "张三", "13800000003"):
        assert shown in text
    for hidden in ("13800000002", "13800000001", "91321081MA1X", "混合管理", "无人负责", "规模超出范围"):
        assert hidden not in text


def test_inside_the_office_the_map_shows_findings_and_totals(client: TestClient, plan: Engine) -> None:
    internal = _map(client, plan, "internal")
    assert "无人负责" in internal
    assert "13800000002" not in internal
    assert "13800000002" in _map(client, plan, "restricted")


def test_the_map_runs_its_own_scripts_and_may_reach_nothing(reader: TestClient) -> None:
    answer = reader.get("/map")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "sandbox allow-scripts" in policy
    assert "connect-src" not in policy  # default-src stands for it
    assert [address for address in loaded(answer.text).addresses if not address.startswith("data:")] == []


def test_large_answers_are_packed_and_small_ones_are_not(reader: TestClient) -> None:
    large, small = reader.get("/map"), reader.get("/v1/areas/C1")
    assert large.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in small.headers
    assert small.headers["cache-control"] == "private, no-cache"


def test_a_map_is_drawn_once_a_minute(client: TestClient, plan: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    open_public_tier(plan)
    drawn: list[int] = []

    def draw(key: tuple[object, ...], session: object, *, metric_plane: str) -> str:
        drawn.append(1)
        return f"map {len(drawn)}"

    monkeypatch.setattr(web_map, "_draw", draw)
    assert [client.get("/map").text for _ in range(3)] == ["map 1"] * 3
    assert client.get("/map", headers={"Accept-Language": "en"}).text == "map 2"
    monkeypatch.setattr(web_map, "KEPT_S", -1.0)
    assert client.get("/map").text == "map 3"


def test_before_the_first_generation_there_is_no_map(database: Engine, settings: Settings) -> None:
    open_public_tier(database)
    answer = TestClient(create_app(engine=database, settings=settings)).get("/map")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
