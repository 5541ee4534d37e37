"""The soak, cut short: two publications, a revoked key, a database that goes and comes, a killed worker."""

import pytest

from boundaries.cluster import find_programs
from tests.acceptance.soak import Course, soak

_DEEDS = ((1.0, "publish"), (3.0, "restart"), (14.0, "kill"), (18.0, "publish"), (20.0, "revoke"))


@pytest.mark.no_cover
@pytest.mark.skipif(not find_programs(), reason="there is no PostgreSQL on this machine to stop and start")
def test_what_is_answered_is_right_whatever_comes_and_goes() -> None:
    report = soak(Course(seconds=25.0, deeds=_DEEDS))
    assert report.violations(is_timed=False) == [], report.text()
    for kind in ("get", "post", "building", "place", "json", "packed", "arrow"):
        assert report.counts[kind, "200"] > 0
        assert report.counts[kind, "200 stale"] > 0
    assert report.counts["behind", "503"] > 0
    assert report.done == {"publish": 2, "restart": 1, "kill": 1, "revoke": 1}
    assert {number for number, _, _ in report.seen_s} == {3, 4}
