"""How often who may ask, and whose word is taken for where a request comes from."""

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.pace import Paces, address_of
from api.problems import TooMany
from api.settings import Settings

PROXIES = frozenset({"10.0.0.1", "10.0.0.2"})


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1 , 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", " , ", "10.0.0.1"),
    ],
)
def test_only_known_proxies_are_believed(client: str, forwarded: str, address: str) -> None:
    assert address_of(client, forwarded, PROXIES) == address


def test_each_has_a_pace_of_its_own_and_none_where_it_is_not_set() -> None:
    paces = Paces(per_caller=2, per_address=0, sign_ins=0)
    for who in ("li", "zhou"):
        paces.of_caller(who)
        paces.of_caller(who)
        with pytest.raises(TooMany) as refusal:
            paces.of_caller(who)
        assert refusal.value.retry_after_s >= 1
    free = Paces(per_caller=0, per_address=0, sign_ins=0)
    for _ in range(100):
        free.of_caller("li")


def test_one_address_behind_a_proxy_does_not_lock_out_another(plan: Engine, settings: Settings) -> None:
    changed = settings.model_copy(update={"public_requests_per_minute": 2, "proxies": ("testclient", "10.0.0.1")})
    client = TestClient(create_app(engine=plan, settings=changed))
    for address in ("198.51.100.1", "198.51.100.2"):
        statuses = [client.get("/v1/areas", headers={"X-Forwarded-For": address}).status_code for _ in range(3)]
        assert statuses == [401, 401, 429]
