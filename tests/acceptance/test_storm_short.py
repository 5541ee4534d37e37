"""The storm, cut short: three planners, cut connections, a killed worker, publishing that may die."""

import pytest

from boundaries.cluster import find_programs
from tests.acceptance.storm import storm


@pytest.mark.no_cover
@pytest.mark.skipif(not find_programs(), reason="there is no PostgreSQL on this machine to stop and start")
def test_what_planners_are_told_is_there_at_the_end() -> None:
    report = storm(planners=3, seconds=10.0)
    assert report.faults == (), report.text()
    assert report.counts["edit 200"] > 0
