"""Who may ask and how often, and what is counted."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine

from api.auth import PUBLIC, Caller
from api.locating.counters import STATUSES, Counters, new_board
from api.locating.gate import Access, Pace
from api.locating.question import quick, read_body, read_query
from api.problems import KeyNeeded, TooMany
from boundaries.errors import BadInput, Forbidden
from boundaries.services.keys import create_key, read_ring
from boundaries.store.engine import writing


def test_keys_in_memory_open_what_they_open_in_the_database(database: Engine) -> None:
    now = datetime.now(UTC)
    with writing(database) as session:
        _, good = create_key(session, name="平台", scopes=["locate"], tier="internal", actor="t", now=now)
        _, other = create_key(session, name="页面", scopes=["grids:read"], tier="public", actor="t", now=now)
        soon = now + timedelta(seconds=1)
        _, short = create_key(session, name="短", scopes=["locate"], tier="public", actor="t", now=now, expires=soon)
        ring = read_ring(session)
    access = Access(ring, is_public=False)
    for _ in range(2):
        assert access.caller({b"x-api-key": good.encode()}, "GET", scope="locate").tier == "internal"
    with pytest.raises(Forbidden):
        access.caller({b"x-api-key": other.encode()}, "GET", scope="locate")
    assert access.caller({b"x-api-key": other.encode()}, "GET", scope=None).name == "页面"
    for wrong in (b"", b"mg_1_x", good.encode()[:-1] + b"!", b"mg_999_" + good.encode().rpartition(b"_")[2]):
        with pytest.raises(KeyNeeded):
            access.caller({b"x-api-key": wrong}, "GET", scope="locate")
    with pytest.raises(KeyNeeded):
        access.caller({}, "GET", scope="locate")
    assert Access(ring, is_public=True).caller({}, "GET", scope="locate") is PUBLIC
    assert access.caller({b"x-api-key": short.encode()}, "GET", scope="locate").name == "短"
    assert ring.find(short, now + timedelta(seconds=2)) is None


def test_a_caller_has_a_pace_of_its_own() -> None:
    pace = Pace(key_per_second=2.0, public_per_second=0.0)
    one, other = (Caller(name, "public", frozenset({"locate"})) for name in ("甲", "乙"))
    for _ in range(10):
        pace.take(one, "")
    with pytest.raises(TooMany) as refusal:
        pace.take(one, "")
    assert refusal.value.retry_after_s >= 1
    pace.take(other, "")
    for _ in range(1_000):
        pace.take(PUBLIC, "127.0.0.1")


def test_processes_count_together_and_the_counts_of_the_dead_stay() -> None:
    board = new_board()
    try:
        one = Counters(board)
        one.count_quick(0.0002)
        one.count("json", 200, points=1_000)
        one.count("point", 418)
        text = one.text(generation=3, is_stale=True).decode()
        assert 'microgrid_locate_requests_total{kind="point",status="200"} 1.0' in text
        assert 'microgrid_locate_points_total{kind="json"} 1000.0' in text
        assert 'microgrid_locate_requests_total{kind="point",status="400"} 1.0' in text
        assert 'microgrid_locate_seconds_bucket{le="0.00025"} 1.0' in text
        assert "microgrid_locate_generation 3.0" in text
        assert "microgrid_locate_stale 1.0" in text
        assert 418 not in STATUSES
    finally:
        board.unlink()
    assert Counters().text(generation=None, is_stale=False) != text


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (b"x=1.5&y=2&crs=EPSG:4490", (1.5, 2.0, b"EPSG:4490", False)),
        (b"crs=GCJ-02&for=shop&y=-2&x=1e1", (10.0, -2.0, b"GCJ-02", True)),
        (b"x=1&y=2&crs=EPSG%3A4490&for=household", (1.0, 2.0, b"EPSG%3A4490", False)),
        (b"x=1&y=2", None),
        (b"x=&y=2&crs=EPSG:4490", None),
        (b"x=1&y=2&crs=EPSG:4490&for=cat", None),
        (b"x=1&y=2&crs=EPSG:4490&unit=2", None),
        (b"", None),
    ],
)
def test_the_usual_question_is_read_quickly_or_not_at_all(
    query: bytes, answer: tuple[float, float, bytes, bool] | None
) -> None:
    assert quick(query) == answer


def test_a_question_names_one_place() -> None:
    assert read_query(b"place=%E9%94%A6%E7%BB%A33%E5%B9%A2&for=shop").for_ == "shop"
    assert read_body(b'{"x": 1, "y": 2, "crs": "EPSG:4490", "for": "household"}').x == 1.0
    with pytest.raises(BadInput, match="x, building"):
        read_query(b"x=1&building=B1")
    with pytest.raises(BadInput, match="building, shop"):
        read_query(b"building=B1&shop=S1")
    for body in (b"[]", b"{", b'{"x": "NaN", "y": 1, "crs": "EPSG:4490"}', b'{"x": 1, "y": 2}', b'{"cat": 1}', b""):
        with pytest.raises(RequestValidationError):
            read_body(body)


def test_a_key_is_noted_as_used_and_a_session_is_left_to_the_framework(database: Engine) -> None:
    with writing(database) as session:
        key, text = create_key(session, name="平台", scopes=["locate"], tier="public", actor="t", now=datetime.now(UTC))
        access = Access(read_ring(session), is_public=False)
    assert access.take_used() == frozenset()
    for _ in range(3):
        access.caller({b"x-api-key": text.encode()}, "GET", scope="locate")
    assert access.take_used() == {key.id}
    assert access.take_used() == frozenset()
    cookie = {b"cookie": b"a=1; microgrid_session=x"}
    assert access.leaves_to_sessions(cookie)
    assert not access.leaves_to_sessions({**cookie, b"x-api-key": text.encode()})
    assert not access.leaves_to_sessions({b"cookie": b"a=1"})
    assert not Access(access.ring, is_public=True).leaves_to_sessions(cookie)
