"""A Snapshot straight from files: every command works with no database at all.

Nothing is converted: the grids' coordinates stay as they are, and the other files
are brought into the grids' system only where they are in another one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput
from boundaries.exchange.headers import Synonyms
from boundaries.exchange.people import parse_people
from boundaries.exchange.premises import (
    parse_buildings,
    parse_compounds,
    parse_shops,
    parse_streets,
    parse_walls,
    parse_waters,
)
from boundaries.exchange.reading import read_table
from boundaries.exchange.records import parse_areas, parse_grids
from boundaries.exchange.rows import Parsed
from boundaries.exchange.shapes import Shapes, outside, shapes_of, with_shapes
from boundaries.exchange.tables import Table
from boundaries.model import Area, MicroGrid
from boundaries.snapshot import Snapshot
from geo.crs import SourceCrs, parse_crs, project
from geo.errors import CrsProblem

# The code of the one parent that file mode makes of the grids themselves.
UNION_CODE = "union"

FileOption = Path | str | None


def snapshot_from_files(
    *,
    grids: FileOption = None,
    parents: FileOption = None,
    buildings: FileOption = None,
    compounds: FileOption = None,
    shops: FileOption = None,
    streets: FileOption = None,
    water: FileOption = None,
    walls: FileOption = None,
    people: FileOption = None,
    crs: str | None = None,
    code_column: str | None = None,
    parent_column: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
    synonyms: Synonyms | None = None,
) -> Snapshot:
    """Build a snapshot from files, for checks, maps and lookups.

    Broken, missing (as an empty polygon) and several-part grids pass, so that checks
    report them. Without ``parents`` the filled outline of all tile grids is the one
    parent, and the title says so. The order of rows is the rank.

    Parameters
    ----------
    grids, parents, buildings, compounds, shops, streets, water, walls, people : path, optional
        ``file.gpkg|layername=NAME`` picks a layer.
    crs : str, optional
        For files that do not say their system.
    code_column, parent_column : str, optional
        Headers in the file of grids; ``code_column`` also in the parents' file where it has it.
    encoding : str, optional
        For files that do not say their encoding.
    columns : mapping, optional
        Field -> header of the file of grids.
    synonyms : mapping, optional
        An office's own headers.

    Returns
    -------
    Snapshot
        In the system of the grids, else of the first file given.

    Raises
    ------
    BadInput
        If no file is given, or one cannot be read.
    CrsProblem
        If a file's system is unknown, or it cannot be brought into that of the grids.
    """
    options: dict[str, FileOption] = {
        "grids": grids, "areas": parents, "buildings": buildings, "compounds": compounds, "shops": shops,
        "streets": streets, "waters": water, "walls": walls, "people": people,
    }  # fmt: skip
    named = [header for header in (code_column, parent_column, *(columns or {}).values()) if header]
    tables = {
        kind: read_table(
            Path(file), crs=crs, encoding=encoding, kind=kind, headers=named, any_datum=True, is_fallback=True
        )
        for kind, file in options.items()
        if file is not None
    }
    if not tables:
        raise BadInput("没有给任何文件。请至少给出网格文件。", "No file was given. Give at least the file of grids.")
    system = _system(tables)
    read = _Reader(tables, synonyms, system)
    own = {**(columns or {}), **_named(code=code_column, parent=parent_column)}
    cells = read("grids", parse_grids, columns=own)
    is_derived = "areas" not in tables and bool(cells)
    areas: tuple[Area, ...] = (_outline(cells),) if is_derived else ()
    if is_derived:
        cells = tuple(replace(cell, area=UNION_CODE) for cell in cells)
    elif "areas" in tables:
        codes = code_column if code_column in tables["areas"].columns else None
        areas = read("areas", parse_areas, columns=_named(code=codes), level="community")
        cells = _with_parents(cells, areas, is_named=parent_column is not None)
    return Snapshot(
        crs=system,
        label=next(iter(tables.values())).file,
        is_parent_derived=is_derived,
        areas=areas,
        grids=cells,
        buildings=read("buildings", parse_buildings),
        compounds=read("compounds", parse_compounds),
        shops=read("shops", parse_shops),
        streets=read("streets", parse_streets),
        waters=read("waters", parse_waters),
        walls=read("walls", parse_walls),
        people=read("people", parse_people),
    )


def _named(**fields: str | None) -> dict[str, str]:
    return {field: header for field, header in fields.items() if header}


class _Reader:
    """Parses the tables that were given, into one system."""

    def __init__(self, tables: Mapping[str, Table], synonyms: Synonyms | None, system: SourceCrs) -> None:
        self.tables = tables
        self.synonyms = synonyms
        self.system = system

    def __call__(self, kind: str, parse: Callable[..., Parsed[Any]], **options: Any) -> tuple[Any, ...]:
        table = self.tables.get(kind)
        if table is None:
            return ()
        parsed = parse(table, synonyms=self.synonyms, is_strict=False, **options)
        values, shapes = parsed.values, shapes_of(parsed.values)
        if not len(shapes) or table.crs is None:
            return values
        _require_within(parsed, shapes, table.crs)
        if table.crs == self.system:
            return values
        return with_shapes(values, _moved(shapes, table, table.crs, self.system))


def _system(tables: Mapping[str, Table]) -> SourceCrs:
    """The system of the grids, else of the first file that has one."""
    if "grids" in tables and tables["grids"].crs is None:
        parse_crs(None)
    return next((table.crs for table in tables.values() if table.crs is not None), None) or parse_crs(None)


def _require_within(parsed: Parsed[Any], shapes: Shapes, crs: SourceCrs) -> None:
    """Refuse coordinates that are none of their system: nothing could be said of the shapes.

    Raises
    ------
    BadInput
        Naming the file, the first row, its code and what is wrong with the coordinate.
    """
    strays = outside(shapes, crs)
    if not strays:
        return
    index, (x, y) = min(strays.items())
    file, row, code = parsed.table.file, parsed.rows[index], getattr(parsed.values[index], "code", None)
    if crs.is_geographic:
        zh, en = "不是经纬度(经度在 ±180、纬度在 ±90 度以内)", "is no longitude and latitude (within ±180, ±90 degrees)"
    else:
        zh, en = "不在任何投影坐标的范围内(±1 亿以内)", "is in the range of no projection (within ±100 million)"
    named_zh, named_en = (f"({code})", f" ({code})") if code else ("", "")
    more_zh, more_en = (f",共 {len(strays)} 行如此", f", {len(strays)} rows in all") if len(strays) > 1 else ("", "")
    raise BadInput(
        f"{file} 第 {row} 行{named_zh}:坐标 ({x:.10g}, {y:.10g}) {zh},而文件按 {crs.name} 读取{more_zh}。"
        "请查明坐标系:文件没有写明的用 --crs 写明,写错的先在 QGIS 里更正;个别坐标错误请改正该行。",
        f"{file} row {row}{named_en}: the coordinate ({x:.10g}, {y:.10g}) {en}, and the file is read as {crs.name}"
        f"{more_en}. Find out the system: name it with --crs where the file does not, correct it in QGIS where the "
        "file is wrong; correct the row where only its coordinate is.",
    )


def _moved(shapes: Shapes, table: Table, source: SourceCrs, system: SourceCrs) -> Shapes:
    if system.shift is not None:
        raise CrsProblem(
            f"{table.file} 是 {source.name},网格是 {system.name}:不能换算成偏移坐标。请把网格先转为 EPSG:4490。",
            f"{table.file} is {source.name}, the grids are {system.name}: nothing is converted into shifted "
            "coordinates. Bring the grids to EPSG:4490 first.",
        )
    # Reading the names again refuses datums that only an unconverted file may have.
    source, target = parse_crs(source.name if source.shift else source.base), parse_crs(system.base).base
    return np.asarray(shapely.transform(shapes, lambda xy: project(xy, source, target)), dtype=object)


def _with_parents(cells: tuple[MicroGrid, ...], areas: tuple[Area, ...], *, is_named: bool) -> tuple[MicroGrid, ...]:
    """Each grid's parent as a code: by the column, else the one parent there is, else by place."""
    codes = {area.code for area in areas}
    by_name: dict[str, list[str]] = {}
    for area in areas:
        by_name.setdefault(area.name, []).append(area.code)
    unique = {name: found[0] for name, found in by_name.items() if len(found) == 1}
    resolved = [cell.area if cell.area in codes else unique.get(cell.area) for cell in cells]
    if is_named or any(resolved):
        return tuple(replace(cell, area=code or cell.area) for cell, code in zip(cells, resolved, strict=True))
    if len(areas) == 1:
        return tuple(replace(cell, area=areas[0].code) for cell in cells)
    places = smallest_around(shapes_of(cells), areas)
    return tuple(
        replace(cell, area="" if at is None else areas[at].code) for cell, at in zip(cells, places, strict=True)
    )


def smallest_around(shapes: Shapes, areas: Sequence[Area]) -> list[int | None]:
    """For each shape the smallest area around a point inside it.

    Parameters
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        Broken and empty ones too.
    areas : sequence of Area
        In the same coordinates.

    Returns
    -------
    list of int or None
        Position in ``areas``; None where no area holds it, or it has no shape.
    """
    outlines = _valid(np.asarray([area.polygon for area in areas], dtype=object))
    sizes = shapely.area(outlines)
    result: list[int | None] = [None] * len(shapes)
    inner = shapely.point_on_surface(_valid(shapes))
    for index, area in zip(*shapely.STRtree(outlines).query(inner, predicate="intersects"), strict=True):
        held = result[index]
        if held is None or sizes[area] < sizes[held]:
            result[index] = int(area)
    return result


def _valid(shapes: Shapes) -> Shapes:
    """Shapes that can be reckoned with; empty ones for those with a coordinate that is no number."""
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    usable = shapes.copy()
    usable[np.unique(index[~np.isfinite(coordinates).all(axis=1)])] = Polygon()
    broken = ~shapely.is_valid(usable)
    usable[broken] = shapely.make_valid(usable[broken])
    return usable


def _outline(cells: tuple[MicroGrid, ...]) -> Area:
    shapes = np.asarray([cell.polygon for cell in cells if cell.layer == "tile"], dtype=object)
    whole = shapely.union_all(_valid(shapes))
    outline = filled(whole)
    return Area(1, UNION_CODE, "全部网格的外轮廓", "community", None, outline)


def filled(shape: BaseGeometry) -> Polygon | MultiPolygon:
    """The outer outline of a shape, its holes filled.

    Parameters
    ----------
    shape : shapely geometry

    Returns
    -------
    Polygon or MultiPolygon
        Without points and lines that the shape may hold.
    """
    parts = shapely.get_parts(shapely.get_parts(shape))
    outer = [Polygon(part.exterior) for part in parts if part.geom_type == "Polygon"]
    whole = shapely.union_all(np.asarray(outer, dtype=object)) if len(outer) > 1 else (outer[0] if outer else Polygon())
    return cast(Polygon | MultiPolygon, whole)
