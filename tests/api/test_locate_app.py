"""Look-ups from memory: the same answers as PostGIS, and what only memory can do."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from api.app import create_app, create_service
from api.schemas.locate import Located
from api.settings import Settings
from boundaries.model import MicroGrid, Person
from boundaries.services import journal
from boundaries.services.drafting import open_draft
from boundaries.services.keys import list_keys, revoke_key
from boundaries.services.publishing import publish
from boundaries.store import releases, states
from boundaries.store.engine import reading, writing
from boundaries.store.people import put_people
from boundaries.store.trail import Sought
from geo.crs import parse_crs, project
from geo.datum import wgs84_to_gcj02
from tests.api.conftest import NOW, SOUTH, STEP, TODAY, WEST, key, open_public_tier, square

CORE = ("generation", "micro_grid", "dedicated", "responsible", "areas", "on_border", "in_gap", "outside")
PATIENCE_S = 15.0


@contextmanager
def serving(engine: Engine, settings: Settings, **headers: str) -> Iterator[TestClient]:
    with TestClient(create_service(engine=engine, settings=settings), headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def served(shared_plan: Engine, settings: Settings) -> Iterator[TestClient]:
    with serving(shared_plan, settings, **key(shared_plan, "locate", tier="internal")) as client:
        yield client


def place(column: float, row: float) -> dict[str, str]:
    return {"x": repr(round(WEST + column * STEP, 9)), "y": repr(round(SOUTH + row * STEP, 9)), "crs": "EPSG:4490"}


def ask(client: TestClient, column: float, row: float, **more: str) -> dict[str, object]:
    answer = client.get("/v1/locate", params={**place(column, row), **more})
    assert answer.status_code == 200, answer.text
    Located.model_validate_json(answer.content, extra="forbid")
    found: dict[str, object] = answer.json()
    return found


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def without_people(told: object) -> object:
    if isinstance(told, dict):
        return {name: without_people(value) for name, value in told.items() if name != "people"}
    return [without_people(value) for value in told] if isinstance(told, list) else told


@pytest.mark.parametrize("for_", ["", "household", "shop"])
def test_memory_and_postgis_answer_alike(served: TestClient, reader: TestClient, for_: str) -> None:
    more = {"for": for_} if for_ else {}
    for column in (-0.5, 0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 4.5):
        for row in (-0.5, 0, 0.5, 1, 1.5, 2, 2.5):
            ours, theirs = ask(served, column, row, **more), ask(reader, column, row, **more)
            assert [without_people(ours[name]) for name in CORE] == [theirs[name] for name in CORE]


def test_an_answer_names_the_people_in_charge_as_the_tier_allows(plan: Engine, settings: Settings) -> None:
    open_public_tier(plan)
    with serving(plan, settings) as client:
        first = ask(client, 0.5, 0.5)["micro_grid"]["people"]  # type: ignore[index]
        assert first == [{"name": "张三", "role": "liaison", "role_name": "联络员", "phone": None}]
        second = ask(client, 1.5, 0.5)["micro_grid"]["people"]  # type: ignore[index]
        assert second[0]["phone"] == "13800000003"
        client.headers.update(key(plan, "locate", tier="restricted"))
        until(lambda: client.get("/v1/locate", params=place(0.5, 0.5)).status_code == 200)
        assert ask(client, 0.5, 0.5)["micro_grid"]["people"][0]["phone"] == "13800000002"  # type: ignore[index]


def test_an_answer_tells_the_nearest_building(served: TestClient) -> None:
    assert ask(served, 0.5, 0.5)["building"] == {
        "code": "B1",
        "number": "1幢",
        "label": "锦绣花园1幢",
        "distance_m": 0.0,
    }
    aside = ask(served, 0.9, 0.5)["building"]
    assert (aside["code"], aside["distance_m"]) == ("B1", pytest.approx(37.7, abs=0.2))  # type: ignore[index]
    assert "building" not in ask(served, 3, 0.5)


def test_near_grids_come_by_distance(served: TestClient) -> None:
    near = ask(served, 0.9, 0.5, within_m="60")["near"]
    assert [(grid["code"], grid["distance_m"]) for grid in near] == [  # type: ignore[attr-defined]
        ("C1-01", 0.0),
        ("C1-02", pytest.approx(9.4, abs=0.1)),
        ("C1-03", pytest.approx(55.4, abs=0.1)),
        ("C1-04", pytest.approx(56.2, abs=0.1)),
    ]
    assert ask(served, 0.5, 0.5, within_m="1")["near"] == [{"code": "C1-01", "name": "第一微网格", "distance_m": 0.0}]


@pytest.mark.parametrize("column", [0.5, 1.0, 9.0])
def test_one_point_by_post_is_answered_as_by_get(served: TestClient, column: float) -> None:
    by_get = ask(served, column, 0.5, **{"for": "shop"})
    values = {name: float(value) if name != "crs" else value for name, value in place(column, 0.5).items()}
    assert served.post("/v1/locate", json={**values, "for": "shop"}).json() == by_get


def test_shifted_and_projected_points_come_to_the_same_grid(served: TestClient) -> None:
    lon, lat = float(place(0.5, 0.5)["x"]), float(place(0.5, 0.5)["y"])
    shifted = [float(value) for value in wgs84_to_gcj02(lon, lat)]
    projected = project(np.array([[lon, lat]]), parse_crs("EPSG:4490"), "EPSG:4549")[0].tolist()
    for crs, (x, y) in (("GCJ-02", shifted), ("gcj02", shifted), ("EPSG:4549", projected)):
        found = served.get("/v1/locate", params={"x": x, "y": y, "crs": crs}).json()
        assert found["micro_grid"]["code"] == "C1-01"
        assert found["building"]["distance_m"] == 0.0


@pytest.mark.parametrize(
    ("query", "slug", "text"),
    [
        ("x=32.2705&y=119.1805&crs=EPSG:4490", "bad-input", "颠倒"),
        ("x=32.2705&y=119.1805&crs=EPSG:4490&within_m=50", "bad-input", "颠倒"),
        ("x=500000&y=3570000&crs=EPSG:4490", "bad-input", "不是 EPSG:4490 的经纬度"),
        ("x=nan&y=32.2&crs=EPSG:4490", "bad-request", "x"),
        ("x=1e999&y=32.2&crs=EPSG:4490", "bad-request", "x"),
        ("x=119&y=32", "bad-request", "crs"),
        ("x=119&y=32&crs=nonsense", "coordinate-system", "nonsense"),
        ("x=119&y=32&crs=EPSG:4610", "coordinate-system", "EPSG:4610"),
        ("x=1e300&y=1e300&crs=EPSG:4549", "coordinate-system", "EPSG:4549"),
        ("x=119&y=32&crs=" + "E" * 101, "bad-request", "crs"),
        ("x=119&y=32&crs=EPSG:4490&place=x", "bad-input", "只能用一种方式"),
        ("x=119&y=32&crs=EPSG:4490&cat=1", "bad-request", "cat"),
        ("x=119&y=32&crs=EPSG:4490&within_m=9e9", "bad-request", "within_m"),
        ("place=", "bad-request", "place"),
        ("", "bad-request", "x"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(
    served: TestClient, query: str, slug: str, text: str
) -> None:
    answer = served.get(f"/v1/locate?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{slug}"), answer.text
    assert text in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("point", [("0", "0"), ("-179.9", "-89.9"), ("119.18", "-32.27"), ("1e-320", "5")])
@pytest.mark.parametrize("crs", ["EPSG:4490", "GCJ-02"])
def test_anywhere_else_is_outside(served: TestClient, point: tuple[str, str], crs: str) -> None:
    found = served.get("/v1/locate", params={"x": point[0], "y": point[1], "crs": crs, "within_m": "50"}).json()
    assert (found["outside"], found["near"], found["micro_grid"]) == (True, [], None)


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09", "EPSG:4490", "EPSG:4326", "EPSG:3857"])
@pytest.mark.parametrize("value", ["1e300", "-1e308", "1e7", "1e-300"])
def test_numbers_beyond_all_measure_are_no_fault_of_ours(served: TestClient, crs: str, value: str) -> None:
    for query in (f"x={value}&y=32&crs={crs}", f"x=119&y={value}&crs={crs}"):
        assert served.get(f"/v1/locate?{query}").status_code in (200, 400)


def test_premises_are_found_by_code_and_by_address(served: TestClient) -> None:
    for query in ({"building": "b1"}, {"place": "锦绣花园1栋"}, {"place": "锦绣花园1号楼1单元"}):
        found = served.get("/v1/locate", params=query).json()
        assert (found["responsible"]["code"], found["premises"]["label"]) == ("C1-01", "锦绣花园1幢")
    by_credit = served.get("/v1/locate", params={"shop": "91321081ma1x"}).json()
    assert by_credit["responsible"] == {"code": "C1-02", "reason": "dedicated"}
    assert served.get("/v1/locate", params={"place": "锦绣花园9幢"}).status_code == 404


def test_a_shop_is_not_found_by_its_code_without_the_internal_tier(plan: Engine, settings: Settings) -> None:
    open_public_tier(plan)
    with serving(plan, settings) as client:
        assert client.get("/v1/locate?shop=S1").status_code == 403
        found = client.get("/v1/locate", params={"place": "人民路12号"}).json()
        assert found["premises"] == {"kind": "shop", "label": "顺发超市(人民路12号)"}


def test_many_points_in_one_request(served: TestClient) -> None:
    xs = [round(WEST + column * STEP, 9) for column in (0.5, 1.5, 9.0)]
    points = [[x, round(SOUTH + 0.5 * STEP, 9)] for x in xs]
    answer = served.post("/v1/locate", json={"crs": "EPSG:4490", "points": points})
    assert answer.headers["microgrid-generation"] == "1"
    assert answer.json() == {
        "generation": 1,
        "micro_grid": ["C1-01", "C1-02", None],
        "area": ["C1", "C1", None],
        "on_border": [False] * 3,
        "in_gap": [False] * 3,
    }
    codes = served.get("/v1/locate/table").json()
    assert codes["generation"] == 1
    assert codes["codes"][0] == "C1-01"


def test_an_answer_is_tagged_and_not_sent_twice(served: TestClient) -> None:
    first = served.get("/v1/locate", params=place(0.5, 0.5))
    tag = first.headers["etag"]
    assert tag.startswith('"1-')
    assert first.headers["cache-control"] == "private, no-cache"
    again = served.get("/v1/locate", params=place(0.5, 0.5), headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_new_generation_is_switched_to_by_itself(plan: Engine, settings: Settings) -> None:
    with serving(plan, settings, **key(plan, "locate")) as client:
        assert ask(client, 0.5, 0.5)["generation"] == 1
        tag = client.get("/v1/locate", params=place(0.5, 0.5)).headers["etag"]
        _recode(plan, "C1-01", "C1-91")
        until(lambda: ask(client, 0.5, 0.5)["generation"] == 2)
        assert ask(client, 0.5, 0.5)["responsible"] == {"code": "C1-91", "reason": "contains"}
        assert client.get("/v1/locate", params=place(0.5, 0.5), headers={"If-None-Match": tag}).status_code == 200
        # The one before is history now, answered by PostGIS, without the people of today.
        old = ask(client, 0.5, 0.5, generation="1")
        assert (old["generation"], old["responsible"]["code"]) == (1, "C1-01")  # type: ignore[index]
        assert "people" not in old["micro_grid"]  # type: ignore[operator]


def test_people_and_keys_change_at_once(plan: Engine, settings: Settings) -> None:
    mine = key(plan, "locate", tier="restricted")
    with serving(plan, settings, **mine) as client:
        with writing(plan) as session:
            put_people(session, [Person(0, "王五", "liaison", "C1-04", since=TODAY)], source_id=None, today=TODAY)
        until(lambda: bool(ask(client, 1.5, 1.5)["micro_grid"]["people"]))  # type: ignore[index]
        with writing(plan) as session:
            revoke_key(session, list_keys(session)[-1].id, actor="tester", now=NOW)
        until(lambda: client.get("/v1/locate", params=place(0.5, 0.5)).status_code == 401)
        client.headers.update(key(plan, "locate"))
        until(lambda: client.get("/v1/locate", params=place(0.5, 0.5)).status_code == 200)


def test_phones_that_are_not_published_are_on_record_by_who_was_shown_them(plan: Engine, settings: Settings) -> None:
    with writing(plan) as session:
        put_people(
            session,
            [Person(0, "王五", "liaison", "C1-04", phone="13800000000", since=TODAY)],
            source_id=None,
            today=TODAY,
        )
    mine, others = key(plan, "locate", tier="restricted"), key(plan, "locate", tier="internal")
    with serving(plan, settings) as client:
        for headers in (mine, mine, others):
            client.get("/v1/locate", params=place(1.5, 1.5), headers=headers)
        # This one has a phone that is published.
        assert client.get("/v1/locate", params=place(1.5, 0.5), headers=mine).status_code == 200
    with reading(plan) as session:
        (entry,) = journal.every_entry(session, sought=Sought(action="read.restricted"))
    assert (entry.actor, entry.detail) == ("key:平台", {"fields": ["phone"], "answers": 2})


def test_without_the_database_the_last_generation_is_served_and_says_so(
    plan: Engine, admin: Engine, settings: Settings
) -> None:
    with serving(plan, settings, **key(plan, "locate")) as client:
        assert "microgrid-stale-since" not in client.get("/v1/locate", params=place(0.5, 0.5)).headers
        ready = client.get("/readyz").json()
        assert (ready["status"], ready["generation"], ready["served"], ready["refusal"]) == ("ready", 1, 1, None)
        assert ready["jobs_waiting"] == 0
        assert ready["sealed_at"] is not None
        with _gone(admin, str(plan.url.database)):
            until(lambda: "microgrid-stale-since" in client.get("/v1/locate", params=place(0.5, 0.5)).headers)
            assert ask(client, 0.5, 0.5)["responsible"]["code"] == "C1-01"  # type: ignore[index]
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["status"], ready.json()["served"]) == (200, "stale", 1)
            assert "microgrid_locate_stale 1.0" in client.get("/metrics").text
            assert client.get("/v1/locate", params={**place(0.5, 0.5), "date": "2026-02-01"}).status_code == 503
        until(lambda: "microgrid-stale-since" not in client.get("/v1/locate", params=place(0.5, 0.5)).headers)
        assert client.get("/readyz").json()["status"] == "ready"


def test_a_doubtful_generation_is_answered_by_postgis_and_named(plan: Engine, settings: Settings) -> None:
    with writing(plan) as session:
        draft = open_draft(session, name="重叠", actor="tester", now=NOW)
        over = MicroGrid(0, 0, "C1-09", "重叠网格", "C1", square(0, 0, 2, 1))
        states.put_grids(session, draft.id, [over], source_id=None)
        # Publishing refuses overlaps, so the generation is made past it.
        releases.add_generation(session, draft.id, newest=1, actor="tester", now=NOW, note="", summary={})
        releases.turn(session, draft.id, 2)
    with serving(plan, settings, **key(plan, "locate")) as client:
        assert ask(client, 0.5, 0.5)["generation"] == 2
        assert "C1-01" in client.get("/readyz").json()["refusal"]
        many = client.post("/v1/locate", json={"crs": "EPSG:4490", "points": [[119.1805, 32.2705]]})
        assert (many.status_code, many.json()["type"]) == (503, "/problems/unavailable")
        assert "C1-01" in many.json()["detail"]


def test_counts_and_pace(plan: Engine) -> None:
    slow = Settings(lang="zh", key_per_second=1.0)
    with serving(plan, slow, **key(plan, "locate")) as client:
        statuses = [client.get("/v1/locate", params=place(0.5, 0.5)).status_code for _ in range(8)]
        assert statuses[:5] == [200] * 5
        assert statuses[-1] == 429
        refused = client.get("/v1/locate", params=place(0.5, 0.5), headers={"Accept-Language": "en"})
        assert int(refused.headers["retry-after"]) >= 1
        assert "at most 1 a second" in refused.json()["detail"]
        counted = client.get("/metrics").text
    assert 'microgrid_locate_requests_total{kind="point",status="200"}' in counted
    assert 'microgrid_locate_requests_total{kind="point",status="429"}' in counted


def test_before_the_first_generation_many_points_are_refused_with_the_reason(
    database: Engine, settings: Settings
) -> None:
    with serving(database, settings, **key(database, "locate")) as client:
        many = client.post("/v1/locate", json={"crs": "EPSG:4490", "points": [[1, 2]]})
        assert (many.status_code, many.json()["type"]) == (404, "/problems/not-found")
        assert client.get("/v1/locate", params=place(0.5, 0.5)).status_code == 404


def test_the_framework_alone_says_that_there_is_no_index(shared_plan: Engine, settings: Settings) -> None:
    client = TestClient(create_app(engine=shared_plan, settings=settings), headers=key(shared_plan, "locate"))
    assert client.post("/v1/locate", json={"crs": "EPSG:4490", "points": []}).status_code == 503


def _recode(engine: Engine, old: str, new: str) -> None:
    with writing(engine) as session:
        draft = open_draft(session, name="换码", actor="tester", now=NOW)
        session.execute(
            text(
                "INSERT INTO microgrid.micro_grid_code (code, micro_grid_id)"
                " SELECT :new, micro_grid_id FROM microgrid.micro_grid_code WHERE code = :old"
            ),
            {"new": new, "old": old},
        )
        states.put_grids(session, draft.id, [MicroGrid(0, 0, new, "第一微网格", "C1", square(0, 0))], source_id=None)
    publish(engine, draft.id, check=lambda _: (), actor="tester", four_eyes=False, now=NOW, today=TODAY, note="")


@contextmanager
def _gone(admin: Engine, database: str) -> Iterator[None]:
    """A database that nobody reaches."""
    with admin.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false'))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": database}
        )
        yield
        connection.execute(text(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true'))
