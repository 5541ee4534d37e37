"""Coordinate systems: what may come in, the storage grid, the metric plane."""

import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, box

from geo.crs import parse_crs, round_to_storage, to_storage
from geo.errors import CrsProblem
from geo.metric import Metric, centre, metric_crs_for


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EPSG:4490", "EPSG:4490"),
        ("gcj02", "GCJ-02"),
        ("BD-09", "BD-09"),
        ("EPSG:4979", "EPSG:4326"),
        ("EPSG:2232", "EPSG:2232"),
    ],
)
def test_accepted_systems(text, name):
    assert parse_crs(text).name == name


@pytest.mark.parametrize(
    "text", ["EPSG:4610", "EPSG:2333", "EPSG:4214", "EPSG:5174", "EPSG:999999", "没有", "", None, "EPSG:4978"]
)
def test_refused_systems_say_what_to_do_in_both_languages(text):
    with pytest.raises(CrsProblem) as refusal:
        parse_crs(text)
    assert "EPSG" in refusal.value.zh
    assert "EPSG" in refusal.value.en


def test_rounding_is_half_to_even_without_negative_zero():
    rounded = round_to_storage(np.array([-1e-10, 119.1234567891, 0.0000000005]))
    assert rounded.tolist() == [0.0, 119.123456789, 0.0]
    assert not np.signbit(rounded).any()


def test_storage_survives_the_metric_plane_bit_for_bit():
    random = np.random.default_rng(11)
    stored = round_to_storage(np.column_stack([random.uniform(118.5, 121.5, 20_000), random.uniform(32, 33, 20_000)]))
    points = shapely.points(stored)
    metric = Metric(parse_crs("EPSG:4490"), "EPSG:4549")
    again = to_storage(metric.to_plane(points), parse_crs("EPSG:4549"))
    assert np.array_equal(shapely.get_coordinates(again), stored)


def test_gcj02_is_shifted_back_on_the_way_in():
    stored = to_storage(Point(119.1845, 32.2680), parse_crs("GCJ-02"))
    away = to_storage(Point(119.1845, 32.2680), parse_crs("EPSG:4490"))
    assert stored.distance(away) * 100_000 == pytest.approx(535, abs=60)


def test_axes_out_of_range_are_refused():
    with pytest.raises(CrsProblem):
        to_storage(Point(1e12, 1e12), parse_crs("EPSG:4549"))


def test_feet_are_measured_in_metres():
    square_of_100_feet = box(3_100_000, 1_700_000, 3_100_100, 1_700_100)
    metric = Metric.of(parse_crs("EPSG:2232"), square_of_100_feet)
    assert metric.area_m2(square_of_100_feet) == pytest.approx(30.48006**2, rel=1e-6)


def test_web_mercator_is_not_measured_in_its_own_plane():
    source = parse_crs("EPSG:3857")
    square = box(13_267_000, 3_798_000, 13_267_100, 3_798_100)
    assert Metric.of(source, square).area_m2(square) == pytest.approx(10_000 * np.cos(np.radians(32.27)) ** 2, rel=0.01)


def test_the_nearest_meridian_is_chosen():
    assert metric_crs_for(119.18) == "EPSG:4549"
    assert metric_crs_for(75.2) == "EPSG:4534"
    assert "+lon_0=24" in metric_crs_for(24.94)


def test_width_of_a_rectangle_is_exact():
    metric = Metric(parse_crs("EPSG:4549"), "EPSG:4549")
    strips = [box(0, 0, 100, 0.2), box(0, 0, 5, 5), Polygon()]
    assert metric.width_m(np.array(strips)).tolist() == pytest.approx([0.2, 5.0, 0.0])
    assert metric.length_m(strips[0]) == pytest.approx(200.4)


def test_the_centre_lies_inside_a_bent_shape():
    bent = Polygon([(0, 0), (10, 0), (10, 10), (9, 10), (9, 1), (0, 1)])
    assert bent.contains(Point(centre(bent)))
