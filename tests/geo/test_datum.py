"""The shifted coordinates of Chinese map services."""

import math
from itertools import product

import numpy as np
import pytest

from geo.datum import (
    bd09_to_wgs84,
    bd09_to_wgs84_one,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    gcj02_to_wgs84_one,
    prepare_gcj02,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

_DEGREE_M = 111_320.0
_MILLIMETRE = 1e-3
_ALL = (wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84, gcj02_to_bd09)
_BACK = (gcj02_to_wgs84, bd09_to_wgs84)
_BACK_ONE = ((gcj02_to_wgs84, gcj02_to_wgs84_one), (bd09_to_wgs84, bd09_to_wgs84_one))


def _published_gcj(lon, lat):
    """The published formula, with the sines of the library."""
    x, y, pi = lon - 105.0, lat - 35.0, np.pi
    ripple = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + ripple
    east += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + ripple
    north += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    a, e2, phi = 6378245.0, 0.00669342162296594323, lat / 180.0 * pi
    magic = 1 - e2 * np.sin(phi) ** 2
    east_degrees = east * 180.0 / (a / np.sqrt(magic) * np.cos(phi) * pi)
    return lon + east_degrees, lat + north * 180.0 / (a * (1 - e2) / (magic * np.sqrt(magic)) * pi)


def _published_bd(lon, lat):
    x, y = _published_gcj(lon, lat)
    wave = np.pi * 3000.0 / 180.0
    radius = np.sqrt(x * x + y * y) + 0.00002 * np.sin(y * wave)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * wave)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


_PUBLISHED = ((wgs84_to_gcj02, _published_gcj), (wgs84_to_bd09, _published_bd))
_INVERSES = ((gcj02_to_wgs84, _published_gcj), (bd09_to_wgs84, _published_bd))


def _distance_m(lon, lat, other_lon, other_lat):
    return np.hypot((lon - other_lon) * _DEGREE_M * np.cos(np.radians(lat)), (lat - other_lat) * _DEGREE_M)


def _exact_inverse(published, lon, lat):
    x, y = lon, lat
    for _ in range(9):
        there_x, there_y = published(x, y)
        x, y = x + (lon - there_x), y + (lat - there_y)
    return x, y


def _all_over_china(count, seed=7):
    """Positions everywhere, among them where the shift is least smooth and along the rectangle's edges."""
    random = np.random.default_rng(seed)
    lon, lat = random.uniform(72.02, 137.82, count), random.uniform(0.84, 55.81, count)
    few = count // 10
    lon[:few] = 105.0 + random.uniform(-0.01, 0.02, few)
    lon[few : 2 * few] = random.choice([72.02, 137.82], few) + random.uniform(-0.002, 0.002, few)
    lat[2 * few : 3 * few] = random.choice([0.84, 55.81], few) + random.uniform(-0.002, 0.002, few)
    return lon, lat


@pytest.mark.parametrize(("ours", "published"), _PUBLISHED)
def test_the_forward_shift_is_the_published_one(ours, published):
    lon, lat = _all_over_china(100_000)
    assert np.abs(np.subtract(ours(lon, lat), published(lon, lat))).max() < 2e-13


@pytest.mark.parametrize(("ours", "published"), _INVERSES)
def test_the_inverse_is_within_a_millimetre_all_over_china(ours, published):
    lon, lat = _all_over_china(200_000)
    back = ours(lon, lat)
    assert _distance_m(*back, *_exact_inverse(published, lon, lat)).max() < _MILLIMETRE
    assert _distance_m(*published(*back), lon, lat).max() < _MILLIMETRE


@pytest.mark.parametrize(("there", "back"), [(wgs84_to_gcj02, gcj02_to_wgs84), (wgs84_to_bd09, bd09_to_wgs84)])
def test_there_and_back_ends_within_a_millimetre(there, back):
    random = np.random.default_rng(8)
    lon, lat = random.uniform(116.0, 116.3, 50_000), random.uniform(39.8, 40.0, 50_000)
    assert _distance_m(*back(*there(lon, lat)), lon, lat).max() < _MILLIMETRE


def test_yizheng_moves_by_half_a_kilometre():
    lon, lat = wgs84_to_gcj02(119.18, 32.27)
    east_m = (lon - 119.18) * _DEGREE_M * np.cos(np.radians(32.27))
    north_m = (lat - 32.27) * 110_900
    assert np.hypot(east_m, north_m) == pytest.approx(554, abs=3)
    assert np.degrees(np.arctan2(east_m, north_m)) == pytest.approx(113, abs=1)


def _hard_positions():
    """Random ones in a city, nodes and tile edges with their neighbours, both sides of 105 E, rectangle, outside."""
    random = np.random.default_rng(11)
    city = np.stack((random.uniform(104.7, 105.0, 60_000), random.uniform(28.6, 28.9, 60_000)), axis=1)
    kink = np.stack((random.uniform(104.995, 105.015, 5_000), random.uniform(28.6, 28.9, 5_000)), axis=1)
    nodes = np.floor(city[:20_000] * 1024) / 1024
    tiles = np.floor(city[:9_000] * 16) / 16
    tiles[::2, 1], tiles[1::4, 0] = city[:9_000:2, 1], city[1:9_000:4, 0]
    corners = np.array([*product((72.004, 137.8347), (0.8293, 55.8271)), (105.0, 30.0), (105.0078125, 30.0)])
    beside = [np.nextafter(places, to) for places in (nodes[:5_000], tiles, corners) for to in (0.0, 200.0)]
    far = np.stack((random.uniform(60, 150, 1_000), random.uniform(-10, 70, 1_000)), axis=1)
    return np.concatenate([city, kink, nodes, tiles, corners, *beside, far])


@pytest.mark.parametrize(("many", "one"), _BACK_ONE)
def test_one_point_gets_the_same_bits_as_many(many, one):
    places = _hard_positions()
    assert len(places) > 100_000
    # Only a part of what is asked for, so that kept and new nodes are both met.
    prepare_gcj02((104.72, 28.62, 104.98, 28.9))
    lon, lat = many(*places.T)
    single = np.array([one(x, y) for x, y in places.tolist()])
    assert np.array_equal(single, np.stack((lon, lat), axis=1))


@pytest.mark.parametrize(
    ("function", "place", "bits"),
    [
        (gcj02_to_wgs84_one, (119.18, 32.27), (119.17461037784895, 32.27197594536828)),
        (gcj02_to_wgs84_one, (105.004, 29.35), (105.00102216142939, 29.352830966512045)),
        (gcj02_to_wgs84_one, (87.6, 43.8), (87.59716115155203, 43.79878744299923)),
        (bd09_to_wgs84_one, (119.18, 32.27), (119.1681845442365, 32.26569649813594)),
        (bd09_to_wgs84_one, (105.004, 29.35), (104.99464315648459, 29.3465425824051)),
        (bd09_to_wgs84_one, (87.6, 43.8), (87.59078978158671, 43.792537619024564)),
    ],
)
def test_every_machine_gives_the_same_bits(function, place, bits):
    assert function(*place) == bits


@pytest.mark.parametrize("function", _ALL)
def test_a_batch_cut_or_shuffled_gives_the_same_bits(function):
    places = np.random.default_rng(12).permutation(_hard_positions())[:20_000]
    whole = np.stack(function(*places.T), axis=1)
    assert np.array_equal(np.stack(function(*places[::-1].T), axis=1)[::-1], whole)
    pieces = np.array_split(places, [1, 2, 5, 12, 29, 66, 500])
    assert np.array_equal(np.concatenate([np.stack(function(*piece.T), axis=1) for piece in pieces]), whole)


@pytest.mark.parametrize("function", _BACK)
def test_answers_stay_the_same_when_the_table_has_filled(function):
    random = np.random.default_rng(13)
    lon, lat = random.uniform(87.5, 87.6, 20_000), random.uniform(43.7, 43.8, 20_000)
    before = function(lon[:900], lat[:900])
    after = function(lon, lat)
    assert np.array_equal(before, (after[0][:900], after[1][:900]))


@pytest.mark.parametrize("function", [*_ALL, gcj02_to_wgs84_one, bd09_to_wgs84_one])
@pytest.mark.parametrize(
    "place",
    [(24.94, 60.17), (-104.9, 39.7), (math.nan, 30.0), (110.0, math.nan), (math.inf, -math.inf), (1e308, -1e308)],
)
def test_outside_china_nothing_moves(function, place):
    assert np.array_equal([float(value) for value in function(*place)], place, equal_nan=True)


@pytest.mark.parametrize("function", _ALL)
def test_points_outside_or_without_a_place_leave_the_others_alone(function):
    random = np.random.default_rng(14)
    lon, lat = random.uniform(119.0, 119.1, 5_000), random.uniform(32.1, 32.2, 5_000)
    among_lon, among_lat = lon.copy(), lat.copy()
    odd = np.arange(0, 5_000, 7)
    among_lon[odd] = np.resize([math.nan, math.inf, -math.inf, 2e307, -1e300, 0.0, 180.0], len(odd))
    moved = function(among_lon, among_lat)
    kept = np.ones(5_000, bool)
    kept[odd] = False
    assert np.array_equal(moved[0][kept], function(lon, lat)[0][kept])
    assert np.array_equal(moved[0][odd], among_lon[odd], equal_nan=True)
    assert np.array_equal(moved[1][odd], lat[odd])


@pytest.mark.parametrize("function", _ALL)
def test_shapes_are_kept_and_broadcast(function):
    lon, lat = np.linspace(118.0, 119.0, 3), np.linspace(31.0, 32.0, 4)
    table = function(lon, lat[:, None])
    assert table[0].shape == table[1].shape == (4, 3)
    single = function(lon[2], lat[1])
    assert single[0].shape == ()
    assert (single[0], single[1]) == (table[0][1, 2], table[1][1, 2])
    assert function([], [])[0].shape == (0,)
    many_lon, _ = function(np.full(3_000, 118.5), 31.5)
    assert (many_lon == function(118.5, 31.5)[0]).all()


def test_the_input_is_left_alone():
    lon, lat = np.full(3_000, 118.5), np.full(3_000, 31.5)
    for function in _ALL:
        function(lon, lat)
    assert (lon == 118.5).all()
    assert (lat == 31.5).all()
