"""The shifted coordinates of Chinese map services."""

import numpy as np
import pytest

from geo.datum import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02

_DEGREE_M = 111_320.0


@pytest.mark.parametrize(("there", "back"), [(wgs84_to_gcj02, gcj02_to_wgs84), (wgs84_to_bd09, bd09_to_wgs84)])
def test_the_inverse_is_exact_to_a_tenth_of_a_millimetre(there, back):
    random = np.random.default_rng(7)
    lon, lat = random.uniform(74, 134, 50_000), random.uniform(4, 53, 50_000)
    again_lon, again_lat = back(*there(lon, lat))
    error_m = np.hypot((again_lon - lon) * _DEGREE_M, (again_lat - lat) * _DEGREE_M)
    assert error_m.max() < 1e-4


def test_yizheng_moves_by_half_a_kilometre():
    lon, lat = wgs84_to_gcj02(119.18, 32.27)
    east_m = (lon - 119.18) * _DEGREE_M * np.cos(np.radians(32.27))
    north_m = (lat - 32.27) * 110_900
    assert np.hypot(east_m, north_m) == pytest.approx(554, abs=3)
    assert np.degrees(np.arctan2(east_m, north_m)) == pytest.approx(113, abs=1)


@pytest.mark.parametrize("function", [wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84])
def test_outside_china_nothing_moves(function):
    lon, lat = function([24.94, -104.9], [60.17, 39.7])
    assert lon.tolist() == [24.94, -104.9]
    assert lat.tolist() == [60.17, 39.7]
