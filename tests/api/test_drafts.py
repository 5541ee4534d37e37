"""Drafts over HTTP: opened, edited by commands, undone, shared, and kept from those who may not."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from boundaries.services.keys import create_key
from boundaries.store.engine import writing
from tests.api.conftest import NOW, SOUTH, STEP, WEST, key


def place(column, row):
    """A place, in cells from the south-west corner."""
    return [round(WEST + column * STEP, 9), round(SOUTH + row * STEP, 9)]


SPLIT = {
    "do": "split",
    "grid": "C2-01",
    "lines": [[place(3, 0), place(3, 1)]],
    "new": [{"code": "C2-03", "name": "河西三"}],
}


def rename(code, name):
    """A command that gives a grid another name."""
    return {"do": "rename", "grid": code, "name": name}


@pytest.fixture
def application(plan, settings):
    """The application on a plan of this test's own."""
    return create_app(engine=plan, settings=settings)


@pytest.fixture
def planner(plan, application):
    """Somebody who may read and write drafts."""
    return TestClient(application, headers=key(plan, "drafts:read", "drafts:write"))


def opened(client, **more):
    """Number of a new draft."""
    answer = client.post("/v1/drafts", json={"name": "方案"} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def edits(client, draft, *commands, headers=None, **more):
    """The answer to a batch."""
    return client.post(f"/v1/drafts/{draft}/edits", json={"commands": list(commands)} | more, headers=headers or {})


def test_a_draft_is_opened_listed_edited_undone_and_redone(planner):
    answer = planner.post("/v1/drafts", json={"name": "河西调整", "area": "C2"})
    draft = answer.json()["id"]
    assert (answer.headers["etag"], answer.headers["location"]) == ('"0"', f"/v1/drafts/{draft}")
    assert answer.json() | {"created_at": None} == {
        "id": draft,
        "name": "河西调整",
        "area": "C2",
        "status": "open",
        "revision": 0,
        "base_generation": 1,
        "created_by": "key:平台",
        "created_at": None,
        "publish_on": None,
        "note": "",
        "owner": "key:平台",
        "shared_with": [],
        "lease": None,
    }
    assert [one["id"] for one in planner.get("/v1/drafts").json()["drafts"]] == [draft]
    before = planner.get(f"/v1/drafts/{draft}/grids").json()["grids"]
    assert [grid["code"] for grid in before] == ["C2-01", "C2-02"]

    told = edits(planner, draft, SPLIT, rename("C2-03", "河西新"))
    assert told.status_code == 200, told.text
    body = told.json()
    assert (told.headers["etag"], body["revision"], body["change"]) == ('"1"', 1, 1)
    assert {grid["code"]: grid["name"] for grid in body["grids"]} == {"C2-01": "河西一", "C2-03": "河西新"}
    after = planner.get(f"/v1/drafts/{draft}/grids").json()["grids"]
    assert [grid["code"] for grid in after] == ["C2-01", "C2-02", "C2-03"]
    assert [grid for grid in after if grid["code"] == "C2-03"] == [
        one for one in body["grids"] if one["code"] == "C2-03"
    ]

    turned = planner.post(f"/v1/drafts/{draft}/undo", headers={"If-Match": '"1"'})
    assert (turned.json()["revision"], turned.json()["touched"]) == (2, {"micro_grid": ["C2-01", "C2-03"]})
    assert planner.get(f"/v1/drafts/{draft}/grids").json()["grids"] == before
    assert planner.post(f"/v1/drafts/{draft}/undo").status_code == 409
    assert planner.post(f"/v1/drafts/{draft}/redo").json()["revision"] == 3
    assert planner.get(f"/v1/drafts/{draft}/grids").json()["grids"] == after
    found = planner.get(f"/v1/drafts/{draft}/edits").json()["changes"]
    assert [(one["number"], one["kind"], one["status"]) for one in found] == [(1, "edit", "done")]
    assert [one["do"] for one in found[0]["commands"]] == ["split", "rename"]
    kinds = {one["kind"] for one in planner.get(f"/v1/drafts/{draft}/findings").json()["findings"]}
    assert "nobody_in_charge" in kinds
    assert "gap" not in kinds


def test_what_others_changed_is_a_conflict_with_both_shapes(planner):
    draft = opened(planner)
    assert edits(planner, draft, SPLIT).status_code == 200
    answer = edits(planner, draft, rename("C2-01", "甲"), base_revision=0)
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    body = answer.json()
    assert (body["type"], body["revision"]) == ("/problems/conflict", 1)
    assert [(one["grid"], one["by"], one["change"], one["version"]) for one in body["conflicts"]] == [
        ("C2-01", "key:平台", 1, 2)
    ]
    assert body["conflicts"][0]["yours"] != body["conflicts"][0]["theirs"]
    assert edits(planner, draft, rename("C1-01", "乙"), base_revision=0).json()["revision"] == 2
    assert edits(planner, draft, rename("C1-01", "丙"), headers={"If-Match": '"1"'}).status_code == 409
    assert edits(planner, draft, rename("C1-01", "丙"), headers={"If-Match": "x"}).status_code == 400
    assert edits(planner, draft, rename("C1-01", "丙"), versions={"C1-01": 9}).status_code == 409


def test_a_key_gives_its_answer_again_and_never_another(planner):
    draft = opened(planner)
    first = edits(planner, draft, SPLIT, headers={"Idempotency-Key": "k1"})
    again = edits(planner, draft, SPLIT, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (200, first.json())
    other = edits(planner, draft, rename("C2-01", "甲"), headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert planner.get(f"/v1/drafts/{draft}").json()["revision"] == 1


def test_a_dry_run_writes_nothing(planner):
    draft = opened(planner)
    tried = edits(planner, draft, SPLIT, dry_run=True)
    assert (tried.json()["dry_run"], tried.json()["revision"]) == (True, 0)
    assert planner.get(f"/v1/drafts/{draft}/edits").json() == {"changes": []}


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ({"do": "nothing"}, 422),
        ({"do": "rename", "grid": "C1-01"}, 422),
        ({"do": "rename", "grid": "NONE", "name": "甲"}, 404),
        ({"do": "split", "grid": "C2-01", "lines": [[place(3, 0)]]}, 422),
        ({"do": "split", "grid": "C2-01", "lines": [[place(3, 0), place(3, 0)]]}, 400),
        ({"do": "split", "grid": "C2-01", "lines": [[place(3.5, 0.2), place(3.6, 0.5)]]}, 400),
        ({"do": "carve", "area": "C2", "shape": [[place(2, 0), place(3, 1), place(3, 0), place(2, 1)]]}, 400),
        ({"do": "move_vertex", "at": [181, 0], "to": [0, 0]}, 422),
        ({"do": "merge", "grids": ["C1-01", "C2-01"]}, 400),
        ({"do": "renumber", "codes": {"C1-01": "C1-02"}}, 409),
        ({"do": "change_kind", "grid": "C1-01", "kind": "none"}, 400),
        ({"do": "give_building", "to": "C1-01", "building": "NONE"}, 404),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(planner, command, status):
    draft = opened(planner)
    answer = edits(planner, draft, command)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert planner.get(f"/v1/drafts/{draft}").json()["revision"] == 0


def bound(plan, application, name, *areas, scopes=("drafts:read", "drafts:write")):
    """Somebody else, bound to areas where they are named."""
    with writing(plan) as session:
        _, secret = create_key(session, name=name, scopes=scopes, tier="internal", actor="t", now=NOW, areas=areas)
    return TestClient(application, headers={"X-API-Key": secret})


def test_a_planner_touches_no_other_area(plan, application):
    here = bound(plan, application, "河西社区", "C2")
    assert here.post("/v1/drafts", json={"name": "方案"}).status_code == 400
    assert here.post("/v1/drafts", json={"name": "方案", "area": "C1"}).status_code == 403
    assert here.post("/v1/drafts", json={"name": "方案", "area": "T1"}).status_code == 403
    draft = opened(here, area="C2")
    assert edits(here, draft, rename("C1-01", "甲")).status_code == 403
    assert edits(here, draft, rename("C2-01", "甲")).status_code == 200


def test_a_draft_is_its_owners_until_it_is_shared_or_handed_over(plan, application, planner):
    other = bound(plan, application, "同事")
    draft = opened(planner)
    assert edits(other, draft, rename("C1-01", "甲")).status_code == 403
    assert other.put(f"/v1/drafts/{draft}/share", json={"accounts": ["key:同事"]}).status_code == 403
    shared = planner.put(f"/v1/drafts/{draft}/share", json={"accounts": ["key:同事"]})
    assert shared.json()["shared_with"] == ["key:同事"]
    assert edits(other, draft, rename("C1-01", "甲")).status_code == 200
    lease = planner.put(f"/v1/drafts/{draft}/lease", json={"minutes": 30})
    assert lease.json()["holder"] == "key:平台"
    assert other.put(f"/v1/drafts/{draft}/lease", json={}).status_code == 409
    assert other.get(f"/v1/drafts/{draft}").json()["lease"]["holder"] == "key:平台"
    # A lease is a hint, not a lock.
    assert edits(other, draft, rename("C1-01", "乙")).status_code == 200
    assert other.put(f"/v1/drafts/{draft}/lease", json={"take_over": True}).json()["holder"] == "key:同事"
    assert planner.delete(f"/v1/drafts/{draft}/lease").status_code == 204
    assert planner.get(f"/v1/drafts/{draft}").json()["lease"]["holder"] == "key:同事"
    assert other.delete(f"/v1/drafts/{draft}/lease").status_code == 204
    assert planner.get(f"/v1/drafts/{draft}").json()["lease"] is None
    handed = planner.post(f"/v1/drafts/{draft}/handover", json={"to": "key:同事"})
    assert (handed.json()["owner"], handed.json()["shared_with"]) == ("key:同事", ["key:平台"])
    assert other.put(f"/v1/drafts/{draft}/share", json={"accounts": []}).json()["shared_with"] == []
    assert edits(planner, draft, rename("C1-01", "丙")).status_code == 403


def test_reading_writes_nothing(plan, application, planner):
    draft = opened(planner)
    reader = bound(plan, application, "查看", scopes=("drafts:read",))
    assert reader.get(f"/v1/drafts/{draft}").status_code == 200
    for answer in (
        reader.post("/v1/drafts", json={"name": "方案"}),
        edits(reader, draft, SPLIT),
        reader.post(f"/v1/drafts/{draft}/undo"),
        reader.put(f"/v1/drafts/{draft}/lease", json={}),
        reader.put(f"/v1/drafts/{draft}/share", json={"accounts": []}),
    ):
        assert answer.status_code == 403
    assert TestClient(application).get(f"/v1/drafts/{draft}").status_code == 401


def test_two_at_once_are_both_told_the_truth(planner):
    draft = opened(planner)

    def work(code):
        answers = [
            edits(planner, draft, rename(code, f"{code}{n}"), base_revision=0 if n == 0 else None) for n in range(5)
        ]
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, ["C1-01", "C2-01"])) == [[200] * 5] * 2
    assert planner.get(f"/v1/drafts/{draft}").json()["revision"] == 10
    assert len(planner.get(f"/v1/drafts/{draft}/edits").json()["changes"]) == 10
