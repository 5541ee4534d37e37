"""The point cases as values; what the files mean stands in README.md beside them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape

FOLDER = Path(__file__).resolve().parent
FORMAT = "point-cases/1"

Coordinates = list[list[list[list[float]]]]


def names() -> tuple[str, ...]:
    """Names of all cases, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def read(name: str) -> dict[str, Any]:
    """What stands in the file of a case."""
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def shapes_of(raw: dict[str, Any]) -> NDArray[np.object_]:
    """Cells of a case, in their order."""
    cells = np.empty(len(raw["cells"]), dtype=object)
    cells[:] = [shape(cell) for cell in raw["cells"]]
    return cells


def coordinates_of(cell: Polygon | MultiPolygon) -> Coordinates:
    """Coordinates of a shape as in a GeoJSON MultiPolygon."""
    return [
        [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(part)] for part in shapely.get_parts(cell)
    ]
