"""Lists and single things of the plan: pages, filters, coordinate systems, refusals."""

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.schemas import plan as schemas
from api.settings import Settings
from boundaries.findings import Finding
from boundaries.store.engine import connect, writing
from boundaries.store.findings import keep_findings
from geo.crs import STORAGE_CRS, SourceCrs, project
from tests.api.conftest import AREAS, GRIDS, STEP, key, open_public_tier, square


def _codes(client: TestClient, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


def test_answers_look_as_documented(reader: TestClient) -> None:
    for path, model in (
        ("/v1/micro-grids", schemas.MicroGridCollection),
        ("/v1/micro-grids/C1-03", schemas.MicroGridFeature),
        ("/v1/areas", schemas.AreaCollection),
        ("/v1/areas/C1", schemas.AreaFeature),
        ("/v1/premises", schemas.PremisesCollection),
        ("/v1/generations", schemas.GenerationList),
        ("/v1/generations/1", schemas.Generation),
    ):
        answer = reader.get(path)
        model.model_validate_json(answer.content, extra="forbid")
        wanted = "application/json" if "generations" in path else "application/geo+json"
        assert answer.headers["content-type"] == wanted


def test_shapes_keep_every_digit(reader: TestClient) -> None:
    for feature, grid in zip(reader.get("/v1/micro-grids").json()["features"], GRIDS, strict=True):
        assert feature["properties"]["name"] == grid.name
        assert shapely.geometry.shape(feature["geometry"]).equals_exact(grid.polygon, 0)


def test_a_grid_with_parts_lists_them(reader: TestClient) -> None:
    found = reader.get("/v1/micro-grids/C1-03").json()["properties"]
    assert [part["code"] for part in found["parts"]] == ["C1-03-1", "C1-03-2"]
    assert found["parts"][0]["units"] == ["1"]
    assert found["parent"] == "C1"


def test_following_next_visits_each_once(reader: TestClient) -> None:
    for path, count in (("/v1/micro-grids", len(GRIDS)), ("/v1/areas", len(AREAS)), ("/v1/premises", 4)):
        seen: list[str] = []
        link: str | None = f"{path}?limit=1"
        while link is not None:
            page = reader.get(link).json()
            assert page["numberReturned"] == len(page["features"])
            seen += [feature["id"] for feature in page["features"]]
            link = next((one["href"] for one in page["links"] if one["rel"] == "next"), None)
        assert len(seen) == len(set(seen)) == count


def test_the_next_page_is_of_the_same_generation(reader: TestClient) -> None:
    links = reader.get("/v1/micro-grids?limit=1&kind=residential").json()["links"]
    assert links[1]["href"] == "/v1/micro-grids?limit=1&kind=residential&generation=1&cursor=1"


def test_filters(reader: TestClient) -> None:
    assert _codes(reader, "/v1/micro-grids?area=C2") == ["C2-01", "C2-02"]
    assert _codes(reader, "/v1/micro-grids?area=T1&kind=commercial") == ["C1-02"]
    assert _codes(reader, "/v1/micro-grids?layer=overlay") == []
    assert sorted(_codes(reader, "/v1/areas?level=community")) == ["C1", "C2"]
    assert _codes(reader, "/v1/areas?area=C2") == ["C2"]
    assert _codes(reader, "/v1/premises?kind=shop") == ["shop:S1"]
    assert _codes(reader, "/v1/premises?area=C2") == []


def test_bbox(reader: TestClient) -> None:
    x, y = square(2, 0).centroid.coords[0]
    box = f"{x - STEP / 10},{y - STEP / 10},{x + STEP / 10},{y + STEP / 10}"
    assert _codes(reader, f"/v1/micro-grids?bbox={box}") == ["C2-01"]
    assert _codes(reader, "/v1/micro-grids?bbox=100,10,101,11") == []
    (easting, northing), *_ = project(np.array([[x, y]]), SourceCrs(STORAGE_CRS, STORAGE_CRS), "EPSG:4549")
    metric = f"{easting - 5},{northing - 5},{easting + 5},{northing + 5}"
    assert _codes(reader, f"/v1/micro-grids?bbox={metric}&bbox-crs=EPSG:4549") == ["C2-01"]
    assert _codes(reader, f"/v1/micro-grids?bbox={metric}&crs=EPSG:4549") == ["C2-01"]
    # An unlabelled point of a shifted map would lie 500 m off; labelled, it is found.
    assert _codes(reader, f"/v1/micro-grids?bbox={x},{y},{x},{y}&bbox-crs=GCJ-02") == []


def test_other_coordinate_systems(reader: TestClient) -> None:
    metric = reader.get("/v1/micro-grids/C1-01?crs=EPSG:4549").json()["geometry"]["coordinates"][0]
    stored = np.array(GRIDS[0].polygon.exterior.coords)
    expected = project(stored, SourceCrs(STORAGE_CRS, STORAGE_CRS), "EPSG:4549")
    assert np.abs(np.array(metric) - expected).max() < 0.0001
    assert reader.get("/v1/micro-grids/C1-01?crs=EPSG:4490").json()["geometry"]["coordinates"][0] == stored.tolist()


@pytest.mark.parametrize(
    ("query", "slug", "pointer"),
    [
        ("limit=unlimited", "bad-request", "/query/limit"),
        ("limit=-1", "bad-request", "/query/limit"),
        ("limit=0", "bad-request", "/query/limit"),
        ("colour=red", "bad-request", "/query/colour"),
        ("generation=0", "bad-request", "/query/generation"),
        ("generation=99999999999", "bad-request", "/query/generation"),
        ("layer=top", "bad-request", "/query/layer"),
        ("bbox=1,2,3", "bad-input", None),
        ("bbox=a,b,c,d", "bad-input", None),
        ("bbox=2,2,1,1", "bad-input", None),
        ("bbox=nan,0,1,1", "bad-input", None),
        ("bbox=1,2,3,4,5,6", "bad-input", None),
        ("cursor=zzz", "bad-input", None),
        ("crs=EPSG:999999", "coordinate-system", None),
        ("crs=EPSG:2437", "coordinate-system", None),
        ("crs=GCJ-02", "coordinate-system", None),
        ("bbox=1,1,2,2&bbox-crs=WGS", "coordinate-system", None),
    ],
)
def test_what_makes_no_sense_is_a_bad_request(reader: TestClient, query: str, slug: str, pointer: str | None) -> None:
    answer = reader.get(f"/v1/micro-grids?{query}")
    body = answer.json()
    assert (answer.status_code, body["type"]) == (400, f"/problems/{slug}")
    if pointer is not None:
        assert [fault["pointer"] for fault in body["errors"]] == [pointer]


def test_a_large_limit_is_clamped(reader: TestClient) -> None:
    assert len(_codes(reader, "/v1/micro-grids?limit=1000000")) == len(GRIDS)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/micro-grids/none",
        "/v1/areas/none",
        "/v1/generations/7",
        "/v1/micro-grids?area=none",
        "/v1/areas?area=none",
        "/v1/premises?area=none",
        "/v1/micro-grids?generation=7",
        "/v1/micro-grids/C1-01?generation=7",
    ],
)
def test_what_does_not_exist_is_not_found(reader: TestClient, path: str) -> None:
    answer = reader.get(path, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert ("none" in answer.json()["detail"]) or ("7" in answer.json()["detail"])


def test_single_things_refuse_unknown_parameters_too(reader: TestClient) -> None:
    for path in ("/v1/micro-grids/C1-01", "/v1/areas/C1", "/v1/generations/1", "/v1/generations", "/v1/premises"):
        assert reader.get(f"{path}?colour=red").status_code == 400


def test_generations_are_paged(reader: TestClient) -> None:
    assert reader.get("/v1/generations?cursor=1").json()["generations"] == []
    assert reader.get("/v1/generations?cursor=x").json()["type"] == "/problems/bad-input"
    assert reader.get("/v1/generations?limit=1").json()["links"][0]["href"] == "/v1/generations?limit=1"


def test_a_generation_says_what_was_advised_to_those_inside_alone(plan: Engine, client: TestClient) -> None:
    with writing(plan) as session:
        keep_findings(session, [Finding("nobody_in_charge", grids=("C1-01",))], generation=1)
    open_public_tier(plan)
    assert client.get("/v1/generations/1").json().keys() == {"number", "published_at"}
    inside = client.get("/v1/generations/1", headers=key(plan, "grids:read", tier="internal")).json()
    assert inside["findings"] == {"nobody_in_charge": 1}


def test_before_the_first_generation_lists_are_empty(database: Engine, settings: Settings) -> None:
    open_public_tier(database)
    client = TestClient(create_app(engine=database, settings=settings))
    page = client.get("/v1/micro-grids").json()
    assert (page["generation"], page["features"]) == (None, [])
    assert client.get("/v1/generations").json()["generations"] == []
    assert client.get("/v1/micro-grids/C1-01").status_code == 404
    ready = client.get("/readyz").json()
    assert ready.pop("unsealed") > 0
    assert ready == {
        "status": "ready",
        "generation": None,
        "served": None,
        "refusal": None,
        "jobs_waiting": 0,
        "sealed_at": None,
    }


def test_a_database_that_is_gone_is_503_and_the_process_lives(settings: Settings) -> None:
    gone = connect("postgresql://nobody@127.0.0.1:1/none")
    client = TestClient(create_app(engine=gone, settings=settings))
    for path in ("/v1/micro-grids", "/readyz", "/docs"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert answer.headers["retry-after"] == "5"
        assert "127.0.0.1" not in answer.text
    assert client.get("/healthz").status_code == 200
    gone.dispose()
