"""GCJ-02 and BD-09, the shifted coordinates of Chinese map services, and back.

GCJ-02 (Amap, Tencent) moves a point by half a kilometre, BD-09 (Baidu) moves it on by as
much again. The forward shifts are the published ones. Back from GCJ-02 the shift is read
from a table (:mod:`geo.shift_table`), within a millimetre of the exact inverse.

A double gives the same doubles whether it is asked alone or among others, in any order,
on any machine: everything is sums, products, quotients and square roots, which IEEE 754
rounds in one way only. Sines of a library differ in the last bit from one to the next.
All functions take and give degrees, longitude before latitude.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from geo.shift_table import Degrees, Number, Pair, ShiftTable

_KRASOVSKY_A_M = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_DEGREES = 180.0 / math.pi
# Each round shrinks the error two hundredfold (fiftyfold for BD-09): five end near 1e-9 m (1e-7 m).
_ROUNDS = 5
# Points per round: what they need stays in the processor's cache.
_POINTS_AT_ONCE = 1 << 14

# The rectangle inside which the services shift at all.
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
# A Baidu position inside it may lie a little outside as GCJ-02.
_MARGIN = 0.02
# The square root in the shift has its kink where the WGS 84 longitude is 105.
_KINK = (105.0, 105.0 + 8 / 1024)


def _sine_series(terms: int) -> list[float]:
    """Taylor coefficients of sin(pi t), highest power first."""
    series = [math.pi]
    for power in range(3, 2 * terms, 2):
        series.append(-series[-1] * math.pi * math.pi / (power * (power - 1)))
    return series[::-1]


# Ten terms are right to 6e-16 within a quarter turn.
_SINE = _sine_series(10)
# A double this large has no room for fractions: adding it and taking it off again rounds.
_ROUNDING = 1.5 * 2.0**52


def _sine(half_turns: Number) -> Number:
    """sin(pi t) of floats and arrays alike."""
    whole = half_turns + _ROUNDING
    whole -= _ROUNDING
    part = half_turns - whole
    square = part * part
    value = square * _SINE[0]
    for coefficient in _SINE[1:-1]:
        value += coefficient
        value *= square
    value += _SINE[-1]
    value *= part
    # An odd number of half turns changes the sign.
    whole *= 0.5
    nearest = whole + _ROUNDING
    nearest -= _ROUNDING
    whole -= nearest
    whole *= whole
    whole *= -8.0
    whole += 1.0
    value *= whole
    return value


def _root(value: Number) -> Number:
    return math.sqrt(value) if isinstance(value, float) else np.sqrt(value)


def _tripled(sine: Number) -> Number:
    """The sine of three times the angle."""
    return sine * (3.0 - 4.0 * sine * sine)


def _gcj_offset(lon: Number, lat: Number) -> Pair[Number]:
    """Shift in degrees that GCJ-02 adds at a WGS 84 position."""
    x, y = lon - 105.0, lat - 35.0
    root = _root(abs(x))
    double, x_third, y_third = _sine(2.0 * x), _sine(x / 3.0), _sine(y / 3.0)
    ripple = 20.0 * _tripled(double) + 20.0 * double
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    waves = ripple + 20.0 * _tripled(x_third) + 40.0 * x_third
    east += (waves + 150.0 * _sine(x / 12.0) + 300.0 * _sine(x / 30.0)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    waves = ripple + 20.0 * _tripled(y_third) + 40.0 * y_third
    north += (waves + 160.0 * _sine(y / 12.0) + 320.0 * _sine(y / 30.0)) * 2.0 / 3.0
    sine = _sine(lat / 180.0)
    sine *= sine
    bend = 1.0 - _KRASOVSKY_E2 * sine
    bend_root = _root(bend)
    meridian = _KRASOVSKY_A_M * (1.0 - _KRASOVSKY_E2) / (bend * bend_root)
    parallel = _KRASOVSKY_A_M / bend_root * _root(1.0 - sine)
    return east / parallel * _DEGREES, north / meridian * _DEGREES


def _gcj_offset_at_end(lon: Number, lat: Number) -> Pair[Number]:
    """Shift in degrees that has led to a GCJ-02 position."""
    east, north = _gcj_offset(lon, lat)
    for _ in range(_ROUNDS - 1):
        east, north = _gcj_offset(lon - east, lat - north)
    return east, north


def _bd_from_gcj(x: Number, y: Number) -> Pair[Number]:
    """Stretch the radius and turn the angle a little, each by a wave."""
    radius = _root(x * x + y * y)
    stretch = 1.0 + 0.00002 * _sine(y * 50.0 / 3.0) / radius
    turn = 0.000003 * _sine(x * 50.0 / 3.0 + 0.5)
    square = turn * turn
    # Exact in doubles for so small an angle.
    cosine, sine = 1.0 - square * 0.5, turn * (1.0 - square / 6.0)
    return (x * cosine - y * sine) * stretch + 0.0065, (x * sine + y * cosine) * stretch + 0.006


def _gcj_from_bd(lon: Number, lat: Number) -> Pair[Number]:
    x, y = lon - 0.0065, lat - 0.006
    for _ in range(_ROUNDS):
        there_x, there_y = _bd_from_gcj(x, y)
        x, y = x + (lon - there_x), y + (lat - there_y)
    return x, y


_TABLE = ShiftTable(
    _gcj_offset_at_end, (_WEST - _MARGIN, _SOUTH - _MARGIN, _EAST + _MARGIN, _NORTH + _MARGIN), rough=_KINK
)


def _gcj_from_wgs(lon: Degrees, lat: Degrees) -> Pair[Degrees]:
    east, north = _gcj_offset(lon, lat)
    return lon + east, lat + north


def _wgs_from_gcj(lon: Degrees, lat: Degrees) -> Pair[Degrees]:
    east, north = _TABLE.shift(lon, lat)
    return lon - east, lat - north


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Pair[Degrees]:
    x, y = np.broadcast_arrays(np.asarray(lon, float), np.asarray(lat, float))
    return x, y


def _in_china(convert: Callable[[Degrees, Degrees], Pair[Degrees]], lon: ArrayLike, lat: ArrayLike) -> Pair[Degrees]:
    """Convert what lies inside the rectangle; the rest, and what is not a number, stays."""
    x, y = _arrays(lon, lat)
    moved = np.array((x.ravel(), y.ravel()))
    for start in range(0, x.size, _POINTS_AT_ONCE):
        x_part, y_part = moved[:, start : start + _POINTS_AT_ONCE]
        inside = (x_part >= _WEST) & (x_part <= _EAST) & (y_part >= _SOUTH) & (y_part <= _NORTH)
        if inside.all():
            x_part[:], y_part[:] = convert(x_part, y_part)
        else:
            x_part[inside], y_part[inside] = convert(x_part[inside], y_part[inside])
    return moved[0].reshape(x.shape), moved[1].reshape(x.shape)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 positions to GCJ-02.

    Parameters
    ----------
    lon, lat : array_like of float
        WGS 84 degrees. Positions outside China pass through unchanged.

    Returns
    -------
    lon, lat : ndarray of float64
        GCJ-02 degrees.
    """
    return _in_china(_gcj_from_wgs, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Take the GCJ-02 shift off, within a millimetre.

    Parameters
    ----------
    lon, lat : array_like of float
        GCJ-02 degrees. Positions outside China pass through unchanged.

    Returns
    -------
    lon, lat : ndarray of float64
        WGS 84 degrees.

    Notes
    -----
    Many points in one place fill the table there, which is kept; see :func:`prepare_gcj02`.
    """
    x, y = _arrays(lon, lat)
    _TABLE.prepare_busy(x.ravel(), y.ravel())
    return _in_china(_wgs_from_gcj, x, y)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift GCJ-02 positions to BD-09, in degrees; outside China unchanged."""
    return _in_china(_bd_from_gcj, lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 positions to BD-09, in degrees; outside China unchanged."""
    return _in_china(lambda x, y: _bd_from_gcj(*_gcj_from_wgs(x, y)), lon, lat)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Take the BD-09 shift off, within a millimetre.

    Parameters
    ----------
    lon, lat : array_like of float
        BD-09 degrees. Positions outside China pass through unchanged.

    Returns
    -------
    lon, lat : ndarray of float64
        WGS 84 degrees.
    """
    x, y = _arrays(lon, lat)
    _TABLE.prepare_busy(x.ravel() - 0.0065, y.ravel() - 0.006)
    return _in_china(lambda x, y: _wgs_from_gcj(*_gcj_from_bd(x, y)), x, y)


def gcj02_to_wgs84_one(lon: float, lat: float) -> tuple[float, float]:
    """Convert one point as :func:`gcj02_to_wgs84` does, to the last bit, without arrays.

    Parameters
    ----------
    lon, lat : float
        GCJ-02 degrees. A position outside China passes through unchanged.

    Returns
    -------
    lon, lat : float
        WGS 84 degrees.
    """
    if not (_WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH):
        return lon, lat
    east, north = _TABLE.shift_one(lon, lat)
    return lon - east, lat - north


def bd09_to_wgs84_one(lon: float, lat: float) -> tuple[float, float]:
    """Convert one point as :func:`bd09_to_wgs84` does, to the last bit, without arrays.

    Parameters
    ----------
    lon, lat : float
        BD-09 degrees. A position outside China passes through unchanged.

    Returns
    -------
    lon, lat : float
        WGS 84 degrees.
    """
    if not (_WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH):
        return lon, lat
    x, y = _gcj_from_bd(lon, lat)
    east, north = _TABLE.shift_one(x, y)
    return x - east, y - north


def prepare_gcj02(bounds: Sequence[float]) -> int:
    """Fill the table for a service area in advance, so that single points there are fast.

    Parameters
    ----------
    bounds : sequence of float
        Smallest longitude and latitude, then the largest, WGS 84 degrees.

    Returns
    -------
    int
        Tiles of 1/16 degree that could not be kept because the table is full; 600 are.
    """
    x_min, y_min, x_max, y_max = bounds
    return _TABLE.prepare((x_min - _MARGIN, y_min - _MARGIN, x_max + _MARGIN, y_max + _MARGIN))
