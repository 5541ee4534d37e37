"""People with accounts, who sign in as a browser does."""

from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Engine
from starlette.testclient import TestClient

from boundaries.accounts import HeldRole, PasswordRule
from boundaries.services.accounts import create_account, set_password, set_roles
from boundaries.services.passwords import new_hash
from boundaries.store.engine import writing

PASSWORD = "Yangtze-2026"  # noqa: S105  of people of the tests
ORIGIN = {"Origin": "http://testserver"}


def person(
    engine: Engine,
    name: str,
    *roles: HeldRole,
    password: str = PASSWORD,
    must_change: bool = False,
    small: bool = False,
) -> None:
    """An account with these roles."""
    now = datetime.now(UTC)
    made = _hashed(password)
    with writing(engine) as session:
        create_account(session, name=name, display_name=name, password_hash=made, actor="tester", now=now)
        set_roles(session, name, roles, is_small_office=small, actor="tester", now=now)
        set_password(session, name, made, actor="tester", now=now, must_change=must_change)


@lru_cache
def _hashed(password: str) -> str:
    return new_hash(password, name="nobody", rule=PasswordRule())


def sign_in(client: TestClient, name: str, password: str = PASSWORD) -> int:
    """Sign in and keep the cookie; the status of the answer."""
    return client.post("/v1/session", json={"name": name, "password": password}, headers=ORIGIN).status_code
