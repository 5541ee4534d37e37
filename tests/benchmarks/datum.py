"""Taking the GCJ-02 shift off a million points of a city, against a plain three-step iteration in numpy."""

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from geo.datum import bd09_to_wgs84, gcj02_to_wgs84, gcj02_to_wgs84_one, wgs84_to_bd09, wgs84_to_gcj02
from tests.benchmarks.command import Table

Degrees = NDArray[np.float64]
Pair = tuple[Degrees, Degrees]

COLUMNS = ("contender", "M points/s", "time to anchor", "first call ms", "max error mm")
POINTS = 1_000_000
SINGLE = 50_000
# 30 by 30 km at 32 degrees north.
CITY = (119.0, 32.1, 119.32, 32.37)
_DEGREE_M = 111_320.0


def main(repeats: int, seed: int, out: Path | None) -> None:
    """Let the contenders take turns; the anchor comes first."""
    random = np.random.default_rng(seed)
    truth = random.uniform(CITY[0], CITY[2], POINTS), random.uniform(CITY[1], CITY[3], POINTS)
    gcj, baidu = wgs84_to_gcj02(*truth), wgs84_to_bd09(*truth)
    contenders: dict[str, Callable[[], Pair]] = {
        "three steps, numpy": lambda: _iterated(*gcj),
        "`gcj02_to_wgs84`": lambda: gcj02_to_wgs84(*gcj),
        "`bd09_to_wgs84`": lambda: bd09_to_wgs84(*baidu),
        "`gcj02_to_wgs84_one`, a point at a time": lambda: _one_by_one(gcj[0][:SINGLE], gcj[1][:SINGLE]),
    }
    first = {name: _seconds(run)[0] for name, run in contenders.items()}
    turns = [{name: _seconds(run)[0] for name, run in contenders.items()} for _ in range(repeats)]
    per_point = {}
    table = Table("GCJ-02 and BD-09 to WGS 84", COLUMNS, out)
    table.begin()
    for name, run in contenders.items():
        answer = run()
        per_point[name] = statistics.median(turn[name] for turn in turns) / len(answer[0])
        share = per_point["three steps, numpy"] / per_point[name]
        compared = f"1/{share:.1f}" if share > 1 else f"{1 / share:.1f}"
        error_mm = _error_mm(answer, truth)
        table.row(name, 1e-6 / per_point[name], "1" if share == 1 else compared, first[name] * 1e3, error_mm)


def _seconds(run: Callable[[], Pair]) -> tuple[float, Pair]:
    begin = process_time()
    answer = run()
    return process_time() - begin, answer


def _error_mm(answer: Pair, truth: Pair) -> float:
    lon, lat = (given[: len(answer[0])] for given in truth)
    east, north = (answer[0] - lon) * np.cos(np.radians(lat)), answer[1] - lat
    return float(np.hypot(east, north).max() * _DEGREE_M * 1e3)


def _one_by_one(lon: Degrees, lat: Degrees) -> Pair:
    moved = [gcj02_to_wgs84_one(x, y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    lon, lat = np.transpose(moved)
    return lon, lat


def _iterated(lon: Degrees, lat: Degrees, chunk: int = 8192) -> Pair:
    """The anchor in its best form: chunks that fit the cache, every sine taken once."""
    moved = np.empty_like(lon), np.empty_like(lat)
    for start in range(0, len(lon), chunk):
        part = slice(start, start + chunk)
        x, y = lon[part], lat[part]
        for _ in range(3):
            east, north = _offset(x, y)
            x, y = lon[part] - east, lat[part] - north
        moved[0][part], moved[1][part] = x, y
    return moved


def _offset(lon: Degrees, lat: Degrees) -> Pair:
    """The published shift with the sines of numpy, written for speed."""
    x, y = lon - 105.0, lat - 35.0
    turn_x, turn_y, root, cross = x * np.pi, y * np.pi, np.sqrt(np.abs(x)), 0.1 * x * y
    ripple = np.sin(6.0 * turn_x)
    ripple += np.sin(2.0 * turn_x)
    east = 20.0 * (ripple + np.sin(turn_x))
    east += 40.0 * np.sin(turn_x / 3.0)
    east += 150.0 * np.sin(turn_x / 12.0)
    east += 300.0 * np.sin(turn_x / 30.0)
    east *= 2.0 / 3.0
    east += 300.0 + x + 2.0 * y + 0.1 * x * x + cross + 0.1 * root
    north = 20.0 * (ripple + np.sin(turn_y))
    north += 40.0 * np.sin(turn_y / 3.0)
    north += 160.0 * np.sin(turn_y / 12.0)
    north += 320.0 * np.sin(turn_y / 30.0)
    north *= 2.0 / 3.0
    north += 2.0 * x + 3.0 * y - 100.0 + 0.2 * y * y + cross + 0.2 * root
    phi = np.radians(lat)
    bend = 1.0 - 0.00669342162296594323 * np.sin(phi) ** 2
    bend_root = np.sqrt(bend)
    east *= bend_root / (6378245.0 * np.cos(phi)) * (180.0 / np.pi)
    north *= bend * bend_root / (6378245.0 * (1.0 - 0.00669342162296594323)) * (180.0 / np.pi)
    return east, north


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.datum", description=__doc__)
    parser.add_argument("--repeats", type=int, default=7, help="turns of each contender (default: 7)")
    parser.add_argument("--seed", type=int, default=1, help="of the points (default: 1)")
    parser.add_argument("--out", type=Path, help="append the table to this Markdown file too")
    given = parser.parse_args()
    main(given.repeats, given.seed, given.out)
