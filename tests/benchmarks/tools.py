"""Python libraries that check or repair coverages, each used as its manual says."""

import contextlib
import importlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from tests.benchmarks.measure import Contender
from tests.synthetic.sample import METRIC_CRS


class Absent(Exception):
    """A tool that this machine lacks; its message is the reason."""


def geopandas_detectors() -> list[Contender]:
    """Overlay of the parent with the cells, and of the cells with themselves."""

    def overlay(frame: gpd.GeoDataFrame, parent: Any) -> tuple[list[Any], list[Any]]:
        outline = gpd.GeoDataFrame(geometry=[parent], crs=frame.crs)
        shared = frame.overlay(frame, how="intersection")
        gaps = outline.overlay(frame, how="difference").geometry
        return list(gaps), list(shared.geometry[shared["cell_1"] < shared["cell_2"]])

    return [_contender("geopandas.overlay", overlay)]


def maup_detectors() -> list[Contender]:
    """The counts of ``doctor``; holes of the union and overlaps of neighbours as shapes."""
    maup, repair = _load("maup"), _load("maup.repair")

    def shapes(frame: gpd.GeoDataFrame, _: Any) -> tuple[list[Any], list[Any]]:
        shared = maup.adjacencies(frame.geometry, warn_for_overlaps=False, warn_for_islands=False)
        return list(repair.holes_of_union(frame)), list(shared[shared.area > 0])

    return [
        _contender("maup.doctor", lambda frame, _: maup.doctor(frame, silent=True)),
        _contender("maup holes, adjacencies", shapes),
    ]


def maup_repairers() -> list[Contender]:
    """``smart_repair`` as it comes and without its grid, and ``quick_repair``."""
    maup = _load("maup")
    return [
        _contender("maup.smart_repair", lambda frame, _: list(maup.smart_repair(frame).geometry)),
        _contender("same, snapped=False", lambda frame, _: list(maup.smart_repair(frame, snapped=False).geometry)),
        _contender("maup.quick_repair", lambda frame, _: list(maup.quick_repair(frame).geometry)),
    ]


def geoplanar_detectors() -> list[Contender]:
    """Gaps as shapes, and overlaps, which it tells as pairs of rows."""
    geoplanar = _load("geoplanar")

    def shapes(frame: gpd.GeoDataFrame, _: Any) -> tuple[list[Any], list[Any]]:
        first, second = geoplanar.overlaps(frame)
        pairs = first < second
        geometry = np.asarray(frame.geometry.values)
        return list(geoplanar.gaps(frame)), list(shapely.intersection(geometry[first[pairs]], geometry[second[pairs]]))

    return [_contender("geoplanar gaps, overlaps", shapes)]


def geoplanar_repairers() -> list[Contender]:
    """Trim overlaps, then fill gaps."""
    geoplanar = _load("geoplanar")

    def trim_and_fill(frame: gpd.GeoDataFrame, _: Any) -> list[Any]:
        return list(geoplanar.fill_gaps(geoplanar.trim_overlaps(frame)).geometry)

    return [_contender("geoplanar trim, fill", trim_and_fill)]


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Absent(f"{error} (pip install {name})") from error


def _contender(name: str, work: Callable[[gpd.GeoDataFrame, Any], Any]) -> Contender:
    """Work on a fresh table of the cells, without what it prints and warns of."""

    def run(cells: Any, parent: Any) -> Any:
        nowhere = io.StringIO()
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work(gpd.GeoDataFrame({"cell": range(len(cells))}, geometry=cells, crs=METRIC_CRS), parent)

    return Contender(name, run)
