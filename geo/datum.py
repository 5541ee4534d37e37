"""GCJ-02 and BD-09, the shifted coordinates of Chinese map services, and back.

GCJ-02 (Amap, Tencent) moves a point by half a kilometre, BD-09 (Baidu) moves it
on by as much again. The forward shift is the published one; the inverse iterates
it until the remaining error is far below a millimetre. All functions take and
give degrees, longitude before latitude, and work on arrays.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Degrees = NDArray[np.float64]

_KRASOVSKY_A_M = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_BD_PI = np.pi * 3000.0 / 180.0
# Each round shrinks the error about two hundredfold: five end near 1e-9 m.
_ROUNDS = 5


def _in_china(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    """The rectangle inside which the services shift at all."""
    return (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


def _waves(value: Degrees, base: Degrees) -> Degrees:
    sin = np.sin
    pi = np.pi
    first = 20.0 * sin(6.0 * value * pi) + 20.0 * sin(2.0 * value * pi)
    second = 20.0 * sin(base * pi) + 40.0 * sin(base / 3.0 * pi)
    return (first + second) * 2.0 / 3.0


def _gcj_offset(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift in degrees that GCJ-02 adds at a WGS 84 position."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    pi = np.pi
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + _waves(x, x)
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + _waves(x, y)
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    phi = np.radians(lat)
    bend = 1.0 - _KRASOVSKY_E2 * np.sin(phi) ** 2
    meridian = _KRASOVSKY_A_M * (1.0 - _KRASOVSKY_E2) / (bend * np.sqrt(bend))
    normal = _KRASOVSKY_A_M / np.sqrt(bend)
    return np.degrees(east / (normal * np.cos(phi))), np.degrees(north / meridian)


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
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    east, north = _gcj_offset(x, y)
    inside = _in_china(x, y)
    return np.where(inside, x + east, x), np.where(inside, y + north, y)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Take the GCJ-02 shift off, exact to far below a millimetre.

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
    Fixed-point iteration of the forward shift; the guess is compared with the
    target after each round, so one-step errors of metres do not remain.
    """
    target_x, target_y = np.asarray(lon, float), np.asarray(lat, float)
    x, y = target_x, target_y
    for _ in range(_ROUNDS):
        east, north = _gcj_offset(x, y)
        x, y = target_x - east, target_y - north
    inside = _in_china(target_x, target_y)
    return np.where(inside, x, target_x), np.where(inside, y, target_y)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift GCJ-02 positions to BD-09, in degrees."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 positions to BD-09, in degrees; outside China unchanged."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    shifted = gcj02_to_bd09(*wgs84_to_gcj02(x, y))
    inside = _in_china(x, y)
    return np.where(inside, shifted[0], x), np.where(inside, shifted[1], y)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Take the BD-09 shift off, exact to far below a millimetre.

    Parameters
    ----------
    lon, lat : array_like of float
        BD-09 degrees. Positions outside China pass through unchanged.

    Returns
    -------
    lon, lat : ndarray of float64
        WGS 84 degrees.
    """
    target_x, target_y = np.asarray(lon, float), np.asarray(lat, float)
    x, y = target_x - 0.0065, target_y - 0.006
    for _ in range(_ROUNDS):
        there_x, there_y = gcj02_to_bd09(x, y)
        x, y = x + (target_x - there_x), y + (target_y - there_y)
    inside = _in_china(target_x, target_y)
    wgs_x, wgs_y = gcj02_to_wgs84(x, y)
    return np.where(inside, wgs_x, target_x), np.where(inside, wgs_y, target_y)
