"""Python libraries that check or repair coverages, each as its manual says."""

import contextlib
import importlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray


class Absent(Exception):
    """A tool that this machine lacks; its message is the reason."""


def load(name: str) -> Any:
    """Import a library.

    Raises
    ------
    Absent
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Absent(f"{error} (pip install {name})") from error


def quietly(run: Callable[[], Any]) -> Callable[[], Any]:
    """The same work without what it prints and warns of."""

    def silent() -> Any:
        nowhere = io.StringIO()
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return run()

    return silent


def maup_detectors(frame: gpd.GeoDataFrame) -> dict[str, Callable[[], Any]]:
    """The counts of ``doctor``; holes of the union and overlaps of neighbours as shapes."""
    maup = load("maup")
    repair = load("maup.repair")

    def shapes() -> tuple[list[Any], list[Any]]:
        shared = maup.adjacencies(frame.geometry, warn_for_overlaps=False, warn_for_islands=False)
        return list(repair.holes_of_union(frame)), list(shared[shared.area > 0])

    return {"maup.doctor": quietly(lambda: maup.doctor(frame, silent=True)), "maup holes, adjacencies": quietly(shapes)}


def maup_repairers(frame: gpd.GeoDataFrame) -> dict[str, Callable[[], Any]]:
    """``smart_repair`` as it comes and without its grid, and ``quick_repair``."""
    maup = load("maup")
    return {
        "maup.smart_repair": quietly(lambda: list(maup.smart_repair(frame).geometry)),
        "same, snapped=False": quietly(lambda: list(maup.smart_repair(frame, snapped=False).geometry)),
        "maup.quick_repair": quietly(lambda: list(maup.quick_repair(frame).geometry)),
    }


def geoplanar_detectors(frame: gpd.GeoDataFrame) -> dict[str, Callable[[], Any]]:
    """Gaps as shapes, and overlaps, which it tells as pairs of rows."""
    geoplanar = load("geoplanar")

    def shapes() -> tuple[list[Any], list[Any]]:
        first, second = geoplanar.overlaps(frame)
        pairs = first < second
        geometry = np.asarray(frame.geometry.values)
        return list(geoplanar.gaps(frame)), list(shapely.intersection(geometry[first[pairs]], geometry[second[pairs]]))

    return {"geoplanar gaps, overlaps": quietly(shapes)}


def geoplanar_repairers(frame: gpd.GeoDataFrame) -> dict[str, Callable[[], Any]]:
    """Trim overlaps, then fill gaps."""
    geoplanar = load("geoplanar")
    return {
        "geoplanar trim, fill": quietly(
            lambda: list(geoplanar.fill_gaps(geoplanar.trim_overlaps(frame)).geometry),
        )
    }


def geopandas_detectors(frame: gpd.GeoDataFrame, parent: Any) -> dict[str, Callable[[], Any]]:
    """Overlay of the parent with the cells, and of the cells with themselves."""
    outline = gpd.GeoDataFrame(geometry=[parent], crs=frame.crs)

    def shapes() -> tuple[list[Any], list[Any]]:
        gaps = outline.overlay(frame, how="difference").explode()
        shared = frame.overlay(frame, how="intersection")
        return list(gaps.geometry), list(shared.geometry[shared["cell_1"] < shared["cell_2"]])

    return {"geopandas.overlay": quietly(shapes)}


def frame_of(cells: NDArray[np.object_], crs: str) -> gpd.GeoDataFrame:
    """Cells as the libraries take them."""
    return gpd.GeoDataFrame({"cell": range(len(cells))}, geometry=cells, crs=crs)
