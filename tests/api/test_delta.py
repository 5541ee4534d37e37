"""The current generation and the delta between two, over HTTP."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pyogrio
import pytest
import shapely
from sqlalchemy import URL, Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.schemas import delta as schemas
from api.settings import Settings
from boundaries.services.drafting import open_draft
from boundaries.services.publishing import publish
from boundaries.store import states
from boundaries.store.engine import connect, writing
from geo.crs import parse_crs, to_storage
from tests.api.conftest import GRIDS, NOW, TODAY, key, open_public_tier, square
from tests.conftest import copied

PATH = "/v1/generations/2/delta?from=1"


def change(engine: Engine) -> None:
    """Generation 2: C1-04 goes by another code and is a market now, C2-01 is called otherwise."""
    with writing(engine) as session:
        draft = open_draft(session, name="调整", actor="tester", now=NOW)
        states.retire(session, draft.id, "grids", ["C1-04"])
        market = replace(GRIDS[3], code="C1-05", kind="market")
        states.put_grids(session, draft.id, [market, replace(GRIDS[4], name="改名")], source_id=None)
    publish(engine, draft.id, check=lambda _: (), actor="tester", four_eyes=False, now=NOW, today=TODAY)


@pytest.fixture(scope="module")
def changed(admin: Engine, server: URL, plan_template: str) -> Iterator[Engine]:
    """A database with two generations that tests only read."""
    with copied(admin, server, plan_template) as url:
        engine = connect(url)
        change(engine)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def asker(changed: Engine, settings: Settings) -> TestClient:
    """The application on two generations, with a key that may read grids."""
    return TestClient(create_app(engine=changed, settings=settings), headers=key(changed, "grids:read"))


def test_the_current_generation_is_asked_for_again_and_again(plan: Engine, client: TestClient) -> None:
    headers = key(plan, "grids:read", tier="internal")
    answer = client.get("/v1/generations/current", headers=headers)
    schemas.CurrentGeneration.model_validate_json(answer.content, extra="forbid")
    assert answer.json() == {"number": 1, "published_at": "2026-01-31T08:00:00Z"}
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "private, max-age=0, must-revalidate"
    for tags in ('"1"', 'W/"1"', '"0", "1"', "*"):
        again = client.get("/v1/generations/current", headers={**headers, "If-None-Match": tags})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", '"1"')
    change(plan)
    now = client.get("/v1/generations/current", headers={**headers, "If-None-Match": '"1"'})
    assert (now.status_code, now.json()["number"], now.headers["etag"]) == (200, 2, '"2"')


def test_before_the_first_there_is_no_current_one(database: Engine, settings: Settings) -> None:
    open_public_tier(database)
    client = TestClient(create_app(engine=database, settings=settings))
    for path in ("/v1/generations/current", PATH):
        answer = client.get(path, headers={"If-None-Match": "*", "Accept-Language": "en"})
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
        assert "ublished yet" in answer.json()["detail"]


def test_a_delta_says_what_changed(asker: TestClient) -> None:
    answer = asker.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    schemas.Delta.model_validate_json(answer.content, extra="forbid")
    found = answer.json()
    assert (found["from"], found["to"]) == (1, 2)
    assert {name: codes for name, codes in found["grids"].items() if codes} == {
        "added": ["C1-05"],
        "retired": ["C1-04"],
        "renamed": ["C2-01"],
    }
    assert not any(found["areas"].values())
    assert [share["code"] for share in found["codes"].pop("C1-04")] == ["C1-05"]
    assert found["codes"] == {}
    ground = shapely.geometry.shape(found["changed"])
    assert ground.covers(square(1, 1))
    assert ground.disjoint(square(2, 0, 2, 1).centroid)


def test_a_delta_from_itself_is_empty(asker: TestClient) -> None:
    answer = asker.get("/v1/generations/2/delta?from=2")
    schemas.Delta.model_validate_json(answer.content, extra="forbid")
    found = answer.json()
    assert (found["codes"], found["changed"]) == ({}, None)
    assert not any(found["grids"].values())


def test_a_delta_is_kept(asker: TestClient) -> None:
    answer = asker.get(PATH)
    assert answer.headers["etag"] == 'W/"1-2"'
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = asker.get(PATH, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", 'W/"1-2"')
    assert again.headers["cache-control"] == answer.headers["cache-control"]
    assert asker.get("/v1/generations/2/delta?from=2", headers={"If-None-Match": 'W/"1-2"'}).status_code == 200


def test_what_went_where_is_told_to_those_who_may_read_premises(changed: Engine, settings: Settings) -> None:
    path = f"{PATH}&moved=true"
    app = create_app(engine=changed, settings=settings)
    assert TestClient(app, headers=key(changed, "grids:read")).get(path).status_code == 403
    for tier in ("public", "internal"):
        answer = TestClient(app, headers=key(changed, "grids:read", "premises:read", tier=tier)).get(path)
        schemas.Delta.model_validate_json(answer.content, extra="forbid")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        (move,) = answer.json()["moved"]
        assert (move["old"], move["new"], move["shops"]) == ("C1-04", "C1-05", 0)
        assert 10_000 < move["area_m2"] < 11_000
        assert ("households" in move) == (tier == "internal")


def test_a_delta_as_a_file(changed: Engine, settings: Settings, tmp_path: Path) -> None:
    headers = key(changed, "grids:read", "premises:read", tier="internal")
    asker = TestClient(create_app(engine=changed, settings=settings), headers=headers)
    answer = asker.get(PATH, headers={"Accept": "application/geopackage+sqlite3"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geopackage+sqlite3")
    assert 'filename="delta-1-2.gpkg"' in answer.headers["content-disposition"]
    (tmp_path / "delta.gpkg").write_bytes(answer.content)
    layers = {str(name) for name, _ in pyogrio.list_layers(tmp_path / "delta.gpkg")}
    assert layers == {"调整前", "调整后", "划转", "新设", "撤销"}
    assert len(pyogrio.read_dataframe(tmp_path / "delta.gpkg", layer="新设")) == 1
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = asker.get(PATH, headers={"Accept": f"{sheet_type};q=0.9"})
    assert answer.headers["content-type"] == sheet_type
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert [sheet.cell(row, 2).value for row in range(3, 6)] == ["C1-04", "C1-05", "C2-01"]
    refused = TestClient(create_app(engine=changed, settings=settings), headers=key(changed, "grids:read"))
    assert refused.get(PATH, headers={"Accept": sheet_type}).status_code == 403


def test_the_generation_of_a_day(asker: TestClient) -> None:
    answer = asker.get("/v1/generations/at?date=2026-01-31")
    assert (answer.status_code, answer.json()["number"]) == (200, 2)
    assert asker.get("/v1/generations/at?date=2026-01-30").status_code == 404
    assert asker.get("/v1/generations/at").status_code == 400
    assert asker.get("/v1/generations/at?date=soon").status_code == 400


def test_a_delta_in_another_system(asker: TestClient) -> None:
    stored = shapely.geometry.shape(asker.get(PATH).json()["changed"])
    metric = shapely.geometry.shape(asker.get(f"{PATH}&crs=EPSG:4549").json()["changed"])
    assert 10_000 < metric.area < 11_000
    back = to_storage(metric, parse_crs("EPSG:4549"))
    assert back.covers(square(1, 1))
    assert shapely.hausdorff_distance(back, stored) < 5e-8
    assert asker.get(f"{PATH}&crs=EPSG:4490").json()["changed"] == asker.get(PATH).json()["changed"]


@pytest.mark.parametrize(
    ("path", "status", "slug", "said"),
    [
        ("/v1/generations/1/delta?from=2", 400, "bad-input", "Swap the two"),
        ("/v1/generations/9/delta?from=1", 404, "not-found", "no generation 9"),
        ("/v1/generations/2/delta?from=9", 404, "not-found", "no generation 9"),
        ("/v1/generations/2/delta", 400, "bad-request", "from: is required"),
        ("/v1/generations/2/delta?from=0", 400, "bad-request", "from: must be at least 1"),
        ("/v1/generations/2/delta?from=1&to=2", 400, "bad-request", "to: is not a parameter here"),
        (f"{PATH}&crs=GCJ-02", 400, "coordinate-system", "EPSG:4326"),
        ("/v1/generations/current?from=1", 400, "bad-request", "from: is not a parameter here"),
    ],
)
def test_what_makes_no_sense_is_refused(asker: TestClient, path: str, status: int, slug: str, said: str) -> None:
    answer = asker.get(path, headers={"Accept-Language": "en", "If-None-Match": "*"})
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/generations/current", "/v1/generations/1/delta?from=1"])
def test_who_may_ask(plan: Engine, client: TestClient, path: str) -> None:
    # A tag opens nothing.
    assert client.get(path, headers={"If-None-Match": "*"}).status_code == 401
    assert client.get(path, headers=key(plan, "locate")).status_code == 403
    assert client.get(path, headers=key(plan, "grids:read")).status_code == 200
    open_public_tier(plan)
    assert client.get(path).status_code == 200


def test_the_examples_of_the_documents_are_some(plan: Engine, client: TestClient) -> None:
    paths = client.get("/openapi.json", headers=key(plan, "locate")).json()["paths"]
    for path, model in (("current", schemas.CurrentGeneration), ("{number}/delta", schemas.Delta)):
        answers = paths[f"/v1/generations/{path}"]["get"]["responses"]
        example = answers["200"]["content"]["application/json"]["example"]
        model.model_validate_json(json.dumps(example), extra="forbid")
        assert answers["304"]["content"] == {}
