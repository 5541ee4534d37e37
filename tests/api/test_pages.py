"""Pages for people, and the documents: whole, with examples, and nothing from another host."""

import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.permissions import PERMISSIONS
from api.problems import all_kinds
from api.routes.pages import static_files

OUTSIDE = re.compile(r"""(?:https?:)?//[\w.-]+""")


class _Loaded(HTMLParser):
    """What a browser would load or go to."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.addresses += [value for name in ("src", "href", "action") if (value := names.get(name))]
        self.inline += tag == "style" or (tag == "script" and "src" not in names) or "style" in names
        self.inline += any(name.startswith("on") for name in names)


def loaded(html: str) -> _Loaded:
    parser = _Loaded()
    parser.feed(html)
    return parser


@pytest.mark.parametrize("path", ["/", "/docs", "/problems/not-found"])
def test_a_page_loads_only_what_this_service_has(reader: TestClient, path: str) -> None:
    answer = reader.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert not OUTSIDE.search(answer.text)
    found = loaded(answer.text)
    assert found.inline == 0  # the policy would block it
    for address in found.addresses:
        assert address.startswith("/")
        followed = reader.get(address.partition("#")[0])
        assert followed.status_code in {200, 400}, address  # 400: a form without its fields


def test_static_files_reach_nothing_outside(reader: TestClient) -> None:
    for name, content in static_files().items():
        # The namespace of SVG is a name, not an address.
        assert not OUTSIDE.search(content.decode().replace("http://www.w3.org/2000/svg", "").replace("// ", "")), name
        served = reader.get(f"/static/{name}")
        assert served.content == content
    assert reader.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert reader.get("/static/nothing.css").status_code == 404
    assert reader.get("/static/..%2Fauth.py").status_code == 404


def test_the_documents_list_every_route_with_its_example(reader: TestClient) -> None:
    text = reader.get("/docs").text
    for path, methods in reader.get("/openapi.json").json()["paths"].items():
        assert f"<code>{path}</code>" in text
        for operation in methods.values():
            assert escape(operation["summary"]) in text
    for kind in all_kinds():
        assert kind.type in text


def test_openapi_is_whole(reader: TestClient) -> None:
    document = reader.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    paths = set(document["paths"])
    assert paths >= {"/v1/locate", "/v1/drafts/{number}/edits", "/v1/accounts", "/healthz", "/metrics"}
    served = {route.partition(" ")[2] for route in PERMISSIONS}
    assert paths == {path for path in served if path.startswith("/v1/")} | {"/healthz", "/readyz", "/metrics"}
    schemas = document["components"]["schemas"]
    for reference in re.findall(r'"\$ref":\s*"#/components/schemas/(\w+)"', reader.get("/openapi.json").text):
        assert reference in schemas
    identifiers = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(identifiers) == len(set(identifiers))


def test_openapi_has_an_example_for_every_answer_and_every_parameter_that_is_required(reader: TestClient) -> None:
    for path, methods in reader.get("/openapi.json").json()["paths"].items():
        for operation in methods.values():
            assert operation["tags"], path
            for status, answer in operation["responses"].items():
                for media_type, content in answer["content"].items():
                    assert "example" in content, (path, status, media_type)
                    if status >= "400":
                        assert media_type == "application/problem+json"
            for parameter in operation.get("parameters", []):
                assert parameter["description"], (path, parameter["name"])
                if parameter["required"]:
                    assert parameter["schema"]["examples"], (path, parameter["name"])


def test_every_kind_of_problem_has_a_page(reader: TestClient) -> None:
    for kind in all_kinds():
        answer = reader.get(kind.type)
        assert answer.status_code == 200
        assert kind.zh in answer.text
        assert kind.en in answer.text
    assert reader.get("/problems/nothing").status_code == 404


def test_the_first_page_names_the_generation(reader: TestClient) -> None:
    assert "第 1 版" in reader.get("/").text
    assert "generation 1" in reader.get("/", headers={"Accept-Language": "en"}).text


def test_what_is_served_is_small() -> None:
    folder = Path(__file__).resolve().parents[2] / "api" / "static"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20_000
