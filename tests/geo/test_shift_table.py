"""Tiles of a shift: what is kept, and that it does not matter to the answers."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from geo.shift_table import ShiftTable

_BOUNDS = (10.0, 20.0, 12.0, 21.0)
_ROUGH = (11.0, 11.0 + 8 / 1024)


class _Counted:
    """A shift that is curved and cheap, and remembers where it was worked out."""

    def __init__(self):
        self.nodes = 0

    def __call__(self, lon, lat):
        self.nodes += np.size(lon)
        return lon * lat * 1e-5 + 0.003, (lat - lon) * lat * 1e-6


def _table(**options):
    exact = _Counted()
    return ShiftTable(exact, _BOUNDS, rough=_ROUGH, **options), exact


def _points(count=20_000, bounds=(10.0, 20.0, 12.0, 21.0)):
    random = np.random.default_rng(5)
    x_min, y_min, x_max, y_max = bounds
    return random.uniform(x_min, x_max, count), random.uniform(y_min, y_max, count)


def test_kept_tiles_and_new_nodes_give_the_same_bits():
    lon, lat = _points()
    fresh, _ = _table()
    filled, exact = _table()
    assert filled.prepare(_BOUNDS) == 0
    exact.nodes = 0
    assert np.array_equal(fresh.shift(lon, lat), filled.shift(lon, lat))
    rough = (lon >= _ROUGH[0]) & (lon < _ROUGH[1])
    assert exact.nodes == rough.sum() > 0
    for table in (fresh, filled):
        single = [table.shift_one(*point) for point in zip(lon.tolist(), lat.tolist(), strict=True)]
        assert np.array_equal(np.transpose(single), filled.shift(lon, lat))


def test_a_node_gets_its_own_shift():
    table, exact = _table()
    lon, lat = 10.0 + np.arange(700) / 1024, 20.0 + np.arange(700) / 1024
    assert np.array_equal(table.shift(lon, lat), exact(lon, lat))


def test_between_nodes_the_shift_is_close():
    table, exact = _table()
    lon, lat = _points()
    assert np.abs(np.subtract(table.shift(lon, lat), exact(lon, lat))).max() < 1e-11


def test_where_the_shift_is_rough_it_is_worked_out_at_the_point():
    table, exact = _table()
    table.prepare(_BOUNDS)
    last = np.nextafter(_ROUGH[1], 0)
    lon, lat = np.array([_ROUGH[0], last, 11.003]), np.array([20.3, 20.4, 20.12345])
    assert np.array_equal(table.shift(lon, lat), exact(lon, lat))
    assert table.shift_one(last, 20.4) == exact(last, 20.4)


def test_a_full_table_keeps_what_it_has_and_answers_the_same():
    lon, lat = _points()
    filled, _ = _table()
    filled.prepare(_BOUNDS)
    small, exact = _table(tiles=2)
    first = (10.0, 20.0, 10.1, 20.01)
    assert small.prepare(first) == 0
    assert small.prepare((11.5, 20.5, 11.55, 20.55)) == 1
    assert small.prepare(first) == 0
    exact.nodes = 0
    kept_lon, kept_lat = _points(bounds=first)
    small.shift(kept_lon, kept_lat)
    assert exact.nodes == 0
    small.prepare_busy(lon, lat)
    assert np.array_equal(small.shift(lon, lat), filled.shift(lon, lat))


def test_a_busy_tile_is_kept_and_a_quiet_one_is_not():
    table, exact = _table()
    busy = _points(50_000, (10.01, 20.01, 10.05, 20.05))
    quiet = _points(500, (11.51, 20.51, 11.55, 20.55))
    table.prepare_busy(*np.concatenate((busy, quiet), axis=1))
    exact.nodes = 0
    table.shift(*busy)
    assert exact.nodes == 0
    table.shift(*quiet)
    assert exact.nodes == 4 * 500


def test_points_outside_prepare_nothing():
    table, exact = _table()
    for lon, lat in ((200.0, 20.5), (10.5, -5.0), (np.nan, 20.5), (10.5, np.inf), (-1e308, 1e308)):
        table.prepare_busy(np.full(5_000, lon), np.full(5_000, lat))
    assert table.prepare((0.0, 0.0, 9.0, 9.0)) == 0
    assert table.prepare((-200.0, -90.0, 9.0, 90.0)) == 0
    assert exact.nodes == 0


@pytest.mark.parametrize("tiles", [600, 40])
def test_threads_that_read_while_others_fill_get_the_same_bits(tiles):
    lon, lat = _points()
    fresh, _ = _table()
    expected = fresh.shift(lon, lat)
    shared, _ = _table(tiles=tiles)

    def read(number):
        if number % 4 == 0:
            shared.prepare((10.0 + number / 16, 20.0, 10.5 + number / 16, 21.0))
        return np.array_equal(shared.shift(lon, lat), expected)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(32)))
