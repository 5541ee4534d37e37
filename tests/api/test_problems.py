"""Every error leaves as one problem document, in the reader's language."""

from types import SimpleNamespace
from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from starlette.testclient import TestClient

from api.guard import Guard
from api.logs import configure_logs
from api.problems import KeyNeeded, all_kinds, install_problems, kind_of, reader_language
from boundaries.errors import (
    BadInput,
    Blocked,
    Conflict,
    Forbidden,
    NotFound,
    RefusedRow,
    RefusedRows,
    Unavailable,
)
from geo.errors import CrsProblem, GeometryProblem, Language, Problem

RAISED: dict[str, Exception] = {
    "bad": BadInput("坏", "bad"),
    "crs": CrsProblem("坐标系", "system"),
    "shape": GeometryProblem("图形", "shape"),
    "rows": RefusedRows([RefusedRow("a.xlsx", 3, "户数", "abc", "应为整数", "must be a whole number")]),
    "key": KeyNeeded("密钥", "key"),
    "forbidden": Forbidden("无权", "no right"),
    "missing": NotFound("没有", "none"),
    "conflict": Conflict("冲突", "conflict"),
    "blocked": Blocked("问题", "findings"),
    "gone": Unavailable("数据库", "database"),
    "crash": RuntimeError("SELECT secret FROM person WHERE phone = '13800000000'"),
}


def _client(language: Language = "zh") -> TestClient:
    app = FastAPI()
    app.state.settings = SimpleNamespace(lang=language)
    install_problems(app)
    app.add_middleware(Guard, language=language, max_body_bytes=100)

    @app.get("/raise/{name}")
    def refuse(name: str) -> None:
        raise RAISED[name]

    @app.get("/limited")
    def limited(limit: Annotated[int, Query(ge=1)] = 1) -> int:
        return limit

    @app.post("/read")
    def read(body: dict[str, int]) -> dict[str, int]:
        return body

    return TestClient(app)


@pytest.mark.parametrize(
    ("name", "status", "slug"),
    [
        ("bad", 400, "bad-input"),
        ("crs", 400, "coordinate-system"),
        ("shape", 400, "refused"),
        ("rows", 422, "refused-rows"),
        ("key", 401, "key-needed"),
        ("forbidden", 403, "not-allowed"),
        ("missing", 404, "not-found"),
        ("conflict", 409, "conflict"),
        ("blocked", 409, "blocked"),
        ("gone", 503, "unavailable"),
        ("crash", 500, "internal-error"),
    ],
)
def test_each_refusal_has_its_status_and_type(name: str, status: int, slug: str) -> None:
    answer = _client().get(f"/raise/{name}")
    body = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"/problems/{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]


def test_the_language_is_that_of_the_reader() -> None:
    client = _client()
    english = client.get("/raise/missing", headers={"Accept-Language": "fr, en;q=0.8, zh;q=0.3"})
    assert (english.json()["title"], english.json()["detail"]) == ("Not found", "none")
    assert english.headers["content-language"] == "en"
    chinese = client.get("/raise/missing", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert (chinese.json()["title"], chinese.json()["detail"]) == ("没有找到", "没有")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "zh"),
        ("", "zh"),
        ("fr", "zh"),
        ("en", "en"),
        ("en;q=0", "zh"),
        ("en;q=x", "zh"),
        ("*", "zh"),
        ("en-GB", "en"),
    ],
)
def test_reader_language(header: str | None, expected: str) -> None:
    assert reader_language(header, "zh") == expected


def test_a_failure_of_ours_shows_neither_its_text_nor_a_trace(capfd: pytest.CaptureFixture[str]) -> None:
    answer = _client().get("/raise/crash")
    assert answer.status_code == 500
    for secret in ("SELECT", "13800000000", "Traceback", "test_problems", "RuntimeError"):
        assert secret not in answer.text
    logged = capfd.readouterr()
    assert "13800000000" not in logged.out + logged.err


def test_refused_rows_are_listed_with_pointers() -> None:
    faults = _client().get("/raise/rows", headers={"Accept-Language": "en"}).json()["errors"]
    assert faults == [
        {"pointer": "/rows/3", "detail": 'a.xlsx row 3 column "户数" value "abc": must be a whole number'}
    ]


def test_errors_of_the_framework_are_problem_documents_too() -> None:
    client = _client()
    nowhere = client.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "/problems/no-such-page")
    wrong = client.delete("/read")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method-not-allowed")
    assert wrong.headers["allow"] == "POST"
    query = client.get("/limited?limit=0")
    assert (query.status_code, query.json()["type"]) == (400, "/problems/bad-request")
    assert query.json()["errors"] == [{"pointer": "/query/limit", "detail": "不能小于 1"}]
    body = client.post("/read", json={"a": "x"})
    assert (body.status_code, body.json()["type"]) == (422, "/problems/invalid-content")
    assert body.json()["errors"] == [{"pointer": "/body/a", "detail": "应为整数"}]


def test_a_large_body_is_refused_whether_or_not_its_length_is_declared() -> None:
    client = _client()
    assert client.post("/read", json={"a": 1}).status_code == 200
    declared = client.post("/read", content=b"{" + b" " * 200 + b"}")
    assert (declared.status_code, declared.json()["type"]) == (413, "/problems/too-large")
    chunked = client.post("/read", content=iter([b"{", b" " * 200, b"}"]))
    assert (chunked.status_code, chunked.json()["type"]) == (413, "/problems/too-large")


def test_types_are_told_apart_and_every_refusal_has_one() -> None:
    kinds = all_kinds()
    assert len({kind.slug for kind in kinds}) == len(kinds)
    assert all(kind.zh and kind.en and 400 <= kind.status < 600 for kind in kinds)
    assert kind_of(Problem("甲", "a")).status == 400


def test_every_answer_carries_the_security_headers() -> None:
    answer = _client().get("/limited")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        "access-control-allow-origin" not in _client().get("/limited", headers={"Origin": "http://evil.test"}).headers
    )


def test_the_log_line_holds_the_route_and_nothing_that_was_asked(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    client = _client()
    client.get("/limited?limit=1&x=119.123456789")
    assert client.get("/limitedx=119.123456789").status_code == 404
    line, mistyped = capfd.readouterr().err.splitlines()
    assert '"path": "/limited"' in line
    assert '"path": null' in mistyped
    assert "119.123456789" not in line + mistyped
