"""What the verbs that read a database share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine

from boundaries.store.engine import connect, database_address
from tests.boundaries import plans
from tests.conftest import copied


@pytest.fixture(scope="session")
def office_template(admin: Engine, server: URL, template: str) -> Iterator[str]:
    """Name of a database whose generation 1 is the plan of ``tests.boundaries.plans``."""
    with copied(admin, server, template) as url:
        engine = connect(url)
        plans.published(engine)
        engine.dispose()
        yield str(database_address(url).database)
