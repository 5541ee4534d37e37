import pytest

from maps.sheet import SheetSpec, sheet
from tests.maps.community import COMMUNITY, DAY, community


@pytest.fixture(scope="session")
def printed(tmp_path_factory):
    """The community on A3, with the path of its PDF."""
    made = sheet(community(), SheetSpec(date=DAY, area=COMMUNITY))
    path = tmp_path_factory.mktemp("sheet") / "community.pdf"
    path.write_bytes(made.data)
    return made.report, path
