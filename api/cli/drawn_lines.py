"""Lines, polygons and points that are given on the command line, as coordinates or as a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boundaries.errors import BadInput

if TYPE_CHECKING:
    from geo.crs import SourceCrs

LineText = Annotated[
    str | None,
    typer.Option("--line", metavar='"X,Y X,Y …"', help="一条线的坐标 / coordinates of a line"),
]
LineFile = Annotated[
    Path | None,
    typer.Option("--line-file", metavar="FILE", help="含一条或几条线的文件 / a file with the line or lines"),
]
ShapeFile = Annotated[
    Path | None,
    typer.Option("--shape-file", metavar="FILE", help="含一个面的文件 / a file with one polygon"),
]
DrawnCrs = Annotated[
    str | None,
    typer.Option("--crs", metavar="NAME", help="坐标系:EPSG:n、GCJ-02、BD-09 / coordinate system of what is given"),
]


def lines_of(text: str | None, file: Path | None, *, crs: str | None) -> list[list[list[float]]]:
    """The lines that were given, in storage coordinates.

    Raises
    ------
    BadInput
        If there is none, or not in exactly one of the two ways.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    import shapely

    if (text is None) == (file is None):
        raise BadInput("请用 --line 或 --line-file 之一给出线。", "Give the line with one of --line and --line-file.")
    if text is not None:
        return [_stored_places(text, crs)]
    shapes = shapely.get_parts(_shapes_of(file, crs)).tolist()
    return [_listed(shape) for shape in shapes if _require_kind(shape, "LineString", file)]


def polygon_of(file: Path | None, *, crs: str | None) -> list[list[list[float]]]:
    """The rings of the one polygon in a file, in storage coordinates.

    Raises
    ------
    BadInput
        If there is none, or more than one.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    import shapely

    if file is None:
        raise BadInput("请用 --shape-file 给出一个面。", "Give one polygon with --shape-file.")
    shapes = shapely.get_parts(_shapes_of(file, crs)).tolist()
    if len(shapes) != 1:
        raise BadInput(
            f"{file.name} 里有 {len(shapes)} 个面,须正好一个。", f"{file.name} has {len(shapes)} polygons, not one."
        )
    _require_kind(shapes[0], "Polygon", file)
    return [_listed(ring) for ring in (shapes[0].exterior, *shapes[0].interiors)]


def place_of(text: str, *, crs: str | None) -> list[float]:
    """A place given as ``X,Y``, in storage coordinates.

    Raises
    ------
    BadInput
        If it is no place.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    places = _stored_places(text, crs)
    if len(places) != 1:
        raise BadInput(f"“{text}”不是一个点,应写成 X,Y。", f'"{text}" is not one place; write X,Y.')
    return places[0]


def _stored_places(text: str, crs: str | None) -> list[list[float]]:
    from geo.crs import parse_crs

    try:
        places = [[float(number) for number in pair.split(",")] for pair in text.replace(";", " ").split()]
    except ValueError:
        places = []
    if not places or any(len(place) != 2 for place in places):
        raise BadInput(f"“{text}”不是坐标,应写成 X,Y X,Y。", f'"{text}" are no coordinates; write X,Y X,Y.')
    return _stored(places, parse_crs(crs))


def _stored(places: Sequence[Sequence[float]], source: "SourceCrs") -> list[list[float]]:
    import numpy as np

    from geo.crs import STORAGE_CRS, project, round_to_storage

    stored: list[list[float]] = round_to_storage(project(np.asarray(places, dtype=float), source, STORAGE_CRS)).tolist()
    return stored


def _shapes_of(file: Path | None, crs: str | None) -> Any:  # Any: an array of shapes
    from boundaries.exchange.reading import read_table
    from geo.crs import parse_crs, to_storage

    assert file is not None  # noqa: S101  looked at before
    table = read_table(file, crs=crs)
    if table.geometry is None or not len(table.geometry):
        raise BadInput(f"{file.name} 里没有图形。", f"{file.name} holds no shapes.")
    return to_storage(table.geometry, table.crs or parse_crs(crs))


def _require_kind(shape: Any, kind: str, file: Path | None) -> bool:  # Any: a shape
    if shape is None or shape.geom_type != kind:
        noun_zh, noun_en = {"LineString": ("线", "lines"), "Polygon": ("面", "polygons")}[kind]
        name = file.name if file is not None else ""
        raise BadInput(f"{name} 里须只有{noun_zh}。", f"{name} must hold {noun_en} only.")
    return True


def _listed(line: Any) -> list[list[float]]:  # Any: a line or a ring
    import shapely

    found: list[list[float]] = shapely.get_coordinates(line).tolist()
    return found
