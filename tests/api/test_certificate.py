"""The certificate of a generation over HTTP."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from api.schemas.certificate import Certificate
from boundaries.exchange.certificate_file import read_certificate
from tests.api.conftest import AREAS, key, open_public_tier

PATH = "/v1/generations/1/certificate"


def test_it_is_the_file_that_the_command_line_writes(reader: TestClient, tmp_path: Path) -> None:
    answer = reader.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    Certificate.model_validate_json(answer.content, extra="forbid")
    path = tmp_path / "x.json"
    path.write_bytes(answer.content)
    found = read_certificate(path)
    assert [area.code for area in found.areas] == [area.code for area in AREAS[1:]]
    assert [area.grids for area in found.areas] == [4, 2]
    assert answer.json()["published_at"] == reader.get("/v1/generations/1").json()["published_at"]


def test_the_example_of_the_documents_is_one(reader: TestClient) -> None:
    document = reader.get("/openapi.json").json()
    answers = document["paths"]["/v1/generations/{number}/certificate"]["get"]["responses"]
    example = answers["200"]["content"]["application/json"]["example"]
    Certificate.model_validate_json(json.dumps(example), extra="forbid")


def test_who_may_read_grids_may_read_that_they_are_exact(plan: Engine, client: TestClient) -> None:
    assert client.get(PATH).status_code == 401
    assert client.get(PATH, headers=key(plan, "locate")).status_code == 403
    assert client.get(PATH, headers=key(plan, "grids:read")).status_code == 200
    open_public_tier(plan)
    assert client.get(PATH).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/generations/7/certificate", 404), ("/v1/generations/0/certificate", 400), (f"{PATH}?crs=EPSG:4549", 400)],
)
def test_what_is_not_there(reader: TestClient, path: str, status: int) -> None:
    assert reader.get(path).status_code == status


def test_a_generation_of_an_older_program_has_none(plan: Engine, client: TestClient) -> None:
    with plan.begin() as connection:
        connection.execute(text("DELETE FROM microgrid.certificate"))
    open_public_tier(plan)
    answer = client.get(PATH, headers={"Accept-Language": "zh"})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert "由旧版程序发布" in answer.json()["detail"]
