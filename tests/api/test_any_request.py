"""Requests of every form that the document allows, and of many that it does not: none makes the service fail."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from sqlalchemy import URL, Engine
from starlette.types import Receive, Scope, Send

from api.app import create_service
from api.settings import Settings
from boundaries.accounts import SCOPES
from tests.api.conftest import key, opened

# Requests of each route and each kind.
_EACH = 2


@pytest.fixture(scope="module")
def office(admin: Engine, server: URL, plan_template: str, settings: Settings) -> Iterator[tuple[Any, dict[str, str]]]:
    """The service as it is served, on a plan that anything may be done to, and a key that may do everything."""
    free = {"requests_per_minute": 0, "public_requests_per_minute": 0, "sign_ins_per_minute": 0, "public_per_second": 0}
    with opened(admin, server, plan_template, f"{plan_template}_any") as engine:
        headers = key(engine, *SCOPES, tier="restricted")
        service = create_service(engine=engine, settings=settings.model_copy(update=free))
        service.watch.begin()

        async def begun(scope: Scope, receive: Receive, send: Send) -> None:
            """The service without its lifespan, which every single client would begin and end."""
            if scope["type"] == "lifespan":
                for step in ("startup", "shutdown"):
                    await receive()
                    await send({"type": f"lifespan.{step}.complete"})
            else:
                await service(scope, receive, send)

        yield begun, headers
        service.watch.end()


@pytest.mark.no_cover
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_makes_the_service_fail(office: tuple[Any, dict[str, str]], mode: GenerationMode) -> None:
    service, headers = office
    schema = schemathesis.openapi.from_asgi("/openapi.json", service, headers=headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == len({(one.method, one.path) for one in operations}) > 40
    failed: list[str] = []
    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=mode))
        @examples(
            max_examples=_EACH,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        )
        def ask(case: Any) -> None:
            answer = case.call(headers=headers)
            if answer.status_code >= 500:
                failed.append(f"{answer.status_code} {case.as_curl_command()}")

        # Where a request has no part that could be wrong, there is none to send.
        with suppress(Unsatisfiable):
            ask()
    assert failed == []
