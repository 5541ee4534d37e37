"""The hard cases as values; what the files mean stands in README.md beside them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Expected:
    """One right answer to a repair.

    Attributes
    ----------
    rules : mapping
        Options that differ from the default, cells by their codes.
    is_parent_fixed : bool
        Whether the parent may take no vertices.
    outcomes : tuple of str
        Those that are right: "proved", "person", "refused".
    reasons : tuple of str
        Where a person must decide, at least one face is left for one of these.
    areas : mapping of str to float, or None
        Area of each cell afterwards; None where the rule does not decide it.
    new_areas : tuple of float
        Cells that did not exist before.
    untouched, whole : tuple of str
        Cells that keep every coordinate; buildings that no border may cut.
    """

    rules: Mapping[str, Any]
    is_parent_fixed: bool
    outcomes: tuple[str, ...]
    reasons: tuple[str, ...]
    areas: Mapping[str, float] | None
    new_areas: tuple[float, ...]
    untouched: tuple[str, ...]
    whole: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HardCase:
    """One file: shapes, and the right answers.

    Attributes
    ----------
    name : str
    crs : str or None
    codes : tuple of str
    cells : tuple of Polygon or MultiPolygon
        In the order of the codes. In the cases with invalid cells also what is neither.
    parent : Polygon or MultiPolygon
    buildings : mapping of str to shapely geometry
    tolerance, dust_area, dust_width, area_tolerance : float
        In the unit of the coordinates, squared for areas.
    detection : mapping
        As in the file.
    repairs : tuple of Expected
    """

    name: str
    crs: str | None
    codes: tuple[str, ...]
    cells: tuple[Polygon | MultiPolygon, ...]
    parent: Polygon | MultiPolygon
    buildings: Mapping[str, BaseGeometry]
    tolerance: float
    dust_area: float
    dust_width: float
    area_tolerance: float
    detection: Mapping[str, Any]
    repairs: tuple[Expected, ...]

    def indices(self, codes: list[str]) -> tuple[int, ...]:
        """Numbers of cells, ascending."""
        return tuple(sorted(self.codes.index(code) for code in codes))


def names() -> tuple[str, ...]:
    """Names of all cases, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def read(name: str) -> dict[str, Any]:
    """What stands in the file of a case."""
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def load(name: str) -> HardCase:
    """A case with its shapes made."""
    raw = read(name)
    return HardCase(
        name=raw["name"],
        crs=raw["crs"],
        codes=tuple(cell["code"] for cell in raw["cells"]),
        cells=tuple(_shape(cell) for cell in raw["cells"]),
        parent=shapely.from_wkt(raw["parent"]),
        buildings={row["code"]: shapely.from_wkt(row["wkt"]) for row in raw.get("buildings", [])},
        tolerance=raw["tolerance"],
        dust_area=raw["dust"]["area"],
        dust_width=raw["dust"]["width"],
        area_tolerance=raw["area_tolerance"],
        detection=raw["detection"],
        repairs=tuple(_expected(row) for row in raw["repairs"]),
    )


def _shape(cell: dict[str, Any]) -> Any:
    if cell["wkt"] is None:
        return None
    shape = shapely.from_wkt(cell["wkt"])
    if "set" in cell:
        xy = shapely.get_coordinates(shape)
        xy[cell["set"]["vertex"], "xy".index(cell["set"]["axis"])] = float(cell["set"]["value"])
        return shapely.transform(shape, lambda _: xy)
    return shape


def _expected(row: dict[str, Any]) -> Expected:
    return Expected(
        rules=row["rules"],
        is_parent_fixed=row.get("parent_fixed", False),
        outcomes=tuple(row["outcome"]),
        reasons=tuple(row.get("reasons", [])),
        areas=row.get("areas"),
        new_areas=tuple(row.get("new_areas", [])),
        untouched=tuple(row.get("untouched", [])),
        whole=tuple(row.get("whole", [])),
    )
