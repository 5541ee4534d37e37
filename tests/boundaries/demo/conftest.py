import pytest

from boundaries.demo.town import Town, build_town


@pytest.fixture(scope="session")
def town() -> Town:
    return build_town()
