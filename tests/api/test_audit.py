"""The trail over HTTP: for the auditor alone; restricted reads are on it before their answer leaves."""

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from api.schemas import audit as schemas
from boundaries.services import journal, sealing
from boundaries.store.engine import reading, writing
from boundaries.store.trail import Sought
from tests.api.conftest import NOW, key


@pytest.fixture
def auditor(plan: Engine, client: TestClient) -> TestClient:
    """The application, with a key that may read the trail and nothing else."""
    client.headers.update(key(plan, "audit:read"))
    return client


def _restricted_reads(engine: Engine) -> list[journal.Entry]:
    with reading(engine) as session:
        return list(journal.every_entry(session, sought=Sought(action="read.restricted")))


def test_the_trail_is_read_in_pages_newest_first(auditor: TestClient) -> None:
    numbers: list[int] = []
    link: str | None = "/v1/audit?limit=2"
    while link is not None:
        answer = auditor.get(link)
        assert answer.status_code == 200, answer.text
        page = schemas.AuditList.model_validate_json(answer.content, extra="forbid")
        numbers += [entry.number for entry in page.entries]
        link = next((one["href"] for one in page.links if one["rel"] == "next"), None)
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 2


def test_entries_are_sought(plan: Engine, auditor: TestClient) -> None:
    with writing(plan) as session:
        journal.record(session, actor="李强", action="draft.open", subject="draft:77", detail={"名": "东区"}, now=NOW)
    found = auditor.get("/v1/audit", params={"actor": "李强", "action": "draft", "subject": "draft:77"}).json()
    assert [(one["detail"], one["seal"], one["digest"]) for one in found["entries"]] == [({"名": "东区"}, None, None)]
    for nothing in ({"until": NOW.isoformat()}, {"since": "2026-02-01T00:00:00"}):
        assert auditor.get("/v1/audit", params={"subject": "draft:77", **nothing}).json()["entries"] == []


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/verify"])
def test_the_trail_is_for_the_auditor_alone(plan: Engine, client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers=key(plan, "grids:read", "premises:read", tier="restricted")).status_code == 403
    assert client.get(path, headers=key(plan, "admin", tier="restricted")).status_code == 200
    assert client.get("/v1/premises", headers=key(plan, "audit:read")).status_code == 403


def test_the_trail_is_verified(plan: Engine, auditor: TestClient) -> None:
    with writing(plan) as session:
        head = sealing.seal(session)
    assert head is not None
    verdict = schemas.TrailVerdict.model_validate_json(auditor.get("/v1/audit/verify").content, extra="forbid")
    assert (verdict.whole, verdict.fault, verdict.unsealed) == (True, None, 0)
    assert verdict.head is not None
    assert verdict.head.digest == head.digest
    assert auditor.get("/v1/audit/verify", params={"head": head.digest}).json()["whole"]
    cut = auditor.get("/v1/audit/verify", params={"head": "00" * 32}).json()
    assert (cut["whole"], cut["fault"]["kind"]) == (False, "cut")
    assert auditor.get("/v1/audit/verify", params={"head": "no digest"}).status_code == 400
    with plan.begin() as connection:
        connection.execute(text("UPDATE microgrid.audit SET actor = '别人' WHERE number = 2"))
    changed = auditor.get("/v1/audit/verify").json()
    assert (changed["whole"], changed["fault"]["kind"], changed["fault"]["entry"]) == (False, "changed", 2)


def test_contacts_that_are_given_are_on_record(plan: Engine, client: TestClient) -> None:
    restricted = key(plan, "premises:read", tier="restricted")
    answer = client.get("/v1/premises", params={"bbox": "119.17,32.26,119.2,32.3"}, headers=restricted)
    given = [one["properties"].get("contact") for one in answer.json()["features"]]
    count = sum(contact is not None for contact in given)
    assert count > 0
    (entry,) = _restricted_reads(plan)
    assert (entry.actor, entry.subject, entry.detail) == (
        "key:平台",
        "layer:shops",
        {"fields": ["contact"], "rows": count},
    )


def test_who_sees_nothing_restricted_leaves_no_entry(plan: Engine, client: TestClient) -> None:
    assert client.get("/v1/premises", headers=key(plan, "premises:read", tier="internal")).status_code == 200
    restricted = key(plan, "premises:read", tier="restricted")
    assert client.get("/v1/premises", params={"kind": "building"}, headers=restricted).status_code == 200
    assert _restricted_reads(plan) == []


def test_what_cannot_be_put_on_record_is_not_given(plan: Engine, client: TestClient) -> None:
    restricted = key(plan, "premises:read", tier="restricted")
    with plan.begin() as connection:
        connection.execute(text("ALTER TABLE microgrid.audit ADD CONSTRAINT ck_audit_full CHECK (false) NOT VALID"))
    answer = client.get("/v1/premises", headers=restricted)
    assert answer.status_code == 400
    assert "contact" not in answer.text
